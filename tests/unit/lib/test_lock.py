"""One writer at a time."""

import json

import duckdb
import pytest

from dagster_project.lib.lock import WarehouseInUse, WriterBusy, connect_to_write, only_writer


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


def test_a_warehouse_that_can_not_be_opened_for_another_reason_keeps_its_own_error(tmp_path):
    (tmp_path / "warehouse.duckdb").write_text("no database")
    with only_writer(tmp_path, "night", 0), pytest.raises(duckdb.Error) as error:
        connect_to_write(tmp_path / "warehouse.duckdb")
    assert not isinstance(error.value, WarehouseInUse)


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
