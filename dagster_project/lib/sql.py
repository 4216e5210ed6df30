"""Quoting of names and texts for SQL that is put together in Python.

Only quoting belongs here. A name or a text from outside (a file name, a header, a declaration) goes into a
statement through these two functions or as a bound parameter, never as it stands.
"""

from collections.abc import Iterable


def identifier(*parts: str) -> str:
    """A quoted name, qualified if several parts are given: `"raw"."kiosk__orders"`."""
    return ".".join('"' + _checked(part).replace('"', '""') + '"' for part in parts)


def literal(text: str) -> str:
    """A quoted text: `'it''s'`."""
    return "'" + _checked(text).replace("'", "''") + "'"


def column_list(names: Iterable[str], prefix: str = "") -> str:
    """Quoted names with commas between them, each after `prefix` (for example `incoming.`)."""
    return ", ".join(prefix + identifier(name) for name in names)


def _checked(text: str) -> str:
    if "\0" in text:
        raise ValueError("a name or text in SQL cannot hold a zero byte")
    return text
