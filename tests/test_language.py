"""The sentences and names of the product, measured: plain professional English throughout.

Migrations aside, since they are history. Each test names its figure, so that a failure shows where
the language drifts and by how much.
"""

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("carebridge", "regions", "institutions")
SPEECH = {"told", "untold", "said", "unsaid", "tell", "tells", "telling", "say", "says", "saying"}
NOUN_CLAUSES = {"what", "whether", "who", "whom", "whose", "how", "which", "where", "when"}
# Every command of manage.py is a class of this name.
GIVEN_CLASSES = {"Command"}
# Names that Django calls: they are left out of the count altogether.
HOOKS = {
    "get", "post", "put", "head", "patch", "delete", "save", "clean", "ready", "handle", "check",
    "render", "filter", "items",
}  # fmt: skip
MOST_SPEECH = 1.0  # per 1,000 lines
MOST_NOUN_CLAUSES = 3.0  # per cent
MOST_SHARED_CLASSES = 5.0
MOST_SHORT_FUNCTIONS = 25.0
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def sources() -> dict[Path, str]:
    """Return the text of each module of the product by its path from the root."""
    return {
        path.relative_to(ROOT): path.read_text()
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if "migrations" not in path.parts
    }


def nodes() -> Iterator[tuple[Path, ast.AST]]:
    for path, source in sources().items():
        for node in ast.walk(ast.parse(source)):
            yield path, node


def words(text: str) -> list[str]:
    """Return the words of prose or of an identifier, in lower case: `ToldBy_saying` is three."""
    return [part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", text)]


def docstrings() -> Iterator[tuple[Path, int, str]]:
    for path, node in nodes():
        if isinstance(node, (ast.Module, ast.ClassDef, *FUNCTIONS)) and (
            text := ast.get_docstring(node)
        ):
            yield path, getattr(node, "lineno", 1), text


def listed(found: list[str], most: int = 20) -> str:
    return "\n".join([*found[:most], f"... {len(found) - most} more" if len(found) > most else ""])


def speech() -> list[str]:
    """Return each use of a word of SPEECH in identifiers, comments and docstrings."""
    found = []
    for path, source in sources().items():
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type in (tokenize.NAME, tokenize.COMMENT):
                at = f"{path}:{token.start[0]}: {token.string}"
                found += [at for word in words(token.string) if word in SPEECH]
    for path, line, text in docstrings():
        found += [f"{path}:{line}: {text[:80]!r}" for word in words(text) if word in SPEECH]
    return found


def test_identifiers_and_sentences_use_standard_verbs() -> None:
    found, lines = speech(), sum(source.count("\n") for source in sources().values())
    figure = 1000 * len(found) / lines
    assert figure <= MOST_SPEECH, f"{figure:.1f} per 1,000 lines\n{listed(found)}"


def test_docstrings_begin_with_a_verb_or_a_noun() -> None:
    texts = list(docstrings())
    found = [
        f"{path}:{line}: {text[:80]!r}"
        for path, line, text in texts
        if words(text)[:1] and words(text)[0] in NOUN_CLAUSES
    ]
    figure = 100 * len(found) / len(texts)
    assert figure <= MOST_NOUN_CLAUSES, f"{figure:.1f} %\n{listed(found)}"


def test_a_class_name_means_one_class() -> None:
    """Of classes on their own; those inside of a model go by its name: `Fee.Kind`."""
    named = defaultdict(list)
    for path, source in sources().items():
        for node in ast.parse(source).body:
            if isinstance(node, ast.ClassDef) and node.name not in GIVEN_CLASSES:
                named[node.name].append(f"{node.name}: {path}:{node.lineno}")
    found = sorted(at for places in named.values() if len(places) > 1 for at in places)
    figure = 100 * len(found) / sum(map(len, named.values()))
    assert figure <= MOST_SHARED_CLASSES, f"{figure:.1f} %\n{listed(found)}"


def test_functions_are_named_by_more_than_one_short_word() -> None:
    functions = [
        (path, node)
        for path, node in nodes()
        if isinstance(node, FUNCTIONS) and not node.name.startswith("__") and node.name not in HOOKS
    ]
    found = [
        f"{path}:{node.lineno}: {node.name}"
        for path, node in functions
        if re.fullmatch(r"_?[a-z]{1,6}", node.name)
    ]
    figure = 100 * len(found) / len(functions)
    assert figure <= MOST_SHORT_FUNCTIONS, f"{figure:.1f} %\n{listed(found)}"
