"""One request's candidates that take a new collection of the suite."""

import os

from . import forks
from .build import digest_module
from .case import PASSED, Case, NotPassed
from .judge import PLAUSIBLE, Bench, Limits
from .limits import bound_memory
from .source import apply, read
from .ticks import tick_imports

MORE_FUEL = 100  # times the floor: the collection costs more than a run-away
UNKNOWN_SECONDS = 0.2  # what a test nobody timed is thought to take
ENOUGH = 0.5  # a module that could not be collected counts as repaired when it can be, and so many of its tests pass
LEAST_SECONDS = 1.5  # what a collection may always take


class GroupCase(Case):
    """All tests of a file or class that could not be collected before."""

    def __init__(self, id, parts):
        super().__init__(id, "", 0, [self._all])
        self._parts = parts
        self.share = 0.0
        self.seconds = UNKNOWN_SECONDS * len(parts)

    def _all(self):
        good = 0
        for part in self._parts:
            try:
                part.call()
                good += 1
            except Exception:
                continue
        self.share = good / len(self._parts)
        if self.share < ENOUGH:
            raise NotPassed("collected, but too few of its tests pass")


class ColdTrial:
    """``launch(tests, serve)`` collects in this process; files in ``loaded`` were imported before and are not for us."""

    def __init__(self, opening, project, asked, seen, beat, launch, loaded=frozenset()):
        request = asked["request"]
        self._opening = opening
        self._project = project
        self._request = request
        self._known = asked["known"]
        wanted = set(asked["ids"])
        self._candidates = [candidate for candidate in request["candidates"] if candidate["id"] in wanted]
        self._seconds = max(LEAST_SECONDS, 5 * asked["seconds"])
        self._launch = launch
        self._loaded = loaded
        self._beat = beat
        key = (tuple(request["targets"]), tuple(request.get("guards") or ()), request.get("need", "all"))
        self._seen = seen.setdefault(key, {})

    def is_sound(self):
        """Are the tests that the warm process collected collected here too, with nothing changed?"""
        heard = []

        def work(say):
            def serve(cases, errors):
                say({"missing": sorted(set(self._known) - {case.id for case in cases})})
                say({"done": 1})
                os._exit(0)

            self._launch(sorted(self._known), serve)

        forks.run(work, heard.append, self._beat, max(10.0, self._seconds))
        return not self._known or (bool(heard) and not heard[0]["missing"])

    def run(self, emit):
        for candidate in self._candidates:
            if any(edit["file"] in self._loaded for edit in candidate["edits"]):
                emit({"event": "again", "id": candidate["id"]})
                continue
            found = {"event": "tried", "id": candidate["id"], "verdict": "invalid", "passed": [], "killed_by": None, "ran": 0}
            texts = self._texts(candidate["edits"])
            if texts is not None:
                found.update(self._judge(candidate["id"], texts))
            emit(found)

    def _texts(self, edits):
        """The new text of each changed file; None when the edits do not fit."""
        spans, texts = {}, {}
        for edit in edits:
            spans.setdefault(edit["file"], []).append((edit["start"], edit["end"], edit["text"]))
        for name, changes in spans.items():
            try:
                texts[name] = apply(read(self._project.path(name)), changes)
            except (OSError, UnicodeError, SyntaxError):
                return None
            if texts[name] is None:
                return None
        return texts

    def _judge(self, id, texts):
        name = digest_module(texts)
        if name is None:
            return {}
        original = digest_module({file: read(self._project.path(file)) for file in texts})
        twin = 0 if name == original else self._seen.get(name)
        if twin is not None:
            return {"verdict": "duplicate", "twin": twin}
        self._seen[name] = id
        with _Written(self._project, texts):
            return self._in_fork(texts)

    def _in_fork(self, texts):
        heard = []
        self._beat.mark(0, self._seconds)
        ending, _, _ = forks.run(lambda say: self._work(texts, say), heard.append, self._beat, self._seconds)
        if heard:
            return heard[0]
        return {"verdict": "timeout" if ending == forks.STALLED else "crash", "ran": 1}

    def _work(self, texts, say):
        bound_memory()
        tick_imports({self._project.path(name) for name in texts})
        tests = self._request["targets"] + list(self._request.get("guards") or ())

        def serve(cases, errors):
            say(self._verdict({case.id: case for case in cases}))
            say({"done": 1})
            os._exit(0)

        self._launch(tests, serve)

    def _verdict(self, cases):
        targets = [self._case(cases, test) for test in self._request["targets"]]
        guards = [self._case(cases, test) for test in self._request.get("guards") or ()]
        missing = [test for test, case in zip(self._request["targets"], targets) if case is None]
        need = self._request.get("need", "all")
        if any(case is None for case in guards):
            return {"verdict": "killed", "ran": 0}  # a test that was there is gone
        targets = [case for case in targets if case is not None]
        if not targets or (missing and need == "all"):
            return {"verdict": "killed", "killed_by": missing[0] if missing else None, "ran": 0}
        limits = Limits(float(self._request.get("fuel") or 10.0), float(self._opening.get("test_seconds") or 5.0), MORE_FUEL)
        bench = Bench(targets, guards, need, limits, int(self._opening.get("seed") or 0), self._beat, int(self._request.get("scout") or 0))
        verdict, passed, killer, ran = bench.judge(0)
        if verdict == PLAUSIBLE and missing:
            verdict = "partial"
        share = min([case.share for case in passed if isinstance(case, GroupCase)] or [1.0])
        found = {"verdict": verdict, "passed": [case.id for case in passed], "killed_by": killer.id if killer else None, "ran": ran}
        return dict(found, share=share) if share < 1 else found

    def _case(self, cases, test):
        case = cases.get(test)
        if case is None:
            parts = [case for id, case in cases.items() if _is_part(id, test)]
            for part in parts:
                part.way = _honest(part)
            return GroupCase(test, parts) if parts else None
        known = self._known.get(test)
        case.way = _honest(case)
        if known:
            case.outcome, case.seconds, case.ticks, way = known
            case.way = min(way, len(case.ways) - 1)
        else:
            case.outcome = PASSED if test in (self._request.get("guards") or ()) else None
            case.seconds = UNKNOWN_SECONDS
        return case


