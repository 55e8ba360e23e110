"""How candidates behave on inputs of the tests and near them, comparable over candidates."""

from __future__ import annotations

from autosd.coding.repair.replies import Probed

from .conftest import Warm, WarmMaker

FILES = {
    "clip.py": """
        def clip(items, limit=3):
            found = []
            for item in items:
                if item < limit:
                    found.append(item)
            return found

        class Account:
            def __init__(self, held):
                self.held = held
            def take(self, amount):
                self.held -= amount + 0
                return self.held

        def steps(n):
            while n > 0:
                yield n
                n -= 1
    """,
    "test_clip.py": """
        import clip
        def test_low(): assert clip.clip([1, 2]) == [1, 2]
        def test_high(): assert clip.clip([4, 5]) == []
        def test_edge(): assert clip.clip([1, 3, 5]) == [1, 3]
        def test_take():
            account = clip.Account(10)
            assert account.take(3) == 7 and account.take(2) == 4
        def test_steps(): assert list(clip.steps(2)) == [2, 1]
    """,
}


def probed(server: Warm, *changes: tuple[str, str], samples: int = 40, seed: int = 3) -> list[Probed]:
    server.observe()
    trials = [server.trial(number, ("clip.py", *change)) for number, change in enumerate(changes, 1)]
    found = {one.id: one for one in server.session.probe(trials, tests=server.tests, samples=samples, seed=seed)}
    return [found[number] for number in range(len(trials) + 1)]


def test_agreement_is_measured_on_inputs_of_passing_tests(warm: WarmMaker) -> None:
    original, right, blunt = probed(warm(FILES), ("item < limit", "item <= limit"), ("item < limit", "item <= 5"))
    assert original.agree == 1.0 and right.agree == 1.0
    assert blunt.agree is not None and blunt.agree == 0.5
    assert original.kinds.count("p") == 2 and original.kinds.count("f") == 1 and original.kinds.count("m") > 5
    assert original.kept == len(original.outputs) == len(right.outputs) == len(original.kinds)
    assert original.inputs[:2] == ("([[1, 2], 3], {})", "([[4, 5], 3], {})")


def test_equal_behaviour_gives_equal_outputs_and_different_behaviour_shows_near_the_tests(warm: WarmMaker) -> None:
    _, one, same, other = probed(
        warm(FILES), ("item < limit", "item <= limit"), ("item < limit", "not item > limit"), ("item < limit", "item < 4")
    )
    assert one.outputs == same.outputs
    assert one.outputs != other.outputs


def test_the_same_seed_gives_the_same_outputs_in_another_process(warm: WarmMaker) -> None:
    change = ("item < limit", "item <= limit")
    assert probed(warm(FILES), change) == probed(warm(FILES), change)


def test_runaways_errors_and_crashes_are_outputs_or_gaps_not_losses(warm: WarmMaker) -> None:
    _, loop, error, dead, right = probed(
        warm(FILES),
        ("for item in items:", "while True:\n        item = 9"),
        ("found = []", "found = 1 / 0"),
        ("found = []", "import os; os._exit(1)"),
        ("item < limit", "item <= limit"),
    )
    assert set(loop.outputs) == {"fuel"} and set(error.outputs) == {"error:ZeroDivisionError"}
    assert dead.outputs == () and dead.agree is None
    assert right.agree == 1.0


def test_changed_arguments_and_objects_count_as_behaviour(warm: WarmMaker) -> None:
    original, emptied = probed(warm(FILES), ("return found", "items.clear(); return found"))
    assert original.outputs != emptied.outputs
    original, wrong = probed(warm(FILES), ("self.held -= amount + 0", "self.held -= amount + 1"))
    assert original.kinds.startswith("ff") and original.outputs[0] != wrong.outputs[0]


def test_generators_are_behaviour_by_their_items(warm: WarmMaker) -> None:
    original, same, other = probed(warm(FILES), ("while n > 0", "while n >= 1"), ("yield n", "yield -n"))
    assert original.outputs == same.outputs != other.outputs


def test_module_level_candidates_have_no_outputs(warm: WarmMaker) -> None:
    original, changed = probed(warm(FILES), ("limit=3", "limit=4"))
    assert changed.outputs == () and original.outputs == ()
