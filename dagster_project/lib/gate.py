"""The gate: judge tables by their expectation suites, and fail closed.

Belongs here: which suite judges which table, what a result means, the message for people, and the record in
`audit.check_results`. Does not belong here: the Great Expectations library itself (gx_duckdb.py, imported
only when something is to be judged), the expectations on history and as-of day (history_checks.py), or what is
held back because of a verdict (publication.py, dbt models).

A suite that is missing, empty, unreadable, raises or does not finish is a failure, as is one whose table is
missing. The library's own overall `success` is never read: it is false for a failed `info` expectation and
true for an empty suite.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import duckdb

from dagster_project.lib.connection import connect
from dagster_project.lib.control_sums import table_content_hash
from dagster_project.lib.databases import transaction
from dagster_project.lib.history_checks import (
    RawState,
    examine_history,
    is_history_check,
    is_history_result,
    remember_row_count,
    what_to_do,
)
from dagster_project.lib.sql import column_list, identifier

if TYPE_CHECKING:
    from dagster_project.lib.gx_duckdb import Examiner, Outcome

SEVERITIES = ("critical", "warning", "info")
REJECTS_CHECK = "rows_rejected_at_ingest"
EXAMPLES = 5
# Part of every suite hash: raise it when the gate judges differently, and no earlier verdict is reused.
GATE_VERSION = "1"
MASK = "***"
# Queries whose answer moves without any row moving.
_MOVING_SQL = re.compile(
    r"\b((current|local)_?(date|time|timestamp)|get_current_\w+|(transaction|clock)_timestamp|now|today|random|uuid)\b",
    re.IGNORECASE,
)
_DO_RAW = (
    "Correct the rows in the extract and land it again: it replaces its own rows at the next run. "
    "If the rows are right, the expectation is wrong: change the suite."
)
_DO_SCORECARD = (
    "The scorecard is made from the raw tables by dbt: find the model that makes these rows. "
    "If the rows are right, the expectation is wrong: change the suite."
)
_DO_ERROR = "No row is wrong, the judging itself failed: repair what stands above, then run again."


class TableLike(Protocol):
    """The parts of a declared raw table that the gate reads (lib/sources.py: RawTable)."""

    name: str
    domain: str
    key: Sequence[str]


class SystemLike(Protocol):
    """The parts of a source system that the gate reads (lib/sources.py: SourceSystem)."""

    name: str
    folder: Path
    tables: Sequence[TableLike]


@dataclass(frozen=True)
class Suite:
    """One suite file and the table that it judges."""

    name: str
    path: Path
    schema: str
    table: str  # the name in the warehouse
    table_name: str  # the declared name, as in audit.raw_tables
    source_system: str | None = None
    key: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExpectationResult:
    """What one expectation found."""

    expectation: str
    severity: str
    success: bool
    observed: str | None = None
    unexpected_count: int | None = None
    details: tuple[dict[str, Any], ...] = ()
    reason: str | None = None
    do: str | None = None
    error: str | None = None

    @property
    def holds(self) -> bool:
        """Whether this result holds the table back."""
        return not self.success and self.severity == "critical"


@dataclass(frozen=True)
class SuiteVerdict:
    """What one suite says of its table; `passed` means that no critical expectation failed."""

    suite: str
    source_system: str | None
    table: str
    passed: bool
    has_warnings: bool
    expectations: tuple[ExpectationResult, ...]
    message: str
    content_hash: str | None = None
    suite_hash: str | None = None
    reused: bool = False
    seconds: float = 0.0


class _SuiteBroken(Exception):
    """The suite as a whole can't be judged; the text says why."""


@dataclass
class _Warehouse:
    """What the gate looks up once for all suites."""

    connection: duckdb.DuckDBPyConnection
    columns: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    raw_hashes: dict[str, tuple[str | None, int | None]] = field(default_factory=dict)
    paths: dict[int, str] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)


