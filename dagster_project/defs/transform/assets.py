"""The run's own facts, and the dbt project as assets: staging, core, metrics, kpis, scorecard."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, dbt_assets

from dagster_project.defs.ingest.assets import raw_tables
from dagster_project.defs.quality.checks import CHECK_RESULTS, failure_texts
from dagster_project.defs.resources import Warehouse, manifest, raw_key, settings
from dagster_project.lib.audit_tables import ensure_audit_tables, write_domain_coverage, write_run_settings
from dagster_project.lib.dbt_failures import findings, forget_results, read_results
from dagster_project.lib.edition import EditionName, is_published, name_edition, nothing_new, write_lineage
from dagster_project.lib.holds import (
    Failure,
    NothingToPublish,
    dbt_failures,
    forget_other_refusals,
    holds_line,
    left_out,
    raw_failures,
    write_holds,
)
from dagster_project.lib.kept_editions import whole_current
from dagster_project.lib.lineage import kpi_definitions, kpi_inputs, layer_of
from dagster_project.lib.plan import LEDGER, REMOVED, SHEETS, PlanError, read_plan, write_plan
from dagster_project.lib.plan import SCHEMA as PLAN_SCHEMA

RUN_FACTS = (
    "run_settings",
    "domain_coverage",
    "kpi_inputs",
    "kpi_definitions",
    "holds",
    "held_values",
    "held_targets",
    "held_scopes",
    "tainted_models",
)
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
    return [raw_key(system, table) for system, table in raw_tables()]


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
            deps=[*raw_keys(), CHECK_RESULTS, *PLAN_KEYS.values(), REMOVED_KEY],
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
                "The KPIs that a failure of this run touches, and why.",
                "Their last published figures.",
                "The last published targets of a budget or quotas that failed.",
                "The last published names and parents of scopes, while anything is held.",
                "Every model that is made from something that failed.",
            ],
            strict=True,
        )
    ],
)
def run_facts(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[dg.MaterializeResult]:
    """What dbt needs to know about the run, written once the raw tables are in and judged."""
    with warehouse.connect(locked=False) as connection:
        ensure_audit_tables(connection)
        refuse_without_data(connection)
        write_domain_coverage(connection, settings().systems, settings().domain_feeds)
        write_lineage(connection, kpi_inputs(manifest()), kpi_definitions(manifest()))
        edition = hold(connection, raw_failures_now(connection, context.run_id), context)
    context.log.info(f"This run builds edition {edition}, as of {settings().as_of}.")
    for key in AUDIT_KEYS.values():
        yield dg.MaterializeResult(asset_key=key, metadata={"edition_id": edition})


def refuse_without_data(connection: duckdb.DuckDBPyConnection) -> None:
    """Stop where nothing was ever loaded: there is nothing to compute, and nothing to hold."""
    forget_other_refusals(connection, raw_tables())
    refused = connection.execute(
        "select source_system, expected, found, action, count(*), bool_or(has_good_data) "
        "from audit.refused_extracts group by 1, 2, 3, 4 order by all"
    ).fetchall()
    if sum(row[4] for row in refused) == len(raw_tables()) and not any(row[5] for row in refused):
        texts = [
            f"{system}: {count} extract(s) refused\n  expected: {expected}\n  found:    {found}\n  to do:    {action}"
            for system, expected, found, action, count, _ in refused
        ]
        raise dg.Failure(
            description="\n\n".join(["No table was ever loaded, so there is nothing to publish.", *texts]),
            allow_retries=False,
        )


def raw_failures_now(connection: duckdb.DuckDBPyConnection, run_id: str) -> list[Failure]:
    """The raw tables that nothing may be computed from tonight."""
    return raw_failures(connection, manifest(), raw_tables(), failure_texts(run_id))


def hold(
    connection: duckdb.DuckDBPyConnection, failures: Sequence[Failure], context: dg.AssetExecutionContext
) -> str:
    """Write the run's settings and what the failures hold; the edition that this makes."""
    # the holds follow from the settings, and the edition's name from both
    write_settings(connection, None)
    held = write_holds(
        connection,
        manifest(),
        failures,
        whole_current(settings().home) if failures else None,
        context.run_id,
    )
    named = name_edition(connection, settings(), raw_tables())
    write_settings(connection, named)
    if failures:
        checks = ", ".join(sorted({failure.check_name for failure in failures}))
        context.log.warning(f"{checks}: {holds_line(held)}")
    return named.edition_id


