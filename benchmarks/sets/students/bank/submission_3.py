def balance_after(start, orders):
    balance = 0
    for order in orders:
        amount = int(order)
        if balance + amount > 0:
            balance += amount
    return balance
