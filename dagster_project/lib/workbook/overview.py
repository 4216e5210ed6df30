"""The first sheet of the workbook: how each perspective stands, what needs attention, and how to read the rest."""

from __future__ import annotations

from collections import Counter

from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

from dagster_project.lib.excel import put_text
from dagster_project.lib.terminal import PERSPECTIVES, STATUS_LOOK
from dagster_project.lib.workbook.columns import columns_of, write_cell
from dagster_project.lib.workbook.data import Scorecard
from dagster_project.lib.workbook.style import (
    BELOW,
    GREY,
    LINE_HEIGHT,
    LINK,
    colour,
    font,
    indented,
    lines_of,
    shaped,
    write_date,
    write_head,
    write_heading,
    write_number,
    write_section,
    write_status,
    write_text,
)
from dagster_project.lib.workbook.words import WORDS, role

_TITLE_WIDTH, _WIDTH = 46, 14
_ATTENTION = ("title", "actual", "target", "target_upper", "variance", "status")


def write_overview(sheet: Worksheet, card: Scorecard, language: str, names: dict[str, str]) -> None:
    """Fill the first sheet; ``names`` are those of the perspectives and of their sheets."""
    words = WORDS[language]
    sheet.title = words["overview"]
    for index in range(1, _width(card) + 1):
        sheet.column_dimensions[get_column_letter(index)].width = _TITLE_WIDTH if index == 1 else _WIDTH
    write_heading(sheet, card.edition.company, f"{words['scorecard']} {card.period.name}")
    row = _facts(sheet, card, language, 4)
    row = _counts(sheet, card, language, names, row + 1)
    row = _attention(sheet, card, language, row + 1)
    # what one acts on is a page, what one looks up another
    sheet.row_breaks.append(Break(id=row))
    row = _objectives(sheet, card, language, row + 1)
    _guide(sheet, card, language, row + 1)


def _facts(sheet: Worksheet, card: Scorecard, language: str, row: int) -> int:
    words, period, edition = WORDS[language], card.period, card.edition
    is_whole = card.scope.type == "company"
    facts = {
        "period": f"{period.name} ({period.start} – {period.end})"
        + (f", {words['open']}" if period.is_open else ""),
        "scope": words["whole_company"] if is_whole else card.scope.name,
        "currency": edition.currency,
        "as_of": f"{edition.as_of}",
        "published": f"{edition.published_at:%Y-%m-%d %H:%M} UTC",
        "edition": edition.edition_id,
    }
    for name, value in facts.items():
        put_text(sheet.cell(row, 1), words["facts"][name])
        put_text(sheet.cell(row, 2), value)
        sheet.cell(row, 1).font, sheet.cell(row, 2).font = font(GREY), font()
        sheet.cell(row, 1).alignment = sheet.cell(row, 2).alignment = indented()
        row += 1
    return row


def _counts(sheet: Worksheet, card: Scorecard, language: str, names: dict[str, str], row: int) -> int:
    """How many KPIs of each perspective have which status, and its balanced score where there is one."""
    words = WORDS[language]
    shapes = [shaped(status, card.labels[status]) for status in _statuses(card)]
    heads = [words["perspective"], *shapes, words["kpis"]]
    if card.scores:
        heads += [words["score"], words["scored"], words["coverage"]]
    for index, text in enumerate(heads, start=1):
        write_head(sheet.cell(row, index), text, is_number=index > 1)
    sheet.row_dimensions[row].height = 2 * LINE_HEIGHT + 6
    for perspective in (*PERSPECTIVES, "all"):
        row += 1
        is_all = perspective == "all"
        members = [kpi for kpi in card.rows if is_all or kpi.perspective == perspective]
        counts = Counter(kpi.status for kpi in members)
        write_text(sheet.cell(row, 1), names.get(perspective, words["all"]), bold=is_all)
        if not is_all:
            sheet.cell(row, 1).hyperlink = f"#'{names[perspective]}'!A1"
            sheet.cell(row, 1).font = font(LINK, underline="single")
        for index, status in enumerate(_statuses(card), start=2):
            # zeros everywhere would hide the figures that matter
            write_number(sheet.cell(row, index), counts[status] or None, "#,##0", bold=is_all)
            if counts[status] and not is_all:
                colour(sheet.cell(row, index), status)
        total = len(shapes) + 2
        write_number(sheet.cell(row, total), len(members), "#,##0", bold=is_all)
        if card.scores:
            score = card.scores.get(perspective)
            write_number(sheet.cell(row, total + 1), score and score.score, "0.0", bold=is_all)
            # not all KPIs are on the balanced scorecard, and not all of those have a score
            of = f'0" {words["of"]} {score.kpis}"' if score else "0"
            write_number(sheet.cell(row, total + 2), score and score.scored_kpis, of, bold=is_all)
            write_number(sheet.cell(row, total + 3), score and score.coverage, "0%", bold=is_all)
        sheet.row_dimensions[row].height = LINE_HEIGHT + 3
    return row + 1


