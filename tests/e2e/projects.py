"""Small projects with real bugs, and how their authors would have fixed them."""

from __future__ import annotations

CLAMP = {
    "clamp.py": (
        "def clamp(value, low, high):\n    if value < low:\n        return low\n"
        "    if value > high:\n        return low\n    return value\n"
    ),
    "test_clamp.py": (
        "from clamp import clamp\n\n\n"
        "def test_inside():\n    assert clamp(3, 1, 5) == 3\n\n\n"
        "def test_below():\n    assert clamp(0, 1, 5) == 1\n\n\n"
        "def test_above():\n    assert clamp(9, 1, 5) == 5\n    assert clamp(12, 2, 7) == 7\n"
    ),
}
CLAMP_FIXED = {"clamp.py": CLAMP["clamp.py"].replace("value > high:\n        return low", "value > high:\n        return high")}

SEVERAL = {
    "src/stock.py": "def in_stock(count):\n    return count >= 0\n",
    "src/price.py": (
        "class Price:\n    def __init__(self, net):\n        self.net = net\n\n"
        "    def gross(self, rate):\n        return self.net - self.net * rate\n"
    ),
    "src/greet.py": "GREETING = 'Helo'\n\n\ndef greet(name):\n    return f'{GREETING}, {name}!'\n",
    "tests/conftest.py": "import pathlib\nimport sys\n\nsys.path.insert(0, str(pathlib.Path(__file__).parent.parent / 'src'))\n",
    "tests/test_stock.py": (
        "from stock import in_stock\n\n\n"
        "def test_some():\n    assert in_stock(2)\n    assert in_stock(1)\n\n\n"
        "def test_none():\n    assert not in_stock(0)\n    assert not in_stock(-1)\n"
    ),
    "tests/test_price.py": (
        "from price import Price\n\n\n"
        "def test_gross():\n    assert Price(100).gross(0.5) == 150\n    assert Price(10).gross(1) == 20\n\n\n"
        "def test_free():\n    assert Price(10).gross(0) == 10\n"
    ),
    "tests/test_greet.py": (
        "from greet import greet\n\n\n"
        "def test_greets():\n    assert greet('Ada') == 'Hello, Ada!'\n"
        "    assert greet('Bob') == 'Hello, Bob!'\n    assert greet('') == 'Hello, !'\n"
    ),
}
SEVERAL_FIXED = {
    "src/stock.py": SEVERAL["src/stock.py"].replace(">= 0", "> 0"),
    "src/price.py": SEVERAL["src/price.py"].replace("self.net - self.net", "self.net + self.net"),
    "src/greet.py": SEVERAL["src/greet.py"].replace("Helo", "Hello"),
}

IMPORT_ERROR = {
    "area.py": "from math import pii\n\n\ndef circle(radius):\n    return pii * radius * radius\n",
    "test_area.py": "from area import circle\n\n\ndef test_unit():\n    assert round(circle(1), 4) == 3.1416\n",
}
IMPORT_ERROR_FIXED = {"area.py": IMPORT_ERROR["area.py"].replace("pii", "pi")}

SYNTAX_ERROR = {
    "double.py": "def double(x)\n    return 2 * x\n",
    "test_double.py": "from double import double\n\n\ndef test_double():\n    assert double(4) == 8\n",
}
SYNTAX_ERROR_FIXED = {"double.py": "def double(x):\n    return 2 * x\n"}

GREEN = {"good.py": "def one():\n    return 1\n", "test_good.py": "from good import one\n\n\ndef test_one():\n    assert one() == 1\n"}
NO_TESTS = {"good.py": "def one():\n    return 1\n"}


def failing_with(body: str) -> dict[str, str]:
    """A project whose one test runs ``body`` and whose one bug a candidate could fix."""
    return {**CLAMP, "test_body.py": body}
