"""The gate: every way to fail has a twin that passes."""

import json
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest

from dagster_project.lib import gate
from dagster_project.lib.gate import Suite, find_suites, judge

NOT_NULL = {
    "type": "expect_column_values_to_not_be_null",
    "kwargs": {"column": "amount"},
    "severity": "critical",
    "meta": {"reason": "An order without an amount is no revenue."},
}
POSITIVE = {
    "type": "expect_column_values_to_be_between",
    "kwargs": {"column": "amount", "min_value": 0},
    "severity": "critical",
    "meta": {"reason": "Returns are booked as credit notes."},
}
QUERY = {
    "type": "unexpected_rows_expectation",
    "description": "due on or after the order",
    "kwargs": {"unexpected_rows_query": "select * from {batch} where due_date < order_date"},
    "severity": "critical",
    "meta": {"reason": "Lateness would be negative."},
}

NO_DROP = {
    "type": "row_count_fits_history",
    "kwargs": {"max_drop_ratio": 0.2},
    "severity": "critical",
    "meta": {"reason": "Orders are never deleted."},
}
FRESH = {
    "type": "newest_date_is_recent",
    "kwargs": {"column": "order_date", "max_age_days": 3},
    "severity": "warning",
    "meta": {"reason": "Orders come every day."},
}
AS_OF = date(2025, 1, 4)


@pytest.fixture
def warehouse(tmp_path):
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            """
            create schema raw; create schema audit; create schema scorecard;
            create table raw.shop__orders (
                order_id varchar, order_date date, due_date date, amount decimal(18, 4), email varchar,
                _file_id bigint, _line bigint
            );
            insert into raw.shop__orders
            select 'O' || r, date '2025-01-01', date '2025-01-05', r * 10, 'p' || r || '@example.org', 1, r + 1
            from range(1, 9) as t (r);
            create table raw.shop__customers as select 'C1' as customer_id;
            create table scorecard.periods as select 'month' as period_grain, date '2025-01-01' as start_date;
            create table audit.files (
                file_id bigint, source_system varchar, table_name varchar, path varchar, status varchar
            );
            insert into audit.files values
                (1, 'shop', 'orders', 'sales/orders_2025.csv', 'loaded'),
                (2, 'shop', 'orders', 'sales/orders_2025.csv', 'superseded');
            create table audit.rejects (
                file_id bigint, source_system varchar, table_name varchar, path varchar, line bigint,
                column_name varchar, value varchar, reason varchar, row_json varchar
            );
            create table audit.raw_tables (
                source_system varchar, table_name varchar, row_count bigint, content_hash varchar,
                data_as_of date, loaded_at timestamp
            );
            insert into audit.raw_tables values
                ('shop', 'orders', 8, 'h1', date '2025-01-01', timestamp '2025-01-02 03:00'),
                ('shop', 'customers', 1, 'c1', null, timestamp '2025-01-02 03:00');
            create table audit.row_counts (
                source_system varchar, table_name varchar, content_hash varchar, row_count bigint,
                newest_date date, loaded_at timestamp, run_id varchar
            );
            create table audit.check_results (
                suite varchar, source_system varchar, table_name varchar, expectation varchar, severity varchar,
                success boolean, observed varchar, unexpected_count bigint, details varchar, reason varchar,
                content_hash varchar, suite_hash varchar, checked_at timestamp, run_id varchar
            );
            """
        )
    return path


@pytest.fixture
def suite(tmp_path):
    return Suite(
        "raw/shop/sales/orders",
        tmp_path / "orders.json",
        "raw",
        "shop__orders",
        "orders",
        "shop",
        ("order_id",),
    )


def write(suite, *expectations, **meta):
    suite.path.write_text(json.dumps({"name": suite.name, "expectations": expectations, "meta": meta}))


def run(warehouse, sql, parameters=()):
    with duckdb.connect(str(warehouse)) as connection:
        return connection.execute(sql, list(parameters)).fetchall()


