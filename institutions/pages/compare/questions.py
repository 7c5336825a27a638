"""What families ask of every home they compare, and how a home answers, by question."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from carebridge.lib.money import exact_yuan
from institutions.costs.monthly_cost import Lack
from institutions.models import Bed, Designation, Fee, Institution, Level, QualityRecord
from institutions.models.institution import TAKES
from institutions.pages.compare.table import (
    Answer,
    Bridge,
    Column,
    Group,
    Notes,
    Question,
    Said,
    extreme,
    row,
    shortfalls,
    words,
)
from institutions.register.ages import format_period
from institutions.register.record import path_of
from regions.policies.agreements import Matter

NEEDS = tuple(name for name in TAKES if name.startswith("meets_"))
# Paid beside what every month costs.
OTHER_FEES = (Fee.Kind.UTILITIES, Fee.Kind.SUPPLIES, Fee.Kind.TRIAL, Fee.Kind.OTHER)
QUALITY_KINDS = (
    QualityRecord.Kind.CIVIL_AFFAIRS,
    QualityRecord.Kind.FIRE,
    QualityRecord.Kind.FOOD,
    QualityRecord.Kind.MEDICAL,
    QualityRecord.Kind.EVALUATION,
    QualityRecord.Kind.CREDIT,
    QualityRecord.Kind.LIABILITY_INSURANCE,
)


def groups(columns: list[Column], notes: Notes) -> list[Group]:
    """Every question, by what families want to know."""
    asked = {
        "每月要花多少": money(columns),
        "能不能住": ROOM_FOR_THE_ELDER,
        "看病和医保": MEDICAL,
        "试住、退费和留床": TERMS,
        "质量、人员和位置": [*QUALITY_AND_PLACE, *_far(columns)],
    }
    return [
        Group(title, tuple(row(question, columns, notes) for question in questions))
        for title, questions in asked.items()
    ]


# What a month costs


def money(columns: list[Column]) -> list[Question]:
    prices = [c.cost.list_price for c in columns if c.cost and c.cost.list_price]
    dearest = max(prices, default=0)
    open_ended = any(c.cost and c.cost.ledger.is_at_most for c in columns)
    least = "按已经确定的算，最低" if open_ended else "补贴后最低"
    for_elder = [
        Question("补贴后每月", "", lambda c: _net(c, dearest), extreme(min, least)),
        Question("标价", "补贴前", _list_price, extreme(min, "标价最低")),
        Question("跟着老人走的", "抵账单和发给老人的", _follows, shortfalls),
        Question("为什么", "哪几项，依据什么文件", _reasons),
        Question("还没算进的", "要先确认，或不知道", _open),
    ]
    lowest = [Question("每月标价，最低", "补贴前", _lowest, extreme(min, "标价最低"))]
    return [
        *(for_elder if any(c.cost for c in columns) else lowest),
        Question("标价里有什么", "", _parts),
        Question("押金", "", lambda c: _once(c, Fee.Kind.DEPOSIT)),
        Question("医疗备用金", "", lambda c: _once(c, Fee.Kind.MEDICAL_RESERVE)),
        Question("会员费", "", lambda c: _once(c, Fee.Kind.MEMBERSHIP)),
        Question("另外收的钱", "水电、用品、试住等", _other_fees),
    ]


def _net(column: Column, dearest: int) -> Answer:
    cost = column.cost
    if cost is None or cost.to_pay is None or cost.list_price is None:
        return words("暂时算不出", cost.missing if cost else "")
    most = "至多" if cost.ledger.is_at_most else ""
    share = 100 / dearest if dearest else 0
    return Answer(
        (Said(most, cost.to_pay, "元/月", is_big=True),),
        ("fees",),
        rank=cost.to_pay,
        bridge=Bridge(round(cost.list_price * share, 1), round(cost.to_pay * share, 1)),
    )


def _list_price(column: Column) -> Answer:
    cost = column.cost
    if cost is None or cost.list_price is None:
        return words(cost.missing) if cost and cost.lack == Lack.REFUSED else Answer()
    whom = f"按{cost.level.label}、最便宜的房型算" if cost.level is not None else ""
    said = (Said("", cost.list_price, "元/月"), Said(whom))
    return Answer(said, ("fees",), rank=cost.list_price)


def _lowest(column: Column) -> Answer:
    price = column.card.price
    if price.amount is None:
        return words(*([f"算不出：{price.missing}"] if column.profile.fees.lines else []))
    said = (Said("", price.amount, "元/月"), Said(price.words))
    return Answer(said, ("fees",), rank=price.amount)


def _follows(column: Column) -> Answer:
    if column.cost is None or column.cost.to_pay is None:
        return words("暂时算不出")
    if not column.cost.follows and column.cost.ledger.is_at_most:
        return words("还没有能确定的")
    said = Said("", -column.cost.follows, "元/月")
    return Answer((said,), rank=column.cost.follows)


def _reasons(column: Column) -> Answer:
    if column.cost is None or column.cost.ledger.bill is None:
        return words("暂时算不出")
    said = tuple(
        Said(line.policy.name, -(line.counted or 0), "元", False, line.cited, line.cited_url)
        for line in column.cost.ledger.counted
    )
    return Answer(said or (Said("没有能确定跟着走的"),))


def _open(column: Column) -> Answer:
    if column.cost is None:
        return Answer()
    lines = column.cost.ledger.open_lines
    said = tuple(Said(f"{line.policy.name}：{line.verdict}") for line in lines)
    return Answer(said or (Said("没有"),))


def _parts(column: Column) -> Answer:
    """Bed, meals and care at the elder's level; else at the level of the lowest price."""
    levels = column.profile.fees.levels
    if column.cost and column.cost.level is not None:
        level = levels[column.cost.level]
    else:
        priced = [level for level in levels if level.price is not None]
        level = min(priced, key=lambda level: level.price or 0, default=levels[0])
    parts = {"床位费": level.bed, "餐费": level.meals, "护理费": level.care}
    known = [f"{name} {exact_yuan(fen)} 元" for name, fen in parts.items() if fen is not None]
    unknown = [name for name, fen in parts.items() if fen is None]
    if not known:
        return Answer()
    return words(*known, *([f"{'、'.join(unknown)}：未公布"] if unknown else []), paths=["fees"])


