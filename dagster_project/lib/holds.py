"""Holds: which KPIs a failure of tonight touches, what is shown of them instead, and the proof of both.

Belongs here: deriving the holds from the audit tables and dbt's results by the lineage of the manifest, copying the
last published figures, and checking before publication that nothing else is shown. Does not belong here: judging
tables (gate.py), walking the manifest (lineage.py), or how held rows look (dbt's scorecard layer).

docs/decisions/holding-by-lineage.md says why it is so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.lib.databases import attach, table_names, transaction
from dagster_project.lib.extract import ExtractRefused
from dagster_project.lib.lineage import (
    CALENDAR,
    Manifest,
    downstream,
    kpi_models,
    kpis_among,
    layer_of,
    model_inputs,
    side_models,
    source_ids,
    subjects,
)
from dagster_project.lib.sources import RawTable

# A newest date that is too old makes what is built on it stale, not wrong. One that could not be judged is recorded as
# critical, whatever its severity, and holds like anything else that is.
FRESHNESS = "newest_date_is_recent"
_CRITICAL = "severity = 'critical' and success is not true"
_FIGURES = (
    "numerator",
    "denominator",
    "actual_value",
    "no_value_reason",
    "data_as_of",
    "input_row_count",
    "definition_hash",
    "value_edition_id",
    "value_as_of_date",
)
_KEY = ("kpi_id", "period_grain", "period_start_date", "scope_type", "scope_id")
# what follows from figures that are not compared with anything
_EMPTY_WHILE_HELD = ("variance", "favourable_variance", "progress_ratio", "is_met", "score", "scope_rank")
# derived target -> the model that it is made of
TARGET_ORIGINS = {
    "budget": "metrics_finance__budget_targets_periodic",
    "quota": "metrics_sales__quotas_periodic",
}


class NothingToPublish(Exception):
    """No failure can be held: what failed is behind everything, or there are no data at all."""


@dataclass(frozen=True)
class Failure:
    """Something that failed tonight, and the manifest's nodes whose rows it makes doubtful."""

    cause: str  # 'extract', 'suite' or 'dbt'
    check_name: str
    message: str
    nodes: frozenset[str]
    source_system: str | None = None
    table_name: str | None = None
    skipped: frozenset[str] = frozenset()  # dbt nodes that must not be run again tonight


# What failed


def raw_failures(
    connection: duckdb.DuckDBPyConnection,
    manifest: Manifest,
    tables: Collection[tuple[str, str]],
    texts: Mapping[tuple[str, str], str],
) -> list[Failure]:
    """The raw tables of this run that nothing may be computed from: never loaded, never judged, or failed.

    ``texts`` are the gate's own messages, with the rows, as far as this process has judged.
    """
    failures = []
    ids = source_ids(manifest)
    absent = connection.execute(
        "select source_system, table_name, path, expected, found, action from audit.refused_extracts "
        "where not has_good_data order by all"
    ).fetchall()
    for system, table, path, expected, found, action in absent:
        if (system, table) in tables:
            message = (
                f"{system}.{table} was never loaded, and its extract was refused: {path}: expected {expected}; "
                f"found {found}. To do: {action}."
            )
            failures.append(
                Failure(
                    "extract", f"extract {system}.{table}", message, _ids(ids, system, table), system, table
                )
            )
    judged = connection.execute(
        f"""
        select source_system, table_name, any_value(suite), count(*) filter (where {_CRITICAL}),
            min(expectation) filter (where {_CRITICAL}),
            min_by(observed, expectation) filter (where {_CRITICAL})
        from audit.check_results where suite like 'raw/%' group by all order by all
        """
    ).fetchall()
    known = {(system, table): rest for system, table, *rest in judged}
    for system, table in sorted(tables):
        suite, failed, expectation, observed = known.get((system, table), (None, 1, None, None))
        if not failed:
            continue
        if suite is None:
            check, message = f"raw/{system}/{table}: never judged", f"nothing judged raw.{system}__{table}"
        else:
            more = f", and {failed - 1} more" if failed > 1 else ""
            check = f"{suite}: {expectation}"
            message = f"suite {suite} failed: {expectation}: {observed}{more}"
        message = texts.get((system, table), message)
        failures.append(Failure("suite", check, message, _ids(ids, system, table), system, table))
    return failures


