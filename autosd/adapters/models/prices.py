"""What models cost: a file of prices that is shipped, with its date, and a file of the user's own that adds to it and wins."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from autosd.domain.errors import AutosdError
from autosd.domain.models import Usage

_DATED = r"-(\d{4}-\d{2}-\d{2}|\d{8}|latest)"
_MOST = 100_000.0  # dollars for a million tokens: more is a mistake
_LARGEST = 1_000_000


@dataclass(frozen=True)
class Price:
    """US dollars for a million tokens: sent, sent and known from before (cached), said; and ``written`` into the provider's cache.

    A request with more than ``above`` input tokens costs ``long``, all of it.
    """

    input: float
    output: float
    cached: float
    written: float
    above: int = 0
    long: Price | None = None

    def of(self, usage: Usage, written: int = 0) -> float:
        """``written`` tokens, and the cached ones, are a part of the input tokens."""
        if self.long and usage.input_tokens > self.above:
            return self.long.of(usage, written)
        fresh = max(0, usage.input_tokens - usage.cached_tokens - written)
        cost = fresh * self.input + usage.cached_tokens * self.cached + written * self.written + usage.output_tokens * self.output
        return cost / 1_000_000


@dataclass(frozen=True)
class Prices:
    """By provider and model. ``as_of`` is the date of the shipped file; ``own`` is the user's file, if there is one."""

    as_of: str
    by_name: Mapping[str, Price]
    own: Path | None = None

    def of(self, name: str) -> Price | None:
        """Of ``provider:model``; a model's dated version costs what the model costs. None: nobody knows."""
        if name in self.by_name:
            return self.by_name[name]
        undated = re.sub(rf"{_DATED}$", "", name)
        return self.by_name.get(undated) or self.by_name.get(name.partition(":")[0] + ":*")


def load_prices(own: Path | None = None) -> Prices:
    """Raises ``AUTOSD-PRICES-INVALID`` for a file of the user's own that cannot be used: money is never counted by half a table."""
    shipped = tomllib.loads(files(__package__).joinpath("prices.toml").read_text("utf-8"))
    by_name = dict(_prices(shipped))
    if own is not None:
        by_name.update(_own_prices(own))
    return Prices(str(shipped["as_of"]), by_name, own)


def _own_prices(path: Path) -> dict[str, Price]:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise ValueError("it is too large")
        return dict(_prices(tomllib.loads(content.decode("utf-8"))))
    except OSError as error:
        why = error.strerror or type(error).__name__
    except (ValueError, TypeError, KeyError) as error:
        why = " ".join(str(error).split())[:200]
    remedy = (
        'Write lines such as "openai:gpt-x" = { input = 1.25, output = 10 }, in dollars for a million tokens, or unset AUTOSD_MODEL_PRICES.'
    )
    raise AutosdError("AUTOSD-PRICES-INVALID", f"The prices in {path} cannot be used: {why}.", remedy)


def _prices(table: Mapping[str, Any]) -> list[tuple[str, Price]]:
    return [(name, _price(name, row)) for name, row in table.items() if name != "as_of"]


def _price(name: str, row: Any) -> Price:
    wanted = {"input", "output"}
    if ":" not in name or not isinstance(row, dict) or not wanted <= set(row) <= {*wanted, "cached", "written", "long"}:
        raise ValueError(f"{name!r} is no provider:model with input and output, and perhaps cached, written and long")
    values = {kind: _dollars(name, amount) for kind, amount in row.items() if kind != "long"}
    cached, written = values.get("cached", values["input"]), values.get("written", values["input"])
    price = Price(values["input"], values["output"], cached, written)
    return replace(price, **_long(name, row["long"])) if "long" in row else price


def _long(name: str, row: Any) -> dict[str, Any]:
    above = row.get("above") if isinstance(row, dict) else None
    if not isinstance(above, int) or isinstance(above, bool) or above < 1 or "long" in row:
        raise ValueError(f"{name!r} has a price for long requests that does not say above how many tokens")
    return {"above": above, "long": _price(name, {kind: amount for kind, amount in row.items() if kind != "above"})}


def _dollars(name: str, amount: Any) -> float:
    if isinstance(amount, bool) or not isinstance(amount, int | float) or not 0 <= amount <= _MOST:
        raise ValueError(f"{name!r} has a price that is none: {str(amount)[:40]}")
    return float(amount)
