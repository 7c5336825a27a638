"""Caches that may vanish: one that does not answer is an empty one, and no page fails for it."""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.redis import RedisCache
from django.db import DatabaseError, InterfaceError
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from carebridge.databases.breaker import Breaker

GONE = (RedisError, DatabaseError, InterfaceError, OSError)
# Longest wait for Redis, in seconds.
PATIENCE = 0.5

logger = logging.getLogger(__name__)
breaker = Breaker()


class Sparing(BaseCache):
    """Before a cache of Django's: asks it, or answers as an empty one would."""

    def _call_redis(self, empty: Any, method: Callable[..., Any], *args: Any) -> Any:
        if not breaker.allows_request():
            return empty
        try:
            found = method(*args)
        except GONE as error:
            breaker.trip_open()
            logger.warning("cache does not answer: %s", type(error).__name__)
            return empty
        breaker.close_again()
        return found

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> Any:
        return self._call_redis(True, super().add, key, value, timeout, version)

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        return self._call_redis(default, super().get, key, default, version)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> Any:
        return self._call_redis(None, super().set, key, value, timeout, version)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> Any:
        return self._call_redis(False, super().touch, key, timeout, version)

    def delete(self, key: Any, version: Any = None) -> Any:
        return self._call_redis(False, super().delete, key, version)

    def has_key(self, key: Any, version: Any = None) -> Any:
        return self._call_redis(False, super().has_key, key, version)

    def incr(self, key: Any, delta: int = 1, version: Any = None) -> Any:
        if (found := self._call_redis(None, super().incr, key, delta, version)) is None:
            raise ValueError(f"Key {key!r} not found")  # as of a key that has run out
        return found

    def get_many(self, keys: Iterable[Any], version: Any = None) -> Any:
        return self._call_redis({}, super().get_many, keys, version)

    def set_many(
        self, data: Mapping[Any, Any], timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> Any:
        return self._call_redis([*data], super().set_many, data, timeout, version)

    def delete_many(self, keys: Iterable[Any], version: Any = None) -> Any:
        return self._call_redis(None, super().delete_many, keys, version)

    def clear(self) -> Any:
        return self._call_redis(None, super().clear)


class SparingRedisCache(Sparing, RedisCache):
    """Redis, waited for no longer than a reader would not notice."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        patience = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
        # redis-py would try thrice more, and let the reader wait.
        once = {"retry": Retry(NoBackoff(), 0)}
        super().__init__(server, params | {"OPTIONS": patience | once})


class SparingDatabaseCache(Sparing, DatabaseCache):
    """A table of the primary, which `manage.py createcachetable` makes."""
