"""Every value that any edition ever showed, and why each came: `kpi_value_history` and `kpi_value_changes`.

Belongs here: the SQL that continues the history of the newest edition by tonight's scorecard, and the proof that it is
right. Does not belong here: finding out why a value changed (the table `audit.value_effects` says so; where it says
nothing, a change has a cause only if a single one is possible), or which edition comes before (publication.py).

A version is what was shown of a figure for as long as it stayed the same. The history goes by order of publication:
a rollback shows older versions again, and ends none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import duckdb

from dagster_project.lib.sql import literal

TABLE, VIEW = "kpi_value_history", "kpi_value_changes"
KEY = ("kpi_id", "period_grain", "period_start_date", "scope_type", "scope_id")
# another one of these makes a new version
SHOWN = (
    "actual_value",
    "target_value",
    "target_lower",
    "target_upper",
    "status",
    "quality_status",
    "no_value_reason",
)
EFFECTS = ("late_data", "corrected_data", "changed_definition", "time_passed", "other_causes")
NEW_VERSION, NO_LONGER_SHOWN = "new_version", "no_longer_shown"
# what stands in the table, in this order
_COLUMNS = {
    **dict.fromkeys(("kpi_id", "period_grain"), "varchar"),
    "period_start_date": "date",
    **dict.fromkeys(("scope_type", "scope_id"), "varchar"),
    "version": "integer",
    **dict.fromkeys(
        ("actual_value", "target_value", "target_lower", "target_upper", "variance"), "decimal(38, 10)"
    ),
    **dict.fromkeys(
        ("status", "quality_status", "no_value_reason", "definition_hash", "reason", "first_edition_id"),
        "varchar",
    ),
    "first_sequence": "integer",
    "first_published_at": "timestamp",
    "last_edition_id": "varchar",
    "superseded_by_edition_id": "varchar",
    "superseded_at": "timestamp",
    "ended_sequence": "integer",
    "ended_reason": "varchar",
    "is_current": "boolean",
    **dict.fromkeys(
        ("value_change", *EFFECTS, "target_change", "variance_from_value", "variance_change"),
        "decimal(38, 10)",
    ),
}
# what an edition with these rows alone can't know, so that it is left out where two are compared
CLOCKS = ("first_published_at", "superseded_at")
EXPLANATIONS = ("reason", "value_change", *EFFECTS)


class HistoryBroken(Exception):
    """The history is not what it must be; the text says which rule it breaks, with an example."""


@dataclass(frozen=True)
class Moment:
    """The edition that continues the history."""

    edition_id: str
    sequence: int
    published_at: datetime


@dataclass(frozen=True)
class Before:
    """The newest edition, whose history goes on: relations, as they can stand after FROM."""

    edition_id: str
    parent_edition_id: str
    """What readers had when tonight's edition was built: another one after a rollback."""
    sequence: int
    published_at: datetime
    scorecard: str
    history: str | None
    """None of an edition from before there was a history: its scorecard is where it begins."""
    differing: tuple[str, ...] = ()
    """What else than the code of a KPI differs between its inputs and tonight's: causes that are possible."""


def write_history(
    connection: duckdb.DuckDBPyConnection,
    target: str,
    scorecard: str,
    moment: Moment,
    before: Before | None,
    effects: str | None = None,
) -> None:
    """Create the table `target`: the history before, continued by the rows of `scorecard`."""
    columns = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
    connection.execute(f"create table {target} ({columns})")
    if before is None:
        connection.execute(f"insert into {target} {_in_order(_first(scorecard, moment))}")
        return
    started = Moment(before.edition_id, before.sequence, before.published_at)
    history = before.history or f"({_first(before.scorecard, started)})"
    connection.execute(
        f"insert into {target} {_in_order(_continued(history, scorecard, moment, before, effects))}"
    )