def _once(column: Column, kind: Fee.Kind) -> Answer:
    fees = column.fees(kind)
    found = words(*(_fee(fee) for fee in fees), paths=map(path_of, fees))
    too_much = kind == Fee.Kind.DEPOSIT and any("押金" in w for w in column.profile.fees.warnings)
    return replace(found, mark="高于国家规定的上限", is_short=True) if too_much else found


def _fee(fee: Fee) -> str:
    conditions = f"（{fee.conditions}）" if fee.conditions else ""
    return f"{exact_yuan(fee.amount)} {fee.get_period_display()}{conditions}"


def _other_fees(column: Column) -> Answer:
    fees = column.fees(*OTHER_FEES)
    lines = [f"{fee.get_kind_display()} {_fee(fee)}" for fee in fees]
    return words(*lines, paths=map(path_of, fees))


# Whom it takes, and where there is room


def _operating(column: Column) -> Answer:
    home = column.home
    if not home.operating:
        return Answer()
    since = f"（{home.stopped}）" if home.stopped else ""
    found = words(f"{home.get_operating_display()}{since}", paths=["operating"])
    if home.operating == Institution.Operating.OPEN:
        return found
    return replace(found, mark="现在不能入住", is_short=True)


def _vacancy(column: Column) -> Answer:
    card = column.card
    if card.vacant is None:
        return Answer()
    paths = [path_of(bed) for bed in column.home.beds.all() if bed.vacant is not None]
    if not card.vacancy_told:
        return replace(words("先打电话问", paths=paths), as_of=card.vacant_as_of)
    found = words(f"{card.vacant} 张", paths=paths)
    return replace(found, rank=card.vacant, as_of=card.vacant_as_of)