def _honest(case):
    """The way that nobody has to check first: all but the direct one."""
    return min(1, len(case.ways) - 1)


def _is_part(id, whole):
    """Is test ``id`` part of the file, class or module that could not be collected as ``whole``?"""
    if whole.startswith("unittest.loader._FailedTest."):
        module = whole[len("unittest.loader._FailedTest.") :]
        return id.startswith(module + ".") or "." + module + "." in "." + id
    return id.startswith(whole + "::") or whole in ("", ".")


class _Written:
    """The candidate's files on disk, for as long as it is tried: programs that tests start see them too."""

    _stamp = [0]

    def __init__(self, project, texts):
        self._texts = {project.path(name): text for name, text in texts.items()}
        self._before = {}

    def __enter__(self):
        for path, text in self._texts.items():
            with open(path, "rb") as file:
                self._before[path] = (file.read(), os.stat(path))
            with open(path, "w", encoding=_encoding(self._before[path][0]), newline="", errors="surrogateescape") as file:
                file.write(text)
            self._stamp[0] += 1
            moment = int(self._before[path][1].st_mtime) + 10 + self._stamp[0]
            os.utime(path, (moment, moment))  # a cached bytecode of the same second would pass for this text

    def __exit__(self, *ignored):
        for path, (data, status) in self._before.items():
            with open(path, "wb") as file:
                file.write(data)
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _encoding(data):
    import io
    import tokenize

    return tokenize.detect_encoding(io.BytesIO(data).readline)[0].replace("utf-8-sig", "utf-8")
