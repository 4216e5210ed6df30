"""One asset for each raw table that the run's sources declare; one step for each source system."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import dagster as dg

from dagster_project.defs.resources import Warehouse, manifest, raw_key, settings
from dagster_project.lib.archive import keep_landed
from dagster_project.lib.audit_tables import ensure_audit_tables
from dagster_project.lib.database import extract_tables
from dagster_project.lib.extract import ExtractRefused
from dagster_project.lib.gate import find_suites, raw_tables_read
from dagster_project.lib.holds import remember_refusal
from dagster_project.lib.ingest import IngestResult, ensure_raw_table, ingest_table
from dagster_project.lib.lineage import scorecard_sources
from dagster_project.lib.settings import EXPECTATIONS, STAGING
from dagster_project.lib.sources import RawTable, SourceSystem

ACCEPTED = "extract_accepted"


@cache
def tables_to_ingest(system_name: str) -> list[RawTable]:
    """The tables of the domains that a system feeds, and those that their mapping SQL or their suites read."""
    system = next(system for system in settings().systems if system.name == system_name)
    fed = {domain for domain, systems in settings().domain_feeds.items() if system.name in systems}
    wanted = {table.identifier for table in system.tables if table.domain in fed}
    wanted |= {f"{source}__{table}" for source, table in scorecard_sources(manifest())}
    suites = {suite.table: suite for suite in find_suites(EXPECTATIONS, [system], [], STAGING)}
    waiting = [name for name in wanted if name in suites]
    while waiting:
        for name in raw_tables_read(suites[waiting.pop()]) & set(suites) - wanted:
            wanted.add(name)
            waiting.append(name)
    return [table for table in system.tables if table.identifier in wanted]


def raw_tables() -> dict[tuple[str, str], RawTable]:
    """Every raw table of the run, by source system and name."""
    return {
        (system.name, table.name): table
        for system in settings().systems
        for table in tables_to_ingest(system.name)
    }


def describe(result: IngestResult) -> dict[str, Any]:
    """What Dagster shows of one load."""
    return {
        "dagster/row_count": result.row_count,
        "unchanged": result.unchanged,
        "files_loaded": list(result.files_loaded),
        "files_retired": list(result.files_retired),
        "rows_read": result.rows_read,
        "rows_loaded": result.rows_loaded,
        "rows_rejected": result.rows_rejected,
        "rows_superseded": result.rows_superseded,
        "rejects_in_table": result.rejected_count,
        "rejects": list(result.rejects),
        "data_as_of": str(result.data_as_of or ""),
        "content_hash": result.content_hash,
    }


def refused_result(key: dg.AssetKey, refusal: ExtractRefused, has_good_data: bool) -> dg.MaterializeResult:
    """A refused table as Dagster shows it: there, as it was, with a failed check that stops nothing."""
    return dg.MaterializeResult(
        asset_key=key,
        metadata={"refused": str(refusal), "has_good_data": has_good_data},
        check_results=[
            dg.AssetCheckResult(
                asset_key=key,
                check_name=ACCEPTED,
                passed=False,
                severity=dg.AssetCheckSeverity.ERROR,
                description=str(refusal),
            )
        ],
    )


def ingest_assets(system: SourceSystem) -> dg.AssetsDefinition:
    """The raw tables of one source system."""
    tables = {raw_key(system.name, table.name): table for table in tables_to_ingest(system.name)}

    @dg.multi_asset(
        name=f"ingest_{system.name}",
        can_subset=True,
        specs=[
            dg.AssetSpec(
                key,
                group_name="raw",
                description=f"{table.description}\n\nFrom: `{table.place}`. Key: {', '.join(table.key)}.",
                metadata={"source_system": system.name, "domain": table.domain, "files": table.pattern},
                kinds={"duckdb"},
                skippable=True,
            )
            for key, table in tables.items()
        ],
        check_specs=[
            dg.AssetCheckSpec(
                name=ACCEPTED, asset=key, description="The latest extract is what its declaration says."
            )
            for key in tables
        ],
    )
    def ingest(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[dg.MaterializeResult]:
        landing = settings().landing[system.name]
        refused: list[str] = []
        new_rows = rejected_rows = 0
        selected = [table for key, table in tables.items() if key in context.selected_asset_keys]
        not_extracted = extract_tables(selected, settings().extracts(system.name))
        with warehouse.connect() as connection:
            ensure_audit_tables(connection)
            for key, table in tables.items():
                if key not in context.selected_asset_keys:
                    continue
                try:
                    if table.name in not_extracted:
                        raise not_extracted[table.name]
                    result = ingest_table(connection, table, settings().landing_of(table), context.run_id)
                except ExtractRefused as refusal:
                    # the others still come in; what is built from this one is stale, or held (lib/holds.py)
                    refused.append(str(refusal))
                    has_good_data = ensure_raw_table(connection, table)
                    remember_refusal(connection, table, refusal, has_good_data, context.run_id)
                    yield refused_result(key, refusal, has_good_data)
                    continue
                remember_refusal(connection, table, None, True, context.run_id)
                keep_landed(connection, system.name, table.name, settings().landing_of(table), settings())
                new_rows += result.rows_loaded
                rejected_rows += result.rows_rejected
                for note in result.notes:
                    context.log.warning(f"{table.identifier}: {note}")
                yield dg.MaterializeResult(
                    asset_key=key,
                    metadata=describe(result),
                    check_results=[dg.AssetCheckResult(asset_key=key, check_name=ACCEPTED, passed=True)],
                )
        context.log.info(
            f"{system.name}: {len(tables) - len(refused)} of {len(tables)} tables from {landing}; "
            f"{new_rows:,} new rows, {rejected_rows:,} rejected."
        )
        if refused and system.has_files and not landing.is_dir():
            context.log.warning(f"{system.name}: there is no landing folder {landing}; no extract came in.")
        else:
            for text in refused:
                context.log.warning(text)

    return ingest


@dg.definitions
def ingest() -> dg.Definitions:
    """The raw tables of every source system of this run."""
    return dg.Definitions(assets=[ingest_assets(system) for system in settings().systems])
