"""Extra inputs, judged against the reference; the tool never sees this folder."""

CASES = [([int(d) for d in str(n)],) for n in range(1, 1000) if str(n) == str(n)[::-1]][::4] + [([9] * n,) for n in range(1, 6)]


def call(program, digits):
    return program.next_palindrome(digits)
