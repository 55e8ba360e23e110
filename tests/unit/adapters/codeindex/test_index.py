"""The index over a real folder: what is asked for is found, and what changes is noticed by its content."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from autosd.adapters.codeindex.index import CodeIndex
from autosd.adapters.git.looking import GitLooks
from autosd.domain.passages import Passage
from autosd.domain.tokens import estimate
from autosd.testing import make_repository, write_files

SHOP = {
    "shop/cart.py": '''"""The cart."""

from shop.prices import parse_price


class Cart:
    """What a customer wants to buy."""

    def total(self):
        """The sum of all items, discounts taken off."""
        return sum(parse_price(item) for item in self.items)

    def empty(self):
        self.items = []
''',
    "shop/prices.py": '''def parse_price(text):
    """Read an amount such as 12.50 EUR."""
    amount, currency = text.split()
    if float(amount) < 0:
        raise ValueError("negative")
    return float(amount)


def roundHalfEven(value):
    return round(value, 2)
''',
    "tests/test_cart.py": """from shop.cart import Cart


def test_total_of_an_empty_cart():
    cart = Cart()
    cart.empty()
    assert cart.total() == 0
""",
    "README.md": "# Shop\n\nHow to read an amount.\n",
    "web/app.js": "export function renderCart(cart) {\n  return cart.items.map(line);\n}\n\nconst line = (item) => {\n  return 1;\n};\n",
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    write_files(tmp_path / "shop", SHOP)
    return tmp_path / "shop"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[CodeIndex]:
    index = CodeIndex(tmp_path / "caches")
    yield index
    index.close()


def symbols(found: list[Passage]) -> list[str]:
    return [passage.symbol for passage in found]


@pytest.mark.parametrize(
    ("words", "symbol"),
    [
        ("sum of items with discounts", "Cart.total"),
        ("Cart.total", "Cart.total"),
        ("parsePrice", "parse_price"),
        ("parse price of an item", "parse_price"),
        ("amount in EUR", "parse_price"),
        ("round_half_even", "roundHalfEven"),
        ("renderCart", "renderCart"),
        ("``empty()`` forgets nothing", "Cart.empty"),
    ],
)
def test_what_the_words_are_about_comes_first(index: CodeIndex, shop: Path, words: str, symbol: str) -> None:
    assert symbols(index.search(shop, words))[0] == symbol


def test_a_passage_is_the_lines_as_they_stand(index: CodeIndex, shop: Path) -> None:
    first = index.search(shop, "parse_price")[0]
    lines = SHOP["shop/prices.py"].splitlines(keepends=True)
    assert (first.path, first.start, first.end) == ("shop/prices.py", 1, 6)
    assert first.text == "".join(lines[:6]) and "name" in first.why


def test_frames_of_a_traceback_come_first_the_deepest_before_its_callers(index: CodeIndex, shop: Path) -> None:
    trace = """Traceback (most recent call last):
  File "/elsewhere/shop/cart.py", line 11, in total
    return sum(parse_price(item) for item in self.items)
  File "/elsewhere/shop/prices.py", line 3, in parse_price
    amount, currency = text.split()
  File "/usr/lib/python3.11/nowhere.py", line 9, in render
