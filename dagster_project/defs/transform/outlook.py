"""Where open periods will end: a step of its own between the scorecard's tables and what judges them."""

from collections.abc import Iterator

import dagster as dg

from dagster_project.defs.resources import Warehouse
from dagster_project.lib.outlook_tables import BACKTEST, TABLE, Outcome, write

DESCRIPTIONS = {
    TABLE: "Where each open period will end by each method, with an interval and the chance of meeting its target.",
    BACKTEST: "What each method would have said in the past, and what came.",
}

# It reads tables that suites judge too, and what depends on those waits until they are judged: then they would be
# judged in two steps, and dbt split in two around this one. This view has no suite, and comes out of the one step that
# makes all that is read here.
LAST_OF_DBT = dg.AssetKey(["scorecard", "kpi_latest"])


@dg.multi_asset(
    name="outlook",
    specs=[
        dg.AssetSpec(
            dg.AssetKey(["scorecard", table]),
            group_name="scorecard",
            deps=[LAST_OF_DBT],
            description=description,
            kinds={"python", "duckdb"},
        )
        for table, description in DESCRIPTIONS.items()
    ],
)
def outlook(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[dg.MaterializeResult]:
    """Look ahead for every open period that is shown; the night goes on where that fails."""
    with warehouse.connect(locked=False) as connection:
        found = write(connection)
    if found.failed:
        # whatever it is: right numbers don't wait for a forecast
        context.log.warning(
            f"There is no outlook tonight: {found.failed}. Its {found.rows:,} rows say `failed`, and the figures "
            "themselves are not touched by this. What to do: report it with this message; the next night tries anew."
        )
    else:
        context.log.info(message(found))
    for table, rows in ((TABLE, found.rows), (BACKTEST, found.backtests)):
        yield dg.MaterializeResult(
            asset_key=dg.AssetKey(["scorecard", table]), metadata={"dagster/row_count": rows}
        )


def message(found: Outcome) -> str:
    """What was found, in one line."""
    if not found.periods:
        return "Outlook: no period is open."
    return (
        f"Outlook: {found.said:,} of {found.periods:,} open periods, "
        f"tried on {found.backtests:,} periods of the past."
    )


@dg.definitions
def outlooks() -> dg.Definitions:
    """The step that looks ahead."""
    return dg.Definitions(assets=[outlook])
