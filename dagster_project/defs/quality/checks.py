"""One blocking check for each expectation suite: raw tables before dbt, scorecard tables before publishing."""

from collections.abc import Iterator, Sequence

import dagster as dg

from dagster_project.defs.ingest.assets import tables_to_ingest
from dagster_project.defs.resources import Warehouse, settings
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


def suite_checks(name: str, judged: Sequence[Suite]) -> dg.AssetChecksDefinition:
    """One step that judges all of ``judged``, so that Great Expectations is imported once."""
    by_name = {suite.name: suite for suite in judged}

    @dg.multi_asset_check(
        name=name,
        specs=[
            dg.AssetCheckSpec(
                name="expectation_suite",
                asset=asset_key(suite),
                blocking=True,
                description=f"Great Expectations suite `{suite.name}`.",
            )
            for suite in judged
        ],
        can_subset=True,
    )
    def checks(context: dg.AssetCheckExecutionContext, warehouse: Warehouse) -> Iterator[dg.AssetCheckResult]:
        chosen = {key.asset_key for key in context.selected_asset_check_keys}
        verdicts = judge(
            settings().warehouse,
            [suite for suite in judged if asset_key(suite) in chosen],
            context.run.run_id,
            as_of=settings().as_of,
            # a suite that passed for exactly these rows and this suite file still passes
            reuse=True,
        )
        failed = [verdict for verdict in verdicts if not verdict.passed]
        context.log.info(
            f"{name}: {len(verdicts)} suites, {sum(len(v.expectations) for v in verdicts)} expectations; "
            f"{len(failed)} suites failed, {sum(v.has_warnings for v in verdicts)} with warnings."
        )
        for verdict in verdicts:
            for result in verdict.expectations:
                if not result.success and not result.holds and result.severity == "warning":
                    context.log.info(f"  warning in {verdict.suite}: {result.reason or result.expectation}")
        for verdict in verdicts:
            yield check_result(verdict, by_name[verdict.suite])

    return checks


def check_result(verdict: SuiteVerdict, suite: Suite) -> dg.AssetCheckResult:
    """A verdict as Dagster shows it: critical failures block, warnings are shown and do not."""
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
    raw = [suite for suite in suites() if suite.schema == "raw"]
    scorecard = [suite for suite in suites() if suite.schema == "scorecard"]
    return dg.Definitions(
        asset_checks=[suite_checks("raw_suites", raw), suite_checks("scorecard_suites", scorecard)]
    )
