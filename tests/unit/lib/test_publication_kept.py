"""An edition that is built and not shown: whole, kept, written down, pruned in its turn, and never rolled back to."""

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from dagster_project.lib import flips
from dagster_project.lib.flips import KEEP, PRUNE, PUBLISH, Flip
from dagster_project.lib.kept_editions import known_flips
from dagster_project.lib.pruning import prune, to_prune
from dagster_project.lib.publication import (
    PublicationFailed,
    PublicationRefused,
    current_edition,
    list_editions,
)
from dagster_project.lib.rollback import RollbackRefused, show
from tests.unit.lib.test_publication import FIRST, SECOND, Killed, Pipeline

PAST = replace(FIRST, edition_id="2025-11-30-cccccccccc", as_of_date=date(2025, 11, 30), run_id="run-3")


@pytest.fixture
def pipeline(tmp_path):
    made = Pipeline(tmp_path)
    made.build(FIRST)
    made.publish(FIRST)
    made.build(PAST, rows=500)
    return made


def test_readers_stay_with_the_edition_that_they_have(pipeline):
    told = []
    kept = pipeline.publish(PAST, show=False, before_flip=lambda: told.append("remembered"))
    assert not kept.flipped and kept.path.exists()
    assert current_edition(pipeline.home)["edition_id"] == FIRST.edition_id
    assert told == ["remembered"], "what it withholds counts, since it can be read"
    editions = {row["edition_id"]: row["is_current"] for row in list_editions(pipeline.home)}
    assert editions == {FIRST.edition_id: True, PAST.edition_id: False}


def test_a_kept_edition_is_whole_and_can_be_shown_later(pipeline):
    pipeline.publish(PAST, show=False)
    shown = pipeline.publish(PAST)
    assert shown.unchanged and shown.flipped
    assert current_edition(pipeline.home)["edition_id"] == PAST.edition_id


def test_a_kept_edition_needs_a_passed_audit_like_any_other(pipeline):
    pipeline.judge(success=False)
    with pytest.raises(PublicationRefused):
        pipeline.publish(PAST, show=False)
    assert [row["edition_id"] for row in list_editions(pipeline.home)] == [FIRST.edition_id]


def log(pipeline):
    return [(flip.action, flip.edition_id) for flip in flips.read(pipeline.published)]


PUBLISHED, KEPT = (PUBLISH, FIRST.edition_id), (KEEP, PAST.edition_id)


def test_it_is_written_down_once_and_flips_nothing(pipeline):
    pipeline.publish(PAST, show=False)
    assert pipeline.publish(PAST, show=False).unchanged
    assert log(pipeline) == [PUBLISHED, KEPT]
    known = known_flips(pipeline.published)
    assert log(pipeline) == [PUBLISHED, KEPT], "the link and the log agree: nothing is to be mended"
    assert flips.shown_last(known).edition_id == FIRST.edition_id == flips.newest(known).edition_id
    assert list(flips.kept_unshown(known)) == [PAST.edition_id]


def test_once_shown_it_is_an_edition_like_any_other(pipeline):
    pipeline.publish(PAST, show=False)
    pipeline.publish(PAST)
    known = known_flips(pipeline.published)
    assert log(pipeline) == [PUBLISHED, KEPT, (PUBLISH, PAST.edition_id)]
    assert flips.kept_unshown(known) == {}
    pipeline.publish(PAST, show=False)
    assert len(log(pipeline)) == 3, "kept again, it stays what it is"


@pytest.mark.parametrize("step", ["building", "verified", "renamed"])
def test_killed_before_it_is_written_down_it_is_finished_by_the_same_night_again(pipeline, step):
    def kill(done):
        if done == step:
            raise Killed

    with pytest.raises(Killed):
        pipeline.publish(PAST, show=False, on_step=kill)
    assert log(pipeline) == [PUBLISHED]
    pipeline.publish(PAST, show=False)
    assert log(pipeline) == [PUBLISHED, KEPT]


def test_pruned_before_it_was_written_down_and_built_again_it_is_kept(pipeline):
    """Killed in between, it is nobody's and goes; that line must not stand in for the one that keeps it."""
    pipeline.publish(PAST, show=False)
    path = pipeline.published / flips.LOG
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:1]))
    assert prune(pipeline.home, 0, 0) == [PAST.edition_id]
    pipeline.publish(PAST, show=False)
    assert log(pipeline) == [PUBLISHED, (PRUNE, PAST.edition_id), KEPT]
    assert prune(pipeline.home, 1, 0) == []