def _ids(ids: Mapping[tuple[str, str], str], system: str, table: str) -> frozenset[str]:
    return frozenset({ids[system, table]}) if (system, table) in ids else frozenset()


def dbt_failures(
    manifest: Manifest, results: Iterable[Mapping[str, Any]], messages: Mapping[str, str]
) -> list[Failure]:
    """What failed in dbt's layers up to the KPIs, each with the line that says what it holds.

    Raises:
        NothingToPublish: one of them is in the scorecard layer, or behind everything, or touches nothing that could
            be held.
    """
    failures, fatal = [], []
    for result in results:
        node = manifest["nodes"].get(result["unique_id"])
        if node is None or result["status"] not in ("fail", "error"):
            continue
        unique_id, text = result["unique_id"], messages.get(result["unique_id"], result["unique_id"])
        is_test = node["resource_type"] == "test"
        nodes = subjects(manifest, node) if is_test else {unique_id}
        held = kpis_among(manifest, downstream(manifest, nodes))
        if not _can_be_held(manifest, nodes, held):
            fatal.append(text)
            continue
        skipped = {unique_id} if is_test else downstream(manifest, nodes)
        failures.append(
            Failure(
                "dbt",
                node["name"],
                f"{text}\n  {holds_line(held)}",
                frozenset(nodes),
                skipped=frozenset(skipped),
            )
        )
    if fatal:
        raise NothingToPublish("\n\n".join([*fatal, *(failure.message for failure in failures)]))
    return failures


def holds_line(kpi_ids: Sequence[str]) -> str:
    """Which KPIs a failure holds, in words."""
    return f"holds {len(kpi_ids)} KPI{'s' * (len(kpi_ids) != 1)}: {', '.join(kpi_ids) or 'only targets or names'}"


def _can_be_held(manifest: Manifest, nodes: Collection[str], held: Collection[str]) -> bool:
    for unique_id in nodes:
        node = manifest["nodes"].get(unique_id)
        if node is None or layer_of(node) in ("scorecard", "reference") or node["name"] in CALENDAR:
            return False
    touched = downstream(manifest, nodes)
    if not held and not touched & set(side_models(manifest).values()):
        return False
    return len(held) < len(kpi_models(manifest))


def left_out(manifest: Manifest, failures: Iterable[Failure]) -> list[str]:
    """Names of the dbt nodes to leave out of a build: what failed before, and tests of what is made from it.

    A test that reads anything doubtful can only repeat what is known, and blame good tables that it reads beside.
    """
    failures = list(failures)
    tainted = downstream(manifest, _nodes(failures))
    skipped = {unique_id for failure in failures for unique_id in failure.skipped}
    for unique_id, node in manifest["nodes"].items():
        if node["resource_type"] != "test":
            continue
        judged = subjects(manifest, node)
        in_scorecard = any(layer_of(manifest["nodes"].get(one, _SOURCE)) == "scorecard" for one in judged)
        if judged & (tainted | skipped) and not in_scorecard:
            skipped.add(unique_id)
    return sorted(manifest["nodes"][unique_id]["name"] for unique_id in skipped)


_SOURCE: dict[str, Any] = {"resource_type": "source", "source_name": "", "fqn": []}


def _nodes(failures: Iterable[Failure]) -> set[str]:
    return {unique_id for failure in failures for unique_id in failure.nodes}


# What is shown instead


