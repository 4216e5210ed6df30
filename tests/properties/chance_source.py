"""A made-up company as a source system: its tables go straight into the warehouse, then dbt builds on them.

Belongs here: turning a `Company` (company.py) into raw tables, a declaration and mapping SQL, and the dbt run.
Does not belong here: what the numbers ought to be (oracle/). Ingest and gate are left out on purpose: what
they do is tested with files, and here thousands of cases have to pass in one go.
"""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import yaml

from dagster_project.lib.audit_tables import ensure_audit_tables, write_domain_coverage, write_run_settings
from dagster_project.lib.dbt_runner import dbt_command, link_project
from dagster_project.lib.plan import read_plan, write_plan
from dagster_project.lib.settings import CONTRACT, Settings
from tests.conftest import recall_parse, remember_parse
from tests.properties.company import Company

SYSTEM = "chance"


def contract() -> dict[str, tuple[str, dict[str, str], list[str]]]:
    """Staging entity -> (domain, column -> type, key columns), as the contract's YAML says."""
    entities = {}
    for file in sorted(CONTRACT.glob("*/stg_*.yml")):
        (model,) = yaml.safe_load(file.read_text())["models"]
        domain, _, entity = model["name"].removeprefix("stg_").partition("__")
        columns = {c["name"]: c["data_type"] for c in model["columns"] if c["name"] != "source_system"}
        key = next(
            test["unique_together"]["arguments"]["columns"]
            for test in model["data_tests"]
            if "unique_together" in test
        )
        entities[entity] = (domain, columns, key)
    return entities


def write_system(company: Company, folder: Path) -> None:
    """The declaration and one mapping model an entity, below ``folder/chance``."""
    system = folder / SYSTEM
    tables = []
    for entity, (domain, columns, key) in contract().items():
        if entity not in company.tables:
            continue
        (system / domain).mkdir(parents=True, exist_ok=True)
        names = ", ".join(columns)
        (system / domain / f"{SYSTEM}__{entity}.sql").write_text(
            f"select {names} from {{{{ source('{SYSTEM}', '{entity}') }}}}\n"
        )
        tables.append(
            {
                "name": entity,
                "identifier": f"{SYSTEM}__{entity}",
                "config": {
                    "meta": {"domain": domain, "files": f"{entity}.csv", "load": "full", "key": list(key)}
                },
                "columns": [
                    {"name": name, "data_type": data_type if data_type != "decimal(38, 10)" else "double"}
                    if name not in key
                    else {"name": name, "data_type": data_type}
                    for name, data_type in columns.items()
                ],
            }
        )
    meta = {
        "company_name": "Chance",
        "reporting_currency": "SEK",
        "as_of": company.as_of,
        "history_from": company.history_from,
        "employee_scope": company.employee_scope,
        "landing": ".",
        "domains": {
            domain: {"covered_from": first, "covered_to": last}
            for domain, (first, last) in company.coverage.items()
        },
    }
    source = {"name": SYSTEM, "schema": "raw", "config": {"meta": meta}, "tables": tables}
    (system / f"{SYSTEM}.yml").write_text(yaml.safe_dump({"version": 2, "sources": [source]}))


def settings_of(company: Company, home: Path, threads: int) -> Settings:
    """Settings of a run that is fed by this company alone."""
    return Settings.from_environment(
        {
            "SCORECARD_HOME": str(home),
            "SCORECARD_SOURCES": SYSTEM,
            "SCORECARD_SOURCES_DIR": str(home / "sources"),
            "SCORECARD_LANDING": str(home),
            "SCORECARD_THREADS": str(threads),
            "SCORECARD_FISCAL_YEAR_START_MONTH": str(company.fiscal_year_start_month),
            "SCORECARD_DAYS_SHOWN": str(company.days_shown),
        }
    )


def build(
    company: Company,
    home: Path,
    threads: int = 2,
    shuffle: int | None = None,
    select: tuple[str, ...] = ("+config.schema:scorecard",),
) -> Path:
    """Fill the raw tables, run every model (or those that ``select`` names to dbt); the path of the warehouse.

    ``shuffle`` is a seed for the order in which the rows of each table are written; None keeps it.
    """
    home.mkdir(parents=True, exist_ok=True)
    write_system(company, home / "sources")
    settings = settings_of(company, home, threads)
    with duckdb.connect(str(settings.warehouse)) as connection:
        write_facts(connection, settings)
        for entity, (_, columns, _) in contract().items():
            if entity in company.tables:
                rows = list(company.tables[entity])
                if shuffle is not None:
                    random.Random(f"{shuffle} {entity}").shuffle(rows)
                _write(connection, f"raw.{SYSTEM}__{entity}", columns, rows)
    run_dbt(settings, select)
    return settings.warehouse


def write_facts(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """What dbt needs beside the raw tables: the run's own facts and the plan."""
    ensure_audit_tables(connection)
    write_run_settings(
        connection,
        edition_id="property-test",
        as_of_date=settings.as_of,
        history_from=settings.history_from,
        company=settings.company,
        company_name=settings.company_name,
        reporting_currency=settings.reporting_currency,
        time_zone=settings.time_zone,
        fiscal_year_start_month=settings.fiscal_year_start_month,
        days_shown=settings.days_shown,
        is_employee_scope_allowed=settings.is_employee_scope_allowed,
    )
    write_domain_coverage(connection, settings.systems, settings.domain_feeds)
    write_plan(connection, read_plan(settings.plan), settings.as_of)


def run_dbt(settings: Settings, select: tuple[str, ...] = ("+config.schema:scorecard",)) -> None:
    """Build every model on the raw tables that lie in the warehouse, or those that ``select`` names to dbt."""
    link_project(settings)
    recall_parse(settings)
    settings.dbt_target.mkdir(parents=True, exist_ok=True)
    chosen = ["--select", *select, "--resource-type", "model", "--resource-type", "seed"]
    run = subprocess.run(
        [*dbt_command(), "build", "--quiet", "--fail-fast", *chosen],
        cwd=settings.dbt_project,
        env={**os.environ, **settings.dbt_environment()},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    if run.returncode != 0:
        raise AssertionError(f"dbt could not build on the made-up company:\n{run.stdout[-6000:]}{run.stderr}")
    remember_parse(settings)


def _write(
    connection: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str], rows: Iterable[dict]
) -> None:
    """Create a table from rows of Python values, by way of text, so that no value passes a float."""
    rows = list(rows)
    for row in rows:
        if unknown := set(row) - set(columns):
            raise AssertionError(f"{table}: the staging contract has no {unknown}")
    texts = pa.table(
        {
            name: pa.array([_text(row.get(name)) for row in rows], type=pa.string())  # missing is NULL
            for name in columns
        }
    )
    connection.register("texts", texts)
    casts = ", ".join(f"cast({name} as {data_type}) as {name}" for name, data_type in columns.items())
    connection.execute(f"create or replace table {table} as select {casts} from texts")
    connection.unregister("texts")


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
