"""The workbook: an overview, then one sheet a perspective, each ready to be printed."""

from __future__ import annotations

from pathlib import Path

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from dagster_project.lib.excel import clean, put_text, save
from dagster_project.lib.terminal import PERSPECTIVES
from dagster_project.lib.terminal import WORDS as TERMINAL_WORDS
from dagster_project.lib.workbook.columns import columns_of, write_cell
from dagster_project.lib.workbook.data import KpiRow, Scorecard
from dagster_project.lib.workbook.overview import write_overview
from dagster_project.lib.workbook.style import GREY, LINE_HEIGHT, font, write_head, write_heading
from dagster_project.lib.workbook.words import WORDS

_HEADER_ROW = 4
# A4 across, less the margins and a little: programs differ in how wide a digit is, 5.25 points in Excel
_PAGE_POINTS, _DIGIT_POINTS, _PADDING_POINTS = 755, 5.25, 3.75


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
    write_overview(book.active, card, language, names)
    for perspective in PERSPECTIVES:
        rows = [row for row in card.rows if row.perspective == perspective]
        _perspective(book.create_sheet(names[perspective]), card, language, rows)
    for sheet in book.worksheets:
        _page(sheet, card, language)
    # a sheet that is fitted to the page knows no page breaks, and the overview has one
    overview = book.worksheets[0]
    overview.sheet_properties.pageSetUpPr.fitToPage = False
    overview.page_setup.scale = _scale(overview)
    book.properties.title = f"{WORDS[language]['scorecard']} {card.period.name}"
    book.properties.creator = clean(card.edition.company)
    book.properties.created = card.edition.published_at
    return book


def _perspective(sheet: Worksheet, card: Scorecard, language: str, rows: list[KpiRow]) -> None:
    columns = columns_of(card, language)
    write_heading(sheet, sheet.title, _subtitle(card, language))
    for index, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(index)].width = column.width
        write_head(sheet.cell(_HEADER_ROW, index), column.heading, is_number=column.number is not None)
    sheet.row_dimensions[_HEADER_ROW].height = 2 * LINE_HEIGHT + 6
    for number, row in enumerate(rows, start=_HEADER_ROW + 1):
        lines = max(
            write_cell(sheet.cell(number, index), row, column, language)
            for index, column in enumerate(columns, start=1)
        )
        sheet.row_dimensions[number].height = lines * LINE_HEIGHT + 4
        if row.level != "strategic":
            sheet.row_dimensions[number].outlineLevel = 1
    if not rows:
        put_text(sheet.cell(_HEADER_ROW + 1, 1), WORDS[language]["empty"])
        sheet.cell(_HEADER_ROW + 1, 1).font = font(GREY)
    # the strategic KPIs stand above what is folded below them
    sheet.sheet_properties.outlinePr.summaryBelow = False
    sheet.freeze_panes = sheet.cell(_HEADER_ROW + 1, 2)
    sheet.auto_filter.ref = f"A{_HEADER_ROW}:{get_column_letter(len(columns))}{_HEADER_ROW + len(rows)}"
    # on paper what a meeting needs; goal, level and quality are for those who filter, and a warning stands in the note
    printed = [column.name for column in columns].index("goal")
    sheet.print_area = f"A1:{get_column_letter(printed)}{_HEADER_ROW + max(1, len(rows))}"
    sheet.print_title_rows = f"{_HEADER_ROW}:{_HEADER_ROW}"


def _subtitle(card: Scorecard, language: str) -> str:
    company = card.edition.company
    name = company if card.scope.type == "company" else f"{company}, {card.scope.name}"
    so_far = f" ({WORDS[language]['open']})" if card.period.is_open else ""
    return f"{name} · {card.period.name}{so_far}"


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
    sheet.oddHeader.left.text = clean(_subtitle(card, language)).replace("&", "&&")
    sheet.oddHeader.right.text = f"{words['scorecard']} – {sheet.title}"
    sheet.oddFooter.left.text = f"{words['facts']['edition']} {card.edition.edition_id}".replace("&", "&&")
    sheet.oddFooter.right.text = f"{words['page']} &P {words['of']} &N"


def _scale(sheet: Worksheet) -> int:
    """At how many per cent the sheet is one page wide."""
    widths = [dimension.width for dimension in sheet.column_dimensions.values()]
    points = sum(width * _DIGIT_POINTS + _PADDING_POINTS for width in widths)
    return min(100, int(100 * _PAGE_POINTS / points))
