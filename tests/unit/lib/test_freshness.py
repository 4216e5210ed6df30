"""Which tables are watched, when one is stale, and what is told about it: from reports and landing folders alone."""

import json
import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest

from dagster_project.lib import freshness, night_store
from dagster_project.lib.freshness import FRESH, STALE, UNKNOWN, Rule, allowed_age, judge
from dagster_project.lib.night_report import PUBLISHED, Details, NightReport, TableReport
from dagster_project.lib.settings import Settings

ORDERS = ("demo", "orders")
RULE = Rule("demo", "orders", "order_date", 2)
AS_OF = date(2026, 1, 10)


def table(newest: date | None) -> dict:
    return {ORDERS: TableReport("demo", "orders", newest_date=newest)}


@pytest.mark.parametrize(
    ("newest", "verdict", "age"),
    [
        (date(2026, 1, 10), FRESH, 0),
        (date(2026, 1, 8), FRESH, 2),
        (date(2026, 1, 7), STALE, 3),
        # an extract that is ahead of a past night is not too old for it
        (date(2026, 1, 12), FRESH, 0),
        (None, UNKNOWN, None),
    ],
)
def test_a_table_is_stale_from_the_day_after_the_last_allowed_one(newest, verdict, age):
    [found] = judge([RULE], table(newest), AS_OF)
    assert (found.verdict, found.age_days, found.is_stale) == (verdict, age, verdict != FRESH)


def test_a_table_that_no_night_has_told_of_is_not_known_and_counts_as_stale():
    [found] = judge([RULE], {}, AS_OF)
    assert found.verdict == UNKNOWN and found.is_stale
    assert "no data yet" in found.sentence and "Run a night" in found.sentence


def test_a_company_whose_files_end_on_a_fixed_day_does_not_grow_stale():
    fixed = replace(RULE, ends_on=date(2025, 12, 31))
    [found] = judge([fixed], table(date(2025, 12, 30)), AS_OF)
    assert found.verdict == FRESH and found.measured_on == date(2025, 12, 31)
    [grown] = judge([RULE], table(date(2025, 12, 30)), AS_OF)
    assert grown.verdict == STALE


def test_the_sentence_says_expected_found_and_what_to_do():
    [found] = judge([RULE], table(date(2026, 1, 1)), AS_OF)
    for words in (
        "demo.orders: stale",
        "at most 2 days before 2026-01-10",
        "newest data of 2026-01-01 (9 days)",
        "Ask the source's owner",
    ):
        assert words in found.sentence
    [fresh] = judge([RULE], table(date(2026, 1, 10)), AS_OF)
    assert "Ask" not in fresh.sentence


def test_a_file_that_landed_since_the_last_night_is_waiting_for_the_next(tmp_path):
    rule = replace(RULE, files="sales/orders_*.csv", landing=tmp_path)
    assert freshness.last_delivery(rule) is None
    (tmp_path / "sales").mkdir()
    for name, hour in (("orders_1.csv", 1), ("orders_2.csv", 3), ("other.csv", 5)):
        landed = tmp_path / "sales" / name
        landed.touch()
        moment = datetime(2026, 1, 10, hour, tzinfo=UTC).timestamp()
        os.utime(landed, (moment, moment))
    assert freshness.last_delivery(rule) == datetime(2026, 1, 10, 3)
    for last_night, waiting in ((datetime(2026, 1, 10, 2), True), (datetime(2026, 1, 10, 4), False)):
        [found] = judge([rule], table(date(2026, 1, 1)), AS_OF, last_night)
        assert found.is_waiting is waiting
        assert ("run it" in found.sentence) is waiting


def entry(**said) -> dict:
    return {"type": freshness.EXPECTATION, "kwargs": {"column": "order_date", "max_age_days": 2}, **said}


@pytest.mark.parametrize(
    ("expectations", "allowed"),
    [
        ([{"type": "expect_table_row_count_to_be_between"}, entry()], ("order_date", 2)),
        ([entry(kwargs={"column": "d", "max_age_days": 0})], ("d", 0)),
        ([{"type": "another", "column": "order_date", "max_age_days": 2}], None),
        ([entry(kwargs={"column": "order_date"})], None),
        ([entry(kwargs={"column": "order_date", "max_age_days": -1})], None),
        ([entry(kwargs={"column": "order_date", "max_age_days": "2"})], None),
        ([], None),
        ("text", None),
        ([7], None),
    ],
)
def test_the_allowed_age_is_read_from_the_suite(tmp_path, expectations, allowed):
    suite = tmp_path / "orders.json"
    suite.write_text(json.dumps({"expectations": expectations}))
    assert allowed_age(suite) == allowed


