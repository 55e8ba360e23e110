def receipt(cart, prices, coupon=None):
    """The total in cents of ``cart`` (item -> count); a coupon is an (item, percent) that lowers that item's price."""
    total = 0
    for item, count in cart.items():
        cost = prices[item] * count
        if coupon and coupon[0] == item:
            cost -= cost * coupon[1] // 100
        total += cost
    return total


VISIBLE = [({"tea": 2}, {"tea": 100}), ({}, {}), ({"tea": 1, "jam": 2}, {"tea": 100, "jam": 50}), ({"tea": 2}, {"tea": 100}, ("tea", 10)), ({"tea": 1, "jam": 1}, {"tea": 100, "jam": 50}, ("jam", 50))]
HIDDEN = [({"a": 3}, {"a": 33}), ({"a": 3}, {"a": 33}, ("a", 50)), ({"a": 1}, {"a": 10}, ("b", 50)), ({"a": 0}, {"a": 10}), ({"a": 1, "b": 1, "c": 1}, {"a": 1, "b": 2, "c": 3}), ({"b": 4}, {"a": 9, "b": 5}, ("b", 100)), ({"a": 2, "b": 2}, {"a": 10, "b": 20}, ("a", 25)), ({"x": 1}, {"x": 99}, ("x", 1)), ({"x": 5}, {"x": 7}, ("x", 0)), ({"y": 10}, {"y": 10}, ("y", 10)), ({"a": 1, "b": 2}, {"a": 3, "b": 4}, ("b", 50))]
