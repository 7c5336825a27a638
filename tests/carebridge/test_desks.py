"""Whatever is slow to come or to go keeps no reader waiting: seen on a real server."""

import errno
import io
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from carebridge.lib import desks
from carebridge.lib.desks import at_desks
from tests.drill import doors
from tests.drill.site import PREPARE, served

HEAD = b"POST /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n"
# Most that a probe may take, in seconds, on a machine busy with other tests.
SOON = 3


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with served(prepare=(), WEB_CONCURRENCY="2") as port:
        yield port


@pytest.mark.parametrize("sent", [b"", HEAD[:30], HEAD, HEAD + b"\r\n", HEAD + b"\r\nhalf"])
def test_sixteen_half_sent_requests_do_not_stop_the_site(port, sent):
    waiting = [socket.create_connection(("127.0.0.1", port)) for _ in range(16)]
    try:
        for connection in waiting:
            connection.sendall(sent)
        time.sleep(0.5)
        for _ in range(5):
            began = time.monotonic()
            assert doors.ask(port, "GET", "/healthz", None, {}) == 200
            assert time.monotonic() - began < SOON
    finally:
        for connection in waiting:
            connection.close()


@pytest.mark.full
def test_a_half_sent_request_is_not_waited_for_long(port):
    for sent in (HEAD[:30], HEAD + b"\r\nhalf"):
        connection = socket.create_connection(("127.0.0.1", port), timeout=25)
        connection.sendall(sent)
        connection.recv(1_000)  # an answer, or the end
        connection.close()


def environ(length: int, source: Any) -> dict[str, Any]:
    return {"CONTENT_LENGTH": str(length), "wsgi.input": source}


def started() -> tuple[list[Any], Any]:
    got: list[Any] = []
    return got, lambda status, headers: got.extend([status, dict(headers)])


def test_the_application_finds_the_whole_body_and_no_more_desks_than_there_are():
    busy: list[int] = []
    most, lock = [0], threading.Lock()

    def application(asked: dict[str, Any], start_response: Any) -> list[bytes]:
        with lock:
            busy.append(1)
            most[0] = max(most[0], len(busy))
        time.sleep(0.05)
        with lock:
            busy.pop()
        return [asked["wsgi.input"].read()]

    call = at_desks(application, desks=2)
    found: list[bytes] = []
    size = 2 * desks.IN_MEMORY

    def ask() -> None:
        sent: Any = call(environ(size, io.BytesIO(b"x" * size + b"more")), None)
        found.append(b"".join(sent))
        sent.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [b"x" * size] * 8
    assert most[0] == 2


@pytest.mark.parametrize(
    ("code", "status"), [(errno.ENOSPC, "503"), (errno.EAGAIN, "408"), (errno.ECONNRESET, "408")]
)
def test_a_body_that_cannot_be_taken_is_refused_in_words(code, status):
    class Source:
        def read(self, size: int) -> bytes:
            raise OSError(code, "no")

    got, start_response = started()
    page = b"".join(at_desks(pytest.fail)(environ(10, Source()), start_response)).decode()
    assert got[0].startswith(status)
    assert ("Retry-After" in got[1]) == (status == "503")
    assert "再试" in page


def test_what_is_too_large_is_not_read():
    class Source:
        def read(self, size: int) -> bytes:
            raise AssertionError

    call = at_desks(lambda asked, start_response: [b"413"])
    answer: Any = call(environ(desks.LARGEST + 1, Source()), None)
    assert b"".join(answer) == b"413"
    answer.close()


@pytest.mark.full
def test_readers_do_not_notice_who_signs_in_by_changing_names():
    with served(PREPARE) as port:
        doors.times(port, 3)
        for address in doors.NETWORKS.values():
            alone, beside, got = doors.compare(port, address, turns=3, seconds=4)
            assert beside <= 2 * alone
            assert got[429] > got[200] > 0
