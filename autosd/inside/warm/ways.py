"""The two ways a candidate gets into the warm process: its functions are swapped, or the project's modules run again."""

from .build import Invalid, NotHere, build, digest, digest_codes, spliced
from .source import apply


class Place:
    """Where a candidate's edits fall: edits per outermost function that is live. None when they take an import."""

    def __init__(self, server):
        self._server = server
        self._targets = {}

    def group(self, edits):
        groups = {}
        for edit in edits:
            file = self._server.live.file(edit["file"])
            unit = file.unit_of(edit["start"], edit["end"]) if file is not None else None
            target = self._target(unit)
            if target is None:
                return None
            groups.setdefault(target, []).append((edit["start"], edit["end"], edit["text"]))
        return groups or None

    def _target(self, unit):
        if unit is None:
            return None
        if unit not in self._targets:
            self._targets[unit] = self._server.live.target(unit)
        return self._targets[unit]


class Swap:
    """Changed functions get their new code; what they made at import stays, so those that ran there are not for us."""

    per_fork = 400
    is_final = True  # what passes this way needs no other confirmation
    ready = None
    ran_away = False

    def __init__(self, place):
        self._place = place
        self._originals = {}

    def build(self, edits):
        """(change, its digest, the original's). Raises ``Invalid`` or ``NotHere``."""
        groups = self._place.group(edits)
        if groups is None:
            raise NotHere
        codes = {target: build(target, spans, target.code.co_filename) for target, spans in groups.items()}
        key = tuple(codes)
        if key not in self._originals:
            self._originals[key] = digest(_named({target: build(target, [], target.code.co_filename) for target in codes}))
        return codes, digest(_named(codes)), self._originals[key]

    def enter(self, codes):
        for target, code in codes.items():
            target.swap(code)
        return True

    def leave(self, codes):
        for target in codes:
            target.restore()


class Again:
    """The modules run again with the changed code; see ``reimport``."""

    per_fork = 60
    is_final = False

    def __init__(self, server, place, rerun):
        self._live = server.live
        self._place = place
        self._rerun = rerun
        self._originals = {}
        self.ready = rerun.ready

    def build(self, edits):
        """The same as ``Swap.build``, for any edit that compiles."""
        try:
            groups = self._place.group(edits) or {}
            fresh = {target: build(target, spans, target.code.co_filename, again=True) for target, spans in groups.items()}
        except NotHere:
            fresh = {}
        return (self._by_function(fresh) if fresh else None) or self._by_file(edits)

    def _by_function(self, fresh):
        codes = {}
        for target, code in fresh.items():
            file = target.unit.file.name
            before = codes.get(file) or self._live.module_code(file)
            codes[file] = spliced(before, target.unit.name, target.unit.first, code)
            if codes[file] is before:
                return None
        originals = {target: build(target, [], target.code.co_filename, again=True) for target in fresh}
        return codes, digest(_named(fresh)), digest(_named(originals))

    def _by_file(self, edits):
        groups, codes = {}, {}
        for edit in edits:
            groups.setdefault(edit["file"], []).append((edit["start"], edit["end"], edit["text"]))
        for file, spans in groups.items():
            text = apply(self._live.file(file).text, spans)
            codes[file] = None if text is None else self._live.module_code(file, text)
            if codes[file] is None:
                raise Invalid
        key = tuple(codes)
        if key not in self._originals:
            self._originals[key] = digest_codes({file: self._live.module_code(file) for file in codes})
        return codes, digest_codes(codes), self._originals[key]

    def enter(self, codes):
        return self._rerun.enter(codes)

    def leave(self, codes):
        self._rerun.leave()

    @property
    def ran_away(self):
        """Did a module not end when it was run?"""
        return self._rerun.ran_away


def _named(codes):
    return {(target.unit.file.name, target.unit.name, target.unit.line): code for target, code in codes.items()}
