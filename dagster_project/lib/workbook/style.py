"""How the cells of the workbook look: calm, and readable in a grey print."""

from __future__ import annotations

import math
import re
from datetime import date
from decimal import Decimal

from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.worksheet import Worksheet

from dagster_project.lib.excel import put_text
from dagster_project.lib.terminal import STATUS_LOOK

INK, GREY, LINK, RULE, HEAD = "1F2A37", "5B6573", "1D4E89", "D5DBE2", "E9EEF4"
# Ink and fill. In grey the fills are alike, so the shape and the word carry the status there.
STATUS_COLOURS = {
    "achieved": ("14532D", "D5EBDB"),
    "on_track": ("2F5D1E", "E8F3DF"),
    "at_risk": ("6B4A00", "FFEFC2"),
    "off_track": ("8A1C1C", "F8D7D4"),
    "no_target": (GREY, "FFFFFF"),
    "no_data": (GREY, "F1F3F5"),
    "held": ("55267F", "E9DDF3"),
}
BELOW = Border(bottom=Side(style="thin", color=RULE))
HEADER_LINE = Border(bottom=Side(style="medium", color="8A97A6"))
LINE_HEIGHT = 15


def font(color: str = INK, size: int = 11, bold: bool = False, underline: str | None = None) -> Font:
    """The one typeface of the workbook."""
    return Font(name="Calibri", size=size, bold=bold, underline=underline, color=color)


def write_heading(sheet: Worksheet, title: str, subtitle: str) -> None:
    """The first two rows of a sheet."""
    for row, (text, look, height) in enumerate(
        ((title, font(size=18, bold=True), 27), (subtitle, font(GREY, size=12), 19)), start=1
    ):
        put_text(sheet.cell(row, 1), text)
        sheet.cell(row, 1).font = look
        sheet.row_dimensions[row].height = height
    sheet.sheet_view.showGridLines = False


def write_section(sheet: Worksheet, text: str, row: int) -> int:
    """A heading within a sheet; the row below it."""
    put_text(sheet.cell(row, 1), text)
    sheet.cell(row, 1).font = font(size=13, bold=True)
    sheet.row_dimensions[row].height = 24
    return row + 1


def write_head(cell: Cell, text: str, is_number: bool) -> None:
    """The name of a column, above what stands in it."""
    put_text(cell, text)
    cell.font, cell.fill, cell.border = font(bold=True), PatternFill("solid", fgColor=HEAD), HEADER_LINE
    cell.alignment = Alignment(
        wrap_text=True,
        vertical="center",
        horizontal="right" if is_number else "left",
        indent=int(not is_number),
    )


def write_text(cell: Cell, text: str, wraps: bool = False, bold: bool = False) -> None:
    """A text in a table."""
    put_text(cell, text)
    cell.font, cell.border = font(bold=bold), BELOW
    cell.alignment = Alignment(wrap_text=wraps, vertical="center", horizontal="left", indent=1)


def write_number(cell: Cell, value: Decimal | int | None, shown: str, bold: bool = False) -> None:
    """A number that Excel can compute with; what is missing stays empty and is never 0."""
    if value is not None:
        # -0.0 and +0.0 would say that it went down or up, and show neither
        if (value < 0 or shown.startswith("+")) and abs(value) < _least_shown(shown):
            value = 0
        cell.value = int(value) if value == int(value) else float(value)
        cell.number_format = shown
    cell.font, cell.border = font(bold=bold), BELOW
    cell.alignment = Alignment(horizontal="right", vertical="center")


def _least_shown(shown: str) -> Decimal:
    """The smallest figure that a number format does not show as 0; Excel rounds half away from zero."""
    figure = re.sub(r'"[^"]*"', "", shown.split(";")[0])
    places = len(figure.partition(".")[2].rstrip(" %")) + 2 * ("%" in figure)
    return Decimal("0.5").scaleb(-places)


def write_date(cell: Cell, value: date) -> None:
    """A date in a table."""
    cell.value, cell.number_format = value, "yyyy-mm-dd"
    cell.font, cell.border = font(), BELOW
    cell.alignment = Alignment(horizontal="left", vertical="center", indent=1)


def write_status(cell: Cell, status: str, label: str) -> None:
    """A status as shape, word and colour."""
    write_text(cell, shaped(status, label), bold=status == "off_track")
    colour(cell, status)


def shaped(status: str, label: str) -> str:
    """The shape of a status before its word."""
    return f"{STATUS_LOOK[status][0]} {label}"


def indented() -> Alignment:
    """Where a text stands outside of a table, so that it is in line with those within."""
    return Alignment(horizontal="left", vertical="center", indent=1)


def colour(cell: Cell, status: str) -> None:
    """The colours of a status."""
    ink, fill = STATUS_COLOURS[status]
    cell.font, cell.fill = font(ink, bold=bool(cell.font.bold)), PatternFill("solid", fgColor=fill)


def lines_of(text: str, width: float) -> int:
    """How many lines a text takes: Excel does not fit the height of a row that a program has written."""
    return max(1, math.ceil(len(text) / (width - 1)))
