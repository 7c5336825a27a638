"""A hostile visitor: drawn requests to every address of the site, and what must never come back.

It starts from the URL patterns, follows the links it is given and fills in the fields it is shown,
as a stranger or as the clerk of one county, with values no person would type. Every answer is
checked: no 5xx, nothing of the visitor's own markup in it, nothing of another county's unpublished
work; and no log line tells what was asked or by whom.
"""

import html
import json
import logging
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import quote, unquote, urlencode, urlsplit

from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from carebridge.middleware.logs import JsonFormatter

# What a visitor sends and must not get back as markup, or as a header, or find in a log.
MARK = "zq7canary"
MARKUP = f"<{MARK}'\">"
# What only staff of another county may read.
HIDDEN = "外县未公布的事"
VALUES = (
    *(MARKUP, f'"><script>{MARK}</script>', f"javascript:{MARK}", f"x\r\nX-{MARK}: 1", f"{MARK}\0"),
    *("' OR 1=1 --", "{{7*7}}", "{% debug %}", "../../../../etc/passwd", "%s%n", "\\", "*", '"养"'),
    *("", " ", "0", "-1", "1", "1e309", "nan", "9" * 400, "2147483648", "９９", "八十", "²", "٣"),
    *(
        "0000-00-00",
        "2026-02-30",
        "9999-12-31",
        "none",
        "self",
        "true",
        "[]",
        "a:b:c",
        "116.4,39.9",
    ),
    *(
        "110105",
        "131082",
        "500000",
        "999999",
        "gbt42195:3",
        "养老",
        "燕达",
        "yanda",
        "養老" * 40,
        "é",
    ),
    *(
        "\ud7ff\ue000",
        "\u202e反",
        "👵🏽",
        "-0.0",
        "1,1,1,1",
        "116,39,117,40",
        "map",
        "price",
        "net",
    ),
)
RAW_QUERIES = ("%ff%fe", "%ED%A0%80", "&&&=", "q", "q=%", "q[]=1&q[]=2", ";" * 50, "?" * 50)
HEADERS = ("HTTP_USER_AGENT", "HTTP_REFERER", "HTTP_ACCEPT_LANGUAGE", "HTTP_ACCEPT", "HTTP_ORIGIN")
HEADERS += ("HTTP_X_FORWARDED_FOR", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE")
HEADERS += ("HTTP_X_REQUEST_ID", "HTTP_COOKIE", "HTTP_HX_REQUEST", "HTTP_X_FORWARDED_HOST")
HEADERS += ("HTTP_CONTENT_ENCODING", "HTTP_X_HTTP_METHOD_OVERRIDE", "HTTP_IF_MATCH")
METHODS = {"GET": 14, "HEAD": 1, "POST": 4, "OPTIONS": 1, "PUT": 1, "DELETE": 1, "PATCH": 1}
TYPES = ("application/x-www-form-urlencoded", "application/json", "text/xml", "nonsense", "")
LINK = re.compile(r'(?:href|action)="([^"#]+)')
FIELD = re.compile(r'\bname="([^"]{1,60})"')
# A page of thousands of rows is not opened thousands of times.
KEPT = 400


@dataclass
class Visit:
    """One request, so that a fault can be asked for again."""

    method: str
    address: str
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.address} {self.body!r} {self.headers}"


