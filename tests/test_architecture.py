"""Who may import whom, read from the source; the checker itself is shown to bite.

carebridge (the roof) -> institutions -> regions -> carebridge.lib, and below that nothing of ours.
Inside an app ROOMS says which rooms a room may use, beside itself and the app's models.
"""

import ast
import importlib.util
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = {"carebridge", "regions", "institutions"}
# The packages below each, nearest first; `carebridge` itself, the roof, may use all of ours.
BELOW = {
    "carebridge.lib": set(),
    "regions": {"carebridge.lib"},
    "institutions": {"carebridge.lib", "regions"},
}
# Room -> the rooms of its app that it may use. What stands in no room of its own (views.py,
# urls.py, apps.py, management) ties the rooms of its app together.
PAGES = {"institutions.register", "institutions.costs", "institutions.search"}
ROOMS: dict[str, set[str]] = {
    "regions.engine": set(),
    "regions.law": set(),
    "regions.policies": {"regions.engine", "regions.law"},
    "regions.places": {"regions.engine"},
    "regions.elder": {"regions.engine", "regions.places"},
    "regions.staff": set(),
    "regions.api": {"regions.policies", "regions.places", "regions.elder", "regions.staff"},
    "institutions.register": set(),
    "institutions.costs": set(),
    "institutions.search.memory": set(),
    "institutions.search": {
        "institutions.register",
        "institutions.costs",
        "institutions.search.memory",
    },
    "institutions.sheets": {"institutions.register"},
    "institutions.pages.parts": PAGES,
    "institutions.pages.institution": {*PAGES, "institutions.pages.parts"},
    "institutions.pages.compare": {
        *PAGES,
        "institutions.pages.parts",
        "institutions.pages.institution",
    },
    "institutions.pages.results": {*PAGES, "institutions.pages.parts"},
    "institutions.pages.regions": {
        *PAGES,
        "institutions.pages.parts",
        "institutions.pages.institution",
    },
    "institutions.pages.follow": {*PAGES, "institutions.pages.parts"},
    "institutions.pages": {
        *PAGES,
        "institutions.pages.parts",
        "institutions.pages.institution",
        "institutions.pages.compare",
    },
    "institutions.corrections": {"institutions.register", "institutions.pages.institution"},
    "institutions.open_data": {
        "institutions.register",
        "institutions.search",
        "institutions.pages.results",
        "institutions.pages.institution",
        "institutions.sheets",
        "institutions.api",
    },
    "institutions.api": {
        *PAGES,
        "institutions.pages",
        "institutions.pages.parts",
        "institutions.pages.results",
        "institutions.pages.follow",
    },
    "institutions.admin": {
        *PAGES,
        "institutions.pages.parts",
        "institutions.pages.institution",
        "institutions.sheets",
        "institutions.corrections",
    },
    "institutions.shipped_data": {"institutions.register"},
}
# Rooms that one module alone leads into: whoever asks it need not know that they are there.
DOORS = {"institutions.search.memory": "institutions.search.index"}
# Rooms that may use the standard library and themselves, not even the models of their app.
PURE = {"regions.engine"}
FOUNDATIONS = {"models", "validators"}
EDGES = {"views", "urls", "management", "admin"}
MOST_IN_A_FOLDER = 25
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


def is_module(name: str) -> bool:
    """Tell whether `name` is a module or package of ours that exists."""
    path = ROOT.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def imports(module: str, source: str, is_package: bool = False) -> set[str]:
    """Return each module that `source` imports, at any depth of its code.

    `from x import y` is x.y where that is a module of ours, otherwise x.
    """
    home = module if is_package else module.rpartition(".")[0]
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            name = "." * node.level + (node.module or "")
            base = importlib.util.resolve_name(name, home) if node.level else name
            names = {f"{base}.{alias.name}" for alias in node.names}
            ours = base.split(".")[0] in OURS
            found |= {name if ours and is_module(name) else base for name in names}
    return found


def within(module: str, package: str) -> bool:
    return f"{module}.".startswith(f"{package}.")


def room(module: str) -> str:
    """Return the innermost room of ROOMS that holds `module`, or nothing."""
    return max((name for name in ROOMS if within(module, name)), key=len, default="")


def layer(module: str) -> str:
    """Return the first name below the app: models, views, register, ..."""
    return ".".join(module.split(".")[1:2])


def complaint(module: str, imported: str) -> str:
    """Return why `module` may not import `imported`, or nothing."""
    app, target = module.split(".")[0], imported.split(".")[0]
    if target not in OURS:
        return foreign_complaint(module, target)
    if imported == "carebridge.settings":
        return "nobody imports carebridge.settings: use django.conf"
    if imported.rpartition(".")[2] == "views" and layer(module) != "urls":
        return "only urls.py imports views"
    home = "carebridge.lib" if within(module, "carebridge.lib") else app
    if home in BELOW and not any(within(imported, name) for name in {home, *BELOW[home]}):
        return f"{home} may not use {imported}"
    own, other = room(module), room(imported)
    if own in PURE and other != own:
        return f"{own} knows the standard library only"
    return room_complaint(module, imported) if target == app and other != own else ""


