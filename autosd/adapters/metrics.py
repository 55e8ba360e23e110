"""The guides' metrics of quotas as Prometheus scrapes them, read from the windows themselves: right under any number of workers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from autosd.domain.quotas import PREFIX, QuotaState

LABELS = ("principal", "scope", "purpose")
OTHER = ("other", "other", "other")

#: Most quota keys that get a series of their own: purposes are free text, and every series costs the scraper memory for weeks.
MAX_SERIES = 100


def metrics_text(states: Sequence[QuotaState], *, max_series: int = MAX_SERIES) -> str:
    """The exposition format: ``selfcoding_quota_used``, ``selfcoding_quota_limit``, ``selfcoding_quota_refused_total``."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Quotas(states, max_series))
    return generate_latest(registry).decode()


class _Quotas(Collector):
    """The fullest keys one by one; the rest together as ``other``, whose gauges show its fullest key so that an alert still rings."""

    def __init__(self, states: Sequence[QuotaState], max_series: int) -> None:
        self._states = states
        self._max = max_series

    def collect(self) -> Iterable[Metric]:
        used = GaugeMetricFamily("selfcoding_quota_used", "Uses counted in the running window.", labels=LABELS)
        limit = GaugeMetricFamily("selfcoding_quota_limit", "Uses that a window allows.", labels=LABELS)
        refused = CounterMetricFamily("selfcoding_quota_refused", "Uses refused in the running window.", labels=LABELS)
        for labels, group in _grouped(self._states, self._max):
            fullest = max(group, key=lambda state: state.used)
            used.add_metric(labels, fullest.used)
            limit.add_metric(labels, fullest.limit)
            refused.add_metric(labels, sum(max(0, state.used - state.limit) for state in group))
        return (used, limit, refused)


def _grouped(states: Sequence[QuotaState], most: int) -> Iterable[tuple[tuple[str, ...], Sequence[QuotaState]]]:
    """At most ``most`` series in all, ``other`` among them; keys that are not S0's (somebody's own rows) are others too."""
    fullest = sorted(states, key=lambda state: (-state.used, state.id))
    own = [state for state in fullest if _labels(state.id) not in (None, OTHER)]
    own = own if len(own) == len(states) <= most else own[: most - 1]
    alone = {state.id for state in own}
    rest = [state for state in fullest if state.id not in alone]
    for state in sorted(own, key=lambda state: state.id):
        yield _labels(state.id) or OTHER, [state]
    if rest:
        yield OTHER, rest


def _labels(key: str) -> tuple[str, ...] | None:
    text = key.encode("utf-8", "backslashreplace").decode()  # the format knows no other encoding
    parts = text.removeprefix(PREFIX).split(":")
    return tuple(parts) if key.startswith(PREFIX) and len(parts) == len(LABELS) else None
