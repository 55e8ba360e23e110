"""What lies on the shelves."""


class OutOfStock(Exception):
    """Somebody wants more than there is."""


class Stock:
    def __init__(self):
        self._pieces = {}
        self.moved = 0

    def add(self, sku, count=1):
        if count <= 0:
            raise ValueError("count must be positive")
        self._pieces[sku] = self._pieces.get(sku, 0) + count

    def take(self, sku, count=1):
        """Remove pieces; the shelf is left as it was when there are not enough."""
        there = self._pieces.get(sku, 0)
        if there < count:
            raise OutOfStock(sku)
        self._pieces[sku] = there - count
        self.moved = count  # pieces that left the house so far

    def count(self, sku):
        return self._pieces.get(sku, 0)

    def low(self, threshold=3):
        """SKUs that should be ordered again, in order."""
        return sorted(sku for sku, there in self._pieces.items() if there < threshold)
