"""Regions, sources, dated facts, policies, and the staff of a region."""

from .agreement import Agreement
from .codes import DisabilityKind, Scale, Scheme, Setting, Status
from .document import DatePrecision, Document, Grade
from .fact import Fact
from .fixture import LoadedFixture, ShippedRow
from .law import LawText, Sentence
from .policy import Exclusion, Policy
from .rate import Rate
from .region import Region, RegionGroup
from .sign_in import FailedSignIn, SignIn
from .staff import StaffMember
from .stage import PendingEdit, Reviewed, Stage
from .stamp import Stamp
from .standard import Standard

__all__ = [
    "Agreement",
    "DatePrecision",
    "DisabilityKind",
    "Document",
    "Exclusion",
    "Fact",
    "FailedSignIn",
    "Grade",
    "LawText",
    "LoadedFixture",
    "PendingEdit",
    "Policy",
    "Rate",
    "Region",
    "RegionGroup",
    "Reviewed",
    "Scale",
    "Scheme",
    "Sentence",
    "Setting",
    "ShippedRow",
    "SignIn",
    "StaffMember",
    "Stage",
    "Stamp",
    "Standard",
    "Status",
]
