"""What a dbt build that failed says to people: which rule does not hold, on which rows, and what to do.

Belongs here: reading dbt's results, the comment that states a test's rule, and the rows that break it. Does
not belong here: running dbt (``dbt_runner.py``) or Great Expectations suites (``gate.py``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.lib.lineage import Manifest, layer_of, upstream

EXAMPLES = 5
_DO_STAGING = (
    "These rows come out of a source system's mapping SQL. "
    "Correct the mapping, or the extract and land it again."
)
_DO_ANY = (
    "Look at the rows. Where the delivered data say so, correct the extract and land it again; where they do not, "
    "a model is wrong."
)


def read_results(target: Path) -> list[dict[str, Any]]:
    """What the last dbt command in this target folder found, node by node; nothing if it never got that far."""
    path = target / "run_results.json"
    return json.loads(path.read_text())["results"] if path.exists() else []


def forget_results(target: Path) -> None:
    """Take the last command's results away, so that they can not pass for those of the next."""
    (target / "run_results.json").unlink(missing_ok=True)


def findings(manifest: Manifest, results: list[dict[str, Any]], warehouse: Path) -> dict[str, str]:
    """A message for people for each test that did not hold and each node that raised, by unique id."""
    messages = {}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for result in results:
            node = manifest["nodes"].get(result["unique_id"])
            if node is None or result["status"] not in ("fail", "warn", "error"):
                continue
            if result["status"] == "error":
                messages[result["unique_id"]] = (
                    f"{node['name']} could not be run: {result['message']}\n  File: {_file(node)}"
                )
            else:
                messages[result["unique_id"]] = _broken_rule(manifest, node, result, connection)
    return messages


def _broken_rule(
    manifest: Manifest,
    node: Mapping[str, Any],
    result: Mapping[str, Any],
    connection: duckdb.DuckDBPyConnection,
) -> str:
    outcome = "FAILED" if result["status"] == "fail" else "does not hold (a warning)"
    count = result["failures"] or 0
    lines = [f"{node['name']} {outcome}: {count:,} {'row' if count == 1 else 'rows'}."]
    if rule := rule_in_words(manifest, node):
        lines.append(f"  the rule: {rule}")
    lines += [f"    {row}" for row in _rows(manifest, node, result["compiled_code"], connection)]
    if count > EXAMPLES:
        lines.append(f"    … and {count - EXAMPLES:,} more")
    lines.append(f"  What to do: {_what_to_do(manifest, node)}")
    lines.append(f"  File: {_file(node)}")
    return "\n".join(lines)


def rule_in_words(manifest: Manifest, node: Mapping[str, Any]) -> str:
    """The comment that a singular test begins with; of a generic one its name, model and arguments."""
    if generic := node.get("test_metadata"):
        model = manifest["nodes"][node["attached_node"]]["name"] if node.get("attached_node") else "a table"
        arguments = ", ".join(
            f"{name}: {', '.join(map(str, value)) if isinstance(value, list) else value}"
            for name, value in generic["kwargs"].items()
            if name != "model"
        )
        return f"{generic['name'].replace('_', ' ')} in {model} ({arguments})."
    comment: list[str] = []
    for line in node["raw_code"].splitlines():
        if line.startswith("--"):
            comment.append(line.removeprefix("--").strip())
        elif comment:
            break
    return " ".join(comment)


def _rows(
    manifest: Manifest, node: Mapping[str, Any], sql: str, connection: duckdb.DuckDBPyConnection
) -> list[str]:
    found = connection.execute(f"select * from ({sql}\n) limit {EXAMPLES}")
    names = [column[0] for column in found.description]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    # `select *` would show columns that nobody chose, pay among them: then only the key and what is missing
    key = _key_of_whole_rows(manifest, node, names)
    return [
        ", ".join(
            f"{name}={'NULL' if value is None else str(value)[:80]}"
            for name, value in row.items()
            if key is None or name in key or value is None
        )
        for row in rows
    ]


def _key_of_whole_rows(manifest: Manifest, node: Mapping[str, Any], names: list[str]) -> set[str] | None:
    """The key columns of the tested model where the test returns its rows whole; None where it does not."""
    model = manifest["nodes"].get(node.get("attached_node") or "", {})
    if not model or set(names) != set(model["columns"]):
        return None
    return {
        column
        for test in manifest["nodes"].values()
        if test.get("attached_node") == node["attached_node"]
        and (test.get("test_metadata") or {}).get("name") == "unique_together"
        for column in test["test_metadata"]["kwargs"]["columns"]
    }


def _what_to_do(manifest: Manifest, node: Mapping[str, Any]) -> str:
    meta = node["config"].get("meta") or {}
    attached = manifest["nodes"].get(node.get("attached_node") or "")
    advice = meta.get("what_to_do") or (
        _DO_STAGING if attached and layer_of(attached) == "staging" else _DO_ANY
    )
    if entity := meta.get("needs"):
        files = files_of(manifest, entity)
        advice += (
            f" The entity {entity} is read from {', '.join(files)}."
            if files
            else f" No source system of this run delivers the entity {entity}: docs/connecting_a_source.md says how."
        )
    return advice


def files_of(manifest: Manifest, entity: str) -> list[str]:
    """The files that a staging entity comes from, as ``<pattern> of <system>``, over all systems that feed it."""
    contract = next(
        unique_id
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and re.fullmatch(rf"stg_[a-z]+__{entity}", node["name"])
    )
    return sorted(
        f"{source['config']['meta']['files']} of {source['source_name']}"
        for unique_id in upstream(manifest, contract)
        if (source := manifest["sources"].get(unique_id))
    )


def _file(node: Mapping[str, Any]) -> str:
    return f"dbt_project/{node['original_file_path']}"
