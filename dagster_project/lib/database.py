"""Tables of a source system's PostgreSQL database, landed as Parquet files that the ordinary ingest then reads.

Only fetching belongs here: a file in SCORECARD_HOME/extracts has the same ledger, gate and crash safety as one
that somebody delivered. All tables of a system are read in one read-only transaction, so they are of the same
moment. The database itself writes every value as text, exactly; the ingest reads it by the declared type.

The connection string comes from the environment and stays there: no message, log or file holds it.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from dagster_project.lib.durable import sync
from dagster_project.lib.header import column_faults
from dagster_project.lib.refusal import ExtractRefused
from dagster_project.lib.sources import Column, RawTable
from dagster_project.lib.sql import identifier, literal

_STATEMENT_TIMEOUT_MS = 15 * 60 * 1000
_LOCK_TIMEOUT_MS = 60 * 1000
_CONNECT_TIMEOUT_S = 10
_ROW_GROUP = 100_000
_CURSOR = b"scorecard.cursor"
_TEXTS = {"text", "character varying", "character", "name", "citext"}
_INTEGERS = {"smallint", "integer", "bigint"}
_ZONED = "timestamp with time zone"
_CLOCK = "timestamp without time zone"
_FITTING = {
    "varchar": {*_TEXTS, *_INTEGERS, "uuid", "enum"},
    "integer": {*_INTEGERS, "numeric"},
    "bigint": {*_INTEGERS, "numeric"},
    "decimal": {*_INTEGERS, "numeric"},
    "double": {*_INTEGERS, "double precision", "real"},
    "date": {"date", _CLOCK},
    "timestamp": {"date", _CLOCK, _ZONED},
    "boolean": {"boolean"},
}
_COLUMNS = """
    select
        attribute.attname::text, format_type(attribute.atttypid, attribute.atttypmod)::text,
        case when base.typtype = 'e' then 'enum' else format_type(base.oid, null) end::text,
        has_column_privilege(attribute.attrelid, attribute.attnum, 'select')::text
    from pg_attribute as attribute
    inner join pg_type as type on type.oid = attribute.atttypid
    inner join pg_type as base on base.oid = coalesce(nullif(type.typbasetype, 0), type.oid)
    where attribute.attrelid = to_regclass({table}) and attribute.attnum > 0 and not attribute.attisdropped
    order by attribute.attnum"""


@dataclass(frozen=True)
class _Found:
    """A column as the database has it."""

    shown: str
    base: str
    readable: bool


def connection_variable(system: str) -> str:
    """The environment variable that holds a system's connection string."""
    return f"SCORECARD_CONNECTION_{system.upper()}"


def extract_tables(
    tables: Sequence[RawTable], folder: Path, environment: Mapping[str, str] = os.environ
) -> dict[str, ExtractRefused]:
    """Land the newest rows of those tables of one system that lie in its database; returns what was refused.

    Tables that come as files are left alone. A refused table keeps the extracts it has.
    """
    wanted = [table for table in tables if table.query_from is not None]
    if not wanted:
        return {}
    variable = connection_variable(wanted[0].system)
    secret = environment.get(variable) or ""
    refused: dict[str, ExtractRefused] = {}
    try:
        with _snapshot(wanted[0], variable, secret) as run:
            for table in wanted:
                try:
                    run("savepoint before_table")
                    _extract(run, table, folder / table.name)
                    run("release savepoint before_table")
                except ExtractRefused as refusal:
                    refused[table.name] = refusal
                    run("rollback to savepoint before_table")
                except Exception as error:
                    refused[table.name] = _failed(table, error, secret)
                    run("rollback to savepoint before_table")
    except ExtractRefused as refusal:
        return {table.name: _same_for(table, refusal) for table in wanted}
    except Exception as error:
        # the connection itself is gone: what was landed before is whole, the rest waits for the next run
        for table in wanted:
            refused.setdefault(table.name, _failed(table, error, secret))
    return refused


def masked(text: str, secret: str) -> str:
    """A text without the connection string and without its password, in whatever spelling."""
    hidden = {secret}
    with suppress(ValueError):
        parts = urlsplit(secret)
        hidden |= {parts.password or "", unquote(parts.password or "")}
    for found in re.finditer(r"(?:ssl)?password\s*=\s*('(?:[^'\\]|\\.)*'|[^\s&]+)", secret, re.IGNORECASE):
        bare = found[1].strip("'")
        hidden |= {found[1], bare, unquote(bare), re.sub(r"\\(.)", r"\1", bare)}
    for part in sorted(filter(None, hidden), key=len, reverse=True):
        text = text.replace(part, "***")
    return text


