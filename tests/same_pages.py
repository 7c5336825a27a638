"""Record what the site answers, and compare two recordings: for changes that must change no page.

    python -m tests.same_pages record before.json
    ... change the code ...
    python -m tests.same_pages record after.json --like before.json
    python -m tests.same_pages compare before.json after.json
    python -m tests.same_pages compare before.json after.json --parsed

A recording holds for each address the status and the body of the answer, on a fixed day, from a
database of its own with the shipped fixtures. Addresses are those below, and the links found on
their pages until MOST are reached; `--like` asks for those of another recording. What is new in
each answer by design (tokens against forged requests) is left out. `--parsed` compares pages as a
browser reads them: how a character is escaped and blanks beside the border of a block do not count.
"""

import argparse
import difflib
import json
import os
import re
import sys
import tempfile
from collections import deque
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urldefrag

MOST = 400
MOST_OF_A_KIND = 12
LINK = re.compile(rb'href="(/[^"]*)"')
VARYING = re.compile(
    r'(name="csrfmiddlewaretoken" value="|nonce="|csrfToken": ")[^"]*|'
    r'(?<=X-CSRFToken)[^,}]*|(sessionid|csrftoken)=[^;]*|"since":"[^"]*'
)
ELDER = (
    "e_hukou=110105&e_age=82&e_status=subsistence&e_disability=none"
    "&e_insured=110000&e_scheme=employee&e_ability=gbt42195%3A3"
)
# Blanks beside these do not show.
BLOCKS = frozenset(
    re.findall(
        r"\w+",
        """
        address article aside body br caption circle col colgroup datalist dd defs details div dl dt
        fieldset figcaption figure footer form h1 h2 h3 h4 head header html legend li link main meta
        nav noscript ol option p path rect script section select summary svg symbol table tbody td
        template tfoot th thead title tr ul use
        """,
    )
)
SEEDS = [
    "/",
    f"/?{ELDER}",
    "/guide/",
    "/institutions/",
    f"/institutions/?region=131082&{ELDER}&sort=net",
    "/institutions/?region=410800&care=partial&sort=price&page=2",
    "/institutions/?q=yanglao",
    "/institutions/?q=%E5%85%BB%E8%80%81&view=map",
    "/institutions/?near=131082&within=50&sort=near",
    "/institutions/?region=&price_min=x",
    "/institutions/suggest/?q=%E5%85%BB",
    "/institutions/clusters/?zoom=6",
    f"/follow/?{ELDER}&to=131082",
    f"/compare/?{ELDER}&id=1&id=2&id=3",
    "/shortlist/?id=1&id=2",
    "/regions/",
    "/regions/110105/",
    "/regions/500000/",
    "/regions/groups/jing-jin-ji/",
    "/policies/",
    "/policies/cn-01/",
    "/sources/",
    "/corrections/",
    "/data/",
    "/data/dictionary.csv",
    "/institutions.csv?region=410800",
    "/institutions.jsonl?region=410800",
    "/institutions.geojson?region=131082",
    "/institutions.figures.csv?region=410800",
    "/institutions.atom",
    "/about/help/",
    "/about/data/",
    "/about/privacy/",
    "/about/accessibility/",
    "/api/",
    "/api/v1/openapi.json",
    "/api/v1/institutions",
    f"/api/v1/institutions?region=131082&{ELDER}&sort=net",
    "/api/v1/institutions/1",
    "/api/v1/documents",
    "/api/v1/changes",
    "/api/v1/regions/110105",
    "/api/v1/facts?region=110105",
    "/api/v1/policies",
    "/api/v1/policies/cn-01",
    f"/api/v1/estimate?{ELDER}&institution=1",
    "/api/v1/suggest?q=yan",
    "/api/v1/nothing",
    "/nothing/",
    "/sitemap.xml",
    "/robots.txt",
    "/admin/",
    "/admin/institutions/institution/",
    "/admin/institutions/institution/1/change/",
    "/admin/institutions/bedfigures/",
    "/admin/institutions/pendingchange/",
    "/admin/institutions/sheetimport/",
    "/admin/institutions/correction/",
    "/admin/regions/document/",
    "/admin/regions/fact/",
    "/admin/regions/policy/",
    "/admin/regions/region/",
    "/admin/regions/staffmember/",
    "/admin/balance/",
]


def kind(address: str) -> str:
    """Return the address without what differs between pages of one kind."""
    path, _, query = address.partition("?")
    names = sorted({pair.partition("=")[0] for pair in query.split("&") if pair})
    return re.sub(r"/\d+|/[a-z]{2}-[\w-]+", "/*", path) + "?" + ",".join(names)


