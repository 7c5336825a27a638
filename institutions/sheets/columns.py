"""The columns of a sheet of institutions: their heads, and the values of their cells.

One flat sheet holds whole records. A row names a home and states values of it: its own fields, and
at most one row of each part (a bed, a fee, a rating …). A home with several beds stands in several
rows. Heads are the fields in Chinese (床位·空余床位) or English (beds.vacant); where a field's name
alone is clear (空余床位, vacant), it is enough. What clerks also write is in `ALSO`.

A cell without a known value (未知, -, /, empty) keeps the current one; 清空 makes it unknown.
"""

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from django.db import models

from carebridge.lib.numbers import UnreadableError, units_of, without_footnotes
from carebridge.lib.phones import PUBLIC, SHORT, read_phones
from carebridge.lib.sheet_files import Cell, SheetError, display_value
from carebridge.lib.text import normal_lines, normalize
from institutions.models import Rating
from institutions.register.record import FIELDS, PARTS, AnyField, Part
from institutions.sheets.cells import (
    BROKEN,
    DAY_AS_TEXT,
    LEVEL_WORDS,
    NO,
    NUMBER_AS_TEXT,
    YES,
    CellError,
    Reading,
    parse_count,
    parse_date,
    parse_decimal,
    parse_level,
    parse_year,
    parse_yuan,
)
from institutions.sheets.words import EVERYDAY
from regions.models import Document, Region
from regions.places.addresses import RegionNames
from regions.places.gazetteer import gazetteer

Values = dict[str, Any]

