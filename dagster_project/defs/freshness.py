"""The watch on the sources: every five minutes, whether any watched raw table has grown too old.

It reads the reports of the nights and the landing folders, so it never waits for a run nor keeps one waiting.
What is fresh is decided in ``lib/freshness.py``; what a run does about an old source is the suites' and the gate's.
"""

import json
from collections.abc import Iterator, Sequence

import dagster as dg

from dagster_project.defs.resources import raw_key, settings
from dagster_project.lib import alerts
from dagster_project.lib.freshness import Verdict, rules, watch

CHECK = "newest_data_is_recent"
SECONDS = 300


def check_keys() -> list[dg.AssetCheckKey]:
    """One for each watched table; none where no suite says how old its data may be."""
    return [
        dg.AssetCheckKey(raw_key(rule.source_system, rule.table_name), CHECK) for rule in rules(settings())
    ]


def facts(verdict: Verdict) -> dict[str, str | int | bool]:
    """What Dagster shows beside a verdict."""
    return {
        "newest_date": str(verdict.newest_date or "unknown"),
        "measured_on": str(verdict.measured_on),
        "max_age_days": verdict.max_age_days,
        "last_delivery": str(verdict.last_delivery or "none"),
        "is_waiting": verdict.is_waiting,
    }


def freshness_checks() -> dg.AssetChecksDefinition:
    """The verdicts as checks, for whoever starts them by hand; the sensor reports the same ones."""

    @dg.multi_asset_check(
        name="freshness",
        specs=[
            # not blocking: the suite of the table judges the rows of a run, this looks at the clock
            dg.AssetCheckSpec(
                key.name,
                asset=key.asset_key,
                description="Whether the newest data is as recent as its suite demands.",
            )
            for key in check_keys()
        ],
        can_subset=True,
    )
    def freshness(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        chosen = {key.asset_key for key in context.selected_asset_check_keys}
        for verdict in watch(settings()):
            said = evaluation(verdict)
            if said.asset_key in chosen:
                yield dg.AssetCheckResult(
                    asset_key=said.asset_key,
                    check_name=said.check_name,
                    passed=said.passed,
                    severity=said.severity,
                    description=said.description,
                    metadata=said.metadata,
                )

    return freshness


def evaluation(verdict: Verdict) -> dg.AssetCheckEvaluation:
    """A verdict as an event of Dagster's history."""
    return dg.AssetCheckEvaluation(
        asset_key=raw_key(verdict.source_system, verdict.table_name),
        check_name=CHECK,
        passed=not verdict.is_stale,
        severity=dg.AssetCheckSeverity.WARN,
        description=verdict.sentence,
        metadata=facts(verdict),
    )


def changed(verdicts: Sequence[Verdict], cursor: str | None) -> tuple[list[Verdict], str]:
    """The verdicts that are others than at the last look, and what to remember for the next."""
    before = json.loads(cursor or "{}")
    now = {f"{one.source_system}.{one.table_name}": [one.verdict, str(one.newest_date)] for one in verdicts}
    news = [
        one for one in verdicts if before.get(name := f"{one.source_system}.{one.table_name}") != now[name]
    ]
    return news, json.dumps(now, sort_keys=True)


@dg.sensor(
    name="freshness_watch",
    minimum_interval_seconds=SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Shows a source that has grown too old within five minutes; writes reports/freshness.parquet.",
)
def freshness_watch(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Look at all watched tables; report those whose verdict has changed, and alert where one has grown old."""
    verdicts = watch(settings())
    # a history with an event for each table every five minutes would be longer than that of the nights
    news, cursor = changed(verdicts, context.cursor)
    grown_old = [one.sentence for one in news if one.is_stale]
    if grown_old:
        problem = alerts.send(settings().alert_command, "Stale source data\n\n" + "\n".join(grown_old) + "\n")
        if problem:
            context.log.warning(problem)
    return dg.SensorResult(
        asset_events=[evaluation(one) for one in news],
        cursor=cursor,
        skip_reason=f"{len(verdicts)} tables are watched, {sum(one.is_stale for one in verdicts)} are not fresh.",
    )


@dg.definitions
def freshness_definitions() -> dg.Definitions:
    """The sensor, and the checks it reports to where a table is watched."""
    return dg.Definitions(
        asset_checks=[freshness_checks()] if check_keys() else [], sensors=[freshness_watch]
    )
