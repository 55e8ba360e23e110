"""What a failing test tells: kind, message, frames, the two sides of its assertion, values in the failing frame."""

import ast
import linecache

from .limits import ALARM

TEXT = 2000
SLICED = (list, tuple, str, bytes)
SIZED = (*SLICED, dict, set, frozenset)
AGAIN, AGAIN_LATE = 1.0, 0.05  # seconds to evaluate a side again; of a test whose time was up
SIDES = (
    ("first", "second"),
    ("member", "container"),
    ("a", "b"),
    ("expected", "actual"),
    ("list1", "list2"),
    ("expr", None),
    ("obj", None),
)


def brief(value, limit=TEXT):
    """A bounded repr that cannot raise."""
    try:
        if type(value) in SIZED and len(value) > limit:  # of a run-away its millions of items would take seconds
            return (
                "{!r:.{}}...".format(value[:limit], limit)
                if type(value) in SLICED
                else "<{} of {}>".format(type(value).__name__, len(value))
            )
        text = repr(value)
    except BaseException as error:
        text = "<unprintable {}: {}>".format(type(value).__name__, type(error).__name__)
    return text if len(text) <= limit else text[:limit] + "..."


def describe(error, project, late=False):
    """The ``failure`` object of the protocol for a caught exception."""
    entries = _entries(error)
    found = {
        "kind": type(error).__name__,
        "message": _message(error),
        "frames": _frames(entries, error, project),
        "left": None,
        "right": None,
        "locals": {},
    }
    own = [entry for entry in entries if project.name(entry[0].f_code.co_filename)]
    if own:
        found["locals"] = _locals(own[-1][0])
    try:
        sides = _sides(entries, own, AGAIN_LATE if late else AGAIN)
    except BaseException:  # evaluating the subject's expressions again may do anything
        sides = None
    if sides:
        found.update(sides)
    return found


def _message(error):
    try:
        text = str(getattr(error, "msg", None) or error)
    except BaseException:
        text = ""
    return text[:TEXT]


def _entries(error):
    entries, traceback = [], getattr(error, "__traceback__", None)
    while traceback is not None and len(entries) < 5000:
        entries.append((traceback.tb_frame, traceback.tb_lineno))
        traceback = traceback.tb_next
    return entries


def _frames(entries, error, project):
    frames = []
    for frame, line in entries:
        name = project.name(frame.f_code.co_filename)
        if name or frames:  # the runner's own frames before the first one of the project say nothing
            frames.append({"file": name or frame.f_code.co_filename, "line": line, "function": frame.f_code.co_name})
    if isinstance(error, SyntaxError) and error.filename:
        frames.append({"file": project.name(error.filename) or error.filename, "line": error.lineno or 1, "function": "<module>"})
    return frames if len(frames) <= 30 else frames[:10] + frames[-20:]


def _locals(frame):
    found = {}
    for name, value in list(frame.f_locals.items())[:40]:
        if not name.startswith(("@", "__")) and not callable(value) and not isinstance(value, type(ast)):
            found[name] = brief(value, 300)
    return dict(list(found.items())[:20])


def _sides(entries, own, seconds):
    for frame, _ in reversed(entries):
        if frame.f_code.co_filename.endswith(("unittest/case.py", "unittest/async_case.py")):
            return _unittest_sides(frame)
    for frame, line in reversed(own):
        node = _assertion(frame.f_code.co_filename, line)
        if node is not None:
            return _evaluate(node.test, frame, seconds)
    return None


def _unittest_sides(frame):
    """Of the outermost ``assert...`` call: inner helpers compare line by line."""
    while frame.f_back is not None and frame.f_back.f_code.co_name.startswith("assert") and "unittest" in frame.f_back.f_code.co_filename:
        frame = frame.f_back
    seen = frame
    while seen is not None and "unittest" in seen.f_code.co_filename and not seen.f_code.co_name.startswith("assert"):
        seen = seen.f_back
    if seen is None:
        return None
    values, name = seen.f_locals, seen.f_code.co_name
    for left, right in SIDES:
        if left in values and (right is None or right in values):
            return {"left": brief(values[left]), "right": brief(values[right]) if right else None, "op": name}
    return None


def _assertion(filename, line):
    """The ``assert`` statement of ``filename`` that covers ``line``."""
    source = "".join(linecache.getlines(filename))
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    best = None
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) and node.lineno <= line <= node.end_lineno and (best is None or node.lineno > best.lineno):
            best = node
    return best


def _evaluate(test, frame, seconds):
    while isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        test = next((part for part in test.values if not _value(part, frame, seconds)), test.values[-1])
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        left, right = _side(test.left, frame, seconds), _side(test.comparators[0], frame, seconds)
        if isinstance(test.ops[0], ast.Eq) and left is not None and left == right:
            left = None  # evaluating it again gave another value than the one that failed
        return {"left": left, "right": right, "op": type(test.ops[0]).__name__, "expression": ast.unparse(test)[:500]}
    wanted = not (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not))
    inner = test if wanted else test.operand
    return {"left": brief(_value(inner, frame, seconds)), "right": repr(wanted), "op": "truth", "expression": ast.unparse(test)[:500]}


def _side(node, frame, seconds):
    """The repr of one side; None when it cannot be evaluated again (an ``await``, say)."""
    try:
        return brief(_value(node, frame, seconds))
    except BaseException:
        return None


def _value(node, frame, seconds):
    code = compile(ast.Expression(node), frame.f_code.co_filename, "eval")
    ALARM.arm(seconds)
    try:
        return eval(code, frame.f_globals, dict(frame.f_locals))
    finally:
        ALARM.disarm()