def write_holds(
    connection: duckdb.DuckDBPyConnection,
    manifest: Manifest,
    failures: Sequence[Failure],
    published: Path | None,
    run_id: str,
) -> list[str]:
    """Replace the audit tables of holds in one transaction; return the held KPIs.

    ``published`` is the file of the edition that readers have now; audit.run_settings must be written already.
    """
    as_of, company, currency = connection.execute(
        "select as_of_date, company, reporting_currency from audit.run_settings"
    ).fetchone()
    tainted = downstream(manifest, _nodes(failures))
    models = sorted(manifest["nodes"][one]["name"] for one in tainted if one.startswith("model."))
    rows = [
        (kpi_id, failure)
        for failure in failures
        for kpi_id in kpis_among(manifest, downstream(manifest, failure.nodes))
    ]
    held = sorted({kpi_id for kpi_id, _ in rows})
    with _attached(connection, published if failures else None) as is_there:
        columns = _columns(connection, "last_edition") if is_there else set()
        fits = is_there and _fits(connection, company, currency)
        since = _held_since(connection, held, columns) if fits else {}
        with transaction(connection):
            for table in (
                "holds",
                "held_values",
                "held_targets",
                "held_scopes",
                "tainted_models",
                "model_inputs",
            ):
                connection.execute(f"delete from audit.{table}")
            _insert(connection, "tainted_models", [(name,) for name in models])
            _insert(connection, "model_inputs", model_inputs(manifest))
            _insert(
                connection,
                "holds",
                sorted(
                    (
                        kpi_id,
                        failure.cause,
                        failure.check_name,
                        failure.source_system,
                        failure.table_name,
                        failure.message,
                        min(since.get(kpi_id) or as_of, as_of),
                        run_id,
                    )
                    for kpi_id, failure in rows
                ),
            )
            if fits:
                _copy_last_edition(connection, held, models, columns, as_of)
    return held


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"insert into audit.{table} values ({marks})", rows)


@contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, edition: Path | None):  # noqa: ANN202
    """The edition as `last_edition`, read only; False where there is none that can be read."""
    if edition is None or not edition.exists():
        yield False
        return
    try:
        attach(connection, edition.resolve(), "last_edition")
    except duckdb.Error:
        yield False
        return
    try:
        yield True
    finally:
        connection.execute("detach last_edition")


def _columns(connection: duckdb.DuckDBPyConnection, database: str) -> set[str]:
    found = connection.execute(
        "select column_name from duckdb_columns() where database_name = ? and schema_name = 'scorecard' "
        "and table_name = 'kpi_scorecard'",
        [database],
    ).fetchall()
    return {name for (name,) in found}


def _fits(connection: duckdb.DuckDBPyConnection, company: str, currency: str) -> bool:
    """Figures of another company or currency stand in for nothing."""
    row = connection.execute(
        "select company, reporting_currency from last_edition.scorecard.publication"
    ).fetchone()
    return row == (company, currency)


def _held_since(
    connection: duckdb.DuckDBPyConnection, held: Sequence[str], columns: Collection[str]
) -> dict[str, date]:
    if "held_since" not in columns:
        return {}
    return dict(
        connection.execute(
            "select kpi_id, min(held_since) from last_edition.scorecard.kpi_scorecard "
            "where list_contains(?, kpi_id) group by kpi_id",
            [list(held)],
        ).fetchall()
    )


def shown_figures(columns: Collection[str]) -> str:
    """SQL for the figures of the edition attached as `last_edition`, with the edition that computed each.

    An edition from before holds existed computed all of its own.
    """
    has_own = "value_edition_id" in columns
    edition = "scorecard.value_edition_id" if has_own else "scorecard.edition_id"
    as_of = "scorecard.value_as_of_date" if has_own else "publication.as_of_date"
    return f"""
        select
            scorecard.kpi_id, scorecard.period_grain, scorecard.period_start_date, scorecard.period_end_date,
            scorecard.scope_type, scorecard.scope_id, scorecard.numerator, scorecard.denominator,
            scorecard.actual_value, scorecard.no_value_reason, scorecard.data_as_of, scorecard.input_row_count,
            scorecard.definition_hash, {edition} as value_edition_id, {as_of} as value_as_of_date
        from last_edition.scorecard.kpi_scorecard as scorecard
        cross join last_edition.scorecard.publication as publication
        -- a row that only says `held` is made anew: it shows nothing
        where scorecard.no_value_reason is distinct from 'held'"""


