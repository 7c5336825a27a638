"""What one row of a sheet says, by itself: of which home, and which values; asks no database."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from carebridge.lib.sheet_files import Problems, Row, shown
from institutions.register.record import PARTS, Part
from institutions.sheets.cells import CellError
from institutions.sheets.columns import ID, IDS, MARKS, Column, Places, head_of, rated
from institutions.sheets.identity import shown_mark
from institutions.sheets.row_marks import why_no_home
from regions.models import Region

Fields = dict[str, Any]

# Without these a row names no home; any other cell that cannot be read is set aside.
IDENTIFYING = {"name", "region"}
NOT_TAKEN = "没有导入这一格："

# Parts that say nothing when no figure of theirs is known.
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
class Statement:
    """What one row says: of which home, and which values."""

    row: Row
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


def cleaned(row: Row, columns: Mapping[str, Column], places: Places) -> Statement:
    """Return what the row says, without a query.

    A cell that cannot be read is set aside and flagged; the row is refused only where it names no
    home: name, region or id.
    """
    said = Statement(row, Problems(row.number), flags=Problems(row.number))
    implied: list[tuple[Fields, Fields]] = []
    cells: dict[str, tuple[str, Any]] = {}
    for head, column in columns.items():
        cell = row.cells.get(head)
        if cell is None or cell == "":
            continue
        try:
            reading = places.read(column, cell)
        except CellError as error:
            if column.key in IDENTIFYING:
                said.problems.add(head, cell, str(error))
            else:
                said.flags.add(head, cell, f"{NOT_TAKEN}{error}")
            continue
        if reading.note:
            said.flags.add(head, cell, reading.note)
        if reading.values:
            cells[column.key] = (head, cell)
            target = said.parts.setdefault(column.part.name, {}) if column.part else said.fields
            target.update(reading.values)
            implied.append((target, dict(reading.implied)))
            if column.part:
                said.more += [(column.part.name, dict(values)) for values in reading.more]
    for target, values in implied:
        target.update({name: value for name, value in values.items() if name not in target})
    _identify(said, columns, places)
    _rate(said, cells)
    for name in list(said.parts):
        _complete(said, PART_OF[name], cells)
    said.more = [(name, {**said.parts[name], **v}) for name, v in said.more if name in said.parts]
    if why := why_no_home(row, columns, is_placed=said.region is not None):
        said.problems.found[:] = []
        said.flags.found[:] = []
        said.problems.add(*why)
    return said


def _identify(said: Statement, columns: Mapping[str, Column], places: Places) -> None:
    cell = _cell_of(said.row, IDS)
    said.mark = shown_mark(shown(_cell_of(said.row, MARKS)))
    if text := shown(cell):
        # PostgreSQL takes no larger number.
        if text.isascii() and text.isdigit() and len(text) < 16:
            said.pk = int(text)
        else:
            said.problems.add(ID, cell, "编号是本站导出的数字；新机构空着。")
    if code := said.fields.get("region"):
        said.region = places.names.by_code[code]
    told = {columns[p.column].key for p in said.problems.found if p.column in columns}
    for key in ("name", "region"):
        if not said.fields.get(key) and key not in told:
            said.problems.add(head_of(key), "", "必须填写。")


def _cell_of(row: Row, heads: Collection[str]) -> Any:
    return next((cell for head, cell in row.cells.items() if head.lower() in heads), None)


def _rate(said: Statement, cells: dict[str, tuple[str, Any]]) -> None:
    if "ratings" in said.parts and "ratings.level" in cells:
        head, cell = cells["ratings.level"]
        try:
            rated(said.parts["ratings"], cell, said.region)
        except CellError as error:
            said.flags.add(head, cell, f"{NOT_TAKEN}{error}")
            del said.parts["ratings"]


def _complete(said: Statement, part: Part, cells: dict[str, tuple[str, Any]]) -> None:
    """Fill in the key of the part; drop a part of which nothing is known."""
    values = said.parts[part.name]
    if part.name == "beds":
        _forget_no_beds(values)
    if part.name == "staff_figures":
        _forget_of_nobody(values)
    known = values.keys() - set(part.key) - {"as_of", "as_of_precision"}
    fields, needed = PART_FIELDS[part.name], NEEDED[part.name]
    if (part.name in COUNTED and not known) or (needed - set(part.key)) - values.keys():
        del said.parts[part.name]
        return
    for name in part.key:
        if name in values:
            continue
        if name in needed:
            head = next((h for key, (h, _) in cells.items() if key.startswith(f"{part.name}.")), "")
            why = f"还缺“{fields[name].verbose_name}”，看不出说的是哪一项。"
            said.flags.add(head, "", f"{NOT_TAKEN}{why}")
            del said.parts[part.name]
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


def _forget_of_nobody(values: Fields) -> None:
    """Where the people are not counted, none of them with a certificate says nothing."""
    if "headcount" not in values:
        for name in ("certified", "trained"):
            if values.get(name) == 0:
                del values[name]
