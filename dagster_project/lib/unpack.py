"""What a landed file is by its first bytes, and unpacking it where that is allowed, within bounds.

Names say nothing: a file is known by its content. What stands in an unpacked file is the work of
`extract.py` and `formats.py`.
"""

import codecs
import gzip
import zipfile
import zlib
from pathlib import Path

from dagster_project.lib.refusal import ExtractRefused, LandedFile
from dagster_project.lib.sources import RawTable

_CHUNK = 1 << 20
# Extracts shrink to a fifth or a twentieth. Zeros shrink to a thousandth, which is what a bomb is made of.
LARGEST_RATIO = 200
LARGEST_UNPACKED = 32 << 30
# Below this size nothing that a file unpacks to can do harm, whatever its ratio.
HARMLESS_SIZE = 64 << 20
_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_PARQUET = b"PAR1"
_MAGIC = {
    _GZIP: "gzip-compressed",
    b"BZh": "bzip2-compressed",
    b"\xfd7zXZ\x00": "xz-compressed",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"\x28\xb5\x2f\xfd": "zstd-compressed",
    _PARQUET: "a Parquet file",
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook, or one with a password",
}
_WANTED = {
    "csv": "a CSV file, plain or gzip-compressed",
    "jsonl": "a file of JSON lines, plain or gzip-compressed",
    "parquet": "a Parquet file",
    "xlsx": "an Excel workbook (.xlsx)",
}


def unpacked(table: RawTable, landed: LandedFile, folder: Path) -> Path:
    """The file itself, or its unpacked copy in `folder`; anything but the declared format is refused."""
    path = landed.path
    if table.format in ("csv", "jsonl") and is_gzip(path):
        path = folder / "unpacked"
        _gunzip(table, landed, path)
    kind = _kind(path)
    wanted = {"parquet": "a Parquet file", "xlsx": "an Excel workbook"}.get(table.format)
    if kind == wanted:
        return path
    packed = "" if path == landed.path else ", inside gzip"
    if kind is None:
        raise ExtractRefused(
            table, file=landed.relative, expected=_WANTED[table.format],
            found="something else: text, or a damaged file",
            action=f"deliver it as {_WANTED[table.format]}; if it is text, set format: csv or format: jsonl "
            "in the declaration",
        )  # fmt: skip
    readable = {"a Parquet file": "parquet", "an Excel workbook": "xlsx"}.get(kind)
    raise ExtractRefused(
        table, file=landed.relative, expected=_WANTED[table.format],
        found=f"a file that is {kind}{packed}",
        action=f"set format: {readable} in the declaration, or export it as declared"
        if readable and not packed else f"unpack it, or export it as {table.format}, and deliver that",
    )  # fmt: skip


def refuse_inflated(table: RawTable, landed: LandedFile) -> None:
    """Refuse an archive (an Excel workbook is one) that says it unpacks to far more than it should."""
    try:
        with zipfile.ZipFile(landed.path) as archive:
            size = sum(part.file_size for part in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise ExtractRefused(
            table, file=landed.relative, expected=_WANTED[table.format],
            found=f"a damaged one ({error}): it was probably cut off in transfer",
            action="deliver the whole file again",
        ) from None  # fmt: skip
    _refuse_bomb(table, landed, size)


def _gunzip(table: RawTable, landed: LandedFile, copy: Path) -> None:
    size = 0
    try:
        with gzip.open(landed.path) as source, copy.open("wb") as target:
            while chunk := source.read(_CHUNK):
                size += len(chunk)
                _refuse_bomb(table, landed, size)
                target.write(chunk)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        found = "a compressed file that ends too early" if isinstance(error, EOFError) else f"{error}"
        raise ExtractRefused(
            table, file=landed.relative, expected="a whole gzip-compressed file",
            found=f"{found}: it was cut off or damaged in transfer", action="deliver the whole file again",
        ) from None  # fmt: skip
    if not size:
        raise ExtractRefused(
            table, file=landed.relative, expected="rows", found="a compressed empty file",
            action="deliver it again; the export or the transfer has failed",
        )  # fmt: skip


def _refuse_bomb(table: RawTable, landed: LandedFile, size: int) -> None:
    if size <= HARMLESS_SIZE or (size <= LARGEST_UNPACKED and size <= landed.bytes * LARGEST_RATIO):
        return
    raise ExtractRefused(
        table, file=landed.relative,
        expected=f"a compressed file that unpacks to at most {LARGEST_RATIO} times its size, "
        f"and to {LARGEST_UNPACKED >> 30} GiB",
        found=f"more than that: {landed.bytes:,} bytes unpack to {size:,} or more",
        action="find out what it is before anybody opens it; deliver a real extract uncompressed",
    )  # fmt: skip


def _kind(path: Path) -> str | None:
    head = _head(path)
    if head.startswith(_ZIP):
        try:
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
        except (zipfile.BadZipFile, OSError, ValueError):
            return "a zip archive or an Excel workbook, cut off or damaged"
        return "an Excel workbook" if "xl/workbook.xml" in names else "a zip archive"
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)


def is_gzip(path: Path) -> bool:
    """Whether the file is gzip-compressed."""
    return _head(path).startswith(_GZIP)


def is_utf16(path: Path) -> bool:
    """Whether the file begins with a mark of utf-16."""
    return _head(path).startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(8)