def _copy_last_edition(
    connection: duckdb.DuckDBPyConnection,
    held: Sequence[str],
    models: Collection[str],
    columns: Collection[str],
    as_of: date,
) -> None:
    connection.execute(
        f"""
        insert into audit.held_values
        select * from ({shown_figures(columns)}) as shown
        -- a run for an earlier day knows nothing of what came later
        where list_contains(?, kpi_id) and value_as_of_date <= ?
        """,
        [list(held), as_of],
    )
    connection.execute(
        "insert into audit.held_scopes select scope_type, scope_id, scope_name, parent_scope_type, "
        "parent_scope_id from last_edition.scorecard.scopes"
    )
    origins = [origin for origin, model in TARGET_ORIGINS.items() if model in models]
    if origins:
        connection.execute(
            """
            insert into audit.held_targets
            select
                targets.kpi_id, targets.scope_type, targets.scope_id, targets.period_grain,
                targets.period_start_date, targets.target_value, targets.to_date_value, targets.origin,
                targets.set_by, targets.reason
            from last_edition.scorecard.kpi_targets as targets
            -- what was due of an open period by then is not what is due now
            inner join last_edition.scorecard.periods as periods
                on targets.period_grain = periods.period_grain
                and targets.period_start_date = periods.period_start_date and periods.period_status = 'settled'
            where list_contains(?, targets.origin)
            """,
            [origins],
        )


def remember_event_spans(connection: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Keep the dates of every entity that is good in the edition which is about to be shown."""
    with transaction(connection):
        connection.execute(
            "delete from audit.event_spans where entity in "
            "(select entity from core.dim_event_spans where not is_remembered)"
        )
        connection.execute(
            "insert into audit.event_spans select entity, domain, first_date, last_date, ? "
            "from core.dim_event_spans where not is_remembered",
            [as_of],
        )


def remember_refusal(
    connection: duckdb.DuckDBPyConnection,
    table: RawTable,
    refusal: ExtractRefused | None,
    has_good_data: bool,
    run_id: str,
) -> None:
    """Write a table's row of audit.refused_extracts; without a refusal it loses the one it had."""
    with transaction(connection):
        connection.execute(
            "delete from audit.refused_extracts where source_system = ? and table_name = ?",
            [table.system, table.name],
        )
        if refusal is not None:
            connection.execute(
                "insert into audit.refused_extracts values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    table.system,
                    table.name,
                    table.domain,
                    refusal.file or table.files,
                    refusal.line,
                    refusal.expected,
                    refusal.found,
                    refusal.action,
                    has_good_data,
                    datetime.now(UTC).replace(tzinfo=None),
                    run_id,
                ],
            )


def forget_other_refusals(connection: duckdb.DuckDBPyConnection, tables: Collection[tuple[str, str]]) -> None:
    """Drop refusals of tables that are no longer a part of the run."""
    for row in connection.execute("select source_system, table_name from audit.refused_extracts").fetchall():
        if row not in tables:
            connection.execute(
                "delete from audit.refused_extracts where source_system = ? and table_name = ?", list(row)
            )


# What names an edition, and what people are told


def holds_fingerprint(connection: duckdb.DuckDBPyConnection) -> str:
    """Hash of everything that failures of tonight change in an edition; the same failures give the same hash."""
    there = table_names(connection, "audit")
    facts = {
        name: connection.execute(sql).fetchall()
        for name, sql in {
            "holds": "select kpi_id, cause, check_name, cast(held_since as varchar) from audit.holds order by all",
            "held_values": "select distinct kpi_id, value_edition_id from audit.held_values order by all",
            "tainted_models": "select model_name from audit.tainted_models order by all",
            "refused_extracts": "select source_system, table_name, has_good_data "
            "from audit.refused_extracts order by all",
            "check_results": "select suite, expectation, severity from audit.check_results "
            "where suite like 'raw/%' and success is not true and severity <> 'info' order by all",
        }.items()
        if name in there
    }
    if not any(facts.values()):
        return ""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Told:
    """What a person has to look at after a night that was published."""

    title: str
    text: str


