"""Control sums: one short text that says what a table holds, whatever order its rows lie in.

Belongs here: computing the sum. Does not belong here: deciding what to do when two sums differ
(gate.py, publication.py).
"""

from __future__ import annotations

import hashlib

import duckdb

from dagster_project.lib.sql import identifier


def control_sum(connection: duckdb.DuckDBPyConnection, relation: str) -> tuple[int, str]:
    """Return row count and control sum of a relation (anything that can stand after FROM).

    The sum covers column names, column types and every value. It adds up a digest per row, so neither the
    order of the rows nor the number of threads matters, and a row that is there twice counts twice.
    """
    columns = connection.execute(f"describe select * from {relation}").fetchall()
    # Each value carries its length, so that ('ab', 'c') and ('a', 'bc') differ; '~' stands for NULL alone.
    texts = [_as_text(identifier(column[0]), column[1]) for column in columns]
    # concat() is a quarter quicker than a chain of ||, which copies the row as often as it has columns
    parts = ", ".join(f"coalesce(length({text}) || ':' || {text}, '~')" for text in texts)
    row_text = f"concat({parts})"
    row_count, low, high = connection.execute(
        f"""
        select count(*), sum(md5_number_lower(row_text)), sum(md5_number_upper(row_text))
        from (select {row_text} as row_text from {relation})
        """
    ).fetchone()
    header = "|".join(f"{column[0]} {column[1]}" for column in columns)
    digest = hashlib.sha256(f"{header}|{row_count}|{low or 0}|{high or 0}".encode()).hexdigest()
    return row_count, digest[:32]


def _as_text(column: str, data_type: str) -> str:
    # A timestamp with time zone would be written in the session's zone: take the instant instead.
    if data_type == "TIMESTAMP WITH TIME ZONE":
        column = f"epoch_us({column})"
    return f"cast({column} as varchar)"


def table_content_hash(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """Return the control sum of `schema.table` (or of a name already quoted)."""
    relation = table if '"' in table else identifier(*table.split("."))
    return control_sum(connection, relation)[1]