def write_settings(connection: duckdb.DuckDBPyConnection, named: EditionName | None) -> None:
    """The one row that dbt reads of the settings; without a name as long as it is not known what is held."""
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
        edition_id=named.edition_id if named else "",
        parent_edition_id=named.parent_edition_id if named else None,
        inputs_hash=named.inputs_hash if named else "",
        inputs=named.inputs if named else {},
    )


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
    """`dbt build` of everything that the scorecard is made from, its tests included.

    Once on a good night. Where tests or models up to the KPIs fail, the KPIs behind them are held, and the rest is
    built again without them; a failure that can not be held stops the night.
    """
    with warehouse.connect() as connection:
        if is_published(connection, settings().home) and not context.is_subset:
            # no outputs: Dagster then skips what follows, the publication included
            context.log.info(f"{nothing_new(settings().home)} dbt and the publication have nothing to do.")
            return
        failures = raw_failures_now(connection, context.run_id)
    told: set[str] = set()
    for round_number in range(1, MOST_BUILDS + 1):
        build = Build(context, dbt, left_out(manifest(), failures))
        for event in build.events():
            name = event_name(event)
            # Dagster takes each output once, and only the first build has seen everything
            if name not in told:
                told.add(name)
                yield event
        messages = findings(manifest(), build.results, settings().warehouse)
        warnings = [result["unique_id"] for result in build.results if result["status"] == "warn"]
        if not build.error:
            for unique_id in warnings:
                context.log.warning(messages[unique_id])
            for event in build.broken:
                yield event._replace(description=messages.get(event.metadata["unique_id"].value))
            return
        for unique_id in warnings:
            del messages[unique_id]
        if not messages:
            # dbt stopped before it ran a node: what it said itself is all there is
            raise build.error
        try:
            new = dbt_failures(manifest(), build.results, messages)
        except NothingToPublish as nothing:
            for event in build.broken:
                yield event._replace(description=messages.get(event.metadata["unique_id"].value))
            raise dg.Failure(description=str(nothing), allow_retries=False) from nothing
        if round_number == MOST_BUILDS:
            raise dg.Failure(
                description="\n\n".join(
                    [f"Something new failed in each of {MOST_BUILDS} builds.", *messages.values()]
                ),
                allow_retries=False,
            )
        for event in build.broken:
            # a warning comes again in the last build
            if event.severity == dg.AssetCheckSeverity.ERROR:
                context.log_event(shown_and_no_more(event, messages))
        for failure in new:
            context.log.warning(failure.message)
        failures += new
        with warehouse.connect(locked=False) as connection:
            edition = hold(connection, failures, context)
        context.log.info(f"This run builds edition {edition}, without what failed.")


# each round leaves out all that failed before it; tests of what is made from that are left out too
MOST_BUILDS = 4


class Build:
    """One `dbt build`: its events as they come, and afterwards what dbt found."""

    def __init__(self, context: dg.AssetExecutionContext, dbt: DbtCliResource, names: Sequence[str]) -> None:
        """Everything that the context selects but for these nodes."""
        self._context, self._dbt, self._names = context, dbt, names
        self.broken: list[dg.AssetCheckResult] = []
        self.results: list[dict[str, Any]] = []
        self.error: Exception | None = None

    def events(self) -> Iterator[Any]:
        """What Dagster shall know at once; a failed test waits until its rows can be shown."""
        selected = len(self._context.selected_asset_keys)
        done = 0
        forget_results(settings().dbt_target)
        invocation = self._dbt.cli(
            ["build", *(["--exclude", " ".join(self._names)] if self._names else [])],
            context=self._context,
            manifest=manifest(),
            target_path=settings().dbt_target,
            raise_on_error=False,
        )
        for event in invocation.stream():
            if isinstance(event, dg.AssetCheckResult) and not event.passed:
                # told once dbt has let go of the warehouse, when the rows can be shown
                self.broken.append(event)
                continue
            if isinstance(event, dg.Output):
                done += 1
                if done % max(selected // 8, 1) == 0:
                    self._context.log.info(f"dbt: {done} of {selected} tables and views built.")
            yield event
        self.results = read_results(settings().dbt_target)
        self.error = invocation.get_error()


def event_name(event: dg.Output | dg.AssetCheckResult) -> str:
    """What tells one event of a build from another."""
    return event.output_name if isinstance(event, dg.Output) else f"{event.asset_key} {event.check_name}"


def shown_and_no_more(event: dg.AssetCheckResult, messages: Mapping[str, str]) -> dg.AssetCheckEvaluation:
    """A failed test of a held KPI: an error to look at, which stops nothing."""
    return dg.AssetCheckEvaluation(
        asset_key=event.asset_key,
        check_name=event.check_name,
        passed=False,
        metadata=event.metadata,
        severity=event.severity,
        description=messages.get(event.metadata["unique_id"].value),
        blocking=False,
    )


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
            ("refused_extracts", "Each raw table whose extract this run refused."),
            (
                "event_spans",
                "The dates that tell what the data covers, of the last edition they were good in.",
            ),
            ("withheld_days", "What published editions withheld; each one adds to it."),
        )
    ),
]


@dg.definitions
def transform() -> dg.Definitions:
    """The plan, the run's facts, the audit tables and the dbt project."""
    return dg.Definitions(assets=[plan, run_facts, *KEPT_ON_THE_WAY, dbt_models])
