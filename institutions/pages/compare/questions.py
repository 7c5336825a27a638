"""Questions that families ask of every home they compare, and the answers of a home."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from carebridge.lib.money import exact_yuan
from institutions.costs.monthly_cost import Lack
from institutions.models import Bed, Designation, Fee, Institution, Level, QualityRecord
from institutions.models.institution import TAKES
from institutions.pages.compare.table import (
    AnswerLine,
    Bridge,
    Group,
    HomeAnswer,
    HomeColumn,
    HomeQuestion,
    Notes,
    answer_row,
    extreme,
    plain_answer,
    shortfalls,
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


def question_groups(columns: list[HomeColumn], notes: Notes) -> list[Group]:
    """Return every question, grouped by the interest of families."""
    asked = {
        "每月要花多少": money_questions(columns),
        "能不能住": ROOM_FOR_THE_ELDER,
        "看病和医保": MEDICAL,
        "试住、退费和留床": TERMS,
        "质量、人员和位置": [*QUALITY_AND_PLACE, *_distance_questions(columns)],
    }
    return [
        Group(title, tuple(answer_row(question, columns, notes) for question in questions))
        for title, questions in asked.items()
    ]


# What a month costs


def money_questions(columns: list[HomeColumn]) -> list[HomeQuestion]:
    prices = [c.cost.list_price for c in columns if c.cost and c.cost.list_price]
    dearest = max(prices, default=0)
    open_ended = any(c.cost and c.cost.ledger.is_at_most for c in columns)
    least = "按已经确定的算，最低" if open_ended else "补贴后最低"
    for_elder = [
        HomeQuestion("补贴后每月", "", lambda c: _net_price(c, dearest), extreme(min, least)),
        HomeQuestion("标价", "补贴前", _list_price, extreme(min, "标价最低")),
        HomeQuestion("跟着老人走的", "抵账单和发给老人的", _follows, shortfalls),
        HomeQuestion("为什么", "哪几项，依据什么文件", _reasons),
        HomeQuestion("还没算进的", "要先确认，或不知道", _open_benefits),
    ]
    lowest = [HomeQuestion("每月标价，最低", "补贴前", _lowest_price, extreme(min, "标价最低"))]
    return [
        *(for_elder if any(c.cost for c in columns) else lowest),
        HomeQuestion("标价里有什么", "", _price_parts),
        HomeQuestion("押金", "", lambda c: _one_off_fees(c, Fee.Kind.DEPOSIT)),
        HomeQuestion("医疗备用金", "", lambda c: _one_off_fees(c, Fee.Kind.MEDICAL_RESERVE)),
        HomeQuestion("会员费", "", lambda c: _one_off_fees(c, Fee.Kind.MEMBERSHIP)),
        HomeQuestion("另外收的钱", "水电、用品、试住等", _other_fees),
    ]


def _net_price(column: HomeColumn, dearest: int) -> HomeAnswer:
    cost = column.cost
    if cost is None or cost.to_pay is None or cost.list_price is None:
        return plain_answer("暂时算不出", cost.missing if cost else "")
    most = "至多" if cost.ledger.is_at_most else ""
    share = 100 / dearest if dearest else 0
    return HomeAnswer(
        (AnswerLine(most, cost.to_pay, "元/月", is_big=True),),
        ("fees",),
        rank=cost.to_pay,
        bridge=Bridge(round(cost.list_price * share, 1), round(cost.to_pay * share, 1)),
    )


def _list_price(column: HomeColumn) -> HomeAnswer:
    cost = column.cost
    if cost is None or cost.list_price is None:
        return plain_answer(cost.missing) if cost and cost.lack == Lack.REFUSED else HomeAnswer()
    whom = f"按{cost.level.label}、最便宜的房型算" if cost.level is not None else ""
    answer_lines = (AnswerLine("", cost.list_price, "元/月"), AnswerLine(whom))
    return HomeAnswer(answer_lines, ("fees",), rank=cost.list_price)


def _lowest_price(column: HomeColumn) -> HomeAnswer:
    price = column.card.price
    if price.amount is None:
        return plain_answer(*([f"算不出：{price.missing}"] if column.profile.fees.lines else []))
    answer_lines = (AnswerLine("", price.amount, "元/月"), AnswerLine(price.words))
    return HomeAnswer(answer_lines, ("fees",), rank=price.amount)


def _follows(column: HomeColumn) -> HomeAnswer:
    if column.cost is None or column.cost.to_pay is None:
        return plain_answer("暂时算不出")
    if not column.cost.follows and column.cost.ledger.is_at_most:
        return plain_answer("还没有能确定的")
    answer_lines = AnswerLine("", -column.cost.follows, "元/月")
    return HomeAnswer((answer_lines,), rank=column.cost.follows)


def _reasons(column: HomeColumn) -> HomeAnswer:
    if column.cost is None or column.cost.ledger.bill is None:
        return plain_answer("暂时算不出")
    answer_lines = tuple(
        AnswerLine(line.policy.name, -(line.counted or 0), "元", False, line.cited, line.cited_url)
        for line in column.cost.ledger.counted
    )
    return HomeAnswer(answer_lines or (AnswerLine("没有能确定跟着走的"),))


def _open_benefits(column: HomeColumn) -> HomeAnswer:
    if column.cost is None:
        return HomeAnswer()
    lines = column.cost.ledger.open_lines
    answer_lines = tuple(AnswerLine(f"{line.policy.name}：{line.verdict}") for line in lines)
    return HomeAnswer(answer_lines or (AnswerLine("没有"),))


def _price_parts(column: HomeColumn) -> HomeAnswer:
    """Return bed, meals and care at the elder's level; else at the level of the lowest price."""
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
        return HomeAnswer()
    return plain_answer(
        *known, *([f"{'、'.join(unknown)}：未公布"] if unknown else []), paths=["fees"]
    )


