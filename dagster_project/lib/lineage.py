"""What the dbt manifest says about each KPI: the raw tables it is built from and the code it is made of.

Belongs here: pure functions over the parsed manifest. Does not belong here: running dbt
(``dbt_runner.py``) or judging quality (``gate.py``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from dagster_project.lib.catalogue import OBSERVED_MODEL, observed_kpi_ids

Manifest = Mapping[str, Any]

# They say which periods there are and which of them the data covers, from every domain's events. A number
# is not made of those, so its inputs end here; else every KPI would hang on every raw table.
CALENDAR = {"dim_event_spans", "dim_coverage", "dim_dates", "dim_periods"}

# dbt sources that are no landed tables: the run's own facts, and what people planned
OWN_SOURCES = ("audit", "plan")


def kpi_models(manifest: Manifest) -> dict[str, str]:
    """KPI id -> unique id of its model: every model in the folder of KPIs, one for all observed KPIs."""
    models = {
        node["name"]: unique_id
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and layer_of(node) == "kpis"
    }
    if OBSERVED_MODEL in models:
        model = models.pop(OBSERVED_MODEL)
        models |= dict.fromkeys(observed_kpi_ids(), model)
    return models


def layer_of(node: Mapping[str, Any]) -> str:
    """The layer of a dbt node: its first folder, ``staging`` for an external source system's models."""
    if node["resource_type"] == "seed":
        return "reference"
    if node["resource_type"] == "source":
        return node["source_name"] if node["source_name"] in OWN_SOURCES else "raw"
    folder = node["fqn"][1]
    return folder if folder in {"staging", "core", "metrics", "kpis", "scorecard"} else "staging"


def upstream(manifest: Manifest, unique_id: str) -> set[str]:
    """Every node that ``unique_id`` is built from, itself included; nothing behind the calendar."""
    seen: set[str] = set()
    waiting = [unique_id]
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            if node.split(".")[-1] not in CALENDAR or node == unique_id:
                waiting.extend(manifest["parent_map"].get(node, []))
    return seen


def downstream(manifest: Manifest, unique_ids: Iterable[str]) -> set[str]:
    """Every source, seed and model that is made from these, themselves included, up to the KPIs.

    The mirror of `upstream`: nothing behind the calendar. The scorecard layer is left out: it holds KPIs apart.
    """
    seen: set[str] = set()
    waiting = list(unique_ids)
    while waiting:
        unique_id = waiting.pop()
        node = manifest["nodes"].get(unique_id) or manifest["sources"].get(unique_id)
        if node is None or unique_id in seen or node["resource_type"] not in ("source", "seed", "model"):
            continue
        if layer_of(node) == "scorecard" or node["name"] in CALENDAR:
            continue
        seen.add(unique_id)
        waiting.extend(manifest["child_map"].get(unique_id, []))
    return seen


def kpis_among(manifest: Manifest, unique_ids: Iterable[str]) -> list[str]:
    """The KPIs that these models are, sorted."""
    models = set(unique_ids)
    return sorted(kpi_id for kpi_id, model in kpi_models(manifest).items() if model in models)


def source_ids(manifest: Manifest) -> dict[tuple[str, str], str]:
    """(source system, raw table) -> unique id of the dbt source."""
    return {
        (source["source_name"], source["name"]): unique_id
        for unique_id, source in manifest["sources"].items()
        if source["source_name"] not in OWN_SOURCES
    }


def subjects(manifest: Manifest, test: Mapping[str, Any]) -> set[str]:
    """The sources, seeds and models that a dbt test judges; the calendar is only joined, unless it stands alone."""
    read = {
        unique_id
        for unique_id in test["depends_on"]["nodes"]
        if unique_id in manifest["nodes"] or layer_of(manifest["sources"][unique_id]) not in OWN_SOURCES
    }
    named = {unique_id for unique_id in read if unique_id.split(".")[-1] not in CALENDAR}
    models = {unique_id for unique_id in named if not unique_id.startswith("seed.")}
    return models or named or read


def side_models(manifest: Manifest) -> dict[str, str]:
    """Name -> unique id of what the scorecard layer and the calendar read beside the KPIs: names, dates, targets."""
    readers = [
        unique_id
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and (layer_of(node) == "scorecard" or node["name"] in CALENDAR)
    ]
    return {
        node["name"]: parent
        for reader in readers
        for parent in manifest["parent_map"].get(reader, [])
        if (node := manifest["nodes"].get(parent))
        and node["resource_type"] == "model"
        and layer_of(node) in ("staging", "core", "metrics")
        and node["name"] not in CALENDAR
    }


def model_inputs(manifest: Manifest) -> list[tuple[str, str, str]]:
    """Sorted (model, source system, raw table) triples of the side models."""
    return sorted(
        (name, source["source_name"], source["name"])
        for name, model in side_models(manifest).items()
        for node in upstream(manifest, model)
        if (source := manifest["sources"].get(node)) and source["source_name"] not in OWN_SOURCES
    )


def kpi_inputs(manifest: Manifest) -> list[tuple[str, str, str]]:
    """Sorted (kpi_id, source system, raw table) triples."""
    return sorted(
        (kpi_id, source["source_name"], source["name"])
        for kpi_id, model in kpi_models(manifest).items()
        for node in upstream(manifest, model)
        if (source := manifest["sources"].get(node)) and source["source_name"] not in OWN_SOURCES
    )


def kpi_definitions(manifest: Manifest) -> list[tuple[str, str]]:
    """Sorted (kpi_id, hash) pairs; the hash changes when any code or seed behind the KPI does.

    Macros count too: the shared arithmetic is part of a definition.
    """
    macros = {
        unique_id: macro["macro_sql"]
        for unique_id, macro in manifest["macros"].items()
        if macro["package_name"] == manifest["metadata"]["project_name"]
    }
    definitions = []
    for kpi_id, model in kpi_models(manifest).items():
        digest = hashlib.sha256()
        for node_id in sorted(upstream(manifest, model)):
            node = manifest["nodes"].get(node_id)
            if node is None:
                continue
            digest.update(f"{node_id}\0{node['checksum']['checksum']}\0".encode())
            for macro_id in sorted(set(node["depends_on"].get("macros", [])) & set(macros)):
                digest.update(f"{macro_id}\0{macros[macro_id]}\0".encode())
        definitions.append((kpi_id, digest.hexdigest()[:16]))
    return sorted(definitions)


def scorecard_sources(manifest: Manifest) -> set[tuple[str, str]]:
    """(source system, raw table) pairs that anything in the scorecard layer is built from."""
    nodes: set[str] = set()
    for unique_id, node in manifest["nodes"].items():
        if node["resource_type"] == "model" and layer_of(node) == "scorecard":
            nodes |= upstream(manifest, unique_id)
    return {
        (source["source_name"], source["name"])
        for node in nodes
        if (source := manifest["sources"].get(node)) and source["source_name"] not in OWN_SOURCES
    }
