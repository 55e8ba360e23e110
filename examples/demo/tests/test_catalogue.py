import pytest
from shop.catalogue import page, pages, search

ITEMS = ["Green tea", "Black tea", "Blue mug", "Tea pot", "Spoon"]


@pytest.mark.parametrize(("count", "size", "expected"), [(0, 10, 0), (1, 10, 1), (10, 10, 1), (11, 10, 2), (25, 10, 3), (3, 1, 3)])
def test_the_last_page_may_be_half_full(count, size, expected):
    assert pages(list(range(count)), size) == expected


def test_pages_show_all_items_in_order():
    assert page(ITEMS, 1, 2) == ["Green tea", "Black tea"]
    assert page(ITEMS, 3, 2) == ["Spoon"]
    assert page(ITEMS, 4, 2) == []


def test_search_does_not_mind_case():
    assert search(ITEMS, "TEA") == ["Green tea", "Black tea", "Tea pot"]
    assert search(ITEMS, "tea green") == ["Green tea"]


def test_search_for_nothing_finds_all():
    assert search(ITEMS, "") == ITEMS
