"""Identification of the home of a row of a sheet, and the cases for a person to decide.

An id counts where the name agrees, or where the sheet still carries the mark of our own export; a
ledger's running number 1, 2, 3 is no id of ours. A credit code can be copied into another row, and
a name can be written in other characters: what only looks like a known home is asked about.
"""

import datetime
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from carebridge.lib import text
from institutions.models import Institution
from institutions.register.tokens import squeeze
from regions.models import Region
from regions.places.addresses import RegionNames

if TYPE_CHECKING:
    from institutions.sheets.plan import PlannedHome
    from institutions.sheets.rows import ParsedRow

# Consonants: a mark is no word, and no spreadsheet takes it for a number or a date.
MARK_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
MARK_LENGTH = 8
SAME, OTHER, HOLD = "same", "other", "hold"
ANSWERS = {SAME: "同一家", OTHER: "不是同一家", HOLD: "先放着"}
# Stands for whichever home a row is asked about.
ANY = "*"

# Of each row, by its number as text: what a person answered of each home, by its id as text.
Answers = Mapping[str, Mapping[str, str]]


def mark_of(pk: int, created_at: datetime.datetime) -> str:
    """Return the mark that our exports put beside an id: of this home in this database alone."""
    made = created_at.astimezone(datetime.UTC).isoformat()
    number = int.from_bytes(hashlib.sha256(f"{pk} {made}".encode()).digest()[:8])
    letters = []
    for _ in range(MARK_LENGTH):
        number, place = divmod(number, len(MARK_LETTERS))
        letters.append(MARK_LETTERS[place])
    return "YQ" + "".join(letters)


# A row's name is compared several times in a row.
name_key = lru_cache(1_000)(text.name_key)


@lru_cache(1_000)
def spelling(name: str) -> str:
    """Return the name without what only its typing differs in: width, case, brackets, spaces."""
    return squeeze(unicodedata.normalize("NFKC", name).lower())


@dataclass(frozen=True)
class IdentityQuestion:
    """A possible match of a row and a home; `home` is negative for an earlier row of the sheet.

    `row` is the number of the row that is asked: its answer is kept under it, also when the row
    has joined the rows of an earlier home.
    """

    home: int
    reason: str
    # A key that is hard to mistype agrees: the answer is set beforehand, and still a person's.
    is_likely: bool = False
    answer: str = ""
    row: int = 0

    @property
    def is_open(self) -> bool:
        return self.answer not in {SAME, OTHER}


@dataclass(frozen=True)
class Match:
    """The home a row speaks of, None for a new one; or why it is refused, or what is asked."""

    pk: int | None = None
    problem: str = ""
    questions: tuple[IdentityQuestion, ...] = ()
    # Found by its name: the register's own spelling of it stays.
    by_name: bool = False

    @property
    def is_asked(self) -> bool:
        return any(question.is_open for question in self.questions)


@dataclass(frozen=True)
class KnownHome:
    """The fields of one home that the register is searched by."""

    name: str
    region: Region
    credit_code: str
    created_at: datetime.datetime
    aliases: str = ""


