"""The names that a change may not newly use, with why; and those of the judge that it may not know."""

from __future__ import annotations

#: Modules whose new use is refused: processes, network, native code, the interpreter's own insides, test frameworks.
DENIED_MODULES = frozenset({
    "subprocess", "socket", "socketserver", "ctypes", "cffi", "pty", "multiprocessing", "_posixsubprocess", "_socket", "_thread",
    "gc", "atexit", "signal", "_signal", "importlib", "imp", "runpy", "code", "codeop", "marshal", "faulthandler", "bdb", "pdb", "trace",
    "tracemalloc", "resource", "mmap", "builtins", "__main__", "_ctypes", "http.client", "urllib.request", "ftplib", "smtplib", "telnetlib",
    "imaplib", "poplib", "nntplib", "xmlrpc.client", "requests", "httpx", "aiohttp", "urllib3", "httplib2", "pycurl", "websocket",
    "websockets", "paramiko", "asyncssh",
    "unittest", "pytest", "_pytest", "pluggy", "doctest", "mock", "nose", "py", "sitecustomize", "usercustomize", "site",
})  # fmt: skip

#: Functions and attributes whose new use is refused.
DENIED_CALLS = frozenset({
    "os.system", "os.popen", "os._exit", "os.abort", "os.fork", "os.forkpty", "os.kill", "os.killpg", "os.posix_spawn", "os.posix_spawnp",
    "os.execl", "os.execle", "os.execlp", "os.execv", "os.execve", "os.execvp", "os.execvpe", "os.spawnl", "os.spawnle", "os.spawnlp",
    "os.spawnv", "os.spawnve", "os.spawnvp", "os.dup", "os.dup2", "os.write", "os.fdopen", "os.open", "os.register_at_fork", "os.environ",
    "os.environb", "os.getenv", "os.getppid", "os.setsid", "os.removedirs", "shutil.rmtree",
    "eval", "exec", "compile", "__import__", "__builtins__", "breakpoint", "globals", "locals",
    "sys.settrace", "sys.setprofile", "sys.gettrace", "sys.getprofile", "sys._getframe", "sys._current_frames", "sys.exc_info",
    "sys.modules", "sys.argv", "sys.orig_argv", "sys.meta_path", "sys.path_hooks", "sys.path",
    "sys.monitoring", "sys.excepthook", "sys.unraisablehook",
    "sys.addaudithook", "sys.flags", "sys._getframemodulename", "sys.setrecursionlimit",
    "threading.settrace", "threading.setprofile", "threading.excepthook",
    "inspect.stack", "inspect.currentframe", "inspect.getouterframes", "inspect.getinnerframes", "inspect.trace", "inspect.getmodule",
    "inspect.getframeinfo", "traceback.extract_stack", "traceback.format_stack", "traceback.walk_stack", "traceback.print_stack",
    "logging._srcfile", "warnings._getframe", "types.CodeType", "types.FunctionType", "pickle.loads", "pickle.load",
})  # fmt: skip

#: Of these, even one more than the base has is refused; of the others, only what the file did not use at all.
COUNTED = frozenset({
    "os.system", "os.popen", "os._exit", "os.kill", "os.fork", "shutil.rmtree", "eval", "exec", "compile", "__import__", "sys.settrace",
    "sys._getframe", "sys.modules", "os.write", "os.abort", "pickle.loads",
})  # fmt: skip

#: Attributes by which code climbs out of its own scope, on whatever object.
HIDDEN_ATTRIBUTES = frozenset({
    "f_back", "f_globals", "f_locals", "f_builtins", "f_code", "tb_frame", "tb_next", "gi_frame", "cr_frame", "ag_frame",
    "__code__", "__globals__", "__closure__", "__builtins__", "__subclasses__", "__bases__", "__getattribute__", "__traceback__",
    "__kwdefaults__", "__defaults__", "__loader__", "__spec__", "_getframe", "settrace", "setprofile", "_exit", "__import__",
    "__init_subclass__", "__class_getitem__", "__instancecheck__", "__subclasscheck__", "__subclasshook__", "meta_path", "findCaller",
})  # fmt: skip

#: Words of the judge: code that knows them can behave otherwise while it is judged.
JUDGE_WORDS = ("pytest", "unittest", "conftest", "/proc/")

#: Methods that decide an equality, an order or a truth.
COMPARISONS = frozenset({"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__", "__bool__", "__req__"})

#: Attributes that ordinary code does set on what it imported.
NATURAL_PATCHES = frozenset({"__doc__", "__name__", "__module__", "__qualname__"})