def _attention(sheet: Worksheet, card: Scorecard, language: str, row: int) -> int:
    """The strategic KPIs that missed their target, the worst status first."""
    words = WORDS[language]
    columns = {column.name: column for column in columns_of(card, language)}
    members = [
        kpi for kpi in card.rows if kpi.level == "strategic" and kpi.status in ("off_track", "at_risk")
    ]
    row = write_section(sheet, words["attention"], row)
    if not members:
        put_text(sheet.cell(row, 1), words["nothing_to_attend"])
        sheet.cell(row, 1).font, sheet.cell(row, 1).alignment = font(GREY), indented()
        return row + 1
    for index, name in enumerate(_ATTENTION, start=1):
        write_head(sheet.cell(row, index), columns[name].heading, is_number=columns[name].number is not None)
    owner = len(_ATTENTION) + 1
    write_head(sheet.cell(row, owner), columns["owner"].heading, is_number=False)
    write_head(sheet.cell(row, owner + 1), "", is_number=False)
    sheet.row_dimensions[row].height = 2 * LINE_HEIGHT + 6
    for kpi in sorted(members, key=lambda kpi: kpi.status != "off_track"):
        row += 1
        for index, name in enumerate(_ATTENTION, start=1):
            write_cell(sheet.cell(row, index), kpi, columns[name], language)
        _owner(sheet, row, owner, role(kpi.owner_role, language))
        sheet.row_dimensions[row].height = LINE_HEIGHT + 3
    return row + 1


def _owner(sheet: Worksheet, row: int, column: int, text: str) -> None:
    """An owner takes the room of two columns."""
    write_text(sheet.cell(row, column), text)
    sheet.cell(row, column + 1).border = BELOW


def _objectives(sheet: Worksheet, card: Scorecard, language: str, row: int) -> int:
    if not card.objectives:
        return row
    words = WORDS[language]
    row = write_section(sheet, words["objectives"], row)
    for index, text in enumerate((*words["objective"], ""), start=1):
        write_head(sheet.cell(row, index), text, is_number=index in (3, 4, 5))
    sheet.row_dimensions[row].height = LINE_HEIGHT + 8
    for objective in card.objectives:
        row += 1
        write_text(sheet.cell(row, 1), objective.title, wraps=True)
        write_text(sheet.cell(row, 2), objective.scope_name, wraps=True)
        write_number(sheet.cell(row, 3), objective.score, "0.00")
        write_number(sheet.cell(row, 4), objective.expected, "0.00")
        write_number(sheet.cell(row, 5), objective.coverage, "0%")
        write_status(sheet.cell(row, 6), objective.status, card.labels[objective.status])
        write_date(sheet.cell(row, 7), objective.end)
        _owner(sheet, row, 8, role(objective.owner_role, language))
        lines = max(lines_of(objective.title, _TITLE_WIDTH), lines_of(objective.scope_name, _WIDTH))
        sheet.row_dimensions[row].height = lines * LINE_HEIGHT + 3
    return row + 1


def _guide(sheet: Worksheet, card: Scorecard, language: str, row: int) -> None:
    """What the shapes mean, and what the figures contain."""
    words = WORDS[language]
    row = write_section(sheet, words["how_to_read"], row)
    meanings = {status.status: status.meaning for status in card.statuses}
    for status in _statuses(card):
        write_status(sheet.cell(row, 1), status, card.labels[status])
        put_text(sheet.cell(row, 2), meanings[status])
        sheet.cell(row, 2).font, sheet.cell(row, 2).alignment = font(), indented()
        sheet.row_dimensions[row].height = LINE_HEIGHT + 2
        row += 1
    hints = [words["points"], *([words["target_hint"]] if card.scores else [])]
    row = _sentences(sheet, hints, row, _width(card))
    if card.notes:
        row = write_section(sheet, words["notes"], row + 1)
        _sentences(sheet, card.notes, row, _width(card))


def _sentences(sheet: Worksheet, texts: list[str], row: int, width: int) -> int:
    for text in texts:
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=width)
        put_text(sheet.cell(row, 1), text)
        sheet.cell(row, 1).font = font(GREY)
        sheet.cell(row, 1).alignment = Alignment(
            wrap_text=True, horizontal="left", vertical="center", indent=1
        )
        lines = lines_of(text, _TITLE_WIDTH + _WIDTH * (width - 1))
        sheet.row_dimensions[row].height = lines * LINE_HEIGHT + 2
        row += 1
    return row


def _width(card: Scorecard) -> int:
    """How many columns the table of the perspectives has, the widest of the sheet."""
    return 2 + len(card.statuses) + (3 if card.scores else 0)


def _statuses(card: Scorecard) -> list[str]:
    """From the best to what is missing."""
    order = list(STATUS_LOOK)
    return sorted(card.labels, key=order.index)
