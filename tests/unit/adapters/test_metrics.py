"""The guides' metrics, read back by Prometheus' own parser."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from autosd.adapters.metrics import metrics_text
from autosd.domain.quotas import QuotaState


def state(principal: str, used: int, limit: int = 3) -> QuotaState:
    return QuotaState(f"selfcoding:{principal}:global:demo", used, limit, 0)


def samples(text: str) -> dict[tuple[str, str], float]:
    """Value by metric and principal."""
    return {(each.name, each.labels["principal"]): each.value for family in text_string_to_metric_families(text) for each in family.samples}


def test_every_key_has_its_labels_and_three_values() -> None:
    text = metrics_text([state("ann", 2), state("bob", 5)])
    assert samples(text) == {
        ("selfcoding_quota_used", "ann"): 2,
        ("selfcoding_quota_used", "bob"): 5,
        ("selfcoding_quota_limit", "ann"): 3,
        ("selfcoding_quota_limit", "bob"): 3,
        ("selfcoding_quota_refused_total", "ann"): 0,
        ("selfcoding_quota_refused_total", "bob"): 2,
    }
    [labels] = {tuple(sorted(s.labels)) for family in text_string_to_metric_families(text) for s in family.samples}
    assert labels == ("principal", "purpose", "scope")


def test_however_many_keys_there_are_the_series_are_bounded_and_the_fullest_keep_their_name() -> None:
    found = samples(metrics_text([state(f"p{number}", number) for number in range(500)], max_series=10))
    principals = {principal for _, principal in found}
    assert principals == {*(f"p{number}" for number in range(491, 500)), "other"}
    assert found["selfcoding_quota_used", "other"] == 490, "the fullest of the others: an alert on it still rings"
    assert found["selfcoding_quota_refused_total", "other"] == sum(number - 3 for number in range(4, 491))


def test_as_many_keys_as_series_need_no_other() -> None:
    assert {principal for _, principal in samples(metrics_text([state("a", 1), state("b", 2)], max_series=2))} == {"a", "b"}


def test_rows_of_other_shapes_and_odd_texts_cannot_break_the_format() -> None:
    odd = [QuotaState("selfcoding:x", 9, 3, 0), QuotaState("whatever", 4, 3, 0), state("other", 7), state('a"\n\\b\udcff', 1)]
    odd[2] = QuotaState("selfcoding:other:other:other", 7, 3, 0)
    found = samples(metrics_text(odd))
    assert found["selfcoding_quota_used", "other"] == 9
    assert len(found) == 6 and any(principal.startswith('a"\n\\b') for _, principal in found)


def test_no_key_at_all_is_a_valid_text() -> None:
    assert samples(metrics_text([])) == {}
    assert "# TYPE selfcoding_quota_used gauge" in metrics_text([])
