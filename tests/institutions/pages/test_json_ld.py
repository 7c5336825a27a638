"""What search engines are told of a home, read by a JSON-LD processor of others' making."""

import json
import re

import pytest
from pyld import jsonld

from institutions.pages.institution.json_ld import describe_home
from institutions.pages.institution.page import for_profile, profile
from tests.factories import make_institution, make_region, make_whole_institution

pytestmark = pytest.mark.django_db

SCHEMA = "https://schema.org/"
BLOCK = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


def schema_org(url, options):
    """The context of schema.org, which is not to be fetched: names stand in its vocabulary."""
    assert url.rstrip("/") == SCHEMA.rstrip("/")
    return {"contextUrl": None, "documentUrl": url, "document": {"@context": {"@vocab": SCHEMA}}}


def blocks(client, path: str) -> list[dict]:
    found = [json.loads(text) for text in BLOCK.findall(client.get(path).content.decode())]
    return [node for data in found for node in jsonld.expand(data, {"documentLoader": schema_org})]


def value(node: dict, name: str):
    (only,) = node[SCHEMA + name]
    return only.get("@value", only)


def test_a_home_is_told_with_what_is_known(client):
    home = make_whole_institution(
        is_demo=False,
        name="</script><b>甲&乙",
        credit_code="52110105MJ0000000X",
        region=make_region(),
    )
    home.phones.all().delete()
    home.phones.create(number="010-12345678")
    (node,) = blocks(client, home.get_absolute_url())
    assert node["@type"] == [SCHEMA + "LocalBusiness"]
    assert node["@id"] == f"http://testserver{home.get_absolute_url()}"
    assert value(node, "name") == "</script><b>甲&乙"
    assert value(node, "telephone") == "010-12345678"
    address, geo = value(node, "address"), value(node, "geo")
    assert value(address, "addressRegion") == "北京市"
    assert value(address, "addressLocality") == "朝阳区"
    assert value(address, "streetAddress") == "示例路 1 号"
    assert (value(geo, "latitude"), value(geo, "longitude")) == (39.92, 116.44)
    assert value(value(node, "identifier"), "value") == "52110105MJ0000000X"
    assert value(node, "foundingDate") == "2015-06-01"


def test_what_is_not_known_is_not_told(client):
    home = make_institution(name="什么都没公布的养老院")
    (node,) = blocks(client, home.get_absolute_url())
    told = {name.removeprefix(SCHEMA) for name in node}
    assert told == {"@id", "@type", "name", "mainEntityOfPage", "address"}


@pytest.mark.parametrize(
    "changes", [{"is_demo": True}, {"operating": "closed", "operating_since": "2025-01-01"}]
)
def test_nobody_is_led_to_a_demo_or_a_closed_home(client, changes, today):
    home = make_institution(**changes)
    assert describe_home(profile(for_profile().get(pk=home.pk), today), "") is None
    assert blocks(client, home.get_absolute_url()) == []


def test_the_page_of_open_data_tells_of_its_files(client):
    (node,) = blocks(client, "/data/")
    assert node["@type"] == [SCHEMA + "Dataset"]
    files = [value(file, "contentUrl") for file in node[SCHEMA + "distribution"]]
    assert files[0] == "http://testserver/institutions.csv?real=1"
    assert all(client.head(url).status_code == 200 for url in files)
