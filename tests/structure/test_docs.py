"""The pages of the documentation lead somewhere, and the decisions have an index."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
DOCS = CHECKOUT / "docs"
PAGES = [CHECKOUT / "README.md", *sorted(DOCS.rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_links_lead_to_files(page):
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
    files = [target for target in targets if not re.match(r"\w+:", target)]
    broken = [target for target in files if not (page.parent / target).exists()]
    assert not broken


def anchors(page):
    """What a link into a page can name: its headings, as GitHub writes them, and what has an id."""
    prose = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", prose, flags=re.MULTILINE)
    written = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return written | set(re.findall(r'<a id="([^"]+)"', prose))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_links_lead_to_headings(page):
    links = re.findall(r"\]\((?!\w+:)([^)#\s]*\.md|)#([^)]+)\)", page.read_text())
    broken = [
        f"{target}#{anchor}"
        for target, anchor in links
        if anchor not in anchors((page.parent / target) if target else page)
    ]
    assert not broken


def test_every_guide_can_be_found_from_the_readme():
    readme = (CHECKOUT / "README.md").read_text()
    assert [guide.name for guide in DOCS.glob("*.md") if f"](docs/{guide.name}" not in readme] == []


def test_every_decision_stands_in_the_index():
    index = (DOCS / "decisions" / "README.md").read_text()
    listed = re.findall(r"\]\(([\w-]+\.md)\)", index)
    pages = {path.name for path in (DOCS / "decisions").glob("*.md")} - {"README.md"}
    assert sorted(listed) == sorted(pages), "each once"


def test_test_modules_have_names_of_their_own():
    """Outside of packages pytest knows a module by its file's name alone, and collects nothing where two share one."""
    modules = [
        path for path in (CHECKOUT / "tests").rglob("*.py") if not (path.parent / "__init__.py").exists()
    ]
    names = [path.name for path in modules]
    assert sorted(names) == sorted(set(names))
