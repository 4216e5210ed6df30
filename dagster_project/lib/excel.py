"""What every workbook written here has in common: texts stay texts, and the file is whole or not there."""

from __future__ import annotations

import io
import os
import re
import zipfile
from datetime import datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE


def clean(text: str) -> str:
    """A text without what a workbook has no place for: with it the file could not be opened."""
    return ILLEGAL_CHARACTERS_RE.sub("", text)


def put_text(cell: Cell, text: str) -> None:
    """A text that stays one: one that begins with = is no formula, here or when somebody edits the cell."""
    cell.value = clean(text)
    cell.data_type = "s"
    if cell.value[:1] in tuple("=+-@\t\r"):
        cell.quotePrefix = True


def save(book: Workbook, path: Path, moment: datetime | None = None) -> None:
    """Write the workbook; the file is there whole or not at all.

    With a ``moment``, the same content written twice is the same file, byte for byte.

    Raises:
        OSError: it can't be written.
    """
    content = io.BytesIO()
    book.save(content)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(_stamped(content, moment) if moment else content.getvalue())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _stamped(content: io.BytesIO, moment: datetime) -> bytes:
    """The same workbook as if it had been written at ``moment``."""
    written = io.BytesIO()
    stamp = f"{moment:%Y-%m-%dT%H:%M:%SZ}".encode()
    with zipfile.ZipFile(content) as source, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = source.read(name)
            if name == "docProps/core.xml":
                part = re.sub(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", rb"\g<1>" + stamp, part)
            target.writestr(zipfile.ZipInfo(name, moment.timetuple()[:6]), part, zipfile.ZIP_DEFLATED)
    return written.getvalue()
