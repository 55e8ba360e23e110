def balance_after(start, orders):
    balance = start
    for order in orders:
        if order[0] == "+":
            balance += int(order[1:])
        else:
            balance -= int(order[1:])
            if balance < 0:
                balance = 0
    return balance
