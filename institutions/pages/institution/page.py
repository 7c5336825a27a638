"""One institution as its page shows it, on one day: plain data, nothing that queries.

Money is fen, None is "not published". What needs no shaping is handed on as the model's own rows.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db.models import Prefetch

from institutions.models import (
    ContractTerms,
    Designation,
    Fee,
    Institution,
    Level,
    MedicalLink,
    Phone,
    Photo,
    Provenance,
    QualityRecord,
    Rating,
    Service,
    StaffFigure,
)
from institutions.models.institution import PARTS, TAKES, InstitutionQuerySet
from institutions.models.quality import latest_ratings
from institutions.pages.institution.beds import BedTable, bed_table
from institutions.pages.institution.fees import Fees, fee_table
from institutions.pages.institution.updates import UpdateLine, for_updates, updates
from institutions.register.ages import format_period, is_stale, state_on
from institutions.register.needs import TAKES_WORDS
from institutions.register.provenance import SourceLine, group_sources, sources_of
from institutions.register.record import path_of
from regions.models import Region

# The paths of the record that each section of the page shows.
SECTIONS: dict[str, tuple[str, ...]] = {
    "heading": ("name", "aliases", "kind", "ownership", "operating", "introduction"),
    "beds": ("beds",),
    "fees": ("fees",),
    "terms": ("terms",),
    "takes": TAKES,
    "medical": ("medical_links", "designations"),
    "quality": ("ratings", "quality_records"),
    "staff": ("staff_figures",),
    "services": ("services",),
    "place": ("region", "address", "longitude", "latitude", "phones", "website"),
    "standing": (
        "operator",
        "credit_code",
        "filing_number",
        "filing_authority",
        "filed_on",
        "opened_on",
        "on_beijing_platform",
    ),
}


def for_profile() -> InstitutionQuerySet:
    """Institutions with all that a profile reads: a query for the row, each part, the steps."""
    plain = [part for part in PARTS if part not in ("terms", "designations", "provenance")]
    return (
        Institution.objects.with_place()
        .select_related("terms")
        .prefetch_related(
            *plain,
            Prefetch(
                "designations",
                Designation.objects.select_related("region__parent__parent", "document"),
            ),
            Prefetch("provenance", Provenance.objects.select_related("document")),
            for_updates(),
        )
    )


@dataclass(frozen=True)
class ProfileLine:
    """A question and its answer in words; an empty answer is not published.

    `path` is the figure's place in the record, for corrections.
    """

    label: str
    answer: str
    official: str = ""
    path: str = field(default="", compare=False)


@dataclass(frozen=True)
class MedicalLine:
    title: str
    answers: list[ProfileLine]


@dataclass(frozen=True)
class DesignationLine:
    name: str
    region: str
    period: str
    state: str
    document: str
    url: str
    path: str = field(default="", compare=False)


@dataclass(frozen=True)
class RatingLine:
    scheme: str
    level: str
    year: int
    valid_to: datetime.date | None
    expired: bool
    path: str = field(default="", compare=False)


@dataclass(frozen=True)
class Stop:
    """Why nobody can move in now."""

    title: str
    since: str
    reason: str


@dataclass(frozen=True)
class Stale:
    """Figures old enough to ring first, and the age of the oldest."""

    what: str
    as_of: datetime.date
    days: int


@dataclass(frozen=True)
class Profile:
    institution: Institution
    aliases: list[str]
    lineage: list[Region]
    tags: list[str]
    stop: Stop | None
    stale: Stale | None
    beds: BedTable
    fees: Fees
    terms: list[ProfileLine]
    takes: list[ProfileLine]
    medical: list[MedicalLine]
    designations: list[DesignationLine]
    ratings: list[RatingLine]
    quality: list[QualityRecord]
    staff: list[StaffFigure]
    services: list[Service]
    phones: list[Phone]
    photos: list[Photo]
    sources: dict[str, list[SourceLine]]
    all_sources: list[SourceLine]
    updated: datetime.date | None
    updates: list[UpdateLine]

    @property
    def place(self) -> str:
        """Return region and address without the part they share."""
        region, address = "".join(r.name for r in self.lineage), self.institution.address
        shared = next((n for n in range(len(address), 0, -1) if region.endswith(address[:n])), 0)
        return address if address.startswith(region) else region + address[shared:]

    @property
    def phone(self) -> Phone | None:
        """Return the first number that can be rung."""
        return next((phone for phone in self.phones if phone.dialable), None)

    @property
    def answered(self) -> bool:
        """Return whether any level or need it takes is published."""
        return any(line.answer for line in self.takes)


def profile(institution: Institution, on: datetime.date) -> Profile:
    """Return the page of `institution`, which comes from `for_profile()`, on the day `on`."""
    provenance = list(institution.provenance.all())
    bed_rows, fee_rows = list(institution.beds.all()), list(institution.fees.all())
    terms = getattr(institution, "terms", None)
    refused = [level for level in Level if institution.takes(level) is False]
    fee_sources = sources_of(provenance, ["fees"])
    beds = bed_table(bed_rows, fee_rows, on)
    return Profile(
        institution=institution,
        aliases=[alias for alias in map(str.strip, institution.aliases.splitlines()) if alias],
        lineage=institution.region.lineage(),
        tags=_home_tags(institution, on),
        stop=_stop_notice(institution),
        stale=_stale_notice(
            beds, fee_rows, min((row.as_of for row in fee_sources), default=None), on
        ),
        beds=beds,
        fees=fee_table(fee_rows, terms, on, refused),
        terms=_terms_lines(terms),
        takes=_takes_lines(institution),
        medical=[_medical(link) for link in institution.medical_links.all()],
        designations=[_designation(d, on) for d in institution.designations.all()],
        ratings=[_rating_line(rating, on) for rating in institution.ratings.all()],
        quality=list(institution.quality_records.all()),
        staff=list(institution.staff_figures.all()),
        services=list(institution.services.all()),
        phones=list(institution.phones.all()),
        photos=list(institution.photos.all()),
        sources=_sources(institution, terms, provenance),
        all_sources=[SourceLine.from_row(row) for row in sources_of(provenance, [""])],
        updated=max((row.as_of for row in provenance), default=None),
        updates=updates(institution.latest_steps),  # type: ignore[attr-defined]
    )


def _home_tags(institution: Institution, on: datetime.date) -> list[str]:
    latest = latest_ratings(institution.ratings.all(), on)
    words = [
        institution.get_ownership_display(),
        institution.get_kind_display(),
        institution.get_operating_display() or "营业状态未公布",
        *(
            f"{rating.level_name}（{rating.get_scheme_display()}，{rating.year} 年）"
            for rating in latest
        ),
        *(d.get_kind_display() for d in institution.designations.all() if d.is_in_force(on)),
    ]
    return list(dict.fromkeys(word for word in words if word))


def _stop_notice(institution: Institution) -> Stop | None:
    """Return a notice for a closed home; None for one that is open or publishes nothing."""
    titles = {
        Institution.Operating.CLOSED: "这家机构已经停业，不能再入住",
        Institution.Operating.SUSPENDED: "这家机构暂停营业，现在不能入住",
        Institution.Operating.PLANNED: "这家机构还在筹建，现在不能入住",
    }
    if institution.operating not in titles:
        return None
    title = titles[Institution.Operating(institution.operating)]
    return Stop(title, institution.stopped, institution.operating_reason)


def _stale_notice(
    beds: BedTable, fees: list[Fee], fees_as_of: datetime.date | None, on: datetime.date
) -> Stale | None:
    dates = {
        "空床": beds.vacant_as_of,
        "价格": fees_as_of if fees else None,
    }
    old = {what: as_of for what, as_of in dates.items() if as_of and is_stale(as_of, on)}
    if not old:
        return None
    oldest = min(old.values())
    return Stale("和".join(old), oldest, (on - oldest).days)


def _terms_lines(terms: ContractTerms | None) -> list[ProfileLine]:
    def phrase(number: int | None, some: Callable[[int], str], none: str) -> str:
        return "" if number is None else some(number) if number else none

    given = terms or ContractTerms()
    trial = phrase(given.trial_days, lambda days: f"可以试住 {days} 天", "不能试住")
    prepaid = phrase(given.prepay_months, lambda m: f"{m} 个月", "不先收")
    public = _yes_no(given.custody_account_public, "已公示", "没有公示")

    def at(name: str) -> str:
        return f"terms/{name}" if terms else "terms"

    return [
        ProfileLine("试住", trial, path=at("trial_days")),
        ProfileLine("退费", given.refund_rule, path=at("refund_rule")),
        ProfileLine("请假时床位留不留", given.bed_hold_rule, "留床", at("bed_hold_rule")),
        ProfileLine("最多先交几个月", prepaid, "预收费", at("prepay_months")),
        ProfileLine("预收的钱存在哪家银行", given.custody_bank, "存管", at("custody_bank")),
        ProfileLine("存管账户公示了吗", public, path=at("custody_account_public")),
    ]


def _yes_no(answer: bool | None, yes: str = "是", no: str = "否") -> str:
    return "" if answer is None else yes if answer else no


def _takes_lines(institution: Institution) -> list[ProfileLine]:
    def answer(name: str) -> str:
        words = ("收", "不收") if name.startswith("takes") else ("能照顾", "不能照顾")
        return _yes_no(getattr(institution, name), *words)

    return [
        ProfileLine(TAKES_WORDS[name][0], answer(name), TAKES_WORDS[name][1], name)
        for name in TAKES
    ]


def _medical(link: MedicalLink) -> MedicalLine:
    path = path_of(link)

    def line(label: str, name: str, answer: str, official: str = "") -> ProfileLine:
        return ProfileLine(label, answer, official, f"{path}/{name}")

    def asked(label: str, name: str, official: str = "") -> ProfileLine:
        return line(label, name, _yes_no(getattr(link, name)), official)

    return MedicalLine(
        link.get_mode_display(),
        [
            line("医疗机构", "partner", link.partner),
            line("级别", "partner_level", link.get_partner_level_display()),
            asked("能刷医保", "designated", "医保定点"),
            asked("外地医保能直接结算", "networked", "已联网异地直接结算"),
            asked("看急病有绿色通道", "green_channel"),
            asked("检查结果别处也认", "on_recognition_list", "在互认名单内"),
            asked("重病转到这里", "is_transfer_hospital", "转诊医院"),
        ],
    )


def _designation(designation: Designation, on: datetime.date) -> DesignationLine:
    document = designation.document
    return DesignationLine(
        designation.get_kind_display(),
        designation.region.full_name,
        format_period(designation.since, designation.valid_to),
        state_on(designation.valid_from, designation.valid_to, on) or "有效",
        document.shown if document else "",
        document.shown_url if document else "",
        path_of(designation),
    )


def _rating_line(rating: Rating, on: datetime.date) -> RatingLine:
    """Return the level as one sentence that needs no stars: 四星级，满分 5 星."""
    expired = rating.valid_to is not None and rating.valid_to < on
    most = {"星级": "星", "叶级": "叶"}.get(rating.level_name[1:], "级")
    level = f"{rating.level_name}，满分 5 {most}"
    scheme, path = rating.get_scheme_display(), f"{path_of(rating)}/level"
    return RatingLine(scheme, level, rating.year, rating.valid_to, expired, path)


def _sources(
    institution: Institution, terms: ContractTerms | None, provenance: list[Provenance]
) -> dict[str, list[SourceLine]]:
    """By section: the sources of what it shows; a section that shows nothing names none."""

    def shows(path: str) -> bool:
        if path == "terms":
            return terms is not None
        if path in PARTS:
            return bool(getattr(institution, path).all())
        return getattr(institution, path) not in (None, "")

    return {
        section: group_sources(sources_of(provenance, [path for path in paths if shows(path)]))
        for section, paths in SECTIONS.items()
    }
