"""Landed files: finding them, judging their shape, and reading them as text.

A file whose shape is not the declared one is refused whole, with a message that a person can act on. What
happens to its rows (types, keys, rejects, the ledger) is the work of `ingest.py`.
"""

import codecs
import csv
import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from dagster_project.lib.connection import COPIES, scratch_folder
from dagster_project.lib.formats import one_file, read_texts
from dagster_project.lib.header import match_header
from dagster_project.lib.refusal import ExtractRefused, FileChanged, LandedFile
from dagster_project.lib.sources import RawTable
from dagster_project.lib.sql import identifier, literal
from dagster_project.lib.unpack import is_gzip, is_utf16, unpacked

__all__ = ["ExtractRefused", "FileChanged", "LandedFile", "Shape", "find_files", "identify", "readable"]

_CHUNK = 1 << 20
# DuckDB refuses longer lines too; Python's own limit of 128 kB is lower than that.
_LONGEST_FIELD = 2_000_000


@dataclass(frozen=True)
class Shape:
    """What is known of a readable file before its values are looked at.

    Of a file that is not CSV it is its header, SQL for its rows as texts, and where they stand.
    """

    path: Path
    header: tuple[str, ...]
    line_ends: int = 0
    delimiters: int = 0
    has_quotes: bool = False
    newline: str = "\n"
    source: str | None = None
    breaks: tuple[tuple[int, int], ...] = ()


def find_files(table: RawTable, landing: Path) -> dict[str, Path]:
    """The files of a table, by their path in the landing folder, in the order that decides between them."""
    if not landing.is_dir():
        raise ExtractRefused(
            table,
            expected=f"the landing folder {landing}",
            found="no such folder",
            action="mount or create the folder, or correct the setting SCORECARD_LANDING",
        )
    root = landing.resolve()
    found = {
        path.relative_to(landing).as_posix(): path
        for path in landing.glob(table.pattern)
        if not path.is_dir()
    }
    if not found:
        wanted = landing / Path(table.pattern).parent
        there = (
            sorted(child.name for child in wanted.iterdir() if child.is_file()) if wanted.is_dir() else None
        )
        names = f"{', '.join((there or ['no file'])[:5])}{' and more' if len(there or []) > 5 else ''}"
        raise ExtractRefused(
            table,
            expected=f"at least one file that fits {table.pattern} in {landing}",
            found=f"none; in its folder lies: {names}" if there is not None else f"no folder {wanted}",
            action="deliver the file, or correct `files` in the declaration",
        )
    for relative, path in found.items():
        refuse = {"file": relative, "expected": "a file inside the landing folder"}
        # half a character: its bytes are no text in UTF-8, and DuckDB could not be told its name
        if any(ord(character) < 32 or "\ud800" <= character <= "\udfff" for character in relative):
            raise ExtractRefused(
                table,
                **{**refuse, "file": repr(relative)},
                found="control characters, or bytes that are no text, in its name",
                action="rename it",
            )
        if "\\" in str(path) and set("*?[") & set(str(path)):
            # to DuckDB a path is a pattern, in which a backslash can't be told from an escape
            raise ExtractRefused(
                table, **refuse, found="a backslash beside one of * ? [ in its name", action="rename it"
            )
        if not path.exists():
            raise ExtractRefused(table, **refuse, found="a link that leads nowhere", action="repair the link")
        if not path.resolve().is_relative_to(root):
            raise ExtractRefused(
                table,
                **refuse,
                found=f"a link that leads out of it, to {path.resolve()}",
                action="deliver a copy",
            )
        if not path.is_file():
            raise ExtractRefused(
                table, **refuse, found="something that is no regular file", action="remove it"
            )
    return dict(sorted(found.items()))


def identify(relative: str, path: Path) -> LandedFile:
    """A file with the hash of its content."""
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            return LandedFile(relative, path, digest, stream.tell())
    except FileNotFoundError:
        raise FileChanged(relative) from None