@dataclass
class Register:
    """Every home by id, credit code and name; of what lies outside `within` no name is given."""

    homes: dict[int, KnownHome]
    within: Region | None = None
    limits: list[Region] = field(default_factory=list)
    by_credit_code: dict[str, int] = field(default_factory=dict)
    by_name: dict[str, list[int]] = field(default_factory=dict)

    @classmethod
    def load_homes(cls, names: RegionNames, within: Region | None = None) -> "Register":
        rows = Institution.objects.order_by("pk").values_list(
            "pk", "name", "region_id", "credit_code", "created_at", "aliases"
        )
        homes = {
            pk: KnownHome(name, names.by_code[region], code, made, aliases)
            for pk, name, region, code, made, aliases in rows
        }
        found = cls(homes, within, within.heirs() if within else [])
        for pk, home in homes.items():
            for key in {name_key(name) for name in (home.name, *home.aliases.splitlines())} - {""}:
                found.by_name.setdefault(key, []).append(pk)
            if home.credit_code:
                found.by_credit_code[home.credit_code] = pk
        return found

    # Of which home

    def match_row(self, parsed: "ParsedRow", answers: Mapping[str, str], number: int = 0) -> Match:
        """Return the home of a row; `answers` are those given for the row, by home.

        `number` is the row under which they are kept.
        """
        asked: tuple[IdentityQuestion, ...] = ()
        for match in self._candidates(parsed):
            questions = tuple(
                replace(q, answer=answers.get(str(q.home)) or answers.get(ANY, ""), row=number)
                for q in match.questions
            )
            asked += questions
            if all(q.answer == OTHER for q in questions) and questions:
                continue
            pk = match.pk if not any(q.is_open for q in questions) else None
            return replace(match, pk=pk, questions=asked)
        return Match(questions=asked)

    def _candidates(self, parsed: "ParsedRow") -> Iterator[Match]:
        code = parsed.fields.get("credit_code") or ""
        holder = self.by_credit_code.get(code) if code else None
        if parsed.pk is not None:
            yield self._by_id(parsed, parsed.pk, holder)
        if holder is not None:
            yield self._by_credit_code(parsed, holder)
        yield from self._by_name(parsed, code)

    def _by_id(self, parsed: "ParsedRow", pk: int, holder: int | None) -> Match:
        home = self.homes.get(pk)
        if home is None:
            why = f"没有编号 {pk} 的机构（没有过，或者已经删除）；新机构不要填编号。"
            return Match(problem=why)
        if not self._may_touch(home):
            return Match(problem=f"编号 {pk} 是外地的机构，不在{self._within_words}，您不能导入。")
        if holder not in {None, pk}:
            return Match(problem="这个信用代码是另一家机构的，和编号对不上。")
        if name_agrees(home, parsed):
            return Match(pk)
        known = _name_and_place(home.name, home.region)
        both = f"编号 {pk} 在本站是{known}，这一行写的是{_row_words(parsed)}"
        if (other := self._namesake(parsed, pk)) is not None:
            return Match(problem=f"{both}，那是编号 {other} 的机构。")
        is_near = self._is_near(home.region, parsed.region)
        is_marked = parsed.mark == mark_of(pk, home.created_at)
        if is_near and is_marked:
            return Match(pk)
        if not is_near and not is_marked:
            why = "名称和地区都不一样。编号只认本站导出的；台账自己的序号请把表头改成“序号”。"
            return Match(problem=f"{both}：{why}")
        why = "改了名" if is_near else "名称和地区都改了"
        return Match(pk, questions=(IdentityQuestion(pk, f"{both}：是同一家{why}吗？"),))

    def _by_credit_code(self, parsed: "ParsedRow", pk: int) -> Match:
        home = self.homes[pk]
        if not self._may_touch(home):
            return Match(
                problem=f"这个信用代码是外地一家机构的，不在{self._within_words}，您不能导入。"
            )
        if name_agrees(home, parsed):
            return Match(pk)
        known = _name_and_place(home.name, home.region)
        why = f"信用代码和{known}一样，这一行写的是{_row_words(parsed)}："
        is_near = self._is_near(home.region, parsed.region)
        why += "是同一家改了名吗？" if is_near else "名称和地区都不一样，是同一家吗？"
        return Match(pk, questions=(IdentityQuestion(pk, why, is_likely=is_near),))

    def _by_name(self, parsed: "ParsedRow", code: str) -> Iterator[Match]:
        name = str(parsed.fields["name"])
        found = [
            pk
            for pk in self.by_name.get(name_key(name), [])
            if self._is_near(self.homes[pk].region, parsed.region)
        ]
        same = [pk for pk in found if spelling(self.homes[pk].name) == spelling(name)]
        same = [pk for pk in same if self.homes[pk].name == name] or same
        if len(same) > 1:
            yield Match(problem="这个地区里有几家同名机构，请填编号或信用代码。")
        for pk in same:
            if code and self.homes[pk].credit_code not in {"", code}:
                why = "同名机构的信用代码和这里填的不一样，请填编号或核对代码。"
                yield Match(problem=why)
            yield Match(pk, by_name=True)
        for pk in found:
            home = self.homes[pk]
            if self._may_touch(home):
                is_likely = bool(code) and home.credit_code == code
                why = f"本站已有{_name_and_place(home.name, home.region)}，名称只是写法不同或是别名"
                question = IdentityQuestion(pk, f"{why}：是同一家吗？", is_likely)
                yield Match(pk, questions=(question,), by_name=True)

    def _namesake(self, parsed: "ParsedRow", pk: int) -> int | None:
        """Return another home with the row's name in the row's place."""
        for other in self.by_name.get(name_key(str(parsed.fields["name"])), []):
            if other != pk and self._is_near(self.homes[other].region, parsed.region):
                return other
        return None

    def _is_near(self, region: Region, stated: Region | None) -> bool:
        """Return whether one lies in the other: a sheet may name the province only."""
        return stated is not None and (stated.contains(region) or region.contains(stated))

    # Whether it may be touched

    @property
    def _within_words(self) -> str:
        return self.within.name if self.within else ""

    def _may_touch(self, home: KnownHome) -> bool:
        return self.within is None or home.region.lies_in(self.limits)

    def lies_in_limits(self, parsed: "ParsedRow") -> bool:
        """Return whether the row's home is in the limits, and the row does not move it out."""
        if self.within is None:
            return True
        stated = parsed.region
        if parsed.pk is None:
            return stated is not None and stated.lies_in(self.limits)
        home = self.homes[parsed.pk]
        stays = stated is None or stated.contains(home.region) or stated.lies_in(self.limits)
        return self._may_touch(home) and stays

    def conflicting_homes(
        self, lines: Iterable["PlannedHome"]
    ) -> Iterator[tuple["PlannedHome", str]]:
        """Yield the homes whose name or credit code another home has, or claims in the same
        sheet.
        """
        names: dict[tuple[str, str], int | None] = {
            (home.region.code, home.name): pk for pk, home in self.homes.items()
        }
        codes: dict[str, int | None] = dict(self.by_credit_code)
        for line in lines:
            name = (line.fields["region"], line.fields["name"])
            code = line.fields.get("credit_code") or ""
            owner = line.pk if line.pk is not None else -line.rows[0]
            if names.setdefault(name, owner) != owner:
                yield line, "这个地区已经有一家同名机构。"
            elif code and codes.setdefault(code, owner) != owner:
                yield line, "已经有一家机构用了这个统一社会信用代码。"


