"""Sitemaps for search engines: real homes, regions, sources and texts; demo homes never."""

import datetime

from django.contrib.sitemaps import Sitemap
from django.urls import reverse

from institutions.models import Institution
from institutions.models.institution import InstitutionQuerySet
from institutions.register.provenance import public_documents
from regions.models import Document, Fact, Policy, Region, RegionGroup


class Pages(Sitemap):  # type: ignore[type-arg]  # not generic at run time
    """Pages there is one of."""

    def items(self) -> list[str]:
        return [
            "home",
            "institutions",
            "follow",
            "regions",
            "policies",
            "sources",
            "about_data",
            "api",
            "open_data",
            "privacy",
            "accessibility",
            "help",
        ]

    def location(self, item: str) -> str:
        return reverse(item)


class HomesSitemap(Sitemap):  # type: ignore[type-arg]  # not generic at run time
    def items(self) -> InstitutionQuerySet:
        return Institution.objects.published().real()

    def lastmod(self, item: Institution) -> datetime.datetime:
        return item.updated_at


class Regions(Sitemap):  # type: ignore[type-arg]  # not generic at run time
    """Regions with real content: a fact of their own, or a real home in them."""

    def items(self) -> list[Region]:
        homes = Institution.objects.published().real()
        current = Region.objects.current()
        listed = set(current.filter(facts__in=Fact.objects.published()))
        for region in current.with_ancestors().filter(institution__in=homes):
            listed.update(region.lineage())
        return sorted(listed, key=lambda region: region.code)

    def location(self, item: Region) -> str:
        return reverse("region", args=[item.code])


class Groups(Sitemap):  # type: ignore[type-arg]  # not generic at run time
    def items(self) -> list[RegionGroup]:
        return list(RegionGroup.objects.all())

    def location(self, item: RegionGroup) -> str:
        return reverse("region_group", args=[item.slug])


class Documents(Sitemap):  # type: ignore[type-arg]  # not generic at run time
    def items(self) -> list[Document]:
        return list(public_documents())


class Policies(Sitemap):  # type: ignore[type-arg]  # not generic at run time
    def items(self) -> list[Policy]:
        return list(Policy.objects.all())


SITEMAPS = {
    "pages": Pages,
    "homes": HomesSitemap,
    "regions": Regions,
    "groups": Groups,
    "documents": Documents,
    "policies": Policies,
}
