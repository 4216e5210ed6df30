"""The scorecard in the terminal: which period is shown, and how figures are written."""

from decimal import Decimal

import duckdb
import pytest
from rich.console import Console

from dagster_project.lib.terminal import (
    Row,
    format_target,
    format_value,
    format_variance,
    read_rows,
    scorecard_table,
)

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("value", "display_format", "text"),
    [
        ("0.1234", "percent", "12.3 %"),
        ("2.0449", "multiple", "2.04"),
        ("6.94", "days", "6.9"),
        ("1234567.89", "amount", f"1{NBSP}234{NBSP}568"),
        ("89", "count", "89"),
        ("0.4553", "decimal", "0.46"),
        ("31.37", "score", "31.4"),
        (None, "amount", "–"),
    ],
)
def test_figures_are_written_as_people_write_them(value, display_format, text):
    assert format_value(None if value is None else Decimal(value), display_format) == text


@pytest.mark.parametrize(
    ("value", "display_format", "text"),
    [
        ("-0.074", "percent", "-7.4 pp"),
        ("0.2", "multiple", "+0.20"),
        ("0.0001", "percent", "0.0 pp"),
        ("-1095566", "amount", f"-1{NBSP}095{NBSP}566"),
        (None, "percent", "–"),
    ],
)
def test_differences_are_signed_and_those_of_percentages_are_points(value, display_format, text):
    assert format_variance(None if value is None else Decimal(value), display_format) == text


def row(**changes) -> Row:
    facts = {
        "title": "Gross margin",
        "perspective": "financial",
        "display_format": "percent",
        "period_name": "2025 Q4",
        "actual": Decimal("0.372"),
        "no_value_reason": None,
        "target": Decimal("0.375"),
        "target_lower": None,
        "target_upper": None,
        "variance": Decimal("-0.003"),
        "status": "on_track",
        "status_label": "On track",
        "quality": "passed",
    }
    return Row(**(facts | changes))


def test_a_band_is_written_with_both_ends():
    assert (
        format_target(row(target=None, target_lower=Decimal("0.68"), target_upper=Decimal("0.8")))
        == "68.0 to 80.0 %"
    )
    assert format_target(row(target=None)) == "–"


def test_status_is_a_shape_and_a_word_and_a_missing_value_gives_its_reason():
    console = Console(width=140, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    missing = row(
        title="EBITDA",
        actual=None,
        no_value_reason="incomplete_period",
        variance=None,
        status="no_data",
        status_label="No data",
    )
    console.print(scorecard_table([row(), missing], "Test AB", "SEK", "en"))
    text = console.export_text()
    assert "◐ On track" in text
    assert "(period not covered)" in text
    assert "Test AB (SEK)" in text


def test_the_table_speaks_swedish():
    console = Console(width=140, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    console.print(scorecard_table([row(status_label="På rätt spår")], "Test AB", "SEK", "sv"))
    text = console.export_text()
    assert "Nyckeltal" in text and "Ekonomi" in text and "På rätt spår" in text and "godkänd" in text


@pytest.mark.parametrize("width", [80, 100, 140])
def test_titles_figures_and_shapes_are_there_at_any_width(width):
    console = Console(width=width, record=True, markup=False, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    long = row(
        title="Customer acquisition cost",
        display_format="amount",
        actual=Decimal("34126000"),
        target=Decimal("20000000"),
        variance=Decimal("14126000"),
    )
    console.print(scorecard_table([long], "Test AB", "SEK", "en", width))
    text = console.export_text()
    for word in (
        "Customer",
        "acquisition",
        "2025 Q4",
        f"34{NBSP}126{NBSP}000",
        f"+14{NBSP}126{NBSP}000",
        "◐",
    ):
        assert word in text
    assert ("On track" in text) == (width >= 108)


def test_a_period_that_is_not_covered_gives_way_and_a_negative_base_is_shown():
    connection = duckdb.connect()
    connection.execute(
        """
        create schema scorecard;
        create table scorecard.kpi_scorecard as
        select *, 'quarter' as period_grain, 'company' as scope_type, 'settled' as period_status, 'no_data' as status,
            null as target_value, null as target_lower, null as target_upper, null as variance, 'passed' as quality_status
        from (values
            ('ebitda', date '2025-07-01', 10, null), ('ebitda', date '2025-10-01', null, 'incomplete_period'),
            ('runway', date '2025-07-01', 9, null), ('runway', date '2025-10-01', null, 'negative_base')
        ) as v (kpi_id, period_start_date, actual_value, no_value_reason);
        create table scorecard.kpi_catalogue as
        select
            kpi_id, kpi_id as title_en, 'financial' as perspective, 'amount' as display_format, 'quarter' as grains,
            level
        from (values ('ebitda', 'strategic'), ('runway', 'operational')) as v (kpi_id, level);
        create table scorecard.statuses as select 'no_data' as status, 'No data' as label_en;
        create table scorecard.periods as
        select distinct period_grain, period_start_date, cast(period_start_date as varchar) as period_name
        from scorecard.kpi_scorecard;
        """
    )
    assert [row.title for row in read_rows(connection, "quarter", "en", "strategic")] == ["ebitda"]
    rows = {
        row.title: (row.period_name, row.actual, row.no_value_reason)
        for row in read_rows(connection, "quarter", "en")
    }
    assert rows == {"ebitda": ("2025-07-01", 10, None), "runway": ("2025-10-01", None, "negative_base")}
