"""Square roots by Newton's method."""


def square_root(x, epsilon):
    """An approximation whose square is within ``epsilon`` of ``x``."""
    guess = x / 2
    while abs(x - guess) > epsilon:
        guess = 0.5 * (guess + x / guess)
    return guess
