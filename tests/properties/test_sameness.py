"""The same rows give the same tables, in whatever order they lie and however many threads build."""

from __future__ import annotations

import duckdb
import pytest

pytestmark = pytest.mark.night


def test_row_order_and_threads_change_nothing(built):
    """Two threads and rows as drawn against one thread and rows shuffled: every published table is equal."""
    one, other = built("calendar"), built("calendar", threads=1, shuffle=7)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one}' as one (read_only); attach '{other}' as other (read_only)")
        tables = [
            row[0]
            for row in connection.execute(
                "select table_name from duckdb_tables() where database_name = 'one' and schema_name = 'scorecard'"
            ).fetchall()
        ]
        assert "kpi_scorecard" in tables
        for table in tables:
            for a, b in (("one", "other"), ("other", "one")):
                surplus = connection.execute(
                    f"select * from {a}.scorecard.{table} except all select * from {b}.scorecard.{table} limit 5"
                ).fetchall()
                assert not surplus, f"{table}: only in {a}: {surplus}"
