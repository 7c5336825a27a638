"""Location of one home on its page: distances from the family, and links to map apps.

A map app is given the position in the datum it draws; half a kilometre off is another village.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from institutions.models import Institution
from institutions.search.distance import Distance, DistanceForm, distance_form, distances
from regions.places.anchors import AnchorForm
from regions.places.coordinates import wgs84_to_gcj02

# The name under which we link: map services ask for one.
SOURCE = "carebridge"
DIGITS = 6  # of a degree: a decimetre


@dataclass(frozen=True)
class MapLink:
    label: str
    url: str


@dataclass(frozen=True)
class Whereabouts:
    """`maps` mark the spot; `finders` look the name up and may find another place.

    `without` is the address of the page with nothing measured.
    """

    near: DistanceForm
    distances: tuple[Distance, ...]
    maps: tuple[MapLink, ...]
    finders: tuple[MapLink, ...]
    without: str


def whereabouts(
    home: Institution, form: AnchorForm, kept: Iterable[tuple[str, str]]
) -> Whereabouts:
    """Return the position of a home; `kept` are the parameters that its strip sends along."""
    url, kept = home.get_absolute_url(), list(kept)
    return Whereabouts(
        distance_form(form, form.anchors, f"{url}#place", kept),
        distances(home, form.anchors),
        map_links(home),
        finders(home),
        f"{url}?{urlencode(kept, safe=',:')}" if kept else url,
    )


def map_links(home: Institution) -> tuple[MapLink, ...]:
    """Links that open the very spot; none for a demo home, which stands nowhere."""
    if home.is_demo or home.position is None:
        return ()
    true = (home.longitude or 0.0, home.latitude or 0.0)
    longitude, latitude = map(_written, true)
    shifted = ",".join(map(_written, wgs84_to_gcj02(*true)))
    amap = {
        "position": shifted,
        "name": home.name,
        "coordinate": "gaode",
        "callnative": "1",
        "src": SOURCE,
    }
    baidu = {
        "location": f"{latitude},{longitude}",
        "title": home.name,
        "content": home.address or home.name,
        "coord_type": "wgs84",
        "output": "html",
        "src": f"webapp.{SOURCE}",
    }
    point = f"{latitude},{longitude}"
    return (
        _amap_link("marker", amap),
        _baidu_link("marker", baidu),
        MapLink("手机自带的地图", f"geo:{point}?q={point}({quote(home.name, safe='')})"),
    )


def finders(home: Institution) -> tuple[MapLink, ...]:
    """Links that look up the name of a real home whose position is not published."""
    if home.is_demo or home.position is not None:
        return ()
    city = home.region.lineage()[:2][-1].name
    return (
        _amap_link(
            "search", {"keyword": home.name, "city": city, "callnative": "1", "src": SOURCE}
        ),
        _baidu_link(
            "place/search",
            {"query": home.name, "region": city, "output": "html", "src": f"webapp.{SOURCE}"},
        ),
    )


def _amap_link(path: str, query: dict[str, str]) -> MapLink:
    return MapLink("高德地图", f"https://uri.amap.com/{path}?{urlencode(query, safe=',')}")


def _baidu_link(path: str, query: dict[str, str]) -> MapLink:
    return MapLink("百度地图", f"https://api.map.baidu.com/{path}?{urlencode(query, safe=',')}")


def _written(angle: float) -> str:
    return f"{angle:.{DIGITS}f}"