def room_complaint(module: str, imported: str) -> str:
    """Return why `module` may not import `imported`, of another room of its app, or nothing."""
    own, other = room(module), room(imported)
    if layer(module) in FOUNDATIONS:
        return "" if layer(imported) in FOUNDATIONS else f"models stand below {layer(imported)}"
    if other in DOORS and module != DOORS[other]:
        return f"only {DOORS[other]} uses {other}"
    if own and not other:
        return f"{own} stands below {layer(imported)}" if layer(imported) in EDGES else ""
    return f"{own} may not use {other}" if own and other not in ROOMS[own] else ""


def foreign_complaint(module: str, target: str) -> str:
    if target in sys.stdlib_module_names:
        return ""
    if room(module) in PURE:
        return f"{room(module)} knows the standard library only"
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
        ("regions.policies.page", "def page():\n    from institutions.search import filters"),
        ("regions.models.region", "from carebridge.middleware.display import display"),
        ("regions.models.region", "from regions.elder import form"),
        ("institutions.register.record", "from carebridge.urls import urlpatterns"),
        ("institutions.search.memory.bitmaps", "from institutions.pages.results import page"),
        ("institutions.register.record", "from institutions.pages.guide import Guide"),
        ("institutions.pages.results.page", "from institutions.admin.balance import balance"),
        ("institutions.search.filters", "from institutions.views import institutions"),
        ("institutions.search.finder", "from institutions.search.memory.bitmaps import Bitmaps"),
        ("institutions.views", "from institutions.search.memory import snapshot"),
        ("institutions.search.filters", "from institutions import admin"),
        ("institutions.search.filters", "from institutions.corrections import views"),
        ("institutions.admin.homes", "from .. import views"),
        ("institutions.region_urls", "from institutions import views"),
        ("institutions.models.fee", "from ..search.filters import InstitutionFilter"),
        ("institutions.models.fee", "from institutions.register import ages"),
        ("institutions.views", "from carebridge.settings import BASE_DIR"),
        ("institutions.views", "from carebridge import settings"),
        ("carebridge.middleware.display", "import carebridge.settings"),
        ("carebridge.lib.sheet_files", "from regions.models import Region"),
        ("carebridge.lib.money", "from carebridge.middleware import logs"),
        ("regions.engine.assessment", "from django.db import models"),
        ("regions.engine.assessment", "from regions.models import Region"),
        ("regions.engine.bills", "from django.db.models.functions import Least"),
        ("regions.engine.rules", "from regions.policies import rulebook"),
        ("regions.engine.conditions", "import institutions"),
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
        ("institutions.sheets.plan", "from carebridge.lib import sheet_files"),
        ("institutions.sheets.plan", "from carebridge.lib.sheet_files import rows"),
        ("institutions.urls", "from institutions import views"),
        ("institutions.urls", "from institutions.corrections import views"),
        ("institutions.views", "from institutions.search.filters import InstitutionFilter"),
        ("institutions.pages.front", "from institutions.pages.parts import card"),
        ("institutions.management.commands.load", "from institutions.shipped_data import load"),
        ("regions.engine.assessment", "import dataclasses\nfrom collections.abc import Iterable"),
        ("regions.engine.bills", "from . import rules\nfrom .assessment import Term"),
        ("carebridge.urls", "from django.conf import settings\nfrom csp.constants import SELF"),
    ],
)
def test_a_right_import_is_left_alone(module: str, source: str):
    assert [why for name in imports(module, source) if (why := complaint(module, name))] == []


def crowded(root: Path, pattern: str) -> list[str]:
    """Return the folders below `root` with more files than a reader takes in at a look."""
    folders = {path.parent for path in root.rglob(pattern) if "migrations" not in path.parts}
    return sorted(str(one) for one in folders if len(list(one.glob(pattern))) > MOST_IN_A_FOLDER)


def test_no_folder_is_crowded(tmp_path: Path):
    assert [name for package in OURS for name in crowded(ROOT / package, "*.py")] == []
    assert crowded(ROOT / "templates", "*.html") == []
    for number in range(MOST_IN_A_FOLDER + 1):
        (tmp_path / f"{number}.py").touch()
    assert crowded(tmp_path, "*.py") == [str(tmp_path)]


def test_no_two_rooms_lean_on_each_other():
    """A room may use another only if no way leads back."""
    left = {name: set(below) for name, below in ROOMS.items()}
    while free := {name for name, below in left.items() if not below}:
        left = {name: below - free for name, below in left.items() if name not in free}
    assert left == {}


@pytest.mark.parametrize("name", ["regions/utils.py", "institutions/services/fees.py"])
def test_a_vague_name_is_refused(name: str):
    assert naming_complaints(ROOT / name)


def test_the_postgresql_driver_is_psycopg2():
    """Django silently prefers psycopg 3 to the pinned driver as soon as anything installs it."""
    assert importlib.util.find_spec("psycopg") is None
    assert importlib.util.find_spec("psycopg2") is not None