def write_changes(connection: duckdb.DuckDBPyConnection, schema: str) -> None:
    """Create the view of changes, in the database in use; `schema` holds the history beside it."""
    values = ("actual_value", "target_value", "target_lower", "target_upper", "variance", "status")
    connection.execute(
        f"""
        create view {schema}.{VIEW} as
        with versions as (
            select
                *,
                {", ".join(f"lag({name}) over steps as previous_{name}" for name in values)},
                lag(ended_reason) over steps as previous_ended_reason
            from {schema}.{TABLE}
            window steps as (partition by {", ".join(KEY)} order by version)
        )

        select
            versions.first_edition_id as edition_id,
            publications.parent_edition_id,
            versions.first_sequence as sequence,
            versions.first_published_at as published_at,
            {", ".join(f"versions.{name}" for name in KEY)},
            versions.version,
            versions.previous_actual_value as previous_value,
            versions.actual_value as value,
            versions.value_change,
            {", ".join(f"versions.{name}" for name in EFFECTS)},
            versions.previous_target_value as previous_target,
            versions.target_value as target,
            versions.previous_target_lower,
            versions.target_lower,
            versions.previous_target_upper,
            versions.target_upper,
            versions.target_change,
            versions.previous_variance,
            versions.variance,
            versions.variance_from_value,
            versions.variance_change,
            versions.previous_status,
            versions.status,
            versions.reason as causes
        from versions
        left join {schema}.publication_history as publications
            on
                versions.first_edition_id = publications.edition_id
                and publications.action = 'publish'
        where versions.version > 1 and versions.previous_ended_reason = {literal(NEW_VERSION)}
        """
    )


def check_history(
    connection: duckdb.DuckDBPyConnection,
    target: str,
    scorecard: str,
    moment: Moment,
    before: Before | None,
) -> None:
    """Raise HistoryBroken unless the history says exactly what is shown now, what was before, and adds up."""
    shown = ", ".join((*KEY, *SHOWN, "variance"))
    current = f"select {shown} from {target} where is_current"
    rows = f"select {shown} from {scorecard}"
    key = ", ".join(KEY)
    # all others are proven to be as they were
    of_tonight = f"({key}) in (select ({key}) from {target} where first_sequence = {moment.sequence})"
    rules = {
        "what it calls current is not what the scorecard shows": (
            f"({current} except all {rows}) union all ({rows} except all {current})"
        ),
        "a figure has two current versions": (
            f"select {key} from {target} where is_current group by all having count(*) > 1"
        ),
        "versions are not numbered 1, 2, 3": (
            f"select {key} from {target} where {of_tonight} group by all"
            " having count(*) <> max(version) or count(distinct version) <> count(*) or min(version) <> 1"
        ),
        "the effects do not add up to the change": (
            f"select {key}, version, value_change, {', '.join(EFFECTS)} from {target}"
            f" where value_change is distinct from ({' + '.join(EFFECTS)})"
        ),
        "the change of the variance is not that of value and target": (
            f"select {key}, version, variance_change, variance_from_value, target_change from {target}"
            " where variance_change is not null"
            " and variance_change is distinct from variance_from_value - target_change"
        ),
        "a version has ended without a reason, or goes on with one": (
            f"select {key}, version, ended_reason from {target} where is_current"
            " is distinct from (ended_reason is null and superseded_at is null and ended_sequence is null)"
        ),
        "the change is not the difference to the version before": f"""
            select {key}, version, value_change, change from (
                select
                    *,
                    case
                        when lag(ended_reason) over steps = {literal(NEW_VERSION)}
                            then actual_value - lag(actual_value) over steps
                    end as change,
                    case
                        when lag(ended_reason) over steps = {literal(NEW_VERSION)}
                            then variance - lag(variance) over steps
                    end as change_of_variance
                from {target}
                where {of_tonight}
                window steps as (partition by {key} order by version)
            )
            where first_sequence = {moment.sequence} and (
                value_change is distinct from change or variance_change is distinct from change_of_variance
            )
        """,
    }
    for rule, query in rules.items():
        found = connection.execute(f"select * from ({query}) limit 1").fetchone()
        if found:
            raise HistoryBroken(f"{TABLE}: {rule}, for example {', '.join(map(str, found))}.")
    if before is not None and before.history is not None:
        _check_kept(connection, target, moment, before)


def _check_kept(connection: duckdb.DuckDBPyConnection, target: str, moment: Moment, before: Before) -> None:
    """What had ended before is as it was; what was shown before goes on or ends tonight, and is otherwise as it was."""
    all_columns = list(_COLUMNS)
    told = (
        "superseded_by_edition_id",
        "superseded_at",
        "ended_sequence",
        "ended_reason",
        "is_current",
        "last_edition_id",
    )
    lasting = [name for name in _COLUMNS if name not in told]
    for columns, were, are, rule in (
        (
            all_columns,
            f"{before.history} where not is_current",
            f"{target} where ended_sequence < {moment.sequence}",
            f"versions that had ended before are not those of edition {before.edition_id}",
        ),
        (
            lasting,
            f"{before.history} where is_current",
            f"{target} where first_sequence < {moment.sequence}"
            f" and (is_current or ended_sequence = {moment.sequence})",
            f"versions that edition {before.edition_id} showed are not as they were there",
        ),
    ):
        sums = [
            connection.execute(
                f"select count(*), sum(cast(hash({', '.join(columns)}) as hugeint)) from {relation}"
            ).fetchone()
            for relation in (were, are)
        ]
        if sums[0] != sums[1]:
            raise HistoryBroken(f"{TABLE}: {rule}.")


