"""Inputs of kept editions: kept by content, found again, dropped when nobody needs them."""

import hashlib
import stat
from dataclasses import replace
from datetime import date

import duckdb
import pytest

from dagster_project.lib.archive import archived, drop_all_but, inputs_of, keep, keep_landed
from dagster_project.lib.audit_tables import ensure_audit_tables
from dagster_project.lib.pruning import prune
from dagster_project.lib.publication import Input
from dagster_project.lib.settings import Settings
from tests.unit.lib.test_editions_over_time import Company


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def settings(tmp_path):
    plan = tmp_path / "plan"
    plan.mkdir()
    (plan / "targets.csv").write_text("kpi_id\n")
    environment = {"SCORECARD_HOME": str(tmp_path / "home"), "SCORECARD_PLAN": str(plan)}
    (tmp_path / "home").mkdir()
    return Settings.from_environment(environment, today=date(2026, 3, 10))


@pytest.fixture
def warehouse(tmp_path):
    """Three files in the ledger: one loaded, one superseded, one of another run's table."""
    with duckdb.connect() as connection:
        ensure_audit_tables(connection)
        for number, (table, path, status) in enumerate(
            [
                ("orders", "2025/a.csv", "loaded"),
                ("orders", "2025/b.csv", "superseded"),
                ("leads", "c.csv", "loaded"),
            ]
        ):
            connection.execute(
                "insert into audit.files (file_id, source_system, table_name, path, sha256, bytes, status)"
                " values (?, 'shop', ?, ?, ?, 2, ?)",
                [number, table, path, digest(path), status],
            )
            landed = tmp_path / "landing" / path
            landed.parent.mkdir(parents=True, exist_ok=True)
            landed.write_text(path)
        yield connection


def test_keep_is_a_private_copy_that_the_landed_file_does_not_reach(tmp_path):
    landed = tmp_path / "a.csv"
    landed.write_text("one")
    assert keep(tmp_path, landed) == keep(tmp_path, landed, digest("one")) == digest("one")
    path = archived(tmp_path, digest("one"))
    assert path == tmp_path / "archive" / digest("one")[:2] / digest("one")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640 and stat.S_IMODE(path.parent.stat().st_mode) == 0o750
    with landed.open("r+") as file:
        file.write("two")
    assert path.read_text() == "one"
    assert keep(tmp_path, landed, digest("three")) is None, "it is not what was asked for"
    assert [path.name for path in (tmp_path / "archive").rglob("*") if path.is_file()] == [digest("one")]


def test_keep_landed_keeps_what_is_in_the_table(warehouse, settings, tmp_path):
    assert keep_landed(warehouse, "shop", "orders", tmp_path / "landing", settings) == 1
    assert keep_landed(warehouse, "shop", "orders", tmp_path / "landing", settings) == 0
    assert archived(settings.home, digest("2025/a.csv")).read_text() == "2025/a.csv"
    assert not archived(settings.home, digest("2025/b.csv")).exists()
    (tmp_path / "landing" / "c.csv").write_text("replaced since")
    assert keep_landed(warehouse, "shop", "leads", tmp_path / "landing", settings) == 0
    off = replace(settings, home=tmp_path / "off", keep_inputs=False)
    assert keep_landed(warehouse, "shop", "orders", tmp_path / "landing", off) == 0
    assert not (tmp_path / "off").exists()


@pytest.mark.parametrize("keeps", [True, False])
def test_inputs_are_files_plan_and_memory_before_the_edition_adds_to_it(warehouse, settings, keeps):
    settings = replace(settings, keep_inputs=keeps)
    warehouse.execute(
        "insert into audit.withheld_days values"
        " ('people', 'department', 'Legal', '2026-03-01', 'before', 1),"
        " ('people', 'department', 'Lab', '2026-03-01', 'this', 2)"
    )
    found = inputs_of(warehouse, settings, {("shop", "orders")}, "this")
    assert found[:2] == [
        Input("file", "shop", "orders", "2025/a.csv", digest("2025/a.csv"), 2),
        Input("plan", None, None, "targets.csv", digest("kpi_id\n"), 7),
    ]
    memory = next(entry for entry in found if entry.table_name == "withheld_days")
    assert (memory.kind, memory.source_system, memory.path) == (
        "memory",
        "audit",
        "audit.withheld_days.parquet",
    )
    assert found == inputs_of(warehouse, settings, {("shop", "orders")}, "this"), "the same content again"
    path = archived(settings.home, memory.sha256)
    assert path.exists() == keeps
    if keeps:
        rows = warehouse.execute(f"select scope_id from read_parquet('{path}')").fetchall()
        assert rows == [("Legal",)]


