"""What both official SDKs have in common: one try within its time, pieces as they come, and whatever goes wrong as one of our faults.

An SDK is given all that it would otherwise take from the environment, tries nothing again, and is never shown to whoever asks: the
key, the request and the SDK's own errors stay in here.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol

import httpx2

from autosd.adapters.models.faults import Place
from autosd.adapters.models.prices import Price
from autosd.adapters.models.reading import mapping, plain
from autosd.adapters.models.wire import Watch, within
from autosd.domain.decisions import Action, Permit
from autosd.domain.models import Ask, Reply
from autosd.governance.permits import require
from autosd.ports import ModelError, ModelFault


class Said(Protocol):
    """A reply as it grows from events. ``begun``: there is a beginning; ``ended``: it came to its end; ``error``: told in its place."""

    begun: bool
    error: Mapping[str, Any]
    written: int

    @property
    def ended(self) -> bool: ...

    def add(self, event: Mapping[str, Any]) -> str:
        """The new text in it."""
        ...

    def reply(self, name: str) -> Reply: ...


@dataclass(frozen=True)
class SdkModel(ABC):
    """Satisfies ``Model``. ``own``: the server is the provider's own; another one is told nothing of the account there."""

    place: Place
    model: str
    key: str = field(repr=False)
    price: Price | None = None
    own: bool = False
    #: What this model wants otherwise than most, by the parameter's name: another name, or nothing at all.
    _learnt: dict[str, str] = field(default_factory=dict, repr=False)

    #: Parameters that a model may not take, and what takes their place.
    instead: ClassVar[Mapping[str, str]] = {}

    @property
    def name(self) -> str:
        return self.place.name

    @property
    @abstractmethod
    def _sdk(self) -> Any:
        """The SDK's module: both name their errors alike."""

    @abstractmethod
    def _new(self) -> Said: ...

    @abstractmethod
    def _request(self, ask: Ask) -> dict[str, Any]: ...

    @abstractmethod
    def _create(self, wanted: Mapping[str, Any], *, stream: bool, seconds: float) -> Any: ...

    def complete(self, permit: Permit, ask: Ask, heard: Callable[[str], None] | None = None) -> Reply:
        """See ``Model``."""
        require(permit, Action.SPEND)
        began, said = time.monotonic(), self._new()
        with within(ask.seconds) as watch:
            for event in self._events(ask, watch, stream=heard is not None):
                piece = said.add(event)
                if heard and piece:
                    heard(piece)
            if not said.ended:
                raise self._unfinished(said, watch)
        reply = said.reply(self.name)
        usd = self.price.of(reply.usage, said.written) if self.price else 0.0
        return replace(reply, usd=usd, seconds=time.monotonic() - began)

    def _events(self, ask: Ask, watch: Watch, *, stream: bool) -> Iterator[dict[str, Any]]:
        """What came, as plain data: pieces of a reply, or one whole one."""
        failed: Exception
        try:
            answer = self._sent(ask, stream=stream)
            if stream:
                yield from map(plain, answer)
            else:
                yield plain(answer)
            return
        except Exception as error:  # foreign code, fed with what a stranger sent
            failed = error
        raise self._fault(watch, failed)  # out here: nothing of the SDK's hangs on it

    def _sent(self, ask: Ask, *, stream: bool) -> Any:
        """What is refused for a parameter that this model does not take is sent again without it: nothing was generated, nothing paid."""
        for _ in range(len(self.instead) + 1):
            wanted = {self._learnt.get(name, name): value for name, value in self._request(ask).items() if self._learnt.get(name, name)}
            try:
                return self._create(wanted, stream=stream, seconds=ask.seconds)
            except self._sdk.BadRequestError as error:
                if not self._learn(error, wanted):
                    raise
        raise ValueError("it refuses one parameter after the other")

    def _learn(self, error: Any, wanted: Mapping[str, Any]) -> bool:
        said, parameter = told(error), getattr(error, "param", None)
        for name, instead in self.instead.items():
            if name in wanted and name not in self._learnt and (parameter == name or f"'{name}'" in said or f"`{name}`" in said):
                self._learnt[name] = instead
                return True
        return False

    def _unfinished(self, said: Said, watch: Watch) -> ModelError:
        if watch.expired:
            return self.place.error(ModelFault.TIMEOUT)
        if said.error:
            kinds = (said.error.get("code"), said.error.get("type"))
            return self.place.refused(0, kinds, str(said.error.get("message", "")), {})
        if said.begun:
            return self.place.error(ModelFault.CONNECTION, "the answer was cut off")
        return self.place.error(ModelFault.GARBAGE, "there is no reply in it")

    def _fault(self, watch: Watch, error: Exception) -> ModelError:
        sdk, cause = self._sdk, error.__cause__ or error
        if watch.expired or isinstance(error, sdk.APITimeoutError | httpx2.TimeoutException):
            return self.place.error(ModelFault.TIMEOUT)
        if isinstance(error, sdk.APIStatusError):
            kinds = (getattr(error, "code", None), getattr(error, "type", None))
            return self.place.refused(error.status_code, kinds, told(error), error.response.headers)
        if isinstance(error, sdk.APIConnectionError | httpx2.TransportError) and not isinstance(cause, httpx2.DecodingError):
            return self.place.error(ModelFault.CONNECTION, str(cause))
        if type(error) is sdk.APIError:  # in the middle of a stream
            return self.place.refused(0, (getattr(error, "code", None), getattr(error, "type", None)), told(error), {})
        return self.place.error(ModelFault.GARBAGE, f"{type(cause).__name__}: {cause}")


def told(error: Any) -> str:
    """The provider's message, without the wrapping that an SDK puts around it."""
    body = mapping(error.body)
    said = (mapping(body.get("error")) or body).get("message")
    return said if isinstance(said, str) else str(error.message)
