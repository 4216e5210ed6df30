"""One fault night of the demo company, and the mended one after it: exactly the lineage is held, all else is as it was."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from dagster_project.lib.gate import find_suites
from dagster_project.lib.publication import (
    PUBLISHED_TABLES,
    PUBLISHED_VIEWS,
    Edition,
    PublicationRefused,
    publish,
)
from dagster_project.lib.settings import EXPECTATIONS, STAGING, Settings
from tests.conftest import CHECKOUT, copy_home, run_cli
from tests.end_to_end.test_bad_input import said

pytestmark = pytest.mark.night(together=True)
DEMO = CHECKOUT / "seeds" / "landing" / "demo"
# what differs between any two editions, whatever they show
OF_THE_EDITION = "edition_id, value_edition_id"
HELD = {"deliveries", "budget_lines"}


@pytest.fixture(scope="module")
def nights(demo_home, tmp_path_factory) -> tuple[Path, Path, str, int]:
    """The good edition, the fault night's home, what it said, and the mended night's exit code."""
    home, landing = (tmp_path_factory.mktemp("holds") / name for name in ("home", "landing"))
    copy_home(demo_home, home)
    shutil.copytree(DEMO, landing)
    # a bad date, and a good one long before the company was: held, it must not lengthen anybody's calendar
    change(landing / "logistics" / "deliveries.csv", 1, "promised_date", "1950-01-01")
    change(landing / "logistics" / "deliveries.csv", 2, "promised_date", "31/02/2025")
    # the budget sets targets of KPIs that are not built from it
    change(landing / "finance" / "budget_lines.csv", 1, "amount", "1e9")
    # another header is refused: the last good rows are used
    training = landing / "hr" / "training.csv"
    training.write_text(training.read_text().replace("training_date", "day", 1))
    run = run_cli("nightly", home=home, SCORECARD_LANDING=str(landing))
    assert run.returncode == 4, said(run)
    faulty = (home / "published" / "current").resolve() / "scorecard.duckdb"
    copy_home(home, home.with_name("held"))
    mended = run_cli("nightly", home=home)
    return faulty, home, said(run), mended.returncode


def change(path: Path, line: int, column: str, value: str) -> None:
    text = path.read_text()
    lines = text.splitlines()
    fields = lines[line].split(",")
    fields[lines[0].split(",").index(column)] = value
    lines[line] = ",".join(fields)
    path.write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def both(nights, demo_edition):
    """The fault night's edition beside the good one before it."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{demo_edition}' as good (read_only)")
        connection.execute(f"attach '{nights[0]}' as faulty (read_only)")
        yield connection


def rows(connection, sql: str) -> list[tuple]:
    return connection.execute(sql).fetchall()


def kpis(connection, condition: str) -> set[str]:
    return {
        kpi
        for (kpi,) in rows(
            connection, f"select distinct kpi_id from faulty.scorecard.kpi_scorecard where {condition}"
        )
    }


def built_from(home: Path, tables: set[str]) -> set[str]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "select kpi_id from audit.kpi_inputs where list_contains(?, table_name)", [sorted(tables)]
        )
        return {kpi for (kpi,) in found.fetchall()}


def test_exactly_the_kpis_behind_the_failed_tables_are_held(both, nights):
    held = built_from(nights[1], HELD)
    assert kpis(both, "quality_status = 'held'") == kpis(both, "status = 'held'") == held
    assert len(held) == 9
    checks = rows(
        both,
        "select distinct held_check from faulty.scorecard.kpi_scorecard where status = 'held' order by 1",
    )
    assert [check.split(":")[0] for (check,) in checks] == [
        "raw/demo/finance/budget_lines", "raw/demo/logistics/deliveries"
    ]  # fmt: skip


def test_a_refused_extract_leaves_its_kpis_published_and_stale(both, nights):
    stale = kpis(both, "quality_status = 'stale'")
    assert stale == built_from(nights[1], {"training"}) and len(stale) == 2


def test_held_figures_are_those_of_the_good_edition_and_are_compared_with_nothing(both):
    key = "kpi_id, period_grain, period_start_date, scope_type, scope_id, scope_name, period_end_date, period_status"
    shown = f"{key}, numerator, denominator, actual_value, no_value_reason, target_value, data_as_of, definition_hash"
    sql = "select {shown} from {edition}.scorecard.kpi_scorecard where kpi_id in (select kpi_id from faulty.scorecard.kpi_scorecard where status = 'held') order by all"
    assert rows(both, sql.format(shown=shown, edition="faulty")) == rows(
        both, sql.format(shown=shown, edition="good")
    )
    compared = rows(
        both,
        "select count(is_met), count(score), count(variance), count(previous_value), count(scope_rank),"
        " count(*) filter (where value_edition_id <> (select edition_id from good.scorecard.publication))"
        " from faulty.scorecard.kpi_scorecard where status = 'held'",
    )
    assert compared == [(0,) * 6]