def verdict_of(warehouse, suite, **options):
    [verdict] = judge(warehouse, [suite], "run-1", **options)
    return verdict


def test_judge_passes_good_rows_and_records_them(warehouse, suite):
    write(suite, NOT_NULL, POSITIVE, QUERY)
    verdict = verdict_of(warehouse, suite)
    assert verdict.passed and not verdict.has_warnings
    rows = run(warehouse, "select severity, success, content_hash, run_id from audit.check_results")
    # the three of the suite, and the gate's own on rejects
    assert rows == [("critical", True, "h1", "run-1")] * 4


@pytest.mark.parametrize(
    ("broken", "expectation"),
    [
        ("update raw.shop__orders set amount = null where order_id = 'O3'", NOT_NULL),
        ("update raw.shop__orders set amount = -1 where order_id = 'O3'", POSITIVE),
        ("update raw.shop__orders set due_date = date '2024-12-31' where order_id = 'O3'", QUERY),
    ],
)
def test_judge_fails_bad_rows_and_names_suite_expectation_reason_and_row(
    warehouse, suite, broken, expectation
):
    write(suite, expectation)
    assert verdict_of(warehouse, suite).passed
    run(warehouse, broken)
    verdict = verdict_of(warehouse, suite)
    assert not verdict.passed
    for text in (
        suite.name,
        str(suite.path),
        verdict.expectations[0].expectation,
        expectation["meta"]["reason"],
        "sales/orders_2025.csv line 4: order_id=O3",
        "What to do",
    ):
        assert text in verdict.message
    assert "example.org" not in verdict.message
    [(details,)] = run(warehouse, "select details from audit.check_results where not success")
    assert json.loads(details)[0]["order_id"] == "O3" and "email" not in details


@pytest.mark.parametrize(
    ("severity", "passed", "has_warnings"),
    [("critical", False, False), ("warning", True, True), ("info", True, False), (None, False, False)],
)
def test_judge_reads_the_severity_of_each_expectation(warehouse, suite, severity, passed, has_warnings):
    failing = {**POSITIVE, "kwargs": {"column": "amount", "min_value": 1000}}
    failing.pop("severity")
    write(suite, NOT_NULL, failing | ({"severity": severity} if severity else {}))
    verdict = verdict_of(warehouse, suite)
    assert (verdict.passed, verdict.has_warnings) == (passed, has_warnings)
    assert verdict.expectations[1].severity == (severity or "critical")
    assert not verdict.expectations[1].success