def _in_order(query: str) -> str:
    # neighbours that are alike compress: a figure's periods, one after the other
    order = "kpi_id, period_grain, scope_type, scope_id, period_start_date, version"
    return f"select {', '.join(_COLUMNS)} from ({query}) order by {order}"


def _first(scorecard: str, moment: Moment) -> str:
    """Each row of a scorecard as the first version of its figure."""
    return _with_nulls(
        {
            **{name: name for name in (*KEY, *SHOWN, "variance", "definition_hash")},
            "version": "1",
            "reason": "'first'",
            **_from(moment),
        },
        scorecard,
    )


def _from(moment: Moment) -> dict[str, str]:
    return {
        "first_edition_id": literal(moment.edition_id),
        "first_sequence": str(moment.sequence),
        "first_published_at": _timestamp(moment.published_at),
        "last_edition_id": literal(moment.edition_id),
        "is_current": "true",
    }


def _with_nulls(said: dict[str, str], source: str) -> str:
    columns = ", ".join(
        f"{said.get(name, f'cast(null as {kind})')} as {name}" for name, kind in _COLUMNS.items()
    )
    return f"select {columns} from {source}"


def _timestamp(moment: datetime) -> str:
    return f"timestamp {literal(moment.isoformat(sep=' '))}"


def _continued(history: str, scorecard: str, moment: Moment, before: Before, effects: str | None) -> str:
    # the variance also follows from the direction, which a catalogue may turn
    same = " and ".join(f"was.{name} is not distinct from now.{name}" for name in (*SHOWN, "variance"))
    ends = {
        "superseded_by_edition_id": f"case when is_shown then {literal(moment.edition_id)} end",
        "superseded_at": _timestamp(moment.published_at),
        "ended_sequence": str(moment.sequence),
        "ended_reason": f"case when is_shown then {literal(NEW_VERSION)} else {literal(NO_LONGER_SHOWN)} end",
        "is_current": "false",
    }
    kept = {"last_edition_id": literal(moment.edition_id)}
    carried = ", ".join(
        f"case when is_same then {kept.get(name, name)} else {ends.get(name, name)} end as {name}"
        if name in ends or name in kept
        else name
        for name in _COLUMNS
    )
    return f"""
        with was as (select * from {history} where is_current),
        now as (
            select {", ".join((*KEY, *SHOWN, "variance", "definition_hash", "period_status"))} from {scorecard}
        ),
        were_periods as (select {", ".join(KEY)}, period_status from {before.scorecard}),
        compared as (
            select was.*, now.kpi_id is not null as is_shown, now.kpi_id is not null and {same} as is_same
            from was left join now using ({", ".join(KEY)})
        ),
        last_versions as (
            select {", ".join(KEY)}, max(version) as version from {history} group by all
        ),
        definitions as (select kpi_id, min(definition_hash) as hash from {before.scorecard} group by kpi_id),
        fresh as (
            select
                now.*,
                was.kpi_id is not null as was_shown,
                {", ".join(f"was.{name} as was_{name}" for name in (*SHOWN, "variance"))},
                coalesce(last_versions.version, 0) + 1 as next_version,
                definitions.hash is distinct from now.definition_hash as is_redefined,
                were_periods.period_status is distinct from now.period_status as is_other_period_status,
                told.kpi_id is not null as is_told,
                {", ".join(f"told.{name} as told_{name}" for name in (*EFFECTS, "causes"))},
                -- as far from the old target as the new value would be
                case
                    when was.target_value is not null then now.actual_value - was.target_value
                    when was.variance is null then null
                    when now.actual_value < was.target_lower then now.actual_value - was.target_lower
                    when now.actual_value > was.target_upper then now.actual_value - was.target_upper
                    when now.actual_value is not null then 0
                end as variance_by_old_target
            from now
            left join was using ({", ".join(KEY)})
            left join last_versions using ({", ".join(KEY)})
            left join were_periods using ({", ".join(KEY)})
            left join definitions on now.kpi_id = definitions.kpi_id
            left join ({_told(effects, before)}) as told
                on
                    {" and ".join(f"now.{name} = told.{name}" for name in KEY)}
                    and was.actual_value is not distinct from told.value_before
                    and now.actual_value is not distinct from told.value_now
                    and now.actual_value - was.actual_value
                    is not distinct from ({" + ".join(f"told.{name}" for name in EFFECTS)})
            where was.kpi_id is null or not ({same})
        ),
        explained as ({_explained(before)})
        select {", ".join(_COLUMNS)} from ({_with_nulls(_new_version(moment), "explained")})
        union all by name
        select {carried} from compared
        union all by name
        select {", ".join(_COLUMNS)} from {history} where not is_current
    """