def what_needs_a_person(connection: duckdb.DuckDBPyConnection) -> Told | None:
    """The messages of what is held, refused or stale; None where there is nothing."""
    held = connection.execute(
        "select message, list(distinct kpi_id order by kpi_id), min(held_since), any_value(cause) from audit.holds "
        "group by message order by message"
    ).fetchall()
    (kpis,) = connection.execute("select count(distinct kpi_id) from audit.holds").fetchone()
    refused = connection.execute(
        """
        select source_system, list(table_name order by table_name), path, line, expected, found, action
        from audit.refused_extracts where has_good_data
        group by source_system, path, line, expected, found, action order by all
        """
    ).fetchall()
    old = connection.execute(
        f"""
        select suite, expectation, observed from audit.check_results
        where suite like 'raw/%' and expectation like '{FRESHNESS}%' and success is not true
            and severity <> 'critical'
        order by all
        """
    ).fetchall()
    (extracts,) = connection.execute("select count(*) from audit.refused_extracts").fetchone()
    if not (kpis or extracts or old):
        return None
    counts = [
        *([f"{kpis} KPI{'s are' if kpis != 1 else ' is'} held"] if kpis else []),
        *([f"{extracts} extract{'s were' if extracts != 1 else ' was'} refused"] if extracts else []),
        *([f"{len(old)} table{'s are' if len(old) != 1 else ' is'} old"] if old else []),
    ]
    parts = []
    shown = {
        kpi_id for (kpi_id,) in connection.execute("select distinct kpi_id from audit.held_values").fetchall()
    }
    for message, ids, since, cause in held:
        line = "" if cause == "dbt" else f"\n  {holds_line(ids)}"
        parts.append(f"{message}{line}\n  since {since}; {_figures_line(shown.intersection(ids), ids)}.")
    for system, names, path, line, expected, found, action in refused:
        place = f"{path}{f', line {line}' if line else ''}" if path else ""
        parts.append(
            f"{system}: {', '.join(names)} refused{f': {place}' if place else ''}\n  expected: {expected}\n"
            f"  found:    {found}\n  to do:    {action}\n"
            "  Nothing of it was loaded; the last good rows are used, and the KPIs built from them say stale."
        )
    parts += [
        f"{suite}: {expectation}: {observed}; the KPIs built from it say stale."
        for suite, expectation, observed in old
    ]
    return Told(f"Published, but {' and '.join(counts)}", "\n\n".join(parts))


def _figures_line(shown: Collection[str], held: Collection[str]) -> str:
    if not shown:
        return "no figure of theirs was published before, so none is shown"
    if len(shown) < len(held):
        rest = ", ".join(sorted(set(held) - set(shown)))
        return f"their last published figures are shown, marked held; never published before, and without one: {rest}"
    return "their last published figures are shown, marked held"


# The proof before publication


def audit_problems(
    connection: duckdb.DuckDBPyConnection,
    failed: Mapping[tuple[str, str], str],
    last_edition: Callable[[], Path | None],
) -> list[str]:
    """Why what is about to be published does not hold what it must; empty where it does.

    ``connection`` uses the warehouse; ``failed`` are the raw tables that failed tonight, with what their suites say.
    Trusts neither audit.holds nor audit.held_values: the first must cover the lineage of what failed, the second must
    be what readers have now: the file of ``last_edition``, which is asked for only if anything is held, since it takes
    seconds to prove it whole.
    """
    there = table_names(connection, "audit")
    held = set()
    if "holds" in there:
        held = {
            kpi_id for (kpi_id,) in connection.execute("select distinct kpi_id from audit.holds").fetchall()
        }
    doubtful = dict(failed)
    if "refused_extracts" in there:
        for system, table in connection.execute(
            "select source_system, table_name from audit.refused_extracts where has_good_data is not true"
        ).fetchall():
            doubtful.setdefault(
                (system, table), f"the extract of {system}.{table} was refused and never loaded"
            )
    problems = []
    for (system, table), text in sorted(doubtful.items()):
        problems += _not_covered(connection, there, held, system, table, text)
    return problems + _shown_problems(connection, there, held, last_edition)


