def balance_after(start, orders):
    balance = start
    for order in orders:
        sign = order[0]
        amount = int(order[1])
        if sign == "+":
            balance += amount
        if sign == "-" and amount < balance:
            balance -= amount
    return balance
