"""What is asked of the site: kinds of pages, each with addresses that differ from one to the next.

A worker keeps answers, so a page asked for twice would be measured by what was kept. Every request
asks for something new, unless the kind is about what is kept.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from pypinyin import lazy_pinyin

from institutions.shipped_data.synthetic import WORDS

URL = "/institutions/"
SUGGEST = f"{URL}suggest/"
Pairs = dict[str, object]


@dataclass(frozen=True)
class Kind:
    """Pages of one kind. `most` and `most_p95` are how many floors a page may take.

    `forget`: what the worker keeps is dropped before each request, as after any change.
    """

    name: str
    group: str
    most: float
    pairs: Callable[[int], Pairs]
    forget: bool = False

    def address(self, number: int) -> str:
        query = urlencode(self.pairs(number), doseq=True)
        return f"{URL}?{query}" if query else URL


PAIRS = [a + b for a, b in itertools.permutations(WORDS, 2)]
COUNTIES = ("131082", "110105", "500101", "410802", "440106", "310115", "330106", "510104")
PROVINCES = ("110000", "130000", "370000", "410000", "440000", "500000", "510000", "610000")
_elders = itertools.count()


def elder(number: int) -> Pairs:
    """An elder who differs from those of all other numbers below 2,000 in age or hukou."""
    return {
        "e_hukou": COUNTIES[number % 8],
        "e_age": 60 + number // 8 % 60,
        "e_status": ("subsistence", "none")[number // 480 % 2],
        "e_disability": "none",
        "e_insured": "110000",
        "e_scheme": ("employee", "resident")[number // 960 % 2],
        "e_ability": f"gbt42195:{(number + number // 5) % 5}",
    }


def _new_elder(number: int) -> Pairs:
    return elder(next(_elders))


def begin_again() -> None:
    """From the first elder on, whoever was asked about before."""
    global _elders
    _elders = itertools.count()


def _spoken(words: str, initials: bool = False) -> str:
    return "".join(sound[0] if initials else sound for sound in lazy_pinyin(words))


def _swapped(words: str) -> str:
    """Four characters with the last one wrong: nothing holds them, something looks like them."""
    return f"{words[:3]}钥"


def results() -> Iterator[Kind]:
    def kind(name: str, pairs: Callable[[int], Pairs]) -> Kind:
        return Kind(name, "results", 1.5, pairs)

    yield kind("everything", lambda n: {})
    yield kind("page 30 and on", lambda n: {"page": 30 + n})
    yield kind("one county", lambda n: {"region": COUNTIES[n % 8], "price_max": 9_000 + n})
    yield kind(
        "one province, a kind of care", lambda n: {"region": PROVINCES[n % 8], "care": "partial"}
    )
    yield kind(
        "three filters nationwide",
        lambda n: {"care": "partial", "designated": 1, "price_max": 3_000 + 10 * n},
    )
    yield kind(
        "eight filters",
        lambda n: {
            "region": ["jing-jin-ji", PROVINCES[n % 8]],
            "care": ["self", "partial"],
            "need": "takes_nonlocal",
            "vacant": 1,
            "room": ["single", "twin"],
            "ownership": ["private", "public"],
            "price_min": 500 + n,
            "price_max": 9_000,
        },
    )
    yield kind("by list price", lambda n: {"sort": "price", "price_max": 4_000 + 10 * n})
    yield kind("by vacancies", lambda n: {"sort": "vacant", "price_max": 4_000 + 10 * n})
    yield kind("by distance", lambda n: {"near": COUNTIES[n % 8], "sort": "near"})
    yield kind(
        "within 50 km", lambda n: {"near": COUNTIES[n % 8], "within": 50 + n, "sort": "near"}
    )


def searches() -> Iterator[Kind]:
    def kind(name: str, text: Callable[[int], str], most: float = 2, forget: bool = False) -> Kind:
        return Kind(name, "search", most, lambda n: {"q": text(n)}, forget)

    characters = "".join(WORDS)
    yield kind("1 character", lambda n: characters[n % len(characters)])
    yield kind("2 characters", lambda n: WORDS[n % len(WORDS)], forget=True)
    yield kind("4 characters", lambda n: PAIRS[n * 7 % len(PAIRS)])
    yield kind("pinyin", lambda n: _spoken(PAIRS[n * 11 % len(PAIRS)]))
    yield kind("initials", lambda n: _spoken(PAIRS[n * 13 % len(PAIRS)], initials=True))
    yield kind("a place and a name", lambda n: f"廊坊{WORDS[n % len(WORDS)]}", forget=True)
    yield kind("a typo", lambda n: _swapped(PAIRS[n * 17 % len(PAIRS)]))
    yield kind(
        "a miss",
        lambda n: f"绝无{PAIRS[n * 19 % len(PAIRS)][1]}此名{PAIRS[n * 19 % len(PAIRS)][2]}",
    )
    yield kind("养老, in half of all names", lambda n: "养老", 4, forget=True)
    yield kind("养老 asked before", lambda n: "养老", 4)


def priced() -> Iterator[Kind]:
    warm, net = elder(1_999), {"basis": "net", "sort": "net"}
    yield Kind("net cost, same elder", "net", 1.5, lambda n: warm | {"sort": "net"})
    yield Kind(
        "net at most, same elder", "net", 1.5, lambda n: warm | net | {"price_max": 2_000 + 10 * n}
    )
    yield Kind("net cost, new elder", "net", 2, lambda n: _new_elder(n) | {"sort": "net"})
    yield Kind(
        "net at most, new elder", "net", 2, lambda n: _new_elder(n) | net | {"price_max": 3_000}
    )


def suggested() -> Iterator[tuple[str, Callable[[int], str]]]:
    """What somebody has typed so far."""
    characters = "".join(WORDS)
    yield "1 character", lambda n: characters[n % len(characters)]
    yield "2 characters", lambda n: WORDS[n % len(WORDS)]
    yield "养老", lambda n: "养老"
    yield "1 letter", lambda n: "ylsbcdhgjz"[n % 10]
    yield "y, asked before", lambda n: "y"
    yield "lang, yang, jing", lambda n: ("lang", "yang", "jing", "zhu", "chang")[n % 5]
    yield "pinyin", lambda n: _spoken(WORDS[n % len(WORDS)])
    yield "a place", lambda n: ("廊坊", "三河", "河北", "朝阳", "重庆", "广州")[n % 6]
    yield "a miss", lambda n: f"绝无{WORDS[n % len(WORDS)]}"


def mapped() -> Iterator[Kind]:
    yield Kind("map, everything", "map", 2, lambda n: {"view": "map", "price_max": 9_000 + n})
    yield Kind("map, one county", "map", 2, lambda n: {"view": "map", "region": COUNTIES[n % 8]})


def looked_at() -> Iterator[tuple[str, Callable[[int], Pairs]]]:
    """Parts of the map at five zooms, each time around another place of the north."""
    for zoom, width in ((4, 40.0), (7, 10.0), (10, 1.2), (13, 0.15), (16, 0.02)):

        def part(number: int, zoom: int = zoom, width: float = width) -> Pairs:
            west, south = 113.5 + number * 0.05, 36.5 + number * 0.05
            box = f"{west:.5f},{south:.5f},{west + width:.5f},{min(south + width, 54):.5f}"
            return {"box": box, "zoom": zoom}

        yield f"zoom {zoom}", part


def pages() -> list[Kind]:
    return [*results(), *searches(), *priced(), *mapped()]
