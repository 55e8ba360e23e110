def inventory(stock, orders):
    """``stock`` after ``orders`` (pairs of item and amount, in order); an order that cannot be met in full is skipped."""
    left = dict(stock)
    for item, amount in orders:
        if left.get(item, 0) >= amount:
            left[item] -= amount
            if left[item] == 0:
                del left[item]
    return left


VISIBLE = [({"nail": 5}, [("nail", 2)]), ({"nail": 5}, [("nail", 5)]), ({"nail": 5}, [("nail", 6)]), ({}, [("nut", 1)]), ({"a": 3, "b": 1}, [("a", 2), ("a", 2), ("b", 1)])]
HIDDEN = [({"a": 1}, []), ({"a": 2}, [("a", 1), ("a", 1)]), ({"a": 2}, [("a", 1), ("a", 2)]), ({"a": 9, "b": 9}, [("b", 4)]), ({"a": 4}, [("b", 1), ("a", 3)]), ({"x": 10}, [("x", 11), ("x", 10)]), ({"x": 1, "y": 2}, [("y", 2), ("x", 1)]), ({"q": 7}, [("q", 1)] * 8), ({}, []), ({"k": 3}, [("k", 3), ("k", 1)]), ({"m": 8}, [("m", 5), ("m", 5), ("m", 3)])]