@contextmanager
def readable(connection: duckdb.DuckDBPyConnection, table: RawTable, landed: LandedFile) -> Iterator[Shape]:
    """Check everything that can be said of a file without its values; yields what DuckDB needs to read it.

    What DuckDB cannot read as it lies (another encoding, a compressed file, JSON lines, a workbook) is read
    through a copy, which lives as long as the block does.
    """
    if landed.bytes == 0 and not (table.format == "jsonl" and table.minimum_rows == 0):
        raise ExtractRefused(
            table,
            file=landed.relative,
            expected="rows" if table.format == "jsonl" else "a header line and rows",
            found="an empty file (0 bytes)",
            action="deliver it again; the export or the transfer has failed",
        )
    copied = table.format in ("jsonl", "xlsx") or table.encoding != "utf-8" or is_gzip(landed.path)
    with _scratch(connection) if copied else nullcontext(Path()) as folder:
        path = unpacked(table, landed, folder)
        if table.format in ("csv", "jsonl") and is_utf16(path) and table.encoding != "utf-16":
            raise ExtractRefused(
                table, file=landed.relative, line=1, expected=f"text in {table.encoding}",
                found="text in utf-16", action="export as utf-8"
                + (", or set encoding: utf-16 in the declaration" if table.format == "csv" else ""),
            )  # fmt: skip
        if table.format != "csv":
            texts = read_texts(connection, table, landed, path, folder)
            yield Shape(path, texts.header, source=texts.source, breaks=texts.breaks)
            return
        if table.encoding != "utf-8":
            copy = folder / "extract.csv"
            _transcode(table, landed, path, copy)
            path = copy
        yield _shape(table, landed, path)


@contextmanager
def _scratch(connection: duckdb.DuckDBPyConnection) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix=COPIES, dir=scratch_folder(connection)) as name:
        yield Path(name)


def reader(table: RawTable, shape: Shape) -> str:
    """SQL that reads the file as text, every column under its own name whatever the order in the file.

    `columns=` is positional, so it gets the names in the order of the file's own header.
    """
    if shape.source is not None:
        return shape.source
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in shape.header)
    # new_line is left to DuckDB: told that it is CR LF, version 1.5 reads no row at all.
    return (
        f"read_csv({one_file(shape.path)}, auto_detect = false, header = true, columns = {{{columns}}}, "
        f"delim = {literal(table.delimiter)}, quote = '\"', escape = '\"', "
        "compression = 'none', strict_mode = true, null_padding = false, hive_partitioning = false)"
    )


def check_fields(
    connection: duckdb.DuckDBPyConnection, table: RawTable, landed: LandedFile, shape: Shape, rows: int
) -> None:
    """Refuse a file that has more delimiters than its columns need.

    DuckDB overlooks one empty field too many at the end of a row. Such a row may be one that an unquoted
    delimiter has shifted, so all delimiters of the file must be accounted for.
    """
    if shape.source is not None:
        return
    spare = shape.delimiters - (len(shape.header) - 1) * (rows + 1)
    if spare and shape.has_quotes:
        delimiter = literal(table.delimiter)
        inside = " + ".join(
            f"coalesce(length({name}) - length(replace({name}, {delimiter}, '')), 0)"
            for name in map(identifier, shape.header)
        )
        spare -= connection.execute(
            f"select coalesce(sum({inside}), 0) from {reader(table, shape)}"
        ).fetchone()[0]
        spare -= sum(name.count(table.delimiter) for name in shape.header)
    if spare:
        raise diagnose(
            table, landed, shape, "the delimiters of the file do not add up to its rows and columns"
        )


