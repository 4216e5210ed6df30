"""What must hold in the plan's sheets of objectives, key results and weights.

Belongs here: rules about one row, and rules about how rows belong together. Each gives what it finds as (column,
message), with the number of the row before them where it looks at all rows. Does not belong here: reading and placing
rows (``plan.py``), or what is only worth a second look (the model scorecard_warnings).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
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


def wants_better_than_its_baseline(row: Row) -> Iterator[Finding]:
    """From a baseline that is better than the target, progress would count the wrong way round."""
    kpi = {kpi["kpi_id"]: kpi for kpi in catalogue_rows()}.get(row["kpi_id"])
    baseline, target = row["baseline_value"], row["target_value"]
    if kpi is None or baseline is None:
        return
    if row.get("target_kind") == "benchmark" and kpi["benchmark_value"]:
        target = Decimal(kpi["benchmark_value"])
    if target is None:
        return
    is_worse = {"higher": target < baseline, "lower": target > baseline}.get(kpi["direction"], False)
    if is_worse:
        yield (
            "baseline_value",
            f"{kpi['direction']} is better for {row['kpi_id']}, so the target {target} is worse than the baseline "
            f"{baseline} and progress would count backwards; leave the baseline empty",
        )


def can_be_divided_by(row: Row) -> Iterator[Finding]:
    """Without a baseline progress is a ratio of value and target, which a target of 0 or less does not give."""
    if row["baseline_value"] is None and row["target_value"] <= 0:
        yield (
            "baseline_value",
            f"a target of {row['target_value']} needs a baseline to count progress from; give the value of the start",
        )


def weighs_a_kpi_once(rows: Sequence[Row], sheets: Rows) -> Iterator[PlacedFinding]:
    """A company weighs a KPI in one perspective at a time; one that moves is taken off where it was, by weight 0."""
    by_kpi: dict[str, list[tuple[int, Row]]] = defaultdict(list)
    for number, row in enumerate(rows):
        if row["kpi_id"]:
            by_kpi[row["kpi_id"]].append((number, row))
    found: dict[int, str] = {}
    for kpi_id, versions in by_kpi.items():
        # on one day the company's own row stands above the one for every company
        ordered = sorted(versions, key=lambda one: (one[1]["valid_from"], one[1]["company"] is not None))
        for company in {row["company"] for _, row in versions}:
            ours = [one for one in ordered if one[1]["company"] in (company, None)]
            for day in sorted({row["valid_from"] for _, row in ours}):
                in_force = {
                    row["perspective"]: (number, row) for number, row in ours if row["valid_from"] <= day
                }
                weighed = [one for one in in_force.values() if one[1]["weight"] > 0]
                if len(weighed) > 1:
                    # the row that came last is the one to look at
                    *_, (_, other), (number, _) = sorted(
                        weighed, key=lambda one: (one[1]["valid_from"], one[0])
                    )
                    found.setdefault(
                        number, f"{kpi_id} is weighed in {other['perspective']} too, from {day} on"
                    )
    for number, what in sorted(found.items()):
        yield number, "perspective", f"{what}; take it off one of them with weight 0 from that day"


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