def _this_elder(column: Column) -> Answer:
    level = column.cost.level if column.cost else None
    if level is None:
        return words("先填老人的国家能力评估等级")
    name = f"takes_level_{level}"
    found = words(*filter(None, [column.takes(name)]), paths=[name])
    if column.takes(name) == "不收":
        return replace(found, mark="不收这样的老人", is_short=True)
    return found


def _levels(column: Column) -> Answer:
    return _by_answer(column, [f"takes_level_{level}" for level in Level])


def _needs(column: Column) -> Answer:
    return _by_answer(column, NEEDS)


def _by_answer(column: Column, names: Iterable[str]) -> Answer:
    """收：…；不收：…；未公布：…, of several questions with the same answers."""
    lines = [line for line in column.profile.takes if line.path in set(names)]
    answers: dict[str, list[str]] = {}
    for line in sorted(lines, key=lambda line: (not line.answer, line.answer.startswith("不"))):
        short = line.official if line.path.startswith("takes_level") else line.label
        answers.setdefault(line.answer, []).append(short.removesuffix("的老人"))
    if set(answers) == {""}:
        return Answer()
    told = [f"{answer or '未公布'}：{'、'.join(whom)}" for answer, whom in answers.items()]
    return words(*told, paths=[line.path for line in lines if line.answer])


def _one(name: str) -> Callable[[Column], Answer]:
    return lambda column: words(column.takes(name), paths=[name])


def _rooms(column: Column) -> Answer:
    known = [bed for bed in column.home.beds.all() if bed.room != Bed.Room.UNSPECIFIED]
    rooms = dict.fromkeys(str(bed.get_room_display()) for bed in known)
    return words("、".join(rooms), paths=map(path_of, known))


ROOM_FOR_THE_ELDER = [
    Question("现在营业吗", "营业状态", _operating),
    Question("空床", "", _vacancy, extreme(max, "空床最多")),
    Question("收不收这位老人", "按能力等级", _this_elder),
    Question("收哪些能力等级", "", _levels),
    Question("记性不好、会糊涂的老人", "认知症", _one("takes_dementia")),
    Question("爷爷", "男性", _one("takes_men")),
    Question("奶奶", "女性", _one("takes_women")),
    Question("户口不在当地", "外地户籍", _one("takes_nonlocal")),
    Question("只住一阵子", "短住、旅居康养", _one("takes_sojourn")),
    Question("特别的照顾", "", _needs),
    Question("有哪些房型", "", _rooms),
]

# Medical care


def _modes(column: Column) -> Answer:
    links = column.home.medical_links.all()
    return words(*dict.fromkeys(map(str, links)), paths=map(path_of, links))


def _settlement(column: Column) -> Answer:
    links = [link for link in column.home.medical_links.all() if link.is_on_site]
    told = "" if column.card.settlement == "未公布" else column.card.settlement
    return words(told, paths=map(path_of, links))


def _away(column: Column) -> Answer:
    """How bills settle between the place of insurance and the home's, kind by kind."""
    return Answer(tuple(map(_matter, column.care)))


def _matter(matter: Matter) -> Said:
    words = f"{matter.label}：{matter.words}"
    if matter.agreement is None:
        return Said(words)
    document = matter.agreement.document
    cited = f"{document}，{document.issued}（{document.get_grade_display()}）"
    return Said(words, cited=cited, url=document.get_absolute_url())


def _link(name: str, yes: str, no: str) -> Callable[[Column], Answer]:
    """Of every medical institution that answers: who does and who does not."""

    def answer(column: Column) -> Answer:
        links = column.home.medical_links.all()
        told = [link for link in links if getattr(link, name) is not None]
        return words(
            *(f"{yes if getattr(link, name) else no}（{link}）" for link in told),
            paths=[f"{path_of(link)}/{name}" for link in told],
        )

    return answer


