"""Holds: exactly what a failure touches, what is shown instead, and a proof that trusts no table that could be edited."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from dagster_project.lib.audit_tables import ensure_audit_tables, write_run_settings
from dagster_project.lib.extract import ExtractRefused
from dagster_project.lib.holds import (
    Failure,
    NothingToPublish,
    audit_problems,
    dbt_failures,
    forget_other_refusals,
    holds_fingerprint,
    left_out,
    raw_failures,
    remember_event_spans,
    remember_refusal,
    what_needs_a_person,
    write_holds,
)
from dagster_project.lib.lineage import downstream, kpi_inputs, kpis_among, model_inputs, subjects, upstream
from dagster_project.lib.sources import RawTable

# raw tables -> staging -> core -> metrics -> KPIs, with a calendar that reads orders and a budget that sets targets
EDGES = {
    "source.shop.orders": [],
    "source.shop.staff": [],
    "source.shop.budget": [],
    "source.audit.run_settings": [],
    "seed.currencies": [],
    "model.staging.stg_orders": ["source.shop.orders"],
    "model.staging.stg_staff": ["source.shop.staff"],
    "model.staging.stg_budget": ["source.shop.budget"],
    "model.core.dim_event_spans": ["model.staging.stg_orders"],
    "model.core.dim_coverage": ["model.core.dim_event_spans"],
    "model.core.dim_periods": ["model.core.dim_coverage", "source.audit.run_settings"],
    "model.core.fct_orders": ["model.staging.stg_orders", "seed.currencies"],
    "model.core.fct_staff": ["model.staging.stg_staff"],
    "model.core.time_spine": ["source.audit.run_settings"],
    "model.metrics.metrics_orders": ["model.core.fct_orders", "model.core.dim_periods"],
    "model.metrics.metrics_staff": ["model.core.fct_staff", "model.core.dim_periods"],
    "model.metrics.metrics_finance__budget_targets_periodic": ["model.staging.stg_budget"],
    "model.kpis.revenue": ["model.metrics.metrics_orders"],
    "model.kpis.revenue_per_head": ["model.metrics.metrics_orders", "model.metrics.metrics_staff"],
    "model.kpis.headcount": ["model.metrics.metrics_staff"],
    "model.scorecard.kpi_results": [
        "model.kpis.revenue",
        "model.kpis.revenue_per_head",
        "model.kpis.headcount",
    ],
    "model.scorecard.kpi_targets": ["model.metrics.metrics_finance__budget_targets_periodic"],
    "model.scorecard.scopes": ["model.core.fct_staff", "model.scorecard.kpi_results"],
}
TESTS = {
    "test.orders_have_keys": ["model.core.fct_orders"],
    "test.staff_has_keys": ["model.core.fct_staff"],
    "test.orders_and_staff_agree": [
        "model.core.fct_orders",
        "model.core.fct_staff",
        "model.core.dim_periods",
    ],
    "test.periods_are_unique": ["model.core.dim_periods"],
    "test.currencies_are_unique": ["seed.currencies"],
    "test.orders_have_currencies": ["model.core.fct_orders", "seed.currencies"],
    "test.revenue_is_unique": ["model.kpis.revenue"],
    "test.scopes_are_unique": ["model.scorecard.scopes"],
    "test.budget_has_months": ["model.metrics.metrics_finance__budget_targets_periodic"],
    "test.spine_is_whole": ["model.core.time_spine"],
    "test.everything_is_there": ["model.core.fct_orders", "model.core.fct_staff"],
}


def made_manifest() -> dict:
    nodes, sources, children = {}, {}, {}
    for unique_id, parents in {**EDGES, **TESTS}.items():
        kind, *rest = unique_id.split(".")
        node = {
            "name": rest[-1],
            "resource_type": kind,
            "fqn": ["scorecard", *rest],
            "depends_on": {"nodes": parents},
        }
        if kind == "source":
            sources[unique_id] = {**node, "source_name": rest[0]}
        else:
            nodes[unique_id] = node
        for parent in parents:
            children.setdefault(parent, []).append(unique_id)
    return {
        "nodes": nodes,
        "sources": sources,
        "parent_map": {**EDGES, **TESTS},
        "child_map": children,
        "metadata": {"project_name": "scorecard"},
        "macros": {},
    }


@pytest.fixture
def manifest():
    return made_manifest()


def failed(*names: str) -> list[dict]:
    return [{"unique_id": name, "status": "error" if name.startswith("model") else "fail"} for name in names]


@pytest.mark.parametrize(
    ("start", "kpis"),
    [
        ("source.shop.orders", ["revenue", "revenue_per_head"]),
        ("source.shop.staff", ["headcount", "revenue_per_head"]),
        ("source.shop.budget", []),
        ("model.kpis.headcount", ["headcount"]),
        # whoever reads the calendar reads what orders say of dates, and is not made of them
        ("model.core.dim_event_spans", []),
    ],
)
def test_downstream_ends_at_the_kpis_and_at_the_calendar(manifest, start, kpis):
    reached = downstream(manifest, [start])
    assert kpis_among(manifest, reached) == kpis
    assert not {one for one in reached if "scorecard" in one or "dim_" in one}


def test_downstream_is_the_mirror_of_upstream(manifest):
    inputs = kpi_inputs(manifest)
    for system, table in (("shop", "orders"), ("shop", "staff"), ("shop", "budget")):
        built = sorted(kpi for kpi, *source in inputs if tuple(source) == (system, table))
        assert kpis_among(manifest, downstream(manifest, [f"source.{system}.{table}"])) == built
    assert "source.shop.orders" not in upstream(manifest, "model.kpis.headcount")


def test_what_the_scorecard_and_the_calendar_read_beside_the_kpis_is_known(manifest):
    assert model_inputs(manifest) == [
        ("fct_staff", "shop", "staff"),
        ("metrics_finance__budget_targets_periodic", "shop", "budget"),
        ("stg_orders", "shop", "orders"),
    ]


@pytest.mark.parametrize(
    ("test", "judged"),
    [
        ("test.orders_and_staff_agree", {"model.core.fct_orders", "model.core.fct_staff"}),
        ("test.periods_are_unique", {"model.core.dim_periods"}),
        ("test.orders_have_currencies", {"model.core.fct_orders"}),
        ("test.currencies_are_unique", {"seed.currencies"}),
    ],
)
def test_a_test_judges_its_models_and_only_joins_the_calendar_and_seeds(manifest, test, judged):
    assert subjects(manifest, manifest["nodes"][test]) == judged


def test_a_failing_dbt_test_holds_the_kpis_behind_what_it_judges_and_says_so(manifest):
    (failure,) = dbt_failures(manifest, failed("test.staff_has_keys"), {"test.staff_has_keys": "keys FAILED"})
    assert failure.nodes == {"model.core.fct_staff"}
    assert failure.message == "keys FAILED\n  holds 2 KPIs: headcount, revenue_per_head"
    assert (failure.cause, failure.check_name) == ("dbt", "staff_has_keys")
    (one,) = dbt_failures(manifest, failed("test.revenue_is_unique"), {})
    assert one.message.endswith("holds 1 KPI: revenue")


def test_a_warning_and_a_pass_hold_nothing(manifest):
    results = [
        {"unique_id": "test.staff_has_keys", "status": status} for status in ("warn", "pass", "skipped")
    ]
    assert dbt_failures(manifest, results, {}) == []


@pytest.mark.parametrize(
    "node",
    [
        "test.scopes_are_unique",
        "model.scorecard.kpi_results",
        "test.periods_are_unique",
        "model.core.dim_coverage",
        "test.currencies_are_unique",
        "test.everything_is_there",  # all KPIs at once
        "test.spine_is_whole",  # nothing to hold: nobody would be told
        "model.core.time_spine",
    ],
)
def test_what_is_behind_everything_or_in_the_scorecard_publishes_nothing(manifest, node):
    with pytest.raises(NothingToPublish, match="it broke"):
        dbt_failures(manifest, failed("test.staff_has_keys", node), {node: "it broke"})


def test_a_failing_budget_holds_no_kpi_but_its_targets(manifest):
    (failure,) = dbt_failures(manifest, failed("test.budget_has_months"), {})
    assert "holds 0 KPIs" in failure.message


def test_the_next_build_leaves_out_what_failed_what_it_makes_and_tests_that_read_any_of_it(manifest):
    failures = dbt_failures(manifest, failed("model.core.fct_orders"), {})
    # the KPI tables stay as they are; the calendar, which reads the same orders, is built
    assert left_out(manifest, failures) == [
        *(
            "everything_is_there",
            "fct_orders",
            "metrics_orders",
            "orders_and_staff_agree",
            "orders_have_currencies",
        ),
        *("orders_have_keys", "revenue", "revenue_is_unique", "revenue_per_head"),
    ]
    # of a test that failed the model is good enough to build what is held anyway
    assert left_out(manifest, dbt_failures(manifest, failed("test.staff_has_keys"), {})) == [
        *("everything_is_there", "orders_and_staff_agree", "staff_has_keys")
    ]
    assert left_out(manifest, []) == []


# The audit tables

TABLES = {("shop", "orders"), ("shop", "staff"), ("shop", "budget")}


@pytest.fixture
def warehouse(tmp_path):
    connection = duckdb.connect(str(tmp_path / "warehouse.duckdb"))
    ensure_audit_tables(connection)
    settings(connection, date(2025, 3, 11))
    for _, table in sorted(TABLES):
        judged(connection, table, "keys", True)
    yield connection
    connection.close()


def settings(connection, as_of: date, **changed: str) -> None:
    said = {"company": "demo", "company_name": "Demo AB", "reporting_currency": "SEK", **changed}
    write_run_settings(
        connection, edition_id="e2", as_of_date=as_of, history_from=None, time_zone="Europe/Stockholm", **said
    )


def judged(
    connection, table: str, expectation: str, success: bool | None, severity: str = "critical"
) -> None:
    connection.execute(
        "insert into audit.check_results (suite, source_system, table_name, expectation, severity, success, observed)"
        " values (?, 'shop', ?, ?, ?, ?, '3 rows')",
        [f"raw/shop/sales/{table}", table, expectation, severity, success],
    )


def edition(path, rows: str, as_of: str = "2025-03-10", old: bool = False, currency: str = "SEK"):
    """A published file with a few scorecard rows: kpi, month, scope, value, reason, and what was held."""
    own = f""", cast(since as date) as held_since,
                case when since is null then 'e1' when reason is distinct from 'held' then 'e0' end
                    as value_edition_id,
                case
                    when since is null then date '{as_of}'
                    when reason is distinct from 'held' then date '2025-03-01'
                end as value_as_of_date"""
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema scorecard")
        connection.execute(
            f"""
            create table scorecard.publication as
            select date '{as_of}' as as_of_date, 'demo' as company, '{currency}' as reporting_currency;
            create table scorecard.kpi_scorecard as
            select
                kpi_id, 'month' as period_grain, cast(month as date) as period_start_date,
                last_day(cast(month as date)) as period_end_date, scope_type, scope_id,
                cast(val as decimal(38, 10)) as numerator, cast(null as decimal(38, 10)) as denominator,
                cast(val as decimal(38, 10)) as actual_value, reason as no_value_reason,
                date '2025-03-09' as data_as_of, cast(40 as bigint) as input_row_count, 'd0' as definition_hash,
                'e1' as edition_id
                {"" if old else own}
            from (values {rows}) as t (kpi_id, month, scope_type, scope_id, val, reason, since);
            create table scorecard.scopes as
            select 'company' as scope_type, 'all' as scope_id, 'Demo AB' as scope_name,
                cast(null as varchar) as parent_scope_type, cast(null as varchar) as parent_scope_id;
            create table scorecard.periods as
            select 'month' as period_grain, date '2025-02-01' as period_start_date, 'settled' as period_status
            union all select 'month', date '2025-03-01', 'open';
            create table scorecard.kpi_targets as
            select 'revenue' as kpi_id, 'company' as scope_type, 'all' as scope_id, 'month' as period_grain,
                period_start_date, cast(5 as decimal(38, 10)) as target_value,
                cast(5 as decimal(38, 10)) as to_date_value, origin, 'controller' as set_by, 'why' as reason
            from scorecard.periods cross join (select unnest(['budget', 'quota', 'set']) as origin);
            """
        )
    return path


ROWS = """
    ('revenue', '2025-02-01', 'company', 'all', 10, null, null),
    ('revenue', '2025-02-01', 'region', 'Norr', null, 'no_data', null),
    ('headcount', '2025-02-01', 'company', 'all', 7, null, null)
