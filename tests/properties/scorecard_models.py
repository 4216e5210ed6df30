"""Models of the scorecard layer run by themselves: rendered from their own files, over made-up tables in memory.

Belongs here: rendering, and tables of the declared types. What is in them belongs to the tests.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from types import SimpleNamespace

import duckdb
import jinja2
import pyarrow as pa
import yaml

from dagster_project.lib.settings import CHECKOUT, DBT_PROJECT


def rendered(name: str, folder: str = "models/scorecard") -> str:
    """A model (of the scorecard layer, or a test) as SQL, with plain names for what it refers to."""
    macro = (DBT_PROJECT / "macros" / "favourable_change.sql").read_text()
    model = (DBT_PROJECT / folder / f"{name}.sql").read_text()
    names = {
        "ref": lambda name: name,
        "source": lambda schema, name: name,
        "config": lambda **settings: "",
        "dbt": SimpleNamespace(
            dateadd=lambda part, count, day: f"({day} + cast({count} as integer) * interval 1 {part})"
        ),
    }
    return jinja2.Template(macro + model).render(names)


@functools.cache
def declared(path: str, name: str) -> dict[str, str]:
    """Column -> type, of a model or a seed, as its YAML says."""
    content = yaml.safe_load((CHECKOUT / path).read_text())
    (table,) = (
        table for kind in ("models", "seeds") for table in content.get(kind, []) if table["name"] == name
    )
    if types := table.get("config", {}).get("column_types"):
        return types
    return {column["name"]: column["data_type"] for column in table["columns"]}


def fill(
    connection: duckdb.DuckDBPyConnection, name: str, types: dict[str, str], rows: Sequence[dict]
) -> None:
    """A table of the declared types; what a row does not say is NULL. By way of text, past no float."""
    if unknown := set().union(*rows) - set(types):
        raise AssertionError(f"{name} has no {unknown}")
    texts = pa.table(
        {
            column: pa.array(
                [None if row.get(column) is None else str(row[column]) for row in rows], pa.string()
            )
            for column in types
        }
    )
    connection.register("texts", texts)
    casts = ", ".join(f"cast({column} as {data_type}) as {column}" for column, data_type in types.items())
    connection.execute(f"create or replace table {name} as select {casts} from texts")
    connection.unregister("texts")