@pytest.mark.parametrize(
    ("expectation", "said"),
    [
        (
            {**NOT_NULL, "type": "expect_column_values_to_be_a_unicorn"},
            "expect_column_values_to_be_a_unicorn",
        ),
        ({**NOT_NULL, "kwargs": {"column": "amuont"}}, "amuont"),
        ({**POSITIVE, "kwargs": {"column": "amount", "min_valeu": 0}}, "min_valeu"),
        ({**NOT_NULL, "severity": "blocker"}, "severity"),
        ({**QUERY, "kwargs": {"unexpected_rows_query": "select nothing from {batch}"}}, "nothing"),
        ({**QUERY, "kwargs": {"unexpected_rows_query": "select error('boom') from {batch}"}}, "boom"),
        (
            {
                **NOT_NULL,
                "type": "expect_column_values_to_match_regex",
                "kwargs": {"column": "email", "regex": "@"},
            },
            "Regex",
        ),
    ],
)
@pytest.mark.parametrize("severity", ["critical", "info"])
def test_judge_fails_an_expectation_that_cannot_be_judged(warehouse, suite, expectation, said, severity):
    if expectation["severity"] != "blocker":
        expectation = {**expectation, "severity": severity}
    write(suite, NOT_NULL, expectation, POSITIVE)
    verdict = verdict_of(warehouse, suite)
    assert not verdict.passed
    assert [result.success for result in verdict.expectations] == [True, False, True, True]
    assert "could not be judged" in verdict.message and said in verdict.message
    assert run(warehouse, "select severity from audit.check_results where not success") == [("critical",)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no suite file"),
        ("{", "can't be read"),
        ("", "can't be read"),
        ("\x00", "can't be read"),
        ("[]", "no list `expectations`"),
        ('{"expectations": {}}', "no list `expectations`"),
        ('{"name": "x"}', "no list `expectations`"),
        ('{"expectations": ["x"]}', "no list `expectations`"),
        ('{"expectations": []}', "empty"),
    ],
)
def test_judge_fails_a_suite_that_is_no_suite(warehouse, suite, content, said):
    if content is not None:
        suite.path.write_text(content)
    verdict = verdict_of(warehouse, suite)
    assert not verdict.passed and said in verdict.message
    assert run(warehouse, "select severity, success from audit.check_results") == [("critical", False)]


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("drop table raw.shop__orders", "no table raw.shop__orders"),
        ("delete from audit.raw_tables", "was not ingested"),
        ("delete from raw.shop__orders where order_id = 'O1'", "something else changed the table"),
    ],
)
def test_judge_fails_a_table_that_is_not_as_the_ingest_left_it(warehouse, suite, broken, said):
    write(suite, NOT_NULL)
    assert verdict_of(warehouse, suite).passed
    run(warehouse, broken)
    verdict = verdict_of(warehouse, suite)
    assert not verdict.passed and said in verdict.message


def test_judge_fails_a_suite_that_does_not_finish(warehouse, suite):
    endless = "select a.r from range(3000000) as a (r), range(3000000) as b (r), {batch} where a.r * b.r = -1"
    write(suite, {**QUERY, "severity": "info", "kwargs": {"unexpected_rows_query": endless}})
    verdict = verdict_of(warehouse, suite, time_limit_seconds=0.5)
    assert not verdict.passed and "did not finish within 0.5 seconds" in verdict.message
    write(suite, NOT_NULL)
    assert verdict_of(warehouse, suite, time_limit_seconds=60).passed


def test_judge_goes_on_after_a_failed_suite(warehouse, suite):
    write(suite, NOT_NULL)
    missing = Suite(
        "raw/shop/sales/customers", suite.path.with_name("c.json"), "raw", "shop__customers", "customers"
    )
    verdicts = judge(warehouse, [missing, suite], "run-1")
    assert [verdict.passed for verdict in verdicts] == [False, True]


@pytest.mark.parametrize(
    ("meta", "passed", "has_warnings"),
    [
        ({}, False, False),
        ({"rejected_rows": "warning"}, True, True),
        ({"rejected_rows": "sometimes"}, False, False),
    ],
)
def test_judge_counts_rejected_rows_of_active_files(warehouse, suite, meta, passed, has_warnings):
    write(suite, NOT_NULL, **meta)
    reject = "insert into audit.rejects values (?, 'shop', 'orders', 'sales/orders_2025.csv', 17, 'amount', '1,5', ?, '{}')"
    run(warehouse, reject, (2, "not a number"))
    if meta.get("rejected_rows") != "sometimes":
        assert verdict_of(warehouse, suite).passed, "rejects of a superseded file are history"
    run(warehouse, reject, (1, "not a number"))
    verdict = verdict_of(warehouse, suite)
    assert (verdict.passed, verdict.has_warnings) == (passed, has_warnings)
    if meta.get("rejected_rows") != "sometimes":
        assert gate.REJECTS_CHECK in verdict.message
        assert (
            "sales/orders_2025.csv line 17: column=amount, value=1,5, reason=not a number" in verdict.message
        )


