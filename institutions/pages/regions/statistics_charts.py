"""The register's own statistics of a place, as tables with bars; real and demo homes apart."""

from collections import Counter

from carebridge.lib.money import UNKNOWN, whole_yuan
from institutions.models import Institution, MedicalLink
from institutions.pages.parts.bar_chart import (
    Chart,
    ChartFigure,
    ChartRow,
    paired_row,
    spread_bar,
    stacked,
)
from institutions.pages.regions.statistics import Holdings, Side, Spread
from institutions.register.ages import AGES, VACANCY_DAYS
from regions.models.codes import ABILITY_WORDS


def register_charts(held: Holdings) -> list[Chart]:
    """Return every statistic of a place that has any home."""
    return [
        _column_chart("什么机构", "kind", held.real.kinds, held.demo.kinds, held),
        _column_chart("谁办、谁管", "ownership", held.real.ownerships, held.demo.ownerships, held),
        _nursing(held),
        _price_chart(held),
        _vacancy(held),
        _medical(held),
    ]


def whole_words(held: Holdings) -> str:
    """Return the meaning of a full bar for each side that has homes."""
    above = f"实名的条在上，全长是 {held.real.homes:,} 家"
    below = f"示例的条在下，全长是 {held.demo.homes:,} 家"
    shown = [words for side, words in ((held.real, above), (held.demo, below)) if side.homes]
    return f"{'；'.join(shown)}。"


def _paired_row(label: str, real: int, demo: int, held: Holdings) -> ChartRow:
    return paired_row(label, (real, held.real.homes), (demo, held.demo.homes))


def _column_chart(
    title: str, name: str, real: Counter[str], demo: Counter[str], held: Holdings
) -> Chart:
    """Return homes by one column, the most frequent first; unpublished values last."""
    words = dict(Institution._meta.get_field(name).flatchoices)  # type: ignore[union-attr]
    found = sorted((real + demo).items(), key=lambda item: -item[1])
    rows = [_paired_row(str(words[key]), real[key], demo[key], held) for key, _ in found if key]
    rows.append(_paired_row(UNKNOWN, real[""], demo[""], held))
    return Chart(title, whole_words(held), tuple(rows))


def _nursing(held: Holdings) -> Chart:
    """Return the share of nursing beds on each side that has beds of a known category."""
    return Chart(
        "护理型床位占多少",
        "条的全长是说明了是不是护理型的备案床位。",
        tuple(_share_row(side) for side in _sides_with_homes(held)),
        tuple(_beds_note(side) for side in _sides_with_homes(held)),
    )


def _beds_note(side: Side) -> str:
    """Return a note with the homes in the share, and those that published nothing."""
    beds = side.beds
    if not beds.homes:
        return f"{side.name}的 {side.homes:,} 家都没有公布备案床位。"
    rest = f"，其中 {beds.unclassified:,} 张没说是不是护理型" if beds.unclassified else ""
    return (
        f"{side.name}：{beds.homes:,} 家公布了备案床位，共 {beds.registered:,} 张{rest}；"
        f"{beds.homes_unpublished:,} 家没有公布。"
    )


def _share_row(side: Side) -> ChartRow:
    beds = side.beds
    if beds.nursing_percent is None:
        return ChartRow(side.name, (), (ChartFigure(UNKNOWN),))
    figures = (ChartFigure(f"{beds.nursing_percent:g}", "%"),)
    note = f"护理型 {beds.nursing:,} 张，说明了的共 {beds.classified:,} 张"
    bars = stacked([(_side_tone(side), beds.nursing)], beds.classified)
    return ChartRow(side.name, bars, figures, note)


def _price_chart(held: Holdings) -> Chart:
    """Return the spread of list prices at each level; a side without any price is shown in a
    note.
    """
    sides = _sides_with_homes(held)
    shown = [(side, one) for side in sides for one in side.prices if one.priced]
    scale = max((one.highest or 0 for _, one in shown), default=0)
    silent = [side for side in sides if not any(one.priced for one in side.prices)]
    return Chart(
        "标价差多少",
        f"每月床位费、餐费、护理费合计（元）。条从最低到最高，里面的竖线是中位数；"
        f"全长是 {whole_yuan(scale)} 元。"
        if shown
        else "每月床位费、餐费、护理费合计（元）。",
        tuple(_prices_of(side, one, scale) for side, one in shown),
        tuple(f"{side.name}的 {side.homes:,} 家都没有公布能算出标价的收费。" for side in silent),
        is_wide=True,
    )


def _prices_of(side: Side, one: Spread, scale: int) -> ChartRow:
    note = f"{side.name}：有标价 {one.priced:,} 家，未公布 {one.unpublished:,} 家"
    refusing = f"，不收 {one.refusing:,} 家" if one.refusing else ""
    amounts = one.lowest or 0, one.middle or 0, one.highest or 0
    figures = zip(("最低", "中位", "最高"), amounts, strict=True)
    return ChartRow(
        f"{ABILITY_WORDS[one.level]}（{one.level.label}）",
        spread_bar(*amounts, scale, tone=_side_tone(side)),
        tuple(ChartFigure(whole_yuan(amount), "元", label) for label, amount in figures),
        note + refusing,
    )


def _vacancy(held: Holdings) -> Chart:
    return Chart(
        "空床数有多新",
        whole_words(held),
        tuple(
            _paired_row(words, held.real.vacancy[age], held.demo.vacancy[age], held)
            for age, words in AGES.items()
        ),
        (f"{VACANCY_DAYS} 天以前的空床数不显示，也不能用来查找。",),
    )


def _medical(held: Holdings) -> Chart:
    rows = [
        _paired_row(str(words), held.real.medical[mode], held.demo.medical[mode], held)
        for mode, words in MedicalLink.Mode.choices
        if held.real.medical[mode] + held.demo.medical[mode]
    ]
    rows.append(_paired_row(UNKNOWN, held.real.medical_unknown, held.demo.medical_unknown, held))
    return Chart(
        "怎么看病",
        whole_words(held),
        tuple(rows),
        ("一家机构可以有几种方式，各行之和会多于总数。",),
    )


def _sides_with_homes(held: Holdings) -> list[Side]:
    """Return the sides that have homes, real before demo."""
    return [side for side in (held.real, held.demo) if side.homes]


def _side_tone(side: Side) -> str:
    return "alt" if side.is_demo else "val"