@contextmanager
def _snapshot(table: RawTable, variable: str, secret: str) -> Iterator[Callable[..., Any]]:
    """One read-only transaction, in which every table is seen as of the same moment."""
    refused = {"file": f"the database of {table.system}"}
    if not secret:
        raise ExtractRefused(
            table, **refused, expected=f"a connection string in the environment variable {variable}",
            found="the variable is not set",
            action=f"set {variable}=postgresql://user:password@host:5432/database for the run, and nowhere else",
        )  # fmt: skip
    try:
        from adbc_driver_postgresql import dbapi

        connection = dbapi.connect(_with_timeout(secret), autocommit=True)
    except Exception as error:
        raise ExtractRefused(
            table, **refused, expected=f"a database that answers to {variable}",
            found=masked(_one_line(error), secret),
            action=f"look whether the database is up and reachable from here, and whether {variable} is right",
        ) from None  # fmt: skip
    with closing(connection), closing(connection.cursor()) as cursor:

        def run(statement: str) -> Any:  # noqa: ANN401
            cursor.execute(statement)
            return cursor

        run("begin isolation level repeatable read read only")
        for setting in (
            f"statement_timeout = {_STATEMENT_TIMEOUT_MS}",
            f"lock_timeout = {_LOCK_TIMEOUT_MS}",
            # what the ingest reads: one spelling of dates, points in time in UTC, all digits of a float
            "datestyle = 'ISO, YMD'",
            "timezone = 'UTC'",
            "extra_float_digits = 1",
            "standard_conforming_strings = on",
        ):
            run(f"set local {setting}")
        yield run
        run("commit")


def _extract(run: Callable[..., Any], table: RawTable, folder: Path) -> None:
    found = _columns(run, table)
    _refuse_drift(table, found)
    folder.mkdir(parents=True, exist_ok=True)
    source = identifier(*table.query_from.split("."))
    # a column that is not loaded never leaves the database
    texts = ", ".join(
        (f"{identifier(c.name)}::text" if c.load else "null::text") + f" as {identifier(c.name)}"
        for c in table.columns
    )
    # by key, and where a key stands twice by everything: the same rows are the same bytes
    order = ", ".join(
        identifier(name) + (' collate "C"' if found[name].base in _TEXTS else "")
        for name in dict.fromkeys([*table.key, *(column.name for column in table.loaded_columns)])
    )
    query = f"select {texts} from {source}"
    if table.cursor_column is None:
        _write(run(f"{query} order by {order}"), table, folder / f"{table.name}_all.parquet", None)
        return
    last = _last_extract(table, folder)
    cursor = identifier(table.cursor_column)
    kind = found[table.cursor_column].base
    since = None if last is None else last[1]
    if since is not None:
        # rows without a cursor value are always taken along: nobody could say whether they are new
        query += f" where {cursor} >= {literal(since)}::{kind} or {cursor} is null"
    newest = run(f"select max({cursor})::text from {source}").fetchone()[0]
    path = folder / f"{table.name}_{_next_number(table, folder):06}.parquet"
    # a row without a change is there twice at most: taken again because its cursor is the last one
    _write(run(f"{query} order by {order}"), table, path, newest or since, unless_same=last and last[0])


def _columns(run: Callable[..., Any], table: RawTable) -> dict[str, _Found]:
    name = literal(identifier(*table.query_from.split(".")))
    rows = run(_COLUMNS.format(table=name)).fetchall()
    if not rows:
        raise ExtractRefused(
            table, expected=f"a table or view {table.query_from}",
            found="none of that name, in that spelling, that this user can see",
            action="correct `query_from` in the declaration, or have the user of the connection see its schema",
        )  # fmt: skip
    return {column: _Found(shown, base, may == "true") for column, shown, base, may in rows}


def _refuse_drift(table: RawTable, found: Mapping[str, _Found]) -> None:
    declared = [column.name for column in table.columns]
    if faults := column_faults(declared, list(found)):
        raise ExtractRefused(
            table, expected=f"the columns {', '.join(declared)}", found="; ".join(faults),
            action="change `columns` in the declaration (load: false for one that is not wanted), or the table",
        )  # fmt: skip
    forbidden = [column.name for column in table.loaded_columns if not found[column.name].readable]
    if forbidden:
        raise ExtractRefused(
            table, expected="a user that may read the table",
            found=f"no permission to read {', '.join(forbidden)}",
            action=f"have the owner of the database run: grant select on {table.query_from} to <user>",
        )  # fmt: skip
    for column in table.loaded_columns:
        if not _fits(column, found[column.name].base):
            raise ExtractRefused(
                table, expected=f"{column.data_type} in column {column.name}",
                found=f"type {found[column.name].shown} in the database",
                action="change the column's data_type in the declaration, or the type in the database",
            )  # fmt: skip


