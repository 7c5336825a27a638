"""The twenty behaviours a reader is asked for are fixed by the commit, not by whoever asks."""

from pathlib import Path

import pytest

from tests.where_is_it import draw, entries, git, is_drawn, listed, names, titles

LOG = """# Changes

## Unreleased

- A first thing. Told at length.

## 0.1.0 - 2026-11-22

### Upgrade

- Run something once.

### Added

- [A second thing](docs/second.md)
  over two lines; and more.
- 第三件事。还有别的。
"""
PAGE = "{% extends 'x' %}{% block title %}{{ n }} 家养老机构{% endblock %}"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository of one commit: a log of three entries, a page with a title, a part without."""
    files = {
        "CHANGELOG.md": LOG,
        "templates/public/results/page.html": PAGE,
        "templates/public/results/_card.html": "<p>{{ name }}</p>",
        "institutions/search/finder.py": "",
        "institutions/migrations/0001_initial.py": "",
        "docs/decisions.md": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git("init", "--quiet", root=tmp_path)
    git("add", ".", root=tmp_path)
    commit(tmp_path, "First")
    return tmp_path


def commit(root: Path, message: str) -> None:
    someone = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    more = ["-c", "commit.gpgsign=false", "commit", "--quiet", "--allow-empty", "-m", message]
    git(*someone, *more, root=root)


def test_entries_are_first_sentences_without_steps_of_upgrades():
    assert entries(LOG) == ["A first thing.", "A second thing over two lines;", "第三件事。"]


def test_titles_say_where_they_name_something():
    nameless = "{% block title %}{{ page.name }}{% endblock %}"
    either = "{% block title %}{% if a %}对比{% else %}“{{ b }}”是哪里{% endif %}{% endblock %}"
    assert titles([either]) == ["the page “对比 / “…”是哪里”"]
    assert titles([PAGE, nameless, "<p></p>"]) == ["the page “… 家养老机构”"]


def test_the_draw_hangs_on_seed_and_texts_alone():
    texts = [f"behaviour {n}" for n in range(50)]
    drawn = draw(texts, "a" * 40)
    assert drawn == draw(reversed([*texts, *texts]), "a" * 40)
    assert len(set(drawn)) == 20
    assert set(drawn) <= set(texts)
    assert drawn != draw(texts, "b" * 40)
    # Held, so that lists kept with older commits stay true.
    assert draw("abcdef", "0" * 40, 3) == ["f", "a", "b"]


def test_a_kept_list_is_the_one_its_commit_draws(repository: Path):
    kept = listed("HEAD", repository)
    assert kept == listed("HEAD", repository)
    assert len(kept.splitlines()) == 1 + 4
    assert is_drawn(kept, repository)
    lines = kept.splitlines(keepends=True)
    assert not is_drawn("".join([*lines[:-2], lines[-1]]), repository)
    assert not is_drawn(kept.replace("A first", "An easy"), repository)
    commit(repository, "Second")
    assert is_drawn(kept, repository)
    assert listed("HEAD", repository) != kept


def test_a_reader_is_given_names_of_product_files(repository: Path):
    assert names("HEAD", repository) == [
        "institutions/search/finder.py",
        "templates/public/results/_card.html",
        "templates/public/results/page.html",
    ]
