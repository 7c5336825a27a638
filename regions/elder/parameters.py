"""Parameters of an address that describe a family: no cache, feed or file keeps them."""

from regions.places.anchors import LABELS

# What begins so describes an elder, also what no form of ours asks for.
PREFIX = "e_"
# The day a family's sums are worked out for travels with it.
DAY = "on"


def is_of_family(name: str) -> bool:
    """Return whether a parameter describes an elder, or where the family and the hospital are."""
    return name.startswith(PREFIX) or name == DAY or name in LABELS
