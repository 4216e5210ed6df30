"""The scorecard of a period as a formatted workbook: an overview, then one sheet a perspective.

Belongs here: how the workbook looks. Figures are numbers with a number format, so that Excel writes them as its reader's
language does; a status has a shape and a word beside its colour, so that it can be read in a grey print.
Does not belong here: what is shown (``workbook_data.py``), and its words (``workbook_words.py``).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from dagster_project.lib.excel import put_text, save
from dagster_project.lib.terminal import DECIMALS, PERSPECTIVES, STATUS_LOOK
from dagster_project.lib.terminal import WORDS as TERMINAL_WORDS
from dagster_project.lib.workbook_data import KpiRow, Scorecard
from dagster_project.lib.workbook_words import WORDS, role, spaced

INK, GREY, RULE, HEAD = "1F2A37", "5B6573", "D5DBE2", "E9EEF4"
# text on fill: each pair has a contrast of at least 4.5 to 1
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
LINE_HEIGHT = 14.5


@dataclass(frozen=True)
class Column:
    """A column of a perspective's sheet: its width, and what it shows of a row."""

    name: str
    width: float
    value: Callable[[KpiRow], Any]
    # how a number is written: as the KPI itself, as a difference of it, or as a share
    number: str | None = None
    wraps: bool = False


def write_workbook(card: Scorecard, language: str, path: Path) -> None:
    """Write the workbook; the same edition, period, scope and language give the same file.

    Raises:
        OSError: it can't be written.
    """
    save(make_workbook(card, language), path, card.edition.published_at)


def make_workbook(card: Scorecard, language: str) -> Workbook:
    """The workbook."""
    book = Workbook()
    names = {perspective: TERMINAL_WORDS[language][perspective] for perspective in PERSPECTIVES}
    _overview(book.active, card, language, names)
    for perspective in PERSPECTIVES:
        rows = [row for row in card.rows if row.perspective == perspective]
        _perspective(book.create_sheet(names[perspective]), card, language, rows)
    for sheet in book.worksheets:
        _page(sheet, card, language)
    book.properties.title = f"{WORDS[language]['scorecard']} {card.period.name}"
    book.properties.creator = card.edition.company
    book.properties.created = card.edition.published_at
    return book


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
    if row.no_comparison_reason == "zero_target":
        notes.append(words["zero_target"])
    return " ".join(notes)


def _columns(card: Scorecard, language: str, labels: dict[str, str]) -> list[Column]:
    words, quality = WORDS[language], TERMINAL_WORDS[language]["quality"]

    def unit(row: KpiRow) -> str:
        if row.display_format == "amount":
            return card.edition.currency
        return words["units"].get(row.display_format) or row.unit

    def variance(row: KpiRow) -> Decimal | None:
        # of two percentages the difference is in points, which no number format can make of a share
        is_percent = row.display_format == "percent" and row.variance is not None
        return row.variance * 100 if is_percent else row.variance

    return [
        Column("title", 38, lambda row: row.title, wraps=True),
        Column("unit", 9, unit),
        Column("actual", 13, lambda row: row.actual, "value"),
        Column(
            "target", 13, lambda row: row.target if row.target_lower is None else row.target_lower, "value"
        ),
        Column("target_upper", 12, lambda row: row.target_upper, "value"),
        Column("variance", 13, variance, "difference"),
        Column("variance_ratio", 11, lambda row: row.variance_ratio, "share"),
        Column("status", 15, lambda row: f"{STATUS_LOOK[row.status][0]} {labels[row.status]}"),
        Column("previous", 13, lambda row: row.previous, "value"),
        Column("last_year", 13, lambda row: row.last_year, "value"),
        Column("benchmark", 13, lambda row: row.benchmark, "value"),
        Column("note", 30, lambda row: note_of(row, language), wraps=True),
        Column("owner", 16, lambda row: role(row.owner_role, language), wraps=True),
        Column("goal", 18, lambda row: card.goals.get(row.goal) or spaced(row.goal), wraps=True),
        Column("period", 10, lambda row: row.period_name),
        Column("level", 12, lambda row: words["levels"].get(row.level, row.level)),
        Column("quality", 12, lambda row: quality.get(row.quality, row.quality)),
    ]


