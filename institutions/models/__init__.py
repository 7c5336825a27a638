"""Institutions, their beds, prices and services, and the records kept about them."""

from .bed import Bed, BedFigures
from .change import ListingChange
from .correction import Correction
from .demand import Demand
from .fee import ContractTerms, Fee
from .institution import Institution, Level, Phone
from .listing import Listing, ListingDesignation
from .medical import Designation, MedicalLink
from .photo import Photo
from .provenance import Provenance
from .quality import QualityRecord, Rating
from .revision import PendingChange, Revision
from .service import Service
from .sheet import SheetImport, SheetLine
from .staffing import StaffFigure
from .submission import Submission
from .tokens import Tokens

__all__ = [
    "Bed",
    "BedFigures",
    "ContractTerms",
    "Correction",
    "Demand",
    "Designation",
    "Fee",
    "Institution",
    "Level",
    "Listing",
    "ListingChange",
    "ListingDesignation",
    "MedicalLink",
    "PendingChange",
    "Phone",
    "Photo",
    "Provenance",
    "QualityRecord",
    "Rating",
    "Revision",
    "Service",
    "SheetImport",
    "SheetLine",
    "StaffFigure",
    "Submission",
    "Tokens",
]
