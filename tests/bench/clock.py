"""Pages asked of the site in this process, as gunicorn would ask, and what they take."""

import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.test import RequestFactory

from carebridge.wsgi import application

requests = RequestFactory(SERVER_NAME="localhost")


@dataclass(frozen=True)
class Taken:
    """Milliseconds of one request: by the clock, of this process's processor time, in queries."""

    wall: float
    cpu: float
    sql: float
    queries: int


@dataclass
class Queries:
    """Time and number of queries since it was last asked."""

    seconds: float = 0
    number: int = 0

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            self.seconds += time.perf_counter() - started
            self.number += 1


queries = Queries()


@contextmanager
def watched() -> Iterator[None]:
    with connection.execute_wrapper(queries):
        yield


def ask(address: str, encoding: str = "gzip") -> bytes:
    """The body of the page at an address; anything but 200 is an error."""
    told: list[str] = []
    environ = requests.get(address, headers={"accept-encoding": encoding}).environ
    answer = application(environ, lambda status, headers, *_: told.append(status))
    try:
        body = b"".join(answer)
    finally:
        answer.close()
    if not told[0].startswith("200"):
        raise RuntimeError(f"{told[0]}: {address}")
    return body


def timed(work: Callable[[], object]) -> Taken:
    queries.seconds, queries.number = 0, 0
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return Taken(wall * 1_000, cpu * 1_000, queries.seconds * 1_000, queries.number)


def summary(several: Iterable[Taken]) -> dict[str, float]:
    """Medians, and the time that nineteen of twenty requests keep below."""
    taken = list(several)
    walls = sorted(one.wall for one in taken)
    return {
        "wall": statistics.median(walls),
        "p95": walls[max(0, -(-len(walls) * 19 // 20) - 1)],
        "cpu": statistics.median(one.cpu for one in taken),
        "sql": statistics.median(one.sql for one in taken),
        "queries": statistics.median(one.queries for one in taken),
        "runs": len(taken),
    }