def _perspective(sheet: Worksheet, card: Scorecard, language: str, rows: list[KpiRow]) -> None:
    columns = _columns(card, language, {status.status: status.label for status in card.statuses})
    _heading(sheet, sheet.title, _subtitle(card, language))
    first = 4
    for index, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(index)].width = column.width
        _head(
            sheet.cell(first, index),
            WORDS[language]["columns"][column.name],
            is_number=column.number is not None,
        )
    sheet.row_dimensions[first].height = 2.3 * LINE_HEIGHT
    for number, row in enumerate(rows, start=first + 1):
        lines = 1
        for index, column in enumerate(columns, start=1):
            cell = sheet.cell(number, index)
            value = column.value(row)
            if column.number:
                fmt = number_format(row.display_format, column.number, WORDS[language]["points_unit"])
                _number(cell, value, fmt)
            elif value:
                put_text(cell, value)
                lines = max(lines, _lines(value, column.width) if column.wraps else 1)
            _body(cell, column.wraps)
        _colour(sheet.cell(number, 1 + [column.name for column in columns].index("status")), row.status)
        sheet.cell(number, 1).font = Font(color=INK, bold=row.level == "strategic")
        sheet.row_dimensions[number].height = lines * LINE_HEIGHT + 4
        if row.level != "strategic":
            sheet.row_dimensions[number].outlineLevel = 1
    if not rows:
        put_text(sheet.cell(first + 1, 1), WORDS[language]["empty"])
        sheet.cell(first + 1, 1).font = Font(color=GREY, italic=True)
    # the strategic KPIs stand above what is folded below them
    sheet.sheet_properties.outlinePr.summaryBelow = False
    sheet.freeze_panes = sheet.cell(first + 1, 2)
    sheet.auto_filter.ref = f"A{first}:{get_column_letter(len(columns))}{max(first, first + len(rows))}"
    sheet.print_title_rows = f"{first}:{first}"


def _overview(sheet: Worksheet, card: Scorecard, language: str, names: dict[str, str]) -> None:
    words = WORDS[language]
    sheet.title = words["overview"]
    widths = [44, *[13] * max(len(card.statuses), 7), 11, 12, 12]
    for index, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(index)].width = width
    _heading(sheet, card.edition.company, f"{words['scorecard']} {card.period.name}")
    row = _facts(sheet, card, language, 4)
    row = _counts(sheet, card, language, names, row + 1)
    row = _attention(sheet, card, language, row + 1)
    row = _objectives(sheet, card, language, row + 1)
    row = _guide(sheet, card, language, row + 1, len(widths))
    sheet.freeze_panes = "A4"


def _facts(sheet: Worksheet, card: Scorecard, language: str, row: int) -> int:
    words, period, edition = WORDS[language], card.period, card.edition
    shown = f"{period.name} ({period.start} – {period.end})" + (
        f", {words['open']}" if period.is_open else ""
    )
    is_whole = card.scope.type == "company"
    facts = {
        "period": shown,
        "scope": words["whole_company"] if is_whole else card.scope.name,
        "currency": edition.currency,
        "as_of": f"{edition.as_of}",
        "published": f"{edition.published_at:%Y-%m-%d %H:%M} UTC",
        "edition": edition.edition_id,
    }
    for name, value in facts.items():
        put_text(sheet.cell(row, 1), words["facts"][name])
        put_text(sheet.cell(row, 2), value)
        sheet.cell(row, 1).font, sheet.cell(row, 2).font = Font(color=GREY), Font(color=INK)
        row += 1
    return row


