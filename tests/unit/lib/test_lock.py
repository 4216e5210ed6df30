"""One writer at a time."""

import json
import subprocess
import sys

import duckdb
import pytest

from dagster_project.lib.lock import (
    WarehouseInUse,
    WarehouseUnreadable,
    WriterBusy,
    connect_to_write,
    only_writer,
)


@pytest.fixture
def held(tmp_path, start_holding):
    """Another process that holds the folder until its input ends."""
    process = start_holding(tmp_path)
    yield process
    process.kill()
    process.wait(30)


def test_the_second_is_refused_and_told_who_writes(held, tmp_path):
    with pytest.raises(WriterBusy) as busy, only_writer(tmp_path, "second", 0):
        pass
    assert "run first" in str(busy.value)
    assert f"process {held.pid}" in str(busy.value)
    assert "Nothing was changed" in str(busy.value)


def test_the_second_waits_as_long_as_it_may(held, tmp_path):
    held.stdin.close()
    with only_writer(tmp_path, "second", 30):
        assert json.loads((tmp_path / "writer.json").read_text())["run_id"] == "second"
    assert not (tmp_path / "writer.json").exists()


def test_a_killed_writer_blocks_nobody(held, tmp_path):
    held.kill()
    held.wait(30)
    with only_writer(tmp_path, "second", 5):
        pass


def test_the_lock_is_free_after_an_error(tmp_path):
    with pytest.raises(ZeroDivisionError), only_writer(tmp_path, "first", 0):
        raise ZeroDivisionError
    with only_writer(tmp_path, "second", 0):
        pass


def test_a_run_that_holds_the_lock_may_ask_again(tmp_path):
    with only_writer(tmp_path, "outer", 0):
        with only_writer(tmp_path, "inner", 0):
            pass
        assert json.loads((tmp_path / "writer.json").read_text())["run_id"] == "outer", (
            "the outer one still holds it"
        )


@pytest.fixture
def warehouse(tmp_path):
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("create table t as select 1 as one")
    return tmp_path / "warehouse.duckdb"


def test_a_reader_of_the_warehouse_refuses_a_run_with_a_message_that_names_it(warehouse, held_warehouse):
    reader = held_warehouse(warehouse)
    with pytest.raises(WarehouseInUse) as busy, only_writer(warehouse.parent, "night", 0):
        pass
    for words in (
        f"process {reader.pid}",
        "Nothing was changed",
        "close that program",
        "published/current.duckdb",
    ):
        assert words in str(busy.value)
    assert "Could not set lock" not in str(busy.value)
    assert not (warehouse.parent / "writer.json").exists(), "the lock is free again"
    reader.kill()
    reader.wait(30)
    with only_writer(warehouse.parent, "night", 0):
        pass


def test_a_run_waits_for_a_reader_as_long_as_it_may(warehouse, held_warehouse):
    held_warehouse(warehouse).stdin.close()
    with only_writer(warehouse.parent, "night", 30), duckdb.connect(str(warehouse)) as connection:
        assert connection.execute("select one from t").fetchone() == (1,)


def test_a_reader_that_comes_during_a_run_is_named_too(warehouse, held_warehouse):
    with only_writer(warehouse.parent, "night", 0):
        held_warehouse(warehouse)
        with pytest.raises(WarehouseInUse, match="close that program"):
            connect_to_write(warehouse)


@pytest.mark.parametrize("content", [b"no database", b"\0" * 20_000], ids=["text", "zeros"])
def test_a_warehouse_that_is_no_database_is_told_with_its_file_and_what_to_do(tmp_path, content):
    warehouse = tmp_path / "warehouse.duckdb"
    warehouse.write_bytes(content)
    with only_writer(tmp_path, "night", 0), pytest.raises(WarehouseUnreadable) as unreadable:
        connect_to_write(warehouse)
    said = str(unreadable.value)
    assert said.startswith(f"{warehouse} can't be used.\n  expected: a DuckDB database")
    assert "found:    IO Error" in said and f"to do:    put {warehouse} back from a backup" in said
    assert "readers keep the edition" in said
    assert warehouse.read_bytes() == content


def test_a_write_ahead_file_of_another_database_is_told_and_left_where_it_is(warehouse):
    # of a killed program: its table is in a schema that this warehouse does not have
    other = warehouse.with_name("other.duckdb")
    code = (
        "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]); c.execute('create schema s; checkpoint');"
        "c.execute('create table s.t as select 1 as a'); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(other)], check=False)
    foreign = warehouse.with_name("warehouse.duckdb.wal")
    other.with_name("other.duckdb.wal").rename(foreign)
    with pytest.raises(WarehouseUnreadable) as unreadable:
        connect_to_write(warehouse)
    said = str(unreadable.value)
    assert said.startswith(f"{foreign} can't be used.\n  expected: changes to this warehouse")
    assert "move it away" in said and "Don't delete it" in said
    foreign.unlink()
    with connect_to_write(warehouse) as connection:
        assert connection.execute("select one from t").fetchone() == (1,)


def test_looking_for_readers_makes_no_warehouse(tmp_path):
    with only_writer(tmp_path, "night", 0):
        assert not (tmp_path / "warehouse.duckdb").exists()


def test_the_warehouse_can_be_opened_in_another_way(warehouse, held_warehouse):
    opened = []

    def connect(path):
        opened.append(path)
        return duckdb.connect(str(path))

    connect_to_write(warehouse, connect=connect).close()
    held_warehouse(warehouse)
    with pytest.raises(WarehouseInUse):
        connect_to_write(warehouse, connect=connect)
    assert opened == [warehouse, warehouse]