def test_every_other_row_is_as_it_was_to_the_last_column(both):
    """Targets that follow from the failed budget included, and periods, scopes and coverage."""
    other = (
        f"select * exclude ({OF_THE_EDITION}, quality_status, checks_evaluated, checks_failed)"
        " from {edition}.scorecard.kpi_scorecard where kpi_id not in"
        " (select kpi_id from faulty.scorecard.kpi_scorecard where status = 'held')"
    )
    for one, another in (("good", "faulty"), ("faulty", "good")):
        sql = f"select count(*) from ({other.format(edition=one)} except all {other.format(edition=another)})"
        assert rows(both, sql) == [(0,)]
    for table in ("periods", "scopes", "kpi_targets", "kpi_catalogue", "strategy_map", "initiatives"):
        good, faulty = (f"select * from {edition}.scorecard.{table}" for edition in ("good", "faulty"))
        assert rows(both, f"select count(*) from ({good} except all {faulty})") == [(0,)], table
        assert rows(both, f"select count(*) from ({faulty} except all {good})") == [(0,)], table


def test_a_held_kpi_lowers_the_coverage_of_the_balanced_scorecard_and_its_score_counts_nowhere(both):
    held = rows(
        both,
        "select count(*), count(score) from faulty.scorecard.balanced_scorecard_kpis where status = 'held'",
    )
    assert held[0][0] > 0 and held[0][1] == 0
    assert rows(
        both,
        "select count(*) from faulty.scorecard.balanced_scorecard as now join good.scorecard.balanced_scorecard as before"
        " using (perspective, period_grain, period_start_date, scope_type, scope_id)"
        " where now.coverage > before.coverage",
    ) == [(0,)]


def test_the_night_says_what_is_wrong_where_and_what_it_holds(nights):
    text = nights[2]
    for word in ("Published, but 9 KPIs are held and 1 extract was refused", "31/02/2025", "deliveries.csv", "1e9",
                 "training.csv", "training_date", "holds 6 KPIs", "holds 3 KPIs", "stale"):  # fmt: skip
        assert word in text, word


def test_the_mended_night_is_the_good_one_again_and_nothing_of_the_fault_is_remembered(nights, demo_edition):
    _, home, _, code = nights
    assert code == 0
    with duckdb.connect() as connection:
        connection.execute(f"attach '{demo_edition}' as good (read_only)")
        connection.execute(
            f"attach '{(home / 'published' / 'current').resolve() / 'scorecard.duckdb'}' as mended (read_only)"
        )
        for table in (
            "kpi_scorecard",
            "periods",
            "scopes",
            "kpi_targets",
            "balanced_scorecard",
            "key_results",
        ):
            without = f"exclude ({OF_THE_EDITION})" if table == "kpi_scorecard" else ""
            good, mended = (
                f"select * {without} from {name}.scorecard.{table}" for name in ("good", "mended")
            )
            assert rows(connection, f"select count(*) from ({good} except all {mended})") == [(0,)], table
            assert rows(connection, f"select count(*) from ({mended} except all {good})") == [(0,)], table


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("select 1", None),
        (
            "delete from audit.holds where cause = 'suite' and kpi_id = 'backorder_ratio'",
            "not held: backorder_ratio",
        ),
        ("delete from audit.holds", "says held, and audit.holds does not"),
        (
            "update audit.held_values set actual_value = actual_value + 1 where kpi_id = 'backorder_ratio'",
            "held figures of",
        ),
        ("delete from audit.check_results where suite like 'raw/%deliveries'", "was never judged"),
        (
            "update raw.demo__deliveries set carbon_kg = 0; update audit.raw_tables set content_hash = 'x'",
            "has changed",
        ),
        ("delete from audit.tainted_models", "read from it all the same"),
        ("update scorecard.kpi_scorecard set actual_value = 1 where status = 'held'", "held figures of"),
    ],
)
def test_publishing_alone_refuses_what_was_changed_since(nights, tmp_path, change, words):
    """What a later run does that selects only the publication, on the warehouse that the fault night left."""
    home = copy_home(nights[1].with_name("held"), tmp_path / "home")
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute(change)
        row = connection.execute(
            "select edition_id, as_of_date, company, company_name, reporting_currency from audit.run_settings"
        ).fetchone()
    chosen = Settings.from_environment({"SCORECARD_HOME": str(home)})
    suites = find_suites(EXPECTATIONS, chosen.systems, PUBLISHED_TABLES, STAGING)
    arguments = (
        chosen.warehouse,
        home,
        Edition(*row, run_id="alone"),
        PUBLISHED_TABLES,
        PUBLISHED_VIEWS,
        suites,
    )
    if words is None:
        assert publish(*arguments).unchanged
        # a suite that is taken away is not one that failed
        suites[0] = replace(suites[0], path=tmp_path / "gone.json")
        words = f"suite {suites[0].name}, or another table it reads, has changed"
    with pytest.raises(PublicationRefused, match="What to do") as refusal:
        publish(*arguments)
    assert words in str(refusal.value)