def test_judge_keeps_values_of_people_out(warehouse, suite):
    run(warehouse, "update raw.shop__orders set email = 'anna@example.org'")
    run(
        warehouse,
        "insert into audit.rejects values (1, 'shop', 'orders', 'o.csv', 9, 'email', 'bo@example.org', 'too long', '{}')",
    )
    unique = {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "email"}}
    maximum = {"type": "expect_column_max_to_be_between", "kwargs": {"column": "email", "max_value": "a"}}
    query = {
        "type": "unexpected_rows_expectation",
        "kwargs": {"unexpected_rows_query": "select email from {batch}"},
    }
    write(suite, *[{**entry, "meta": {"mask": True}} for entry in (unique, maximum, query)])
    masked = verdict_of(warehouse, suite)
    assert not any(result.success for result in masked.expectations)
    assert "anna" not in masked.message and "***" in masked.message
    write(suite, unique, maximum, query, personal_columns=["email"])
    personal = verdict_of(warehouse, suite)
    assert "example.org" not in personal.message and "***" in personal.message
    assert run(warehouse, "select count(*) from audit.check_results where details like '%example%'") == [(0,)]
    write(suite, unique)
    assert "anna" in verdict_of(warehouse, suite).message


def test_judge_shows_five_rows_and_says_how_many_more(warehouse, suite):
    write(suite, {**POSITIVE, "kwargs": {"column": "amount", "min_value": 1000}})
    verdict = verdict_of(warehouse, suite)
    assert verdict.message.count("order_id=") == 5
    assert "found 8 of 8 rows" in verdict.message and "and 3 more" in verdict.message


def test_judge_judges_scorecard_tables_by_their_content(warehouse, tmp_path):
    suite = Suite("scorecard/periods", tmp_path / "periods.json", "scorecard", "periods", "periods")
    write(suite, {**NOT_NULL, "kwargs": {"column": "start_date"}})
    first = verdict_of(warehouse, suite)
    assert first.passed and len(first.expectations) == 1
    run(warehouse, "insert into scorecard.periods values ('year', null)")
    second = verdict_of(warehouse, suite)
    assert not second.passed and second.content_hash != first.content_hash
    # two expectations of two runs do not pile up
    assert run(warehouse, "select count(*) from audit.check_results") == [(1,)]


def test_judge_reuses_a_verdict_only_for_the_same_rows_suite_and_neighbours(warehouse, suite):
    known = "select o.* from {batch} as o, raw.shop__customers as c where c.customer_id is null"
    write(suite, NOT_NULL, {**QUERY, "kwargs": {"unexpected_rows_query": known}})

    def reused():
        return verdict_of(warehouse, suite, reuse=True).reused

    assert [reused(), reused()] == [False, True]
    assert not verdict_of(warehouse, suite).reused
    for change in (
        "update audit.raw_tables set content_hash = 'h2' where table_name = 'orders'",
        "update audit.raw_tables set content_hash = 'c2' where table_name = 'customers'",
        "delete from audit.check_results where expectation like 'expect%'",
    ):
        run(warehouse, change)
        assert [reused(), reused()] == [False, True]
    write(suite, NOT_NULL)
    assert [reused(), reused()] == [False, True]
    today = "select * from {batch} where order_date > current_date"
    write(suite, {**QUERY, "kwargs": {"unexpected_rows_query": today}})
    assert [reused(), reused()] == [False, False]


@pytest.mark.parametrize(
    "rest",
    [
        "where shop__orders.amount > 75",
        "as o where o.amount > 75",
        "as o, raw.shop__customers as c where o.amount > 75",
        "as o left join raw.shop__customers as c on o.order_id = c.customer_id where o.amount > 75; ",
        "as o where o.amount > (select max(amount) - 5 from {batch})",
    ],
)
def test_judge_takes_an_alias_of_the_batch_in_any_query(warehouse, suite, rest):
    query = "select * from {batch} " + rest
    write(suite, {**QUERY, "kwargs": {"unexpected_rows_query": query}})
    verdict = verdict_of(warehouse, suite)
    assert verdict.expectations[0].error is None
    assert verdict.expectations[0].unexpected_count == 1
    assert "order_id=O8, amount=80.0000" in verdict.message