def _counts(sheet: Worksheet, card: Scorecard, language: str, names: dict[str, str], row: int) -> int:
    """How many KPIs of each perspective have which status, and its balanced score where there is one."""
    words = WORDS[language]
    shapes = [f"{STATUS_LOOK[status.status][0]} {status.label}" for status in card.statuses]
    heads = [words["perspective"], *shapes, words["kpis"]]
    if card.scores:
        heads += [words["score"], words["coverage"]]
    for index, text in enumerate(heads, start=1):
        _head(sheet.cell(row, index), text, is_number=index > 1)
    sheet.row_dimensions[row].height = 2.3 * LINE_HEIGHT
    for perspective in (*PERSPECTIVES, "all"):
        row += 1
        members = [kpi for kpi in card.rows if perspective in ("all", kpi.perspective)]
        counts = Counter(kpi.status for kpi in members)
        first = sheet.cell(row, 1)
        put_text(first, names.get(perspective, words["all"]))
        for index, status in enumerate(card.statuses, start=2):
            cell = sheet.cell(row, index)
            # a 0 everywhere hides the figures that matter
            _number(cell, counts[status.status] or None, "#,##0")
            if counts[status.status] and perspective != "all":
                _colour(cell, status.status)
        total = len(card.statuses) + 2
        _number(sheet.cell(row, total), len(members), "#,##0")
        if score := card.scores.get(perspective):
            _number(sheet.cell(row, total + 1), score.score, "0.0")
            _number(sheet.cell(row, total + 2), score.coverage, "0%")
        for index in range(1, len(heads) + 1):
            sheet.cell(row, index).border = BELOW
        if perspective == "all":
            for index in range(1, len(heads) + 1):
                sheet.cell(row, index).font = Font(bold=True, color=INK)
        else:
            first.hyperlink = f"#'{names[perspective]}'!A1"
            first.font = Font(color="1D4E89", underline="single")
    return row + 1


def _attention(sheet: Worksheet, card: Scorecard, language: str, row: int) -> int:
    """The strategic KPIs that missed their target, the worst status first."""
    words = WORDS[language]
    columns = {column.name: column for column in _columns(card, language, _labels(card))}
    shown = [
        columns[name] for name in ("title", "actual", "target", "target_upper", "variance", "status", "owner")
    ]
    members = [
        kpi for kpi in card.rows if kpi.level == "strategic" and kpi.status in ("off_track", "at_risk")
    ]
    row = _section(sheet, words["attention"], row)
    if not members:
        put_text(sheet.cell(row, 1), words["nothing_to_attend"])
        return row + 1
    for index, column in enumerate(shown, start=1):
        _head(sheet.cell(row, index), words["columns"][column.name], is_number=column.number is not None)
    sheet.row_dimensions[row].height = 2.3 * LINE_HEIGHT
    for kpi in sorted(members, key=lambda kpi: kpi.status != "off_track"):
        row += 1
        for index, column in enumerate(shown, start=1):
            cell = sheet.cell(row, index)
            value = column.value(kpi)
            if column.number:
                _number(cell, value, number_format(kpi.display_format, column.number, words["points_unit"]))
            elif value:
                put_text(cell, value)
            _body(cell, wraps=False)
            if column.name == "status":
                _colour(cell, kpi.status)
    return row + 1


def _objectives(sheet: Worksheet, card: Scorecard, language: str, row: int) -> int:
    if not card.objectives:
        return row
    words, labels = WORDS[language], _labels(card)
    row = _section(sheet, words["objectives"], row)
    for index, text in enumerate(words["objective"], start=1):
        _head(sheet.cell(row, index), text, is_number=index in (3, 4, 5))
    for objective in card.objectives:
        row += 1
        put_text(sheet.cell(row, 1), objective.title)
        put_text(sheet.cell(row, 2), objective.scope_name)
        _number(sheet.cell(row, 3), objective.score, "0.00")
        _number(sheet.cell(row, 4), objective.expected, "0.00")
        _number(sheet.cell(row, 5), objective.coverage, "0%")
        put_text(sheet.cell(row, 6), f"{STATUS_LOOK[objective.status][0]} {labels[objective.status]}")
        put_text(sheet.cell(row, 7), role(objective.owner_role, language))
        _date(sheet.cell(row, 8), objective.end)
        for index in range(1, 9):
            _body(sheet.cell(row, index), wraps=index in (1, 2, 7))
        _colour(sheet.cell(row, 6), objective.status)
        texts = (
            (objective.title, 44),
            (objective.scope_name, 13),
            (role(objective.owner_role, language), 13),
        )
        lines = max(_lines(text, width) for text, width in texts)
        sheet.row_dimensions[row].height = lines * LINE_HEIGHT + 4
    return row + 1


