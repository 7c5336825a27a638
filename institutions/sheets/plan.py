"""A sheet of institutions into the register: read, clean each row, judge all, write at once.

`make_plan` shows the effect of a sheet and writes nothing; `commit_plan` does it in one transaction
{write, verify, record sources and history, refresh listings}. A home is the unit: if one of its
rows is refused, all are. Homes are known by id, else by credit code, else by name and region
(`identity`); where that is not certain a person is asked, and until then the home is left out.
"""

import datetime
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction

from carebridge.lib.sheet_files import CellProblem, Sheet, display_value, read
from institutions.models import Institution
from institutions.register.record import FIELDS, PARTS, AnyField, Change, Key, Part
from institutions.sheets import plausibility
from institutions.sheets.checks import RowChecks, empty_row
from institutions.sheets.columns import (
    ID,
    IDS,
    MARKS,
    REASON,
    PlaceNames,
    columns_of,
    has_required,
    head_of,
)
from institutions.sheets.identity import Answers, IdentityQuestion, Register, RowsSoFar
from institutions.sheets.row_marks import marks_of
from institutions.sheets.rows import (
    COUNTED,
    IDENTIFYING,
    NEEDED,
    NOT_TAKEN,
    PART_OF,
    Fields,
    ParsedRow,
    parse_row,
)
from institutions.sheets.write import Current, Writer, changes_of
from regions.models import Document, Region
from regions.places.addresses import contradicts

Progress = Callable[[str, int, int], object]
Parts = dict[str, dict[Key, Fields]]

OUTCOMES = ("new", "changed", "waiting", "same", "asked", "refused")
NOT_VERIFIED = {"verified_on": None, "verified_by": None, "verified_how": ""}


class MovedError(Exception):
    """The register is no longer what the sheet was checked against."""


@dataclass(frozen=True)
class SheetSource:
    """Source of the figures of a sheet, and their day.

    A document that is not saved yet is the sheet itself: it is saved with the figures.
    """

    kind: str
    as_of: datetime.date
    document: Document | None = None
    precision: str = "day"


@dataclass
class PlannedHome:
    """Planned changes of one home of the sheet, gathered from all its rows."""

    name: str
    rows: list[int]
    outcome: str = "same"
    pk: int | None = None
    fields: Fields = field(default_factory=dict)
    parts: Parts = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    # The rows of parts that are to be written: (part, key).
    writes: list[tuple[str, Key]] = field(default_factory=list)
    # Whether the changes wait for a reviewer instead of being made.
    waits: bool = False
    # What a person is asked, or has answered, of which home it is.
    questions: list[IdentityQuestion] = field(default_factory=list)
    problems: list[CellProblem] = field(default_factory=list)
    flags: list[CellProblem] = field(default_factory=list)
    # The row that states a field or a row of a part, where that is not the first of the home.
    stated_in: dict[Any, int] = field(default_factory=dict)

    def row_of(self, what: Any) -> int:
        """Return the number of the row that states a field, by its name, or a part's row, by
        (name, key).
        """
        return self.stated_in.get(what, self.rows[0])


@dataclass
class Plan:
    """The effect of a sheet, home by home in the order of the sheet."""

    lines: list[PlannedHome]
    current: Current

    def of(self, outcome: str) -> list[PlannedHome]:
        return [line for line in self.lines if line.outcome == outcome]

    @property
    def counts(self) -> dict[str, int]:
        found = {name: len(self.of(name)) for name in OUTCOMES}
        return found | {"flagged": sum(bool(line.flags) for line in self.lines)}

    def digest(self) -> str:
        """Return a digest, equal for plans that would write the same."""
        digest = hashlib.sha256()
        contents = (
            (
                line.outcome,
                line.pk,
                line.changes,
                *((line.fields, line.parts) if line.pk is None else ()),
                *(line.questions),
            )
            for line in self.lines
        )
        for line in contents:
            digest.update(repr(line).encode())
        return digest.hexdigest()


def no_progress(stage: str, done: int, total: int) -> None:
    """Report no progress."""


def read_sheet(content: bytes) -> Sheet:
    """Return the sheet in a file; `SheetError` if its heads are not ours."""
    sheet = read(content, has_required)
    for table in sheet.tables:
        columns_of(table.heads)
    return sheet


def unknown_heads(sheet: Sheet) -> list[str]:
    """Return unknown heads: their columns are not read, and the report lists them."""
    read_here = (head for table in sheet.tables for head in columns_of(table.heads))
    known = {*read_here, *IDS, *MARKS, REASON}
    return [head for head in sheet.heads if head not in known and head.lower() not in IDS | MARKS]


# All rows together


