"""Readers and writers that go on whatever happens, and remember what they were answered."""

import http.client
import random
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlencode

ELDER = "e_hukou=110102&e_age=83&e_status=low_income&e_ability=gbt42195:3&e_insured=110000"
PAGES = (
    *("/", "/institutions/", "/institutions/?q=养老&view=map", "/institutions/?region=130000"),
    *(f"/institutions/?region=131000&sort=net&{ELDER}", "/institutions/?ownership=private&page=2"),
    *("/institutions/{home}/", "/institutions/{home}/", f"/institutions/{{home}}/?{ELDER}"),
    *("/regions/500000/", "/policies/cn-01/", f"/follow/?{ELDER}", "/institutions/suggest/?q=yan"),
    *(
        "/api/v1/institutions?q=养老",
        "/api/v1/institutions/{home}",
        f"/api/v1/estimate?home={{home}}&{ELDER}",
    ),
)
# A reader may try once more, after this many seconds.
SECOND_TRY = 1.0
PATIENCE = 30
OLD = "的旧页面".encode()
REFERENCE = re.compile(r"ref=([0-9A-Za-z-]+)")


@dataclass
class Answer:
    """One request: when it was asked, how long it took, what came; 0 when nothing came."""

    at: float
    seconds: float
    status: int
    old: bool = False
    page: str = ""

    @property
    def good(self) -> bool:
        return 200 <= self.status < 400


@dataclass
class Load:
    """All that was asked of the site, and all it has acknowledged."""

    port: int
    homes: list[int]
    started: float = field(default_factory=time.monotonic)
    stopping: threading.Event = field(default_factory=threading.Event)
    reads: list[Answer] = field(default_factory=list)  # the first tries
    retried: list[Answer] = field(default_factory=list)
    writes: list[Answer] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)

    def run(self, readers: int, writers: int, pause: float) -> list[threading.Thread]:
        """`pause`: seconds a reader takes to read, on average."""
        jobs = [(self._read, pause)] * readers + [(self._write, 0.5)] * writers
        threads = [
            threading.Thread(target=job, args=(random.Random(number), rest), daemon=True)
            for number, (job, rest) in enumerate(jobs)
        ]
        for thread in threads:
            thread.start()
        return threads

    def _read(self, rng: random.Random, pause: float) -> None:
        while not self.stopping.is_set():
            path = rng.choice(PAGES).format(home=rng.choice(self.homes))
            answer = self.ask("GET", path, rng)
            self.reads.append(answer)
            if not answer.good:
                time.sleep(SECOND_TRY)
                self.retried.append(self.ask("GET", path, rng))
            time.sleep(rng.expovariate(1 / pause))

    def _write(self, rng: random.Random, pause: float) -> None:
        number = 0
        while not self.stopping.is_set():
            number += 1
            typed = {"wrong": f"演习 {id(rng)} {number}", "how": "visit"}
            path = f"/institutions/{rng.choice(self.homes)}/correct/"
            answer = self.ask("POST", path, rng, urlencode(typed))
            self.writes.append(answer)
            time.sleep(pause)

    def ask(self, method: str, path: str, rng: random.Random, body: str | None = None) -> Answer:
        headers = {"X-Forwarded-For": f"10.{rng.randrange(256)}.{rng.randrange(256)}.1"}
        headers |= {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        began = time.monotonic()
        status, old = 0, False
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            quoted = path.encode().decode("latin-1")
            connection.request(method, http_path(quoted), body, headers)
            response = connection.getresponse()
            content, status = response.read(), response.status
            old = OLD in content
            if body and status == 302:
                found = REFERENCE.search(response.headers["Location"])
                self.acknowledged += [found[1]] if found else []
        except (OSError, http.client.HTTPException):
            status = 0
        finally:
            connection.close()
        now = time.monotonic()
        return Answer(began - self.started, now - began, status, old, path.split("?")[0])

    def stop(self, threads: list[threading.Thread]) -> None:
        self.stopping.set()
        for thread in threads:
            thread.join(PATIENCE * 2)


def http_path(path: str) -> str:
    """Non-ASCII percent-encoded, as a browser sends it."""
    return "".join(c if c.isascii() else f"%{ord(c):02X}" for c in path)


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def longest_gap(answers: list[Answer], until: float) -> float:
    """The longest time in which nobody got a good answer, in seconds."""
    ends = sorted(a.at + a.seconds for a in answers if a.good)
    return max(b - a for a, b in zip([0.0, *ends], [*ends, until], strict=True))


def statuses(answers: list[Answer]) -> str:
    counts = Counter(a.status or "no answer" for a in answers if not a.good)
    return ", ".join(f"{status}: {n}" for status, n in sorted(counts.items(), key=str)) or "none"
