"""The published tables: one edition, written and flipped in one step, and nothing unaudited."""

import json
from collections.abc import Iterator

import dagster as dg
import duckdb

from dagster_project.defs.ingest.assets import raw_tables
from dagster_project.defs.publish.why import EFFECTS_KEY
from dagster_project.defs.quality.checks import suites
from dagster_project.defs.resources import Warehouse, settings
from dagster_project.lib.archive import inputs_of
from dagster_project.lib.before import forget_copies
from dagster_project.lib.edition import git_commit
from dagster_project.lib.edition_page import PAGE_FILE, Page
from dagster_project.lib.flips import FlipsDamaged
from dagster_project.lib.holds import remember_event_spans
from dagster_project.lib.page import render
from dagster_project.lib.plan import remember_targets
from dagster_project.lib.pruning import prune
from dagster_project.lib.publication import (
    OWN_TABLES,
    PUBLISHED_TABLES,
    PUBLISHED_VIEWS,
    Edition,
    Publication,
    PublicationError,
    current_edition,
    publish,
)
from dagster_project.lib.withheld import remember


def published_key(table: str) -> dg.AssetKey:
    """Asset key of a published table."""
    return dg.AssetKey(["published", table])


PAGE_KEY = published_key("page")


@dg.multi_asset(
    name="publish",
    specs=[
        *(
            dg.AssetSpec(
                published_key(table),
                # the edition is one: every table of it waits for every table of it
                # and for the answer to why its values changed
                deps=[*(dg.AssetKey(["scorecard", name]) for name in PUBLISHED_TABLES), EFFECTS_KEY],
                group_name="published",
                description=f"`scorecard.{table}` as readers see it.",
                kinds={"duckdb", "parquet"},
            )
            for table in (*PUBLISHED_TABLES, *PUBLISHED_VIEWS, *OWN_TABLES)
        ),
        dg.AssetSpec(
            PAGE_KEY,
            deps=[published_key("publication")],
            group_name="published",
            description="The scorecard as one HTML file, `scorecard.html` beside the edition's database.",
            kinds={"html"},
            # an edition whose page can't be made is published without it
            skippable=True,
        ),
    ],
)
def publish_edition(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult]:
    """Copy the audited tables into a new edition and flip readers to it; the same edition again changes nothing."""
    with warehouse.connect(locked=False) as connection:
        edition_id, as_of, company, company_name, currency, parent, inputs_hash, inputs = connection.execute(
            "select edition_id, as_of_date, company, company_name, reporting_currency,"
            " parent_edition_id, inputs_hash, inputs from audit.run_settings"
        ).fetchone()
        files = inputs_of(connection, settings(), set(raw_tables()), edition_id)

    show = warehouse.may_be_shown(company, as_of)

    def remember_what_is_shown() -> None:
        with warehouse.connect() as connection:
            # a kept edition lies where readers can open it: what it withholds counts from now on
            remember(connection, edition_id)
            if show:
                remember_targets(connection, as_of)
                remember_event_spans(connection, as_of)

    try:
        published = publish(
            settings().warehouse,
            settings().home,
            Edition(
                edition_id=edition_id,
                as_of_date=as_of,
                company=company,
                company_name=company_name,
                reporting_currency=currency,
                run_id=context.run_id,
                git_commit=git_commit(),
                parent_edition_id=parent,
                inputs_hash=inputs_hash,
                inputs=json.loads(inputs),
                settings=settings().recorded(),
            ),
            PUBLISHED_TABLES,
            PUBLISHED_VIEWS,
            suites(),
            inputs=files,
            before_flip=remember_what_is_shown,
            show=show,
            render=render,
        )
    except PublicationError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
    context.log.info(message(published) if show else kept(published))
    page = published.page
    if page and page.problem:
        context.log.warning(without_page(published, page.problem))
    tidy(context, warehouse)
    for table in (*PUBLISHED_TABLES, *PUBLISHED_VIEWS, *OWN_TABLES):
        facts = published.tables.get(table)
        yield dg.MaterializeResult(
            asset_key=published_key(table),
            metadata={
                "edition_id": published.edition_id,
                "path": dg.MetadataValue.path(str(published.path)),
                "unchanged": published.unchanged,
                **({"dagster/row_count": facts.row_count, "control_sum": facts.control_sum} if facts else {}),
                **(page_facts(page) if table == "publication" and page else {}),
            },
        )
    if page is None or page.problem is None:
        yield dg.MaterializeResult(
            asset_key=PAGE_KEY,
            metadata={
                "edition_id": published.edition_id,
                "path": dg.MetadataValue.path(str(published.path.with_name(PAGE_FILE))),
                "unchanged": page is None,
                **(page_facts(page) if page else {}),
            },
        )


def tidy(context: dg.AssetExecutionContext, warehouse: Warehouse) -> None:
    """Remove old editions and copies. The publication is done: what can't be removed now waits for the next one."""
    home = settings().home
    try:
        pruned = prune(home, settings().keep_editions, settings().keep_days)
        if pruned:
            context.log.info(
                f"Editions removed by the settings: {', '.join(pruned)}. Their values stay in the history."
            )
    except (OSError, duckdb.Error, PublicationError, FlipsDamaged) as error:
        context.log.warning(
            f"Old editions are left until the next publication: {error}. What to do: give this user the right to "
            f"write in {home / 'published'} and {home / 'archive'}."
        )
    shown = current_edition(home)
    try:
        with warehouse.connect() as connection:
            forget_copies(connection, shown["edition_id"] if shown else "")
    except (duckdb.Error, dg.Failure) as error:
        # also where another program has opened the warehouse meanwhile
        context.log.warning(f"Copies of raw tables are left until the next publication: {error}")


def message(published: Publication) -> str:
    """What happened, in one line."""
    if published.instead:
        return f"Edition {published.edition_id} stays rolled back: readers have {published.instead}."
    if published.unchanged and not published.flipped:
        return f"Nothing new: edition {published.edition_id} is already published."
    return f"Edition {published.edition_id} is published: {published.path}"


def page_facts(page: Page) -> dict[str, int | float | bool]:
    """What the run's report tells of the page; why there is none stands in the run's log."""
    return {
        "page_missing": page.problem is not None,
        "page_bytes": page.bytes or 0,
        "page_seconds": round(page.seconds, 2),
    }


def without_page(published: Publication, problem: str) -> str:
    """What to say of an edition without its page."""
    return (
        f"Edition {published.edition_id} is there with all its numbers and without its page, {PAGE_FILE}: "
        f"{problem.rstrip('.')}. What to do: make room if the disk is full; else it is the code of lib/page, or a "
        "table of another shape. Then run again: the next run makes the page."
    )


def kept(published: Publication) -> str:
    """What happened to the edition of a past night, in one line."""
    return (
        f"Edition {published.edition_id} of a past night is built and kept: {published.path}. "
        "Readers stay with the newer one."
    )
