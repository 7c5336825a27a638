"""The register as staff edit it; Django's autodiscovery imports this package."""

from institutions.admin.homes import InstitutionAdmin

__all__ = ["InstitutionAdmin"]
