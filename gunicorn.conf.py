"""How gunicorn serves the site, by `make run` and in production.

Run as a script with a port number, it says in plain words whether that port can be used.
"""

import os
import socket
import struct
import sys

worker_class = "gthread"
# What the site writes is its owner's alone; photos, which the proxy hands out, say so themselves.
umask = 0o077
# gunicorn's own variable; one or two for each core. Each holds the bitmaps once.
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# They wait for what is slow to come or to go; pages are made at four desks (carebridge.lib.desks).
threads = 24
# Seconds within which a piece of a request must follow the last one.
patience = 10
# On HUP or TERM a worker answers what it has begun; a page takes far less. A stuck one is replaced.
graceful_timeout = timeout = 30
# No page waits for ever, for example behind a lock: PostgreSQL breaks a query off before the proxy
# gives up. For workers alone, since an import may take longer; PgBouncer refuses such a word.
lock_seconds = os.environ.setdefault("LOCK_SECONDS", "10")
if os.environ.get("PGBOUNCER", "").strip().lower() not in {"1", "true", "yes", "on"}:
    os.environ.setdefault(
        "PGOPTIONS", f"-c statement_timeout={timeout}s -c lock_timeout={lock_seconds}s"
    )
# Longer than the proxy keeps an idle connection (nginx: keepalive_timeout 60s in deploy/), so that
# it never sends a request into one that is just being closed.
keepalive = 75
loglevel = "warning"
# Its own lines as those of the site, see carebridge.middleware.logs.
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "carebridge.middleware.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"level": "WARNING", "handlers": ["console"]},
    "loggers": {"gunicorn.error": {"level": "WARNING", "handlers": ["console"]}},
}
# For those who switch the access log on: the path without its query, which may tell of an elder.
access_log_format = '%(h)s %(t)s "%(m)s %(U)s" %(s)s %(b)s %(M)sms'
# A search with every filter chosen is longer than gunicorn's 4,094 bytes.
limit_request_line = 8190


def when_ready(server) -> None:
    """Say where the site is, once it really listens; a request half sent is not waited for long."""
    for listener in server.LISTENERS:  # and so every connection that it takes
        seconds = struct.pack("ll", patience, 0)
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, seconds)
    host, port = server.LISTENERS[0].getsockname()[:2]
    sys.stdout.write(
        f"\n颐桥已经启动，请在浏览器打开 http://{host}:{port}/ （按 Ctrl+C 停止）\n"
        f"CareBridge is running: open http://{host}:{port}/ in a browser. Ctrl+C stops it.\n"
    )
    sys.stdout.flush()


def port_problem(text: str) -> str:
    """Why the port cannot be served on, or nothing."""
    if not text.isdecimal() or not 0 < int(text) < 65536:
        return f"PORT must be a number from 1 to 65535, not {text}."
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(text)))
        except PermissionError:
            return f"Port {text} needs administrator rights. Take another: make run PORT=9000"
        except OSError:
            return f"Port {text} is taken by another program. Take another: make run PORT=9000"
    return ""


if __name__ == "__main__":
    sys.exit(port_problem(sys.argv[1]) or None)
