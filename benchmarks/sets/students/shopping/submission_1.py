def receipt(cart, prices, coupon=None):
    total = 0
    for item, count in cart.items():
        cost = prices[item] * count
        total += cost
        if coupon and coupon[0] == item:
            total -= total * coupon[1] // 100
    return total