def _told(effects: str | None, before: Before) -> str:
    """What is known of why values changed, each figure once."""
    if effects is None:
        key = ", ".join(f"cast(null as {_COLUMNS[name]}) as {name}" for name in KEY)
        numbers = ", ".join(
            f"cast(null as decimal(38, 10)) as {name}" for name in ("value_before", "value_now", *EFFECTS)
        )
        return f"select {key}, {numbers}, cast(null as varchar) as causes where false"
    parents = ", ".join(literal(name) for name in {before.edition_id, before.parent_edition_id})
    return f"""
        select
            {", ".join(KEY)}, value_before, value_now, late_data, corrected_data, changed_definition, time_passed,
            other as other_causes, causes
        from {effects}
        where parent_edition_id in ({parents})
        qualify count(*) over (partition by {", ".join(KEY)}) = 1
    """


def _explained(before: Before) -> str:
    """The effects of each change: as told, else all of it under the one cause that is possible, else unknown."""
    others = before.differing
    alone = others[0] if len(others) == 1 else "unknown"
    # the code of a KPI is one cause more, where it has changed
    redefined = "unknown" if others else "changed_definition"
    effects = {cause: cause if cause in EFFECTS else "other_causes" for cause in (alone, redefined)}
    cause = f"case when is_redefined then {literal(redefined)} else {literal(alone)} end"
    effect = f"case when is_redefined then {literal(effects[redefined])} else {literal(effects[alone])} end"
    return f"""
        select
            *,
            was_shown and was_actual_value is distinct from actual_value as is_other_value,
            actual_value - was_actual_value as difference,
            {cause} as single_cause,
            {effect} as single_effect
        from fresh
    """


def _new_version(moment: Moment) -> dict[str, str]:
    targets = ("target_value", "target_lower", "target_upper")
    other_target = " or ".join(f"was_{name} is distinct from {name}" for name in targets)
    reason = f"""
        case
            when not was_shown and next_version = 1 then 'first'
            when not was_shown then 'shown_again'
            else coalesce(nullif(concat_ws(
                ', ',
                case
                    when is_other_value and is_told then coalesce(nullif(told_causes, ''), single_cause)
                    when is_other_value then single_cause
                end,
                case when {other_target} then 'changed_target' end,
                case when was_quality_status is distinct from quality_status then 'quality' end,
                case
                    when not is_other_value and was_no_value_reason is distinct from no_value_reason
                        then 'no_value_reason'
                end
            -- a period that has ended is judged for good: on track becomes achieved
            ), ''), case when is_other_period_status then 'time_passed' else 'status_rule' end)
        end
    """
    return {
        **{name: name for name in (*KEY, *SHOWN, "variance", "definition_hash")},
        "version": "next_version",
        "reason": reason,
        **_from(moment),
        "value_change": "difference",
        **{
            name: f"case when is_told then told_{name} when difference is not null then"
            f" case when single_effect = {literal(name)} then difference else 0 end end"
            for name in EFFECTS
        },
        "target_change": "case when variance is not null and was_variance is not null"
        " then variance_by_old_target - variance else target_value - was_target_value end",
        "variance_from_value": "case when variance is not null then variance_by_old_target - was_variance end",
        "variance_change": "variance - was_variance",
    }


# as a cause; the code of a KPI has a hash of its own
_CAUSES = {
    "time_passed": "time_passed",
    "data": "late_or_corrected_data",
    "holds": "held_or_stale",
    "plan": "plan",
    "suites": "suites",
    "code": "pipeline_code",
    "settings": "settings",
}


def differing_inputs(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """Which kinds of input differ between two editions, beside the code of single KPIs, as causes of a change."""
    return tuple(cause for name, cause in _CAUSES.items() if before.get(name) != now.get(name))
