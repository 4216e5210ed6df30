"""Tables as short JSON texts, and as many of them as the page has room for.

Belongs here: columns, compression, the limit of size. Does not belong here: which tables there are (``facts``).
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

_LEAST = 8
# Columns of a table: numbers as they are, texts as a list of the different ones and the place of each in it.
Columns = dict[str, Any]

_WHOLE = re.compile(r"(?<=\d)\.0(?=[,\]])")


@dataclass(frozen=True)
class Part:
    """A piece of the page's data that the page can do without, with what to say and ask where it is left out."""

    name: str
    # what it is about, for the sentence on the page: a kind of figures and the type of scope
    kind: str
    subject: str
    query: str
    # how many of its rows have a value, or 0 where nobody has counted: what can't fit is not even read
    rows: int
    read: Callable[[], Columns]


@dataclass(frozen=True)
class Packed:
    """What goes into the page, and what does not."""

    parts: dict[str, str]
    left_out: Sequence[Part]


def columns(connection: duckdb.DuckDBPyConnection, query: str, parameters: Iterable[Any] = ()) -> Columns:
    """The result of a query by columns."""
    result = connection.execute(query, list(parameters))
    names = [column[0] for column in result.description]
    rows = result.fetchall()
    values = zip(*rows, strict=True) if rows else ((),) * len(names)
    return {name: _column(column) for name, column in zip(names, values, strict=True)}


def compressed(data: Any) -> str:  # noqa: ANN401
    """Anything JSON can say, as gzip in base64: nothing in it can be taken for HTML."""
    text = _WHOLE.sub("", json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False))
    return base64.b64encode(gzip.compress(text.encode(), compresslevel=6, mtime=0)).decode()


def pack(parts: Iterable[Part], budget: int) -> Packed:
    """The parts that fit into so many characters, in their order; one that does not fit leaves room for a later one.

    A row with a value takes more than eight characters however well it is compressed: more than that is not even read.
    """
    fitting: dict[str, str] = {}
    left_out = []
    for part in parts:
        text = None if part.rows * _LEAST > budget else compressed(part.read())
        if text is None or len(text) > budget:
            left_out.append(part)
            continue
        fitting[part.name] = text
        budget -= len(text)
    return Packed(fitting, left_out)


def _column(values: Sequence[Any]) -> Any:  # noqa: ANN401
    """Texts are written once each; a column of nothing but missing values is one null."""
    known = next((value for value in values if value is not None), None)
    if known is None:
        return None
    if not isinstance(known, str):
        return list(values)
    texts: dict[str, int] = {}
    places = [None if value is None else texts.setdefault(value, len(texts)) for value in values]
    return {"texts": list(texts), "places": places}