def test_pruned_and_built_again_it_is_as_old_as_its_last_building(pipeline):
    pipeline.publish(PAST, show=False)
    assert prune(pipeline.home, 0, 1, now=datetime.now(UTC) + timedelta(days=3)) == [PAST.edition_id]
    pipeline.publish(PAST, show=False)
    assert log(pipeline) == [PUBLISHED, KEPT, (PRUNE, PAST.edition_id), KEPT]


def test_that_it_can_not_be_written_down_is_told(pipeline, monkeypatch):
    def full(published, flip):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(flips, "append", full)
    with pytest.raises(PublicationFailed, match=r"is built, and readers stay .*No space left.* What to do"):
        pipeline.publish(PAST, show=False)
    monkeypatch.undo()
    assert current_edition(pipeline.home)["edition_id"] == FIRST.edition_id
    pipeline.publish(PAST, show=False)
    assert log(pipeline) == [PUBLISHED, KEPT]


def test_a_damaged_log_stops_the_publication_with_a_message(pipeline):
    path = pipeline.published / flips.LOG
    path.write_text(path.read_text().replace("{", "["))
    with pytest.raises(PublicationFailed, match=r"line 1: expected one JSON object.*\n.*Readers still have"):
        pipeline.publish(PAST, show=False)


def test_a_lost_log_does_not_make_it_a_killed_run_s(pipeline):
    pipeline.publish(PAST, show=False)
    (pipeline.published / flips.LOG).unlink()
    assert prune(pipeline.home, 0, 0) == []
    assert log(pipeline) == [PUBLISHED, KEPT]


@pytest.mark.parametrize("wanted", [PAST.edition_id, PAST.edition_id[:9], PAST.edition_id[-5:]])
def test_it_is_never_rolled_back_to(pipeline, wanted):
    """The history of what was shown does not go through it; by a part of its name it is not even found."""
    pipeline.publish(PAST, show=False)
    with pytest.raises(RollbackRefused, match="What to do"):
        show(pipeline.home, wanted, "user a")
    assert current_edition(pipeline.home)["edition_id"] == FIRST.edition_id and log(pipeline)[2:] == []


def test_rolling_back_passes_it_by(pipeline):
    pipeline.publish(PAST, show=False)
    pipeline.build(SECOND, rows=700)
    pipeline.publish(SECOND)
    assert show(pipeline.home, None, "user a").edition_id == FIRST.edition_id


def line(action, name, days_ago):
    return Flip((NOW - timedelta(days=days_ago)).isoformat(), action, name, sequence=100 - days_ago)


NOW = datetime(2026, 3, 20, tzinfo=UTC)
SHOWN_AND_KEPT = [
    *(line(PUBLISH, f"e{n}", 50 - n) for n in (1, 2, 3, 4)),
    *(line(KEEP, f"past{n}", 20 - n) for n in (1, 2, 3)),
]


@pytest.mark.parametrize(
    ("number", "days", "gone"),
    [
        (0, 0, []),
        (3, 0, ["e1"]),
        (2, 0, ["past1", "e1", "e2"]),
        (0, 18, ["past1", "e1", "e2"]),
        (1, 18, ["past1", "e1", "e2"]),
        (90, 0, []),
    ],
)
def test_past_nights_are_counted_among_themselves(number, days, gone):
    names = [flip.edition_id for flip in SHOWN_AND_KEPT]
    assert to_prune(SHOWN_AND_KEPT, names, "e4", number, days, NOW) == gone


def test_a_backfill_of_many_nights_takes_no_edition_that_readers_had():
    known = [*SHOWN_AND_KEPT, *(line(KEEP, f"old{n}", 1) for n in range(200))]
    names = [flip.edition_id for flip in known]
    gone = to_prune(known, names, "e4", 90, 0, NOW)
    assert len(gone) == 113 and not any(name.startswith("e") for name in gone)


def test_without_its_folder_it_is_built_anew(pipeline):
    kept = pipeline.publish(PAST, show=False)
    shutil.rmtree(kept.path.parent)
    assert not pipeline.publish(PAST, show=False).unchanged
