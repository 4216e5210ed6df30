"""While one run writes, every other command waits, is refused with a message, or needs nothing that is written."""

import duckdb
import pytest

from tests.conftest import run_cli

DATABASE_ERRORS = ("Could not set lock", "Traceback", "IO Error")
WRITING = [
    ["nightly"],
    ["nightly", "--as-of", "2025-11-30"],
    ["backfill", "2025-11-29", "2025-11-30"],
    ["dbt", "build"],
    ["backup", "copy"],
    ["mf", "list", "metrics"],
    ["with-settings", "sqlfluff", "lint", "dbt_project/models"],
]
READING = [
    (["scorecard"], 1, "Nothing is published"),
    (["workbook"], 1, "Nothing is published"),
    (["plan"], 0, "The plan is in order"),
    (["freshness"], None, "watched"),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    duckdb.connect(str(folder / "warehouse.duckdb")).close()
    return folder


@pytest.fixture(scope="module")
def written(home, start_holding):
    """Another run is at work in this folder."""
    process = start_holding(home)
    yield home
    process.kill()
    process.wait(30)


@pytest.mark.parametrize("command", WRITING, ids=" ".join)
def test_a_second_writer_is_refused_and_told_who_writes(written, command):
    run = run_cli(*command, home=written)
    text = run.stdout + run.stderr
    assert run.returncode == 3, text
    assert "Another run is writing" in text and "run first" in text
    assert not any(error in text for error in DATABASE_ERRORS)


@pytest.mark.parametrize(("command", "code", "words"), READING, ids=[" ".join(row[0]) for row in READING])
def test_who_only_reads_is_not_kept_waiting(written, command, code, words):
    run = run_cli(*command, home=written)
    text = run.stdout + run.stderr
    assert words in text and run.returncode in ((code,) if code is not None else (0, 4))
    assert not any(error in text for error in DATABASE_ERRORS)


def test_a_night_that_finds_the_warehouse_open_says_who_has_it(tmp_path, held_warehouse):
    warehouse = tmp_path / "warehouse.duckdb"
    duckdb.connect(str(warehouse)).close()
    reader = held_warehouse(warehouse)
    run = run_cli("nightly", home=tmp_path)
    text = " ".join((run.stdout + run.stderr).replace("│", " ").split())
    assert run.returncode == 3, text
    assert "Another program has the warehouse" in text and f"process {reader.pid}" in text
    assert not any(error in text for error in DATABASE_ERRORS)
