"""The plan's files as rows of cells, each with the place where a person finds it: a folder of CSV files or a workbook.

Belongs here: opening what people hand in (and saying why it can't be opened), and cells as text, number or date.
Does not belong here: which columns there are and what they may hold (``plan.py``).
"""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import repeat
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from dagster_project.lib.plan_cells import Cell, Place, UnreadableCell, exact

MAX_ROWS = 100_000
MAX_BYTES = 150_000_000
# what may stand in a workbook beside the sheets of the plan
GUIDE_SHEETS = ("README", "lists")
_EXCEL_LAST_ROW = 1_048_576
_LAST_COLUMN = 100
_SEPARATORS = {";": "semicolons", "\t": "tabs"}

Report = Callable[[str], None]


class UnreadableFile(ValueError):
    """The whole file or folder can't be read; the message says why and what to do."""


@dataclass(frozen=True)
class Table:
    """A sheet as it stands in the file: where its header is, the names there, and the rows that are not blank."""

    place: str
    header: tuple[str, ...]
    rows: Iterable[tuple[Place, Sequence[Cell]]]


def read_tables(source: Path, names: Collection[str], report: Report) -> dict[str, Table]:
    """The sheets of the plan that stand in a folder of CSV files or in a workbook; what is wrong is reported.

    Raises:
        UnreadableFile: there is nothing to read at all.
    """
    expected = "a folder of CSV files or an Excel workbook (.xlsx)"
    if not source.exists():
        raise UnreadableFile(f"there is no such file or folder; expected {expected}")
    if source.is_dir():
        tables = _read_folder(source, names, report)
    elif source.suffix.lower() == ".xlsx":
        tables = _read_workbook(source, names, report)
    else:
        raise UnreadableFile(f"expected {expected}, found a file of another kind")
    if not tables:
        raise UnreadableFile(f"it holds none of the sheets {', '.join(names)}")
    return tables


def _unknown(name: str, names: Collection[str]) -> str:
    return f"{name} is no sheet of the plan; expected {', '.join(names)}. Rename it or take it out"


def _read_folder(folder: Path, names: Collection[str], report: Report) -> dict[str, Table]:
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        # what other programs leave beside a file they have open begins with a sign
        if path.suffix.lower() != ".csv" or path.name.startswith((".", "~")):
            continue
        if path.stem not in names:
            report(_unknown(path.name, [f"{name}.csv" for name in names]))
        elif path.stem in found:
            report(f"{path.name} and {found[path.stem].name} are one sheet of the plan; take one of them out")
        else:
            found[path.stem] = path
    tables = {}
    for name in (name for name in names if name in found):
        path = found[name]
        try:
            tables[name] = _read_csv(path, report)
        except UnreadableFile as error:
            report(f"{path.name}: {error}")
            tables[name] = Table(path.name, (), ())
    return tables


def _read_csv(path: Path, report: Report) -> Table:
    """The header of a CSV file, and its rows.

    Raises:
        UnreadableFile: there is no header to go by.
    """
    text = _text_of(path)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise UnreadableFile(f"line 1 can't be read: {error}") from error
    if not any(header):
        raise UnreadableFile("the first line is empty; expected the names of the columns")
    for separator, word in _SEPARATORS.items():
        if len(header) == 1 and separator in header[0]:
            raise UnreadableFile(
                f"its columns are separated by {word}; expected commas. Excel saves CSV that way where its language "
                "has a decimal comma, as Swedish has, and what 1,250 means is not guessed. Keep the plan as a workbook "
                "instead (.xlsx, with SCORECARD_PLAN naming it), or save with commas between columns and decimal points"
            )
    return Table(f"{path.name}, line 1", tuple(header), _csv_rows(path.name, reader, len(header), report))


def _text_of(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UnreadableFile(f"expected at most {MAX_BYTES // 1_000_000} MB, found a larger file")
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"it can't be opened: {error.strerror}") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UnreadableFile(
            f"expected text in UTF-8, found other bytes in line {line}; in Excel, save it as CSV UTF-8"
        ) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise UnreadableFile(f"expected text, found a zero byte in line {line}")
    return text


def _csv_rows(
    file: str, reader: Iterator[list[str]], width: int, report: Report
) -> Iterator[tuple[Place, Sequence[Cell]]]:
    filled = 0
    while True:
        # a quoted cell may run over several lines: the row is where it begins
        place = Place(f"{file}, line", reader.line_num + 1)
        try:
            cells = next(reader, None)
        except csv.Error as error:
            report(f"{place}: it can't be read as CSV: {error}")
            return
        if cells is None:
            return
        if not any(cell.strip() for cell in cells):
            continue
        filled += 1
        if filled > MAX_ROWS:
            report(f"{place}: expected at most {MAX_ROWS:,} rows, found more")
            return
        if len(cells) != width:
            hint = "; a text with a comma in it needs quotes" if len(cells) > width else ""
            report(f"{place}: expected {width} columns, found {len(cells)}{hint}")
            continue
        yield place, cells


