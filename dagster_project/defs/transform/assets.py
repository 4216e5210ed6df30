"""The run's own facts, and the dbt project as assets: staging, core, metrics, kpis, scorecard."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, dbt_assets

from dagster_project.defs.ingest.assets import tables_to_ingest
from dagster_project.defs.resources import Warehouse, manifest, raw_key, settings
from dagster_project.lib.dbt_failures import findings, forget_results, read_results
from dagster_project.lib.edition import is_published, name_edition, nothing_new, write_lineage
from dagster_project.lib.ingest import ensure_audit_tables, write_domain_coverage, write_run_settings
from dagster_project.lib.lineage import kpi_definitions, kpi_inputs, layer_of
from dagster_project.lib.plan import LEDGER, REMOVED, SHEETS, PlanError, read_plan, write_plan
from dagster_project.lib.plan import SCHEMA as PLAN_SCHEMA

RUN_FACTS = ("run_settings", "domain_coverage", "kpi_inputs", "kpi_definitions")
# What the audit schema holds is written by the steps themselves; dbt reads it as sources.
PLAN_KEYS = {sheet.name: dg.AssetKey([PLAN_SCHEMA, sheet.name]) for sheet in SHEETS}
REMOVED_KEY = dg.AssetKey([PLAN_SCHEMA, REMOVED])
AUDIT_KEYS = {name: dg.AssetKey(["audit", name]) for name in RUN_FACTS}


class LayeredTranslator(DagsterDbtTranslator):
    """A layer is a group; a raw table has one key, whether Dagster loads it or dbt reads it."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Schema and name."""
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey([layer_of(dbt_resource_props), dbt_resource_props["identifier"]])
        return super().get_asset_key(dbt_resource_props)

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The layer."""
        return layer_of(dbt_resource_props)


def raw_keys() -> list[dg.AssetKey]:
    """Every raw table of the run."""
    return [
        raw_key(system.name, table.name)
        for system in settings().systems
        for table in tables_to_ingest(system.name)
    ]


@dg.multi_asset(
    name="plan",
    specs=[
        dg.AssetSpec(key, group_name="plan", description=f"The sheet `{name}` of the plan.", kinds={"duckdb"})
        for name, key in PLAN_KEYS.items()
    ]
    + [
        dg.AssetSpec(
            REMOVED_KEY,
            group_name="plan",
            description="Targets of published editions that are no longer in the plan.",
            kinds={"duckdb"},
        )
    ],
)
def plan(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[dg.MaterializeResult]:
    """What people have set: targets, objectives, weights. A plan with a mistake in it stops the night."""
    try:
        sheets = read_plan(settings().plan, lambda missing: context.log.warning(f"Plan: {missing}."))
    except PlanError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
    with warehouse.connect() as connection:
        write_plan(connection, sheets, settings().as_of)
        (removed,) = connection.execute(f"select count(*) from {PLAN_SCHEMA}.{REMOVED}").fetchone()
    context.log.info(f"Plan: {', '.join(f'{len(rows)} {name}' for name, rows in sheets.items())}.")
    for name, key in PLAN_KEYS.items():
        yield dg.MaterializeResult(asset_key=key, metadata={"dagster/row_count": len(sheets[name])})
    yield dg.MaterializeResult(asset_key=REMOVED_KEY, metadata={"dagster/row_count": removed})


@dg.multi_asset(
    name="run_facts",
    specs=[
        dg.AssetSpec(
            key,
            group_name="audit",
            deps=[*raw_keys(), *PLAN_KEYS.values(), REMOVED_KEY],
            description=description,
            kinds={"duckdb"},
        )
        for key, description in zip(
            AUDIT_KEYS.values(),
            [
                "As-of date, company and the edition that this run builds.",
                "What each domain's data can speak about.",
                "Which raw tables each KPI is built from, by the dbt manifest.",
                "A hash of all code behind each KPI.",
            ],
            strict=True,
        )
    ],
)
def run_facts(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[dg.MaterializeResult]:
    """What dbt needs to know about the run, written once the raw tables are in and judged."""
    with warehouse.connect() as connection:
        ensure_audit_tables(connection)
        tables = {
            (system.name, table.name)
            for system in settings().systems
            for table in tables_to_ingest(system.name)
        }
        named = name_edition(connection, settings(), tables)
        edition = named.edition_id
        write_run_settings(
            connection,
            as_of_date=settings().as_of,
            history_from=settings().history_from,
            company=settings().company,
            company_name=settings().company_name,
            reporting_currency=settings().reporting_currency,
            time_zone=settings().time_zone,
            fiscal_year_start_month=settings().fiscal_year_start_month,
            days_shown=settings().days_shown,
            is_employee_scope_allowed=settings().is_employee_scope_allowed,
            edition_id=edition,
            parent_edition_id=named.parent_edition_id,
            inputs_hash=named.inputs_hash,
            inputs=named.inputs,
        )
        write_domain_coverage(connection, settings().systems, settings().domain_feeds)
        write_lineage(connection, kpi_inputs(manifest()), kpi_definitions(manifest()))
    context.log.info(f"This run builds edition {edition}, as of {settings().as_of}.")
    for key in AUDIT_KEYS.values():
        yield dg.MaterializeResult(asset_key=key, metadata={"edition_id": edition})


@dbt_assets(
    name="dbt",
    manifest=manifest(),
    # what no published table needs is not built: an unfed domain's mapping views would fail to bind; the
    # metric layer reads the same tables and a calendar of its own
    select="+config.schema:scorecard time_spine_days resource_type:seed",
    # unit tests check the code, not the night's data: `make test` runs them
    exclude="resource_type:unit_test",
    dagster_dbt_translator=LayeredTranslator(),
)
def dbt_models(context: dg.AssetExecutionContext, dbt: DbtCliResource, warehouse: Warehouse) -> Iterator[Any]:
    """One `dbt build` of everything that the scorecard is made from, its tests included."""
    with warehouse.connect() as connection:
        if is_published(connection, settings().home) and not context.is_subset:
            # no outputs: Dagster then skips what follows, the publication included
            context.log.info(f"{nothing_new(settings().home)} dbt and the publication have nothing to do.")
            return
    selected = len(context.selected_asset_keys)
    done = 0
    broken: list[dg.AssetCheckResult] = []
    forget_results(settings().dbt_target)
    invocation = dbt.cli(
        ["build"],
        context=context,
        manifest=manifest(),
        target_path=settings().dbt_target,
        raise_on_error=False,
    )
    for event in invocation.stream():
        if isinstance(event, dg.AssetCheckResult) and not event.passed:
            # told once dbt has let go of the warehouse, when the rows can be shown
            broken.append(event)
            continue
        if isinstance(event, dg.Output):
            done += 1
            if done % max(selected // 8, 1) == 0:
                context.log.info(f"dbt: {done} of {selected} tables and views built.")
        yield event
    results = read_results(settings().dbt_target)
    messages = findings(manifest(), results, settings().warehouse)
    for event in broken:
        yield event._replace(description=messages.get(event.metadata["unique_id"].value))
    error = invocation.get_error()
    for result in results:
        if result["status"] == "warn":
            context.log.warning(messages[result["unique_id"]])
            del messages[result["unique_id"]]
    if error and not messages:
        # dbt stopped before it ran a node: what it said itself is all there is
        raise error
    if error:
        raise dg.Failure(description="\n\n".join(messages.values()), allow_retries=False)


# ingest, the gate and the publication keep these as they go: shown in the graph, made by no step of their own
KEPT_ON_THE_WAY = [
    dg.AssetSpec(
        dg.AssetKey([PLAN_SCHEMA, LEDGER]),
        group_name="plan",
        deps=[PLAN_KEYS["targets"]],
        description="Every target that was ever published, with the day it was taken out.",
    ),
    *(
        dg.AssetSpec(
            dg.AssetKey(["audit", name]), group_name="audit", deps=raw_keys(), description=description
        )
        for name, description in (
            ("raw_tables", "Each raw table as it stands: rows, rejects, freshness, content hash."),
            ("check_results", "The latest verdict of each expectation."),
            ("withheld_days", "What published editions withheld; each one adds to it."),
        )
    ),
]


@dg.definitions
def transform() -> dg.Definitions:
    """The plan, the run's facts, the audit tables and the dbt project."""
    return dg.Definitions(assets=[plan, run_facts, *KEPT_ON_THE_WAY, dbt_models])
