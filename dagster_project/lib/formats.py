"""Parquet, JSON lines and Excel: every format but CSV, turned into a relation of texts in the declared form.

There is one way in: whatever a file's format, the ingest reads its columns as texts and casts them by the
rules of `casts.py`, so a reject, a refusal and a line mean the same everywhere. A Parquet file is read where it
lies; JSON lines and Excel are read through a copy, row by row, so that a large file needs little memory. CSV
has its own rules for its own ways of going wrong, in `extract.py`.

No number passes through a float on its way: a JSON number keeps the text it has in the file. Excel itself keeps
floats; what they hold is described at `_excel_number`.
"""

import json
import math
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.lib.header import match_header
from dagster_project.lib.refusal import ExtractRefused, LandedFile
from dagster_project.lib.sources import Column, RawTable
from dagster_project.lib.sql import identifier, literal
from dagster_project.lib.unpack import refuse_inflated

_BATCH = 20_000
_LONGEST_LINE = 16 << 20
_MOST_NEW_KEYS = 20
# A row more than a sheet can have.
_END_OF_SHEET = (1 << 20) + 1
_ARTEFACT = Decimal("1e-9")
_INTEGERS = {
    *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
    *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
}
_CLOCKS = {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"}
_ZONED = "TIMESTAMP WITH TIME ZONE"


@dataclass(frozen=True)
class Texts:
    """A file's rows as texts: SQL that gives them, the columns as the file has them, and the lines they stand on.

    `breaks` are pairs (first row, what to add to row number + 2 from there on to get the line).
    """

    header: tuple[str, ...]
    source: str
    breaks: tuple[tuple[int, int], ...]


def read_texts(
    connection: duckdb.DuckDBPyConnection, table: RawTable, landed: LandedFile, path: Path, folder: Path
) -> Texts:
    """Read a file that is not CSV. `path` is the file or its unpacked copy, `folder` is there for copies."""
    if table.format == "parquet":
        return _parquet(connection, table, landed, path)
    if table.format == "jsonl":
        return _json_lines(table, landed, path, folder / "texts")
    return _excel(table, landed, path, folder / "texts")


def one_file(path: Path) -> str:
    """A path as SQL for exactly that file: to DuckDB a path is a pattern, and brackets take it literally."""
    return literal("".join(f"[{c}]" if c in "*?[" else c for c in str(path.absolute())))


# Parquet


def _parquet(connection: duckdb.DuckDBPyConnection, table: RawTable, landed: LandedFile, path: Path) -> Texts:
    relation = f"read_parquet({one_file(path)}, hive_partitioning = false)"
    try:
        described = connection.execute(f"describe select * from {relation}").fetchall()
        types = {name: kind for name, kind, *_ in described}
        match_header(table, landed, list(types), line=None)
        for column in table.columns:
            if not _castable(table, column, types[column.name]):
                raise _type_drift(table, landed, column, types[column.name])
        texts = ", ".join(
            f"{_parquet_text(c, types[c.name])} as {identifier(c.name)}" for c in table.columns if c.load
        )
        source = f"(select {texts} from {relation})"
        loaded = [identifier(column.name) for column in table.loaded_columns]
        zeros = " + ".join(f"count(*) filter (where contains({name}, chr(0)))" for name in loaded)
        # reads every value once, so that a damaged file is found here, where nothing else can fail
        every = " + ".join(f"coalesce(bit_xor(hash({name})) % 2, 0)" for name in loaded)
        binary = connection.execute(f"select {zeros}, {every} from {source}").fetchone()[0]
    except duckdb.Error as error:
        if isinstance(error, duckdb.IOException) and not path.exists():
            raise FileNotFoundError(2, "gone", landed.relative) from None
        raise ExtractRefused(
            table, file=landed.relative, expected="a whole Parquet file",
            found=f"one that cannot be read: {_first_line(error)}",
            action="deliver the whole file again; it was cut off, damaged or written in a form of its own",
        ) from None  # fmt: skip
    if binary:
        raise ExtractRefused(
            table, file=landed.relative, expected="texts", found=f"zero bytes in {binary} values",
            action="export the texts without them",
        )  # fmt: skip
    return Texts(tuple(types), source, ((0, -1),))


def _castable(table: RawTable, column: Column, kind: str) -> bool:
    """Whether a Parquet type can hold the declared one's values; the values are still read one by one."""
    base = kind.partition("(")[0]
    declared = column.data_type.partition("(")[0]
    if kind == '"NULL"' or not column.load:
        return True
    # what a database holds was compared with the declaration before it was written down, as text
    if column.format is not None or table.query_from is not None:
        return base == "VARCHAR"
    fitting = {
        "varchar": {"VARCHAR", "UUID", "ENUM", *_INTEGERS},
        "integer": {"DECIMAL", *_INTEGERS},
        "bigint": {"DECIMAL", *_INTEGERS},
        "decimal": {"DECIMAL", *_INTEGERS},
        "double": {"DOUBLE", "FLOAT", *_INTEGERS},
        "date": {"DATE", *_CLOCKS},
        "timestamp": {"DATE", _ZONED, *_CLOCKS},
        "boolean": {"BOOLEAN"},
    }
    return base in fitting[declared] and not kind.endswith("]")


def _type_drift(table: RawTable, landed: LandedFile, column: Column, kind: str) -> ExtractRefused:
    wanted = f"text in the form {column.format}" if column.format else column.data_type
    hint = ""
    if kind in ("DOUBLE", "FLOAT") and column.decimal:
        hint = ", in which amounts have lost their exact digits"
    return ExtractRefused(
        table, file=landed.relative, expected=f"{wanted} in column {column.name}",
        found=f"type {kind.lower()}{hint}",
        action="export the column in the declared type, or change its data_type in the declaration",
    )  # fmt: skip


def _parquet_text(column: Column, kind: str) -> str:
    name = identifier(column.name)
    if kind == _ZONED:
        # in UTC, as an offset in a CSV file is; a cast alone would give the session's own time
        return f"cast(make_timestamp(epoch_us({name})) as varchar)"
    if kind == "FLOAT":
        return f"cast(cast({name} as double) as varchar)"
    # an empty field is NULL in every format
    return f"nullif({name}, '')" if kind == "VARCHAR" else f"cast({name} as varchar)"


# JSON lines


class _Number(str):
    """A JSON number as it stands in the file."""

    __slots__ = ()


class _KeyTwice(ValueError):
    pass


def _json_lines(table: RawTable, landed: LandedFile, path: Path, copy: Path) -> Texts:
    declared = [column.name for column in table.columns]
    loaded = [column.name for column in table.loaded_columns]
    known, seen, new = set(declared), set(), {}
    decoder = json.JSONDecoder(
        object_pairs_hook=_unique, parse_float=_Number, parse_int=_Number, parse_constant=_Number
    )
    rows = 0
    with closing(_Copy(table, landed, copy, loaded)) as target:
        for line, text in _lines(table, landed, path):
            record = _record(table, landed, decoder, line, text)
            rows += 1
            if not record.keys() <= known:
                for name in record.keys() - known:
                    new.setdefault(name, line)
                if len(new) >= _MOST_NEW_KEYS:
                    break
            seen.update(record)
            if not new:
                target.add(line, [_json_text(table, landed, line, name, record.get(name)) for name in loaded])
    if rows or new:
        header = [name for name in declared if name in seen] + list(new)
        match_header(table, landed, header, line=min(new.values()) if new else None)
    return Texts(tuple(declared), target.source, target.breaks)


def _lines(table: RawTable, landed: LandedFile, path: Path) -> Iterator[tuple[int, str]]:
    with path.open("rb") as stream:
        number = 0
        while raw := stream.readline(_LONGEST_LINE):
            number += 1
            if len(raw) == _LONGEST_LINE:
                raise _no_json(table, landed, number, f"a line of more than {_LONGEST_LINE >> 20} MiB")
            try:
                text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                byte = raw[error.start : error.start + 1]
                shown = byte.decode("windows-1252", errors="replace")
                raise ExtractRefused(
                    table, file=landed.relative, line=number, expected="text in utf-8, as all JSON is",
                    found=f"byte 0x{byte.hex().upper()}, which is no utf-8 (in windows-1252 it is `{shown}`)",
                    action="export it in utf-8",
                ) from None  # fmt: skip
            if not text.isspace():
                yield number, text


def _record(
    table: RawTable, landed: LandedFile, decoder: json.JSONDecoder, line: int, text: str
) -> dict[str, Any]:
    try:
        # trailing spaces and the line end are no part of the object, and neither is anything else
        record = decoder.decode(text)
    except _KeyTwice as error:
        raise _no_json(table, landed, line, f"the key `{error}` twice in one object") from None
    except (ValueError, RecursionError) as error:
        start = text.lstrip()[:1]
        found = (
            "text that is no JSON" if start not in ("{", "[") else f"JSON that is cut off or broken ({error})"
        )
        if start == "[":
            found = "a list: the file seems to be one JSON document, not a line for each row"
        raise _no_json(table, landed, line, found) from None
    if not isinstance(record, dict):
        kind = "a list" if isinstance(record, list) else "a single value"
        raise _no_json(table, landed, line, f"{kind} instead of an object")
    return record


def _no_json(table: RawTable, landed: LandedFile, line: int, found: str) -> ExtractRefused:
    return ExtractRefused(
        table, file=landed.relative, line=line, expected="one JSON object in every line", found=found,
        action="export the file as JSON lines; if it is a CSV file, set format: csv in the declaration",
    )  # fmt: skip


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        raise _KeyTwice(next(name for name in names if names.count(name) > 1))
    return record


def _json_text(table: RawTable, landed: LandedFile, line: int, name: str, value: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, _Number):
        return str(value) if table.decimal_separator == "." else value.replace(".", table.decimal_separator)
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    raise ExtractRefused(
        table, file=landed.relative, line=line, expected=f"a single value in column {name}",
        found="an object" if isinstance(value, dict) else "a list",
        action="export it flat, a key for each column",
    )  # fmt: skip


# Excel


def _excel(table: RawTable, landed: LandedFile, path: Path, copy: Path) -> Texts:
    from openpyxl import load_workbook

    refuse_inflated(table, landed)
    try:
        # opened here: by a path the library goes by the ending of its name
        with (
            path.open("rb") as stream,
            closing(load_workbook(stream, read_only=True, data_only=True)) as book,
        ):
            sheet = _sheet(table, landed, book)
            if not _has_formulas(path):
                return _excel_rows(table, landed, _cells(sheet), None, copy)
            with path.open("rb") as again, closing(load_workbook(again, read_only=True)) as formulas:
                return _excel_rows(table, landed, _cells(sheet), _cells(formulas[sheet.title]), copy)
    except ExtractRefused:
        raise
    except Exception as error:
        if not path.exists():
            raise FileNotFoundError(2, "gone", landed.relative) from None
        raise ExtractRefused(
            table, file=landed.relative, expected="an Excel workbook (.xlsx)",
            found=f"one that cannot be read: {type(error).__name__}: {_first_line(error)}",
            action="open it in Excel, save it anew and deliver that; it was cut off, damaged or written by hand",
        ) from None  # fmt: skip


def _sheet(table: RawTable, landed: LandedFile, book: Any) -> Any:  # noqa: ANN401
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    names = ", ".join(f"`{name}`" for name in sheets)
    if table.sheet is not None:
        if table.sheet in sheets:
            return sheets[table.sheet]
        raise ExtractRefused(
            table, file=landed.relative, expected=f"a sheet `{table.sheet}`", found=f"only {names or 'no sheet'}",
            action="name the sheet as declared, or correct `sheet` in the declaration",
        )  # fmt: skip
    if len(sheets) != 1:
        raise ExtractRefused(
            table, file=landed.relative, expected="one sheet, or a declared one",
            found=f"{len(sheets)} sheets: {names}" if sheets else "no sheet with cells",
            action="say with `sheet` in the declaration which one it is",
        )  # fmt: skip
    return next(iter(sheets.values()))


def _cells(sheet: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
    # what a file says of its own size may be wrong, and rows would be missing without a word
    sheet.reset_dimensions()
    return sheet.iter_rows(max_row=_END_OF_SHEET)


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                with archive.open(name) as part:
                    before = b""
                    while chunk := part.read(1 << 20):
                        if re.search(rb"<(\w+:)?f[\s/>]", before + chunk):
                            return True
                        before = chunk[-64:]
    return False


def _excel_rows(
    table: RawTable,
    landed: LandedFile,
    rows: Iterator[tuple[Any, ...]],
    formulas: Iterator[tuple[Any, ...]] | None,
    copy: Path,
) -> Texts:
    columns = {column.name: column for column in table.columns}
    first = next(rows, ())
    names = ["" if cell.value is None else str(cell.value) for cell in first]
    while names and not names[-1]:
        names.pop()
    match_header(table, landed, names)
    if formulas is not None:
        next(formulas)
    places = [place for place, name in enumerate(names) if columns[name].load]
    with closing(_Copy(table, landed, copy, [names[place] for place in places])) as target:
        for line, cells in enumerate(rows, 2):
            if line >= _END_OF_SHEET:
                raise ValueError("more rows than a sheet can have")
            if formulas is not None:
                _refuse_uncomputed(table, landed, line, names, cells, next(formulas))
            if all(cell.value is None for cell in cells):
                continue
            if any(cell.value is not None for cell in cells[len(names) :]):
                raise ExtractRefused(
                    table, file=landed.relative, line=line, expected=f"{len(names)} columns, as in the header",
                    found="a value to the right of them", action="remove it, or give its column a header",
                )  # fmt: skip
            target.add(
                line,
                [
                    _excel_text(table, landed, line, columns[names[place]], cells[place])
                    if place < len(cells)
                    else None
                    for place in places
                ],
            )
    return Texts(tuple(names), target.source, target.breaks)


def _refuse_uncomputed(
    table: RawTable, landed: LandedFile, line: int, names: Sequence[str], cells: Sequence[Any],
    formulas: Sequence[Any],
) -> None:  # fmt: skip
    for place, (cell, formula) in enumerate(zip(cells, formulas, strict=False)):
        if formula.data_type == "f" and cell.value is None:
            name = names[place] if place < len(names) else f"number {place + 1}"
            raise ExtractRefused(
                table, file=landed.relative, line=line, expected=f"a value in column {name}",
                found="a formula that was never computed: the program that wrote the workbook left its value out",
                action="open the workbook in Excel, save it and deliver that, or export values",
            )  # fmt: skip


def _excel_text(table: RawTable, landed: LandedFile, line: int, column: Column, cell: Any) -> str | None:  # noqa: ANN401
    value = cell.value
    if value is None or value == "":
        return None
    fault = None
    if cell.data_type == "e":
        fault = f"the error value {value}"
    elif isinstance(value, str):
        return value
    elif isinstance(value, bool):
        return "true" if value else "false"
    elif isinstance(value, int | float):
        return _excel_number(column, value).replace(".", table.decimal_separator)
    elif isinstance(value, timedelta | time):
        return str(value)
    elif column.data_type not in ("date", "timestamp"):
        fault = f"the date {value}, into which Excel also turns texts and numbers that look like one"
    if fault is None:
        return _excel_moment(column, value)
    raise ExtractRefused(
        table, file=landed.relative, line=line,
        expected=f"a value of type {column.data_type} in column {column.name}", found=fault,
        action="correct the cell, or the format of its column, in the workbook",
    )  # fmt: skip


def _excel_number(column: Column, value: int | float) -> str:
    """A number as a plain text.

    Excel computes with floats, so what is shown as 0.3 may be kept as 0.30000000000000004. What lies as near
    to a value with the declared number of decimals as computing with floats explains is that value: within a
    thousandth of its last decimal or a few steps of the float, and never more than a billionth of itself.
    Anything further off keeps its digits, and is a reject as it would be in a CSV file.
    """
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not exact.is_finite() or column.data_type == "double":
        return repr(value)
    scale = column.decimal[1] if column.decimal else 0
    if column.decimal or column.data_type in ("integer", "bigint"):
        if isinstance(value, float) and exact.adjusted() + scale < 28:
            near = round(exact, scale)
            explained = max(Decimal(1).scaleb(-scale - 3), 4 * Decimal(math.ulp(value)))
            if abs(near - exact) <= min(explained, abs(exact) * _ARTEFACT):
                exact = near
        return f"{exact:f}"
    return str(value) if isinstance(value, int) else f"{exact:f}"


def _excel_moment(column: Column, value: date | datetime) -> str:
    """A date or a point in time in the declared form, or in full where that form would lose a part of it."""
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    if column.format is None or "%z" in column.format:
        return moment.isoformat(" ")
    text = moment.strftime(column.format.replace("%-", "%"))
    try:
        same = datetime.strptime(text, column.format.replace("%-", "%")) == moment
    except ValueError:
        same = False
    return text if same else moment.isoformat(" ")


# The copy


class _Copy:
    """Texts on their way into a file of their own, some thousand rows at a time."""

    def __init__(self, table: RawTable, landed: LandedFile, path: Path, names: Sequence[str]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.table, self.landed, self.names = table, landed, list(names)
        self.schema = pa.schema([(name, pa.string()) for name in names])
        self.writer = pq.ParquetWriter(path, self.schema, compression="none", use_dictionary=False)
        self.source = f"read_parquet({one_file(path)}, hive_partitioning = false)"
        self.waiting: list[list[str | None]] = []
        self.rows, self.drift, self._breaks = 0, 0, []

    @property
    def breaks(self) -> tuple[tuple[int, int], ...]:
        return tuple(self._breaks)

    def add(self, line: int, texts: list[str | None]) -> None:
        """Add the row that stands on this line."""
        for name, text in zip(self.names, texts, strict=True):
            if text is not None and ("\0" in text or not _encodable(text)):
                raise ExtractRefused(
                    self.table, file=self.landed.relative, line=line, expected=f"text in column {name}",
                    found="a zero byte or half a character", action="export the text without it",
                )  # fmt: skip
        if line - 2 - self.rows != self.drift:
            self.drift = line - 2 - self.rows
            self._breaks.append((self.rows, self.drift))
        self.rows += 1
        self.waiting.append(texts)
        if len(self.waiting) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        arrays = [pa.array(values, pa.string()) for values in zip(*self.waiting, strict=True)]
        if arrays:
            self.writer.write_table(pa.Table.from_arrays(arrays, schema=self.schema))
        self.waiting = []

    def close(self) -> None:
        """Write what is left."""
        self._flush()
        self.writer.close()


def _encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)[
        :200
    ]