def make_plan(
    sheet: Sheet,
    source: SheetSource,
    *,
    within: Region | None = None,
    reviewed: bool = False,
    answers: Answers | None = None,
    lock: bool = False,
    progress: Progress = no_progress,
) -> Plan:
    """Return the effect of the sheet on the register, with refusals and reasons. Writes nothing.

    `within` is the region whose homes the sheet may touch; `answers` are a person's, where it was
    asked which home a row speaks of. Where the importer's changes have to be
    `reviewed`, those of published homes wait for a reviewer. `lock` keeps the homes from others
    until the transaction ends.
    """
    places = PlaceNames.load_names()
    statements = []
    for table in sheet.tables:
        columns = columns_of(table.heads)
        for row in table.rows:
            statements.append(parse_row(row, columns, places))
            progress("核对", len(statements), len(sheet.rows))
    register = Register.load_homes(places.names, within)
    lines = _group_rows(statements, register, answers or {})
    names = _part_names(statements)
    del statements
    current = Current.load_current({line.pk for line in lines if line.pk}, names, lock)
    judge = RowChecks()
    for number, line in enumerate(lines, start=1):
        _compare_home(line, current, source, judge, places)
        if reviewed and line.outcome == "changed" and current.is_published(line.pk):
            _leave_to_reviewer(line, current)
        progress("比较", number, len(lines))
    wanted = [line for line in lines if line.outcome in {"new", "changed"}]
    for line, why in register.conflicting_homes(wanted):
        _refuse_home(line, "名称", why, line.name)
        line.outcome, line.changes = "refused", []
    return Plan(lines, current)


def _part_names(statements: Iterable[ParsedRow]) -> set[str]:
    return {name for parsed in statements for name in parsed.parts}


def _group_rows(
    statements: list[ParsedRow], register: Register, answers: Answers
) -> list[PlannedHome]:
    """Group the rows of each home, in the order of the sheet."""
    groups: dict[Any, PlannedHome] = {}
    so_far = RowsSoFar()
    holders: dict[Any, list[ParsedRow]] = defaultdict(list)
    for parsed in statements:
        key: Any = ("row", parsed.row.number)
        questions: tuple[IdentityQuestion, ...] = ()
        if not parsed.problems.found:
            key, questions = _identified(parsed, register, so_far, answers)
        line = groups.setdefault(key, PlannedHome(_name_of(parsed), [], pk=parsed.pk))
        _join_row(line, parsed, holders[key])
        holders[key].append(parsed)
        line.rows.append(parsed.row.number)
        asked = {(question.row, question.home) for question in line.questions}
        line.questions += [q for q in questions if (q.row, q.home) not in asked]
        line.problems += parsed.problems.found
        line.flags += parsed.flags.found
        line.flags += marks_of(parsed.row, parsed.parts)
    return list(groups.values())


def _identified(
    parsed: ParsedRow, register: Register, so_far: RowsSoFar, answers: Answers
) -> tuple[Any, tuple[IdentityQuestion, ...]]:
    """Return what the rows of its home have in common, and what is asked of which home it is."""
    number = so_far.number_of(parsed)
    given = answers.get(number, {})
    found = register.match_row(parsed, given, int(number))
    match = so_far.match_row(parsed, found, given)
    stated, parsed.pk = parsed.pk, match.pk
    if match.problem:
        parsed.problems.add_problem(
            ID if stated else "名称", stated or _name_of(parsed), match.problem
        )
    elif not register.lies_in_limits(parsed):
        where = register.within.name if register.within else ""
        parsed.problems.add_problem("地区", parsed.region, f"不在{where}，您不能导入。")
    if match.by_name and match.pk:
        parsed.fields["name"] = register.homes[match.pk].name
    return so_far.group_of(parsed, match, number), match.questions


def _name_of(parsed: ParsedRow) -> str:
    return str(parsed.fields.get("name", ""))


def _join_row(line: PlannedHome, parsed: ParsedRow, before: list[ParsedRow]) -> None:
    """Add the values of the row to its home; contradictions are refused, doubles merged."""
    adds = not before
    for name, value in parsed.fields.items():
        if before and name not in line.fields:
            line.stated_in[name] = parsed.row.number
        if line.fields.setdefault(name, value) != value:
            parsed.problems.add_problem(
                head_of(name), value, f"和{before[0].row.place}说的不一样。"
            )
    for name, values in [*parsed.parts.items(), *parsed.more]:
        key = tuple(values[field_name] for field_name in PART_OF[name].key)
        rows = line.parts.setdefault(name, {})
        if key not in rows:
            rows[key], adds = values, True
            if before:
                line.stated_in[name, key] = parsed.row.number
        elif rows[key] != values:
            parsed.problems.add_problem(
                PART_OF[name].label_of(_whole_key(PART_OF[name], values)),
                "",
                "同一家机构的这一项在表里出现了两次，而且不一样。",
            )
    if not adds:
        parsed.flags.add_problem(
            "名称", _name_of(parsed), f"和{before[-1].row.place}一样，算一行。"
        )


