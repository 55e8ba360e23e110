"""What a proposal says to the people who approve it: title, why, steps, how one will know that it is done, what it is good for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from autosd.domain.signals import Signal, SignalKind

_PROVE = "Prove it: the whole suite on the same base, before and after."
_UNBROKEN = "No test that passed before fails afterwards."


@dataclass(frozen=True)
class Wording:
    title: str
    description: str
    effect: str
    steps: tuple[str, ...]
    criteria: tuple[str, ...]
    benefits: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    hours: float = 1.0


def worded(kind: SignalKind, subject: str, signals: Sequence[Signal]) -> Wording:
    words = _WORDS[kind](subject, signals)
    lines = [signal.summary for signal in signals[:20]]
    more = [f"... and {len(signals) - 20} more"] if len(signals) > 20 else []
    return Wording(
        title=words.title,
        description="\n".join([*lines, *more]),
        effect=words.effect,
        steps=(*words.steps, _PROVE),
        criteria=(*words.criteria, _UNBROKEN),
        benefits=words.benefits or (words.effect,),
        risks=words.risks or ("The change may do what no test looks at.",),
        hours=words.hours,
    )


def _failing(subject: str, signals: Sequence[Signal]) -> Wording:
    count = _sum(signals, "failing")
    title = f"Repair {_short(subject)}: {count} failing test{'s' * (count != 1)}"
    return Wording(
        title,
        "",
        f"{count} failing test{'s' * (count != 1)} fewer",
        ("Find the fault behind the failing tests.", "Repair it in the code, not in the tests."),
        ("The named tests pass, each time they are run.",),
        hours=0.5,
    )


def _flaky(subject: str, signals: Sequence[Signal]) -> Wording:
    count = len(signals)
    return Wording(
        f"Steady {count} flaky test{'s' * (count != 1)} in {_short(subject)}",
        "",
        "no false alarm from these tests",
        ("Find what the tests leave to chance: time, order, randomness, shared state.", "Hold it still, in the test or in the code."),
        ("Twenty runs of the named tests end alike.",),
        risks=("A test that is held still may look at less.",),
    )


def _slow(subject: str, signals: Sequence[Signal]) -> Wording:
    seconds = sum(float(str(signal.evidence.get("seconds", 0))) for signal in signals)
    return Wording(
        f"Quicken slow tests in {_short(subject)} ({seconds:.1f} s)",
        "",
        f"up to {seconds:.1f} s less for each run of the suite",
        ("See what the time goes to.", "Make it quicker without looking at less."),
        ("The named tests take half of the time or less, in repeated paired runs.",),
        hours=2.0,
    )


def _lint(subject: str, signals: Sequence[Signal]) -> Wording:
    count, rule = _sum(signals, "count"), subject.rpartition(" ")[2]
    return Wording(
        f"Correct {subject} in {count} place{'s' * (count != 1)}",
        "",
        f"{count} proven defect{'s' * (count != 1)} fewer",
        (f"Correct every place that {rule} names.", "Where no test runs such a place, write one that shows what it does, first."),
        (f"{subject} finds nothing any more.",),
        hours=0.25 + 0.1 * count,
    )


def _crash(subject: str, signals: Sequence[Signal]) -> Wording:
    count = _sum(signals, "count")
    return Wording(
        f"Stop the crash at {_short(subject)}",
        "",
        f"a crash that was logged {count} time{'s' * (count != 1)} no longer happens",
        ("Write a test that crashes the same way.", "Repair the code so that it passes."),
        ("The new test fails before the change and passes after it.",),
        hours=1.5,
    )


def _complexity(subject: str, signals: Sequence[Signal]) -> Wording:
    plan = dict.fromkeys(step for signal in signals for step in _texts(signal, "plan"))
    return Wording(
        f"Simplify {len(signals)} function{'s' * (len(signals) != 1)} in {_short(subject)}",
        "",
        "fewer ways through the code, with the same behaviour",
        tuple(f"{step}." for step in plan),
        ("Cyclomatic complexity, nesting and length of the named functions are lower.",),
        risks=("Code that is moved may behave differently where no test looks.",),
        hours=2.0 * len(signals),
    )


def _duplication(subject: str, signals: Sequence[Signal]) -> Wording:
    lines = _sum(signals, "lines")
    places = len(_texts(signals[0], "places"))
    return Wording(
        f"Unite {places} functions with one body: {_short(subject)}",
        "",
        f"{lines} lines fewer, and one place to correct instead of {places}",
        ("Keep one of them, and let the others call it.",),
        ("Nothing but one body is left, and every caller behaves as before.",),
        risks=("They may be alike by chance, and have to differ later.",),
    )


def _request(subject: str, signals: Sequence[Signal]) -> Wording:
    title = signals[0].summary
    effect = "what was asked for, as far as tests can show it"
    steps = ("Write down what was asked for as a test.", "Change the code so that it passes.")
    return Wording(title, "", effect, steps, ("A test shows what was asked for.",), hours=2.0)


def _regression(subject: str, signals: Sequence[Signal]) -> Wording:
    steps = ("Find the smallest part of the commit that broke it.", "Take that part back, or repair it.")
    return Wording(f"Undo the regression of {_short(subject)}", "", "what worked before works again", steps, ("The broken tests pass.",))


def _explore(subject: str, signals: Sequence[Signal]) -> Wording:
    steps = ("Look closer at a spot that nobody complained about.",)
    return Wording(f"Explore {_short(subject)}", "", "knowledge of a weak spot", steps, ("A test says more than before.",), hours=0.5)


def _pattern(title: str, effect: str, steps: tuple[str, ...], criterion: str, hours: float) -> Callable[[str, Sequence[Signal]], Wording]:
    """S1's four proposals."""

    def words(subject: str, signals: Sequence[Signal]) -> Wording:
        return Wording(title.format(subject), "", effect, steps, (criterion,), hours=hours)

    return words


