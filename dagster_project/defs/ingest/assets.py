"""One asset for each raw table that the run's sources declare; one step for each source system."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import dagster as dg

from dagster_project.defs.resources import Warehouse, manifest, raw_key, settings
from dagster_project.lib.archive import keep_landed
from dagster_project.lib.extract import ExtractRefused
from dagster_project.lib.gate import find_suites, raw_tables_read
from dagster_project.lib.ingest import IngestResult, ensure_audit_tables, ingest_table
from dagster_project.lib.lineage import scorecard_sources
from dagster_project.lib.settings import EXPECTATIONS, STAGING
from dagster_project.lib.sources import RawTable, SourceSystem


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
        "rejects_in_table": result.rejected_count,
        "rejects": list(result.rejects),
        "data_as_of": str(result.data_as_of or ""),
        "content_hash": result.content_hash,
    }


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
                description=f"{table.description}\n\nFiles: `{table.files}`. Key: {', '.join(table.key)}.",
                metadata={"source_system": system.name, "domain": table.domain, "files": table.files},
                kinds={"duckdb"},
                skippable=True,
            )
            for key, table in tables.items()
        ],
    )
    def ingest(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[dg.MaterializeResult]:
        landing = settings().landing[system.name]
        if not landing.is_dir():
            raise dg.Failure(
                description=f"{system.name}: there is no landing folder {landing}. Mount or create it, or correct the "
                "setting SCORECARD_LANDING (make nightly LANDING=<folder>). The last good rows stay.",
                allow_retries=False,
            )
        refused: list[str] = []
        new_rows = rejected_rows = 0
        with warehouse.connect() as connection:
            ensure_audit_tables(connection)
            for key, table in tables.items():
                if key not in context.selected_asset_keys:
                    continue
                try:
                    result = ingest_table(connection, table, landing, context.run_id)
                except ExtractRefused as refusal:
                    # the other tables still come in, so that one night shows every fault there is
                    refused.append(str(refusal))
                    continue
                keep_landed(connection, system.name, table.name, landing, settings())
                new_rows += result.rows_loaded
                rejected_rows += result.rows_rejected
                for note in result.notes:
                    context.log.warning(f"{table.identifier}: {note}")
                yield dg.MaterializeResult(asset_key=key, metadata=describe(result))
        context.log.info(
            f"{system.name}: {len(tables) - len(refused)} of {len(tables)} tables from {landing}; "
            f"{new_rows:,} new rows, {rejected_rows:,} rejected."
        )
        if refused:
            raise dg.Failure(
                description="\n\n".join(
                    [f"{len(refused)} extract(s) refused; their last good rows stay.", *refused]
                ),
                allow_retries=False,
            )

    return ingest


@dg.definitions
def ingest() -> dg.Definitions:
    """The raw tables of every source system of this run."""
    return dg.Definitions(assets=[ingest_assets(system) for system in settings().systems])
