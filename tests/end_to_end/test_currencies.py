"""An order in another currency: published at the day's rate, to the cent; without a rate its KPIs are held, by name.

The kiosk gets a currency column and a file of rates in a copy of its source folder, as its owner would add them.
"""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import yaml

from tests.conftest import CHECKOUT, run_cli
from tests.end_to_end.test_bad_input import said

pytestmark = pytest.mark.night
RATES = """datum;valuta;kurs
06/03/2025;USD;10,0550
06/03/2025;EUR;10,9210
28/03/2025;USD;10,0123
28/03/2025;EUR;10,8715
"""


@pytest.fixture
def abroad(tmp_path) -> Path:
    """A folder with the kiosk as a source system that may sell in other currencies, and its landing folder."""
    kiosk = tmp_path / "sources" / "kiosk"
    shutil.copytree(CHECKOUT / "tests" / "sources" / "kiosk", kiosk)
    declaration = yaml.safe_load((kiosk / "kiosk.yml").read_text())
    tables = declaration["sources"][0]["tables"]
    lines = next(table for table in tables if table["name"] == "order_lines")
    lines["columns"].append({"name": "valuta", "data_type": "varchar"})
    tables.append(
        {
            "name": "rates",
            "identifier": "kiosk__rates",
            "description": "One row per currency and day that the bank quotes.",
            "config": {
                "meta": {
                    "domain": "finance",
                    "files": "kurser_*.csv",
                    "load": "by_file",
                    "key": ["datum", "valuta"],
                    "delimiter": ";",
                    "decimal_separator": ",",
                }
            },
            "columns": [
                {"name": "datum", "data_type": "date", "config": {"meta": {"format": "%d/%m/%Y"}}},
                {"name": "valuta", "data_type": "varchar"},
                {"name": "kurs", "data_type": "decimal(18, 8)", "config": {"meta": {"required": True}}},
            ],
        }
    )
    (kiosk / "kiosk.yml").write_text(yaml.safe_dump(declaration, allow_unicode=True))
    mapping = kiosk / "sales" / "kiosk__order_lines.sql"
    mapping.write_text(mapping.read_text().replace("cast(null as varchar)", "order_lines.valuta"))
    (kiosk / "finance").mkdir()
    (kiosk / "finance" / "kiosk__exchange_rates.sql").write_text(
        "select valuta as currency_code, datum as rate_date, kurs as rate from {{ source('kiosk', 'rates') }}\n"
    )
    (kiosk / "expectations" / "rates.json").write_text(
        '{"name": "raw.kiosk.rates", "expectations": [{"type": "expect_column_values_to_be_between",'
        ' "kwargs": {"column": "kurs", "min_value": 0}, "severity": "critical",'
        ' "meta": {"reason": "A currency that costs nothing is a typing error."}}]}'
    )
    landing = kiosk / "landing"
    for path in landing.glob("order_lines_*.csv"):
        header, *rows = path.read_text().splitlines()
        path.write_text("".join(f"{line}\n" for line in [f"{header};valuta", *(f"{row};" for row in rows)]))
    (landing / "kurser_2025.csv").write_text(RATES)
    return landing


def night(landing: Path, home: Path):
    return run_cli(
        "nightly",
        home=home,
        SCORECARD_SOURCES="kiosk",
        SCORECARD_SOURCES_DIR=str(landing.parents[1]),
        SCORECARD_LANDING=str(landing),
    )


def sell(landing: Path, *lines: str) -> None:
    """Give the orders of 7 and 28 March more lines: order, line, article, pieces, price, discount, currency."""
    path = landing / "order_lines_2025-03.csv"
    path.write_text(path.read_text() + "".join(f"{line}\n" for line in lines))


def revenue(home: Path) -> Decimal:
    with duckdb.connect(str(home / "published" / "current.duckdb"), read_only=True) as connection:
        return connection.execute(
            "select actual_value from scorecard.kpi_scorecard where kpi_id = 'revenue_amount'"
            " and scope_type = 'company' and period_grain = 'month' and period_start_date = '2025-03-01'"
        ).fetchone()[0]


def test_a_missing_rate_holds_the_kpis_by_name_until_it_arrives(abroad, tmp_path):
    home = tmp_path / "home"
    kronor = Decimal("1350")  # March in the kiosk's own files
    # 7 March: the rate of the day before holds; 28 March: its own
    sell(abroad, "1006;11;301;3;4,95;;USD", "1007;11;101;2;2,50;0,50;EUR", "1007;12;101;1;25,00;;SEK")
    run = night(abroad, home)
    assert run.returncode == 0, said(run)
    # 14.85 dollars at 10.0550 are 149.31675; 4.50 euros at 10.8715 are 48.92175
    published = kronor + Decimal("149.3168") + Decimal("48.9218") + 25
    assert revenue(home) == published
    edition = (home / "published" / "current").readlink()

    # a line in a currency that has no rates, and one on a day to which the last rate does not reach
    sell(abroad, "1006;12;301;1;40,00;;NOK", "1006;13;301;1;40,00;;NOK", "1007;13;301;1;40,00;;NOK")
    rates = abroad / "kurser_2025.csv"
    rates.write_text(RATES.replace("28/03/2025;USD;10,0123\n", ""))
    sell(abroad, "1007;14;301;1;4,95;;USD")
    run = night(abroad, home)
    text = said(run)
    assert run.returncode == 4, text
    assert "Published, but" in text and "KPIs are held" in text
    assert "Every amount in another currency has an exchange rate" in text
    assert (
        "entity=order_lines, source_system=kiosk, currency_code=NOK, amounts_without_rate=3, days_without_rate=2,"
        " first_day=2025-03-07, last_day=2025-03-28" in text
    ), text
    assert "currency_code=USD, amounts_without_rate=1, days_without_rate=1, first_day=2025-03-28" in text
    assert "Deliver the rates of these days and run again." in text
    assert "The entity exchange_rates is read from kurser_*.csv of kiosk." in text
    panel = text[text.index("Published, but") :]
    assert panel.count("assert_exchange_rates__every_amount_has_one FAILED") == 1, "told once"
    assert "holds " in panel and "revenue_amount" in panel
    assert "Traceback" not in text
    # the old figures are shown, and say so; nothing that had no rate is in any of them
    assert revenue(home) == published
    with duckdb.connect(str(home / "published" / "current.duckdb"), read_only=True) as connection:
        (row,) = connection.execute(
            "select distinct status, held_check, value_edition_id from scorecard.kpi_scorecard"
            " where kpi_id = 'revenue_amount' and actual_value is not null"
        ).fetchall()
        (headcount,) = connection.execute(
            "select distinct quality_status from scorecard.kpi_scorecard where kpi_id = 'headcount'"
        ).fetchall()
    assert row == ("held", "assert_exchange_rates__every_amount_has_one", edition.name)
    assert headcount == ("passed",), "people are paid in kronor"
    held_edition = (home / "published" / "current").readlink()
    assert held_edition != edition

    rates.write_text(RATES + "07/03/2025;NOK;0,9512\n28/03/2025;NOK;0,9488\n")
    run = night(abroad, home)
    assert run.returncode == 0, said(run)
    # 40 kroner at 0.9512 twice and at 0.9488 once; 4.95 dollars at 10.0123 are 49.560885
    assert revenue(home) == published + 2 * Decimal("38.048") + Decimal("37.952") + Decimal("49.5609")
    assert (home / "published" / "current").readlink() not in (edition, held_edition)
