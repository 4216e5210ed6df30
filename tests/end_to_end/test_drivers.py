"""What moved the demo company's KPIs: which have drivers, and figures that were worked out from its files."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest

from dagster_project.lib.settings import CHECKOUT

LANDING = CHECKOUT / "seeds" / "landing" / "demo"
YEARS = ("2023", "2024", "2025", "carried_over")


@pytest.fixture(scope="module")
def warehouse(demo_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(demo_home / "warehouse.duckdb"), read_only=True) as connection:
        yield connection


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def orders() -> dict[str, dict[str, str]]:
    return {row["order_id"]: row for year in YEARS for row in rows_of(LANDING / f"sales/orders_{year}.csv")}


def drivers(warehouse: duckdb.DuckDBPyConnection, kpi_id: str, compared_with: str, dimension: str) -> dict:
    """Driver -> what it did in November 2025."""
    found = warehouse.execute(
        """
        select driver_id, contribution from scorecard.kpi_drivers
        where kpi_id = ? and compared_with = ? and dimension = ?
            and period_grain = 'month' and period_start_date = date '2025-11-01'
        """,
        [kpi_id, compared_with, dimension],
    ).fetchall()
    assert found
    return dict(found)


def test_a_dimension_is_left_out_for_a_reason_that_is_written_down(warehouse):
    """Wherever the parts and the whole have values now and then, they are broken down, or the seed says why not."""
    missing = warehouse.execute(
        """
        with valued as (
            select kpi_id, scope_type, period_start_date
            from scorecard.kpi_scorecard
            where period_grain = 'month' and period_start_date >= date '2025-01-01' and actual_value is not null
                and scope_type not in ('company', 'employee', 'customer', 'ethnic_group', 'role_group')
            group by all
        )
        select distinct valued.kpi_id, valued.scope_type
        from valued
        inner join scorecard.driver_values as wholes
            on valued.kpi_id = wholes.kpi_id and wholes.scope_type = 'company' and wholes.period_grain = 'month'
                and valued.period_start_date = wholes.period_start_date and wholes.compared_with = 'last_year'
        left join scorecard.kpi_drivers as drivers
            on valued.kpi_id = drivers.kpi_id and valued.scope_type = drivers.dimension
                and drivers.period_grain = 'month' and valued.period_start_date = drivers.period_start_date
                and drivers.compared_with = 'last_year'
        where drivers.kpi_id is null
        """
    ).fetchall()
    listed = warehouse.execute(
        "select kpi_id, scope_type from reference.kpis_without_drivers where scope_type is not null"
    ).fetchall()
    assert set(missing) == set(listed)


def test_on_time_delivery_by_region_is_that_of_the_files(warehouse):
    kept, promised = defaultdict(int), defaultdict(int)
    known = orders()
    for row in rows_of(LANDING / "logistics/deliveries.csv"):
        if "2025-11-01" <= row["promised_date"] <= "2025-11-30":
            region = known[row["order_id"]]["region"]
            promised[region] += 1
            kept[region] += bool(row["delivered_date"]) and row["delivered_date"] <= row["promised_date"]
    whole = sum(promised.values())
    found = drivers(warehouse, "on_time_delivery_ratio", "target", "region")
    assert set(found) == set(promised)
    for region, contribution in found.items():
        expected = (kept[region] - Fraction(94, 100) * promised[region]) / whole
        assert abs(Fraction(contribution) - expected) < Fraction(1, 10**8)


def test_price_volume_and_mix_of_revenue_are_those_of_the_files(warehouse):
    sold: dict[tuple[str, str], list[Fraction]] = defaultdict(lambda: [Fraction(0), Fraction(0)])
    known = orders()
    for year in YEARS:
        for row in rows_of(LANDING / f"sales/order_lines_{year}.csv"):
            order = known.get(row["order_id"])
            if order and order["status"] != "cancelled":
                sides = sold[order["order_date"][:7], row["product_id"]]
                sides[0] += Fraction(row["quantity"])
                sides[1] += Fraction(row["net_amount"])
    then, now = (
        {product: sides for (month, product), sides in sold.items() if month == wanted}
        for wanted in ("2024-11", "2025-11")
    )
    both = [(then[product], now[product]) for product in then.keys() & now.keys()]
    price = sum((a[0] + b[0]) / 2 * (b[1] / b[0] - a[1] / a[0]) for a, b in both)
    units = [sum(pair[side][0] for pair in both) for side in (0, 1)]
    revenue = [sum(pair[side][1] for pair in both) for side in (0, 1)]
    volume = (units[1] - units[0]) * (revenue[0] / units[0] + revenue[1] / units[1]) / 2
    quantity = sum((b[0] - a[0]) * (a[1] / a[0] + b[1] / b[0]) / 2 for a, b in both)
    new = sum(now[product][1] for product in now.keys() - then.keys())
    assert not then.keys() - now.keys()
    found = drivers(warehouse, "revenue_amount", "last_year", "price_volume_mix")
    expected = {"price": price, "volume": volume, "mix": quantity - volume, "new": new}
    assert set(found) == set(expected)
    for driver, contribution in found.items():
        assert abs(Fraction(contribution) - expected[driver]) < Fraction(3, 100), driver
    assert found["new"] == Decimal("1479536.40")
