"""What the ingest says of a file it may not read, and of a raw table that somebody else has written into."""

import duckdb
import pytest

from benchmarks.small_company import SmallCompany
from dagster_project.lib import ingest
from dagster_project.lib.ingest import ConservationBroken, ExtractRefused, ingest_table


@pytest.fixture
def shop(tmp_path):
    return SmallCompany(tmp_path / "shop").write()


@pytest.fixture
def connection():
    with duckdb.connect() as opened:
        yield opened


def pay_of(shop):
    return next(table for table in shop.system.tables if table.name == "pay")


@pytest.mark.parametrize(
    "sql",
    ["delete from raw.shop__pay where employee_id = 'E01'", "insert into raw.shop__pay from raw.shop__pay"],
)
def test_a_raw_table_that_was_changed_by_hand_is_found_though_no_file_is_new(shop, connection, sql):
    ingest_table(connection, pay_of(shop), shop.landing, "run-1")
    assert ingest_table(connection, pay_of(shop), shop.landing, "run-2").unchanged
    connection.execute(sql)
    known = connection.execute("from audit.raw_tables").fetchall()
    with pytest.raises(ConservationBroken, match=r"drop the table raw\.shop__pay"):
        ingest_table(connection, pay_of(shop), shop.landing, "run-3")
    assert connection.execute("from audit.raw_tables").fetchall() == known


def test_the_advice_for_a_table_that_was_changed_by_hand_mends_it(shop, connection):
    ingest_table(connection, pay_of(shop), shop.landing, "run-1")
    rows = connection.execute("select * exclude (_file_id) from raw.shop__pay order by all").fetchall()
    connection.execute("delete from raw.shop__pay where employee_id = 'E01'")
    connection.execute("drop table raw.shop__pay")
    ingest_table(connection, pay_of(shop), shop.landing, "run-2")
    assert (
        connection.execute("select * exclude (_file_id) from raw.shop__pay order by all").fetchall() == rows
    )


def test_a_file_that_may_not_be_read_is_refused_by_name(shop, connection, monkeypatch):
    def forbidden(relative, path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(ingest, "identify", forbidden)
    with pytest.raises(ExtractRefused) as refused:
        ingest_table(connection, pay_of(shop), shop.landing, "run-1")
    assert (refused.value.file, refused.value.found) == ("hr/pay.csv", "Permission denied")
    assert "right to read it" in refused.value.action