def line_breaks(table: RawTable, landed: LandedFile, shape: Shape, rows: int) -> list[tuple[int, int]]:
    """Where row number and line number drift apart: pairs (first row, lines to add from there on).

    Empty for a file in which every row is one line, which is known from counting its line ends.
    """
    if shape.source is not None:
        return list(shape.breaks)
    if shape.line_ends == rows + 1:
        return []
    breaks, drift, number = [], 0, 0
    for start, fields in _records(table, shape):
        if start == 0 or (not fields and len(shape.header) > 1):
            continue
        if start - 2 - number != drift:
            drift = start - 2 - number
            breaks.append((number, drift))
        number += 1
    if number != rows:
        raise diagnose(table, landed, shape, f"{rows} rows by one way of reading, {number} by another")
    return breaks


def diagnose(table: RawTable, landed: LandedFile, shape: Shape, complaint: str) -> ExtractRefused:
    """Find out, record by record, what is wrong with a file that cannot be read or does not add up."""
    width = len(shape.header)
    refused = {"file": landed.relative}
    if shape.source is not None:
        return ExtractRefused(
            table, **refused, expected=f"a whole {table.format} file", found=complaint,
            action="deliver the whole file again; it is damaged",
        )  # fmt: skip
    wanted = f"{width} fields in every row, as in the header"
    if fault := _undecodable(shape.path):
        line, hint = fault
        return ExtractRefused(
            table, **refused, line=line, expected=f"text in {table.encoding}", found=hint,
            action="export it in the declared encoding, or correct `encoding` in the declaration",
        )  # fmt: skip
    start = 1
    try:
        for start, fields in _records(table, shape):
            if start and fields and len(fields) != width:
                kind = "too few" if len(fields) < width else "too many"
                cause = (
                    "the row was cut off, or a line break stands in a text without quotes"
                    if len(fields) < width
                    else f"a `{table.delimiter}` stands in a text without quotes"
                )
                return ExtractRefused(
                    table, **refused, line=start, expected=wanted,
                    found=f"{len(fields)} fields, {kind}: {cause}",
                    action="deliver the whole file again, with quotes around texts",
                )  # fmt: skip
    except csv.Error as error:
        start = getattr(error, "start", start)
        found = (
            "a quote that is never closed" if "end of data" in str(error) else f"a misplaced quote ({error})"
        )
        if "field larger" in str(error):
            found = (
                f"a field of more than {_LONGEST_FIELD:,} characters: perhaps a quote that is never closed"
            )
        if "new-line" in str(error):
            found = "line ends of different kinds in one file"
        return ExtractRefused(
            table, **refused, line=start, found=found,
            expected='texts in quotes, a quote inside a text doubled ("")',
            action="deliver the whole file again; it was cut off or written by hand",
        )  # fmt: skip
    if len(set(_line_end_kinds(shape.path))) > 1:
        complaint = (
            "line ends of different kinds in one file (CR LF and LF): it was put together from several"
        )
    return ExtractRefused(
        table, **refused, expected="a CSV file by RFC 4180", found=complaint, action="export the file again"
    )


