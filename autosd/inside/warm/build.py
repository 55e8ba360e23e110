"""A candidate's changed functions as code objects, without compiling the rest of their file."""

import ast
import hashlib
import types
import warnings

from .live import nested
from .source import FUNCTIONS, apply, parsable
from .textual import Ticked
from .ticks import add_ticks


class Invalid(Exception):
    """Does not compile."""


class NotHere(Exception):
    """Cannot be swapped into the live program: it takes an import of the changed file."""


def build(target, edits, filename, again=False):
    """The code of ``target`` after ``edits`` (offsets into the file), with ticks; ``again``: for a module that is run again."""
    unit = target.unit
    if unit.header is None or getattr(unit.node, "type_params", None):
        raise NotHere
    spans = [(start - unit.start, end - unit.start, new) for start, end, new in edits]
    code = _by_text(target, spans, filename) or _by_tree(target, spans, filename)
    code = _shift(code, unit.shift)
    if not target.fits(code) or (not again and target.ran and edits and _changes_import(target, code, filename)):
        raise NotHere
    return code


def _by_text(target, spans, filename):
    """Quick, and only for small edits; None when the syntax tree has to decide."""
    if target.ticked is None:
        try:
            target.ticked = Ticked(target.unit)
        except (SyntaxError, ValueError, RecursionError, IndexError):
            target.ticked = False
    text = target.ticked and target.ticked.apply(spans)
    if not text:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = compile(target.unit.header + text, filename, "exec", flags=target.flags, dont_inherit=True)
        code = _extract(module, target.unit)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError, NotHere):
        return None
    return code if code.co_freevars == target.code.co_freevars else None


def _by_tree(target, spans, filename):
    unit = target.unit
    text = apply(unit.file.text[unit.start : unit.stop], spans)
    if text is None:
        raise Invalid
    at_end = any(end >= unit.stop - unit.start - 1 for _, end, _ in spans)
    tree = _parse(unit.header + text, at_end)
    function = _only_function(tree, unit)
    add_ticks(tree, text)
    code = _extract(_compile(tree, filename, target.flags), unit)
    if "__class__" in target.code.co_freevars and "__class__" not in code.co_freevars:
        _keep_cell(function)
        code = _extract(_compile(tree, filename, target.flags), unit)
    return code


def _changes_import(target, code, filename):
    """Does the change touch code that ran while the project was imported?"""
    if target.plain is None:
        target.plain = {path: _own_meaning(part) for path, part in nested(build(target, [], filename))}
    now = {path: _own_meaning(part) for path, part in nested(code)}
    changed = {path for path in set(now) | set(target.plain) if now.get(path) != target.plain.get(path)}
    return any(path in target.ran or (path not in target.plain and path[:-1] in target.ran) for path in changed)


def _parse(text, at_end):
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        if at_end:  # text after the function may still make sense in the file
            raise NotHere from None
        raise Invalid from None


def _only_function(tree, unit):
    body = tree.body
    for _ in unit.header.splitlines():
        if len(body) != 1:
            raise NotHere
        body = body[0].body
    if len(body) != 1 or not isinstance(body[0], FUNCTIONS) or body[0].name != unit.name:
        raise NotHere
    return body[0]


def _keep_cell(function):
    """Keep the cell of ``super()`` although the candidate does not use it any more: live functions hold one."""
    place = dict.fromkeys(("lineno", "end_lineno"), function.lineno)
    place.update(dict.fromkeys(("col_offset", "end_col_offset"), function.col_offset))
    name = ast.Expr(ast.Name("__class__", ast.Load(), **place), **place)
    function.body.append(ast.If(ast.Constant(False, **place), [name], [], **place))


def _compile(tree, filename, flags):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return compile(tree, filename, "exec", flags=flags, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        raise Invalid from None


def _extract(code, unit):
    for name in (*unit.classes, unit.name):
        code = next((const for const in code.co_consts if isinstance(const, types.CodeType) and const.co_name == name), None)
        if code is None:
            raise NotHere
    return code


def _shift(code, lines):
    """Line numbers as in the file: all tables are relative to the first line."""
    consts = tuple([_shift(const, lines) if isinstance(const, types.CodeType) else const for const in code.co_consts])
    return code.replace(co_firstlineno=code.co_firstlineno + lines, co_consts=consts)


def _own_meaning(code):
    """Without the functions inside it."""
    consts = [None if isinstance(const, types.CodeType) else (type(const).__name__, repr(const)) for const in code.co_consts]
    return (code.co_code, consts, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)


def _meaning(code):
    consts = [_meaning(const) if isinstance(const, types.CodeType) else (type(const).__name__, repr(const)) for const in code.co_consts]
    tables = getattr(code, "co_exceptiontable", b"")
    shape = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    return (code.co_code, consts, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars, tables, shape)


def digest(codes):
    """A name for what a candidate does: equal for texts that compile to the same."""
    parts = [(file, name, line, _meaning(code)) for (file, name, line), code in sorted(codes.items())]
    return hashlib.blake2b(repr(parts).encode("utf-8", "backslashreplace"), digest_size=12).hexdigest()


def digest_codes(codes):
    """The same for the codes of whole modules by name."""
    parts = [(name, _meaning(code)) for name, code in sorted(codes.items())]
    return "modules " + hashlib.blake2b(repr(parts).encode("utf-8", "backslashreplace"), digest_size=12).hexdigest()


def spliced(module, name, first, code):
    """``module`` with ``code`` in the place of its function ``name`` whose first line is ``first``; itself when there is none."""
    consts, changed = [], False
    for const in module.co_consts:
        if isinstance(const, types.CodeType):
            new = code if const.co_name == name and const.co_firstlineno == first else spliced(const, name, first, code)
            changed = changed or new is not const
            const = new
        consts.append(const)
    return module.replace(co_consts=tuple(consts)) if changed else module


def digest_module(texts):
    """The same for whole files by name; None when one of them does not compile."""
    parts = []
    for name, text in sorted(texts.items()):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                code = compile(parsable(text), name, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
            return None
        parts.append((name, _meaning(code)))
    return hashlib.blake2b(repr(parts).encode("utf-8", "backslashreplace"), digest_size=12).hexdigest()
