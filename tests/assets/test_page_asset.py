"""The page among Dagster's assets: there with its size and time, or left out and told, and the publication stands."""

from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import duckdb
import pytest

from dagster_project.defs.publish import assets
from dagster_project.defs.resources import Warehouse
from dagster_project.lib import run_events
from dagster_project.lib.edition_page import Page
from dagster_project.lib.night_report import PageReport
from dagster_project.lib.publication import Publication
from dagster_project.lib.settings import Settings

EDITION = "2025-12-31-aaaaaaaaaa"


class Opened(Warehouse):
    """A warehouse that knows which edition the run builds, and no more."""

    @contextmanager
    def yield_for_execution(self, context):
        yield self

    @contextmanager
    def connect(self, *, locked=True):
        with duckdb.connect() as connection:
            connection.execute(
                f"""
                create schema audit;
                create table audit.run_settings as select
                    '{EDITION}' as edition_id, date '2025-12-31' as as_of_date, 'demo' as company,
                    'Demo AB' as company_name, 'SEK' as reporting_currency, null as parent_edition_id,
                    'i' as inputs_hash, '{{}}' as inputs;
                """
            )
            yield connection

    def may_be_shown(self, company, as_of):
        return True


@pytest.fixture
def published(tmp_path, monkeypatch):
    """Runs the step with a publication that has made its page so; what came out, and what was handed on."""
    mine = Settings.from_environment({"SCORECARD_HOME": str(tmp_path)})
    asked, said = [], []

    def run(page: Page | None):
        made = Publication(
            EDITION, Path("/editions") / EDITION / "scorecard.duckdb", datetime(2026, 1, 1), {}, "passed", 1, 0,
            unchanged=False, flipped=True, sequence=1, page=page,
        )  # fmt: skip
        monkeypatch.setattr(assets, "settings", lambda: mine)
        monkeypatch.setattr(assets, "publish", lambda *_, **options: asked.append(options) or made)
        monkeypatch.setattr(assets, "inputs_of", lambda *_: [])
        monkeypatch.setattr(assets, "tidy", lambda *_: None)
        with dg.DagsterInstance.ephemeral() as instance:
            result = dg.materialize(
                [assets.publish_edition], resources={"warehouse": Opened()}, instance=instance
            )
            logs = instance.all_logs(result.run_id)
            events = run_events.read(logs)
            said.extend(record.user_message for record in logs)
        found = {
            event.asset_key: event.step_materialization_data.materialization.metadata
            for event in result.get_asset_materialization_events()
        }
        return found, events, SimpleNamespace(asked=asked[-1], said=said)

    return run


def test_a_page_is_an_asset_with_its_size_and_time(published):
    found, events, run = published(Page(1_200_000, 0.84))
    page = found[assets.PAGE_KEY]
    assert page["path"].value == f"/editions/{EDITION}/scorecard.html"
    assert (page["page_bytes"].value, page["page_seconds"].value) == (1_200_000, 0.84)
    assert events.page == PageReport(False, 1_200_000, 0.84) and events.built_edition == EDITION
    assert run.asked["render"] is assets.render


def test_a_page_that_could_not_be_made_is_no_asset_of_the_run_and_the_run_stands(published):
    found, events, run = published(Page(None, 0.1, "PageError: no such table."))
    assert assets.PAGE_KEY not in found and assets.published_key("kpi_scorecard") in found
    assert events.page == PageReport(True, 0, 0.1) and events.failed_steps == []
    assert any(
        "without its page, scorecard.html: PageError: no such table. What to do:" in line for line in run.said
    )


def test_a_page_that_was_there_is_told_as_unchanged(published):
    found, events, _ = published(None)
    assert found[assets.PAGE_KEY]["unchanged"].value is True and events.page is None