def _whole_key(part: Part, values: Fields) -> Fields:
    return {field.name: None for field in part.fields} | values


# One home


def _compare_home(
    line: PlannedHome, current: Current, source: SheetSource, judge: RowChecks, places: PlaceNames
) -> None:
    """Compare with the register, and validate the changes."""
    is_asked = any(question.is_open for question in line.questions)
    if not line.problems and not is_asked:
        was = current.fields.get(line.pk or 0)
        _keep_region(line, was, places)
        _flag_oddities(line, was, places)
        _set_aside_implausible(line, source, places)
        if was is None and (why := plausibility.doubt_of_name(str(line.fields["name"]))):
            line.flags.append(CellProblem(line.rows[0], "名称", str(line.fields["name"]), why))
        line.changes = [*_field_changes(line, was, judge)]
        for part in PARTS:
            if part.name in line.parts:
                line.changes += _part_changes(line, part, current, source, judge)
    if line.problems:
        line.outcome, line.changes = "refused", []
    elif is_asked:
        line.outcome = "asked"
    elif line.pk is None:
        line.outcome = "new"
    elif line.changes:
        line.outcome = "changed"


def _leave_to_reviewer(line: PlannedHome, current: Current) -> None:
    """Leave the changes to a reviewer; waiting changes are not proposed again."""
    line.waits = True
    line.changes = [change for change in line.changes if not current.is_proposed(line.pk, change)]
    if not line.changes:
        line.outcome = "waiting"


def _keep_region(line: PlannedHome, was: Fields | None, places: PlaceNames) -> None:
    """A sheet that names only the province does not move a home out of its county."""
    by_code = places.names.by_code
    if was and by_code[line.fields["region"]].contains(by_code[was["region"]]):
        line.fields["region"] = was["region"]


def _flag_oddities(line: PlannedHome, was: Fields | None, places: PlaceNames) -> None:
    region = places.names.by_code[line.fields["region"]]
    address = line.fields.get("address") or ""
    found = None if address.startswith(region.full_name) else places.names.find(address)
    if found and contradicts(found, region):
        line.flags.append(
            CellProblem(
                line.rows[0],
                "地址",
                line.fields["address"],
                f"地址写的是{found.full_name}，地区填的是{region.full_name}，请核对。",
            )
        )
    if was and was["region"] != line.fields["region"]:
        before = places.names.by_code[was["region"]].full_name
        why = f"原来在{before}，请核对。"
        line.flags.append(CellProblem(line.rows[0], "地区", region.full_name, why))
    if was and was["name"] != line.fields["name"]:
        line.flags.append(
            CellProblem(
                line.rows[0], "名称", line.fields["name"], f"原来叫“{was['name']}”，请核对。"
            )
        )


def _set_aside(line: PlannedHome, name: str, column: str, why: str) -> None:
    """Leave one field of the home as it stands, with a note."""
    value = line.fields.pop(name, "")
    line.flags.append(CellProblem(line.row_of(name), column, display_value(value), NOT_TAKEN + why))


def _set_aside_implausible(line: PlannedHome, source: SheetSource, places: PlaceNames) -> None:
    region = places.names.by_code[line.fields["region"]]
    centres = places.names.centres
    doubts_of_home = plausibility.doubts_of_home(line.fields, region, source.as_of, centres)
    for name, why in doubts_of_home.items():
        _set_aside(line, name, head_of(name), why)
    for name, rows in line.parts.items():
        for key, values in list(rows.items()):
            doubts = plausibility.doubts_of_part(name, values)
            for field_name, why in doubts.items():
                column = _figure_words(PART_OF[name], _whole_key(PART_OF[name], values), field_name)
                shown_value = plausibility.in_words(field_name, values.pop(field_name))
                row = line.row_of((name, key))
                line.flags.append(CellProblem(row, column, shown_value, NOT_TAKEN + why))
            known = values.keys() - set(PART_OF[name].key) - {"as_of", "as_of_precision"}
            if doubts and (not known or NEEDED[name] - values.keys()):
                del rows[key]


