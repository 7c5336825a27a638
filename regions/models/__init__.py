"""Where, and by which document: regions, sources, dated facts, and the staff of a region."""

from .agreement import Agreement
from .codes import DisabilityKind, Scale, Scheme, Setting, Status
from .document import DatePrecision, Document, Grade
from .fact import Fact
from .fixture import LoadedFixture
from .policy import Exclusion, Policy
from .rate import Rate
from .region import Region, RegionGroup
from .staff import StaffMember

__all__ = [
    "Agreement",
    "DatePrecision",
    "DisabilityKind",
    "Document",
    "Exclusion",
    "Fact",
    "Grade",
    "LoadedFixture",
    "Policy",
    "Rate",
    "Region",
    "RegionGroup",
    "Scale",
    "Scheme",
    "Setting",
    "StaffMember",
    "Status",
]
