"""Atom feed of a search: new homes, changes of free beds, other changes."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.db.models import Exists, OuterRef, Q
from django.http import QueryDict
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape

from carebridge.lib.fit_text import fit
from institutions.models import Institution, Listing, Revision
from institutions.open_data.tables import LICENCE
from institutions.pages.institution.updates import updates
from institutions.pages.results.page import Results
from institutions.register.change_text import describe_changes
from institutions.register.history import from_data
from institutions.search.distance import NEAR
from institutions.search.filters import InstitutionFilter
from regions.elder.parameters import is_of_family

# As many as a reader that looks in once a day may miss.
LATEST = 50
PRIVATE = (
    "订阅的网址会留在阅读器和别人的服务器里，所以不能带老人的情况（e_ 开头的）"
    "和家里的位置（near、near2、within）。请去掉这些再订阅。"
)
NEW, VACANCY, CHANGED = "新收录", "空床有变化", "有更新"
How = Revision.How
SITE_NAME = "颐桥 CareBridge"


def describes_family(query: QueryDict) -> bool:
    """Return whether an address describes an elder or the place of a family."""
    return any(is_of_family(name) or name in NEAR for name in query)


@dataclass(frozen=True)
class FeedEntry:
    """One change of one home; `number` is the revision, or 0 for how it came to the site."""

    home: Institution
    number: int
    at: datetime.datetime
    kind: str
    words: str

    @property
    def title(self) -> str:
        demo = "〔示例数据〕" if self.home.is_demo else ""
        return f"{demo}{self.home.name}：{self.kind}"


def latest_entries(search: InstitutionFilter) -> list[FeedEntry]:
    """Return the latest changes of the homes that a search finds, newest first."""
    found = search.filter_queryset(Listing.objects.all()).order_by().values("pk")
    every = [*_published(found), *_changed(found)]
    every.sort(key=lambda step: (step.at, step.number, step.home.pk), reverse=True)
    return every[:LATEST]


def _went_public() -> Q:
    return Q(how=How.STAGE, changes__0__new=Institution.Stage.PUBLISHED)


def _published(found: Any) -> Iterator[FeedEntry]:
    """Yield homes that were published from the first: no revision records it."""
    steps = Revision.objects.filter(_went_public(), institution=OuterRef("pk"))
    homes = Institution.objects.filter(~Exists(steps), pk__in=found).with_place()
    for home in homes.order_by("-created_at", "-pk")[:LATEST]:
        yield FeedEntry(home, 0, home.created_at, NEW, home.region.full_name)


def _changed(found: Any) -> Iterator[FeedEntry]:
    """Yield revisions since a home was last published; those of a draft were not public."""
    later = Revision.objects.filter(
        _went_public(), institution=OuterRef("institution"), pk__gt=OuterRef("pk")
    )
    made = Revision.objects.filter(~Exists(later), institution__in=found)
    public = made.filter(_went_public() | ~Q(how__in=[How.STAGE, How.CREATED]))
    for step in public.select_related("institution__region__parent__parent")[:LATEST]:
        home, kind = step.institution, _entry_kind(step)
        words = home.region.full_name if kind == NEW else _describe_step(step)
        yield FeedEntry(home, step.pk, step.made_at, kind, words)


def _entry_kind(step: Revision) -> str:
    if step.how == How.STAGE:
        return NEW
    return VACANCY if _of_vacancy(step) else CHANGED


def _of_vacancy(step: Revision) -> list[dict[str, Any]]:
    return [
        change
        for change in step.changes
        if change["path"].startswith("beds/") and change["path"].endswith("/vacant")
    ]


def _describe_step(step: Revision) -> str:
    """Return free beds before and after, or the words of the home's page for other changes."""
    beds = [
        f"{one.label}：{one.old} → {one.new}"
        for one in describe_changes(from_data(_of_vacancy(step)))
    ]
    if beds:
        return "；".join(beds)
    (line,) = updates([step])
    more = f"，另有 {line.more} 项" if line.more else ""
    return f"{line.how}：{'、'.join(line.what)}{more}" if line.what else line.how


class ChangesFeed(Feed):  # type: ignore[type-arg]  # not generic at run time
    """The feed of one search."""

    feed_type = Atom1Feed
    language = "zh-cn"
    feed_copyright = LICENCE
    subtitle = "新收录的机构、空床的变化和别的更新。标着“示例数据”的是演示，不是真实机构。"

    def __init__(self, search: InstitutionFilter, site: str) -> None:
        self.results, self.site = Results(search), site

    def title(self) -> str:
        asked = "、".join(chip.label for chip in self.results.chips)
        return fit(f"养老机构的变动{'：' if asked else ''}{asked}")

    def author_name(self) -> str:
        return settings.ORGANISATION or SITE_NAME

    def link(self) -> str:
        return reverse("institutions") + self.results.address.of_feed

    def feed_url(self) -> str:
        return reverse("institutions_atom") + self.results.address.of_feed

    def items(self) -> list[FeedEntry]:
        return latest_entries(self.results.search)

    def item_title(self, item: FeedEntry) -> str:
        return fit(item.title)

    def item_description(self, item: FeedEntry) -> str:
        """Readers take it for HTML."""
        return escape(fit(item.words))

    def item_link(self, item: FeedEntry) -> str:
        return f"{item.home.get_absolute_url()}#updates"

    def item_guid(self, item: FeedEntry) -> str:
        return f"{self.site}{item.home.get_absolute_url()}#step-{item.number}"

    def item_updateddate(self, item: FeedEntry) -> datetime.datetime:
        return item.at

    def item_categories(self, item: FeedEntry) -> list[str]:
        return [item.kind, *(["示例数据"] if item.home.is_demo else [])]