_WORDS: Mapping[SignalKind, Callable[[str, Sequence[Signal]], Wording]] = {
    SignalKind.FAILING_TEST: _failing,
    SignalKind.FLAKY_TEST: _flaky,
    SignalKind.SLOW_TEST: _slow,
    SignalKind.LINT_DEFECT: _lint,
    SignalKind.CRASH: _crash,
    SignalKind.COMPLEXITY: _complexity,
    SignalKind.DUPLICATION: _duplication,
    SignalKind.REQUEST: _request,
    SignalKind.REGRESSION: _regression,
    SignalKind.EXPLORATION: _explore,
    SignalKind.AGENT_FAILURE_RATE: _pattern(
        "Reduce failure rate for {}",
        "a failure rate of 5% or less",
        ("Look at the errors of the failed executions.", "Handle what can be handled, and retry what passes by itself."),
        "The failure rate of the next 24 hours is at most 5%.",
        2.0,
    ),
    SignalKind.PERFORMANCE_DEGRADATION: _pattern(
        "Bring {} back to its usual speed",
        "the mean time of the week before",
        ("Compare what it does now with what it did a week ago.", "Take away what made it slower."),
        "The mean time is again within 10% of the seven days before.",
        3.0,
    ),
    SignalKind.UNAPPLIED_INSIGHTS: _pattern(
        "Apply what was learnt of {}",
        "no insight of weight that nobody uses",
        ("Go through the insights that were not applied.", "Apply each, or say why not."),
        "No insight of this category waits.",
        1.0,
    ),
    SignalKind.LOW_CONFIDENCE_CYCLES: _pattern(
        "Adjust the confidence threshold of {}",
        "at most 10% of cycles below the threshold",
        ("Hold confidences against what came of them.", "Set the threshold where they part."),
        "At most 10% of the next execution cycles are below the threshold.",
        0.5,
    ),
}


def _sum(signals: Sequence[Signal], name: str) -> int:
    return sum(int(str(signal.evidence.get(name, 0))) for signal in signals)


def _texts(signal: Signal, name: str) -> list[str]:
    value = signal.evidence.get(name)
    return [str(each) for each in value] if isinstance(value, list | tuple) else []


def _short(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:99]}…"
