"""Who may import whom, read from the source; the checker itself is shown to bite.

institutions -> regions -> nothing of ours (both may use carebridge.importing and carebridge.text);
views, api, admin, commands -> everything between -> models, validators.
"""

import ast
import importlib.util
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = {"carebridge", "regions", "institutions"}
# Which of our packages each may use beside itself.
MAY_USE = {
    "regions": {"carebridge.importing", "carebridge.text"},
    "institutions": {"carebridge.importing", "carebridge.text", "regions"},
}
# The policy engine: these know the standard library and each other, and nothing else.
ENGINE = {
    f"regions.{name}"
    for name in ("rules", "conditions", "subsidies", "bills", "settlement", "stays")
}
EDGES = {"views", "api", "admin", "urls", "management"}
FOUNDATIONS = {"models", "validators"}
VAGUE_NAMES = {"core", "common", "utils", "helpers", "services"}
# The import name of each requirement, where it is not the requirement's own name.
IMPORT_NAMES = {
    "psycopg2-binary": "psycopg2",
    "django-filter": "django_filters",
    "django-csp": "csp",
    "django-axes": "axes",
    "djangorestframework": "rest_framework",
    "pillow": "PIL",
}


def allowed_packages() -> set[str]:
    """What requirements.in names: nothing else may be imported by the product."""
    lines = (ROOT / "requirements.in").read_text().splitlines()
    found = [match[0] for line in lines if (match := re.match(r"[\w-]+", line))]
    return {IMPORT_NAMES.get(name, name.replace("-", "_")) for name in found}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(module: str, source: str, is_package: bool = False) -> set[str]:
    """Every dotted name `source` imports, at any depth; `from x import y` gives x and x.y."""
    home = module if is_package else module.rpartition(".")[0]
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            name = "." * node.level + (node.module or "")
            base = importlib.util.resolve_name(name, home) if node.level else name
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return found


def layer(module: str) -> str:
    """models | views | ... : the first name below the package; source_urls is of urls."""
    name = ".".join(module.split(".")[1:2])
    if name.startswith("admin_"):
        return "admin"
    return name.rpartition("_")[2] if name.endswith(("_urls", "_views")) else name


def complaint(module: str, imported: str) -> str:
    """Why `module` may not import `imported`, or nothing."""
    package, target = module.split(".")[0], imported.split(".")[0]
    if target not in OURS:
        return foreign_complaint(module, target)
    if imported.startswith("carebridge.settings"):
        return "nobody imports carebridge.settings: use django.conf"
    if module in ENGINE and not any(f"{imported}.".startswith(f"{n}.") for n in ENGINE):
        # `from regions import rules` names the bare package too; its second name decides.
        return "" if imported == "regions" else "the engine knows the standard library only"
    if module in {"carebridge.importing", "carebridge.text"} and target != "carebridge":
        return f"{module} is free of the domain"
    if target != package and package in MAY_USE:
        allowed = any(f"{imported}.".startswith(f"{name}.") for name in MAY_USE[package])
        # `from carebridge import importing` names the bare package too; its second name decides.
        if not allowed and imported != "carebridge":
            return f"{package} may not use {target}"
    if layer(imported) in {"views", "api"} and layer(module) != "urls":
        return "only urls.py imports views and api"
    if layer(imported) in EDGES and layer(module) not in EDGES:
        return f"{layer(module)} stands below {layer(imported)}"
    if layer(module) in FOUNDATIONS and layer(imported) not in {*FOUNDATIONS, ""}:
        return f"models know nothing of {layer(imported)}"
    return ""


def foreign_complaint(module: str, target: str) -> str:
    if target in sys.stdlib_module_names:
        return ""
    if module in ENGINE:
        return "the engine knows the standard library only"
    return "" if target in allowed_packages() else f"{target} is not in requirements.in"


def naming_complaints(path: Path) -> list[str]:
    names = {*path.relative_to(ROOT).parts[:-1], path.stem}
    return [f"{name} says nothing: name it by its noun" for name in names & VAGUE_NAMES]


def complaints(path: Path) -> list[str]:
    module = module_name(path)
    names = imports(module, path.read_text(), path.name == "__init__.py")
    found = [why for name in names if (why := complaint(module, name))]
    return found + naming_complaints(path)


def product_files() -> list[Path]:
    return sorted(path for package in OURS for path in (ROOT / package).rglob("*.py"))


def test_every_module_keeps_the_arrows():
    files = product_files()
    assert len(files) > 30
    found = {str(path.relative_to(ROOT)): why for path in files if (why := complaints(path))}
    assert found == {}


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("regions.models.region", "from institutions.models import Institution"),
        ("regions.admin", "import institutions"),
        ("regions.views", "def view():\n    from institutions import filters"),
        ("regions.models.region", "from carebridge.display import display"),
        ("institutions.filters", "from institutions.views import results"),
        ("institutions.filters", "from institutions import admin"),
        ("institutions.admin", "from . import views"),
        ("institutions.filters", "from institutions import correction_views"),
        ("institutions.filters", "from institutions.admin_corrections import CorrectionAdmin"),
        ("institutions.models.fee", "from ..filters import InstitutionFilter"),
        ("institutions.models.fee", "from institutions import facets"),
        ("institutions.views", "from carebridge.settings import BASE_DIR"),
        ("institutions.views", "from carebridge import settings"),
        ("carebridge.display", "import carebridge.settings"),
        ("carebridge.importing", "from regions.models import Region"),
        ("carebridge.text", "from institutions.models import Institution"),
        ("regions.subsidies", "from django.db import models"),
        ("regions.subsidies", "from regions.models import Region"),
        ("regions.bills", "from django.db.models.functions import Least"),
        ("regions.rules", "from regions import policies"),
        ("regions.conditions", "import institutions"),
        ("institutions.views", "import requests"),
        ("regions.models.region", "import psycopg"),
    ],
)
def test_a_wrong_import_is_refused(module: str, source: str):
    assert [why for name in imports(module, source) if (why := complaint(module, name))]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("institutions.models.fee", "from .bed import Bed\nfrom regions.models import Region"),
        ("institutions.models.institution", "from institutions.validators import phone"),
        ("institutions.importers", "from carebridge import importing"),
        ("institutions.importers", "from carebridge.importing import rows"),
        ("institutions.urls", "from institutions import views"),
        ("institutions.source_urls", "from institutions import views"),
        ("institutions.urls", "from institutions import correction_views"),
        ("institutions.views", "from institutions.filters import InstitutionFilter"),
        ("institutions.management.commands.load", "from institutions import fixtures"),
        ("regions.subsidies", "import dataclasses\nfrom collections.abc import Iterable"),
        ("regions.bills", "from regions import rules\nfrom regions.subsidies import Term"),
        ("carebridge.urls", "from django.conf import settings\nfrom csp.constants import SELF"),
    ],
)
def test_a_right_import_is_left_alone(module: str, source: str):
    assert [why for name in imports(module, source) if (why := complaint(module, name))] == []


@pytest.mark.parametrize("name", ["regions/utils.py", "institutions/services/fees.py"])
def test_a_vague_name_is_refused(name: str):
    assert naming_complaints(ROOT / name)


def test_the_postgresql_driver_is_psycopg2():
    """Django silently prefers psycopg 3 to the pinned driver as soon as anything installs it."""
    assert importlib.util.find_spec("psycopg") is None
    assert importlib.util.find_spec("psycopg2") is not None
