"""A scorecard that is made up of a few KPIs whose months are given, as the step that looks ahead reads it.

Belongs here: the tables as far as that step reads them. Does not belong here: what it should make of them
(tests/unit/lib/test_outlook_tables.py, tests/assets/test_outlook_step.py).
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb

from dagster_project.lib.outlook_tables import TABLE, write

AS_OF = date(2025, 11, 30)
SCHEMA = """
create schema scorecard; create schema audit; create schema reference;
create table audit.run_settings (edition_id varchar, as_of_date date);
create table reference.tolerances (
    kpi_id varchar, on_track_tolerance decimal(9, 6), at_risk_tolerance decimal(9, 6)
);
insert into reference.tolerances values ('default', 0.02, 0.1);
create table scorecard.kpi_catalogue (
    kpi_id varchar, direction varchar, period_basis varchar, final_after_days bigint
);
create table scorecard.kpi_targets (
    target_id varchar, target_lower decimal(38, 10), target_upper decimal(38, 10)
);
create table scorecard.phased_targets (
    target_id varchar, scope_id varchar, period_grain varchar, period_start_date date,
    period_target_lower decimal(38, 10), period_target_upper decimal(38, 10)
);
create table scorecard.balanced_scorecard_kpis (kpi_id varchar);
create table scorecard.kpi_scorecard (
    kpi_id varchar, period_grain varchar, period_start_date date, scope_type varchar, scope_id varchar,
    period_end_date date, period_status varchar, numerator decimal(38, 10), denominator decimal(38, 10),
    actual_value decimal(38, 10), no_value_reason varchar, target_value decimal(38, 10),
    target_lower decimal(38, 10), target_upper decimal(38, 10), period_target_value decimal(38, 10),
    target_id varchar, phasing_used varchar, last_year_value decimal(38, 10), status varchar
);
"""


def month_after(start: date, months: int) -> date:
    number = start.year * 12 + start.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


class Company:
    """A scorecard of KPIs whose months are given."""

    def __init__(self, as_of: date = AS_OF, file: Path | str = ":memory:") -> None:
        self.as_of = as_of
        self.connection = duckdb.connect(str(file))
        self.connection.execute(SCHEMA)
        self.connection.execute("insert into audit.run_settings values ('tonight', ?)", [as_of])

    def kpi(
        self, kpi_id, months, *, first=date(2023, 1, 1), below=None, scope=("company", "all"),
        direction="higher", basis="flow", adds_up=True, final_after=None,
    ):  # fmt: skip
        """Months and the quarters and years that they make; those that hold the as-of day are open."""
        if scope[0] == "company":
            self.connection.execute(
                "insert into scorecard.kpi_catalogue values (?, ?, ?, ?)",
                [kpi_id, direction, basis, final_after],
            )
        starts = [month_after(first, number) for number in range(len(months))]
        known = dict(zip(starts, zip(months, below or [None] * len(months), strict=True), strict=True))
        for grain, length in (("month", 1), ("quarter", 3), ("year", 12)):
            number = 0
            while (start := month_after(first, number)) in known:
                end = month_after(start, length) - timedelta(days=1)
                inside = [known[month] for month in starts if start <= month <= end]
                above = sum(value for value, _ in inside) if basis == "flow" else inside[-1][0]
                if not adds_up and grain != "month":
                    above = above * 2 / 3
                under = sum(value for _, value in inside) if below else None
                self.row(
                    kpi_id, grain, start, *scope, end, "open" if end > self.as_of else "settled", above, under,
                    above if under is None else above / under,
                )  # fmt: skip
                number += length
        return self

    def row(self, kpi_id, grain, start, scope_type, scope_id, end, state, above, under, actual):
        self.connection.execute(
            "insert into scorecard.kpi_scorecard"
            " (kpi_id, period_grain, period_start_date, scope_type, scope_id, period_end_date, period_status,"
            " numerator, denominator, actual_value, status) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'no_target')",
            [kpi_id, grain, start, scope_type, scope_id, end, state, above, under, actual],
        )

    def update(self, change: str, where: str = "period_status = 'open'"):
        self.connection.execute(f"update scorecard.kpi_scorecard set {change} where {where}")
        return self

    def rows(self, columns: str = "*", where: str = "true", table: str = TABLE) -> list[tuple]:
        return self.connection.execute(
            f"select {columns} from scorecard.{table} where {where} order by all"
        ).fetchall()

    def said(self, columns: str = "*", where: str = "true", table: str = TABLE) -> list[tuple]:
        found = write(self.connection)
        assert found.failed is None, found.failed
        return self.rows(columns, where, table)


# every year alike: 10 a month and 90 in December, so 200 a year, of which 55 % are done by the end of November
YEARLY = [*[10] * 11, 90]
MONTHS = [*YEARLY, *YEARLY, *[20] * 11]
