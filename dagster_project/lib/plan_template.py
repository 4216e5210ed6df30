"""The plan as a workbook to edit: the rows as they are, with drop-down lists, and what each column means in its header.

Belongs here: writing that workbook. Does not belong here: reading it back (``plan_files.py``), or what must hold in it
(``plan.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from dagster_project.lib.catalogue import catalogue_rows
from dagster_project.lib.excel import put_text, save
from dagster_project.lib.plan import SHEETS, Column, Row, Sheet
from dagster_project.lib.plan_cells import exact
from dagster_project.lib.plan_files import MAX_ROWS

INK = "1F2A37"
GREY = "5B6573"
HEADER_FILL = PatternFill("solid", fgColor="DCE3EB")
REQUIRED_FILL = PatternFill("solid", fgColor="C5D3E3")
LINE = Side(style="thin", color="9AA7B5")

_TARGET_SCOPE = "Which part of the company the target is for: company, region, channel, ..."
_KPI = "A KPI of the catalogue; the sheet lists has them with their titles and units."
_TITLE_EN = "As people read it, in English."
_TITLE_SV = "As people read it, in Swedish."
_OWNER = "The role that answers for it, such as head_of_sales."
_COMPANY = "Whose plan the row belongs to (SCORECARD_COMPANY). Empty: every company."
_WHO_AND_WHY = {
    "set_by": "The role that decided.",
    "set_on": "The day of the decision.",
    "reason": "Why, in a sentence; it is published beside the figure.",
    "valid_from": "From when the row counts. To change something, add a row with a later date: the old one stays.",
}
ABOUT: Mapping[str, Mapping[str, str]] = {
    "targets": {
        "company": _COMPANY,
        "kpi_id": _KPI,
        "scope_type": _TARGET_SCOPE,
        "scope_id": "Which one, such as Norge. Empty: every one of that type.",
        "period_grain": "The length of the period. Empty: every one, of what does not grow with time.",
        "period_start_date": "First day of the one period it is for. Empty: a standing target.",
        "target_kind": "value: the figure is given here. growth: last year's value and growth_ratio on top. "
        "benchmark: the KPI's benchmark. Empty: value.",
        "target_value": "The target, as the KPI is counted: 0.375 (or a cell that shows 37.5 %) for a ratio.",
        "target_lower": "Lower end, where the target is a band.",
        "target_upper": "Upper end, where the target is a band.",
        "growth_ratio": "For target_kind growth: 0.05 is 5 % over last year.",
        "baseline_value": "Where one starts from, not better than the target; progress is counted from here. "
        "Empty: value / target, or target / value where lower is better.",
        "phasing": "How a whole year's target is spread over its parts. Empty: none.",
        **_WHO_AND_WHY,
        "valid_to": "The last day on which the row counts. Empty: until a later row.",
    },
    "objectives": {
        "objective_id": "A short name that is not used twice; key results refer to it.",
        "company": _COMPANY,
        "framework": "okr, kra or mbo. Empty: okr.",
        "parent_objective_id": "The objective that this one serves, if any.",
        "weight": "How much it weighs in the one it serves, whose own key results weigh 1 together. Empty: 1.",
        "scope_type": "Whose it is: company, department or team (okr), role (kra), employee (mbo).",
        "scope_id": "Which one; all for the company.",
        "title_en": _TITLE_EN,
        "title_sv": _TITLE_SV,
        "owner_role": _OWNER,
        "period_start_date": "First day.",
        "period_end_date": "Last day.",
    },
    "key_results": {
        "key_result_id": "A short name that is not used twice.",
        "objective_id": "The objective that it shows progress of.",
        "kpi_id": _KPI,
        "scope_type": "For which part of the company the KPI is read.",
        "scope_id": "Which one; all for the company.",
        "title_en": _TITLE_EN,
        "title_sv": _TITLE_SV,
        "baseline_value": "The KPI's value at the start, not better than the target; progress is counted from here. "
        "Empty: value / target, or target / value where lower is better; a target of 0 or less needs one.",
        "target_value": "The KPI's value to reach.",
        "start_date": "First day of one month, quarter or year.",
        "end_date": "Last day of it.",
        "weight": "How much it weighs within its objective. Empty: 1.",
    },
    "initiatives": {
        "initiative_id": "A short name that is not used twice.",
        "objective_id": "The objective that it serves.",
        "title_en": _TITLE_EN,
        "title_sv": _TITLE_SV,
        "owner_role": _OWNER,
        "due_date": "When it is to be done.",
        "state": "planned, started, done or stopped.",
    },
    "weights": {
        "company": _COMPANY,
        "perspective": "financial, customer, internal_process or learning_growth.",
        "kpi_id": "Empty: the row weighs the perspective itself. Else: the KPI counts in it, in one at a time. "
        + _KPI,
        "weight": "Only its share among its siblings matters; 0 takes a KPI off the scorecard.",
        **_WHO_AND_WHY,
    },
}
WIDE = {"reason": 58, "title_en": 44, "title_sv": 44, "kpi_id": 40, "set_by": 22, "owner_role": 22}
GUIDE = (
    ("The plan of the scorecard", "title"),
    ("Targets, objectives and weights: what the figures of the scorecard are measured against.", ""),
    ("", ""),
    ("How to use it", "heading"),
    (
        "1. Change cells or add rows below the last one. The note in each header says what the column means.",
        "",
    ),
    ("2. Dark headers must be filled in. Arrows in a cell offer the words that are allowed.", ""),
    (
        "3. To change a target, add a row with a later valid_from. The old row stays: what is over keeps its "
        "target, but for a named period, such as a year, which is judged as one.",
        "",
    ),
    ("4. Save as .xlsx. Check it with the command of the last section.", ""),
    ("5. The next night uses it, if SCORECARD_PLAN names this file.", ""),
    ("", ""),
    ("What to know", "heading"),
    ("Numbers are numbers, dates are dates: a cell that holds a text instead is refused by name.", ""),
    ("Ratios: 37.5 % is 0.375; a cell formatted as a percentage holds just that.", ""),
    ("Formulas are fine: the value that Excel stored counts. Filtered and hidden rows count too.", ""),
    ("Leave the names of sheets and columns alone. Columns may be moved; optional ones may be left out.", ""),
    ("No merged cells, and nothing beside or above the tables.", ""),
    ("A mistake stops the night before anything is computed; the last published scorecard stands.", ""),
    ("", ""),
    ("The sheets", "heading"),
    ("targets: one row per target and version.", ""),
    (
        "objectives, key_results, initiatives: what is to be reached, how one sees it, what is done for it.",
        "",
    ),
    ("weights: which KPIs the balanced scorecard counts, and how much.", ""),
    ("lists: the KPIs and the parts of the company that the drop-down lists offer. It is not read back.", ""),
    ("", ""),
    ("The command", "heading"),
    ('make plan ARGS="--check plan.xlsx"', "code"),
)


def write_template(plan: Mapping[str, Sequence[Row]], path: Path) -> None:
    """Write the plan's rows as a workbook to edit; the file is there whole or not at all.

    Raises:
        OSError: it can't be written.
    """
    book = Workbook()
    _write_guide(book.active)
    for sheet in SHEETS:
        _write_sheet(book.create_sheet(sheet.name), sheet, plan[sheet.name])
    _write_lists(book.create_sheet("lists"))
    # people come to edit
    book.active = 1
    book["README"].sheet_view.tabSelected = False
    save(book, path)


def put(cell: Cell, value: Any) -> None:  # noqa: ANN401
    """A value of the plan in a cell, so that reading it gives the same again."""
    if isinstance(value, Decimal):
        number = int(value) if value == value.to_integral_value() else float(value)
        # a workbook keeps about sixteen digits; a longer number is kept as a text, which is read exactly
        if abs(value) < 10**15 and exact(number) == value:
            cell.value = number
        else:
            put_text(cell, f"{value:f}")
    elif isinstance(value, date):
        cell.value = value
        cell.number_format = "yyyy-mm-dd"
        cell.alignment = Alignment(horizontal="center")
    elif value is not None:
        put_text(cell, value)


def _write_sheet(worksheet: Worksheet, sheet: Sheet, rows: Sequence[Row]) -> None:
    for index, column in enumerate(sheet.columns, start=1):
        letter = get_column_letter(index)
        _write_header(worksheet.cell(1, index), column, ABOUT[sheet.name][column.name])
        dimension = worksheet.column_dimensions[letter]
        dimension.width = WIDE.get(column.name, max(13, len(column.name) + 4))
        # so that a row that somebody adds is kept as it is typed
        dimension.number_format = {"text": "@", "date": "yyyy-mm-dd", "number": "General"}[column.type]
        if validation := _validation(sheet, column):
            validation.add(f"{letter}2:{letter}{MAX_ROWS}")
            worksheet.add_data_validation(validation)
    for number, row in enumerate(rows, start=2):
        for index, column in enumerate(sheet.columns, start=1):
            cell = worksheet.cell(number, index)
            if column.type == "text":
                cell.number_format = "@"
            put(cell, row[column.name])
    worksheet.freeze_panes = "C2" if sheet.columns[0].name == "company" else "B2"
    worksheet.auto_filter.ref = f"A1:{get_column_letter(len(sheet.columns))}{len(rows) + 1}"
    worksheet.row_dimensions[1].height = 22
    worksheet.page_setup.orientation = "landscape"
    worksheet.page_setup.paperSize = worksheet.PAPERSIZE_A4
    worksheet.page_setup.fitToHeight = 0
    worksheet.sheet_properties.pageSetUpPr.fitToPage = True
    worksheet.print_title_rows = "1:1"


def _write_header(cell: Cell, column: Column, about: str) -> None:
    put_text(cell, column.name)
    cell.font = Font(bold=True, color=INK)
    cell.fill = REQUIRED_FILL if column.required else HEADER_FILL
    cell.border = Border(bottom=LINE)
    cell.alignment = Alignment(vertical="center")
    kind = {"text": "Text", "date": "Date", "number": "Number"}[column.type]
    words = f" One of: {', '.join(column.allowed)}." if column.allowed else ""
    must = "must be filled in" if column.required else "may be empty"
    note = Comment(f"{about}\n\n{kind}, {must}.{words}", "Scorecard")
    note.width, note.height = 300, 150
    cell.comment = note


def _validation(sheet: Sheet, column: Column) -> DataValidation | None:
    """What Excel itself refuses in a column, so that a mistake is told while it is made."""
    if column.allowed:
        return _choice(f'"{",".join(column.allowed)}"', f"Use one of: {', '.join(column.allowed)}.")
    if column.name == "kpi_id":
        return _choice(f"lists!$A$2:$A${len(catalogue_rows()) + 1}", "Use a KPI of the sheet lists.")
    if column.name == "scope_type":
        return _choice(f"lists!$F$2:$F${len(_scope_types()) + 1}", "Use a scope type of the sheet lists.")
    if column.name in sheet.references:
        other, name = sheet.references[column.name]
        names = [found.name for found in next(s for s in SHEETS if s.name == other).columns]
        letter = get_column_letter(names.index(name) + 1)
        filled = f"MAX(1,COUNTA({other}!${letter}$2:${letter}${MAX_ROWS}))"
        return _choice(f"OFFSET({other}!${letter}$2,0,0,{filled},1)", f"Use a {name} of the sheet {other}.")
    limits = {
        "date": ("date", "1", "2958465", "a date"),
        "number": ("decimal", "-1E+27", "1E+27", "a number"),
    }
    if column.type not in limits:
        return None
    kind, low, high, what = limits[column.type]
    rule = DataValidation(type=kind, operator="between", formula1=low, formula2=high, allow_blank=True)
    rule.errorTitle, rule.error = "Not possible", f"The column {column.name} holds {what}."
    return rule


def _choice(formula: str, message: str) -> DataValidation:
    rule = DataValidation(type="list", formula1=formula, allow_blank=True)
    rule.errorTitle, rule.error = "Not possible", message
    return rule


def _scope_types() -> list[str]:
    """Those of the KPIs; objectives may also be those of a role."""
    return sorted({"role"} | {scope for kpi in catalogue_rows() for scope in kpi["scopes"].split(",")})


def _write_lists(worksheet: Worksheet) -> None:
    headings = ("kpi_id", "title_en", "title_sv", "unit", "", "scope_type")
    for index, (heading, width) in enumerate(zip(headings, (44, 40, 40, 12, 4, 22), strict=True), start=1):
        if heading:
            cell = worksheet.cell(1, index)
            put_text(cell, heading)
            cell.font, cell.fill = Font(bold=True, color=INK), HEADER_FILL
        worksheet.column_dimensions[get_column_letter(index)].width = width
    for number, kpi in enumerate(sorted(catalogue_rows(), key=lambda kpi: kpi["kpi_id"]), start=2):
        for index, heading in enumerate(headings[:4], start=1):
            put_text(worksheet.cell(number, index), kpi[heading])
    for number, scope_type in enumerate(_scope_types(), start=2):
        put_text(worksheet.cell(number, 6), scope_type)
    worksheet.freeze_panes = "A2"


def _write_guide(worksheet: Worksheet) -> None:
    worksheet.title = "README"
    worksheet.column_dimensions["A"].width = 110
    worksheet.sheet_view.showGridLines = False
    looks = {
        "title": Font(bold=True, size=16, color=INK),
        "heading": Font(bold=True, color=INK),
        "code": Font(name="Consolas", color=INK),
        "": Font(color=GREY),
    }
    for number, (text, look) in enumerate(GUIDE, start=1):
        if text:
            cell = worksheet.cell(number, 1)
            put_text(cell, text)
            cell.font = looks[look]
