"""After days off one night takes everything that came meanwhile, and ends where night after night would have."""

from itertools import permutations
from pathlib import Path

import duckdb
import pytest

from dagster_project.lib import night_facts, night_store
from dagster_project.lib.ingest import ingest_table
from tests.unit.lib.test_ingest import make_table, state, write

DAYS = {
    "f_2026-01-01.csv": ["1,2026-01-01,10.00,a", "2,2026-01-01,20.00,b"],
    "f_2026-01-02.csv": ["3,2026-01-02,30.00,c"],
    "f_2026-01-03.csv": ["4,2026-01-03,forty,d", "5,2026-01-03,50.00,e"],
    "f_2026-01-04.csv": ["6,2026-01-04,60.00,f"],
}
CORRECTED = ["1,2026-01-01,11.00,a", "2,2026-01-01,20.00,b"]


def night(landing: Path, connection: duckdb.DuckDBPyConnection, run_id: str) -> int:
    ingest_table(connection, make_table(), landing, run_id)
    [table] = night_facts.raw_tables(connection, run_id, night_store.utc_now(), {})
    return table.files_new


def one_by_one(landing: Path, order: tuple[str, ...]) -> tuple:
    with duckdb.connect() as connection:
        for number, name in enumerate(order):
            write(landing, name, *DAYS[name])
            assert night(landing, connection, f"run-{number}") == 1
        write(landing, "f_2026-01-01.csv", *CORRECTED)
        night(landing, connection, "last")
        return state(connection)


def test_one_night_after_days_off_takes_every_file_that_came(tmp_path):
    with duckdb.connect() as connection:
        first, *others = DAYS
        write(tmp_path, first, *DAYS[first])
        assert night(tmp_path, connection, "run-0") == 1
        for name in others:
            write(tmp_path, name, *DAYS[name])
        write(tmp_path, first, *CORRECTED)
        assert night(tmp_path, connection, "run-1") == 4, "three that came and one that was corrected"
        assert night(tmp_path, connection, "run-2") == 0
        caught_up = state(connection)
    (tmp_path / "other").mkdir()
    assert caught_up == one_by_one(tmp_path / "other", tuple(DAYS))


@pytest.mark.parametrize("order", list(permutations(DAYS))[1::7])
def test_the_order_in_which_missed_nights_are_made_up_for_changes_nothing(tmp_path, order):
    for folder in ("in_order", "shuffled"):
        (tmp_path / folder).mkdir()
    assert one_by_one(tmp_path / "shuffled", order) == one_by_one(tmp_path / "in_order", tuple(DAYS))