def _field_changes(line: PlannedHome, was: Fields | None, judge: RowChecks) -> Iterator[Change]:
    """Yield the changes of the home's own fields; a new home is only validated."""
    whole = {**empty_row(Institution), **(was or {}), **line.fields}
    if was and whole["is_demo"] != was["is_demo"]:
        _refuse_home(line, "示例数据", "示例机构和真实机构不能互换。")
    # To set a field aside can break what the rest has to keep: ask until nothing is found.
    while _differs(was, whole) and not line.problems:
        faults = dict(reversed(judge.errors_of(Institution, whole)))
        if not faults:
            break
        for name, why in faults.items():
            if name in line.fields and name not in IDENTIFYING:
                _set_aside(line, name, head_of(name), why)
                whole[name] = (was or empty_row(Institution))[name]
            else:
                _refuse_home(line, head_of(name) if name else "名称", why, whole.get(name, ""))
    changed = _differs(was, whole)
    if was:
        for item in changed:
            yield Change(item.name, str(item.verbose_name), was[item.name], whole[item.name])


def _differs(was: Fields | None, whole: Fields) -> list[AnyField]:
    return [item for item in FIELDS if was is None or was[item.name] != whole[item.name]]


def _part_changes(
    line: PlannedHome, part: Part, current: Current, source: SheetSource, judge: RowChecks
) -> Iterator[Change]:
    held, rows = current.rows(part, line.pk), line.parts[part.name]
    for key in sorted(rows, key=lambda key: [(value is not None, value) for value in key]):
        was = held.get(key)
        whole = {**empty_row(part.model), **(was or {}), **rows[key]}
        if "as_of" in whole:
            whole = _date_row(part, whole, rows[key].get("as_of", ""), was, source)
        rows[key] = whole
        if whole == was:
            continue
        if part.name == "provenance":
            whole |= NOT_VERIFIED
        if was and part.name in COUNTED and (was["as_of"] or "") > (whole["as_of"] or ""):
            why = f"现有的数字更新（{was['as_of']}），旧的不能盖过新的。"
            _refuse_home(line, part.label_of(whole), why, whole["as_of"])
        faults = judge.errors_of(part.model, whole)
        for name, why in faults:
            column = _figure_words(part, whole, name)
            row, value = line.row_of((part.name, key)), display_value(whole.get(name, ""))
            line.flags.append(CellProblem(row, column, value, NOT_TAKEN + why))
        if faults:
            del rows[key]
            continue
        line.writes.append((part.name, key))
        if line.pk is not None:
            yield from changes_of(part, was, whole)


def _figure_words(part: Part, values: Fields, name: str) -> str:
    """Return one figure of a part in words: 床位·护理型床位·双人间·已入住."""
    words = next((str(item.verbose_name) for item in part.fields if item.name == name), "")
    return "·".join(filter(None, [part.label_of(values), words]))


def _date_row(
    part: Part, whole: Fields, given: str | None, was: Fields | None, source: SheetSource
) -> Fields:
    """Return the row with the right date; `given` is the date in the sheet, "" for none.

    Without one, figures are as of the day of the sheet, and a newer sheet that repeats what
    is there brings its date along. A date that came out with an export and comes back with other
    figures is not their date; with figures that were dated anew since, it does not count.
    """
    day = {"as_of": source.as_of.isoformat(), "as_of_precision": source.precision}
    if was is None:
        return whole if given != "" else {**whole, **day}
    held, is_counted = was["as_of"] or "", part.name in COUNTED
    if given == "":
        newer = held < day["as_of"]
        return {**whole, **day} if is_counted and (newer or whole != was) else whole
    if given is None or not (is_counted or part.name == "provenance"):
        return whole
    is_same = {**whole, **day} == {**was, **day}
    if given < held and (is_same or not is_counted):
        return dict(was)
    return {**whole, **day} if is_counted and given == held and not is_same else whole


def _refuse_home(line: PlannedHome, column: str, reason: str, value: Any = "") -> None:
    line.problems.append(CellProblem(line.rows[0], column, display_value(value), reason))


# Writing


def commit_plan(
    sheet: Sheet,
    source: SheetSource,
    on: datetime.date,
    *,
    within: Region | None = None,
    by: AbstractBaseUser | None = None,
    reviewed: bool = False,
    answers: Answers | None = None,
    note: str = "",
    expected: str = "",
    upload: int | None = None,
    progress: Progress = no_progress,
) -> Plan:
    """Write the sheet, all or nothing, and return the plan that was written.

    Refused homes are left out. `expected` is the digest of the plan that somebody agreed
    to: if the register has moved since, `MovedError` is raised and nothing is written. What was
    written is read back and compared before the transaction ends.
    """
    try:
        with transaction.atomic():
            options: dict[str, Any] = {"within": within, "reviewed": reviewed, "answers": answers}
            plan = make_plan(sheet, source, **options, lock=True, progress=progress)
            if expected and plan.digest() != expected:
                raise MovedError
            if plan.of("new") or plan.of("changed"):
                if source.document and source.document.pk is None:
                    source.document.save()
                Writer(plan, source, on, by, note, progress, upload).write()
    except IntegrityError as error:
        raise MovedError from error
    return plan