def test_judge_fails_a_query_on_a_table_that_no_hash_can_cover(warehouse, suite):
    run(warehouse, "create table notes (note varchar)")
    for table, passed in (("raw.shop__customers", True), ("(select note from notes)", False)):
        write(
            suite,
            {
                **QUERY,
                "kwargs": {"unexpected_rows_query": f"select o.* from {{batch}} as o, {table} where 1 = 2"},
            },
        )
        assert verdict_of(warehouse, suite).passed is passed


def test_judge_never_reuses_a_failure_and_always_looks_at_rejects(warehouse, suite):
    write(suite, {**POSITIVE, "kwargs": {"column": "amount", "min_value": 1000}})
    verdict_of(warehouse, suite)
    assert "order_id=O1" in verdict_of(warehouse, suite, reuse=True).message
    write(suite, NOT_NULL)
    verdict_of(warehouse, suite)
    run(
        warehouse,
        "insert into audit.rejects values (1, 'shop', 'orders', 'o.csv', 9, 'amount', 'x', 'no number', '{}')",
    )
    verdict = verdict_of(warehouse, suite, reuse=True)
    assert verdict.reused and not verdict.passed


@pytest.mark.parametrize("reuse", [False, True])
def test_judge_killed_halfway_leaves_no_older_verdict(warehouse, suite, monkeypatch, reuse):
    write(suite, NOT_NULL)
    verdict_of(warehouse, suite)

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(gate, "_record", killed)
    with pytest.raises(KeyboardInterrupt):
        judge(warehouse, [suite], "run-2", reuse=reuse)
    assert run(warehouse, "select count(*) from audit.check_results") == [(0,)]


def test_judge_writes_no_files_and_prints_nothing(warehouse, suite, tmp_path, monkeypatch, capfd):
    workplace = tmp_path / "workplace"
    workplace.mkdir()
    monkeypatch.chdir(workplace)
    monkeypatch.setenv("HOME", str(workplace))
    monkeypatch.setattr(tempfile, "tempdir", str(workplace))
    write(suite, NOT_NULL, {**POSITIVE, "kwargs": {"column": "amount", "min_value": 1000}})
    verdict_of(warehouse, suite)
    assert list(workplace.rglob("*")) == []
    assert capfd.readouterr() == ("", "")


def test_find_suites_gives_every_table_one_wherever_its_file_must_be(tmp_path):
    @dataclass
    class Table:
        name: str
        domain: str
        key: tuple

    @dataclass
    class System:
        name: str
        folder: Path
        tables: list

    shipped = System("demo", tmp_path / "staging" / "demo", [Table("orders", "sales", ("order_id",))])
    external = System("acme", tmp_path / "elsewhere" / "acme", [Table("pay", "hr", ("id",))])
    suites = find_suites(tmp_path / "expectations", [shipped, external], ["periods"], tmp_path / "staging")
    assert [(suite.name, suite.path.relative_to(tmp_path).as_posix(), suite.table) for suite in suites] == [
        ("raw/demo/sales/orders", "expectations/raw/demo/sales/orders.json", "demo__orders"),
        ("raw/acme/hr/pay", "elsewhere/acme/expectations/pay.json", "acme__pay"),
        ("scorecard/periods", "expectations/scorecard/periods.json", "periods"),
    ]
    assert suites[0].key == ("order_id",)


def lands(warehouse, rows, content):
    """The ingest leaves another content: so many of the fixture's rows."""
    run(warehouse, "delete from raw.shop__orders where _line > ?", [rows + 1])
    missing = rows - run(warehouse, "select count(*) from raw.shop__orders")[0][0]
    run(
        warehouse,
        "insert into raw.shop__orders select 'N' || r, date '2025-01-01', null, 1, null, 1, 100 + r "
        "from range(?) as t (r)",
        [max(missing, 0)],
    )
    run(
        warehouse,
        "update audit.raw_tables set row_count = ?, content_hash = ?, loaded_at = loaded_at + interval 1 day "
        "where table_name = 'orders'",
        [rows, content],
    )