def remembered(warehouse, settings, table):
    entry = next(
        entry for entry in inputs_of(warehouse, settings, set(), "this") if entry.table_name == table
    )
    return entry.sha256, warehouse.execute(
        f"from read_parquet('{archived(settings.home, entry.sha256)}')"
    ).fetchall()


def test_row_counts_are_kept_in_their_order_and_without_the_clock(warehouse, settings):
    """What a table is compared with by its volume; the hour of a load is none of it."""
    kept = set()
    for days in (0, 3):
        warehouse.execute("delete from audit.row_counts")
        warehouse.execute(
            "insert into audit.row_counts"
            " select 'shop', 'orders', hash, rows, null, timestamp '2026-03-01' + to_days(day + ?), 'run-' || day"
            " from (values ('b', 100, 1), ('a', 120, 2), ('c', 90, 3)) as loads (hash, rows, day)",
            [days],
        )
        sha256, rows = remembered(warehouse, settings, "row_counts")
        kept.add(sha256)
        assert [row[2:4] for row in sorted(rows, key=lambda row: row[5])] == [
            ("b", 100),
            ("a", 120),
            ("c", 90),
        ]
    assert len(kept) == 1


def test_of_the_dates_that_stand_in_those_are_kept_that_did(warehouse, settings):
    warehouse.execute(
        "insert into audit.event_spans select entity, 'sales', date '2023-01-01', date '2026-03-01', date '2026-03-01'"
        " from (values ('stg_sales__orders'), ('stg_sales__leads')) as known (entity)"
    )
    assert remembered(warehouse, settings, "event_spans")[1] == []
    warehouse.execute("insert into audit.tainted_models values ('stg_sales__orders'), ('fct_orders')")
    assert [row[0] for row in remembered(warehouse, settings, "event_spans")[1]] == ["stg_sales__orders"]


def test_drop_all_but_what_is_needed(tmp_path):
    for text in ("one", "two"):
        (tmp_path / text).write_text(text)
        keep(tmp_path, tmp_path / text)
    (tmp_path / "archive" / ".part-killed").write_text("half")
    assert drop_all_but(tmp_path, {digest("two")}) == 1
    assert [path.name for path in (tmp_path / "archive").rglob("*") if path.is_file()] == [digest("two")]


@pytest.mark.parametrize("damaged", [False, True])
def test_pruning_drops_inputs_that_no_kept_edition_was_made_from(tmp_path, damaged):
    company = Company(tmp_path)
    company.sql("create table audit.files (file_id bigint, path varchar, sha256 varchar, status varchar)")
    for text in ("first", "second", "third", "always", "loaded"):
        (tmp_path / text).write_text(text)
        keep(tmp_path, tmp_path / text)
    company.sql("insert into audit.files values (1, 'a.csv', ?, 'loaded')", [digest("loaded")])
    for text in ("first", "second", "third"):
        files = [Input("file", "shop", "orders", name, digest(name), 1) for name in (text, "always")]
        company.night({}, inputs=files)
    if damaged:
        (company.published / "editions" / "e2" / "edition.duckdb").write_bytes(b"nothing")
    assert prune(tmp_path, 1, 0) == ["e1"]
    left = {
        text
        for text in ("first", "second", "third", "always", "loaded")
        if archived(tmp_path, digest(text)).exists()
    }
    # where an edition can't be asked what it needs, nothing is dropped
    assert left == {"second", "third", "always", "loaded"} | ({"first"} if damaged else set())
