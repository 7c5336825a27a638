"""Homes a family picks on its way through the register, and the search it picks them from.

Addresses carry both, so that nothing is kept about anybody and no page needs a script.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import filterfalse
from urllib.parse import parse_qsl, urlencode

from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from institutions.search.filters import InstitutionFilter
from regions.elder.parameters import is_of_family

# No id of ours is longer; a longer number is more than a database takes.
LONGEST_ID = 15
# Of an address made by a machine, as many ids are looked at.
MOST_READ = 20
# The search that a list of homes was picked from, as one parameter: from=region%3D131082.
FROM = "from"
# With it, coded twice, an address is still one that servers and chats take.
LONGEST_SEARCH = 1200
# What of a search is carried: the family is carried by itself, and a page number goes out of date.
SEARCH = {*filterfalse(is_of_family, InstitutionFilter.base_filters)} - {"page"}


# The homes chosen so far, as other pages carry them without scripts: compare=3,7, and keep=3,7.
COMPARED, MOST_COMPARED = "compare", 4
KEPT, MOST_KEPT = "keep", 20


def is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID


def read_ids(texts: Iterable[str]) -> list[int]:
    """Return those of the texts that are ids, each once, in their order."""
    return list(dict.fromkeys(int(text) for text in texts if is_id(text)))


def read(data: Mapping[str, str], name: str, most: int) -> list[int]:
    """Return the homes that the address of another page carries: compare=3,7; what is no id is
    dropped.
    """
    texts = data.get(name, "")[: MOST_READ * (LONGEST_ID + 1)].split(",")
    return read_ids(texts)[:most]


def carried(name: str, pks: Iterable[int]) -> dict[str, str]:
    """Return the homes as the links of a page take them along."""
    text = ",".join(map(str, pks))
    return {name: text} if text else {}


def search_of(data: Mapping[str, str]) -> dict[str, str]:
    """Return the search of a results page, or the one that another page carries; {} where there is
    none.

    Of what is carried only the parameters of a search are kept, so it leads nowhere else.
    """
    if FROM in data:
        pairs = parse_qsl(data[FROM][:LONGEST_SEARCH])
    else:
        lists = data.lists() if isinstance(data, QueryDict) else ()
        pairs = [(name, value) for name, values in lists for value in values if value]
    text = urlencode([pair for pair in pairs if pair[0] in SEARCH], safe=":")
    return {FROM: text} if text and len(text) <= LONGEST_SEARCH else {}


class Carried:
    """Homes and search in the address of a page, each parsed once on first use."""

    def __init__(self, data: Mapping[str, str]) -> None:
        self._data = data

    @cached_property
    def compared(self) -> list[int]:
        """Return the homes chosen for comparison."""
        return read(self._data, COMPARED, MOST_COMPARED)

    @cached_property
    def kept(self) -> list[int]:
        """Return the shortlist."""
        return read(self._data, KEPT, MOST_KEPT)

    @cached_property
    def search_parameter(self) -> dict[str, str]:
        """Return the search as one parameter; {} where there is none."""
        return search_of(self._data)

    @cached_property
    def compared_parameter(self) -> dict[str, str]:
        """Return the parameter by which links take the compared homes along."""
        return carried(COMPARED, self.compared)

    @cached_property
    def kept_parameter(self) -> dict[str, str]:
        """Return the parameter by which links take the shortlist along."""
        return carried(KEPT, self.kept)

    @cached_property
    def parameters(self) -> dict[str, str]:
        """Return all that links to the page of a home take along beside the elder."""
        return self.compared_parameter | self.kept_parameter | self.search_parameter

    @cached_property
    def query(self) -> str:
        """`parameters` as they stand in an address."""
        return urlencode(self.parameters, safe=",:")

    @cached_property
    def search_query(self) -> str:
        """`search_parameter` as it stands in an address."""
        return urlencode(self.search_parameter, safe=":")


def carried_by(request: HttpRequest | None) -> Carried:
    """Return what the address of a request carries; kept on the request, so it is read once.

    Nothing where there is no request, or where its parameters are too many to read.
    """
    if request is None:
        return Carried({})
    kept = vars(request)
    if "carried" not in kept:
        try:
            kept["carried"] = Carried(request.GET)
        except TooManyFieldsSent:
            kept["carried"] = Carried({})
    found: Carried = kept["carried"]
    return found


def address(page: str, pks: Iterable[int], more: Mapping[str, str]) -> str:
    """Return the address of a page of these homes, to which the elder can be added: it has a
    query.
    """
    return f"{reverse(page)}?{urlencode([*(('id', pk) for pk in pks), *more.items()], safe=':')}"


def register(name: str, pks: list[int], search: Mapping[str, str]) -> str:
    """Return the register as it was searched, carrying the homes along; it has a query."""
    homes = urlencode(carried(name, pks), safe=",")
    return f"{reverse('institutions')}?{'&'.join(filter(None, [homes, search.get(FROM)]))}"