def test_judge_compares_with_good_loads_only(warehouse, suite):
    write(suite, NO_DROP, {**NO_DROP, "severity": "warning", "kwargs": {"max_growth_ratio": 1.0}})
    first = verdict_of(warehouse, suite)
    assert first.passed and not first.has_warnings
    assert [result.observed for result in first.expectations[:2]] == ["8 rows, no history yet"] * 2
    lands(warehouse, 6, "h2")
    for _ in range(2):
        # held, and held again: a failed load is nothing to be compared with
        short = verdict_of(warehouse, suite)
        assert not short.passed and "the last good load is 8, a change of -25.0 %" in short.message
        assert "accepted_row_count" in short.message and "Orders are never deleted." in short.message
    assert run(warehouse, "select content_hash, row_count from audit.row_counts") == [("h1", 8)]
    lands(warehouse, 7, "h3")
    assert verdict_of(warehouse, suite).passed
    lands(warehouse, 16, "h4")
    long = verdict_of(warehouse, suite)
    assert long.passed and long.has_warnings and "the median of the last 2 good loads is 8" in long.message
    assert run(warehouse, "select content_hash from audit.row_counts order by loaded_at") == [
        ("h1",), ("h3",), ("h4",),
    ]  # fmt: skip


def test_judge_takes_a_row_count_that_a_person_has_confirmed(warehouse, suite):
    write(suite, NO_DROP)
    assert verdict_of(warehouse, suite).passed
    lands(warehouse, 4, "h2")
    assert not verdict_of(warehouse, suite).passed
    write(suite, {**NO_DROP, "kwargs": {"max_drop_ratio": 0.2, "accepted_row_count": 4}})
    assert verdict_of(warehouse, suite).passed


def test_judge_warns_of_old_dates_by_the_as_of_day(warehouse, suite):
    write(suite, NOT_NULL, FRESH)
    assert not verdict_of(warehouse, suite, as_of=AS_OF).has_warnings
    stale = verdict_of(warehouse, suite, as_of=date(2025, 1, 5))
    assert stale.passed and stale.has_warnings
    assert "newest order_date is 2025-01-01, 4 days before 2025-01-05; 3 are allowed" in stale.message
    assert "Ask whoever delivers" in stale.message
    assert run(warehouse, "select expectation, severity from audit.check_results where not success") == [
        ("newest_date_is_recent(order_date; max_age_days=3)", "warning")
    ]


def test_judge_judges_history_and_age_anew_and_reuses_the_rest(warehouse, suite, monkeypatch):
    write(suite, NOT_NULL, NO_DROP, FRESH)
    first = verdict_of(warehouse, suite, as_of=AS_OF, reuse=True)
    assert not first.reused and not first.has_warnings
    monkeypatch.setattr(gate, "_examine", lambda *_: pytest.fail("the library was asked again"))
    later = verdict_of(warehouse, suite, as_of=date(2025, 2, 1), reuse=True)
    assert later.reused and later.passed and later.has_warnings
    assert [result.success for result in later.expectations] == [True, True, False, True]
    # a warning of yesterday's day is none of today's
    again = verdict_of(warehouse, suite, as_of=AS_OF, reuse=True)
    assert again.reused and not again.has_warnings


@pytest.mark.parametrize("reuse", [False, True])
def test_judge_fails_freshness_without_an_as_of_day(warehouse, suite, reuse):
    write(suite, NOT_NULL, FRESH)
    assert verdict_of(warehouse, suite, as_of=AS_OF, reuse=reuse).passed
    verdict = verdict_of(warehouse, suite, reuse=reuse)
    assert not verdict.passed and "as-of day is not known" in verdict.message


