import pytest
from shop.prices import discount, shipping, with_tax


@pytest.mark.parametrize(("cents", "country", "gross"), [(1000, "DE", 1190), (999, "FR", 1199), (50, "CH", 54), (0, "DE", 0)])
def test_tax_is_rounded_half_up(cents, country, gross):
    assert with_tax(cents, country) == gross


@pytest.mark.parametrize(("pieces", "cents"), [(1, 1000), (9, 1000), (10, 950), (99, 950), (100, 900), (250, 900)])
def test_discount_by_pieces(pieces, cents):
    assert discount(1000, pieces) == cents


@pytest.mark.parametrize(("cents", "express", "cost"), [(1000, False, 490), (5000, False, 0), (1000, True, 1390), (5000, True, 900)])
def test_shipping(cents, express, cost):
    assert shipping(cents, express) == cost
