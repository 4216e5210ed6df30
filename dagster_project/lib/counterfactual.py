"""The KPIs' values as tonight's code would have had them from other data, by another day.

Belongs here: running the SQL that tonight's dbt build ran, once more, in a scratch database whose sources are
views over the warehouse (attached read-only) or other rows. Which states are asked for, and what follows from the
values, is ``why.py``'s.

dbt is not started: it leaves the statement that made each table or view in ``target/run``. What does not hang on
anything that differs is not built again but read from the warehouse, and of the KPIs only those asked for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from dagster_project.lib.lineage import Manifest, kpi_models, upstream
from dagster_project.lib.sql import identifier, literal

NIGHT = "night"
"""The name under which the warehouse must be attached."""


class CannotRecompute(Exception):
    """What the build left can't be run again; the text says why."""


def values_node(manifest: Manifest) -> str:
    """The node in which all KPIs' values stand."""
    return f"model.{manifest['metadata']['project_name']}.kpi_values"


def shared_code_hash(manifest: Manifest, project_file: Path) -> str:
    """A hash of the code that no KPI's definition_hash covers: the calendar and what is made of all KPIs' rows.

    With the variables of the dbt project, which stand in no node.
    """
    macros = manifest["macros"]
    digest = hashlib.sha256(project_file.read_bytes())
    models = set(kpi_models(manifest).values())
    seen: set[str] = set()
    waiting = [values_node(manifest)]
    while waiting:
        unique_id = waiting.pop()
        if unique_id in seen or unique_id in models:
            continue
        seen.add(unique_id)
        waiting.extend(manifest["parent_map"].get(unique_id, []))
    for unique_id in sorted(seen & set(manifest["nodes"])):
        node = manifest["nodes"][unique_id]
        own = [
            macros[name]["macro_sql"]
            for name in sorted(node["depends_on"].get("macros", []))
            if macros.get(name, {}).get("package_name") == manifest["metadata"]["project_name"]
        ]
        digest.update(json.dumps([unique_id, node["checksum"]["checksum"], own]).encode())
    return digest.hexdigest()[:16]


def is_about_people(manifest: Manifest, kpi_id: str) -> bool:
    """Whether a KPI is made of something that is withheld for small groups.

    Whatever withholds, by the macro or by a rule of its own (pay gaps), reads the memory of what was withheld.
    """
    project = manifest["metadata"]["project_name"]
    model = kpi_models(manifest).get(kpi_id)
    nodes = upstream(manifest, model) if model else set()
    memory = source_ids(manifest).get(("audit", "withheld_days"))
    return memory in nodes or any(
        f"macro.{project}.is_withheld" in manifest["nodes"][node]["depends_on"].get("macros", [])
        for node in nodes & set(manifest["nodes"])
    )


def nodes_to_build(
    manifest: Manifest, changed_sources: Collection[str], kpi_ids: Collection[str]
) -> tuple[list[str], list[str]]:
    """The nodes to build anew, in order, and those beside them to take from the warehouse.

    ``changed_sources`` are unique ids. A node is built if something it hangs on differs and a KPI of ``kpi_ids``
    needs it.
    """
    models = kpi_models(manifest)
    others = set(models.values()) - {models[kpi_id] for kpi_id in kpi_ids if kpi_id in models}
    parents = manifest["parent_map"]
    differing: dict[str, bool] = {}

    def differs(unique_id: str) -> bool:
        if unique_id not in differing:
            differing[unique_id] = unique_id in changed_sources or (
                unique_id not in others and any(differs(parent) for parent in parents.get(unique_id, []))
            )
        return differing[unique_id]

    build: dict[str, list[str]] = {}
    taken: set[str] = set()
    waiting = [values_node(manifest)]
    while waiting:
        unique_id = waiting.pop()
        if unique_id in build or unique_id in taken:
            continue
        node = manifest["nodes"].get(unique_id)
        # the values themselves always, so that there is something to read; and views, since one in another
        # database would read the tables of the database that it names
        if node and (
            differs(unique_id)
            or unique_id == values_node(manifest)
            or node["config"]["materialized"] == "view"
        ):
            build[unique_id] = parents.get(unique_id, [])
            waiting.extend(build[unique_id])
        elif unique_id not in changed_sources:
            taken.add(unique_id)
    order = TopologicalSorter({node: [p for p in needs if p in build] for node, needs in build.items()})
    return list(order.static_order()), sorted(taken)


