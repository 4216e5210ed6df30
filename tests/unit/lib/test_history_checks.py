"""Volume against a table's own past, and the age of its newest date."""

from datetime import date

import duckdb
import pytest

from dagster_project.lib.audit_tables import ensure_audit_tables
from dagster_project.lib.history_checks import (
    RawState,
    examine_history,
    is_history_check,
    is_history_result,
    remember_row_count,
    what_to_do,
)

AS_OF = date(2025, 12, 31)


@pytest.fixture
def connection():
    connection = duckdb.connect()
    ensure_audit_tables(connection)
    connection.execute("create table raw.shop__orders (order_id varchar, order_date date, note varchar)")
    yield connection
    connection.close()


def state(rows, content="now"):
    columns = ("order_id", "order_date", "note")
    return RawState("shop", "orders", '"raw"."shop__orders"', columns, content, rows)


def remember(connection, *counts, table="orders"):
    """Good loads of earlier days, the oldest first, each with a content of its own."""
    for day, rows in enumerate(counts, start=1):
        connection.execute(
            "insert into audit.row_counts values ('shop', ?, ?, ?, null, ?, 'run')",
            [table, f"h{day}", rows, f"2025-01-{day:02}"],
        )


def volume(**arguments):
    return {"type": "row_count_fits_history", "kwargs": arguments}


def freshness(**arguments):
    return {"type": "newest_date_is_recent", "kwargs": arguments}


@pytest.mark.parametrize(
    ("past", "rows", "arguments", "success"),
    [
        # to the row: a fifth of 1,000 may go, not one more
        ((1000,), 800, {"max_drop_ratio": 0.2}, True),
        ((1000,), 799, {"max_drop_ratio": 0.2}, False),
        ((1000,), 2000, {"max_growth_ratio": 1.0}, True),
        ((1000,), 2001, {"max_growth_ratio": 1.0}, False),
        # each side is judged only where it is asked for
        ((1000,), 1, {"max_growth_ratio": 1.0}, True),
        ((1000,), 9000, {"max_drop_ratio": 0.2}, True),
        ((1000,), 9000, {"max_drop_ratio": 0.2, "max_growth_ratio": 1.0}, False),
        # one odd load does not move the median
        ((1000, 1000, 5000), 1000, {"max_drop_ratio": 0.2}, True),
        # a slow leak is seen against the last five, not against the night before only
        ((1000, 900, 810, 729, 656), 590, {"max_drop_ratio": 0.2}, False),
        ((1000, 900, 810, 729, 656), 590, {"max_drop_ratio": 0.2, "compared_with": 1}, True),
        # what a person has confirmed passes to the row, and history begins anew with it
        ((1000,), 500, {"max_drop_ratio": 0.2, "accepted_row_count": 500}, True),
        ((1000,), 501, {"max_drop_ratio": 0.2, "accepted_row_count": 500}, False),
        ((500, 1000, 1000, 500), 490, {"max_drop_ratio": 0.2, "accepted_row_count": 500}, True),
        ((500, 1000, 1000, 500), 399, {"max_drop_ratio": 0.2, "accepted_row_count": 500}, False),
        ((500, 1000, 1000, 1000), 490, {"max_drop_ratio": 0.2, "accepted_row_count": 500}, False),
        ((1000,), 5000, {"max_growth_ratio": 1.0, "accepted_row_count": 5000}, True),
        ((1000, 1000, 5000), 5100, {"max_growth_ratio": 1.0, "accepted_row_count": 5000}, True),
        ((1000, 1000, 5000), 5100, {"max_growth_ratio": 1.0}, False),
        # an empty past can only grow
        ((0,), 5, {"max_drop_ratio": 0.2, "max_growth_ratio": 1.0}, True),
    ],
)
def test_row_count_fits_history_compares_with_the_median_of_good_loads(
    connection, past, rows, arguments, success
):
    remember(connection, *past)
    finding = examine_history(connection, volume(**arguments), state(rows), None)
    assert (finding.success, finding.error) == (success, None)


def test_row_count_fits_history_says_what_it_found(connection):
    assert (
        examine_history(connection, volume(max_drop_ratio=0.2), state(812), None).observed
        == "812 rows, no history yet"
    )
    remember(connection, 990, 1000, 1010)
    remember(connection, 5, table="customers")
    found = examine_history(connection, volume(max_drop_ratio=0.1), state(812), None)
    assert found.observed == "812 rows; the median of the last 3 good loads is 1,000, a change of -18.8 %"
    found = examine_history(connection, volume(max_drop_ratio=0.1, accepted_row_count=812), state(812), None)
    assert found.observed == "812 rows, as a person has accepted"


def test_row_count_fits_history_gives_the_same_content_the_same_verdict_again(connection):
    remember(connection, 1000)
    check = volume(max_drop_ratio=0.2)
    first = examine_history(connection, check, state(850, "b"), None)
    connection.execute(
        "insert into audit.row_counts values ('shop', 'orders', 'b', 850, null, '2025-02-01', 'r')"
    )
    # what came after it does not judge it either
    connection.execute(
        "insert into audit.row_counts values ('shop', 'orders', 'c', 9, null, '2025-03-01', 'r')"
    )
    assert examine_history(connection, check, state(850, "b"), None) == first
    assert first.success


