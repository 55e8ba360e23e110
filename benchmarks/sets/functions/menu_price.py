def menu_price(order, prices, members=False):
    """What an order (item -> count) costs in cents: from 3 of one item on the third is free, members get 10 % off."""
    total = 0
    for item, count in order.items():
        if item not in prices:
            raise KeyError(item)
        paid = count - count // 3
        total += paid * prices[item]
    if members:
        total -= total // 10
    return total


PRICES = {"tea": 200, "cake": 350}
VISIBLE = [({"tea": 1}, PRICES), ({"tea": 3}, PRICES), ({"tea": 2, "cake": 1}, PRICES), ({}, PRICES), ({"cake": 2}, PRICES, True), ({"tea": 7}, PRICES)]
HIDDEN = [({"cake": 1}, PRICES), ({"tea": 4}, PRICES), ({"tea": 6}, PRICES), ({"beer": 1}, PRICES), ({"tea": 1}, PRICES, True), ({"cake": 3, "tea": 3}, PRICES, True), ({"tea": 0}, PRICES), ({"cake": 5}, PRICES), ({"tea": 2}, PRICES), ({"tea": 10, "cake": 10}, PRICES), ({}, PRICES, True)]
