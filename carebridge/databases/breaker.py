"""Circuit breaker: a server that fails is left alone for some seconds, so that no reader waits."""

import time
from collections import defaultdict

BACK_OFF = 5  # seconds


class Breaker:
    """Closed while all is well. Once tripped, one asker may try every `BACK_OFF` seconds."""

    def __init__(self) -> None:
        self._until = 0.0

    def allows_request(self) -> bool:
        """Return whether to ask. One request let through while open holds back the others once
        more.
        """
        now = time.monotonic()
        if now < self._until:
            return False
        if self._until:
            self._until = now + BACK_OFF
        return True

    def trip_open(self) -> None:
        self._until = time.monotonic() + BACK_OFF

    def close_again(self) -> None:
        self._until = 0.0


# Of this process, by the name of a database or a cache.
breakers: defaultdict[str, Breaker] = defaultdict(Breaker)
