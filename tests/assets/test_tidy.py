"""After the flip: removing old editions and copies can fail, and the night has published all the same."""

from contextlib import contextmanager
from dataclasses import replace

import dagster as dg
import duckdb
import pytest

from dagster_project.defs.publish import assets
from dagster_project.lib.audit_tables import ensure_audit_tables
from dagster_project.lib.kept_editions import PublicationFailed
from dagster_project.lib.settings import Settings


class Context:
    """Takes what is logged."""

    def __init__(self):
        self.log, self.said = self, []

    def info(self, text):
        self.said.append(("info", text))

    def warning(self, text):
        self.said.append(("warning", text))


class Warehouse:
    """Opens a warehouse, or fails as the resource does where another program has it open."""

    def __init__(self, path, failure=None):
        self.path, self.failure = path, failure

    @contextmanager
    def connect(self):
        if self.failure:
            raise self.failure
        with duckdb.connect(str(self.path)) as connection:
            yield connection


@pytest.fixture
def own(tmp_path, monkeypatch):
    mine = replace(Settings.from_environment({"SCORECARD_HOME": str(tmp_path)}), keep_editions=1)
    monkeypatch.setattr(assets, "settings", lambda: mine)
    with duckdb.connect(str(mine.warehouse)) as connection:
        ensure_audit_tables(connection)
        connection.execute("insert into audit.before_tables values ('demo', 'orders', 'h1', 'e1')")
    return mine


def copies(own):
    with duckdb.connect(str(own.warehouse)) as connection:
        return connection.execute("select count(*) from audit.before_tables").fetchone()[0]


def test_what_is_removed_is_told(own, monkeypatch):
    asked = []
    monkeypatch.setattr(assets, "prune", lambda *given: asked.append(given) or ["e1", "e2"])
    context = Context()
    assets.tidy(context, Warehouse(own.warehouse))
    assert asked == [(own.home, 1, 0)] and copies(own) == 0
    assert context.said == [
        ("info", "Editions removed by the settings: e1, e2. Their values stay in the history.")
    ]


@pytest.mark.parametrize(
    "failure", [PermissionError(13, "Permission denied"), PublicationFailed("no"), duckdb.IOException("no")]
)
def test_editions_that_can_not_be_removed_wait_for_the_next_night(own, monkeypatch, failure):
    def refuse(*_):
        raise failure

    monkeypatch.setattr(assets, "prune", refuse)
    context = Context()
    assets.tidy(context, Warehouse(own.warehouse))
    [(level, text)] = context.said
    assert level == "warning" and "left until the next publication" in text and "What to do" in text
    assert copies(own) == 0, "the copies go all the same"


@pytest.mark.parametrize("failure", [dg.Failure("another program has it open"), duckdb.IOException("no")])
def test_copies_in_a_warehouse_that_somebody_reads_wait_too(own, failure):
    context = Context()
    assets.tidy(context, Warehouse(own.warehouse, failure))
    [(level, text)] = context.said
    assert level == "warning" and "Copies of raw tables are left" in text
    assert copies(own) == 1


def test_any_other_error_is_one(own, monkeypatch):
    def broken(*_):
        raise KeyError("a mistake in the code")

    monkeypatch.setattr(assets, "prune", broken)
    with pytest.raises(KeyError):
        assets.tidy(Context(), Warehouse(own.warehouse))