def find_suites(
    expectations_folder: Path,
    systems: Iterable[SystemLike],
    scorecard_tables: Sequence[str],
    shipped_systems_folder: Path,
) -> list[Suite]:
    """Return one suite per raw table of the systems and per scorecard table, whether its file exists or not.

    A system whose folder lies in `shipped_systems_folder` has its suites in the expectations folder, any
    other one beside its own declaration.
    """
    suites = []
    for system in systems:
        shipped = Path(system.folder).resolve().parent == shipped_systems_folder.resolve()
        for table in system.tables:
            if shipped:
                path = expectations_folder / "raw" / system.name / table.domain / f"{table.name}.json"
            else:
                path = Path(system.folder) / "expectations" / f"{table.name}.json"
            suites.append(
                Suite(
                    name=f"raw/{system.name}/{table.domain}/{table.name}",
                    path=path,
                    schema="raw",
                    table=f"{system.name}__{table.name}",
                    table_name=table.name,
                    source_system=system.name,
                    key=tuple(table.key or ()),
                )
            )
    for name in scorecard_tables:
        path = expectations_folder / "scorecard" / f"{name}.json"
        suites.append(Suite(f"scorecard/{name}", path, "scorecard", name, name))
    return suites


def raw_tables_read(suite: Suite) -> set[str]:
    """Names of the raw tables that a suite's queries read beside its own; empty where there is no such file."""
    try:
        text = suite.path.read_text(encoding="utf-8")
    except OSError:
        return set()
    return set(re.findall(r"\braw\.([a-z][a-z0-9_]*__[a-z0-9_]+)", text))


def judge(
    warehouse: Path,
    suites: Sequence[Suite],
    run_id: str,
    *,
    as_of: date | None = None,
    reuse: bool = False,
    time_limit_seconds: float = 120.0,
) -> list[SuiteVerdict]:
    """Judge every suite's table in DuckDB, record the results in audit.check_results, return the verdicts.

    With `reuse`, a suite that passed before for exactly the same rows, the same suite file and the same other
    tables it reads is not run again; any doubt about one of these runs it. What depends on history or on the
    day `as_of` is judged every time, and fails where it needs a day and has none. `time_limit_seconds` is per
    suite.
    """
    with _connected(warehouse) as connection:
        lookups = _look_up(connection)
        suite_hashes = {suite.name: _hash_or_none(lookups, suite) for suite in suites}
        earlier = _earlier_results(connection, suites, suite_hashes, lookups) if reuse else {}
        # Before judging: a run killed in between leaves "never judged", not the verdict on other rows or
        # another day. What is reused is in memory.
        for suite in suites:
            connection.execute("delete from audit.check_results where suite = ?", [suite.name])
        with _Examination(connection) as examination:
            return [
                _judge_one(
                    lookups,
                    examination,
                    suite,
                    suite_hashes[suite.name],
                    earlier,
                    as_of,
                    time_limit_seconds,
                    run_id,
                )
                for suite in suites
            ]


