"""dbt's messages are made where something reads them, and tables are built in place without losing what stood there."""

from __future__ import annotations

import json
import os
import subprocess
from types import SimpleNamespace

import duckdb
import pytest
from dbt_common.events.base_types import DebugLevel, EventLevel, InfoLevel

from dagster_project import dbt_main
from dagster_project.lib.dbt_runner import dbt_command
from dagster_project.lib.settings import DBT_PROJECT


@pytest.mark.parametrize(
    ("level", "event", "told_as", "is_made"),
    [
        (EventLevel.INFO, DebugLevel, None, False),
        (EventLevel.INFO, InfoLevel, None, True),
        (EventLevel.INFO, DebugLevel, EventLevel.WARN, True),
        (EventLevel.INFO, InfoLevel, EventLevel.DEBUG, False),
        (EventLevel.DEBUG, DebugLevel, None, True),
    ],
)
def test_a_message_is_made_where_it_is_read(monkeypatch, level, event, told_as, is_made):
    made = []
    monkeypatch.setattr(dbt_main, "fire", lambda manager, event, level: made.append(event))
    # the kind of an event alone, without what it tells
    one = SimpleNamespace(level_tag=lambda: event.level_tag(None))
    dbt_main.fire_if_read(SimpleNamespace(loggers=[SimpleNamespace(level=level)]), one, told_as)
    assert made == ([one] if is_made else [])


@pytest.fixture
def project(tmp_path):
    """A project of one model with this project's macro for tables and views, and a way to run it."""
    (tmp_path / "macros").mkdir()
    (tmp_path / "models").mkdir()
    (tmp_path / "macros" / "build_in_place.sql").symlink_to(DBT_PROJECT / "macros" / "build_in_place.sql")
    (tmp_path / "dbt_project.yml").write_text("name: small\nprofile: small\nversion: 1.0.0\n")
    profile = {"type": "duckdb", "path": str(tmp_path / "small.duckdb")}
    (tmp_path / "profiles.yml").write_text(json.dumps({"small": {"target": "a", "outputs": {"a": profile}}}))

    def run(sql: str) -> int:
        (tmp_path / "models" / "orders.sql").write_text(sql)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DBT_")}
        command = [*dbt_command(), "run", "--profiles-dir", "."]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        print(done.stdout)
        return done.returncode

    return run


def found(tmp_path) -> tuple[str, list[tuple]]:
    """The kind of what stands there, its rows, and that nothing stands beside it."""
    with duckdb.connect(str(tmp_path / "small.duckdb"), read_only=True) as connection:
        ((name, kind),) = connection.execute(
            "select table_name, table_type from information_schema.tables"
        ).fetchall()
        assert name == "orders"
        return kind, connection.execute("select * from orders").fetchall()


def test_a_model_that_fails_leaves_its_table_and_a_view_may_become_one(project, tmp_path):
    assert project("{{ config(materialized='view') }} select 1 as n") == 0
    assert found(tmp_path) == ("VIEW", [(1,)])
    assert project("{{ config(materialized='table') }} select 2 as n") == 0
    assert found(tmp_path) == ("BASE TABLE", [(2,)])
    assert project("{{ config(materialized='table') }} select cast('x' as integer) as n") == 1
    assert found(tmp_path) == ("BASE TABLE", [(2,)])
    assert project("{{ config(materialized='table') }} select 3 as n") == 0
    assert found(tmp_path) == ("BASE TABLE", [(3,)])