@pytest.mark.parametrize(
    ("newest", "success", "observed"),
    [
        ("2025-12-31", True, "newest order_date is 2025-12-31, 0 days before 2025-12-31; 4 are allowed"),
        ("2025-12-27", True, "newest order_date is 2025-12-27, 4 days before 2025-12-31; 4 are allowed"),
        ("2025-12-26", False, "newest order_date is 2025-12-26, 5 days before 2025-12-31; 4 are allowed"),
    ],
)
def test_newest_date_is_recent_counts_days_to_the_as_of_day(connection, newest, success, observed):
    # a date to come proves nothing, nor does one that is missing
    connection.execute(
        "insert into raw.shop__orders values ('a', ?, ''), ('b', '2199-01-01', ''), ('c', null, '')", [newest]
    )
    finding = examine_history(connection, freshness(column="order_date", max_age_days=4), state(3), AS_OF)
    assert (finding.success, finding.observed, finding.error) == (success, observed, None)


@pytest.mark.parametrize("rows", ["", "insert into raw.shop__orders values ('b', '2199-01-01', '')"])
def test_newest_date_is_recent_fails_where_no_date_has_come_yet(connection, rows):
    connection.execute(rows or "select 1")
    finding = examine_history(connection, freshness(column="order_date", max_age_days=4), state(1), AS_OF)
    assert not finding.success and finding.error is None
    assert finding.observed.startswith("no order_date up to 2025-12-31")


@pytest.mark.parametrize(
    ("entry", "as_of", "said"),
    [
        (freshness(column="order_date", max_age_days=4), None, "as-of day is not known"),
        (freshness(column="ordre_date", max_age_days=4), AS_OF, "no column ordre_date; it has order_id"),
        (freshness(column="note", max_age_days=4), AS_OF, "ConversionException"),
        (freshness(column="order_date"), AS_OF, "needs `column` and `max_age_days`"),
        (freshness(column="order_date", max_age_days="4"), AS_OF, "`max_age_days` is '4'"),
        (
            freshness(column="order_date", max_age_days=4, mx=1),
            AS_OF,
            "unknown argument mx; known are column",
        ),
        (volume(), AS_OF, "expects nothing"),
        (volume(max_drop_ratio=-0.1), AS_OF, "`max_drop_ratio` is -0.1"),
        (volume(max_drop_ratio=True), AS_OF, "`max_drop_ratio` is True"),
        (volume(max_drop_ratio=0.2, compared_with=1.5), AS_OF, "use a whole number"),
        (volume(max_drop=0.2), AS_OF, "unknown argument max_drop"),
        ({"type": "row_count_fits_history", "kwargs": [1]}, AS_OF, "TypeError"),
    ],
)
def test_what_cannot_be_judged_fails_with_a_message(connection, entry, as_of, said):
    connection.execute("insert into raw.shop__orders values ('a', '2025-12-31', 'no date')")
    finding = examine_history(connection, entry, state(1), as_of)
    assert not finding.success and said in finding.error


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("drop table audit.row_counts", "is gone or has other columns"),
        ("alter table audit.row_counts drop column loaded_at", "is gone or has other columns"),
        (
            "insert into audit.row_counts values ('shop', 'orders', 'x', null, null, now(), 'r')",
            "1 rows of shop.orders",
        ),
        (
            "insert into audit.row_counts values ('shop', 'orders', 'x', -1, null, now(), 'r')",
            "1 rows of shop.orders",
        ),
        (
            "insert into audit.row_counts values ('shop', 'orders', null, 1, null, now(), 'r')",
            "1 rows of shop.orders",
        ),
        (
            "insert into audit.row_counts values ('shop', 'orders', 'x', 1, null, null, 'r')",
            "1 rows of shop.orders",
        ),
    ],
)
def test_a_memory_that_cannot_be_read_fails_with_a_message(connection, broken, said):
    check = volume(max_drop_ratio=0.2)
    assert examine_history(connection, check, state(1), None).success
    connection.execute(broken)
    finding = examine_history(connection, check, state(1), None)
    assert not finding.success and said in finding.error


def test_remember_row_count_takes_a_content_once_and_only_the_one_that_is_there(connection):
    connection.execute(
        """
        insert into audit.raw_tables (source_system, table_name, row_count, data_as_of, content_hash, loaded_at)
        values ('shop', 'orders', 8, '2025-12-30', 'h1', '2025-12-31 02:00')
        """
    )
    for content in ("h1", "h1", "h0"):
        remember_row_count(connection, state(8, content), "run-1")
    kept = connection.execute("select content_hash, row_count, newest_date, run_id from audit.row_counts")
    assert kept.fetchall() == [("h1", 8, date(2025, 12, 30), "run-1")]


def test_results_and_entries_are_told_by_their_type():
    assert is_history_check(volume()) and is_history_check(freshness())
    assert not any(map(is_history_check, [{}, {"type": "expect_x"}, {"type": ["row_count_fits_history"]}]))
    assert is_history_result("newest_date_is_recent(order_date; max_age_days=4) #2")
    assert not is_history_result("unexpected_rows(newest_date_is_recent)")
    assert "accepted_row_count" in what_to_do(volume()) and "max_age_days" in what_to_do(freshness())
