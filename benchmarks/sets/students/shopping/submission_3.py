def receipt(cart, prices, coupon=None):
    for item, count in cart.items():
        total = 0
        cost = prices[item] * count
        if coupon and coupon[1] == item:
            cost = cost - cost * coupon[1] // 100
        total += cost
    return total
