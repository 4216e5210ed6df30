"""Nights killed at random instants and at exact steps: a small number here, hundreds by `python -m benchmarks.kills`."""

from __future__ import annotations

import signal

import pytest

from benchmarks.kills import (
    Broken,
    check_ledger,
    check_readers,
    converge,
    deliver,
    kill_small_nights,
    read_afresh,
    run_night,
    steps_of_a_night,
)
from benchmarks.small_company import SmallCompany, published_sums
from dagster_project.lib.edition_page import PAGE_FILE
from dagster_project.lib.publication import STEPS


def test_fifteen_kills_leave_an_edition_whole_and_a_plain_rerun_converges(tmp_path):
    done = kill_small_nights(tmp_path, 15, seed=20, say=lambda text: None)
    assert len(done.kills) == 15 and done.converged >= 3
    # the few instants after the flip are not left to chance: the next test
    assert "the edition before" in {kill.after for kill in done.kills}
    assert any(kill.where.startswith("after") for kill in done.kills)


def test_a_kill_just_before_the_flip_leaves_the_edition_before_and_one_just_after_it_the_new_one(tmp_path):
    twin, early, late = (SmallCompany(tmp_path / name).write() for name in ("twin", "early", "late"))
    for company in (twin, early, late):
        assert company.night().publication
        deliver(company, 1)
    before = read_afresh(twin.current)
    steps, _ = steps_of_a_night(twin)
    after = read_afresh(twin.current)
    assert before != after
    flipped = steps.index("flipped") + 1
    for company, step, expected in (
        (early, flipped - 1, "the edition before"),
        (late, flipped, "the new edition"),
    ):
        assert run_night(company, kill_at=step) == -signal.SIGKILL
        assert check_readers(company.home, before, after, steps[step - 1]) == expected
        converge(company, twin, steps[step - 1])


def test_a_killed_session_goes_on_where_it_stopped(tmp_path):
    kill_small_nights(tmp_path, 2, seed=3, rerun_every=2, say=lambda text: None)
    again = kill_small_nights(tmp_path, 3, seed=3, rerun_every=2, say=lambda text: None)
    assert len(again.kills) == 3


def test_the_exact_steps_cover_ingest_gate_build_and_every_step_of_the_publication(tmp_path):
    steps, _ = steps_of_a_night(SmallCompany(tmp_path / "one").write())
    assert set(STEPS) <= set(steps)
    assert {"ingested orders", "raw judged", "a table built", "scorecard judged", "before the flip"} <= set(
        steps
    )


@pytest.fixture
def published(tmp_path):
    company = SmallCompany(tmp_path / "shop").write()
    assert company.night().publication
    return company


def test_the_check_sees_an_edition_that_is_neither_the_old_nor_the_new_one(published):
    now = published_sums(published.current)
    assert check_readers(published.home, None, now, "here") == "the new edition"
    half = {**now, "periods": (0, "other")}
    with pytest.raises(Broken, match="neither edition"):
        check_readers(published.home, None, half, "here")


def test_the_check_sees_a_page_that_is_cut_short(published):
    page = published.home / "published" / "current" / PAGE_FILE
    page.write_bytes(page.read_bytes()[:-10])
    with pytest.raises(Broken, match="no page, or half of one"):
        check_readers(published.home, None, published_sums(published.current), "here")


def test_the_check_sees_rows_that_no_file_brought(published):
    import duckdb

    check_ledger(published.warehouse, "here")
    with duckdb.connect(str(published.warehouse)) as connection:
        connection.execute("delete from raw.shop__orders where order_id = '1-0-001'")
    with pytest.raises(Broken, match=r"240 rows of raw\.shop__orders, it holds 239"):
        check_ledger(published.warehouse, "here")
