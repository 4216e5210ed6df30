"""What a DuckDB database holds, and looking into the file of another one.

Belongs here: questions about any database, whoever asks. Does not belong here: quoting (sql.py), or a connection that
landed data is processed on (connection.py), which may look into no other file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from dagster_project.lib.sql import identifier, literal


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All of what is done inside, or nothing of it. The connection must not be inside a transaction."""
    connection.begin()
    try:
        yield
        connection.commit()
    except BaseException:
        # a statement that failed may have ended the transaction already
        with suppress(duckdb.Error):
            connection.rollback()
        raise


def attach(connection: duckdb.DuckDBPyConnection, file: Path | str, name: str) -> None:
    """Open the database in ``file`` beside the connection's own, under ``name``, to be read only."""
    connection.execute(f"attach {literal(str(file))} as {identifier(name)} (read_only)")


def table_names(connection: duckdb.DuckDBPyConnection, schema: str, database: str | None = None) -> set[str]:
    """The tables and views of a schema, in the database in use or in an attached one."""
    found = connection.execute(
        "select table_name from information_schema.tables"
        " where table_catalog = coalesce(?, current_database()) and table_schema = ?",
        [database, schema],
    ).fetchall()
    return {name for (name,) in found}


def has_table(
    connection: duckdb.DuckDBPyConnection, schema: str, table: str, database: str | None = None
) -> bool:
    """Whether there is such a table or view: a database of an earlier version has fewer."""
    return table in table_names(connection, schema, database)
