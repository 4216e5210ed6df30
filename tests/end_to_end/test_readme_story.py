"""The story of the README: each query, run on the night that it is told of, gives what is printed below it."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from dagster_project.lib.settings import CHECKOUT

STORY = (CHECKOUT / "README.md").read_text().split("## One story from it")[1].split("\n## ")[0]
BLOCKS = re.findall(r"```sql\n(.*?)```\n\n```\n(.*?)```", STORY, re.DOTALL)


@pytest.fixture(scope="module")
def edition(shared_run) -> Path:
    """The night of the story, in which a quarter and a year are open."""
    return shared_run("demo_30_november", SCORECARD_AS_OF="2025-11-30") / "published" / "current.duckdb"


def printed(rows: str) -> list[list[str]]:
    """Cells are apart by two spaces at least; the first line is the header."""
    return [re.split(r"\s{2,}", line.rstrip()) for line in rows.splitlines()]


@pytest.mark.parametrize(("query", "shown"), BLOCKS, ids=range(len(BLOCKS)))
def test_a_query_of_the_story_gives_what_is_printed_below_it(edition, query, shown):
    with duckdb.connect(str(edition), read_only=True) as connection:
        cursor = connection.execute(query)
        header = [column[0] for column in cursor.description]
        rows = [[str(value) for value in row] for row in cursor.fetchall()]
    assert [header, *rows] == printed(shown)


def test_the_story_has_a_query_for_each_question():
    questions = re.findall(r"^\*\*.*\?\*\*", STORY, re.MULTILINE)
    assert len(questions) == 4 and len(BLOCKS) >= len(questions)


def test_the_picture_of_the_story_is_there():
    [picture] = re.findall(r"!\[[^\]]+\]\((docs/[^)]+\.png)\)", (CHECKOUT / "README.md").read_text())
    assert (CHECKOUT / picture).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
