"""Texts that others have written, made safe to show: a terminal or a log obeys some characters and should show them.

Belongs here: which characters are shown as their codes, and a console that does so. Files, cells and settings keep
what stands in them; only what is printed for people goes through here.
"""

from __future__ import annotations

import re
from typing import Any

from rich.console import Console
from rich.text import Text

# Controls but tab and line feed (an escape sequence clears the screen or forges a line), marks that turn the direction
# of writing, separators that pass for a new line, and halves of characters, which can't be written out at all.
_OBEYED = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text: str) -> str:
    r"""The text with every character that a terminal would obey shown as its code, such as ``\x1b``."""
    return _OBEYED.sub(lambda found: _code(ord(found[0])), text)


def _code(number: int) -> str:
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


class PlainConsole(Console):
    """A console for messages that quote what stands in files: no markup, no escape sequence of theirs."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401
        """As Rich's own, but for what is quoted."""
        super().__init__(highlight=False, markup=False, **options)

    def render_str(self, text: str, *arguments: Any, **options: Any) -> Text:  # noqa: ANN401
        """Every text that is printed, also in a panel or a table, comes by here."""
        return super().render_str(printable(text), *arguments, **options)
