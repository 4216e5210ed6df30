"""Writes one small table as an extract in any format that a declaration can name."""

import gzip
import json
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import Workbook

FORMATS = ("csv", "tsv", "csv.gz", "jsonl", "jsonl.gz", "parquet", "xlsx")


def settings_of(kind):
    """What a declaration says of a file of this kind."""
    settings = {"format": kind.removesuffix(".gz").replace("tsv", "csv")}
    return settings | ({"delimiter": "\t"} if kind == "tsv" else {})


def write_extract(path, kind, header, rows, encoding="utf-8", delimiter=None):
    """Write typed rows: int, Decimal, date, datetime, bool, str or None."""
    if kind in ("csv", "csv.gz", "tsv"):
        delimiter = delimiter or ("\t" if kind == "tsv" else ",")
        lines = [header, *([_text(value) for value in row] for row in rows)]
        content = "".join(delimiter.join(line) + "\n" for line in lines).encode(encoding)
        path.write_bytes(gzip.compress(content, mtime=0) if kind == "csv.gz" else content)
    elif kind in ("jsonl", "jsonl.gz"):
        content = "".join(_object(header, row) + "\n" for row in rows).encode(encoding)
        path.write_bytes(gzip.compress(content, mtime=0) if kind == "jsonl.gz" else content)
    elif kind == "parquet":
        columns = zip(*rows, strict=True) if rows else [[] for _ in header]
        pq.write_table(pa.Table.from_arrays([pa.array(list(c)) for c in columns], list(header)), path)
    else:
        book = Workbook()
        for row in (header, *rows):
            book.active.append(list(row))
        book.save(path)


def _text(value):
    if value is None:
        return ""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _object(header, row):
    """An object with its numbers written as they are: json would make floats of decimals."""
    parts = []
    for name, value in zip(header, row, strict=True):
        number = isinstance(value, int | Decimal) and not isinstance(value, bool)
        moment = isinstance(value, date | datetime)
        written = str(value) if number else json.dumps(str(value) if moment else value, ensure_ascii=False)
        parts.append(f"{json.dumps(name, ensure_ascii=False)}: {written}")
    return "{" + ", ".join(parts) + "}"
