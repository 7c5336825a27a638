"""Where, and by which document: regions, sources, dated facts, and the staff of a region."""

from .agreement import Agreement
from .document import DatePrecision, Document, Grade
from .fact import Fact
from .fixture import LoadedFixture
from .region import Region, RegionGroup
from .staff import StaffMember

__all__ = [
    "Agreement",
    "DatePrecision",
    "Document",
    "Fact",
    "Grade",
    "LoadedFixture",
    "Region",
    "RegionGroup",
    "StaffMember",
]