# Files do not travel in a sheet, and to verify is a person's act at the figure itself.
LEFT_OUT = {"photos", "provenance.verified_on", "provenance.verified_by", "provenance.verified_how"}
ID = "编号"
CLEAR = "清空"
UNKNOWN = {
    "", "未知", "-", "--", "—", "——", "－", "/", "／", "\\", "无", "暂无", "不详", "不明", "不清楚",
    "未公布", "未填", "待定", "待查", "?", "？", "n/a", "na", "null", "none", "nil",
}  # fmt: skip
# Other heads of clerks' sheets, by the column they mean.
ALSO = {
    "name": ("机构名称", "养老机构名称", "单位名称", "养老机构", "institution"),
    "region": (
        "地区代码", "行政区划", "行政区划代码", "所在地区", "所在区县", "区县", "区（县）",
        "所属地区", "district",
    ),
    "address": ("详细地址", "机构地址", "地址（详细）", "单位地址"),
    "credit_code": ("信用代码", "社会信用代码", "统一信用代码"),
    "kind": ("类型", "机构类别"),
    "ownership": ("经营方式", "机构性质"),
    "operator": ("运营单位", "运营主体", "运营机构", "法人"),
    "phones.number": ("联系电话", "联系方式", "电话号码"),
    "beds.registered": (
        "床位数", "床位总数", "总床位", "总床位数", "核定床位", "核定床位数", "备案床位数",
    ),
    "beds.operating": ("运营床位数", "实有床位", "开放床位"),
    "beds.occupied": ("入住人数", "在住人数", "入住老人数", "已入住人数"),
    "beds.vacant": ("空余床位数", "剩余床位", "空床", "空床位", "空床数"),
    "ratings.level": ("等级", "星级", "评定等级"),
    "ratings.year": ("年份", "评定时间"),
    "ratings.scheme": ("办法", "评定类别"),
}  # fmt: skip
# Numbers that are names: a spreadsheet that took one for a quantity has lost digits or zeros. Of a
# region's code it loses none: it has six digits and begins with none.
CODES = {"credit_code", "filing_number"}
REGION_CODE = re.compile(r"(\d{6}(?:\d{3}|\d{6})?)(?:\.0+)?", re.ASCII)
# Where digits alone, or what looks like a day or a time, may be meant.
MAY_BE_DAY = {"filing_number", "phones.hours"}
MAY_BE_NUMBER = {"filing_number", "credit_code", "quality_records.result"}
# Columns where a sheet's 0 is a cell left unfilled. Services free of charge are named in words.
ZERO_UNKNOWN = {"fees.amount", "staff_figures.headcount", "services.capacity"}
# A site as people write it: www.example.cn/about.
BARE_HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}(?:[/?#].*)?", re.IGNORECASE)
# Defaults that claim nothing.
NOT_STATED = {None, "", "unspecified"}
SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+?\d+")


@dataclass(frozen=True)
class PlaceNames:
    """Names of regions and documents, looked up without a query."""

    names: RegionNames
    documents: Mapping[str, str]
    _read: dict[Any, "Reading | CellError"] = field(default_factory=dict)

    @classmethod
    def load_names(cls) -> "PlaceNames":
        documents = {}
        for slug, title in Document.objects.order_by("pk").values_list("slug", "title"):
            documents[title] = "" if title in documents else slug
            documents[slug] = slug
        return cls(gazetteer().names, documents)

    def read(self, column: "Column", cell: Cell) -> Reading:
        """Return what `column.read` reads, computed once for cells with the same text."""
        if column.is_prose:
            return column.read(cell, self)
        token = (column.key, type(cell), cell)
        if token not in self._read:
            try:
                self._read[token] = column.read(cell, self)
            except CellError as error:
                self._read[token] = error
        found_value = self._read[token]
        if isinstance(found_value, CellError):
            raise found_value
        return found_value

    def region(self, text: str) -> Region:
        code = REGION_CODE.fullmatch(text)
        found = self.names.candidates(code[1] if code else text)
        if not found:
            raise CellError("没有这个地区：请写全名（如 河北省廊坊市三河市）或 6 位代码。")
        if len(found) > 1:
            names = "、".join(region.full_name for region in found[:4])
            raise CellError(f"有几个地区叫这个名字（{names}），请写全名或 6 位代码。")
        return found[0]

    def document(self, text: str) -> str:
        if slug := self.documents.get(text.strip("《》")):
            return slug
        raise CellError("没有登记过这份文件：请写它的网址名或完整标题。")


@dataclass(frozen=True)
class Column:
    """One field of an institution or of a part; a date brings its precision along."""

    field: AnyField
    part: Part | None
    precision: str

    @cached_property
    def key(self) -> str:
        """Return the English head: name, beds.vacant."""
        return f"{self.part.name}.{self.field.name}" if self.part else self.field.name

    @cached_property
    def head(self) -> str:
        """Return the Chinese head: 名称, 床位·空余床位; money is in yuan."""
        words = str(self.field.verbose_name).replace("（分）", "（元）").replace(" ", "")
        return f"{self.part.model._meta.verbose_name}·{words}" if self.part else words

    @cached_property
    def is_prose(self) -> bool:
        """Return whether hardly two cells are equal: names, addresses, phone numbers."""
        is_text = isinstance(self.field, models.CharField | models.TextField)
        return is_text and not self.field.flatchoices

    @cached_property
    def is_long(self) -> bool:
        """Return whether the text has several lines."""
        return isinstance(self.field, models.TextField)

    @cached_property
    def is_qualifier(self) -> bool:
        """Return whether it qualifies the figures of its part: a kind, a room, a day.

        A figure whose qualifier cannot be read is no figure of the default kind.
        """
        if self.part is None:
            return False
        is_stated = self.field.name in self.part.key or self.field.has_default()
        return is_stated or isinstance(self.field, models.DateField)

    @cached_property
    def names_region(self) -> bool:
        return isinstance(self.field, models.ForeignKey) and self.field.remote_field.model is Region

    @cached_property
    def choices(self) -> dict[str, Any]:
        """Return what may be written, by the code and by its words."""
        pairs = [(value, str(label)) for value, label in self.field.flatchoices if value != ""]
        return {label: value for value, label in pairs} | {str(value): value for value, _ in pairs}

    def read(self, cell: Cell, places: PlaceNames) -> Reading:
        """Return the values a cell states, by field; none for a cell without a known value.

        Raises `CellError`.
        """
        raw = display_value(cell)
        text = normal_lines(raw) if self.is_long else normalize(raw)
        if BROKEN.search(text):
            raise CellError("公式出错了，或者列太窄显示不出来，请改成文字或数字。")
        if text == CLEAR:
            return Reading(self._cleared())
        if text.lower() in UNKNOWN and not isinstance(self.field, models.BooleanField):
            if text and self.is_qualifier and self.field.get_default() not in NOT_STATED:
                raise CellError("不知道这一项，就不知道这个数说的是什么。")
            return Reading()
        if self.key == "phones.number":
            return self._read_phones(cell, raw)
        if self.key in CODES:
            self._refuse_number(cell, text)
        if isinstance(self.field, models.BooleanField) or self.field.flatchoices:
            self._refuse_signs(raw, text)
        if isinstance(self.field, models.BooleanField):
            return Reading(self._read_boolean(text))
        if self.is_prose and self._is_spoiled(cell, text):
            raise CellError("这一格被表格软件变成了日期或数字，不是原来的文字，请按原件填写。")
        if self.field.name == "amount":
            return self._read_amount(raw)
        if isinstance(self.field, models.IntegerField) and not self.field.flatchoices:
            return self._read_count(cell, raw)
        if isinstance(self.field, models.FloatField):
            number, note = parse_decimal(raw)
            return Reading({self.field.name: number}, note)
        if isinstance(self.field, models.DateField):
            return self._read_date(cell, raw)
        return Reading(self._cell_values(text, places))

    def _is_spoiled(self, cell: Cell, text: str) -> bool:
        """Return whether a spreadsheet made something else of the text: 3-5 became a day."""
        if isinstance(cell, bool | float | datetime.date | datetime.time | datetime.timedelta):
            return True
        if self.key not in MAY_BE_DAY and DAY_AS_TEXT.fullmatch(text):
            return True
        return self.key not in MAY_BE_NUMBER and NUMBER_AS_TEXT.fullmatch(text) is not None

    def _read_phones(self, cell: Cell, text: str) -> Reading:
        if isinstance(cell, float) and not cell.is_integer():
            raise CellError("这一格是数字，不是电话，请按原件填写。")
        try:
            found = read_phones(text)
        except UnreadableError as error:
            raise CellError(str(error)) from None
        own = [number for number in found.numbers if not PUBLIC.fullmatch(number)]
        if public := "、".join(number for number in found.numbers if number not in own):
            why = f"{public} 是公共服务号码，不是这家机构的电话"
            if not own:
                raise CellError(f"{why}，请核对。")
            found = replace(found, note=f"{why}，没有导入。")
        if short := "、".join(number for number in own if SHORT.fullmatch(number)):
            found = replace(
                found, note=found.note or f"{short} 是短号码，从外地可能打不通，请核对。"
            )
        first, *others = ({self.field.name: number} for number in own)
        return Reading(first, found.note, more=tuple(others))

    def _read_amount(self, text: str) -> Reading:
        money = parse_yuan(text)
        implied = {"period": money.period} if money.period else {}
        is_unfilled = money.fen == 0 and self.key in ZERO_UNKNOWN and text[:1] == "0"
        return Reading({} if is_unfilled else {self.field.name: money.fen}, money.note, implied)

    def _read_count(self, cell: Cell, text: str) -> Reading:
        if self.key == "ratings.level":
            return Reading({self.field.name: parse_level(normalize(text))})
        if self.key == "ratings.year":
            return Reading({self.field.name: parse_year(text, cell)})
        number, note = parse_count(text, units_of(str(self.field.verbose_name)))
        is_unfilled = number == 0 and self.key in ZERO_UNKNOWN
        return Reading({} if is_unfilled else {self.field.name: number}, note)

    def _cell_values(self, text: str, places: PlaceNames) -> Values:
        name = self.field.name
        if self.key == "ratings.scheme":
            # What is no known scheme is found by the level's words and the region: see `rated`.
            return {name: self.choices.get(text, text)}
        if isinstance(self.field, models.ForeignKey):
            named = places.region(text).code if self.names_region else places.document(text)
            return {name: named}
        if self.field.flatchoices:
            return {name: self._choice_value(text)}
        if name == "name":
            # The notices end a name with a full stop.
            return {name: text.rstrip("。")}
        if isinstance(self.field, models.URLField):
            return {name: f"https://{text}" if BARE_HOST.fullmatch(text) else text}
        return {name: text}

    def _cleared(self) -> Values:
        if self.field.null:
            return {self.field.name: None}
        if self.field.blank:
            return {self.field.name: ""}
        raise CellError("这一项不能清空。")

    def _refuse_number(self, cell: Cell, text: str) -> None:
        if not isinstance(cell, str) or SCIENTIFIC.fullmatch(text):
            raise CellError("这一格是数字，可能已经丢了位数：请把整列设成“文本”，再照原件填写。")

    def _refuse_signs(self, raw: str, text: str) -> None:
        """Refuse ①, which would be taken for the 1 of an answer or of a level."""
        try:
            plain = without_footnotes(raw)
        except UnreadableError as error:
            raise CellError(str(error)) from None
        if plain != text:
            raise CellError("有注释号或圈号，看不出是哪一项，请按原件填写。")

    def _read_boolean(self, text: str) -> Values:
        word = text.lower().replace(" ", "")
        if word in YES:
            return {self.field.name: True}
        # Of a service 无 means no; of the elders a home takes, 无 and 0 are as often a cell left
        # unfilled.
        is_stated = not (self.key.startswith("takes_") and word in {"无", "0"})
        if word in NO and is_stated:
            return {self.field.name: False}
        if word in UNKNOWN or not is_stated:
            return {}
        raise CellError("请写 是 或 否；不知道就空着。")

    def _read_date(self, cell: Cell, text: str) -> Reading:
        date, precision, note = parse_date(text, cell)
        if self.precision:
            return Reading({self.field.name: date, self.precision: precision}, note)
        if precision != "day":
            raise CellError("要写到日，如 2026-01-31。")
        return Reading({self.field.name: date}, note)

    def _choice_value(self, text: str) -> Any:
        bare = text.replace(" ", "")
        if (value := EVERYDAY.get(self.key, {}).get(bare)) is not None:
            return value
        if bare in self.choices:
            return self.choices[bare]
        words = "、".join(str(label) for _, label in self.field.flatchoices)
        raise CellError(f"只能写：{words}。")

    def write(self, values: Mapping[str, Any]) -> Any:
        """Return what a cell of an export shows; `read` gives the same values back."""
        value = values[self.field.name]
        if value is None:
            return ""
        if isinstance(value, bool):
            return "是" if value else "否"
        if self.field.name == "amount":
            return value // 100 if value % 100 == 0 else value / 100
        if self.field.flatchoices:
            return str(dict(self.field.flatchoices).get(value, value))
        if self.precision:
            return value[: {"year": 4, "month": 7}.get(values[self.precision], 10)]
        return value


def complete_rating(values: Values, cell: Cell, region: Region | None) -> None:
    """Complete the scheme of a rating from the words of its level and the place, if not named.

    The 2019 notice of 重庆 lists stars and leaves under one head.
    """
    if "level" not in values or values.get("scheme") in Rating.Scheme.values:
        return
    match = LEVEL_WORDS.fullmatch(display_value(cell))
    province = region.code[:2] if region else ""
    found_value = {
        ("星", "11"): Rating.Scheme.BEIJING_STAR,
        ("星", "50"): Rating.Scheme.CHONGQING_LEVEL,
        ("叶", "50"): Rating.Scheme.CHONGQING_LEAF,
    }.get(((match and match[2]) or "", province))
    if found_value is None:
        raise CellError("看不出是哪个评定办法，请写全：" + "、".join(Rating.Scheme.labels) + "。")
    values["scheme"] = found_value.value


# All of them


def _columns() -> tuple[Column, ...]:
    found = list(_columns_of(None, FIELDS))
    for part in PARTS:
        if part.name not in LEFT_OUT:
            found += _columns_of(part, part.fields)
    return tuple(column for column in found if column.key not in LEFT_OUT)


def _columns_of(part: Part | None, fields: Sequence[AnyField]) -> list[Column]:
    names = {field.name for field in fields}
    siblings = {name: name.removesuffix("_on") + "_precision" for name in names}
    siblings |= {name: f"{name}_precision" for name in names if f"{name}_precision" in names}
    return [
        Column(field, part, siblings[field.name] if siblings[field.name] in names else "")
        for field in fields
        if not field.name.endswith("_precision")
    ]


COLUMNS = _columns()
BY_KEY = {column.key: column for column in COLUMNS}


def head_of(name: str) -> str:
    """Return the Chinese head of a home's own field; of anything else its name."""
    return BY_KEY[name].head if name in BY_KEY else name


def _shared_names() -> dict[str, list[Column]]:
    """Return the names of fields without their parts, and the columns each may mean."""
    found: dict[str, list[Column]] = {}
    for column in COLUMNS:
        for name in {column.field.name, column.head.rpartition("·")[2]}:
            found.setdefault(name, []).append(column)
    return found


def _clear_heads() -> dict[str, Column]:
    """Return every head that is clear by itself, and the column it means."""
    found = {name: columns[0] for name, columns in SHARED.items() if len(columns) == 1}
    found |= {head: BY_KEY[key] for key, heads in ALSO.items() for head in heads}
    return found | {name: column for column in COLUMNS for name in (column.key, column.head)}


SHARED: Mapping[str, list[Column]] = _shared_names()
HEADS: Mapping[str, Column] = _clear_heads()
IDS = {ID, "id"}
# Beside the id in what we export: by it an id that comes back is known to be ours.
MARK = "本站记号"
MARKS = {MARK, "mark"}
# A refused row comes back with this column; it is not read.
REASON = "退回原因"


def columns_of(heads: Sequence[str]) -> dict[str, Column]:
    """Return the column each head means; heads that mean none are left out.

    房型 alone is of the beds or of the fees: of those the sheet otherwise speaks of. Raises
    `SheetError` where that is both, and where two heads mean one column.
    """
    found = {head: column for head in heads if (column := _column_of(head))}
    spoken = {column.part.name for column in found.values() if column.part}
    for head in heads:
        if head not in found and head in SHARED:
            meant = [c for c in SHARED[head] if c.part and c.part.name in spoken]
            if len(meant) > 1:
                words = "、".join(column.head for column in meant)
                raise SheetError(f"“{head}”不知道说的是哪一项，请写全：{words}。")
            if meant:
                found[head] = meant[0]
    keys = [column.key for column in found.values()]
    if twice := [head for head, column in found.items() if keys.count(column.key) > 1]:
        raise SheetError(f"这几列说的是同一项，请只留一列：{'、'.join(twice)}。")
    return found


def _column_of(head: str) -> Column | None:
    return HEADS.get(head) or HEADS.get(head.lower())


def has_required(heads: Sequence[str]) -> bool:
    """Return whether a row of heads identifies the homes of the rows below: by name and region."""
    keys = {column.key for head in heads if (column := _column_of(head))}
    return {"name", "region"} <= keys