@pytest.mark.parametrize(
    ("entry", "broken", "said"),
    [
        (NO_DROP, "drop table audit.row_counts", "is gone or has other columns"),
        (NO_DROP, "insert into audit.row_counts values ('shop', 'orders', 'x', null, null, now(), 'r')", "delete them"),
        (FRESH, "alter table raw.shop__orders rename order_date to ordered", "no column order_date"),
        (FRESH, "alter table raw.shop__orders alter order_date type varchar using 'soon'", "ConversionException"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("severity", ["critical", "info"])
def test_judge_fails_history_that_cannot_be_read(warehouse, suite, entry, broken, said, severity):
    write(suite, {**entry, "severity": severity})
    assert verdict_of(warehouse, suite, as_of=AS_OF).passed
    run(warehouse, broken)
    verdict = verdict_of(warehouse, suite, as_of=AS_OF)
    assert not verdict.passed and said in verdict.message and "could not be judged" in verdict.message


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({**NO_DROP, "severity": "blocker"}, 'has severity "blocker"'),
        ({**NO_DROP, "kwargs": {"max_drop": 0.2}}, "unknown argument max_drop"),
        ({**NO_DROP, "kwargs": {}}, "expects nothing"),
        ({**FRESH, "kwargs": {"column": "order_date"}}, "needs `column` and `max_age_days`"),
    ],
)
def test_judge_fails_history_that_is_wrongly_declared(warehouse, suite, entry, said):
    write(suite, NOT_NULL, entry)
    verdict = verdict_of(warehouse, suite, as_of=AS_OF)
    assert not verdict.passed and said in verdict.message


def test_judge_fails_history_of_a_table_that_was_never_ingested(warehouse, tmp_path):
    suite = Suite("scorecard/periods", tmp_path / "periods.json", "scorecard", "periods", "periods")
    write(suite, {**NOT_NULL, "kwargs": {"column": "start_date"}})
    assert verdict_of(warehouse, suite).passed
    write(suite, NO_DROP)
    verdict = verdict_of(warehouse, suite)
    assert not verdict.passed and "only ingested tables have one" in verdict.message


def test_judge_fails_a_query_on_a_table_that_is_not_there(warehouse, suite):
    query = "select o.* from {batch} as o left join raw.shop__{} as c on true where 1 = 2"
    for other, passed in (("customers", True), ("clients", False)):
        wanted = query.replace("shop__{}", f"shop__{other}")
        write(suite, {**QUERY, "kwargs": {"unexpected_rows_query": wanted}})
        verdict = verdict_of(warehouse, suite)
        assert verdict.passed is passed and (passed or "shop__clients" in verdict.message)


def test_judge_forgets_nothing_and_remembers_nothing_when_it_is_killed(warehouse, suite, monkeypatch):
    write(suite, NO_DROP)

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(gate, "remember_row_count", killed)
        with pytest.raises(KeyboardInterrupt):
            judge(warehouse, [suite], "run-2")
    # verdict and history are one transaction: neither is there, and a plain rerun writes both
    for table in ("check_results", "row_counts"):
        assert run(warehouse, f"select count(*) from audit.{table}") == [(0,)]
    assert verdict_of(warehouse, suite).passed
    assert run(warehouse, "select row_count, newest_date, run_id from audit.row_counts") == [
        (8, date(2025, 1, 1), "run-1")
    ]


def test_judge_judges_again_when_its_results_were_deleted(warehouse, suite):
    write(suite, NOT_NULL, NO_DROP)
    assert verdict_of(warehouse, suite).passed
    run(warehouse, "delete from audit.check_results where expectation like 'expect_column%'")
    assert not verdict_of(warehouse, suite, reuse=True).reused
    assert run(warehouse, "select count(*) from audit.check_results") == [(3,)]
