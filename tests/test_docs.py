"""What the documents say is so: commands exist, links lead somewhere, settings are listed."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
READMES = ["README.md", "README.zh-CN.md"]
# Written apart, so that this file does not contain what it looks for.
MACHINE_TRACES = [
    "/ro" + "ot/",
    "/ho" + "me/",
    "/Use" + "rs/",
    "/opt" + "/",
    "extra-index" + "-url",
    "find-" + "links =",
]
COMMAND = re.compile(r"\bmake ([a-z][a-z-]*)(?=[`\s]|$)", re.M)
MANAGE = re.compile(r"manage\.py ([a-z_]+)")
LINK = re.compile(r"\]\(([^)\s]+)\)")


def tracked(*patterns: str) -> list[Path]:
    """Files git knows or would add; no build products."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def documents() -> list[Path]:
    return tracked("*.md")


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z/_-]*):", (ROOT / "Makefile").read_text(), re.M))


def code(text: str) -> str:
    """Only what stands in code fences or between backticks: prose may say `make` too."""
    fences = re.findall(r"^```.*?^```", text, re.M | re.S)
    return "\n".join([*fences, *re.findall(r"`[^`\n]+`", text)])


def commands(path: Path) -> set[str]:
    return set(COMMAND.findall(code(path.read_text())))


def management_commands() -> set[str]:
    own = {path.stem for path in ROOT.glob("*/management/commands/[a-z]*.py")}
    return own | {
        "migrate",
        "loaddata",
        "collectstatic",
        "runserver",
        "check",
        "makemigrations",
        "createcachetable",
    }


def broken_links(path: Path, text: str) -> list[str]:
    inside = [link for link in LINK.findall(text) if not re.match(r"[a-z]+:|#", link)]
    return [link for link in inside if not (path.parent / link.split("#")[0]).exists()]


def test_there_are_documents_to_check():
    assert {"README.md", "docs/data.md"} <= {str(p.relative_to(ROOT)) for p in documents()}


@pytest.mark.parametrize("name", READMES)
def test_the_readme_opens_with_the_two_commands(name: str):
    found = COMMAND.findall(code((ROOT / name).read_text()))
    assert found[:2] == ["run", "test"]


def test_both_readmes_name_the_same_commands_and_documents():
    english, chinese = ((ROOT / name).read_text() for name in READMES)
    assert sorted(COMMAND.findall(code(english))) == sorted(COMMAND.findall(code(chinese)))
    others = [set(LINK.findall(text)) - set(READMES) for text in (english, chinese)]
    assert others[0] == others[1]


def test_the_readme_names_every_target_of_make():
    hidden = {"help", "ready", "migrate", "var/secret_key"}
    shown = {t for t in make_targets() if "/" not in t} - hidden
    assert shown <= commands(ROOT / "README.md")


def test_every_command_of_a_document_exists():
    for path in documents():
        text = code(path.read_text())
        assert set(COMMAND.findall(text)) <= make_targets(), path
        assert set(MANAGE.findall(text)) <= management_commands(), path


def test_every_internal_link_leads_somewhere():
    assert [broken for path in documents() for broken in broken_links(path, path.read_text())] == []


def test_every_picture_is_shown_and_light():
    shown = {
        (path.parent / link).resolve()
        for path in documents()
        for link in LINK.findall(path.read_text())
    }
    pictures = tracked("docs/screenshots/*")
    assert [path.name for path in pictures if path not in shown] == []
    assert [path.name for path in pictures if path.stat().st_size > 180_000] == []


def test_a_broken_link_and_a_wrong_command_are_noticed(tmp_path: Path):
    assert broken_links(tmp_path / "a.md", "[x](gone.md) [y](https://example.org)") == ["gone.md"]
    assert COMMAND.findall("`make fly`") == ["fly"]
    assert "fly" not in make_targets()


def variables_read() -> set[str]:
    """Names of environment variables that settings.py asks for."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / "carebridge/settings.py").read_text())):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in {"os.environ.get", "env_bool", "env_int", "env_list", "env_tiles"}:
                # Inside env_bool itself the name is a parameter.
                found |= {name.value for name in node.args[:1] if isinstance(name, ast.Constant)}
            elif called == "dj_database_url.config":
                found.add("DATABASE_URL")
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            found.add(ast.literal_eval(node.slice))
    return found


def test_env_example_lists_exactly_what_settings_read():
    listed = re.findall(r"^#?\s?([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M)
    assert len(listed) == len(set(listed))
    assert set(listed) == variables_read()


def traces(text: str) -> list[str]:
    return [trace for trace in MACHINE_TRACES if trace in text]


def test_no_file_tells_of_the_machine_it_was_written_on():
    found = {}
    for path in tracked():
        # Third-party files and compressed data are not written here.
        if "vendor" in path.parts or path.suffix in {".xz", ".png", ".jpg", ".ico", ".woff2"}:
            continue
        if there := traces(path.read_text(errors="replace")):
            found[str(path.relative_to(ROOT))] = there
    assert found == {}


def test_pins_name_no_registry():
    for name in ["requirements.txt", "requirements-dev.txt"]:
        assert not re.search(r"https?://|^\s*--(?!hash=sha256:)", (ROOT / name).read_text(), re.M)


def test_every_pin_has_a_hash_and_make_asks_for_it():
    """A package that was exchanged under its version is not installed."""
    for name in ["requirements.txt", "requirements-dev.txt"]:
        pins = re.split(r"^(?=\w)", (ROOT / name).read_text(), flags=re.M)[1:]
        assert len(pins) > 20
        assert [pin for pin in pins if "--hash=sha256:" not in pin] == []
    for line in (ROOT / "Makefile").read_text().splitlines():
        assert "-r requirements" not in line or "--require-hashes" in line


def test_every_requirement_says_why():
    for name in ["requirements.in", "requirements-dev.in"]:
        asked = [line for line in (ROOT / name).read_text().splitlines() if "~=" in line]
        assert asked
        # Test runners and linters speak for themselves; what the site runs on does not.
        assert name == "requirements-dev.in" or all("#" in line for line in asked)


def test_vendored_files_stand_beside_their_licence():
    for folder in [ROOT / "static/vendor", ROOT / "tests/browser/vendor"]:
        names = {path.name.lower() for path in folder.rglob("*") if path.is_file()}
        assert any("licen" in name or "readme" in name for name in names), folder


def test_the_accessibility_document_names_tests_that_exist():
    text = (ROOT / "docs/accessibility.md").read_text()
    rows = [line for line in text.splitlines() if re.match(r"\| \d+ \|", line)]
    assert len(rows) == 25
    named = set(re.findall(r"`(tests/[\w/.]+?)(?:::(\w+))?`", text))
    assert len(named) > 20
    for path, name in named:
        source = (ROOT / path).read_text()
        assert not name or f"def {name}(" in source, f"{path}::{name}"