def _one_off_fees(column: HomeColumn, kind: Fee.Kind) -> HomeAnswer:
    fees = column.fees(kind)
    found = plain_answer(*(_fee_words(fee) for fee in fees), paths=map(path_of, fees))
    too_much = kind == Fee.Kind.DEPOSIT and any("押金" in w for w in column.profile.fees.warnings)
    return replace(found, mark="高于国家规定的上限", is_short=True) if too_much else found


def _fee_words(fee: Fee) -> str:
    conditions = f"（{fee.conditions}）" if fee.conditions else ""
    return f"{exact_yuan(fee.amount)} {fee.get_period_display()}{conditions}"


def _other_fees(column: HomeColumn) -> HomeAnswer:
    fees = column.fees(*OTHER_FEES)
    lines = [f"{fee.get_kind_display()} {_fee_words(fee)}" for fee in fees]
    return plain_answer(*lines, paths=map(path_of, fees))


# Whom it takes, and where there is room


def _operating(column: HomeColumn) -> HomeAnswer:
    home = column.home
    if not home.operating:
        return HomeAnswer()
    since = f"（{home.stopped}）" if home.stopped else ""
    found = plain_answer(f"{home.get_operating_display()}{since}", paths=["operating"])
    if home.operating == Institution.Operating.OPEN:
        return found
    return replace(found, mark="现在不能入住", is_short=True)


def _vacancy(column: HomeColumn) -> HomeAnswer:
    card = column.card
    if card.vacant is None:
        return HomeAnswer()
    paths = [path_of(bed) for bed in column.home.beds.all() if bed.vacant is not None]
    if not card.vacancy_known:
        return replace(plain_answer("先打电话问", paths=paths), as_of=card.vacant_as_of)
    found = plain_answer(f"{card.vacant} 张", paths=paths)
    return replace(found, rank=card.vacant, as_of=card.vacant_as_of)


def _this_elder(column: HomeColumn) -> HomeAnswer:
    level = column.cost.level if column.cost else None
    if level is None:
        return plain_answer("先填老人的国家能力评估等级")
    name = f"takes_level_{level}"
    found = plain_answer(*filter(None, [column.takes(name)]), paths=[name])
    if column.takes(name) == "不收":
        return replace(found, mark="不收这样的老人", is_short=True)
    return found


def _levels_taken(column: HomeColumn) -> HomeAnswer:
    return _by_answer(column, [f"takes_level_{level}" for level in Level])


def _needs_met(column: HomeColumn) -> HomeAnswer:
    return _by_answer(column, NEEDS)