def source_ids(manifest: Manifest) -> dict[tuple[str, str], str]:
    """(source system or ``audit``, table) -> unique id of the dbt source."""
    return {
        (source["source_name"], source["name"]): unique_id
        for unique_id, source in manifest["sources"].items()
    }


def recompute(
    connection: duckdb.DuckDBPyConnection,
    manifest: Manifest,
    target: Path,
    scratch: Path,
    relations: Mapping[tuple[str, str], str],
    kpi_ids: Collection[str],
    keep: Callable[[str], str],
    check: Callable[[], None] = lambda: None,
) -> int:
    """Compute the values of some KPIs from other sources, and hand them to the statement that ``keep`` makes.

    ``connection`` has the warehouse attached as NIGHT. ``relations`` gives the SQL of each source that differs.
    ``scratch`` is a file to be made and removed again; ``check`` is called before each statement and may raise.
    Returns how many tables and views were built.

    Raises:
        CannotRecompute: the last build left no statement for a node that is needed.
    """
    ids = source_ids(manifest)
    build, taken = nodes_to_build(manifest, {ids[name] for name in relations if name in ids}, kpi_ids)
    database = manifest["nodes"][values_node(manifest)]["database"]
    statements = {unique_id: _statement(manifest, target, unique_id) for unique_id in build}
    connection.execute(f"attach {literal(str(scratch))} as {identifier(database)}")
    try:
        # one transaction, since each commit waits for the disk and there are hundreds of statements
        connection.begin()
        nodes = [
            _node(manifest, unique_id)
            for unique_id in (*build, *taken, *map(ids.get, relations))
            if unique_id
        ]
        for schema in sorted({node["schema"] for node in nodes}):
            connection.execute(f"create schema if not exists {identifier(database, schema)}")
        for name, sql in relations.items():
            if name in ids:
                relation = _relation(manifest["sources"][ids[name]])
                check()
                connection.execute(f"create table {identifier(database, *relation)} as {sql}")
        for unique_id in taken:
            relation = _relation(_node(manifest, unique_id))
            connection.execute(
                f"create view {identifier(database, *relation)} as select * from {identifier(NIGHT, *relation)}"
            )
        connection.execute(f"use {identifier(database)}")
        for unique_id in build:
            check()
            connection.execute(statements[unique_id])
        wanted = ", ".join(literal(kpi_id) for kpi_id in sorted(kpi_ids))
        connection.execute(
            keep(
                f"""(
                select kpi_id, period_grain, period_start_date, scope_type, scope_id,
                    cast(actual_value as decimal(38, 10)) as value_now
                from {identifier(database, "scorecard", "kpi_values")}
                where kpi_id in ({wanted}))"""
            )
        )
        connection.commit()
    finally:
        with suppress(duckdb.Error):
            connection.rollback()
        connection.execute("use memory")
        connection.execute(f"detach {identifier(database)}")
        for left in scratch.parent.glob(f"{scratch.name}*"):
            left.unlink()
    return len(build)


def _statement(manifest: Manifest, target: Path, unique_id: str) -> str:
    """What the last build ran for a node; refused if the code has changed since."""
    node = manifest["nodes"][unique_id]
    path = target / "run" / node["package_name"] / node["original_file_path"]
    parsed = target / "manifest.key"
    try:
        if parsed.exists() and path.stat().st_mtime < parsed.stat().st_mtime:
            raise CannotRecompute(
                f"{node['name']} was not built since its project was last changed; expected {path} to be newer "
                f"than {parsed}. Build everything (make nightly)."
            )
        return path.read_text()
    except OSError as error:
        raise CannotRecompute(
            f"{node['name']}: expected the statement that dbt ran in {path}, found none. Build everything "
            "(make nightly)."
        ) from error


def _node(manifest: Manifest, unique_id: str) -> Mapping:
    return manifest["sources"].get(unique_id) or manifest["nodes"][unique_id]


def _relation(node: Mapping) -> tuple[str, str]:
    return node["schema"], node.get("identifier") or node.get("alias") or node["name"]
