"""An edition that is built and not shown: whole, kept, and readers stay with what they have."""

from dataclasses import replace
from datetime import date

import pytest

from dagster_project.lib.publication import PublicationRefused, current_edition, list_editions
from dagster_project.lib.rollback import RollbackRefused, show
from tests.unit.lib.test_publication import FIRST, Pipeline

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


@pytest.mark.parametrize("wanted", [PAST.edition_id, "cccccccccc", "2025-11-30"])
def test_nobody_is_taken_to_a_kept_edition_and_by_any_name_it_says_why(pipeline, wanted):
    pipeline.publish(PAST, show=False)
    with pytest.raises(RollbackRefused, match="of a past night"):
        show(pipeline.home, wanted, by="somebody")
    assert current_edition(pipeline.home)["edition_id"] == FIRST.edition_id
