def balance_after(start, orders):
    """The balance after ``orders`` (texts such as ``+50`` or ``-20``); a payment beyond the balance is refused."""
    balance = start
    for order in orders:
        amount = int(order[1:])
        if order[0] == "+":
            balance += amount
        elif amount <= balance:
            balance -= amount
    return balance


VISIBLE = [(100, ["+50"]), (100, ["-20"]), (10, ["-20"]), (10, ["-10"]), (0, []), (5, ["+5", "-10", "+1"])]
HIDDEN = [(0, ["+1"]), (0, ["-1"]), (10, ["-11", "-10"]), (1, ["-1", "-1"]), (50, ["+10", "+20"]), (7, ["-3", "-3", "-3"]), (20, ["-20", "+5"]), (9, ["+1", "-10"]), (9, ["-10", "+1"]), (100, ["-99"]), (3, ["+0"])]
