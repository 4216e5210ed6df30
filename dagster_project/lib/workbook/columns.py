"""The columns of a KPI's row in the workbook: what each shows, and how its number is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from openpyxl.cell import Cell

from dagster_project.lib.terminal import DECIMALS
from dagster_project.lib.terminal import WORDS as TERMINAL_WORDS
from dagster_project.lib.workbook.data import KpiRow, Scorecard
from dagster_project.lib.workbook.style import lines_of, write_number, write_status, write_text
from dagster_project.lib.workbook.words import WORDS, role, spaced


@dataclass(frozen=True)
class Column:
    """A column: its heading and width, and what it shows of a KPI."""

    name: str
    heading: str
    width: float
    value: Callable[[KpiRow], Any]
    # how a number is written: as the KPI itself, as a difference of it, or as a share
    number: str | None = None
    wraps: bool = False


def columns_of(card: Scorecard, language: str) -> list[Column]:
    """The columns of a perspective's sheet."""
    words = WORDS[language]
    quality = TERMINAL_WORDS[language]["quality"]

    def unit(row: KpiRow) -> str:
        if row.display_format == "amount":
            return card.edition.currency
        return words["units"].get(row.display_format) or row.unit

    def variance(row: KpiRow) -> Decimal | None:
        # of two percentages the difference is in points, which no number format can make of a share
        is_percent = row.display_format == "percent" and row.variance is not None
        return row.variance * 100 if is_percent else row.variance

    def column(
        name: str,
        width: float,
        value: Callable[[KpiRow], Any],
        number: str | None = None,
        wraps: bool = False,
    ) -> Column:
        return Column(name, words["columns"][name], width, value, number, wraps)

    return [
        column("title", 44, lambda row: row.title, wraps=True),
        column("unit", 9, unit),
        column("actual", 13, lambda row: row.actual, "value"),
        column(
            "target", 13, lambda row: row.target if row.target_lower is None else row.target_lower, "value"
        ),
        column("target_upper", 12, lambda row: row.target_upper, "value"),
        column("variance", 13, variance, "difference"),
        column("variance_ratio", 11, lambda row: row.variance_ratio, "share"),
        column("status", 17, lambda row: card.labels[row.status]),
        column("previous", 13, lambda row: row.previous, "value"),
        column("last_year", 13, lambda row: row.last_year, "value"),
        column("benchmark", 14, lambda row: row.benchmark, "value"),
        column("note", 36, lambda row: note_of(row, language), wraps=True),
        column("owner", 25, lambda row: role(row.owner_role, language), wraps=True),
        column("period", 11, lambda row: row.period_name),
        column("goal", 34, lambda row: card.goals.get(row.goal) or spaced(row.goal), wraps=True),
        column("level", 13, lambda row: words["levels"].get(row.level, row.level)),
        column("quality", 13, lambda row: quality.get(row.quality, row.quality)),
    ]


def write_cell(cell: Cell, row: KpiRow, column: Column, language: str) -> int:
    """What a column shows of a KPI; how many lines it takes."""
    value = column.value(row)
    if column.number:
        shown = number_format(row.display_format, column.number, WORDS[language]["points_unit"])
        write_number(cell, value, shown)
    elif column.name == "status":
        write_status(cell, row.status, value)
    else:
        is_main = column.name == "title" and row.level == "strategic"
        write_text(cell, value, column.wraps, bold=is_main)
        return lines_of(value, column.width) if column.wraps else 1
    return 1


def number_format(display_format: str, kind: str, points: str = "pp") -> str:
    """How Excel writes a figure; the reader's own language has the decimal sign and the spaces."""
    if kind == "share":
        return "+0.0%;-0.0%;0.0%"
    if display_format == "percent":
        if kind == "value":
            return "0.0%"
        shown = f'0.0" {points}"'
    else:
        places = DECIMALS.get(display_format, 0)
        shown = "#,##0" + (f".{'0' * places}" if places else "")
    return shown if kind == "value" else f"+{shown};-{shown};{shown}"


def note_of(row: KpiRow, language: str) -> str:
    """Why a figure is missing, or what to know of it, in words."""
    words = WORDS[language]
    notes = []
    if row.status == "held":
        notes.append(words["held"])
    if row.actual is None and row.no_value_reason:
        known = words["reasons"].get(row.no_value_reason)
        notes.append(known or words["no_value"].format(reason=row.no_value_reason.replace("_", " ")))
    elif row.is_open:
        notes.append(words["so_far"])
    if row.quality in ("warning", "stale"):
        notes.append(words[row.quality])
    # of the others the status or the reason above tells, or they are about a column that is not shown
    if row.no_comparison_reason in words["comparisons"]:
        notes.append(words["comparisons"][row.no_comparison_reason])
    return " ".join(notes)
