"""Conservation: every row and every cent that was read from a file is loaded, rejected or superseded.

What a file brought is measured once, from the file, when it is read. On every run, inside the ingest's
transaction, that is compared with what lies in the warehouse, file by file and amount by amount (an amount is a
column of type decimal). The comparison stands in audit.conservation, for the files that are in a table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import duckdb

from dagster_project.lib.casts import casts
from dagster_project.lib.sources import Column, RawTable
from dagster_project.lib.sql import identifier, literal

FOREIGN_HAND = (
    "The warehouse was changed by something else than the ingest; nothing was written. To do: find out who wrote "
    "there, then drop the table raw.{table}: the next run builds it again from its files."
)
_PLACES = ("loaded", "rejected", "superseded")
_LINE = (
    "source_system, table_name, file_id, path, column_name, rows_read, rows_loaded, rows_rejected, "
    "rows_superseded, amount_read, amount_loaded, amount_rejected, amount_superseded, unreadable_count, "
    "is_conserved"
)


class ConservationBroken(Exception):
    """Rows or amounts that were read are in none of their places: somebody else has edited the warehouse."""


@dataclass(frozen=True)
class _Held:
    """What one place (the table, the rejects, the superseded rows) holds of one file."""

    rows: int
    amounts: tuple[Decimal, ...]
    unreadable: tuple[int, ...]


@dataclass(frozen=True)
class ConservationLine:
    """One amount of one raw table over all its files; rows alone, where it has no amounts."""

    source_system: str
    table_name: str
    column_name: str | None
    files: int
    rows_read: int
    rows_loaded: int
    rows_rejected: int
    rows_superseded: int
    amount_read: Decimal | None
    amount_loaded: Decimal | None
    amount_rejected: Decimal | None
    amount_superseded: Decimal | None
    unreadable_count: int
    is_conserved: bool


def amount_columns(table: RawTable) -> list[Column]:
    """The columns whose sums are followed."""
    return [column for column in table.loaded_columns if column.decimal]


def measure(
    connection: duckdb.DuckDBPyConnection, table: RawTable, file_id: int, path: str, rows: int, *, texts: bool
) -> None:
    """Note what a file brought: `temp.incoming` holds its values, `temp.texts`, if need be, its texts."""
    amounts = amount_columns(table)
    sums, unreadable = [None], [0]
    if amounts:
        total = ", ".join(f"coalesce(sum({identifier(column.name)}), 0)" for column in amounts)
        sums = list(connection.execute(f"select {total} from temp.incoming").fetchone())
        unreadable = [0] * len(amounts)
    if amounts and texts:
        rules = casts(amounts, table.decimal_separator, "texts.", "")
        counts = ", ".join(
            f"count(*) filter (where texts.{identifier(rule.column.name)} is not null and {rule.value} is null)"
            for rule in rules
        )
        unreadable = list(connection.execute(f"select {counts} from temp.texts").fetchone())
    for column, amount, count in zip(amounts or [None], sums, unreadable, strict=True):
        connection.execute(
            "insert into audit.conservation (source_system, table_name, file_id, path, column_name, rows_read, "
            "amount_read, unreadable_count) values (?, ?, ?, ?, ?, ?, ?, ?)",
            [table.system, table.name, file_id, path, column and column.name, rows, amount, count],
        )


def settle(connection: duckdb.DuckDBPyConnection, table: RawTable) -> None:
    """Count what is there, file by file, and insist that every row and every cent read is accounted for."""
    own = f"source_system = {literal(table.system)} and table_name = {literal(table.name)}"
    amounts = amount_columns(table)
    held = _held(connection, table, amounts, own)
    files = connection.execute(
        "select file_id, path, rows_read, rows_loaded, rows_rejected, coalesce(rows_superseded, 0) "
        f"from audit.files where {own} and status = 'loaded' order by path"
    ).fetchall()
    known = {
        (line[2], line[4]): line
        for line in connection.execute(f"select {_LINE} from audit.conservation where {own}").fetchall()
    }
    nothing = _Held(0, (Decimal(0),) * len(amounts), (0,) * len(amounts))
    lines, counted = [], []
    for file_id, path, rows_read, *before in files:
        here = [held[place].get(file_id, nothing) for place in _PLACES]
        rows = [there.rows for there in here]
        if rows_read != sum(rows):
            raise ConservationBroken(
                f"{table.system}.{table.name}: {rows_read} rows were read from {path}, but {rows[0]} are loaded, "
                f"{rows[1]} rejected and {rows[2]} superseded. {FOREIGN_HAND.format(table=table.identifier)}"
            )
        if rows != before:
            counted.append((file_id, *rows))
        for number, column in enumerate(amounts or [None]):
            sums = [there.amounts[number] if column else None for there in here]
            unreadable = here[1].unreadable[number] if column else 0
            measured = known.get((file_id, column and column.name))
            # a file of a warehouse that knew no amounts yet is followed from here on
            read = measured[9] if measured else (sum(sums) if column else None)
            expected = measured[13] if measured else unreadable
            if column and (_stored(read) != _stored(sum(sums)) or unreadable != expected):
                loaded, rejected, superseded = map(_shown, sums)
                raise ConservationBroken(
                    f"{table.system}.{table.name}: {column.name} of {path} adds up to {_shown(read)} with "
                    f"{expected} unreadable values, but {loaded} is loaded, {rejected} rejected with {unreadable} "
                    f"unreadable, and {superseded} superseded. {FOREIGN_HAND.format(table=table.identifier)}"
                )
            lines.append((
                table.system, table.name, file_id, path, column and column.name, rows_read, *rows,
                _stored(read), *map(_stored, sums), expected, True,
            ))  # fmt: skip
    ours = {file_id for file_id, *_ in files}
    strays = {(place, number) for place in _PLACES for number in held[place] if number not in ours}
    if strays:
        count = sum(held[place][number].rows for place, number in strays)
        raise ConservationBroken(
            f"{table.system}.{table.name}: {count} rows belong to no file of the ledger. "
            f"{FOREIGN_HAND.format(table=table.identifier)}"
        )
    if counted:
        connection.execute(
            "update audit.files set rows_loaded = counted.loaded, rows_rejected = counted.rejected, "
            "rows_superseded = counted.superseded from (select unnest(?::bigint[]) as file_id, "
            "unnest(?::bigint[]) as loaded, unnest(?::bigint[]) as rejected, unnest(?::bigint[]) as superseded"
            ") as counted where files.file_id = counted.file_id",
            [list(column) for column in zip(*counted, strict=True)],
        )
    if set(lines) != set(known.values()):
        connection.execute(f"delete from audit.conservation where {own}")
        if lines:
            _insert(connection, lines)


def conservation_report(connection: duckdb.DuckDBPyConnection) -> list[ConservationLine]:
    """What came in and where it is, one line for each amount of each raw table, ordered by table."""
    rows = connection.execute("""
        select
            source_system, table_name, column_name, count(*), sum(rows_read), sum(rows_loaded),
            sum(rows_rejected), sum(rows_superseded), sum(amount_read), sum(amount_loaded),
            sum(amount_rejected), sum(amount_superseded), sum(unreadable_count),
            bool_and(
                is_conserved and rows_read = rows_loaded + rows_rejected + rows_superseded
                and (column_name is null or amount_read = amount_loaded + amount_rejected + amount_superseded))
        from audit.conservation
        group by source_system, table_name, column_name
        order by source_system, table_name, column_name""").fetchall()
    whole = (3, 4, 5, 6, 7, 12)
    return [
        ConservationLine(*(int(value) if place in whole else value for place, value in enumerate(row)))
        for row in rows
    ]


def _held(
    connection: duckdb.DuckDBPyConnection, table: RawTable, amounts: Sequence[Column], own: str
) -> dict[str, dict[int, _Held]]:
    none = ", ".join("0" for _ in amounts)
    typed = ", ".join(f"coalesce(sum({identifier(column.name)}), 0)" for column in amounts)
    sources = {"loaded": f"from {identifier('raw', table.identifier)} group by 1"}
    if table.load == "incremental":
        sources["superseded"] = f"from {identifier('superseded', table.identifier)} group by 1"
    queries = {
        place: f"select {', '.join(filter(None, ['_file_id', 'count(*)', typed, none]))} {source}"
        for place, source in sources.items()
    }
    rules = casts(amounts, table.decimal_separator, "rejected.fields.", "")
    read = ", ".join(f"coalesce(sum({rule.value}), 0)" for rule in rules)
    unread = ", ".join(
        f"count(*) filter (where rejected.fields.{identifier(rule.column.name)} is not null and {rule.value} is null)"
        for rule in rules
    )
    shape = "{" + ", ".join(f'"{_json_name(column.name)}": "VARCHAR"' for column in amounts) + "}"
    fields = f"json_transform(row_json, {literal(shape)})" if amounts else "null"
    queries["rejected"] = (
        f"select {', '.join(filter(None, ['file_id', 'count(*)', read, unread]))} "
        f"from (select file_id, {fields} as fields from audit.rejects where {own}) as rejected group by 1"
    )
    held: dict[str, dict[int, _Held]] = {place: {} for place in _PLACES}
    width = len(amounts)
    for place, query in queries.items():
        for file_id, rows, *values in connection.execute(query).fetchall():
            held[place][file_id] = _Held(rows, tuple(values[:width]), tuple(values[width:]))
    return held


def _insert(connection: duckdb.DuckDBPyConnection, lines: Sequence[tuple]) -> None:
    types = ["varchar", "varchar", "bigint", "varchar", "varchar", *["bigint"] * 4, *["decimal(38, 10)"] * 4]
    columns = ", ".join(f"unnest(?::{kind}[])" for kind in [*types, "bigint", "boolean"])
    connection.execute(
        f"insert into audit.conservation ({_LINE}) select {columns}",
        [list(column) for column in zip(*lines, strict=True)],
    )


def _stored(amount: Decimal | None) -> Decimal | None:
    """An amount as the audit table holds it."""
    return None if amount is None else round(Decimal(amount), 10)


def _shown(amount: Decimal) -> str:
    return f"{Decimal(amount).normalize():f}"


def _json_name(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')
