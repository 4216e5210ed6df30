"""Why figures changed since the last edition: a step of its own between the audit and the publication."""

from collections.abc import Iterator

import dagster as dg

from dagster_project.defs.ingest.assets import raw_tables
from dagster_project.defs.resources import Warehouse, manifest, settings
from dagster_project.lib.before import record_inputs
from dagster_project.lib.counterfactual import shared_code_hash
from dagster_project.lib.publication import PUBLISHED_TABLES, current_edition
from dagster_project.lib.settings import DBT_PROJECT
from dagster_project.lib.why import Explanation, clear, explain, write_effects

EFFECTS_KEY = dg.AssetKey(["audit", "value_effects"])
OTHER_KEYS = {
    dg.AssetKey(
        ["audit", "row_changes"]
    ): "Rows added, corrected, removed since the last edition, by run and table.",
    dg.AssetKey(
        ["audit", "edition_inputs"]
    ): "What each edition was made of: the content hash of every raw table.",
}


@dg.multi_asset(
    name="value_effects",
    specs=[
        dg.AssetSpec(
            key,
            deps=[dg.AssetKey(["scorecard", name]) for name in PUBLISHED_TABLES],
            group_name="audit",
            description=description,
            kinds={"duckdb"},
        )
        for key, description in {
            EFFECTS_KEY: "Each changed value's difference to the last edition, split by cause.",
            **OTHER_KEYS,
        }.items()
    ],
)
def value_effects(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[dg.MaterializeResult]:
    """Split every change since the last edition by cause, and write down what this edition is made of."""
    code_hash = shared_code_hash(manifest(), DBT_PROJECT / "dbt_project.yml")
    shown = current_edition(settings().home)
    with warehouse.connect() as connection:
        (edition_id,) = connection.execute("select edition_id from audit.run_settings").fetchone()
    folder = settings().home / "why"
    # where tonight's edition is shown already, what was found before it was shown stands
    if not shown or shown["edition_id"] != edition_id:
        found = explained(context, shown, code_hash) if shown else None
        with warehouse.connect(locked=False) as connection:
            write_effects(connection, found, context.run_id)
    clear(folder)
    with warehouse.connect(locked=False) as connection:
        record_inputs(connection, edition_id, code_hash)
        (rows,) = connection.execute("select count(*) from audit.value_effects").fetchone()
    for key in (EFFECTS_KEY, *OTHER_KEYS):
        yield dg.MaterializeResult(
            asset_key=key, metadata={"dagster/row_count": rows} if key == EFFECTS_KEY else {}
        )


def explained(context: dg.AssetExecutionContext, shown: dict, code_hash: str) -> Explanation | None:
    """The explanation, or None where even the two editions could not be compared; the night goes on."""
    try:
        found = explain(
            settings().warehouse,
            shown["path"],
            shown["edition_id"],
            raw_tables(),
            manifest(),
            code_hash,
            settings().dbt_target,
            settings().home / "why",
            settings().why_seconds,
        )
    except Exception as error:
        # whatever it is: right numbers don't wait for an explanation
        context.log.warning(
            f"Why figures changed can't be told: comparing with edition {shown['edition_id']} failed ({error}). "
            "The figures themselves are not touched by this."
        )
        return None
    context.log.info(message(found))
    if found.trouble:
        context.log.warning(
            f"{found.not_split:,} changed values are not split by cause (`not_split` in audit.value_effects): "
            f"{found.trouble}. The figures themselves are not touched by this."
        )
    return found


def message(found: Explanation) -> str:
    """What was found, in one line."""
    runs = f"computed after {', '.join(found.runs)}" if found.runs else "nothing had to be computed"
    return f"{found.rows:,} values differ from edition {found.parent_edition_id}; {runs} ({found.seconds:.1f} s)."


@dg.definitions
def why() -> dg.Definitions:
    """The step that tells why figures changed."""
    return dg.Definitions(assets=[value_effects])
