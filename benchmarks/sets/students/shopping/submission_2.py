def receipt(cart, prices, coupon=None):
    total = 0
    for item in cart:
        total += prices[item]
        if coupon is not None and item == coupon[0]:
            total -= prices[item] * coupon[1] // 100
    return total
