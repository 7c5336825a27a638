"""Parse one row of a sheet by itself: of which home, and which values; without a query."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from carebridge.lib.sheet_files import Problems, SheetRow, display_value
from institutions.register.record import PARTS, Part
from institutions.sheets.cells import CellError
from institutions.sheets.columns import ID, IDS, MARKS, Column, PlaceNames, complete_rating, head_of
from institutions.sheets.identity import shown_mark
from institutions.sheets.row_marks import why_no_home
from regions.models import Region

Fields = dict[str, Any]

# Without these a row names no home; any other cell that cannot be read is set aside.
IDENTIFYING = {"name", "region"}
NOT_TAKEN = "没有导入这一格："

# Parts that are empty when no figure of theirs is known.
COUNTED = {"beds", "staff_figures"}
PART_OF = {part.name: part for part in PARTS}
PART_FIELDS = {part.name: {item.name: item for item in part.fields} for part in PARTS}
# What a row of a part cannot do without; the sheet's own day stands in for a date.
NEEDED = {
    part.name: {
        item.name
        for item in part.fields
        if not (item.null or item.blank or item.has_default() or item.name == "as_of")
    }
    for part in PARTS
}


@dataclass
class ParsedRow:
    """One row as parsed: its home, and its values."""

    row: SheetRow
    problems: Problems
    fields: Fields = field(default_factory=dict)
    parts: dict[str, Fields] = field(default_factory=dict)
    # Further rows of a part, from a cell that holds several: two numbers to ring.
    more: list[tuple[str, Fields]] = field(default_factory=list)
    # Cells that were set aside, and figures to look at; the home is taken without them.
    flags: Problems = field(default_factory=lambda: Problems(0))
    pk: int | None = None
    mark: str = ""
    region: Region | None = None


def parse_row(row: SheetRow, columns: Mapping[str, Column], places: PlaceNames) -> ParsedRow:
    """Parse the row, without a query.

    A cell that cannot be read is set aside and flagged; the row is refused only where it names no
    home: name, region or id.
    """
    parsed = ParsedRow(row, Problems(row.number), flags=Problems(row.number))
    implied: list[tuple[str, Fields]] = []
    cells: dict[str, tuple[str, Any]] = {}
    # By part: the unreadable cell that should qualify its figures.
    spoiled: dict[str, tuple[str, Any]] = {}
    for head, column in columns.items():
        cell = row.cells.get(head)
        if cell is None or cell == "":
            continue
        try:
            reading = places.read(column, cell)
        except CellError as error:
            if column.key in IDENTIFYING:
                parsed.problems.add_problem(head, cell, str(error))
            else:
                parsed.flags.add_problem(head, cell, f"{NOT_TAKEN}{error}")
            if column.part and column.is_qualifier:
                spoiled.setdefault(column.part.name, (head, cell))
            continue
        if reading.note:
            parsed.flags.add_problem(head, cell, reading.note)
        if reading.values:
            cells[column.key] = (head, cell)
            target = parsed.parts.setdefault(column.part.name, {}) if column.part else parsed.fields
            target.update(reading.values)
            if column.part:
                implied.append((column.part.name, dict(reading.implied)))
                parsed.more += [(column.part.name, dict(values)) for values in reading.more]
    for part_name, values in implied:
        stated = parsed.parts[part_name]
        for name, value in values.items():
            if stated.setdefault(name, value) != value:
                spoiled.setdefault(part_name, cells[f"{part_name}.{name}"])
    for part_name, qualifier in spoiled.items():
        _set_aside(parsed, part_name, qualifier, cells, columns)
    _identify(parsed, columns, places)
    _complete_rating(parsed, cells)
    for name in list(parsed.parts):
        _complete(parsed, PART_OF[name], cells)
    parsed.more = [
        (name, {**parsed.parts[name], **v}) for name, v in parsed.more if name in parsed.parts
    ]
    if why := why_no_home(row, columns, is_placed=parsed.region is not None):
        parsed.problems.found[:] = []
        parsed.flags.found[:] = []
        parsed.problems.add_problem(*why)
    return parsed


def _set_aside(
    parsed: ParsedRow,
    part: str,
    qualifier: tuple[str, Any],
    cells: dict[str, tuple[str, Any]],
    columns: Mapping[str, Column],
) -> None:
    """Set aside every figure of a part whose qualifier cannot be read."""
    parsed.parts.pop(part, None)
    parsed.more = [(name, values) for name, values in parsed.more if name != part]
    head, text = qualifier
    why = f"“{head}”写的是“{display_value(text)}”，看不出这一格说的是哪一项。"
    for key in [key for key in cells if key.startswith(f"{part}.")]:
        other, cell = cells.pop(key)
        if not columns[other].is_qualifier:
            parsed.flags.add_problem(other, cell, f"{NOT_TAKEN}{why}")


def _identify(parsed: ParsedRow, columns: Mapping[str, Column], places: PlaceNames) -> None:
    cell = _cell_of(parsed.row, IDS)
    parsed.mark = shown_mark(display_value(_cell_of(parsed.row, MARKS)))
    if text := display_value(cell):
        # PostgreSQL takes no larger number.
        if text.isascii() and text.isdigit() and len(text) < 16:
            parsed.pk = int(text)
        else:
            parsed.problems.add_problem(ID, cell, "编号是本站导出的数字；新机构空着。")
    if code := parsed.fields.get("region"):
        parsed.region = places.names.by_code[code]
    reported = {columns[p.column].key for p in parsed.problems.found if p.column in columns}
    for key in ("name", "region"):
        if not parsed.fields.get(key) and key not in reported:
            parsed.problems.add_problem(head_of(key), "", "必须填写。")


def _cell_of(row: SheetRow, heads: Collection[str]) -> Any:
    return next((cell for head, cell in row.cells.items() if head.lower() in heads), None)


def _complete_rating(parsed: ParsedRow, cells: dict[str, tuple[str, Any]]) -> None:
    if "ratings" in parsed.parts and "ratings.level" in cells:
        head, cell = cells.get("ratings.scheme") or cells["ratings.level"]
        try:
            complete_rating(parsed.parts["ratings"], cells["ratings.level"][1], parsed.region)
        except CellError as error:
            parsed.flags.add_problem(head, cell, f"{NOT_TAKEN}{error}")
            del parsed.parts["ratings"]


def _complete(parsed: ParsedRow, part: Part, cells: dict[str, tuple[str, Any]]) -> None:
    """Fill in the key of the part; drop a part of which nothing is known."""
    values = parsed.parts[part.name]
    if part.name == "beds":
        _forget_no_beds(values)
    if part.name == "staff_figures":
        _drop_zero_staff_counts(values)
    known = values.keys() - set(part.key) - {"as_of", "as_of_precision"}
    fields, needed = PART_FIELDS[part.name], NEEDED[part.name]
    if (part.name in COUNTED and not known) or (needed - set(part.key)) - values.keys():
        del parsed.parts[part.name]
        return
    for name in part.key:
        if name in values:
            continue
        if name in needed:
            head = next((h for key, (h, _) in cells.items() if key.startswith(f"{part.name}.")), "")
            why = f"还缺“{fields[name].verbose_name}”，看不出说的是哪一项。"
            parsed.flags.add_problem(head, "", f"{NOT_TAKEN}{why}")
            del parsed.parts[part.name]
            return
        default = fields[name].get_default() if fields[name].has_default() else None
        values[name] = default if default is not None or fields[name].null else ""


def _forget_no_beds(values: Fields) -> None:
    """A home without a bed is one whose beds are unknown; a full one has none vacant."""
    totals = [name for name in ("registered", "operating") if values.get(name) == 0]
    for name in totals:
        del values[name]
    if totals and not (values.get("registered") or values.get("operating")):
        for name in ("occupied", "vacant"):
            if values.get(name) == 0:
                del values[name]
    # That nobody lives there is news of beds somebody counted; by itself it is an unfilled cell.
    if values.get("occupied") == 0 and not any(
        values.get(name) for name in ("registered", "operating", "vacant")
    ):
        del values["occupied"]


def _drop_zero_staff_counts(values: Fields) -> None:
    """Drop a zero of certificates where the people are not counted: it means nothing."""
    if "headcount" not in values:
        for name in ("certified", "trained"):
            if values.get(name) == 0:
                del values[name]
