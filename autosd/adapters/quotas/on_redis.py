"""Quota windows in Redis, under S0's keys: one script a charge, so any number of workers agree and no key is without an end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any

from autosd.adapters.quotas.failures import unavailable
from autosd.adapters.store.tables import restored, storable
from autosd.domain.quotas import HOUR_MS, PREFIX, QuotaState, epoch_ms
from autosd.settings.kinds import mask_url, passwords

#: S0's name for the key of a window in Redis.
NAMESPACE = "selfcoding_quota:"
SECONDS = 5.0

#: INCR and its end in one step. A key that somebody left without an end gets one.
_CHARGE = """
local used = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
    left = tonumber(ARGV[1])
end
return {used, left}
"""


class RedisQuotas:
    """Satisfies ``Quotas``; connects at the first use. Windows end by the clock of the Redis server."""

    def __init__(self, url: str) -> None:
        self._url = url

    @cached_property
    def _client(self) -> Any:
        try:
            import redis
            from redis.backoff import NoBackoff
            from redis.retry import Retry
        except ImportError:
            raise unavailable("QUOTA_BACKEND=redis needs the redis package.", "Run: python -m pip install 'autosd[redis]'") from None
        # one more try, for a connection that the server closed meanwhile: at worst one use is counted twice, never one too few
        patience = {"socket_timeout": SECONDS, "socket_connect_timeout": SECONDS, "retry": Retry(NoBackoff(), 1)}
        try:
            return redis.Redis.from_url(self._url, **patience)  # type: ignore[no-untyped-call, unused-ignore]
        except ValueError as error:
            raise unavailable(self._said(error), "Correct REDIS_URL.") from None

    @cached_property
    def _charge(self) -> Any:
        return self._client.register_script(_CHARGE)

    def close(self) -> None:
        """Give the connections back."""
        if "_client" in self.__dict__:
            self._client.close()

    def charge(self, key: str, limit: int, now: datetime, *, window_ms: int = HOUR_MS) -> QuotaState:
        """See ``Quotas``."""
        with self._asking():
            used, left = self._charge(keys=[_named(key)], args=[window_ms])
        return QuotaState(key, int(used), limit, epoch_ms(now) + int(left))

    def state(self, key: str, limit: int, now: datetime) -> QuotaState:
        """See ``Quotas``; a key without a running window has ``reset_ts`` 0."""
        found = self._read([_named(key)], limit, now)
        return found[0] if found else QuotaState(key, 0, limit, 0)

    def states(self, limit: int, now: datetime) -> Sequence[QuotaState]:
        """See ``Quotas``."""
        with self._asking():
            names = sorted(set(self._client.scan_iter(match=_named(PREFIX) + b"*", count=1000)))
        return self._read(names, limit, now)

    def reset(self, key: str, now: datetime) -> bool:
        """See ``Quotas``."""
        with self._asking():
            return bool(self._client.delete(_named(key)))

    def _read(self, names: list[bytes], limit: int, now: datetime) -> list[QuotaState]:
        """The windows of ``names`` that are running; one round trip."""
        with self._asking():
            pipe = self._client.pipeline(transaction=False)
            for name in names:
                pipe.get(name).pttl(name)
            said = pipe.execute()
            pairs = zip(names, said[::2], said[1::2], strict=True)
            return [
                QuotaState(_key(name), int(used), limit, epoch_ms(now) + (left if left >= 0 else HOUR_MS))
                for name, used, left in pairs
                if used is not None
            ]

    @contextmanager
    def _asking(self) -> Iterator[None]:
        client = self._client  # first: what it raises is clear already
        from redis import RedisError

        try:
            yield
        except RedisError as error:
            raise unavailable(self._said(error), "Start Redis, or check host, user and password of REDIS_URL.") from error
        except (ValueError, OSError) as error:  # a value that is no number; a socket that broke
            raise unavailable(self._said(error)) from error
        finally:
            del client

    def _said(self, error: Exception) -> str:
        text = " ".join(str(error).split()) or type(error).__name__
        for secret in passwords(self._url):
            text = text.replace(secret, "***")
        return f"{mask_url(self._url)}: {text.rstrip('.')}."


def _named(key: str) -> bytes:
    return (NAMESPACE + storable(key)).encode()


def _key(name: bytes) -> str:
    return restored(name.decode()[len(NAMESPACE) :])
