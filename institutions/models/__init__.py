"""Which homes, at what price, for whom."""

from .bed import Bed
from .fee import ContractTerms, Fee
from .institution import Institution, Level, Phone
from .listing import Listing, ListingDesignation
from .medical import Designation, MedicalLink
from .photo import Photo
from .provenance import Provenance
from .quality import QualityRecord, Rating
from .service import Service
from .staffing import StaffFigure

__all__ = [
    "Bed",
    "ContractTerms",
    "Designation",
    "Fee",
    "Institution",
    "Level",
    "Listing",
    "ListingDesignation",
    "MedicalLink",
    "Phone",
    "Photo",
    "Provenance",
    "QualityRecord",
    "Rating",
    "Service",
    "StaffFigure",
]