ValueError: not enough values to unpack in renderCart
"""
    assert symbols(index.search(shop, trace))[:2] == ["parse_price", "Cart.total"]


def test_the_id_of_a_test_leads_to_what_it_calls(index: CodeIndex, shop: Path) -> None:
    found = symbols(index.search(shop, "tests/test_cart.py::test_total_of_an_empty_cart"))
    assert set(found[:2]) == {"Cart.empty", "Cart.total"}
    assert {"Cart", "test_total_of_an_empty_cart"} <= set(found)


def test_a_file_that_changed_is_read_again_and_no_other(index: CodeIndex, shop: Path) -> None:
    assert index.update(shop).parsed == len(SHOP)
    (shop / "shop/prices.py").write_text("def discount_of(customer):\n    return 0\n")
    brought = index.update(shop)
    assert (brought.parsed, brought.gone) == (1, 0)
    assert symbols(index.search(shop, "discount of customer"))[0] == "discount_of"
    assert "parse_price" not in symbols(index.search(shop, "parse_price"))


def test_a_change_that_keeps_size_and_time_is_noticed(index: CodeIndex, shop: Path) -> None:
    index.update(shop)
    file = shop / "shop/prices.py"
    before = file.stat()
    file.write_text(file.read_text().replace("parse_price", "price_parse"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size
    assert symbols(index.search(shop, "price_parse"))[0] == "price_parse"


def test_what_only_got_new_times_is_not_parsed_again(index: CodeIndex, shop: Path) -> None:
    index.update(shop)
    for file in shop.rglob("*.py"):
        os.utime(file)
    assert index.update(shop).parsed == 0


def test_a_file_that_is_gone_is_found_no_more(index: CodeIndex, shop: Path) -> None:
    index.update(shop)
    (shop / "shop/prices.py").unlink()
    assert index.update(shop).gone == 1
    assert all(passage.path != "shop/prices.py" for passage in index.search(shop, "parse_price amount"))


def test_another_folder_of_the_same_project_is_only_compared_and_keeps_apart(tmp_path: Path, shop: Path) -> None:
    index = CodeIndex(tmp_path / "caches", shop)
    index.update(shop)
    write_files(tmp_path / "snapshot", {**SHOP, "shop/prices.py": "def cents(text):\n    return 1\n"})
    brought = index.update(tmp_path / "snapshot")
    assert (brought.files, brought.parsed) == (len(SHOP), 1)
    assert symbols(index.search(tmp_path / "snapshot", "cents"))[0] == "cents"
    assert "cents" not in symbols(index.search(shop, "cents"))
    assert symbols(index.search(shop, "parse_price"))[0] == "parse_price"
    assert len(list((tmp_path / "caches").glob("*.db"))) == 1


def test_ignored_vendored_binary_and_enormous_files_are_left_out(tmp_path: Path) -> None:
    files = {
        ".gitignore": "generated.py\n",
        "generated.py": "def telltale_ignored(): ...\n",
        "node_modules/x/index.js": "function telltale_vendored() {\n}\n",
        "binary.py": "telltale_binary = 1\0\n",
        "large.py": "telltale_large = 1\n" + "x = 1\n" * 200_000,
        "small.py": "def telltale_kept(): ...\n",
    }
    repository = make_repository(tmp_path / "repo", files)
    (repository.path / "loop").symlink_to(repository.path)
    (repository.path / "out.py").symlink_to("/etc/passwd")
    looks = GitLooks(tmp_path / "home")
    index = CodeIndex(tmp_path / "caches", repository.path, looks.files, looks.head, looks.commits)
    assert [p.symbol for p in index.search(repository.path, "telltale") if p.symbol] == ["telltale_kept"]
    assert {p.path for p in index.search(repository.path, "telltale x")} == {"small.py"}


def test_the_ignore_file_of_a_plain_folder_counts_too(tmp_path: Path) -> None:
    write_files(tmp_path / "plain", {".gitignore": "made.py\n", "made.py": "def found_me(): ...\n", "own.py": "def found_me(): ...\n"})
    index = CodeIndex(tmp_path / "caches", listing=GitLooks(tmp_path / "home").files)
    assert {p.path for p in index.search(tmp_path / "plain", "found_me")} == {"own.py"}


def test_a_file_changed_lately_is_preferred_and_one_whose_changes_failed_is_not(tmp_path: Path) -> None:
    same = "def apply_rebate(order):\n    return order\n"
    repository = make_repository(tmp_path / "repo", {"a.py": same, "b.py": same, "c.py": "x = 1\n"})
    for _ in range(15):
        repository.commit("elsewhere")
    repository.write({"b.py": same + "\n\ny = 1\n"})
    repository.commit("lately")
    looks = GitLooks(tmp_path / "home")
    index = CodeIndex(tmp_path / "caches", repository.path, looks.files, looks.head, looks.commits)
    assert [p.path for p in index.search(repository.path, "apply rebate")][:2] == ["b.py", "a.py"]
    failed = CodeIndex(tmp_path / "other", repository.path, looks.files, looks.head, looks.commits, success=lambda: {"b.py": -1.0})
    assert [p.path for p in failed.search(repository.path, "apply rebate")][:2] == ["a.py", "b.py"]


@pytest.mark.parametrize("tokens", [5, 20, 60, 200, 5000])
def test_passages_stay_within_their_tokens(index: CodeIndex, shop: Path, tokens: int) -> None:
    found = index.passages(shop, "price of the items in the cart", tokens=tokens)
    assert sum(estimate(passage.text) for passage in found) <= tokens
    assert bool(found) == (tokens >= 20)


ODD = [
    "",
    "   ",
    "\0",
    '"',
    "' OR 1=1 --",
    "NEAR(a b)",
    "(((",
    "a" * 5000,
    "\ud800",
    "名前",
    "x:y*",
    "-" * 99,
    "the of and",
    "a.b::c",
    "x.py:1",
]


@pytest.mark.parametrize("words", ODD)
def test_odd_words_find_nothing_or_something_and_never_fail(index: CodeIndex, shop: Path, words: str) -> None:
    assert isinstance(index.search(shop, words), list)


def test_a_broken_index_is_made_anew(tmp_path: Path, shop: Path) -> None:
    first = CodeIndex(tmp_path / "caches")
    first.update(shop)
    first.close()
    [file] = (tmp_path / "caches").glob("*.db")
    file.write_bytes(b"no database at all" * 1000)
    assert symbols(CodeIndex(tmp_path / "caches").search(shop, "parse_price"))[0] == "parse_price"


def test_an_index_of_another_make_is_made_anew(tmp_path: Path, shop: Path) -> None:
    CodeIndex(tmp_path / "caches").update(shop)
    [file] = (tmp_path / "caches").glob("*.db")
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 77")
    assert CodeIndex(tmp_path / "caches").update(shop).parsed == len(SHOP)


def _search(caches: Path, shop: Path, results: multiprocessing.Queue[list[str]]) -> None:
    results.put(symbols(CodeIndex(caches).search(shop, "parse_price")))


def test_processes_that_ask_at_once_all_find_it(tmp_path: Path, shop: Path) -> None:
    context = multiprocessing.get_context("fork")
    results: multiprocessing.Queue[list[str]] = context.Queue()
    processes = [context.Process(target=_search, args=(tmp_path / "caches", shop, results)) for _ in range(4)]
    for process in processes:
        process.start()
    found = [results.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    assert [each[0] for each in found] == ["parse_price"] * 4


def test_threads_share_one_index(index: CodeIndex, shop: Path) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(symbols(index.search(shop, "parse_price"))[0])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["parse_price"] * 8
