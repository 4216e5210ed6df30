"""The page in an edition: there before readers are, whole or not there, and never in the way of the numbers."""

import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from dagster_project.lib import durable
from dagster_project.lib.audit_tables import ensure_audit_tables
from dagster_project.lib.backup import back_up
from dagster_project.lib.edition import is_published
from dagster_project.lib.edition_page import PAGE_FILE, has_page, sealed, write_page
from dagster_project.lib.kept_editions import current_edition, is_whole, read_edition
from dagster_project.lib.pruning import prune
from dagster_project.lib.publication import STEPS
from dagster_project.lib.rollback import show
from tests.unit.lib.test_publication import FIRST, SECOND, Killed, Pipeline


class Unpainted(Exception):
    """As a page that can't be made."""


def render(edition):
    """A page that could only be made from the edition's own file, closed and complete."""
    with duckdb.connect(str(edition), read_only=True) as connection:
        (edition_id,) = connection.execute("select edition_id from scorecard.publication").fetchone()
        (rows,) = connection.execute("select count(*) from scorecard.kpi_latest").fetchone()
    return f"<!doctype html><title>{edition_id}</title><p>{rows} KPIs, på svenska: åäö</p>"


def fail(edition):
    raise Unpainted("no such table: kpi_signals")


@pytest.fixture
def pipeline(tmp_path):
    made = Pipeline(tmp_path)
    made.build(FIRST)
    return made


def page_of(pipeline):
    return pipeline.published / "current" / PAGE_FILE


def test_readers_find_the_page_beside_the_numbers(pipeline):
    made = pipeline.publish(FIRST, render=render)
    assert (
        page_of(pipeline).read_text().startswith(f"<!doctype html><title>{FIRST.edition_id}</title><p>7 KPIs")
    )
    assert made.page.problem is None and made.page.bytes == page_of(pipeline).stat().st_size
    assert made.page.seconds > 0
    assert page_of(pipeline).stat().st_mode & 0o777 == 0o640
    assert has_page(page_of(pipeline).parent) and is_whole(pipeline.home, FIRST.edition_id)


def test_it_is_there_before_the_edition_has_its_name(pipeline):
    seen = {}

    def look(step):
        building = next((pipeline.published / "editions").glob(".building-*"), None)
        seen[step] = building is not None and (building / PAGE_FILE).exists()

    pipeline.publish(FIRST, render=render, on_step=look)
    assert not seen["verified"] and seen["paged"]
    assert list(seen) == list(STEPS)


def test_a_page_that_can_not_be_made_holds_no_number_back(pipeline):
    made = pipeline.publish(FIRST, render=fail)
    assert made.flipped and made.page.problem == "Unpainted: no such table: kpi_signals"
    assert current_edition(pipeline.home)["edition_id"] == FIRST.edition_id
    assert not page_of(pipeline).exists() and not list(pipeline.published.rglob(".scorecard.html*"))
    assert is_whole(pipeline.home, FIRST.edition_id), "its numbers are"


def test_a_rerun_makes_the_page_and_touches_nothing_else(pipeline):
    pipeline.publish(FIRST, render=fail)
    before = {path: path.stat().st_mtime_ns for path in page_of(pipeline).parent.rglob("*.*")}
    again = pipeline.publish(FIRST, render=render)
    assert again.unchanged and not again.flipped and again.page.problem is None
    after = {path: path.stat().st_mtime_ns for path in page_of(pipeline).parent.rglob("*.*")}
    assert set(after) - set(before) == {page_of(pipeline).parent / PAGE_FILE}
    assert {path: after[path] for path in before} == before
    written = page_of(pipeline).stat()
    third = pipeline.publish(FIRST, render=fail)
    assert third.page is None, "it is there: nobody is asked to make it"
    assert (page_of(pipeline).stat().st_ino, page_of(pipeline).stat().st_mtime_ns) == (
        written.st_ino,
        written.st_mtime_ns,
    )


