"""Faults injected one by one into a small company's night; whole nights with the same: `python -m benchmarks.faults`."""

from __future__ import annotations

import pytest

from benchmarks.faults import FileFault, small_base, small_faults, try_small


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return small_base(tmp_path_factory.mktemp("faults") / "base")


@pytest.mark.parametrize("fault", small_faults(), ids=lambda fault: fault.name)
def test_a_fault_changes_no_published_figure_and_says_what_to_do(fault, base, tmp_path):
    outcome = try_small(fault, base, tmp_path / "shop")
    assert outcome.problems == [], outcome.said


def test_there_are_more_than_thirty_faults_of_every_kind():
    kinds = [fault.kind for fault in small_faults()]
    assert len(kinds) > 60
    assert (
        min(kinds.count(kind) for kind in ("refused", "held", "nothing published", "repaired", "harmless"))
        >= 4
    )


def test_the_trial_sees_a_fault_that_nobody_stopped(base, tmp_path):
    """A correction is no fault: told that it is one, the trial has to find that the figures changed."""
    planted = FileFault(
        "a correction",
        "held",
        "orders",
        lambda path: path.write_text(path.read_text().replace(".00,sold", ".07,sold")),
        ("line 7",),
    )
    outcome = try_small(planted, base, tmp_path / "shop")
    assert outcome.problems == [
        "no suite failed",
        "an edition was published",
        "nothing was said",
        "published figures changed",
        "the message lacks 'line 7'",
    ]
