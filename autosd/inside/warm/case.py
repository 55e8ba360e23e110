"""One collected test, whatever the runner: how it is run cheaply, and how it is run by the book."""

PASSED, FAILED, ERROR, SKIPPED, TIMEOUT, CRASHED = "passed", "failed", "error", "skipped", "timeout", "crashed"


class NotPassed(BaseException):
    """A cheap run that ended otherwise than by passing, without an exception of its own."""


class Case:
    """``ways`` are callables, cheapest first, that return when the test passes and raise when it does not.

    A cheap way is only used after it agreed with ``full``, the runner's own protocol, on the unchanged program.
    """

    def __init__(self, id, file, line, ways):
        self.id = id
        self.file = file
        self.line = line
        self.ways = ways
        self.way = 0  # index of the way in use
        self.direct = False
        # what is known of the unchanged program:
        self.outcome = None
        self.seconds = 0.0
        self.ticks = None
        self.lines = {}
        # how telling it was so far:
        self.kills = 0
        self.runs = 0

    @property
    def holds_nothing(self):
        """Does it hold nothing that the project's modules made at import, and that running them again would make anew?"""
        return False

    def is_same(self, namespace):
        """Would ``namespace``, its module run again, give the same test?"""
        return True

    def call(self):
        self.ways[self.way]()

    def full(self):
        """(outcome, exception or None) by the runner's own protocol."""
        raise NotImplementedError

    @property
    def worth(self):
        """Kills an expected second buys; a test nobody tried yet counts as even odds."""
        return (self.kills + 1.0) / (self.runs + 2.0) / max(self.seconds, 2e-6)