class _Examination:
    """Great Expectations on the connection, imported when the first suite needs it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._examiner: Examiner | None = None

    def __enter__(self) -> _Examination:
        return self

    def __exit__(self, *_: object) -> None:
        if self._examiner is not None:
            self._examiner.close()

    def examiner(self) -> Examiner:
        if self._examiner is None:
            from dagster_project.lib.gx_duckdb import Examiner

            self._examiner = Examiner(self._connection)
        return self._examiner


def _judge_one(
    lookups: _Warehouse,
    examination: _Examination,
    suite: Suite,
    hash_of_suite: str | None,
    earlier: dict[str, list[ExpectationResult]],
    as_of: date | None,
    time_limit_seconds: float,
    run_id: str,
) -> SuiteVerdict:
    started = time.monotonic()
    contents_hash = lookups.raw_hashes.get(suite.table, (None, None))[0]
    try:
        content, contents_hash = _read_suite(suite), _content_hash_or_broken(lookups, suite)
        results = earlier.get(suite.name)
        if results is None:
            # The import is over before the suite's own clock starts.
            results = _examine(lookups, examination.examiner(), suite, content, time_limit_seconds)
        results = [
            *results,
            *_judge_history(lookups, suite, content, as_of, time_limit_seconds),
            *_judge_rejects(lookups, suite, content.get("meta") or {}),
        ]
        if hash_of_suite is None and not any(result.holds for result in results):
            raise _SuiteBroken(
                "it can't be told which tables its queries read: name them as <schema>.<table>"
            )
    except Exception as error:
        text = str(error) if isinstance(error, _SuiteBroken) else f"{type(error).__name__}: {error}"
        results = [ExpectationResult("suite_can_be_judged", "critical", False, error=text)]
    verdict = _verdict(suite, results, contents_hash, hash_of_suite, suite.name in earlier)
    _record(lookups, verdict, suite, run_id)
    return replace(verdict, seconds=time.monotonic() - started)


def current_hashes(
    connection: duckdb.DuckDBPyConnection, suites: Sequence[Suite]
) -> dict[str, tuple[str | None, str | None]]:
    """Return, per suite name, the content hash and the suite hash that a judgement made now would carry.

    The first tells the table's rows from any others, the second the suite file and the content of every other
    table that its queries read. None where nothing does, and then nothing may be published on it.
    """
    lookups = _look_up(connection)
    return {suite.name: (_content_hash(lookups, suite), _hash_or_none(lookups, suite)) for suite in suites}


@contextmanager
def _connected(warehouse: Path) -> Generator[duckdb.DuckDBPyConnection, None, None]:
    if not warehouse.exists():
        raise FileNotFoundError(f"There is no warehouse at {warehouse}: run the ingest first.")
    # suites hold SQL of their own, which reads the warehouse and nothing else
    connection = connect(warehouse)
    try:
        yield connection
    finally:
        connection.close()


def _look_up(connection: duckdb.DuckDBPyConnection) -> _Warehouse:
    lookups = _Warehouse(connection)
    for schema, table, column in connection.execute(
        """
        select table_schema, table_name, column_name from information_schema.columns
        where table_catalog = current_database() order by table_schema, table_name, ordinal_position
        """
    ).fetchall():
        lookups.columns.setdefault((schema, table), []).append(column)
    if ("audit", "raw_tables") in lookups.columns:
        for system, table, rows, digest in connection.execute(
            "select source_system, table_name, row_count, content_hash from audit.raw_tables"
        ).fetchall():
            lookups.raw_hashes[f"{system}__{table}"] = (digest, rows)
    if ("audit", "files") in lookups.columns:
        lookups.paths = dict(connection.execute("select file_id, path from audit.files").fetchall())
    return lookups


def _read_suite(suite: Suite) -> dict[str, Any]:
    if not suite.path.is_file():
        raise _SuiteBroken(f"there is no suite file at {suite.path}; a table without one is held")
    try:
        content = json.loads(suite.path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _SuiteBroken(f"the suite file {suite.path} can't be read: {error}") from error
    expectations = content.get("expectations") if isinstance(content, dict) else None
    if not isinstance(expectations, list) or not all(isinstance(entry, dict) for entry in expectations):
        raise _SuiteBroken(f"the suite file {suite.path} has no list `expectations`")
    if not expectations:
        raise _SuiteBroken(f"the suite file {suite.path} is empty: it expects nothing, so it proves nothing")
    return content


def _content_hash(lookups: _Warehouse, suite: Suite) -> str | None:
    if (suite.schema, suite.table) not in lookups.columns:
        return None
    if suite.schema == "raw":
        return lookups.raw_hashes.get(suite.table, (None, None))[0]
    return _table_hash(lookups, suite.schema, suite.table)


def _content_hash_or_broken(lookups: _Warehouse, suite: Suite) -> str:
    if (suite.schema, suite.table) not in lookups.columns:
        raise _SuiteBroken(f"there is no table {suite.schema}.{suite.table} in the warehouse")
    digest = _content_hash(lookups, suite)
    if digest is None:
        raise _SuiteBroken(
            f"audit.raw_tables does not know {suite.schema}.{suite.table}: it was not ingested"
        )
    if suite.schema == "raw":
        expected = lookups.raw_hashes[suite.table][1]
        relation = identifier(suite.schema, suite.table)
        found = lookups.connection.execute(f"select count(*) from {relation}").fetchone()[0]
        # The ingest's hash is trusted for raw tables, so at least the row count must still be the ingest's.
        if found != expected:
            raise _SuiteBroken(
                f"{suite.schema}.{suite.table} holds {found:,} rows and the ingest left {expected:,}: "
                "something else changed the table; ingest it again"
            )
    return digest


def _table_hash(lookups: _Warehouse, schema: str, table: str) -> str:
    name = f"{schema}.{table}"
    if name not in lookups.hashes:
        lookups.hashes[name] = table_content_hash(lookups.connection, identifier(schema, table))
    return lookups.hashes[name]


def _hash_or_none(lookups: _Warehouse, suite: Suite) -> str | None:
    try:
        text = suite.path.read_text(encoding="utf-8")
        digest = hashlib.sha256(f"gate {GATE_VERSION}\n{text}".encode())
        for schema, table in _other_tables(lookups, suite, json.loads(text)):
            raw = schema == "raw"
            part = lookups.raw_hashes[table][0] if raw else _table_hash(lookups, schema, table)
            digest.update(f"\n{schema}.{table} {part}".encode())
    except Exception:
        # A file or query that can't be read has no hash; judging it says what is wrong with it.
        return None
    return digest.hexdigest()[:32]


def _other_tables(lookups: _Warehouse, suite: Suite, content: dict[str, Any]) -> list[tuple[str, str]]:
    own = f"{suite.schema}.{suite.table}"
    names: set[str] = set()
    for query in _queries(content):
        # Doubled braces are literal ones, as in str.format, which the library applies too.
        statement = query.replace("{batch}", own).replace("{{", "{").replace("}}", "}")
        names |= lookups.connection.get_table_names(statement, qualified=True)
    # DuckDB gives `raw.orders AS o`.
    qualified = {tuple(re.sub(r"\s+AS\s.*$", "", name).replace('"', "").split(".")[-2:]) for name in names}
    if unknown := sorted(".".join(name) for name in qualified if name not in lookups.columns):
        raise _SuiteBroken(f"its queries read {', '.join(unknown)}, which the warehouse does not have")
    return sorted(qualified - {(suite.schema, suite.table)})


def _queries(content: dict[str, Any]) -> list[str]:
    values = [
        value
        for entry in content.get("expectations") or []
        for name, value in (entry.get("kwargs") or {}).items()
        if "query" in name and isinstance(value, str)
    ]
    return values


def _earlier_results(
    connection: duckdb.DuckDBPyConnection,
    suites: Sequence[Suite],
    suite_hashes: dict[str, str | None],
    lookups: _Warehouse,
) -> dict[str, list[ExpectationResult]]:
    earlier: dict[str, list[ExpectationResult]] = {}
    for suite in suites:
        wanted = (_content_hash(lookups, suite), suite_hashes[suite.name])
        try:
            content = _read_suite(suite)
        except _SuiteBroken:
            continue
        if None in wanted or any(_MOVING_SQL.search(query) for query in _queries(content)):
            continue
        rows = connection.execute(
            """
            select expectation, severity, success, observed, unexpected_count, details, reason,
                content_hash, suite_hash
            from audit.check_results where suite = ? order by rowid
            """,
            [suite.name],
        ).fetchall()
        results = [
            ExpectationResult(*row[:5], details=tuple(json.loads(row[5] or "[]")), reason=row[6])
            for row in rows
            if row[0] != REJECTS_CHECK and not is_history_result(row[0])
        ]
        # A failure is judged again, so that its message is whole; so are rejects and history, which no hash covers.
        complete = len(results) == len(_library_entries(content))
        same = all((row[7], row[8]) == wanted for row in rows)
        if complete and same and not any(result.holds for result in results):
            earlier[suite.name] = results
    return earlier


def _examine(
    lookups: _Warehouse, examiner: Examiner, suite: Suite, content: dict[str, Any], time_limit_seconds: float
) -> list[ExpectationResult]:
    meta = content.get("meta") or {}
    expectations = _library_entries(content)
    if not expectations:
        return []
    columns = lookups.columns[(suite.schema, suite.table)]
    key = [name for name in (meta.get("key") or suite.key) if name in columns]
    row_columns = [*[name for name in ("_file_id", "_line") if name in columns], *key]
    known = [{**entry, "meta": _without_odd_meta(entry)} for entry in expectations]
    deadline = time.monotonic() + time_limit_seconds
    with _interrupted_at(lookups.connection, time_limit_seconds):
        outcomes = examiner.examine(suite.schema, suite.table, known, row_columns, deadline, EXAMPLES)
    if time.monotonic() > deadline:
        raise _SuiteBroken(f"the suite did not finish within {time_limit_seconds:g} seconds")
    personal = set(meta.get("personal_columns") or ())
    results = []
    for entry, outcome, name in zip(expectations, outcomes, _names(expectations), strict=True):
        results.append(_result(lookups, entry, outcome, name, key, columns, personal))
    return results


def _library_entries(content: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry for entry in content["expectations"] if not is_history_check(entry)]


def _judge_history(
    lookups: _Warehouse, suite: Suite, content: dict[str, Any], as_of: date | None, time_limit_seconds: float
) -> list[ExpectationResult]:
    entries = [entry for entry in content["expectations"] if is_history_check(entry)]
    if not entries:
        return []
    state = _raw_state(lookups, suite)
    results = []
    with _interrupted_at(lookups.connection, time_limit_seconds):
        for entry, name in zip(entries, _names(entries), strict=True):
            if entry.get("severity") not in (None, *SEVERITIES):
                raise _SuiteBroken(
                    f'{name} has severity "{entry["severity"]}"; it must be one of {", ".join(SEVERITIES)}'
                )
            finding = examine_history(lookups.connection, entry, state, as_of)
            meta = _without_odd_meta(entry)
            results.append(
                ExpectationResult(
                    name,
                    "critical" if finding.error else entry.get("severity") or "critical",
                    finding.success,
                    finding.observed,
                    reason=meta.get("reason"),
                    do=meta.get("do") or what_to_do(entry),
                    error=finding.error,
                )
            )
    return results


def _raw_state(lookups: _Warehouse, suite: Suite) -> RawState:
    digest, rows = lookups.raw_hashes.get(suite.table, (None, None))
    if suite.schema != "raw" or suite.source_system is None or digest is None or rows is None:
        raise _SuiteBroken(f"{suite.schema}.{suite.table} has no history: only ingested tables have one")
    relation = identifier(suite.schema, suite.table)
    columns = tuple(lookups.columns[(suite.schema, suite.table)])
    return RawState(suite.source_system, suite.table_name, relation, columns, digest, rows)


def _without_odd_meta(entry: dict[str, Any]) -> dict[str, Any]:
    meta = entry.get("meta")
    return meta if isinstance(meta, dict) else {}


@contextmanager
def _interrupted_at(connection: duckdb.DuckDBPyConnection, seconds: float) -> Generator[None, None, None]:
    done = threading.Event()

    def interrupt() -> None:
        # Again and again: between two queries there is nothing to interrupt.
        wait = seconds
        while not done.wait(wait):
            connection.interrupt()
            wait = 0.05

    watcher = threading.Thread(target=interrupt, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _result(
    lookups: _Warehouse,
    entry: dict[str, Any],
    outcome: Outcome,
    name: str,
    key: Sequence[str],
    table_columns: Sequence[str],
    personal: set[str],
) -> ExpectationResult:
    meta = _without_odd_meta(entry)
    severity = entry.get("severity") if entry.get("severity") in SEVERITIES else "critical"
    if outcome.error is not None:
        # An expectation that could not be judged holds the table, whatever its severity says.
        return ExpectationResult(
            name, "critical", False, reason=meta.get("reason"), do=meta.get("do"), error=outcome.error
        )
    found = outcome.result
    own = _judged_columns(entry)
    masked = personal | (set(own) if meta.get("mask") else set())
    rows: list[dict[str, Any]] = []
    unexpected: int | None = None
    observed: str | None = None
    if outcome.is_map:
        unexpected = found.get("unexpected_count", 0 if outcome.success else None)
        if unexpected is not None and found.get("element_count"):
            observed = f"{unexpected:,} of {found['element_count']:,} rows"
        rows = _with_columns(found.get("partial_unexpected_index_list") or [], [*key, *own])
    elif "unexpected_rows_query" in (entry.get("kwargs") or {}):
        unexpected = found.get("observed_value")
        observed = f"{unexpected:,} rows" if unexpected is not None else None
        rows = _query_rows(found, entry["kwargs"]["unexpected_rows_query"], meta, key, table_columns)
        if meta.get("mask"):
            masked |= {column for row in rows for column in row if column not in key}
    elif not (meta.get("mask") or personal & set(own)):
        value = found.get("observed_value")
        observed = _short(value if value is not None else found.get("partial_unexpected_list"))
        if not outcome.success and found.get("details"):
            observed = _short({"observed": value, **found["details"]})
    details = tuple(_printable(row, lookups.paths, masked) for row in rows[:EXAMPLES])
    return ExpectationResult(
        name, severity, outcome.success, observed, unexpected, details, meta.get("reason"), meta.get("do")
    )


def _query_rows(
    found: dict[str, Any], query: str, meta: dict[str, Any], key: Sequence[str], table_columns: Sequence[str]
) -> list[dict[str, Any]]:
    rows = (found.get("details") or {}).get("unexpected_rows") or []
    if not rows:
        return []
    # `select *` would show columns that nobody chose: then only the key and the columns that the query names.
    chosen = meta.get("columns")
    if chosen is None and set(table_columns) <= set(rows[0]):
        words = set(re.findall(r"\w+", query))
        chosen = [column for column in table_columns if column in words]
    return rows if chosen is None else _with_columns(rows, [*key, *chosen])


def _with_columns(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> list[dict[str, Any]]:
    wanted = ["_file_id", "_line", *columns]
    return [{name: row[name] for name in wanted if name in row} for row in rows]


def _printable(row: dict[str, Any], paths: dict[int, str], masked: set[str]) -> dict[str, Any]:
    place: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for name, value in row.items():
        if name == "_file_id":
            place["file"] = paths.get(value, f"file {value}")
        elif name == "_line":
            place["line"] = value
        else:
            values[name] = MASK if name in masked else (None if value is None else str(value)[:80])
    return {**place, **values}


def _judged_columns(entry: dict[str, Any]) -> list[str]:
    arguments = entry.get("kwargs") or {}
    named = [arguments.get(name) for name in ("column", "column_A", "column_B")]
    return list(dict.fromkeys(name for name in [*named, *(arguments.get("column_list") or [])] if name))


def _names(expectations: Sequence[dict[str, Any]]) -> list[str]:
    """Return a short name for each expectation, unique in its suite."""
    names: list[str] = []
    for entry in expectations:
        arguments = dict(entry.get("kwargs") or {})
        if "unexpected_rows_query" in arguments:
            label = entry.get("description") or _without_odd_meta(entry).get("reason") or "query"
            name = f"unexpected_rows({_short(label, 80)})"
        else:
            columns = ", ".join(_judged_columns(entry))
            rest = ", ".join(
                f"{key}={_short(value, 40)}"
                for key, value in arguments.items()
                if not key.startswith("column") and value is not None
            )
            name = f"{entry.get('type')}({'; '.join(part for part in (columns, rest) if part)})"
        earlier = sum(1 for other in names if other == name or other.startswith(f"{name} #"))
        names.append(f"{name} #{earlier + 1}" if earlier else name)
    return names


def _short(value: object, length: int = 200) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= length else text[: length - 1] + "…"


def _judge_rejects(lookups: _Warehouse, suite: Suite, meta: dict[str, Any]) -> list[ExpectationResult]:
    """Judge what the ingest could not load: every raw table's own rule, so no suite repeats it."""
    if suite.schema != "raw":
        return []
    severity = meta.get("rejected_rows", "critical")
    if severity not in SEVERITIES:
        raise _SuiteBroken(f'`rejected_rows` is "{severity}", and must be one of {", ".join(SEVERITIES)}')
    rejects = lookups.connection.execute(
        """
        select rejects.path, rejects.line, rejects.column_name, rejects.value, rejects.reason
        from audit.rejects
        inner join audit.files on rejects.file_id = files.file_id
        where
            files.status = 'loaded' and files.source_system = ? and files.table_name = ?
        order by rejects.path, rejects.line, rejects.column_name
        """,
        [suite.source_system, suite.table_name],
    ).fetchall()
    personal = set(meta.get("personal_columns") or ())
    details = tuple(
        {
            "file": path,
            "line": line,
            "column": column,
            "value": MASK if personal & set(re.split(r"[,\s]+", column or "")) else (value or "")[:80],
            "reason": reason,
        }
        for path, line, column, value, reason in rejects[:EXAMPLES]
    )
    # One row can break several rules and is still one row.
    row_count = len({(path, line) for path, line, *_ in rejects})
    return [
        ExpectationResult(
            REJECTS_CHECK,
            severity,
            not rejects,
            f"{row_count:,} rows",
            row_count,
            details,
            "Every row of an extract is loaded, or somebody knows why it is not.",
        )
    ]


