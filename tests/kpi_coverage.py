"""`make coverage`: for every KPI of the catalogue, where it has values and what holds them right.

Runs the nightly job on the demo company and, where its files are there, on AdventureWorks (both are quick when
nothing is new), asks MetricFlow for every KPI that it can express, and counts unit tests and oracles.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import duckdb
import yaml
from rich.console import Console
from rich.table import Table

from dagster_project.lib.catalogue import OBSERVED_DOMAIN, catalogue_rows
from dagster_project.lib.settings import Settings
from tests.conftest import CHECKOUT, SHARED_DATA, run_cli
from tests.end_to_end.test_metric_layer import MetricLayer, Scorecard, differences
from tests.properties.test_oracle import ORACLES

KPIS = CHECKOUT / "dbt_project" / "models" / "kpis"


def unit_tests() -> Counter[str]:
    """Unit tests by KPI file."""
    counts: Counter[str] = Counter()
    for twin in KPIS.rglob("*.yml"):
        for test in yaml.safe_load(twin.read_text()).get("unit_tests", []):
            counts[test["model"]] += 1
    return counts


def values_by_scope(edition: Path) -> dict[str, tuple[int, int]]:
    """KPI -> values published, and scope types that have one."""
    with duckdb.connect(str(edition), read_only=True) as connection:
        rows = connection.execute(
            "select kpi_id, count(actual_value), count(distinct scope_type) filter (actual_value is not null)"
            " from scorecard.kpi_scorecard group by kpi_id"
        ).fetchall()
    return {kpi_id: (values, scopes) for kpi_id, values, scopes in rows}


def main() -> None:
    """Print the table; exit code 1 where a derived KPI has no value on the demo company, no tests or no oracle."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 150)
    progress = Console(stderr=True, highlight=False)
    home = Settings.from_environment({}).home
    progress.print("Demo company ...")
    run_cli("nightly", home=home, check=True)
    demo = values_by_scope(home / "published" / "current.duckdb")
    adventureworks: dict[str, tuple[int, int]] = {}
    landing = SHARED_DATA / "adventureworks"
    if landing.is_dir():
        progress.print("AdventureWorks ...")
        settings = {"SCORECARD_SOURCES": "adventureworks", "SCORECARD_LANDING": str(landing)}
        run_cli("nightly", home=home / "adventureworks", check=True, **settings)
        adventureworks = values_by_scope(home / "adventureworks" / "published" / "current.duckdb")
    else:
        progress.print(f"No AdventureWorks files in {landing}: its column stays empty.")
    progress.print("Metric layer ...")
    manifest = (home / "dbt" / "target" / "semantic_manifest.json").read_text()
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        wrong, equal = differences(MetricLayer(manifest, warehouse), Scorecard(warehouse))
    tests = unit_tests()

    table = Table(
        "KPI", "department", "demo: values", "scopes", "AdventureWorks", "unit tests", "oracle", "MetricFlow"
    )
    totals: Counter[str] = Counter()
    lacking = []
    for row in sorted(catalogue_rows(), key=lambda row: (row["department"], row["kpi_id"])):
        kpi_id = row["kpi_id"]
        is_observed = row["domains"] == OBSERVED_DOMAIN
        values, scopes = demo.get(kpi_id, (0, 0))
        foreign = adventureworks.get(kpi_id, (0, 0))[0]
        tested = tests["observed_kpis" if is_observed else kpi_id]
        differs = any(line.startswith(f"{kpi_id} ") for line in wrong)
        metric = "differs" if differs else f"{equal[kpi_id]} equal" if kpi_id in equal else "see catalogue"
        totals.update(
            kpis=1,
            demo=values > 0,
            adventureworks=foreign > 0,
            tests=tested > 0,
            oracle=kpi_id in ORACLES,
            metric=kpi_id in equal and not differs,
        )
        if not values or not tested or differs or (kpi_id not in ORACLES and not is_observed):
            lacking.append(kpi_id)
        oracle = "yes" if kpi_id in ORACLES else "–"
        table.add_row(
            kpi_id,
            row["department"],
            str(values),
            str(scopes),
            str(foreign or "–"),
            str(tested),
            oracle,
            metric,
        )
    console.print(table)
    console.print(
        f"{totals['kpis']} KPIs in the catalogue; with values: {totals['demo']} on the demo company, "
        f"{totals['adventureworks']} on AdventureWorks; {totals['tests']} with unit tests, {totals['oracle']} "
        f"property-tested against an oracle, {totals['metric']} in MetricFlow and equal."
    )
    if lacking:
        console.print("Lacking something: " + ", ".join(lacking))
        sys.exit(1)


if __name__ == "__main__":
    try:
        main()
    except subprocess.TimeoutExpired as error:
        sys.exit(f"The run took too long: {error}")