def name_agrees(home: KnownHome, parsed: "ParsedRow") -> bool:
    """Return whether the row gives the home's name, however it is spelled."""
    return name_key(home.name) == name_key(str(parsed.fields["name"]))


def _name_and_place(name: str, region: Region | None) -> str:
    return f"“{name}”（{region.full_name if region else '地区不明'}）"


def _row_words(parsed: "ParsedRow") -> str:
    return _name_and_place(str(parsed.fields["name"]), parsed.region)


class RowsSoFar:
    """The homes of a sheet by their names and codes, so that all rows of one come together.

    A home in two spellings is noticed too.
    """

    def __init__(self) -> None:
        self._first: dict[Any, ParsedRow] = {}
        self._asked: dict[Any, int] = {}
        # The common values of a home's rows, by the values a later row may state.
        self._by_code: dict[str, Any] = {}
        self._by_name: dict[tuple[str, str], tuple[Any, str]] = {}

    def group_of(self, parsed: "ParsedRow", match: Match, number: str) -> Any:
        """Return what the rows of its home have in common.

        The code of a new home may stand in its first row alone, or in a later one: a row that
        only repeats the name belongs to the same home, and waits with it where that is asked.
        """
        code = str(parsed.fields.get("credit_code") or "")
        named = (str(parsed.fields["region"]), str(parsed.fields["name"]))
        key: Any = match.pk
        if match.problem or match.is_asked:
            key = ("asked", number)
        if key is None and code:
            key = self._by_code.get(code)
        held, held_code = self._by_name.get(named, (None, ""))
        if key is None and held is not None and (not code or held_code in {"", code}):
            key = held
        if key is None:
            key = ("new", parsed.row.number)
        if code:
            self._by_code.setdefault(code, key)
        if held in {None, key}:
            self._by_name[named] = (key, held_code or code)
        return key

    def number_of(self, parsed: "ParsedRow") -> str:
        """Return the first row that names the same home: its answer holds for all."""
        fields = parsed.fields
        what = (parsed.pk, parsed.mark, *(fields.get(n) for n in ("credit_code", "name", "region")))
        return str(self._asked.setdefault(what, parsed.row.number))

    def match_row(self, parsed: "ParsedRow", match: Match, answers: Mapping[str, str]) -> Match:
        """Match a new home with an earlier row: the same name, or another spelling of it."""
        if match.pk is not None or match.problem or match.is_asked:
            return match
        name = str(parsed.fields["name"])
        first = self._first.setdefault((parsed.region, name_key(name) or name), parsed)
        earlier = str(first.fields["name"])
        if spelling(earlier) == spelling(name):
            parsed.fields["name"] = earlier
            return match
        number = -first.row.number
        why = f"{first.row.place}“{earlier}”的名称只是写法不同：是同一家吗？"
        answer = answers.get(str(number)) or answers.get(ANY, "")
        question = IdentityQuestion(number, why, answer=answer, row=int(self.number_of(parsed)))
        if answer == SAME:
            parsed.fields["name"] = earlier
        return replace(match, questions=(*match.questions, question))


def shown_mark(cell: str) -> str:
    """Return a mark as it may come back: with spaces, in small or wide letters."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", cell)).upper()
