"""What a change may not newly do is found through every disguise that the tree shows; what the file already did may stay."""

from __future__ import annotations

import pytest

from autosd.gates.denylist import added_traits

ADDED = {
    "os.system": "import os\nos.system('x')",
    "os.system by another name": "from os import system as s\ns('x')",
    "the module by another name": "import os as o\no._exit(0)",
    "subprocess": "import subprocess",
    "a web client": "import requests",
    "another": "from httpx import get",
    "a part of subprocess": "from subprocess import run",
    "socket": "import socket\nsocket.socket()",
    "eval": "eval('1')",
    "exec": "exec('1')",
    "compile": "compile('1', '', 'eval')",
    "ctypes": "import ctypes",
    "rmtree": "import shutil\nshutil.rmtree('x')",
    "importlib": "import importlib\nimportlib.import_module('os')",
    "__import__": "__import__('os')",
    "settrace": "import sys\nsys.settrace(None)",
    "the stack": "import sys\nsys._getframe(1)",
    "inspect.stack": "import inspect\ninspect.stack()",
    "gc": "import gc",
    "a framework": "import pytest",
    "a part of a framework": "from unittest.mock import ANY",
    "a framework in a text": "x = 'PYTEST_CURRENT_TEST'",
    "sys.modules": "import sys\nsys.modules['a'] = 1",
    "sys.argv": "import sys\nsys.argv[0]",
    "the environment": "import os\nos.environ.get('x')",
    "another module's names": "import math\nmath.isclose = None",
    "another module's names by setattr": "import math\nsetattr(math, 'isclose', None)",
    "a name that is computed": "import os\ngetattr(os, '_ex' + 'it')",
    "another's code": "f.__code__ = g.__code__",
    "an equality of everything": "class A:\n    def __eq__(self, o):\n        return True",
    "an equality given later": "class A: pass\nA.x = 1\ntype('B', (), {'__eq__': f})",
    "an equality by assignment": "class A:\n    __eq__ = f",
    "a self comparison": "def f(x):\n    return x == x",
}
HARMLESS = {
    "arithmetic": "def f(a, b):\n    return a + b if a is not None else b",
    "a signature": "import inspect\ninspect.signature(f)",
    "an own attribute": "class A:\n    def __init__(self, x):\n        self.x = x",
    "a real equality": "class A:\n    def __eq__(self, other):\n        return isinstance(other, A) and other.x == self.x",
    "no equality": "class A:\n    def __eq__(self, other):\n        return NotImplemented",
    "NaN": "def nan(x):\n    return x != x",
    "reading os.path": "import os\nos.path.join('a', 'b')",
    "a pattern": "import re\nre.compile('x')",
    "a constant name": "import os\ngetattr(os, 'sep', '/')",
}


@pytest.mark.parametrize("text", ADDED.values(), ids=ADDED.keys())
def test_it_is_found_when_it_is_new(text: str) -> None:
    assert added_traits("", text)


@pytest.mark.parametrize("text", ADDED.values(), ids=ADDED.keys())
def test_what_the_base_did_already_is_not_the_changes_fault(text: str) -> None:
    assert added_traits(text, text + "\n\n\ndef more():\n    return 1\n") == []


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS.keys())
def test_ordinary_code_is_let_through(text: str) -> None:
    assert added_traits("", text) == []


def test_one_more_of_the_worst_is_one_too_many() -> None:
    assert added_traits("eval('1')", "eval('1')\neval('2')") == ["uses eval"]


def test_a_second_use_of_what_the_file_is_about_is_no_news() -> None:
    base = "import subprocess\nsubprocess.run(['a'])\n"
    assert added_traits(base, base + "subprocess.run(['b'])\n") == []


def test_a_text_that_does_not_parse_is_left_to_the_linter() -> None:
    assert added_traits("", "def f(:") == []
