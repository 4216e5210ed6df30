"""The story of a restatement: a corrected file and late lines arrive, and the month's gross margin changes.

Two nights: one as of 30 December, and one as of the 31st in which some December order lines come with a discount
that was not there and others come late. Why each value moved is counted again here from the raw files, by a few sums.
"""

from __future__ import annotations

import csv
import shutil
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import pytest

from dagster_project.lib.counterfactual import recompute
from dagster_project.lib.dbt_runner import read_manifest
from dagster_project.lib.lineage import kpi_models
from tests.conftest import CHECKOUT

pytestmark = pytest.mark.night(together=True)

LANDING = CHECKOUT / "seeds" / "landing" / "demo"
THEN, NOW = date(2025, 12, 30), date(2025, 12, 31)
DECEMBER, WEEK = date(2025, 12, 1), date(2025, 12, 29)
LINES = "order_id,line_number,order_date,product_id,quantity,discount_percent,net_amount,cost_amount"
MARGIN = "gross_margin_ratio"
CENT_OF_A_CENT = Decimal("1e-10")


def read(folder: Path, pattern: str) -> list[dict[str, str]]:
    found = []
    for path in sorted(folder.glob(pattern)):
        with path.open(newline="", encoding="utf-8") as file:
            found += csv.DictReader(file)
    return found


@pytest.fixture(scope="session")
def restated_landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's files with a corrected one and two new ones."""
    landing = tmp_path_factory.mktemp("restated") / "landing"
    shutil.copytree(LANDING, landing)
    sales = landing / "sales"
    products = {row["product_id"]: row for row in read(LANDING, "sales/products.csv")}

    def line(order_id: str, number: int, day: str, product: str, quantity: int, discount: int) -> str:
        net = quantity * Decimal(products[product]["list_price"]) * (100 - discount) / 100
        cost = quantity * Decimal(products[product]["standard_cost"])
        return f"{order_id},{number},{day},{product},{quantity},{discount},{net:.2f},{cost:.2f}"

    lines = read(LANDING, "sales/order_lines_2025.csv")
    text = [LINES]
    for number, row in enumerate(lines):
        # every twentieth line of December had a discount that was not entered
        is_wrong = number % 20 == 0 and row["order_date"].startswith("2025-12")
        text.append(
            line(row["order_id"], int(row["line_number"]), row["order_date"], row["product_id"],
                 int(row["quantity"]), int(row["discount_percent"]) + 20)
            if is_wrong else ",".join(row.values())
        )  # fmt: skip
    (sales / "order_lines_2025.csv").write_text("\n".join(text) + "\n", encoding="utf-8")

    orders = [row for row in read(LANDING, "sales/orders_2025.csv") if row["status"] != "cancelled"]
    until = [
        row for row in orders if row["order_date"].startswith("2025-12") and row["order_date"] <= str(THEN)
    ]
    late = [line(row["order_id"], 90, row["order_date"], "P20", 3, 0) for row in until[-40:]]
    today = [row for row in orders if row["order_date"] == str(NOW)]
    new = [line(row["order_id"], 91, str(NOW), "P17", 2, 0) for row in today[:3]]
    (sales / "order_lines_late.csv").write_text("\n".join([LINES, *late, *new]) + "\n", encoding="utf-8")
    return landing


@pytest.fixture(scope="module")
def first_home(shared_run, demo_home) -> Path:
    return shared_run("demo_30_december", after=demo_home, SCORECARD_AS_OF=str(THEN))


@pytest.fixture(scope="module")
def home(shared_run, first_home, restated_landing) -> Path:
    return shared_run(
        "demo_restated", after=first_home, SCORECARD_AS_OF=str(NOW), SCORECARD_LANDING=str(restated_landing)
    )


@pytest.fixture(scope="module")
def warehouse(home):
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        yield connection


def effects(warehouse, kpi_id: str, grain: str, start: date) -> dict[str, object]:
    cursor = warehouse.execute(
        "select * from audit.value_effects where kpi_id = ? and period_grain = ? and period_start_date = ? "
        "and scope_type = 'company'",
        [kpi_id, grain, start],
    )
    names = [column[0] for column in cursor.description]
    (row,) = cursor.fetchall()
    return dict(zip(names, row, strict=True))


def margin(folder: Path, first: date, last: date, keys: set[tuple[str, str]] | None = None) -> Decimal:
    """Gross margin of the lines of these days, by hand; ``keys`` are the lines that count."""
    cancelled = {
        row["order_id"] for row in read(folder, "sales/orders_*.csv") if row["status"] == "cancelled"
    }
    net = cost = Decimal(0)
    for row in read(folder, "sales/order_lines_*.csv"):
        if (
            first <= date.fromisoformat(row["order_date"]) <= last
            and row["order_id"] not in cancelled
            and (keys is None or (row["order_id"], row["line_number"]) in keys)
        ):
            net += Decimal(row["net_amount"])
            cost += Decimal(row["cost_amount"])
    return ((net - cost) / net).quantize(CENT_OF_A_CENT, ROUND_HALF_UP)


@pytest.mark.parametrize(("grain", "first"), [("month", DECEMBER), ("week", WEEK)])
def test_each_effect_on_the_margin_is_the_one_counted_by_hand(warehouse, restated_landing, grain, first):
    known = {(row["order_id"], row["line_number"]) for row in read(LANDING, "sales/order_lines_*.csv")}
    shown = margin(LANDING, first, THEN)
    corrected = margin(restated_landing, first, THEN, known)
    with_late = margin(restated_landing, first, THEN)
    tonight = margin(restated_landing, first, NOW)
    assert shown != corrected != with_late

    row = effects(warehouse, MARGIN, grain, first)
    by_hand = {
        "value_before": shown,
        "corrected_data": corrected - shown,
        "late_data": with_late - corrected,
        "time_passed": tonight - with_late,
        "value_now": tonight,
    }
    for name, value in by_hand.items():
        assert abs(row[name] - value) <= 2 * CENT_OF_A_CENT, name
    assert (row["changed_definition"], row["other"]) == (0, 0)
    assert row["causes"] == "corrected_data,late_data,time_passed"


