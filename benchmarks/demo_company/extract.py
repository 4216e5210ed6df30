"""Writing extracts: plain UTF-8 CSV with a header and `\\n` line ends, streamed row by row.

Money is whole öre (int) everywhere in the package and becomes text here, so no rounding of a
float or of a Decimal context can touch it.
"""

import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from types import TracebackType


def kronor(ore: int) -> str:
    """Write öre as kronor with two decimals."""
    sign = "-" if ore < 0 else ""
    return f"{sign}{abs(ore) // 100}.{abs(ore) % 100:02d}"


def share_of(ore: int, numerator: int, denominator: int) -> int:
    """Return ore * numerator / denominator in whole öre, half away from zero."""
    amount = (2 * abs(ore) * numerator + denominator) // (2 * denominator)
    return -amount if ore < 0 else amount


class Extracts:
    """All the files of one run: opened at their first row, closed together, rows counted."""

    def __init__(self, out: Path):
        """Write below this folder."""
        self._out = out
        self._files: dict[str, object] = {}
        self._writers: dict[str, object] = {}
        self.rows: dict[str, int] = {}

    def table(self, name: str, columns: Sequence[str]) -> "Table":
        """Declare a table; `name` is folder/file without the ending."""
        return Table(self, name, columns)

    def write(self, name: str, columns: Sequence[str], row: Sequence[object]) -> None:
        """Append a row to a file, with the header before the first; None is written empty."""
        if name not in self._writers:
            path = self._out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            self._files[name] = path.open("w", encoding="utf-8", newline="")
            self._writers[name] = csv.writer(self._files[name], lineterminator="\n")
            self._writers[name].writerow(columns)
            self.rows[name] = 0
        self._writers[name].writerow(row)
        self.rows[name] += 1

    def __enter__(self) -> "Extracts":
        """Open nothing yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every file."""
        for file in self._files.values():
            file.close()


class Table:
    """One table's rows, in one file or in a file a year."""

    def __init__(self, extracts: Extracts, name: str, columns: Sequence[str]):
        """Keep where the rows go."""
        self._extracts = extracts
        self._name = name
        self._columns = columns

    def write(self, *row: object) -> None:
        """Append a row to the table's only file."""
        self._extracts.write(f"{self._name}.csv", self._columns, row)

    def write_part(self, part: object, *row: object) -> None:
        """Append a row to the file of this part, for example a year."""
        self._extracts.write(f"{self._name}_{part}.csv", self._columns, row)


def until(day: date | None, last: date) -> date | None:
    """Return the day if the extracts, which end on `last`, can know of it."""
    return day if day is not None and day <= last else None
