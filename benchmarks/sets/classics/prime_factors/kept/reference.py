"""Prime factors by trial division."""


def prime_factors(number):
    """The prime factors of ``number`` in rising order, repeated as often as they divide it."""
    if number == 1:
        return []
    candidate = 2
    while candidate * candidate <= number:
        if number % candidate == 0:
            return [candidate] + prime_factors(number // candidate)
        candidate += 1
    return [number]
