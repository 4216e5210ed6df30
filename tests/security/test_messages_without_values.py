"""What goes into a run's history and logs says how a value is written, and not what it says."""

import duckdb
import pytest

from benchmarks.small_company import SmallCompany
from dagster_project.defs.ingest.assets import describe
from dagster_project.lib.ingest import ExtractRefused, ingest_table


@pytest.fixture
def shop(tmp_path):
    return SmallCompany(tmp_path / "shop").write()


def ingest_pay(shop):
    (table,) = (table for table in shop.system.tables if table.name == "pay")
    with duckdb.connect() as connection:
        return ingest_table(connection, table, shop.landing, "run")


def change(shop, old: str, new: str) -> None:
    path = shop.landing / "hr" / "pay.csv"
    before = path.read_text()
    path.write_text(before.replace(old, new))
    assert path.read_text() != before


def test_a_refused_file_is_told_by_the_form_of_its_values(shop):
    change(shop, ".00\n", " kr\n")
    with pytest.raises(ExtractRefused) as refused:
        ingest_pay(shop)
    assert "25 of 25 values cannot be read, for example one of the form '99999 xx'" in refused.value.found
    assert "30000" not in str(refused.value)


def test_a_rejected_row_is_told_by_file_line_and_column(shop):
    change(shop, "31500.00", "31500.00 kr")
    metadata = describe(ingest_pay(shop))
    assert metadata["rows_rejected"] == 1
    (told,) = metadata["rejects"]
    assert told.startswith("hr/pay.csv line 5: monthly_pay is not a plain number")
    assert "31500" not in str(metadata)