def _on_list(*kinds: Designation.Kind) -> Callable[[Column], Answer]:
    """The lists it stands on, with who keeps each and since when; of the others nobody says."""

    def answer(column: Column) -> Answer:
        rows = column.designations(*kinds)
        lines = [
            f"{d.get_kind_display()}（{d.region.full_name}"
            f"，{format_period(d.since, d.valid_to) or '起止未公布'}）"
            for d in rows
        ]
        return words(*lines, paths=map(path_of, rows))

    return answer


MEDICAL = [
    Question("和医院、医务室的联系", "医养结合", _modes),
    Question("在这里看病能不能刷医保", "院内或隔壁的医保结算", _settlement),
    Question("参保地的医保到这里怎么结算", "异地就医", _away),
    Question("重病转到哪里", "转诊医院", _link("is_transfer_hospital", "转到这里", "不转到这里")),
    Question("看急病有绿色通道", "", _link("green_channel", "有", "没有")),
    Question(
        "检查结果别处也认", "互认名单", _link("on_recognition_list", "在名单内", "不在名单内")
    ),
    Question("长护险定点", "长期护理保险", _on_list(Designation.Kind.LTCI)),
    Question(
        "外地补贴名单和试点",
        "",
        _on_list(Designation.Kind.SUBSIDY_LIST, Designation.Kind.PILOT),
    ),
]

# Trying, leaving, paying ahead


def _term(number: int) -> Callable[[Column], Answer]:
    def answer(column: Column) -> Answer:
        line = column.profile.terms[number]
        found = words(line.answer, paths=[line.path])
        too_much = line.path.endswith("prepay_months") and any(
            "服务费" in warning for warning in column.profile.fees.warnings
        )
        return replace(found, mark="超过国家规定的 12 个月", is_short=True) if too_much else found

    return answer


TERMS = [
    Question("试住", "", _term(0)),
    Question("退费", "", _term(1)),
    Question("请假时床位留不留", "留床", _term(2)),
    Question("最多先交几个月", "预收费", _term(3)),
    Question("预收的钱存在哪家银行", "存管", _term(4)),
    Question("存管账户公示了吗", "", _term(5)),
]

# Quality, people, place


def _latest_quality(column: Column) -> Answer:
    """The newest record of each kind; the rows come newest first."""
    newest: dict[str, QualityRecord] = {}
    for record in column.home.quality_records.all():
        newest.setdefault(record.kind, record)
    found = [newest[kind] for kind in QUALITY_KINDS if kind in newest]
    lines = [
        f"{record}（{record.by + '，' if record.by else ''}{record.dated}）" for record in found
    ]
    return words(*lines, paths=map(path_of, found))


def _staff(column: Column) -> Answer:
    figures = [f for f in column.home.staff_figures.all() if f.headcount is not None]
    lines = [
        f"{f.get_role_display()} {f.headcount} 人"
        + (f"，持证 {f.certified} 人" if f.certified is not None else "")
        + f"（{f.dated}）"
        for f in figures
    ]
    return words(*lines, paths=map(path_of, figures))


def _field(name: str) -> Callable[[Column], Answer]:
    def answer(column: Column) -> Answer:
        display = getattr(column.home, f"get_{name}_display", None)
        told = display() if display else getattr(column.home, name)
        return words(str(told or ""), paths=[name])

    return answer


QUALITY_AND_PLACE = [
    Question("检查、评价、信用和保险", "每种最近一次", _latest_quality),
    Question("在这里工作的人", "", _staff),
    Question("机构类型", "", _field("kind")),
    Question("谁办的", "运营方式", _field("ownership")),
    Question("备案编号", "", _field("filing_number")),
    Question("地区", "", lambda c: words(c.card.place, paths=["region"])),
    Question("地址", "", _field("address")),
]


def _far(columns: list[Column]) -> list[Question]:
    """How far each is from the places a family measures from, if any is told."""
    if not any(column.card.distances for column in columns):
        return []
    return [Question("直线距离", "", _distance)]


def _distance(column: Column) -> Answer:
    told = [distance.words for distance in column.card.distances]
    is_known = any(distance.metres is not None for distance in column.card.distances)
    return words(*told, paths=["longitude", "latitude"] if is_known else [])