def _by_answer(column: HomeColumn, names: Iterable[str]) -> HomeAnswer:
    """收：…；不收：…；未公布：…, of several questions with the same answers."""
    lines = [line for line in column.profile.takes if line.path in set(names)]
    answers: dict[str, list[str]] = {}
    for line in sorted(lines, key=lambda line: (not line.answer, line.answer.startswith("不"))):
        short = line.official if line.path.startswith("takes_level") else line.label
        answers.setdefault(line.answer, []).append(short.removesuffix("的老人"))
    if set(answers) == {""}:
        return HomeAnswer()
    published = [f"{answer or '未公布'}：{'、'.join(whom)}" for answer, whom in answers.items()]
    return plain_answer(*published, paths=[line.path for line in lines if line.answer])


def _yes_or_no(name: str) -> Callable[[HomeColumn], HomeAnswer]:
    return lambda column: plain_answer(column.takes(name), paths=[name])


def _room_kinds(column: HomeColumn) -> HomeAnswer:
    known = [bed for bed in column.home.beds.all() if bed.room != Bed.Room.UNSPECIFIED]
    rooms = dict.fromkeys(str(bed.get_room_display()) for bed in known)
    return plain_answer("、".join(rooms), paths=map(path_of, known))


ROOM_FOR_THE_ELDER = [
    HomeQuestion("现在营业吗", "营业状态", _operating),
    HomeQuestion("空床", "", _vacancy, extreme(max, "空床最多")),
    HomeQuestion("收不收这位老人", "按能力等级", _this_elder),
    HomeQuestion("收哪些能力等级", "", _levels_taken),
    HomeQuestion("记性不好、会糊涂的老人", "认知症", _yes_or_no("takes_dementia")),
    HomeQuestion("爷爷", "男性", _yes_or_no("takes_men")),
    HomeQuestion("奶奶", "女性", _yes_or_no("takes_women")),
    HomeQuestion("户口不在当地", "外地户籍", _yes_or_no("takes_nonlocal")),
    HomeQuestion("只住一阵子", "短住、旅居康养", _yes_or_no("takes_sojourn")),
    HomeQuestion("特别的照顾", "", _needs_met),
    HomeQuestion("有哪些房型", "", _room_kinds),
]

# Medical care


def _medical_modes(column: HomeColumn) -> HomeAnswer:
    links = column.home.medical_links.all()
    return plain_answer(*dict.fromkeys(map(str, links)), paths=map(path_of, links))


def _settlement(column: HomeColumn) -> HomeAnswer:
    links = [link for link in column.home.medical_links.all() if link.is_on_site]
    published = "" if column.card.settlement == "未公布" else column.card.settlement
    return plain_answer(published, paths=map(path_of, links))


def _settlement_away(column: HomeColumn) -> HomeAnswer:
    """Return the settlement of bills between the place of insurance and the home's, by kind."""
    return HomeAnswer(tuple(map(_matter_line, column.care)))


def _matter_line(matter: Matter) -> AnswerLine:
    words = f"{matter.label}：{matter.words}"
    if matter.agreement is None:
        return AnswerLine(words)
    document = matter.agreement.document
    cited = f"{document}，{document.issued}（{document.get_grade_display()}）"
    return AnswerLine(words, cited=cited, url=document.get_absolute_url())


def _link_answer(name: str, yes: str, no: str) -> Callable[[HomeColumn], HomeAnswer]:
    """Return an answer for every medical institution that publishes the field."""

    def answer(column: HomeColumn) -> HomeAnswer:
        links = column.home.medical_links.all()
        published = [link for link in links if getattr(link, name) is not None]
        return plain_answer(
            *(f"{yes if getattr(link, name) else no}（{link}）" for link in published),
            paths=[f"{path_of(link)}/{name}" for link in published],
        )

    return answer


def _on_list(*kinds: Designation.Kind) -> Callable[[HomeColumn], HomeAnswer]:
    """Return the lists it stands on, with the keeper and first day of each."""

    def answer(column: HomeColumn) -> HomeAnswer:
        rows = column.designations(*kinds)
        lines = [
            f"{d.get_kind_display()}（{d.region.full_name}"
            f"，{format_period(d.since, d.valid_to) or '起止未公布'}）"
            for d in rows
        ]
        return plain_answer(*lines, paths=map(path_of, rows))

    return answer


