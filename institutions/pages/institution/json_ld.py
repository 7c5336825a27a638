"""A home as schema.org data for search engines and assistants: known figures, never a demo.

A data block is no script: browsers run nothing of it, and the content security policy lets it be.
"""

from typing import Any

from institutions.models import Institution
from institutions.pages.institution.page import Profile


def describe_home(profile: Profile, url: str) -> dict[str, Any] | None:
    """Return None for a demo home, and for a closed one: nobody is to be led there."""
    home = profile.institution
    if home.is_demo or home.operating == Institution.Operating.CLOSED:
        return None
    content = {
        "@context": "https://schema.org",
        "@type": "LocalBusiness",
        "@id": url,
        "name": home.name,
        "alternateName": profile.aliases,
        "description": home.introduction,
        "mainEntityOfPage": url,
        "url": home.website,
        "telephone": profile.phone.number if profile.phone else "",
        "address": _address(profile),
        "geo": _geo_data(home),
        "identifier": _credit_code(home),
        "foundingDate": home.opened,
    }
    return {name: value for name, value in content.items() if value}


def _address(profile: Profile) -> dict[str, str]:
    """Return the province apart from what lies in it; the street only if it is published."""
    province, *below = [region.name for region in profile.lineage]
    content = {
        "@type": "PostalAddress",
        "addressCountry": "CN",
        "addressRegion": province,
        "addressLocality": "".join(below),
        "streetAddress": profile.institution.address,
    }
    return {name: value for name, value in content.items() if value}


def _geo_data(home: Institution) -> dict[str, Any] | None:
    if home.longitude is None or home.latitude is None:
        return None
    return {"@type": "GeoCoordinates", "latitude": home.latitude, "longitude": home.longitude}


def _credit_code(home: Institution) -> dict[str, str] | None:
    if not home.credit_code:
        return None
    name = str(Institution._meta.get_field("credit_code").verbose_name)
    return {"@type": "PropertyValue", "propertyID": name, "value": home.credit_code}
