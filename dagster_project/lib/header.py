"""The columns of a file against the declared ones: missing, new, renamed, twice, or in another order.

It looks at names only, whatever the format of the file; types and values are judged elsewhere.
"""

import csv
import difflib
from collections.abc import Sequence

from dagster_project.lib.refusal import ExtractRefused, LandedFile
from dagster_project.lib.sources import DELIMITERS, RawTable


def match_header(table: RawTable, landed: LandedFile, header: Sequence[str], line: int | None = 1) -> None:
    """Refuse a header that does not name exactly the declared columns, in whatever order."""
    declared = [column.name for column in table.columns]
    if sorted(header) == sorted(declared):
        return
    refused = {"file": landed.relative, "line": line}
    expected = f"the columns {', '.join(declared)}"
    fitting = _fitting_delimiter(table, header, declared) if table.format == "csv" else None
    if fitting:
        raise ExtractRefused(
            table, **refused, expected=f"{expected}, separated by {_delimiter_name(table.delimiter)}",
            found=f"columns that seem to be separated by {_delimiter_name(fitting)}",
            action=f"set delimiter: {_yaml_delimiter(fitting)} in the declaration, or export as declared",
        )  # fmt: skip
    faults = column_faults(declared, header)
    if declared and not set(declared) & set(header):
        first = header[0].lstrip() if header else ""
        if first.startswith("<"):
            faults.append("it is a web page, not an extract")
        elif first.startswith("{"):
            faults.append("it seems to be JSON: set format: jsonl in the declaration if it is")
        elif table.format in ("csv", "xlsx"):
            faults.append("is there a header line at all?")
    raise ExtractRefused(
        table, **refused, expected=expected, found="; ".join(faults),
        action="export the file with the declared columns, or change `columns` in the declaration",
    )  # fmt: skip


def column_faults(declared: Sequence[str], found: Sequence[str]) -> list[str]:
    """What differs between two lists of names, in words; the order does not count."""
    missing = [name for name in declared if name not in found]
    new = [name for name in found if name not in declared]
    double = sorted({name for name in found if list(found).count(name) > 1})
    faults = []
    for name in missing:
        close = difflib.get_close_matches(
            name.lower(), [other.strip().lower() for other in new], n=1, cutoff=0.6
        )
        twin = next((other for other in new if close and other.strip().lower() == close[0]), None)
        faults.append(f"`{name}` is missing" + (f" (renamed to `{twin}`?)" if twin else ""))
    faults.extend(f"`{name}` is new" for name in new)
    faults.extend(f"`{name}` stands there twice" for name in double)
    return faults


def is_reordered(table: RawTable, header: Sequence[str]) -> bool:
    """Whether the columns are the declared ones in another order: read right by name, but worth a note."""
    return list(header) != [column.name for column in table.columns]


def _fitting_delimiter(table: RawTable, header: Sequence[str], declared: Sequence[str]) -> str | None:
    if len(declared) < 2 and len(header) < 2:
        return None
    # a name may hold a line break, at which the reader would stop
    joined = " ".join(table.delimiter.join(header).splitlines())
    for other in DELIMITERS:
        fields = next(csv.reader([joined], delimiter=other), [])
        if other != table.delimiter and len(set(fields) & set(declared)) * 2 > len(declared):
            return other
    return None


def _delimiter_name(delimiter: str) -> str:
    return f"{DELIMITERS[delimiter]} ({_yaml_delimiter(delimiter)})"


def _yaml_delimiter(delimiter: str) -> str:
    return '"\\t"' if delimiter == "\t" else f'"{delimiter}"'
