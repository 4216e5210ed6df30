"""A cell of the plan: where it stands, what a file can hold in it, and its value as text, number or date.

Belongs here: one cell at a time. Does not belong here: files (``plan_files.py``), columns and rules (``plan.py``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, localcontext


@dataclass(frozen=True)
class UnreadableCell:
    """A cell that holds no value of any kind; the message says what it holds."""

    message: str

    def __str__(self) -> str:
        """The message, where a name was expected."""
        return self.message


FilledCell = str | Decimal | date
Cell = FilledCell | UnreadableCell | None


@dataclass(frozen=True)
class Place:
    """Where a row stands: ``targets.csv, line 12`` or ``plan.xlsx, sheet targets, row 17``."""

    row: str
    number: int
    # the letter of each column; a CSV file has none
    letters: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """The row."""
        return f"{self.row} {self.number}"

    def at(self, column: str) -> str:
        """The row, the column, and in a workbook the cell."""
        cell = f" (cell {self.letters[column]}{self.number})" if column in self.letters else ""
        return f"{self}, column {column}{cell}"


def exact(value: int | float) -> Cell:
    """A binary number as a person wrote it: a workbook may hold 0.3 as 0.30000000000000004.

    Ten decimals are what the plan keeps.
    """
    if not abs(value) < 10**28:
        return UnreadableCell(f"expected a number below 10^28, found {value}")
    with localcontext() as context:
        context.prec = 60
        number = Decimal(repr(value)).quantize(Decimal("1e-10")).normalize()
        # 1E+2 is 100 to everyone
        return number.quantize(Decimal(1)) if number == number.to_integral_value() else number


def as_date(cell: FilledCell) -> date:
    """A date.

    Raises:
        ValueError: what was expected and what was found.
    """
    if isinstance(cell, date):
        return cell
    if isinstance(cell, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", cell, re.ASCII):
        try:
            return date.fromisoformat(cell)
        except ValueError:
            pass
    raise ValueError(f'expected a date such as 2025-12-31, found "{shown(cell)}"')


def as_number(cell: FilledCell) -> Decimal:
    """A number, with at most ten decimals.

    Raises:
        ValueError: what was expected and what was found.
    """
    if isinstance(cell, Decimal):
        return cell
    if isinstance(cell, str) and re.fullmatch(r"[+-]?\d{1,28}(\.\d{1,10})?", cell, re.ASCII):
        return Decimal(cell)
    found = shown(cell)
    hint = " (it is a text; decimals stand after a point)" if "," in found else ""
    raise ValueError(f'expected a number such as 1250000.50, found "{found}"{hint}')


def as_text(cell: FilledCell) -> str:
    """Text as it stands. Of an id Excel may have made a number, which is undone, or a date, which can't be.

    Raises:
        ValueError: what was expected and what was found.
    """
    if isinstance(cell, date):
        raise ValueError(f'expected a text, found the date "{cell}"; give the cell the number format Text')
    if isinstance(cell, Decimal) and cell != cell.to_integral_value():
        raise ValueError(f'expected a text, found the number "{cell}"; give the cell the number format Text')
    text = str(cell)
    if hidden := next((sign for sign in text if ord(sign) < 32 and sign not in "\t\n\r"), None):
        raise ValueError(f"expected a text, found the control character {ord(hidden)}")
    return text


def shown(cell: FilledCell) -> str:
    """A cell as it is told in a message: a whole essay in a wrong column is cut."""
    text = str(cell)
    return text if len(text) <= 60 else f"{text[:57]}..."