def _transcode(table: RawTable, landed: LandedFile, path: Path, copy: Path) -> None:
    decoder = codecs.getincrementaldecoder(table.encoding)()
    # A single-byte encoding reads any UTF-8 file, as gibberish. Valid multi-byte UTF-8 is never an accident.
    as_utf8: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()
    beyond_ascii = False
    line = 1
    with path.open("rb") as source, copy.open("wb") as target:
        while True:
            chunk = source.read(_CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeError as error:
                position = getattr(error, "start", 0)
                raise ExtractRefused(
                    table, file=landed.relative, line=line + chunk[:position].count(b"\n"),
                    expected=f"text in {table.encoding}", found="bytes that are no text in it",
                    action="correct `encoding` in the declaration, or export the file in it",
                ) from None  # fmt: skip
            line += chunk.count(b"\n")
            if as_utf8 is not None:
                try:
                    as_utf8.decode(chunk, final=not chunk)
                except UnicodeDecodeError:
                    as_utf8 = None
            beyond_ascii = beyond_ascii or not chunk.isascii()
            target.write(text.encode("utf-8"))
            if not chunk:
                break
    if as_utf8 is not None and beyond_ascii and table.encoding != "utf-16":
        raise ExtractRefused(
            table, file=landed.relative, expected=f"text in {table.encoding}", found="text in utf-8",
            action="set encoding: utf-8 in the declaration, or export the file as declared",
        )  # fmt: skip


def _shape(table: RawTable, landed: LandedFile, path: Path) -> Shape:
    feeds = returns = pairs = delimiters = quotes = lines_before = 0
    delimiter, last, zero = table.delimiter.encode(), b"", False
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            if b"\0" in chunk:
                zero = True
                lines_before = feeds + chunk[: chunk.index(b"\0")].count(b"\n")
                break
            pairs += chunk.count(b"\r\n") + (last == b"\r" and chunk.startswith(b"\n"))
            feeds += chunk.count(b"\n")
            returns += chunk.count(b"\r")
            delimiters += chunk.count(delimiter)
            quotes += chunk.count(b'"')
            last = chunk[-1:]
    if zero:
        raise ExtractRefused(
            table, file=landed.relative, line=lines_before + 1, expected="text",
            found="a zero byte: binary data or utf-16",
            action="export the file as text in the declared encoding",
        )  # fmt: skip
    newline = "\n" if feeds else "\r"
    shape = Shape(
        path, (), (feeds or returns) + (last not in (b"\n", b"\r")), delimiters, quotes > 0, newline
    )
    try:
        header = next(fields for _, fields in _records(table, shape))
    except (StopIteration, csv.Error):
        header = []
    if any("\udc80" <= character <= "\udcff" for name in header for character in name):
        raise diagnose(table, landed, replace(shape, header=tuple(header)), "a header that cannot be decoded")
    match_header(table, landed, header)
    shape = replace(shape, header=tuple(header))
    if table.final_newline and last not in (b"\n", b"\r"):
        raise ExtractRefused(
            table, file=landed.relative, line=shape.line_ends, expected="a line end after the last row",
            found="none: the file was probably cut off in transfer",
            action="deliver the whole file; if the system never ends its last line, set final_newline: false",
        )  # fmt: skip
    if pairs not in (0, feeds) and not quotes:
        raise diagnose(table, landed, shape, "line ends of different kinds")
    return shape


def _records(table: RawTable, shape: Shape) -> Iterator[tuple[int, list[str]]]:
    """The records with the line each begins on, the header as line 0; a record too broken to read raises."""
    csv.field_size_limit(_LONGEST_FIELD)
    # Lines end as they do for the file as a whole: a lone CR inside a text is no line of its own.
    split = "\r" if shape.newline == "\r" else "\n"
    with shape.path.open(encoding="utf-8-sig", errors="surrogateescape", newline=split) as stream:
        rows = csv.reader(stream, delimiter=table.delimiter, strict=True)
        start, first = 1, True
        try:
            for fields in rows:
                yield (0 if first else start), fields
                start, first = rows.line_num + 1, False
        except csv.Error as error:
            error.start = start  # type: ignore[attr-defined]
            raise


def _undecodable(path: Path) -> tuple[int, str] | None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, pending = 1, b""
    with path.open("rb") as stream:
        while True:
            chunk = stream.read(_CHUNK)
            pending = decoder.getstate()[0]
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                at = (pending + chunk)[error.start : error.start + 1]
                line += (pending + chunk)[: error.start].count(b"\n")
                shown = at.decode("windows-1252", errors="replace")
                return line, f"byte 0x{at.hex().upper()}, which is no utf-8 (in windows-1252 it is `{shown}`)"
            if not chunk:
                return None
            line += chunk.count(b"\n")


def _line_end_kinds(path: Path) -> Iterator[str]:
    with path.open("rb") as stream:
        for line in stream:
            yield "\r\n" if line.endswith(b"\r\n") else "\n"