def _guide(sheet: Worksheet, card: Scorecard, language: str, row: int, width: int) -> int:
    """What the shapes mean, and what the figures contain."""
    words = WORDS[language]
    row = _section(sheet, words["how_to_read"], row)
    for status in card.statuses:
        put_text(sheet.cell(row, 1), f"{STATUS_LOOK[status.status][0]} {status.label}")
        _colour(sheet.cell(row, 1), status.status)
        put_text(sheet.cell(row, 2), status.meaning)
        sheet.cell(row, 2).font = Font(color=INK)
        row += 1
    hints = [words["points"], *([words["target_hint"]] if card.scores else [])]
    for texts, heading in ((hints, None), (card.notes, words["notes"])):
        if heading and texts:
            row = _section(sheet, heading, row + 1)
        for text in texts:
            sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=width)
            put_text(sheet.cell(row, 1), text)
            sheet.cell(row, 1).font = Font(color=GREY)
            sheet.cell(row, 1).alignment = Alignment(wrap_text=True, vertical="top")
            sheet.row_dimensions[row].height = _lines(text, 150) * LINE_HEIGHT + 2
            row += 1
    return row


def _labels(card: Scorecard) -> dict[str, str]:
    return {status.status: status.label for status in card.statuses}


def _subtitle(card: Scorecard, language: str) -> str:
    words = WORDS[language]
    name = (
        card.edition.company if card.scope.type == "company" else f"{card.edition.company}, {card.scope.name}"
    )
    return f"{name} · {card.period.name}" + (f" ({words['open']})" if card.period.is_open else "")


def _heading(sheet: Worksheet, title: str, subtitle: str) -> None:
    put_text(sheet.cell(1, 1), title)
    put_text(sheet.cell(2, 1), subtitle)
    sheet.cell(1, 1).font, sheet.cell(2, 1).font = (
        Font(bold=True, size=18, color=INK),
        Font(size=12, color=GREY),
    )
    sheet.row_dimensions[1].height, sheet.row_dimensions[2].height = 27, 18
    sheet.sheet_view.showGridLines = False


def _section(sheet: Worksheet, text: str, row: int) -> int:
    put_text(sheet.cell(row, 1), text)
    sheet.cell(row, 1).font = Font(bold=True, size=13, color=INK)
    sheet.row_dimensions[row].height = 22
    return row + 1


def _head(cell: Cell, text: str, is_number: bool) -> None:
    put_text(cell, text)
    cell.font, cell.fill, cell.border = (
        Font(bold=True, color=INK),
        PatternFill("solid", fgColor=HEAD),
        HEADER_LINE,
    )
    cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="right" if is_number else "left")


def _body(cell: Cell, wraps: bool) -> None:
    cell.border = BELOW
    if cell.font.color is None or cell.font.color.rgb in (None, "00000000"):
        cell.font = Font(color=INK)
    horizontal = "right" if cell.data_type == "n" else "left"
    cell.alignment = Alignment(wrap_text=wraps, vertical="center", horizontal=horizontal)


def _number(cell: Cell, value: Decimal | int | None, shown: str) -> None:
    """A number that Excel can compute with; what is missing stays empty and is never 0."""
    if value is not None:
        cell.value = int(value) if value == int(value) else float(value)
        cell.number_format = shown
    cell.alignment = Alignment(horizontal="right", vertical="center")


def _date(cell: Cell, value: date) -> None:
    cell.value = value
    cell.number_format = "yyyy-mm-dd"


def _colour(cell: Cell, status: str) -> None:
    ink, fill = STATUS_COLOURS[status]
    cell.font, cell.fill = Font(color=ink, bold=status == "off_track"), PatternFill("solid", fgColor=fill)


def _lines(text: str, width: float) -> int:
    """How many lines a text takes: Excel does not fit the height of a row that was written for it."""
    return max(1, math.ceil(len(text) * 1.1 / width))


def _page(sheet: Worksheet, card: Scorecard, language: str) -> None:
    """A4 across, one page wide, with the edition and the period on every page."""
    words = WORDS[language]
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top, margins.bottom, margins.header, margins.footer = 0.6, 0.6, 0.3, 0.3
    # & begins a code there
    sheet.oddHeader.left.text = _subtitle(card, language).replace("&", "&&")
    sheet.oddHeader.right.text = f"{words['scorecard']} – {sheet.title}"
    sheet.oddFooter.left.text = f"{words['facts']['edition']} {card.edition.edition_id}".replace("&", "&&")
    sheet.oddFooter.right.text = f"{words['page']} &P {words['of']} &N"
