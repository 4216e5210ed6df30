"""Questions about any database, and the one way to do all of something or nothing of it."""

import duckdb
import pytest

from dagster_project.lib.databases import attach, has_table, table_names, transaction


@pytest.fixture
def connection():
    with duckdb.connect() as connection:
        connection.execute("create schema audit")
        connection.execute("create table audit.files (number integer)")
        connection.execute("create view audit.numbers as select number from audit.files")
        yield connection


def test_tables_and_views_of_a_schema(connection):
    assert table_names(connection, "audit") == {"files", "numbers"}
    assert has_table(connection, "audit", "files") and has_table(connection, "audit", "numbers")
    assert not has_table(connection, "audit", "rejects") and not has_table(connection, "raw", "files")


def test_an_attached_database_is_read_only_and_has_tables_of_its_own(connection, tmp_path):
    file = tmp_path / "it's another.duckdb"
    with duckdb.connect(str(file)) as other:
        other.execute("create schema audit")
        other.execute("create table audit.rejects (line integer)")
    attach(connection, file, "edition")
    assert table_names(connection, "audit", "edition") == {"rejects"}
    assert not has_table(connection, "audit", "rejects") and not has_table(
        connection, "audit", "files", "edition"
    )
    with pytest.raises(duckdb.InvalidInputException, match="read-only"):
        connection.execute("insert into edition.audit.rejects values (1)")


def test_a_transaction_is_kept_whole_or_not_at_all(connection):
    with transaction(connection):
        connection.execute("insert into audit.files values (1)")
    for fault in ("select no_such_column", "select error('stop')"):
        with pytest.raises(duckdb.Error), transaction(connection):
            connection.execute("insert into audit.files values (2)")
            connection.execute(fault)
    with pytest.raises(KeyboardInterrupt), transaction(connection):
        connection.execute("insert into audit.files values (3)")
        raise KeyboardInterrupt
    assert connection.execute("from audit.files").fetchall() == [(1,)]
