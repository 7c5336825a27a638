"""How long a reader waits while sixteen connections of one network sign in by changing names.

Run as a module, it prints a table: alone and under attack in turns, from an IPv4 address and from
one /64, and what came of a hundred right sign-ins of one office.
"""

import http.client
import itertools
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable
from urllib.parse import urlencode

from tests.drill.site import PREPARE, served

CONNECTIONS = 16
PAGE = "/institutions/?region=131000"
LOGIN = "/admin/login/"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
READER = {"X-Forwarded-For": "198.51.100.1"}
NETWORKS: dict[str, Callable[[int], str]] = {
    "one IPv4 address": lambda _: "203.0.113.7",
    "one /64": lambda number: f"2001:db8:0:1::{number % 65_000:x}",
}


def ask(port: int, method: str, path: str, body: str | None, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


def token_of(port: int) -> str:
    """Return the token that the sign-in form wants, as a cookie."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", LOGIN)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.headers["Set-Cookie"].partition(";")[0].partition("=")[2]


def sign_in(port: int, token: str, name: str, password: str, address: str) -> int:
    body = urlencode({"username": name, "password": password, "csrfmiddlewaretoken": token})
    headers = FORM | {"Cookie": f"csrftoken={token}", "X-Forwarded-For": address}
    return ask(port, "POST", LOGIN, body, headers)


class Attack:
    """Sixteen connections that sign in without a pause while the block lasts; what they got."""

    def __init__(self, port: int, address: Callable[[int], str]) -> None:
        self.port, self.address, self.got = port, address, Counter[int]()
        self._over, self._numbers = threading.Event(), itertools.count()

    def __enter__(self) -> "Attack":
        token = token_of(self.port)
        self._threads = [
            threading.Thread(target=self._go_on, args=(token,)) for _ in range(CONNECTIONS)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def _go_on(self, token: str) -> None:
        while not self._over.is_set():
            number = next(self._numbers)
            name, address = f"name{number}", self.address(number)
            self.got[sign_in(self.port, token, name, "wrong", address)] += 1

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


def times(port: int, seconds: float) -> list[float]:
    """Return how long the page took each time that a reader looked, twice a second."""
    found, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.perf_counter()
        assert ask(port, "GET", PAGE, None, READER) == 200
        found.append(time.perf_counter() - began)
        time.sleep(0.2)
    return found


def compare(
    port: int, address: Callable[[int], str], turns: int, seconds: float
) -> tuple[float, float, Counter[int]]:
    """Return the median seconds alone and under attack, in turns, and what the attack got."""
    alone, beside, got = [], [], Counter[int]()
    for _ in range(turns):
        alone += times(port, seconds)
        with Attack(port, address) as attack:
            time.sleep(0.5)
            beside += times(port, seconds)
        got += attack.got
    return statistics.median(alone), statistics.median(beside), got


def main() -> None:
    with served(PREPARE) as port:
        times(port, 2)
        print("| from | alone, ms | under attack, ms | times | what the attack got |")
        print("|---|---:|---:|---:|---|")
        for name, address in NETWORKS.items():
            alone, beside, got = compare(port, address, turns=4, seconds=6)
            row = f"{alone * 1000:.0f} | {beside * 1000:.0f} | {beside / alone:.2f} | {dict(got)}"
            print(f"| {name} | {row} |", flush=True)


if __name__ == "__main__":
    main()
