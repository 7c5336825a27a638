"""Links that take along what a family has picked so far."""

from functools import cached_property
from urllib.parse import urlencode

from django.urls import reverse

from institutions.pages.parts.carried_homes import Carried


class CarriedLinks:
    """Links of one page.

    Args:
        carried: homes and search in the address of the page.
        elder: parameters of the family in the address, to join to a query; "" for none.
    """

    def __init__(self, carried: Carried, elder: str = "") -> None:
        self._carried, self._elder = carried, elder

    def shortlist_url(self, pk: int | None = None) -> str:
        """Return the list that this page carries, with one more home if one is named."""
        return self._url(self._shortlist, self._carried.kept, pk)

    def compare_url(self, pk: int | None = None) -> str:
        """Return the comparison of the homes carried along, with one more if one is named."""
        return self._url(self._compare, self._carried.compared, pk)

    @cached_property
    def came_from(self) -> str:
        """Return the query that leads back: the elder, and the search."""
        search = self._carried.search_query
        return f"{self._elder}{'&' if search else ''}{search}"

    @cached_property
    def carried_query(self) -> str:
        """Return the query of a link to a home: the elder, the homes picked so far, and the
        search.
        """
        query = "&".join(filter(None, [self._elder[1:], self._carried.query]))
        return f"?{query}" if query else ""

    def _url(self, path: str, ids: list[int], pk: int | None) -> str:
        more = [pk] if pk and pk not in ids else []
        homes = urlencode([("id", one) for one in [*ids, *more]])
        query = "&".join(filter(None, [homes, self.came_from[1:]]))
        return path + (f"?{query}" if query else "")

    @cached_property
    def _shortlist(self) -> str:
        return reverse("shortlist")

    @cached_property
    def _compare(self) -> str:
        return reverse("compare")
