"""What must hold in the plan's sheets of objectives, key results and weights.

Belongs here: rules about one row, and rules about how rows belong together. Each gives what it finds as (column,
message), with the number of the row before them where it looks at all rows. Does not belong here: reading and placing
rows (``plan.py``), or what is only worth a second look (the model scorecard_warnings).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from dagster_project.lib.catalogue import catalogue_rows

Row = Mapping[str, Any]
Rows = Mapping[str, Sequence[Row]]
Finding = tuple[str, str]
PlacedFinding = tuple[int, str, str]

# whose objectives a framework holds: results of the company and its parts, of a role, of a person
SCOPES_OF = {"okr": ("company", "department", "team"), "kra": ("role",), "mbo": ("employee",)}
GRAIN_OF_MONTHS = {1: "month", 3: "quarter", 12: "year"}
LEVELS = 5
HEAVIEST = 1_000_000


def is_positive(column: str) -> Callable[[Row], Iterator[Finding]]:
    """Rule that a weight is more than 0."""

    def rule(row: Row) -> Iterator[Finding]:
        if not 0 < row[column] <= HEAVIEST:
            yield column, f"expected a number above 0, at most {HEAVIEST}, found {row[column]}"

    return rule


def takes_only_a_kpi_off(row: Row) -> Iterator[Finding]:
    """Weight 0 takes a KPI off the scorecard; a perspective without KPIs is not on it anyway."""
    lowest_is_fine = row["weight"] >= 0 if row["kpi_id"] else row["weight"] > 0
    if not lowest_is_fine or row["weight"] > HEAVIEST:
        least = "0 or more" if row["kpi_id"] else "a number above 0 for a perspective"
        yield "weight", f"expected {least}, at most {HEAVIEST}, found {row['weight']}"


def fits_its_framework(row: Row) -> Iterator[Finding]:
    """An objective belongs to the kind of scope that its framework is for."""
    expected = SCOPES_OF[row["framework"]]
    if row["scope_type"] not in expected:
        yield (
            "scope_type",
            f'expected {" or ".join(expected)} for {row["framework"]}, found "{row["scope_type"]}"',
        )


def is_one_period(row: Row) -> Iterator[Finding]:
    """A key result is measured over one month, quarter or year: only of those does a KPI have a value.

    In which month quarters and years begin is the company's setting, so that is checked where it is known.
    """
    months = _whole_months(row["start_date"], row["end_date"])
    if months not in GRAIN_OF_MONTHS:
        yield (
            "end_date",
            f"expected one whole month, quarter or year, found {row['start_date']} to {row['end_date']}",
        )


def has_a_kpi_that_can_tell(row: Row) -> Iterator[Finding]:
    """The KPI is published for the key result's kind of scope and length, and it is clear which way is good."""
    kpi = {kpi["kpi_id"]: kpi for kpi in catalogue_rows()}.get(row["kpi_id"])
    if kpi is None:
        return
    if row["scope_type"] not in kpi["scopes"].split(","):
        yield (
            "scope_type",
            f'{row["kpi_id"]} is published for {kpi["scopes"]}, not for "{row["scope_type"]}"',
        )
    grain = GRAIN_OF_MONTHS.get(_whole_months(row["start_date"], row["end_date"]))
    if grain and grain not in kpi["grains"].split(","):
        yield "end_date", f"{row['kpi_id']} is published by {kpi['grains']}, not by {grain}"
    if kpi["direction"] == "band" and row["baseline_value"] in (None, row["target_value"]):
        yield (
            "baseline_value",
            f"{row['kpi_id']} is good inside a band, so only a baseline other than the target tells which way to go",
        )


def leads_to_the_top(rows: Sequence[Row], sheets: Rows) -> Iterator[PlacedFinding]:
    """Objectives serve others on at most five levels, never in a circle, and within a company and its time."""
    by_id = {row["objective_id"]: row for row in rows}
    for number, row in enumerate(rows):
        way = [row["objective_id"]]
        parent = by_id.get(row["parent_objective_id"])
        if parent and (parent["company"] or row["company"]) != (row["company"] or parent["company"]):
            yield number, "parent_objective_id", f"it is an objective of {parent['company']}"
        while parent and parent["objective_id"] not in way:
            way.append(parent["objective_id"])
            parent = by_id.get(parent["parent_objective_id"])
        if parent:
            circle = " -> ".join([*way, parent["objective_id"]])
            yield number, "parent_objective_id", f"objectives serve each other in a circle: {circle}"
        elif len(way) > LEVELS:
            yield (
                number,
                "parent_objective_id",
                f"expected at most {LEVELS} levels, found {len(way)}: {' -> '.join(way)}",
            )


def lies_within_its_objective(rows: Sequence[Row], sheets: Rows) -> Iterator[PlacedFinding]:
    """A key result is measured within the time of its objective."""
    objectives = {row["objective_id"]: row for row in sheets["objectives"]}
    for number, row in enumerate(rows):
        objective = objectives.get(row["objective_id"])
        if objective is None:
            continue
        first, last = objective["period_start_date"], objective["period_end_date"]
        for column in ("start_date", "end_date"):
            if not first <= row[column] <= last:
                yield number, column, f"{row[column]} lies outside its objective's time, {first} to {last}"


def _whole_months(first: date, last: date) -> int:
    """How many whole months of the calendar the days are; 0 if they are not."""
    after = last + timedelta(days=1)
    if first.day != 1 or after.day != 1:
        return 0
    return (after.year - first.year) * 12 + after.month - first.month
