"""Prices in cents, never in floats."""

RATES = {"DE": 19, "FR": 20, "CH": 8}


def with_tax(cents, country):
    """Gross price, rounded half up to a whole cent."""
    rate = RATES[country]
    return (cents * (100 + rate) + 50) // 100


def discount(cents, pieces):
    """Ten or more pieces are five percent cheaper, a hundred or more ten percent."""
    if pieces > 100:
        return cents * 90 // 100
    if pieces >= 10:
        return cents * 95 // 100
    return cents


def shipping(cents, express=False):
    """Free from 50 euro up; express costs nine euro more, always."""
    base = 0 if cents >= 5000 else 490
    return base if express else base + 900