"""


def table(connection, sql: str) -> list[tuple]:
    return connection.execute(sql).fetchall()


def test_a_good_night_fails_nothing_and_has_no_fingerprint(warehouse, manifest):
    assert raw_failures(warehouse, manifest, TABLES, {}) == []
    assert write_holds(warehouse, manifest, [], None, "run") == []
    assert holds_fingerprint(warehouse) == ""
    assert what_needs_a_person(warehouse) is None
    assert len(table(warehouse, "from audit.model_inputs")) == 3


@pytest.mark.parametrize("success", [False, None])
def test_a_critical_failure_a_missing_verdict_and_a_table_never_loaded_fail(warehouse, manifest, success):
    judged(warehouse, "orders", "an order has a day", success)
    warehouse.execute("delete from audit.check_results where table_name = 'staff'")
    refuse(warehouse, "budget", has_good_data=False)
    orders, staff = (f for f in raw_failures(warehouse, manifest, TABLES, {}) if f.cause == "suite")
    assert orders.check_name == "raw/shop/sales/orders: an order has a day"
    assert orders.message == "suite raw/shop/sales/orders failed: an order has a day: 3 rows"
    assert staff.check_name == "raw/shop/staff: never judged"
    (budget,) = (f for f in raw_failures(warehouse, manifest, TABLES, {}) if f.cause == "extract")
    assert budget.nodes == {"source.shop.budget"} and "to do: " in budget.message.lower()
    told = raw_failures(warehouse, manifest, TABLES, {("shop", "orders"): "with its rows"})
    assert "with its rows" in [failure.message for failure in told]


@pytest.mark.parametrize(
    ("expectation", "severity", "fails"),
    [
        ("a name", "warning", False),
        ("newest_date_is_recent(order_date)", "warning", False),
        # it could not be judged: the gate records that as critical
        ("newest_date_is_recent(order_date)", "critical", True),
    ],
)
def test_a_warning_and_an_old_date_hold_nothing(warehouse, manifest, expectation, severity, fails):
    judged(warehouse, "orders", expectation, False, severity)
    assert bool(raw_failures(warehouse, manifest, TABLES, {})) == fails


def orders_failed(warehouse, manifest) -> list[Failure]:
    judged(warehouse, "orders", "an order has a day", False)
    return raw_failures(warehouse, manifest, TABLES, {})


def test_the_last_published_figures_are_copied_with_the_edition_that_computed_them(
    warehouse, manifest, tmp_path
):
    held = write_holds(
        warehouse, manifest, orders_failed(warehouse, manifest), edition(tmp_path / "e1.duckdb", ROWS), "run"
    )
    assert held == ["revenue", "revenue_per_head"]
    assert table(warehouse, "select kpi_id, cause, held_since, run_id from audit.holds order by all") == [
        ("revenue", "suite", date(2025, 3, 11), "run"),
        ("revenue_per_head", "suite", date(2025, 3, 11), "run"),
    ]
    figures = "select kpi_id, scope_id, actual_value, no_value_reason, value_edition_id, value_as_of_date, data_as_of"
    assert table(warehouse, f"{figures} from audit.held_values order by all") == [
        ("revenue", "Norr", None, "no_data", "e1", date(2025, 3, 10), date(2025, 3, 9)),
        ("revenue", "all", 10, None, "e1", date(2025, 3, 10), date(2025, 3, 9)),
    ]
    assert table(warehouse, "select scope_name from audit.held_scopes") == [("Demo AB",)]
    assert table(warehouse, "select model_name from audit.tainted_models order by all") == [
        ("fct_orders",), ("metrics_orders",), ("revenue",), ("revenue_per_head",), ("stg_orders",)
    ]  # fmt: skip
    assert table(warehouse, "from audit.held_targets") == []
    # the next night is good
    warehouse.execute("update audit.check_results set success = true")
    assert write_holds(warehouse, manifest, raw_failures(warehouse, manifest, TABLES, {}), None, "run2") == []
    for name in ("holds", "held_values", "held_scopes", "tainted_models"):
        assert table(warehouse, f"from audit.{name}") == [], name


def test_a_third_night_names_the_first_day_and_the_edition_of_the_figure(warehouse, manifest, tmp_path):
    second = edition(
        tmp_path / "e1.duckdb",
        """('revenue', '2025-02-01', 'company', 'all', 10, null, '2025-03-05'),
           ('revenue', '2025-03-01', 'company', 'all', null, 'held', '2025-03-05')""",
    )
    write_holds(warehouse, manifest, orders_failed(warehouse, manifest), second, "run")
    assert table(warehouse, "select held_since from audit.holds where kpi_id = 'revenue'") == [
        (date(2025, 3, 5),)
    ]
    rows = table(
        warehouse, "select period_start_date, value_edition_id, value_as_of_date from audit.held_values"
    )
    assert rows == [(date(2025, 2, 1), "e0", date(2025, 3, 1))]


def test_an_edition_from_before_holds_existed_computed_its_figures(warehouse, manifest, tmp_path):
    old = edition(tmp_path / "e1.duckdb", ROWS, old=True)
    write_holds(warehouse, manifest, orders_failed(warehouse, manifest), old, "run")
    rows = table(warehouse, "select distinct value_edition_id, value_as_of_date from audit.held_values")
    assert rows == [("e1", date(2025, 3, 10))]


@pytest.mark.parametrize("kind", ["none", "unreadable", "another currency", "of a later day"])
def test_no_figure_stands_in_that_is_not_the_companys_of_an_earlier_day(warehouse, manifest, tmp_path, kind):
    path = edition(
        tmp_path / "e1.duckdb",
        ROWS,
        currency="EUR" if kind == "another currency" else "SEK",
        as_of="2025-03-12" if kind == "of a later day" else "2025-03-10",
    )
    if kind == "unreadable":
        path.write_text("not a database")
    held = write_holds(
        warehouse, manifest, orders_failed(warehouse, manifest), None if kind == "none" else path, "run"
    )
    assert held == ["revenue", "revenue_per_head"]
    assert table(warehouse, "from audit.held_values") == []


def test_a_budget_that_failed_leaves_its_published_targets_of_settled_periods(warehouse, manifest, tmp_path):
    judged(warehouse, "budget", "every month has a budget", False)
    failures = raw_failures(warehouse, manifest, TABLES, {})
    assert write_holds(warehouse, manifest, failures, edition(tmp_path / "e1.duckdb", ROWS), "run") == []
    assert table(warehouse, "select origin, period_start_date from audit.held_targets") == [
        ("budget", date(2025, 2, 1))
    ]


def refuse(connection, name: str, has_good_data: bool) -> None:
    raw = RawTable.model_construct(name=name, system="shop", domain="sales", files=f"{name}_*.csv")
    refusal = ExtractRefused(
        raw, expected="a header", found="nothing", action="deliver it", file=f"{name}_1.csv", line=1
    )
    remember_refusal(connection, raw, refusal, has_good_data, "run")


def test_a_refusal_is_one_row_until_the_table_comes_in_clean(warehouse):
    refuse(warehouse, "orders", True)
    refuse(warehouse, "orders", True)
    refuse(warehouse, "gone", True)
    assert table(warehouse, "select table_name, path, line, has_good_data from audit.refused_extracts order by 1") == [
        ("gone", "gone_1.csv", 1, True), ("orders", "orders_1.csv", 1, True)
    ]  # fmt: skip
    forget_other_refusals(warehouse, TABLES)
    assert table(warehouse, "select table_name from audit.refused_extracts") == [("orders",)]
    told = what_needs_a_person(warehouse)
    assert told.title == "Published, but 1 extract was refused"
    for word in (
        "orders_1.csv, line 1",
        "expected: a header",
        "found:    nothing",
        "to do:    deliver it",
        "stale",
    ):
        assert word in told.text
    raw = RawTable.model_construct(name="orders", system="shop", domain="sales", files="orders_*.csv")
    remember_refusal(warehouse, raw, None, True, "run")
    assert table(warehouse, "from audit.refused_extracts") == []


def test_everything_that_a_person_must_know_is_told(warehouse, manifest):
    judged(warehouse, "staff", "newest_date_is_recent(hire_date)", False, "warning")
    refuse(warehouse, "staff", True)
    write_holds(warehouse, manifest, orders_failed(warehouse, manifest), None, "run")
    told = what_needs_a_person(warehouse)
    assert told.title == "Published, but 2 KPIs are held and 1 extract was refused and 1 table is old"
    assert "holds 2 KPIs: revenue, revenue_per_head" in told.text and "since 2025-03-11" in told.text


def test_only_figures_that_were_published_are_said_to_be_shown(warehouse, manifest, tmp_path):
    failures = orders_failed(warehouse, manifest)
    write_holds(warehouse, manifest, failures, None, "run")
    assert (
        "no figure of theirs was published before, so none is shown." in what_needs_a_person(warehouse).text
    )
    write_holds(warehouse, manifest, failures, edition(tmp_path / "e1.duckdb", ROWS), "run")
    told = what_needs_a_person(warehouse).text
    assert "are shown, marked held; never published before, and without one: revenue_per_head." in told
    warehouse.execute("insert into audit.held_values (kpi_id) values ('revenue_per_head')")
    assert "their last published figures are shown, marked held." in what_needs_a_person(warehouse).text


@pytest.mark.parametrize(
    "change",
    [
        "insert into audit.holds (kpi_id, cause, check_name, held_since) values ('headcount', 'dbt', 'x', '2025-03-11')",
        "update audit.holds set held_since = '2025-03-01'",
        "update audit.held_values set value_edition_id = 'e9'",
        "insert into audit.refused_extracts (source_system, table_name, has_good_data) values ('shop', 'staff', true)",
        "insert into audit.check_results (suite, expectation, severity, success) values ('raw/x', 'y', 'warning', false)",
    ],
)
def test_the_fingerprint_changes_with_what_is_shown_and_not_with_the_run(
    warehouse, manifest, tmp_path, change
):
    failures = orders_failed(warehouse, manifest)
    path = edition(tmp_path / "e1.duckdb", ROWS)
    write_holds(warehouse, manifest, failures, path, "run")
    before = holds_fingerprint(warehouse)
    write_holds(warehouse, manifest, failures, path, "another run")
    assert before == holds_fingerprint(warehouse) != ""
    warehouse.execute(change)
    assert holds_fingerprint(warehouse) != before


def test_dates_are_remembered_of_good_entities_only(warehouse):
    warehouse.execute(
        """
        create schema core;
        create table core.dim_event_spans as
        select * from (values
            ('stg_orders', 'sales', date '2024-01-01', date '2025-03-10', false),
            ('stg_staff', 'hr', date '1950-01-01', date '2030-01-01', true)
        ) as t (entity, domain, first_date, last_date, is_remembered)
        """
    )
    warehouse.execute(
        "insert into audit.event_spans values ('stg_staff', 'hr', '2020-01-01', '2025-03-01', '2025-03-01')"
    )
    for _ in range(2):
        remember_event_spans(warehouse, date(2025, 3, 11))
    assert table(warehouse, "from audit.event_spans order by 1") == [
        ("stg_orders", "sales", date(2024, 1, 1), date(2025, 3, 10), date(2025, 3, 11)),
        ("stg_staff", "hr", date(2020, 1, 1), date(2025, 3, 1), date(2025, 3, 1)),
    ]


# The proof before publication


@pytest.fixture
def held(warehouse, manifest, tmp_path):
    """A night on which orders failed, with the scorecard that dbt made of it; and the edition before."""
    path = edition(tmp_path / "e1.duckdb", ROWS)
    warehouse.executemany("insert into audit.kpi_inputs values (?, ?, ?)", kpi_inputs(manifest))
    write_holds(warehouse, manifest, orders_failed(warehouse, manifest), path, "run")
    warehouse.execute(
        """
        create schema scorecard;
        create table scorecard.kpi_scorecard as
        select
            kpi_id, period_grain, period_start_date, scope_type, scope_id, numerator, denominator, actual_value,
            no_value_reason, data_as_of, input_row_count, definition_hash, value_edition_id, value_as_of_date,
            'held' as status, 'held' as quality_status, date '2025-03-11' as held_since, 'keys' as held_check,
            cast(null as decimal(38, 10)) as variance, cast(null as decimal(38, 10)) as favourable_variance,
            cast(null as decimal(38, 10)) as progress_ratio, cast(null as boolean) as is_met,
            cast(null as decimal(38, 10)) as score, cast(null as bigint) as scope_rank
        from audit.held_values;
        insert into scorecard.kpi_scorecard by name
        select kpi_id, 'month' as period_grain, date '2025-03-01' as period_start_date, 'company' as scope_type,
            'all' as scope_id, 'held' as no_value_reason, 'held' as status, 'held' as quality_status,
            date '2025-03-11' as held_since, 'keys' as held_check
        from (select unnest(['revenue', 'revenue_per_head']) as kpi_id);
        insert into scorecard.kpi_scorecard by name
        select 'headcount' as kpi_id, 'month' as period_grain, date '2025-02-01' as period_start_date,
            'company' as scope_type, 'all' as scope_id, 8 as actual_value, 'achieved' as status,
            'passed' as quality_status;
        """
    )
    return path


FAILED = {("shop", "orders"): "suite raw/shop/sales/orders failed: an order has a day: 3 rows"}


def test_the_proof_passes_what_is_held_as_it_must_be(warehouse, held):
    assert audit_problems(warehouse, FAILED, lambda: held) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "delete from audit.holds where kpi_id = 'revenue_per_head'",
            "built from it and not held: revenue_per_head",
        ),
        ("delete from audit.holds", "built from it and not held: revenue, revenue_per_head"),
        ("drop table audit.holds", "suite raw/shop/sales/orders failed"),
        ("delete from audit.tainted_models", "read from it all the same: stg_orders"),
        (
            "insert into audit.refused_extracts (source_system, table_name, has_good_data) values ('shop', 'staff', false)",
            "never loaded; built from it and not held: headcount",
        ),
        (
            "insert into audit.holds (kpi_id, cause, check_name) values ('headcount', 'dbt', 'x')",
            "held KPIs are shown as if they were not: headcount",
        ),
        (
            "update audit.held_values set actual_value = 11 where scope_id = 'all'",
            "1 held figures of revenue are not those of audit.held_values",
        ),
        ("delete from audit.held_values", "2 held figures of revenue are not those of audit.held_values"),
        ("drop table audit.held_values", "there is no audit.held_values"),
        # both together: readers have another figure
        (
            "update audit.held_values set actual_value = 11 where scope_id = 'all';"
            " update scorecard.kpi_scorecard set actual_value = 11 where scope_id = 'all' and kpi_id = 'revenue'"
            " and actual_value is not null",
            "1 held figures of revenue are not those of what readers have now",
        ),
        (
            "update scorecard.kpi_scorecard set actual_value = 3 where no_value_reason = 'held'",
            "1 held figures of revenue_per_head are not those of",
        ),
        (
            "update scorecard.kpi_scorecard set value_edition_id = 'e2' where actual_value = 10",
            "1 held figures of revenue are not those of",
        ),
        (
            "update scorecard.kpi_scorecard set is_met = true where actual_value = 10",
            "shown as if they were not: revenue",
        ),
        (
            "update scorecard.kpi_scorecard set status = 'on_track' where kpi_id = 'revenue'",
            "as if they were not: revenue",
        ),
        ("update scorecard.kpi_scorecard set status = 'held'", "audit.holds does not: headcount"),
        ("alter table scorecard.kpi_scorecard drop quality_status", "does not say what is held"),
    ],
)
def test_the_proof_refuses_whatever_was_changed(warehouse, held, change, said):
    for statement in change.split(";"):
        warehouse.execute(statement)
    problems = audit_problems(warehouse, FAILED, lambda: held)
    assert any(said in problem for problem in problems), problems


def test_the_proof_refuses_figures_that_no_readable_edition_shows(warehouse, held):
    assert audit_problems(warehouse, FAILED, lambda: None) == [
        "2 held figures of revenue are not those of what readers have now"
    ]


def test_another_table_that_failed_is_not_covered_by_the_holds_of_orders(warehouse, held):
    problems = audit_problems(warehouse, {**FAILED, ("shop", "staff"): "staff failed"}, lambda: held)
    assert "staff failed; built from it and not held: headcount" in problems