def _read_workbook(path: Path, names: Collection[str], report: Report) -> dict[str, Table]:
    _refuse_other_files(path)
    tables: dict[str, Table] = {}
    try:
        with warnings.catch_warnings():
            # about styles and drawings that are of no use here
            warnings.simplefilter("ignore")
            values = load_workbook(path, read_only=True, data_only=True, keep_links=False)
            formulas = load_workbook(path, read_only=True, keep_links=False)
            try:
                sheets = {sheet.title: sheet for sheet in values.worksheets}
                for title in values.sheetnames:
                    if title not in (*names, *GUIDE_SHEETS):
                        report(f"{path.name}, sheet {_unknown(title, names)}")
                for name in names:
                    if name in sheets:
                        tables[name] = _read_sheet(path.name, sheets[name], formulas[name], report)
            finally:
                values.close()
                formulas.close()
    # a damaged workbook fails anywhere inside the reader, with an exception of any kind
    except Exception as error:
        raise UnreadableFile(
            f"it is damaged ({type(error).__name__}); open it in Excel and save it again as .xlsx"
        ) from error
    return tables


def _refuse_other_files(path: Path) -> None:
    """What is no workbook, or a dangerously large one, is told before it is opened.

    Raises:
        UnreadableFile: why it isn't opened.
    """
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise UnreadableFile(f"it can't be opened: {error.strerror}") from error
    if not start:
        raise UnreadableFile("the file is empty")
    if start == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise UnreadableFile(
            "it is protected by a password, or an old .xls file; save it as .xlsx without a password"
        )
    if not zipfile.is_zipfile(path):
        raise UnreadableFile("it is no Excel workbook, whatever its name says; save it as .xlsx")
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile as error:
        raise UnreadableFile("it is damaged; open it in Excel and save it again as .xlsx") from error
    if size > MAX_BYTES:
        raise UnreadableFile(
            f"expected at most {MAX_BYTES // 1_000_000} MB unpacked, found {size // 1_000_000:,} MB"
        )


def _read_sheet(file: str, sheet: ReadOnlyWorksheet, twin: ReadOnlyWorksheet, report: Report) -> Table:
    """A sheet of a workbook; ``twin`` is the same sheet with its formulas in place of their values."""
    where = f"{file}, sheet {sheet.title}"
    merged, has_formulas = _look_ahead(sheet)
    for cells in merged:
        report(
            f"{where}, cells {cells}: they are merged, so only the first has a value; unmerge and fill them"
        )
    for one in (sheet, twin):
        # what the file says of its size may be wrong
        one.reset_dimensions()
    twins = twin.iter_rows() if has_formulas else repeat(())
    header: tuple[str, ...] = ()
    found: list[tuple[Place, Sequence[Cell]]] = []
    for number, (cells, formulas) in enumerate(zip(sheet.iter_rows(), twins, strict=False), start=1):
        values = _cells_of(cells[:_LAST_COLUMN], formulas)
        if number == 1:
            header = tuple("" if value is None else str(value).strip() for value in values)
            letters = {name: get_column_letter(index) for index, name in enumerate(header, start=1)}
        if number == 1 or not header or not (values or number > _EXCEL_LAST_ROW):
            continue
        place = Place(f"{where}, row", number, letters)
        if number > MAX_ROWS:
            report(f"{place}: expected nothing below row {MAX_ROWS:,}")
            break
        if len(values) > len(header):
            outside = f"{get_column_letter(len(values))}{number}"
            report(f"{place}, cell {outside}: there is a value beside the table; take it out")
            continue
        found.append((place, [*values, *[None] * (len(header) - len(values))]))
    if not header:
        report(f"{where}, row 1: it is empty; expected the names of the columns")
    return Table(f"{where}, row 1", header, found)


def _look_ahead(sheet: ReadOnlyWorksheet) -> tuple[list[str], bool]:
    """The merged cells of a sheet, and whether it has formulas: a reader of single rows isn't told the one, and the
    other is worth knowing, since reading the formulas takes as long again.
    """
    merged: list[str] = []
    has_formulas = False
    rest = b""
    with sheet._get_source() as source:
        while chunk := source.read(1 << 20):
            text = rest + chunk
            merged += [
                ref.decode() for ref in re.findall(rb'<(?:\w+:)?mergeCell [^<>]*?ref="([^"]+)"[^<>]*>', text)
            ]
            has_formulas = has_formulas or re.search(rb"<(?:\w+:)?f[ >/]", text) is not None
            # a tag may be cut in two
            rest = text[text.rfind(b"<") :] if text.rfind(b"<") > text.rfind(b">") else b""
    return merged, has_formulas


def _cells_of(cells: Sequence[Any], formulas: Sequence[Any]) -> list[Cell]:
    """The values of a row up to its last filled cell."""
    values = [
        _value_of(cell, index < len(formulas) and formulas[index].data_type == "f")
        for index, cell in enumerate(cells)
    ]
    while values and (values[-1] is None or values[-1] == ""):
        values.pop()
    return values


def _value_of(cell: Any, is_formula: bool) -> Cell:  # noqa: ANN401
    """A cell as text, exact number or date."""
    value = cell.value
    if value is None:
        # a formula whose result is an empty text has one
        if is_formula and cell.data_type != "str":
            return UnreadableCell(
                "expected a value, found a formula without one; open the workbook in Excel and save it again"
            )
        return None
    if cell.data_type == "e":
        return UnreadableCell(f"expected a value, found the error {value}")
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return exact(value)
    if isinstance(value, datetime):
        if (value.hour, value.minute, value.second, value.microsecond) != (0, 0, 0, 0):
            return UnreadableCell(f'expected a date without a time of day, found "{value:%Y-%m-%d %H:%M:%S}"')
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        return value.strip() or None
    return UnreadableCell(f'expected a text, a number or a date, found the time "{value}"')