def record(target: Path, like: Path | None) -> None:
    """Write {"<mode> <address>": [status, body]} of each address to `target` as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATABASE_URL"] = f"sqlite:///{folder}/pages.sqlite3"
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carebridge.settings")
        os.environ.setdefault("DEBUG", "false")
        os.environ.setdefault("ALLOWED_HOSTS", "testserver")
        import django
        import time_machine
        from django.conf import settings

        day = time_machine.travel("2026-11-22T04:00:00Z", tick=False)
        day.start()
        settings.STORAGES = settings.STORAGES | {
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        }
        settings.COPIES = settings.API_PER_MINUTE = settings.DOWNLOADS_AT_ONCE = 0
        django.setup()
        pages = answers(json.loads(like.read_text()) if like else None)
    target.write_text(json.dumps(pages, ensure_ascii=False, indent=0))
    print(f"{len(pages)} answers in {target}")


def answers(like: dict[str, list] | None) -> dict[str, list]:
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.test import Client

    call_command("migrate", verbosity=0)
    call_command("load_fixtures", verbosity=0)
    staff = get_user_model().objects.create_superuser("pages", password=os.urandom(16).hex())
    clients = {"public": Client(), "elder": Client(), "staff": Client()}
    clients["elder"].cookies["mode"] = "elder"
    clients["staff"].force_login(staff)
    pages: dict[str, list] = {}
    if like:
        for key in like:
            mode, _, address = key.partition(" ")
            pages[key] = answer(clients[mode], address)[0]
        return pages
    waiting = deque(("staff" if "/admin" in seed else "public", seed) for seed in SEEDS)
    waiting.extend(("elder", seed) for seed in SEEDS if "/api" not in seed and "/admin" not in seed)
    asked, kinds = set(waiting), {}
    while waiting and len(pages) < MOST:
        mode, address = waiting.popleft()
        pages[f"{mode} {address}"], body = answer(clients[mode], address)
        if mode == "elder":
            continue
        for found in LINK.findall(body):
            link = urldefrag(found.decode().replace("&amp;", "&"))[0]
            one = ("staff" if link.startswith("/admin/") else "public", link)
            left_out = link.startswith(("/static/", "/media/", "/admin/logout", "/admin/jsi18n"))
            if one in asked or left_out or kinds.get(kind(link), 0) >= MOST_OF_A_KIND:
                continue
            kinds[kind(link)] = kinds.get(kind(link), 0) + 1
            asked.add(one)
            waiting.append(one)
    return pages


def answer(client, address: str) -> tuple[list, bytes]:
    """Return [status, body as text without what varies] and the body as bytes."""
    response = client.get(address, follow=False)
    body = response.getvalue() if hasattr(response, "getvalue") else response.content
    text = VARYING.sub("", body.decode(errors="replace"))
    return [response.status_code, response.get("Location", ""), text], body


class Reader(HTMLParser):
    """Reads a page into `lines`: a tag with its attributes each, or the text between two tags."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self._is_border = True
        self._text = ""
        self.feed(page)
        self.close()
        self._end_text(True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._end_text(tag in BLOCKS)
        self.lines.append(f"<{tag} {sorted(attrs)}>")
        self._is_border = tag in BLOCKS

    def handle_endtag(self, tag: str) -> None:
        self._end_text(tag in BLOCKS)
        self.lines.append(f"</{tag}>")
        self._is_border = tag in BLOCKS

    def handle_data(self, data: str) -> None:
        self._text += data

    def _end_text(self, is_border: bool) -> None:
        text = re.sub(r"\s+", " ", self._text)
        text = text.lstrip() if self._is_border else text
        text = text.rstrip() if is_border else text
        self._text = ""
        if text:
            self.lines.append(text)


def parsed(answer: list) -> list:
    """Return [status, location, lines], with a page as a browser reads it."""
    status, location, text = answer
    is_page = text.lstrip().lower().startswith("<!doctype html")
    return [status, location, Reader(text).lines if is_page else text.splitlines()]


def plain(answer: list) -> list:
    return [answer[0], answer[1], answer[2].splitlines(keepends=True)]


def compare(before: Path, after: Path, is_parsed: bool) -> int:
    """Print each answer that differs, line by line; return how many do."""
    read = parsed if is_parsed else plain
    old, new = (
        {key: read(answer) for key, answer in json.loads(path.read_text()).items()}
        for path in (before, after)
    )
    differing = [key for key in old if old[key] != new.get(key)]
    for key in differing:
        print(f"\n{key}: {old[key][0]} -> {new.get(key, ['missing'])[0]}")
        lines = (old[key][2], new.get(key, [0, "", []])[2])
        changes = [
            line
            for line in difflib.unified_diff(*lines, lineterm="", n=0)
            if not line.startswith(("---", "+++", "@@"))
        ]
        print(*(line[:300] for line in changes[:6]), sep="\n")
    print(f"\n{len(old)} addresses, {len(differing)} answers differ")
    return len(differing)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    recording = verbs.add_parser("record")
    recording.add_argument("target", type=Path)
    recording.add_argument("--like", type=Path)
    comparing = verbs.add_parser("compare")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    comparing.add_argument("--parsed", action="store_true", help="as a browser reads pages")
    chosen = parser.parse_args()
    if chosen.verb == "record":
        record(chosen.target, chosen.like)
        return 0
    return 1 if compare(chosen.before, chosen.after, chosen.parsed) else 0


if __name__ == "__main__":
    sys.exit(main())
