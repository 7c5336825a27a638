"""Each linter fails on a planted fault with this project's settings, and passes without it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in command], cwd=ROOT, capture_output=True, text=True)


def ruff(path: Path, source: str) -> subprocess.CompletedProcess[str]:
    path.write_text(source)
    config = ROOT / "pyproject.toml"
    return run(BIN / "ruff", "check", "--no-cache", "--config", config, path)


@pytest.mark.parametrize(
    ("code", "source"),
    [
        ("F401", "import os\n"),
        ("T201", 'print("x")\n'),
        ("DTZ005", "import datetime\n\nnow = datetime.datetime.now()\n"),
        ("B006", "def add(to=[]):\n    return to\n"),
        ("S608", 'def query(x):\n    return f"SELECT * FROM t WHERE a = {x}"\n'),
        (
            "DJ012",
            "from django.db import models\n\n\n"
            "class Bed(models.Model):\n"
            "    class Meta:\n        ordering = ['pk']\n\n"
            "    name = models.CharField(max_length=9)\n\n"
            "    def __str__(self):\n        return self.name\n",
        ),
    ],
)
def test_ruff_bites(tmp_path: Path, code: str, source: str):
    done = ruff(tmp_path / "planted.py", source)
    assert done.returncode == 1
    assert code in done.stdout


def test_ruff_lets_clean_code_pass(tmp_path: Path):
    done = ruff(tmp_path / "clean.py", '"""Nothing wrong."""\n\nBEDS = 3\n')
    assert done.returncode == 0, done.stdout


def test_ruff_format_bites(tmp_path: Path):
    (tmp_path / "planted.py").write_text("beds = { 'a':1 }\n")
    config = ROOT / "pyproject.toml"
    done = run(BIN / "ruff", "format", "--check", "--config", config, tmp_path / "planted.py")
    assert done.returncode == 1
    assert "1 file would be reformatted" in done.stdout


@pytest.mark.parametrize(("source", "code"), [("{{name}}\n", 1), ("{{ name }}\n", 0)])
def test_djade_bites(tmp_path: Path, source: str, code: int):
    (tmp_path / "planted.html").write_text(source)
    done = run(BIN / "djade", "--target-version", "5.2", "--check", tmp_path / "planted.html")
    assert done.returncode == code, done.stderr


PLANTED_TYPES = """\
from regions.models import Region


def untyped(x):
    return x


def wrong(region: Region) -> int:
    return region.name
"""


def test_mypy_bites(tmp_path: Path):
    """Missing annotations, and a field's type, which only the Django plugin knows."""
    (tmp_path / "planted.py").write_text(PLANTED_TYPES)
    done = run(sys.executable, "-m", "mypy", tmp_path / "planted.py")
    assert done.returncode == 1, done.stderr
    assert "[no-untyped-def]" in done.stdout
    assert 'got "str", expected "int"' in done.stdout


def test_make_lint_runs_them_all():
    """The target that CI calls, not a copy of it."""
    done = run("make", "--dry-run", "--assume-old=.venv/.dev", "lint")
    for command in ("ruff check", "ruff format --check", "djade", "mypy", "makemigrations --check"):
        assert command in done.stdout


def test_djade_looks_at_the_templates_of_django_alone():
    """Those of public pages are Jinja2's, which djade cannot read."""
    done = run("make", "--dry-run", "--assume-old=.venv/.dev", "lint")
    assert "find templates/admin -name" in done.stdout
    assert {path.name for path in (ROOT / "templates").iterdir()} == {"admin", "public"}
