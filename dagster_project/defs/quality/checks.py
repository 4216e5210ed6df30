"""One check for each expectation suite: raw tables before dbt, scorecard tables before publishing.

A raw table that fails stops nothing: the KPIs built from it are held (lib/holds.py). One of the scorecard stops the
publication.
"""

from collections.abc import Iterator, Sequence

import dagster as dg

from dagster_project.defs.ingest.assets import raw_tables, tables_to_ingest
from dagster_project.defs.resources import Warehouse, raw_key, settings
from dagster_project.lib.gate import Suite, SuiteVerdict, find_suites, judge
from dagster_project.lib.publication import PUBLISHED_TABLES
from dagster_project.lib.settings import EXPECTATIONS, STAGING


def suites() -> list[Suite]:
    """Every suite that this run must pass."""
    systems = [
        system.model_copy(update={"tables": tables_to_ingest(system.name)}) for system in settings().systems
    ]
    return find_suites(EXPECTATIONS, systems, PUBLISHED_TABLES, STAGING)


def asset_key(suite: Suite) -> dg.AssetKey:
    """The asset that a suite judges."""
    return dg.AssetKey([suite.schema, suite.table])


CHECK_RESULTS = dg.AssetKey(["audit", "check_results"])

# Of the run that this process executes, by suite: messages with rows, which the audit keeps only in parts.
_verdicts: dict[str, dict[str, SuiteVerdict]] = {}


def raw_suites() -> list[Suite]:
    """The suites of the raw tables."""
    return [suite for suite in suites() if suite.schema == "raw"]


def failure_texts(run_id: str) -> dict[tuple[str, str], str]:
    """(source system, table) -> what the gate said of a raw table that failed in this run."""
    verdicts = _verdicts.get(run_id, {})
    return {
        (suite.source_system or "", suite.table_name): verdicts[suite.name].message
        for suite in raw_suites()
        if suite.name in verdicts and not verdicts[suite.name].passed
    }


@dg.multi_asset(
    name="judge_raw",
    specs=[
        dg.AssetSpec(
            CHECK_RESULTS,
            group_name="audit",
            deps=[raw_key(system, table) for system, table in raw_tables()],
            description="The latest verdict of each expectation.",
            kinds={"duckdb"},
        )
    ],
)
def judge_raw(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Judge every raw table. A step of its own, since nothing waits for a check that does not block."""
    verdicts = judged_now(context.run.run_id, raw_suites())
    context.log.info(in_words("raw_suites", verdicts))
    return dg.MaterializeResult(
        asset_key=CHECK_RESULTS,
        metadata={
            "suites": len(verdicts),
            "failed": [verdict.suite for verdict in verdicts if not verdict.passed],
        },
    )


def judged_now(run_id: str, judged: Sequence[Suite]) -> list[SuiteVerdict]:
    """The verdicts of this run, each suite judged once; a suite that passed for the same rows still passes."""
    known = _verdicts.setdefault(run_id, {})
    waiting = [suite for suite in judged if suite.name not in known]
    if waiting:
        verdicts = judge(settings().warehouse, waiting, run_id, as_of=settings().as_of, reuse=True)
        known |= {verdict.suite: verdict for verdict in verdicts}
    return [known[suite.name] for suite in judged]


def in_words(name: str, verdicts: Sequence[SuiteVerdict]) -> str:
    """One line about all of them."""
    return (
        f"{name}: {len(verdicts)} suites, {sum(len(v.expectations) for v in verdicts)} expectations; "
        f"{sum(not v.passed for v in verdicts)} suites failed, {sum(v.has_warnings for v in verdicts)} with warnings."
    )


def suite_checks(name: str, judged: Sequence[Suite], blocking: bool) -> dg.AssetChecksDefinition:
    """One step that judges all of ``judged``, so that Great Expectations is imported once."""
    by_name = {suite.name: suite for suite in judged}

    @dg.multi_asset_check(
        name=name,
        specs=[
            dg.AssetCheckSpec(
                name="expectation_suite",
                asset=asset_key(suite),
                blocking=blocking,
                additional_deps=[] if blocking else [CHECK_RESULTS],
                description=f"Great Expectations suite `{suite.name}`.",
            )
            for suite in judged
        ],
        can_subset=True,
    )
    def checks(context: dg.AssetCheckExecutionContext, warehouse: Warehouse) -> Iterator[dg.AssetCheckResult]:
        chosen = {key.asset_key for key in context.selected_asset_check_keys}
        verdicts = judged_now(context.run.run_id, [suite for suite in judged if asset_key(suite) in chosen])
        if blocking:
            context.log.info(in_words(name, verdicts))
        for verdict in verdicts:
            for result in verdict.expectations:
                if not result.success and not result.holds and result.severity == "warning":
                    context.log.info(f"  warning in {verdict.suite}: {result.reason or result.expectation}")
        for verdict in verdicts:
            yield check_result(verdict, by_name[verdict.suite])

    return checks


def check_result(verdict: SuiteVerdict, suite: Suite) -> dg.AssetCheckResult:
    """A verdict as Dagster shows it: critical failures are errors, and stop what a blocking check guards."""
    return dg.AssetCheckResult(
        asset_key=asset_key(suite),
        check_name="expectation_suite",
        passed=verdict.passed and not verdict.has_warnings,
        severity=dg.AssetCheckSeverity.WARN if verdict.passed else dg.AssetCheckSeverity.ERROR,
        description=verdict.message,
        metadata={
            "expectations": len(verdict.expectations),
            "failed": [result.expectation for result in verdict.expectations if not result.success],
            "reused": verdict.reused,
            "seconds": round(verdict.seconds, 3),
        },
    )


@dg.definitions
def quality() -> dg.Definitions:
    """The checks of both borders."""
    scorecard = [suite for suite in suites() if suite.schema == "scorecard"]
    return dg.Definitions(
        assets=[judge_raw],
        asset_checks=[
            suite_checks("raw_suites", raw_suites(), blocking=False),
            suite_checks("scorecard_suites", scorecard, blocking=True),
        ],
    )