def _verdict(
    suite: Suite,
    results: Sequence[ExpectationResult],
    contents_hash: str | None,
    hash_of_suite: str | None,
    reused: bool,
) -> SuiteVerdict:
    passed = bool(results) and not any(result.holds for result in results)
    has_warnings = any(not result.success and result.severity == "warning" for result in results)
    return SuiteVerdict(
        suite=suite.name,
        source_system=suite.source_system,
        table=suite.table_name,
        passed=passed,
        has_warnings=has_warnings,
        expectations=tuple(results),
        message=_message(suite, results, passed, reused),
        content_hash=contents_hash,
        suite_hash=hash_of_suite,
        reused=reused,
    )


def _message(suite: Suite, results: Sequence[ExpectationResult], passed: bool, reused: bool) -> str:
    failed = [result for result in results if not result.success]
    table = f"{suite.schema}.{suite.table}"
    if not failed:
        again = "; the same rows were judged before" if reused else ""
        return f"Suite {suite.name}: {table} passed {len(results)} checks{again}."
    outcome = "passed with remarks" if passed else "FAILED"
    lines = [f"Suite {suite.name} on {table} {outcome}: {len(failed)} of {len(results)} checks failed."]
    for result in sorted(failed, key=lambda result: SEVERITIES.index(result.severity)):
        lines.append(f"  [{result.severity}] {result.expectation}: {_finding(result)}")
        if result.reason:
            lines.append(f"    why it matters: {result.reason}")
        lines += [f"    {_row_text(row)}" for row in result.details]
        more = (result.unexpected_count or 0) - len(result.details)
        if result.details and more > 0:
            lines.append(f"    … and {more:,} more")
        if result.do:
            lines.append(f"    what to do: {result.do}")
    if not passed:
        about_rows = any(result.holds and result.error is None for result in results)
        advice = _DO_RAW if suite.schema == "raw" else _DO_SCORECARD
        lines.append(f"  What to do: {advice if about_rows else _DO_ERROR}")
        lines.append(f"  Suite file: {suite.path}")
    return "\n".join(lines)


