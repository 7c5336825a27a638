"""Few pages are made at once, however many requests are on the way. Standard library and Django.

The threads of a worker wait for what comes slowly: a request half sent, a reader on a bad line, a
file being fetched, somebody who was asked to wait. Pages are made at few desks behind them, so that
none of this keeps a reader waiting, and the database sees no more connections than desks.
"""

import errno
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

from django.db import connections

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
DESKS = 4
# Bytes of a body kept in memory, and the most that is read before the application asks for it: what
# is larger is refused unread (`carebridge.middleware.limits`).
IN_MEMORY, LARGEST = 1024 * 1024, 25 * 1024 * 1024
PIECE = 64 * 1024
FULL = (errno.ENOSPC, errno.EDQUOT)


def at_desks(application: Application, desks: int = DESKS) -> Application:
    """Return the application, called in one of `desks` threads once the whole request is there."""
    pool = ThreadPoolExecutor(desks, "desk")

    def call(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 (closed with the answer)
        try:
            _take_body(environ, body)
        except OSError as error:
            body.close()
            is_full = error.errno in FULL
            return _answer(start_response, *(DISK_FULL if is_full else TOO_SLOW))
        made = pool.submit(application, environ, start_response).result()
        # The server hands a file to the kernel where it sees that it is one.
        is_file = isinstance(made, environ.get("wsgi.file_wrapper", ()))
        return made if is_file else _Sent(made, body)

    return call


class _Sent:
    """An answer on its way: what it still asked of a database in this thread ends with it."""

    def __init__(self, made: Iterable[bytes], body: IO[bytes]) -> None:
        self.made, self.body = made, body

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.made)

    def close(self) -> None:
        if hasattr(self.made, "close"):
            self.made.close()
        self.body.close()
        connections.close_all()


def _take_body(environ: dict[str, Any], body: IO[bytes]) -> None:
    """Read the whole body, onto the disk when it is large. Raises `OSError`."""
    length = environ.get("CONTENT_LENGTH") or "0"
    left = int(length) if length.isdecimal() else 0
    if not 0 < left <= LARGEST:
        return
    while left and (piece := environ["wsgi.input"].read(min(left, PIECE))):
        body.write(piece)
        left -= len(piece)
    body.seek(0)
    environ["wsgi.input"] = body


Refusal = tuple[str, str, int]
TOO_SLOW: Refusal = ("408 Request Timeout", "发送得太慢，连接断了。请再试一次。", 0)
DISK_FULL: Refusal = (
    "503 Service Unavailable",
    "服务器的磁盘满了，您发送的内容没有收下。请按浏览器的“返回”，填的内容一般还在，过几分钟再试。",
    60,
)


def _answer(
    start_response: Callable[..., Any], status: str, words: str, seconds: int
) -> list[bytes]:
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Connection", "close")]
    headers += [("Retry-After", str(seconds))] if seconds else []
    start_response(status, headers)
    return [f"{words}\n".encode()]