class Lines(logging.Handler):
    """What the site would log, as it would log it."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter())
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(self.format(record))


def patterns(resolver: URLResolver | None = None, before: str = "") -> Iterator[str]:
    """Every address of the site, with what varies in angle brackets."""
    for entry in (resolver or get_resolver()).url_patterns:
        path = before + re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", str(entry.pattern)).strip("^$")
        if isinstance(entry, URLResolver):
            yield from patterns(entry, path)
        elif isinstance(entry, URLPattern):
            yield "/" + path.removesuffix(r"\Z").replace("\\", "")


class Visitor:
    """Draws requests from a seed and collects what is wrong with the answers."""

    def __init__(self, seed: int, client: Client, known: tuple[str, ...]) -> None:
        """`known` are ids, codes and slugs that exist."""
        self.rng, self.client, self.known = random.Random(seed), client, known
        self.client.raise_request_exception = False
        self.patterns = sorted(set(patterns()))
        self.links: list[str] = ["/", "/institutions/"]
        self.fields: list[str] = ["q", "page", "id", "e_age", "box", "zoom", "since", "cursor"]
        self.faults: list[str] = []
        self.statuses: Counter[int] = Counter()
        self.opened: set[str] = set()

    def visit(self, number: int) -> None:
        lines, root = Lines(), logging.getLogger()
        # The others would print or keep every line until the end; each is read here, and let go.
        others, root.handlers = root.handlers, [lines]
        try:
            for _ in range(number):
                self._ask(self._draw(), lines)
        finally:
            root.handlers = others

    def _ask(self, visit: Visit, lines: Lines) -> None:
        # Another address each time, or the limits on public forms would end the visit.
        address = f"203.0.{self.rng.randrange(256)}.{self.rng.randrange(256)}"
        kind = {"content_type": visit.headers["CONTENT_TYPE"]} if visit.body is not None else {}
        extra = {k: v for k, v in visit.headers.items() if k != "CONTENT_TYPE"}
        response = self.client.generic(
            visit.method, visit.address, visit.body or "", REMOTE_ADDR=address, **kind, **extra
        )
        body = response.getvalue() if response.streaming else response.content
        text = body.decode("utf-8", "replace")
        self.statuses[response.status_code] += 1
        self._harvest(response, text)
        for fault in (*_wrong(response, text), *_told(lines.said, address)):
            self.faults.append(f"{fault}: {visit}")
        lines.said.clear()

    def _harvest(self, response: HttpResponse, text: str) -> None:
        if response.status_code == 200 and "html" in response.headers.get("Content-Type", ""):
            for found, kept in (
                (LINK.findall(text), self.links),
                (FIELD.findall(text), self.fields),
            ):
                for value in self.rng.sample(found, min(5, len(found))):
                    value = html.unescape(value)
                    inside = value.startswith(("/", "?")) or kept is self.fields
                    if inside and value not in kept and "logout" not in value:
                        self._keep(kept, value)

    def _keep(self, kept: list[str], value: str) -> None:
        if len(kept) < KEPT:
            kept.append(value)
        else:  # an old one makes room
            kept[self.rng.randrange(KEPT)] = value

    def _draw(self) -> Visit:
        method = self.rng.choices(list(METHODS), list(METHODS.values()))[0]
        visit = Visit(method, self._address())
        if method in {"POST", "PUT", "PATCH"}:
            visit.body, visit.headers["CONTENT_TYPE"] = self._body()
        for name in self.rng.sample(HEADERS, self.rng.choice((0, 0, 1, 2))):
            # A server hands on bytes as Latin-1, and no line ends.
            plain = self._value().replace("\r", "").replace("\n", "")
            visit.headers[name] = plain.encode().decode("latin-1")
        return visit

    def _address(self) -> str:
        path = self.rng.choice(self.links) if self.rng.random() < 0.4 else self._path()
        path = path if path.startswith("/") else "/institutions/" + path
        if self.rng.random() < 0.1:
            return f"{urlsplit(path).path}?{self.rng.choice(RAW_QUERIES)}"
        query = urlencode(self._pairs(), errors="surrogatepass")
        return path + ("&" if "?" in path else "?") + query if query else path

    def _path(self) -> str:
        # Most patterns are the back office's; the other half of the draws is the site's.
        site = [one for one in self.patterns if not one.startswith("/admin/")]
        pattern = self.rng.choice(self.rng.choice((site, self.patterns)))
        self.opened.add(pattern)
        return re.sub("<[^>]+>", lambda _: quote(self._part(), safe=""), pattern)

    def _part(self) -> str:
        return self.rng.choice(self.known) if self.rng.random() < 0.7 else self._value()

    def _pairs(self) -> list[tuple[str, str]]:
        number = self.rng.choice((0, 1, 1, 2, 3, 8))
        return [(self.rng.choice(self.fields), self._value()) for _ in range(number)]

    def _value(self) -> str:
        return self.rng.choice(self.known if self.rng.random() < 0.2 else VALUES)

    def _body(self) -> tuple[bytes, str]:
        kind = self.rng.choice(TYPES)
        pairs = self._pairs() * self.rng.choice((1, 1, 1, 400))
        text = json.dumps(dict(pairs)) if "json" in kind else urlencode(pairs, errors="replace")
        return text.encode(), kind


def _wrong(response: HttpResponse, text: str) -> Iterator[str]:
    """What an answer must not be, or hold."""
    if response.status_code >= 500:
        yield f"status {response.status_code}"
    if _may_run(response) and (f"<{MARK}" in text or f"<script>{MARK}" in text):
        yield "the visitor's markup came back"
    if any(MARK in name.lower() for name in response.headers):
        yield "the visitor set a header"
    if HIDDEN in text or HIDDEN in unquote(response.headers.get("Location", "")):
        yield "another county's unpublished work was shown"


def _may_run(response: HttpResponse) -> bool:
    """Whether a browser takes it for a page: because it is said to be one, or not what it is."""
    kind = response.headers.get("Content-Type", "")
    is_guessed = response.headers.get("X-Content-Type-Options") != "nosniff"
    return is_guessed or any(page in kind for page in ("html", "xml", "script"))


def _told(lines: list[str], address: str) -> Iterator[str]:
    """What log lines must not tell; a path may be anything, and is all they quote."""
    for line in lines:
        said = json.loads(line)
        said.pop("path", None)
        said["message"] = QUOTED_PATH.sub("", said["message"])
        rest = json.dumps(said, ensure_ascii=False)
        if address in rest or MARK in rest:
            yield f"the log told of the visitor: {line[:300]}"


# Django names the path it refused, after the phrase of the status.
PHRASES = "|".join(status.phrase for status in HTTPStatus if 400 <= status < 500)
QUOTED_PATH = re.compile(rf"^(?:{PHRASES})[^:]*: .*", re.DOTALL)