@pytest.mark.parametrize("damage", ["cut", "changed", "another", "empty"])
def test_a_page_that_somebody_wrote_into_is_made_anew(pipeline, damage):
    pipeline.publish(FIRST, render=render)
    page = page_of(pipeline)
    whole = page.read_bytes()
    page.write_bytes(
        {
            "cut": whole[:40],
            "changed": whole.replace(b"7 KPIs", b"8 KPIs"),
            "another": sealed("<p>another</p>", SECOND.edition_id),
            "empty": b"",
        }[damage]
    )
    assert not has_page(page.resolve().parent)
    assert pipeline.publish(FIRST, render=render).unchanged
    assert page.read_bytes() == whole


def test_a_night_is_not_done_while_the_page_is_missing(pipeline):
    """Otherwise a night without new inputs would find nothing to do, and there would never be a page."""
    pipeline.publish(FIRST, render=fail)
    with duckdb.connect() as connection:
        ensure_audit_tables(connection)
        connection.execute("insert into audit.run_settings (edition_id) values (?)", [FIRST.edition_id])
        assert not is_published(connection, pipeline.home)
        pipeline.publish(FIRST, render=render)
        assert is_published(connection, pipeline.home)


@pytest.mark.parametrize("step", STEPS)
def test_killed_after_any_step_the_current_edition_has_its_own_page(pipeline, step):
    pipeline.publish(FIRST, render=render)
    pipeline.build(SECOND)

    def kill(name):
        if name == step:
            raise Killed

    with pytest.raises(Killed):
        pipeline.publish(SECOND, render=render, on_step=kill)
    assert has_page((pipeline.published / "current").resolve())
    pipeline.publish(SECOND, render=render)
    assert SECOND.edition_id in page_of(pipeline).read_text() and not pipeline.leftovers()
    assert not list(pipeline.published.rglob("*.part"))


HALF = """
import os, signal, sys
sys.path.insert(0, {checkout!r})
from pathlib import Path
from dagster_project.lib import durable, edition_page
# the file is synced before it has its name, the folder after that
def sync(path):
    if path.is_dir() is not {early!r}:
        os.kill(os.getpid(), signal.SIGKILL)
durable.sync = sync
edition_page.write_page(Path({folder!r}), {edition!r}, lambda edition: "<p>x</p>")
"""


@pytest.mark.parametrize("early", [True, False])
def test_killed_while_a_missing_page_is_made_there_is_a_whole_one_or_none(pipeline, early):
    pipeline.publish(FIRST, render=fail)
    folder = pipeline.published / "editions" / FIRST.edition_id
    code = HALF.format(
        checkout=str(Path(__file__).parents[3]), folder=str(folder), edition=FIRST.edition_id, early=early
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == -signal.SIGKILL
    assert (folder / PAGE_FILE).exists() is not early
    assert has_page(folder) is not early and read_edition(folder) is not None
    pipeline.publish(FIRST, render=render)
    assert has_page(folder) and not list(folder.glob(".scorecard.html*"))


def test_a_disk_that_takes_no_page_is_told(pipeline, monkeypatch):
    def full(path):
        raise OSError(28, "No space left on device")

    pipeline.publish(FIRST)
    folder = pipeline.published / "editions" / FIRST.edition_id
    monkeypatch.setattr(durable, "sync", full)
    page = write_page(folder, FIRST.edition_id, render)
    assert "No space left" in page.problem and page.bytes is None
    assert not (folder / PAGE_FILE).exists() and not list(folder.glob(".scorecard.html*"))


def test_the_page_goes_with_its_edition_back_into_the_backup_and_away(pipeline, tmp_path):
    pipeline.publish(FIRST, render=render)
    pipeline.build(SECOND)
    pipeline.publish(SECOND, render=render)
    show(pipeline.home, FIRST.edition_id, "user anna")
    assert FIRST.edition_id in page_of(pipeline).read_text()
    show(pipeline.home, SECOND.edition_id, "user anna")
    assert SECOND.edition_id in page_of(pipeline).read_text()
    copy = tmp_path.parent / f"{tmp_path.name}-copy"
    back_up(pipeline.home, copy)
    assert has_page((copy / "published" / "current").resolve())
    third = FIRST.__class__(**{**vars(FIRST), "edition_id": "2025-12-31-cccccccccc", "run_id": "run-3"})
    pipeline.build(third)
    pipeline.publish(third, render=render)
    assert prune(pipeline.home, 1, 0) == [FIRST.edition_id]
    assert not (pipeline.published / "editions" / FIRST.edition_id).exists()