@pytest.mark.parametrize("content", [None, "", "[]", "{}", "{"])
def test_a_suite_that_can_not_be_read_watches_nothing(tmp_path, content):
    suite = tmp_path / "orders.json"
    if content is not None:
        suite.write_text(content)
    assert allowed_age(suite) is None


@pytest.fixture
def watched(tmp_path, monkeypatch):
    """The demo company with one watched table, after a night that found orders up to 29 December."""
    suite = tmp_path / "expectations" / "raw" / "demo" / "sales" / "orders.json"
    suite.parent.mkdir(parents=True)
    suite.write_text(json.dumps({"expectations": [entry()]}))
    monkeypatch.setattr(freshness, "EXPECTATIONS", tmp_path / "expectations")
    settings = Settings.from_environment({"SCORECARD_HOME": str(tmp_path / "home")})
    now = night_store.utc_now()
    night = NightReport("run-1", now, now, 1.0, date(2025, 12, 31), PUBLISHED, 0, "e", 1, 1, 1, 0, 0)
    told = TableReport("demo", "orders", newest_date=date(2025, 12, 29))
    night_store.store(settings.home, night, Details(tables=[told]), 400)
    return settings


def test_the_watch_writes_what_it_found_and_opens_no_warehouse(watched):
    # somebody has the warehouse: a directory in its place can't be opened at all
    watched.warehouse.mkdir()
    [found] = freshness.watch(watched)
    assert (found.verdict, found.age_days, found.measured_on) == (FRESH, 2, date(2025, 12, 31))
    written = duckdb.execute(f"select * from '{night_store.parquet(watched.home, 'freshness')}'").fetchall()
    assert [(row[0], row[1], row[4], row[8]) for row in written] == [("demo", "orders", 2, "fresh")]


def test_a_stale_source_shows_at_the_next_look(watched):
    later = replace(watched, fixed_as_of=date(2025, 12, 31), systems=())
    [rule] = freshness.rules(watched)
    assert rule.landing == watched.landing["demo"] and rule.ends_on == date(2025, 12, 31)
    moving = [replace(rule, ends_on=None)]
    tables = night_store.latest_tables(watched.home)
    assert not judge(moving, tables, later.fixed_as_of)[0].is_stale
    assert judge(moving, tables, later.fixed_as_of + timedelta(days=1))[0].is_stale


def test_a_domain_that_the_system_does_not_feed_is_not_watched(watched):
    assert [rule.table_name for rule in freshness.rules(watched)] == ["orders"]
    others = replace(watched, domain_feeds={"finance": ["demo"], "sales": []})
    assert freshness.rules(others) == []


def test_age_is_counted_to_the_day_a_night_begun_now_would_be_of(watched):
    night_owl = datetime(2026, 3, 1, 0, 5, tzinfo=watched.zone)
    assert freshness.as_of_now(watched, night_owl) == date(2025, 12, 31), "the demo company's files end there"
    living = replace(watched, systems=tuple(s.model_copy(update={"as_of": None}) for s in watched.systems))
    assert freshness.as_of_now(living, night_owl) == date(2026, 2, 28)
    fixed = replace(living, fixed_as_of=date(2026, 1, 1))
    assert freshness.as_of_now(fixed, night_owl) == date(2026, 1, 1)


def test_a_day_that_has_not_come_yet_proves_nothing():
    with duckdb.connect() as connection:
        connection.execute(
            "create schema raw; create table raw.demo__orders as"
            " select unnest([date '2026-01-02', date '2026-01-09', date '2099-01-01', null]) as order_date"
        )
        missing = replace(RULE, table_name="missing")
        found = freshness.newest_dates(connection, [RULE, missing, replace(RULE, column="gone")], AS_OF)
    assert found == {ORDERS: date(2026, 1, 9)}
