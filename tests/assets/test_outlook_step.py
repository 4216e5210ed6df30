"""The step that looks ahead: what it writes, what it says, and that a failure of its own stops nothing."""

from __future__ import annotations

import dagster as dg
import duckdb
import pytest

from dagster_project.defs import resources
from dagster_project.defs.resources import Warehouse
from dagster_project.defs.transform.outlook import message, outlook
from dagster_project.lib import outlook_tables
from dagster_project.lib.outlook_tables import Outcome
from dagster_project.lib.settings import Settings
from tests.small_scorecard import MONTHS, Company


@pytest.fixture
def own(tmp_path, monkeypatch) -> Settings:
    mine = Settings.from_environment(
        {"SCORECARD_HOME": str(tmp_path / "home"), "SCORECARD_WAIT_FOR_WRITER": "0"}
    )
    monkeypatch.setattr(resources, "_own_settings", lambda: mine)
    mine.home.mkdir()
    Company(file=mine.warehouse).kpi("revenue", MONTHS).connection.close()
    return mine


def run(own: Settings) -> tuple[dg.ExecuteInProcessResult, list[str]]:
    """The step, and what it said."""
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([outlook], resources={"warehouse": Warehouse()}, instance=instance)
        said = [
            entry.user_message for entry in instance.all_logs(result.run_id) if "utlook" in entry.user_message
        ]
    return result, said


def row_counts(result: dg.ExecuteInProcessResult) -> dict[str, int]:
    return {
        event.asset_key.path[-1]: event.materialization.metadata["dagster/row_count"].value
        for event in result.get_asset_materialization_events()
    }


def test_both_tables_are_written(own):
    result, said = run(own)
    assert result.success
    with duckdb.connect(str(own.warehouse), read_only=True) as warehouse:
        for table, rows in row_counts(result).items():
            assert warehouse.execute(f"select count(*) from scorecard.{table}").fetchone() == (rows,)
            assert rows > 3
    assert any("Outlook: 2 of 2 open periods, tried on" in line for line in said)


def test_a_failure_is_a_warning_and_the_night_goes_on(own, monkeypatch):
    def fail(*_: object) -> None:
        raise ZeroDivisionError("by a mistake")

    monkeypatch.setattr(outlook_tables, "computed", fail)
    result, said = run(own)
    assert result.success
    assert row_counts(result) == {"kpi_outlook": 2, "kpi_outlook_backtest": 0}
    [warning] = [line for line in said if "There is no outlook tonight" in line]
    assert "ZeroDivisionError: by a mistake" in warning and "2 rows say `failed`" in warning


def test_a_night_on_which_nothing_is_open_says_so():
    assert message(Outcome(0, 0, 0, 0)) == "Outlook: no period is open."