def _finding(result: ExpectationResult) -> str:
    if result.error is not None:
        return f"could not be judged, so it counts as failed: {result.error}"
    return f"found {result.observed}" if result.observed is not None else "not met"


def _row_text(row: dict[str, Any]) -> str:
    place = f"{row['file']} line {row.get('line', '?')}: " if "file" in row else ""
    values = [
        f"{name}={'NULL' if value is None else value}"
        for name, value in row.items()
        if name not in ("file", "line")
    ]
    return place + ", ".join(values)


def _record(lookups: _Warehouse, verdict: SuiteVerdict, suite: Suite, run_id: str) -> None:
    connection = lookups.connection
    checked_at = datetime.now(UTC).replace(tzinfo=None)
    columns = [
        "suite",
        "source_system",
        "table_name",
        "expectation",
        "severity",
        "success",
        "observed",
        "unexpected_count",
        "details",
        "reason",
        "content_hash",
        "suite_hash",
        "checked_at",
        "run_id",
    ]
    rows = [
        [
            verdict.suite,
            verdict.source_system,
            suite.table_name,
            result.expectation,
            result.severity,
            result.success,
            result.observed if result.error is None else result.error,
            result.unexpected_count,
            json.dumps(result.details, ensure_ascii=False) if result.details else None,
            result.reason,
            verdict.content_hash,
            verdict.suite_hash,
            checked_at,
            run_id,
        ]
        for result in verdict.expectations
    ]
    names = column_list(columns)
    marks = ", ".join("?" for _ in columns)
    with transaction(connection):
        connection.execute("delete from audit.check_results where suite = ?", [verdict.suite])
        connection.executemany(f"insert into audit.check_results ({names}) values ({marks})", rows)
        if verdict.passed and suite.schema == "raw" and ("audit", "row_counts") in lookups.columns:
            remember_row_count(connection, _raw_state(lookups, suite), run_id)