def test_amounts_are_split_to_the_cent(warehouse):
    prices = {row["product_id"]: Decimal(row["list_price"]) for row in read(LANDING, "sales/products.csv")}
    row = effects(warehouse, "revenue_amount", "month", DECEMBER)
    assert row["late_data"] == 40 * 3 * prices["P20"]
    assert row["corrected_data"] < 0
    cancelled = {
        row["order_id"] for row in read(LANDING, "sales/orders_*.csv") if row["status"] == "cancelled"
    }
    assert row["time_passed"] == 3 * 2 * prices["P17"] + sum(
        Decimal(line["net_amount"])
        for line in read(LANDING, "sales/order_lines_2025.csv")
        if line["order_date"] == str(NOW) and line["order_id"] not in cancelled
    )


def test_every_change_is_told_and_adds_up_exactly(warehouse, first_home):
    warehouse.execute(
        f"attach if not exists '{first_home / 'published' / 'current.duckdb'}' as past (read_only)"
    )
    key = "kpi_id, period_grain, period_start_date, scope_type, scope_id"
    differing = warehouse.execute(
        f"""
        select {key}, past.actual_value, now.actual_value
        from scorecard.kpi_scorecard as now
        inner join past.scorecard.kpi_scorecard as past using ({key})
        where now.actual_value is distinct from past.actual_value order by all
        """
    ).fetchall()
    told = warehouse.execute(
        f"select {key}, value_before, value_now from audit.value_effects order by all"
    ).fetchall()
    assert told == differing
    assert len(told) > 1000
    counted = warehouse.execute(
        """
        select count(*),
            count(*) filter (
                where value_before + changed_definition + corrected_data + late_data + time_passed + other = value_now
            )
        from audit.value_effects where value_before is not null and value_now is not null
        """
    ).fetchone()
    assert counted[0] == counted[1] > 1000
    assert warehouse.execute(
        "select count(*) from audit.value_effects where causes = '' or causes is null or other <> 0 and causes <> 'people'"
    ).fetchone() == (0,)


def test_the_parent_is_the_edition_that_readers_had(warehouse, first_home):
    shown = (first_home / "published" / "current").resolve().name
    assert warehouse.execute("select distinct parent_edition_id from audit.value_effects").fetchall() == [
        (shown,)
    ]


def test_the_rows_of_the_night_are_counted_by_kind(warehouse, restated_landing):
    changed = [
        row
        for row in read(restated_landing, "sales/order_lines_2025.csv")
        if row not in read(LANDING, "sales/order_lines_2025.csv")
    ]
    assert warehouse.execute(
        "select source_system, table_name, added_late, added_new, added_undated, corrected, removed "
        "from audit.row_changes order by all"
    ).fetchall() == [
        ("demo", "order_lines", 40, 3, 0, len(changed), 0),
    ]


def test_a_kpi_that_only_time_can_have_moved_is_put_down_to_time(warehouse):
    # no table of the web shop's has changed
    assert warehouse.execute(
        "select distinct causes, other from audit.value_effects "
        "where kpi_id = 'web_sessions_count' and value_before is not null and value_now is not null"
    ).fetchall() == [("time_passed", 0)]


def test_a_night_with_one_kind_of_cause_computes_nothing(first_home, home):
    assert "nothing had to be computed" in (first_home / "stderr.txt").read_text()
    assert "computed after corrected_data, late_data" in (home / "stderr.txt").read_text()


def test_what_dbt_ran_gives_the_same_values_once_more(home, tmp_path):
    manifest = read_manifest(home / "dbt" / "target" / "manifest.json")
    kpi_ids = sorted(kpi_models(manifest))
    columns = "kpi_id, period_grain, period_start_date, scope_type, scope_id, actual_value"
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach '{home / 'warehouse.duckdb'}' as night (read_only)")
        connection.execute(
            f"create temp table again as select {columns} from night.scorecard.kpi_values limit 0"
        )
        # as if the settings differed, on which nearly everything hangs
        same = {("audit", "run_settings"): "select * from night.audit.run_settings"}
        built = recompute(
            connection, manifest, home / "dbt" / "target", tmp_path / "scratch.duckdb", same, kpi_ids,
            lambda values: f"insert into again select * from {values}",
        )  # fmt: skip
        night = (
            f"(select {columns} from night.scorecard.kpi_values where kpi_id in (select kpi_id from again))"
        )
        differing = connection.execute(
            f"select count(*) from ((from again except all from {night}) union all (from {night} except all from again))"
        ).fetchone()
        counted = connection.execute("select count(*), count(distinct kpi_id) from again").fetchone()
    assert differing == (0,)
    assert built > 200
    assert counted[0] > 200_000
    assert counted[1] == len(kpi_ids)


def test_nothing_is_left_over(warehouse, home):
    assert not (home / "why").exists()
    assert warehouse.execute(
        "select count(*) from duckdb_tables() where schema_name = 'before'"
    ).fetchone() == (0,)
    assert warehouse.execute("select count(*) from audit.before_tables").fetchone() == (0,)
    assert warehouse.execute("select count(distinct edition_id) from audit.edition_inputs").fetchone() == (3,)
