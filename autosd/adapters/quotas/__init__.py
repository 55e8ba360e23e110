"""Where S0's hour windows are counted: the store's database, or Redis. What a backend takes is imported when it is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autosd.adapters.quotas.failures import unavailable

if TYPE_CHECKING:
    from autosd.adapters.quotas.on_redis import RedisQuotas
    from autosd.adapters.quotas.on_store import StoreQuotas


def open_quotas(backend: str, *, store_url: str, redis_url: str) -> StoreQuotas | RedisQuotas:
    """The backend that was chosen, and never another. It is reached at the first use: ``AUTOSD-QUOTA-UNAVAILABLE`` comes then.

    ``store`` is whichever database ``store_url`` names; ``pg`` is the same, but refused when that is no PostgreSQL: counters that
    many machines should share would silently be one machine's own.
    """
    if backend == "redis":
        from autosd.adapters.quotas.on_redis import RedisQuotas

        return RedisQuotas(redis_url)
    if backend == "pg" and not store_url.startswith("postgresql"):
        remedy = "Set DATABASE_URL to a postgresql:// URL, or QUOTA_BACKEND=store to count in the database there is."
        raise unavailable("QUOTA_BACKEND is pg, but DATABASE_URL names no PostgreSQL.", remedy)
    from autosd.adapters.quotas.on_store import StoreQuotas

    return StoreQuotas(store_url)