def _fits(column: Column, base: str) -> bool:
    return base in _FITTING[column.data_type.partition("(")[0]]


def _last_extract(table: RawTable, folder: Path) -> tuple[Path, str | None] | None:
    """The last landed extract and the cursor it ends at; None where all rows must be taken (again)."""
    import pyarrow.parquet as pq

    landed = sorted(folder.glob(Path(table.pattern).name))
    if not landed:
        return None
    declared = [(column.name, column.load) for column in table.columns]
    schema = pq.read_schema(landed[-1])
    had = [(name, (schema.metadata or {}).get(b"loaded." + name.encode()) == b"1") for name in schema.names]
    if had != declared:
        # older extracts lack what is declared now; the database still has it
        earlier = folder / "earlier"
        earlier.mkdir(exist_ok=True)
        for path in landed:
            path.replace(earlier / path.name)
        return None
    cursor = (schema.metadata or {}).get(_CURSOR)
    return landed[-1], None if cursor is None else cursor.decode()


def _next_number(table: RawTable, folder: Path) -> int:
    names = [path.stem for path in folder.rglob(Path(table.pattern).name)]
    return max((int(name.rpartition("_")[2]) for name in names), default=0) + 1


def _write(
    cursor: Any,  # noqa: ANN401
    table: RawTable,
    path: Path,
    cursor_value: str | None,
    unless_same: Path | None = None,
) -> None:
    """Write the rows of a query into a Parquet file; it is there whole or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    metadata = {b"loaded." + c.name.encode(): b"1" if c.load else b"0" for c in table.columns}
    if cursor_value is not None:
        metadata[_CURSOR] = cursor_value.encode()
    schema = pa.schema([(c.name, pa.string()) for c in table.columns], metadata=metadata)
    draft = path.with_name(f".{path.name}.draft")
    try:
        with pq.ParquetWriter(draft, schema) as writer, closing(cursor.fetch_record_batch()) as batches:
            waiting = schema.empty_table()
            for batch in batches:
                rows = pa.Table.from_batches([batch]).cast(schema)
                waiting = pa.concat_tables([waiting, rows])
                # parts of a fixed size, however the rows came in: the same rows are the same bytes
                while waiting.num_rows >= _ROW_GROUP:
                    writer.write_table(waiting.slice(0, _ROW_GROUP))
                    waiting = waiting.slice(_ROW_GROUP)
            if waiting.num_rows:
                writer.write_table(waiting)
        for there in (unless_same, path):
            if there is not None and there.exists() and _same_bytes(draft, there):
                return
        sync(draft)
        draft.replace(path)
        sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def _same_bytes(one: Path, other: Path) -> bool:
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as left, other.open("rb") as right:
        while chunk := left.read(1 << 20):
            if chunk != right.read(1 << 20):
                return False
    return True


def _failed(table: RawTable, error: BaseException, secret: str) -> ExtractRefused:
    said = masked(_one_line(error), secret)
    # by its code, and by its words where it comes out of the stream of rows, which has lost the code
    state = getattr(error, "sqlstate", None)
    if state == "42501" or "permission denied" in said:
        action = f"have the owner of the database run: grant select on {table.query_from} to <user>"
    elif state in ("57014", "55P03") or "statement timeout" in said:
        action = (
            "run again when the database is less busy; add an index on the cursor column if it stays slow"
        )
    else:
        action = "look whether the database is up, and run again; what was landed before is whole"
    return ExtractRefused(table, expected="rows from the database", found=said, action=action)


def _same_for(table: RawTable, refusal: ExtractRefused) -> ExtractRefused:
    return ExtractRefused(
        table, file=refusal.file, expected=refusal.expected, found=refusal.found, action=refusal.action
    )


def _with_timeout(secret: str) -> str:
    if "connect_timeout" in secret:
        return secret
    if "://" not in secret:
        return f"{secret} connect_timeout={_CONNECT_TIMEOUT_S}"
    return f"{secret}{'&' if '?' in secret else '?'}connect_timeout={_CONNECT_TIMEOUT_S}"


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:500] or type(error).__name__