MEDICAL = [
    HomeQuestion("和医院、医务室的联系", "医养结合", _medical_modes),
    HomeQuestion("在这里看病能不能刷医保", "院内或隔壁的医保结算", _settlement),
    HomeQuestion("参保地的医保到这里怎么结算", "异地就医", _settlement_away),
    HomeQuestion(
        "重病转到哪里", "转诊医院", _link_answer("is_transfer_hospital", "转到这里", "不转到这里")
    ),
    HomeQuestion("看急病有绿色通道", "", _link_answer("green_channel", "有", "没有")),
    HomeQuestion(
        "检查结果别处也认",
        "互认名单",
        _link_answer("on_recognition_list", "在名单内", "不在名单内"),
    ),
    HomeQuestion("长护险定点", "长期护理保险", _on_list(Designation.Kind.LTCI)),
    HomeQuestion(
        "外地补贴名单和试点",
        "",
        _on_list(Designation.Kind.SUBSIDY_LIST, Designation.Kind.PILOT),
    ),
]

# Trying, leaving, paying ahead


def _term_answer(number: int) -> Callable[[HomeColumn], HomeAnswer]:
    def answer(column: HomeColumn) -> HomeAnswer:
        line = column.profile.terms[number]
        found = plain_answer(line.answer, paths=[line.path])
        too_much = line.path.endswith("prepay_months") and any(
            "服务费" in warning for warning in column.profile.fees.warnings
        )
        return replace(found, mark="超过国家规定的 12 个月", is_short=True) if too_much else found

    return answer


TERMS = [
    HomeQuestion("试住", "", _term_answer(0)),
    HomeQuestion("退费", "", _term_answer(1)),
    HomeQuestion("请假时床位留不留", "留床", _term_answer(2)),
    HomeQuestion("最多先交几个月", "预收费", _term_answer(3)),
    HomeQuestion("预收的钱存在哪家银行", "存管", _term_answer(4)),
    HomeQuestion("存管账户公示了吗", "", _term_answer(5)),
]

# Quality, people, place


def _latest_quality(column: HomeColumn) -> HomeAnswer:
    """Return the newest record of each kind; the rows come newest first."""
    newest: dict[str, QualityRecord] = {}
    for record in column.home.quality_records.all():
        newest.setdefault(record.kind, record)
    found = [newest[kind] for kind in QUALITY_KINDS if kind in newest]
    lines = [
        f"{record}（{record.by + '，' if record.by else ''}{record.dated}）" for record in found
    ]
    return plain_answer(*lines, paths=map(path_of, found))


def _staff_counts(column: HomeColumn) -> HomeAnswer:
    figures = [f for f in column.home.staff_figures.all() if f.headcount is not None]
    lines = [
        f"{f.get_role_display()} {f.headcount} 人"
        + (f"，持证 {f.certified} 人" if f.certified is not None else "")
        + f"（{f.dated}）"
        for f in figures
    ]
    return plain_answer(*lines, paths=map(path_of, figures))


def _field_answer(name: str) -> Callable[[HomeColumn], HomeAnswer]:
    def answer(column: HomeColumn) -> HomeAnswer:
        display = getattr(column.home, f"get_{name}_display", None)
        published = display() if display else getattr(column.home, name)
        return plain_answer(str(published or ""), paths=[name])

    return answer


QUALITY_AND_PLACE = [
    HomeQuestion("检查、评价、信用和保险", "每种最近一次", _latest_quality),
    HomeQuestion("在这里工作的人", "", _staff_counts),
    HomeQuestion("机构类型", "", _field_answer("kind")),
    HomeQuestion("谁办的", "运营方式", _field_answer("ownership")),
    HomeQuestion("备案编号", "", _field_answer("filing_number")),
    HomeQuestion("地区", "", lambda c: plain_answer(c.card.place, paths=["region"])),
    HomeQuestion("地址", "", _field_answer("address")),
]


def _distance_questions(columns: list[HomeColumn]) -> list[HomeQuestion]:
    """Return questions on the distance to the places a family measures from, if any is given."""
    if not any(column.card.distances for column in columns):
        return []
    return [HomeQuestion("直线距离", "", _distance)]


def _distance(column: HomeColumn) -> HomeAnswer:
    published = [distance.words for distance in column.card.distances]
    is_known = any(distance.metres is not None for distance in column.card.distances)
    return plain_answer(*published, paths=["longitude", "latitude"] if is_known else [])
