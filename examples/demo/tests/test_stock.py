import pytest
from shop.stock import OutOfStock, Stock


@pytest.fixture
def stock():
    stock = Stock()
    stock.add("tea", 5)
    stock.add("mug", 2)
    return stock


def test_taking_leaves_the_rest(stock):
    stock.take("tea", 2)
    assert stock.count("tea") == 3


def test_taking_too_much_is_refused_and_changes_nothing(stock):
    with pytest.raises(OutOfStock):
        stock.take("mug", 3)
    assert stock.count("mug") == 2


def test_moved_counts_all_that_left(stock):
    stock.take("tea", 2)
    stock.take("mug", 1)
    stock.take("tea", 1)
    assert stock.moved == 4


def test_nothing_moved_at_first(stock):
    assert stock.moved == 0


def test_low_stock_is_listed(stock):
    assert stock.low() == ["mug"]


def test_a_count_must_be_positive(stock):
    with pytest.raises(ValueError):
        stock.add("tea", 0)
