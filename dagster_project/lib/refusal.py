"""What reading an extract can end in besides rows: a refusal that a person can act on, or a changed file.

Only what every reader of extracts needs belongs here; what is refused, and why, is said by the readers
themselves (`extract.py`, `unpack.py`, `formats.py`, `header.py`, `database.py`).
"""

from dataclasses import dataclass
from pathlib import Path

from dagster_project.lib.sources import RawTable


class ExtractRefused(Exception):
    """An extract that is not what its declaration says. Nothing of it was loaded."""

    def __init__(
        self,
        table: RawTable,
        *,
        expected: str,
        found: str,
        action: str,
        file: str | None = None,
        line: int | None = None,
    ) -> None:
        """Keep the parts, so that a caller can show them apart, and make one readable text of them."""
        self.table, self.expected, self.found, self.action = table.identifier, expected, found, action
        self.file, self.line = file, line
        place = f"{file or table.place}{f', line {line}' if line else ''}"
        super().__init__(
            f"{table.system}.{table.name} refused: {place}\n"
            f"  expected: {expected}\n  found:    {found}\n  to do:    {action}\n"
            "  Nothing of it was loaded; the last good data stays in place."
        )


class FileChanged(Exception):
    """A file was replaced, or vanished, while it was being read."""


@dataclass(frozen=True)
class LandedFile:
    """A file in the landing folder, known by its content."""

    relative: str
    path: Path
    sha256: str
    bytes: int
