"""Prime numbers."""


def primes_up_to(limit):
    """All primes not larger than ``limit``, in order."""
    primes = []
    for number in range(2, limit + 1):
        if all(number % prime > 0 for prime in primes):
            primes.append(number)
    return primes