def _not_covered(
    connection: duckdb.DuckDBPyConnection, there: set[str], held: set[str], system: str, table: str, text: str
) -> list[str]:
    if not {"kpi_inputs", "model_inputs", "tainted_models", "holds"} <= there:
        return [text]
    built = connection.execute(
        "select distinct kpi_id from audit.kpi_inputs where source_system = ? and table_name = ? order by all",
        [system, table],
    ).fetchall()
    read = connection.execute(
        """
        select distinct model_name from audit.model_inputs
        where source_system = ? and table_name = ?
            and model_name not in (select model_name from audit.tainted_models)
        order by all
        """,
        [system, table],
    ).fetchall()
    missing = [kpi_id for (kpi_id,) in built if kpi_id not in held]
    return [
        *([f"{text}; built from it and not held: {', '.join(missing)}"] if missing else []),
        *([f"{text}; read from it all the same: {', '.join(name for (name,) in read)}"] if read else []),
    ]


def _shown_problems(
    connection: duckdb.DuckDBPyConnection,
    there: set[str],
    held: set[str],
    last_edition: Callable[[], Path | None],
) -> list[str]:
    (warehouse,) = connection.execute("select current_database()").fetchone()
    columns = _columns(connection, warehouse)
    if "quality_status" not in columns:
        return ["scorecard.kpi_scorecard does not say what is held"] if held else []
    marked = {
        kpi_id
        for (kpi_id,) in connection.execute(
            "select distinct kpi_id from scorecard.kpi_scorecard where quality_status = 'held' or status = 'held'"
        ).fetchall()
    }
    problems = []
    if marked - held:
        problems.append(
            f"scorecard.kpi_scorecard says held, and audit.holds does not: {', '.join(sorted(marked - held))}"
        )
    if not held:
        return problems
    unmarked = connection.execute(
        f"""
        select distinct kpi_id from scorecard.kpi_scorecard
        where list_contains(?, kpi_id) and (
            quality_status is distinct from 'held' or status is distinct from 'held' or held_since is null
            or held_check is null or {" or ".join(f"{name} is not null" for name in _EMPTY_WHILE_HELD)})
        order by all
        """,
        [sorted(held)],
    ).fetchall()
    if unmarked:
        problems.append(f"held KPIs are shown as if they were not: {', '.join(name for (name,) in unmarked)}")
    if "held_values" not in there:
        return [*problems, "there is no audit.held_values"]
    problems += _differing(connection, held, "audit.held_values", "audit.held_values")
    with _attached(connection, last_edition()) as is_there:
        connection.execute(
            f"create or replace temp table shown_before as {shown_figures(_columns(connection, 'last_edition'))}"
            if is_there
            else "create or replace temp table shown_before as select * from audit.held_values where false"
        )
    problems += _differing(connection, held, "temp.shown_before", "what readers have now")
    connection.execute("drop table temp.shown_before")
    return problems


def _differing(connection: duckdb.DuckDBPyConnection, held: set[str], relation: str, name: str) -> list[str]:
    """Held rows with a figure that is not the one in `relation`, row by row."""
    same = " and ".join(f"scorecard.{column} = shown.{column}" for column in _KEY)
    # a row without a figure has nothing of its own to compare
    unequal = " or ".join(f"scorecard.{column} is distinct from shown.{column}" for column in _FIGURES)
    rows = connection.execute(
        f"""
        select scorecard.kpi_id, count(*) from scorecard.kpi_scorecard as scorecard
        left join {relation} as shown on {same}
        where list_contains(?, scorecard.kpi_id) and case
            when scorecard.no_value_reason = 'held'
                then coalesce(scorecard.numerator, scorecard.denominator, scorecard.actual_value) is not null
            else shown.kpi_id is null or {unequal}
        end
        group by all order by all
        """,
        [sorted(held)],
    ).fetchall()
    return [f"{count} held figures of {kpi_id} are not those of {name}" for kpi_id, count in rows]
