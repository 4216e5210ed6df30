"""Why a figure changed: which steps, which runs, and effects that add up; the whole way on a company of one table."""

import itertools
import json
import os
import random
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from dagster_project.lib import why as why_module
from dagster_project.lib.audit_tables import ensure_audit_tables, write_domain_coverage, write_run_settings
from dagster_project.lib.before import copy_name, current_facts, record_inputs
from dagster_project.lib.counterfactual import NIGHT, nodes_to_build, shared_code_hash
from dagster_project.lib.sources import Column, RawTable
from dagster_project.lib.why import (
    STEPS,
    KpiFacts,
    KpiPlan,
    clear,
    effects_sql,
    explain,
    plan_kpi,
    plan_runs,
    source_relations,
    write_effects,
)

FACTS = ("run_settings", "domain_coverage")
FLAGS = (
    "is_definition_changed",
    "has_corrections",
    "has_late_rows",
    "has_time_passed",
    "are_settings_changed",
)

# Planning


@pytest.mark.parametrize("flags", list(itertools.product([False, True], repeat=5)))
def test_a_kpi_takes_the_steps_that_apply_and_computes_all_but_the_last(flags):
    plan = plan_kpi(KpiFacts("margin", **dict(zip(FLAGS, flags, strict=True))))
    assert plan.steps == tuple(step for step, applies in zip(STEPS, flags, strict=True) if applies)
    assert len(plan.runs) == max(sum(flags) - 1, 0)
    assert set(plan_runs([plan])) == set(plan.runs)
    assert plan.cause == ("" if any(flags) else "unexplained")


@pytest.mark.parametrize("flags", list(itertools.product([False, True], repeat=5)))
@pytest.mark.parametrize(
    ("standing", "cause"),
    [
        ({"is_held": True}, "held"),
        ({"is_held": True, "was_held": True, "is_unknown": True}, "held"),
        ({"was_held": True}, "released"),
        ({"was_held": True, "is_unknown": True}, "released"),
        ({"is_unknown": True}, "not_split"),
    ],
)
def test_a_change_that_can_not_be_split_has_one_cause_and_no_runs(flags, standing, cause):
    plan = plan_kpi(KpiFacts("margin", **dict(zip(FLAGS, flags, strict=True)), **standing))
    assert plan == KpiPlan("margin", (), cause)
    assert plan_runs([plan]) == {}


@pytest.mark.parametrize("flags", list(itertools.product([False, True], repeat=5)))
def test_a_kpi_about_people_is_never_computed_in_between(flags):
    plan = plan_kpi(KpiFacts("pay", **dict(zip(FLAGS, flags, strict=True)), is_about_people=True))
    assert plan.runs == ()
    assert (plan.cause == "people") == (sum(flags) > 1)


def test_each_run_computes_the_kpis_that_need_it_in_the_order_of_the_steps():
    plans = [
        KpiPlan("a", ("late_data", "time_passed")),
        KpiPlan("b", ("corrected_data", "late_data", "time_passed")),
        KpiPlan("c", ("time_passed",)),
        KpiPlan("d", ("changed_definition", "late_data")),
    ]
    runs = plan_runs(plans)
    assert runs == {"changed_definition": {"d"}, "corrected_data": {"b"}, "late_data": {"a", "b"}}
    assert list(runs) == [step for step in STEPS if step in runs]


# Telescoping


def amount(chance):
    return Decimal(chance.randrange(-(10**22), 10**22)).scaleb(-10)


@pytest.mark.parametrize("seed", range(20))
def test_effects_are_the_differences_of_neighbours_and_add_up_exactly(seed):
    chance = random.Random(seed)
    expected = {}
    with duckdb.connect() as connection:
        connection.execute(
            "create table changed (kpi_id varchar, period_grain varchar, period_start_date date, scope_type varchar, "
            "scope_id varchar, value_before decimal(38, 10), value_now decimal(38, 10), reason_before varchar, "
            "reason_now varchar);"
            "create table between_values (kpi_id varchar, period_grain varchar, period_start_date date, "
            "scope_type varchar, scope_id varchar, value_now decimal(38, 10), step varchar);"
            "create table plans (kpi_id varchar, steps varchar[], cause varchar, is_computed boolean)"
        )
        for number in range(40):
            key = (f"kpi {number}", "month", date(2026, 1, 1), "company", "all")
            steps = [step for step in STEPS if chance.random() < 0.5]
            values = [amount(chance) for _ in range(len(steps) + 1)]
            if not steps:
                values.append(amount(chance))
            connection.execute(
                "insert into changed values (?, ?, ?, ?, ?, ?, ?, null, null)", [*key, values[0], values[-1]]
            )
            connection.execute(
                "insert into plans values (?, ?, ?, true)", [key[0], steps, "" if steps else "unexplained"]
            )
            for step, value in zip(steps[:-1], values[1:-1], strict=False):
                connection.execute(
                    "insert into between_values values (?, ?, ?, ?, ?, ?, ?)", [*key, value, step]
                )
            effects = dict.fromkeys(STEPS, Decimal(0))
            for step, first, second in zip(steps, values, values[1:], strict=False):
                effects[step] = second - first
            if not steps:
                effects["settings"] = values[1] - values[0]
            expected[key[0]] = [*effects.values()]
        found = connection.execute(
            f"select kpi_id, value_before, changed_definition, corrected_data, late_data, time_passed, other, value_now "
            f"from ({effects_sql('parent')})"
        ).fetchall()
    assert {kpi_id: effects for kpi_id, _, *effects, _ in found} == expected
    for _, before, *effects, now in found:
        assert before + sum(effects) == now


# The whole way: a company of one raw table, and a build of three models

TABLE = RawTable(
    system="till",
    name="sales",
    domain="sales",
    files="f*.csv",
    load="by_file",
    key=["id"],
    date_column="day",
    columns=[
        Column(name=name, data_type=kind)
        for name, kind in {
            "id": "integer",
            "day": "date",
            "net": "decimal(18, 2)",
            "cost": "decimal(18, 2)",
        }.items()
    ],
)
STAGING_SQL = 'create view "warehouse"."staging"."sales" as select * from "warehouse"."raw"."till__sales"'
KPI_SQL = """
    drop table if exists "warehouse"."kpis"."margin";
    create table "warehouse"."kpis"."margin" as
    select {formula} as actual_value
    from "warehouse"."staging"."sales" cross join "warehouse"."audit"."run_settings" as settings
    where day <= settings.as_of_date and month(day) >= settings.fiscal_year_start_month"""
VALUES_SQL = """
    create table "warehouse"."scorecard"."kpi_values" as
    select 'margin' as kpi_id, 'month' as period_grain, date '2026-03-01' as period_start_date,
        'company' as scope_type, 'all' as scope_id,
        cast(actual_value as decimal(38, 10)) as actual_value
    from "warehouse"."kpis"."margin" """
MARGIN = "(sum(net) - sum(cost)) / sum(net)"
MARKUP = "(sum(net) - sum(cost)) / sum(cost)"

# id, day, net, cost
SHOWN = [(1, "2026-03-01", 100, 60), (2, "2026-03-05", 200, 150), (3, "2026-03-09", 50, 20)]
CORRECTED = [(1, "2026-03-01", 100, 70), (2, "2026-03-05", 200, 150)]
LATE = [*CORRECTED, (4, "2026-03-08", 80, 30)]
TONIGHT = [*LATE, (5, "2026-03-11", 40, 10)]


def model(name, layer, materialized, checksum="1"):
    return {
        "name": name,
        "alias": name,
        "resource_type": "model",
        "fqn": ["scorecard", layer, name],
        "package_name": "scorecard",
        "original_file_path": f"models/{layer}/{name}.sql",
        "database": "warehouse",
        "schema": layer,
        "config": {"materialized": materialized},
        "checksum": {"checksum": checksum},
        "depends_on": {"macros": ["macro.scorecard.divide"]},
    }


def source(system, name, schema, table):
    return {
        "source_name": system,
        "name": name,
        "schema": schema,
        "identifier": table,
        "resource_type": "source",
    }


def make_manifest():
    return {
        "metadata": {"project_name": "scorecard"},
        "macros": {"macro.scorecard.divide": {"package_name": "scorecard", "macro_sql": "a / b"}},
        "sources": {
            "source.till.sales": source("till", "sales", "raw", "till__sales"),
            "source.audit.run_settings": source("audit", "run_settings", "audit", "run_settings"),
        },
        "nodes": {
            "model.scorecard.sales": model("sales", "staging", "view"),
            "model.scorecard.margin": model("margin", "kpis", "table"),
            "model.scorecard.headcount": model("headcount", "kpis", "table"),
            "model.scorecard.kpi_values": model("kpi_values", "scorecard", "table"),
        },
        "parent_map": {
            "model.scorecard.sales": ["source.till.sales"],
            "model.scorecard.margin": ["model.scorecard.sales", "source.audit.run_settings"],
            "model.scorecard.headcount": ["source.audit.run_settings"],
            "model.scorecard.kpi_values": ["model.scorecard.margin", "model.scorecard.headcount"],
        },
    }


class Night:
    """The warehouse after a build, the edition that readers have, and what dbt ran."""

    def __init__(self, folder):
        self.folder, self.target = folder, folder / "target"
        self.warehouse, self.shown = folder / "warehouse.duckdb", folder / "shown.duckdb"
        self.manifest = make_manifest()

    def build(
        self, rows, as_of, *, formula=MARGIN, fiscal_year=1, content="shown", definition="d1", held=False
    ):
        statements = {
            "staging/sales": STAGING_SQL,
            "kpis/margin": KPI_SQL.format(formula=formula),
            "scorecard/kpi_values": VALUES_SQL,
        }
        for name, sql in statements.items():
            path = self.target / "run" / "scorecard" / "models" / f"{name}.sql"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(sql)
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.begin()
            ensure_audit_tables(connection)
            connection.commit()
            write_run_settings(
                connection, edition_id="e", as_of_date=as_of, history_from=None, company="till", company_name="Till",
                reporting_currency="SEK", time_zone="UTC", fiscal_year_start_month=fiscal_year,
            )  # fmt: skip
            write_domain_coverage(connection, [], {})
            connection.execute("create or replace table raw.till__sales (id int, day date, net decimal(18, 2), cost decimal(18, 2), _file_id bigint, _line bigint)")  # fmt: skip
            for row in rows:
                connection.execute("insert into raw.till__sales values (?, ?, ?, ?, 1, 1)", row)
            connection.execute("delete from audit.raw_tables; delete from audit.kpi_inputs")
            connection.execute(
                "insert into audit.raw_tables (source_system, table_name, content_hash) values ('till', 'sales', ?)",
                [content],
            )
            connection.execute("insert into audit.kpi_inputs values ('margin', 'till', 'sales')")
            for schema in ("staging", "kpis", "scorecard"):
                connection.execute(f"drop schema if exists {schema} cascade; create schema {schema}")
            connection.execute("create table kpis.headcount as select 1 as actual_value")
            for sql in statements.values():
                connection.execute(sql)
            connection.execute(
                "create table scorecard.kpi_scorecard as select *, cast(null as varchar) as no_value_reason, "
                "? as quality_status, ? as definition_hash from scorecard.kpi_values",
                ["held" if held else "passed", definition],
            )

    def publish(self):
        with duckdb.connect(str(self.warehouse)) as connection:
            record_inputs(connection, "parent", "code")
            connection.execute(f"attach '{self.shown}' as edition; create schema edition.scorecard")
            connection.execute("create table edition.scorecard.kpi_scorecard as from scorecard.kpi_scorecard")
            connection.execute("create schema before")
            connection.execute(f"create table {copy_name('till', 'sales', 'shown')} as from raw.till__sales")
            connection.execute("insert into audit.before_tables values ('till', 'sales', 'shown', 'parent')")

    def explain(self, code="code", seconds=60.0):
        return explain(
            self.warehouse, self.shown, "parent", {("till", "sales"): TABLE}, self.manifest, code, self.target,
            self.folder / "why", seconds,
        )  # fmt: skip

    def effects(self, **options):
        found = self.explain(**options)
        with duckdb.connect(str(self.warehouse)) as connection:
            write_effects(connection, found, "run")
            cursor = connection.execute("from audit.value_effects")
            names = [column[0] for column in cursor.description]
            rows = cursor.fetchall()
        return found, [dict(zip(names, row, strict=True)) for row in rows]


@pytest.fixture
def night(tmp_path):
    made = Night(tmp_path)
    made.build(SHOWN, date(2026, 3, 10))
    made.publish()
    return made


def by_hand(rows, as_of, formula=MARGIN, first_month=1):
    counted = [row for row in rows if row[1] <= as_of and int(row[1][5:7]) >= first_month]
    net, cost = (Decimal(sum(row[column] for row in counted)) for column in (2, 3))
    return ((net - cost) / (net if formula == MARGIN else cost)).quantize(Decimal("1e-10"))


def add_up(row):
    return (
        row["value_before"] + row["changed_definition"] + row["corrected_data"] + row["late_data"]
        + row["time_passed"] + row["other"] == row["value_now"]
    )  # fmt: skip


def test_definition_correction_late_rows_and_time_are_told_apart(night):
    night.build(TONIGHT, date(2026, 3, 11), formula=MARKUP, content="now", definition="d2")
    found, (row,) = night.effects()
    chain = [
        by_hand(SHOWN, "2026-03-10"),
        by_hand(SHOWN, "2026-03-10", MARKUP),
        by_hand(CORRECTED, "2026-03-10", MARKUP),
        by_hand(LATE, "2026-03-10", MARKUP),
        by_hand(TONIGHT, "2026-03-11", MARKUP),
    ]
    names = ["changed_definition", "corrected_data", "late_data", "time_passed"]
    assert [row[name] for name in names] == [after - before for before, after in itertools.pairwise(chain)]
    assert (row["value_before"], row["value_now"], row["other"]) == (chain[0], chain[-1], 0)
    assert row["causes"] == ",".join(names)
    assert found.runs == tuple(names[:3])
    assert add_up(row)


def test_changed_settings_are_the_last_step_and_stand_under_other(night):
    night.build([*CORRECTED, (6, "2026-02-01", 10, 1)], date(2026, 3, 10), fiscal_year=3, content="now")
    found, (row,) = night.effects()
    old_settings = by_hand([*CORRECTED, (6, "2026-02-01", 10, 1)], "2026-03-10")
    tonight = by_hand(CORRECTED, "2026-03-10", first_month=3)
    assert row["late_data"] == old_settings - by_hand(CORRECTED, "2026-03-10")
    assert row["other"] == tonight - old_settings
    assert row["causes"] == "corrected_data,late_data,settings"
    assert found.runs == ("corrected_data", "late_data")
    assert add_up(row)


@pytest.mark.parametrize(
    ("rows", "as_of", "options", "cause"),
    [
        (SHOWN, date(2026, 3, 10), {"formula": MARKUP, "definition": "d2"}, "changed_definition"),
        (CORRECTED, date(2026, 3, 10), {"content": "now"}, "corrected_data"),
        ([*SHOWN, LATE[2]], date(2026, 3, 10), {"content": "now"}, "late_data"),
        (SHOWN, date(2026, 3, 8), {}, "time_passed"),
        ([*SHOWN, TONIGHT[3]], date(2026, 3, 11), {"content": "now"}, "time_passed"),
    ],
)
def test_a_change_with_one_possible_cause_needs_no_run(night, monkeypatch, rows, as_of, options, cause):
    monkeypatch.setattr(why_module, "recompute", None)
    night.build(rows, as_of, **options)
    found, (row,) = night.effects()
    assert found.runs == ()
    assert row[cause] == row["value_now"] - row["value_before"] != 0
    assert row["causes"] == cause


def test_code_that_all_kpis_share_is_a_changed_definition_too(night):
    night.build(SHOWN, date(2026, 3, 10), formula=MARKUP)
    _, (row,) = night.effects(code="other code")
    assert row["causes"] == "changed_definition"


def test_nothing_changed_gives_no_row(night):
    night.build(SHOWN, date(2026, 3, 10))
    found, rows = night.effects()
    assert (found.rows, rows, found.changes) == (0, [], {})


def test_a_released_kpi_s_change_is_put_down_to_its_release(night):
    with duckdb.connect(str(night.shown)) as connection:
        connection.execute("update scorecard.kpi_scorecard set quality_status = 'held'")
    night.build(TONIGHT, date(2026, 3, 11), content="now")
    _, (row,) = night.effects()
    assert row["other"] == row["value_now"] - row["value_before"]
    assert row["causes"] == "released"
    assert add_up(row)


def test_a_value_that_comes_or_goes_has_causes_and_no_amounts(night):
    with duckdb.connect(str(night.shown)) as connection:
        connection.execute(
            "update scorecard.kpi_scorecard set actual_value = null, no_value_reason = 'withheld'"
        )
    night.build(TONIGHT, date(2026, 3, 11), content="now")
    found, (row,) = night.effects()
    assert row["causes"] == "withheld,corrected_data,late_data,time_passed"
    assert [row[name] for name in ("corrected_data", "late_data", "time_passed", "other")] == [None] * 4
    assert found.runs == ()


def test_a_value_that_is_missing_in_between_leaves_the_change_whole(night):
    # all rows known before are gone: after that step there is no margin
    night.build([(7, "2026-03-02", 10, 1)], date(2026, 3, 10), content="now")
    _, (row,) = night.effects()
    assert (row["other"], row["causes"]) == (row["value_now"] - row["value_before"], "no_value_between")


def test_a_kpi_about_people_keeps_its_change_whole(night):
    night.manifest["nodes"]["model.scorecard.sales"]["depends_on"]["macros"].append(
        "macro.scorecard.is_withheld"
    )
    night.build(TONIGHT, date(2026, 3, 11), content="now")
    found, (row,) = night.effects()
    assert (row["other"], row["causes"]) == (row["value_now"] - row["value_before"], "people")
    assert (found.runs, found.trouble) == ((), "")
    night.build(CORRECTED, date(2026, 3, 10), content="now")
    _, (row,) = night.effects()
    assert row["causes"] == "corrected_data"


@pytest.mark.parametrize("break_it", ["a statement is missing", "a statement is stale", "a statement fails"])
def test_a_run_that_fails_leaves_the_change_whole_and_says_why(night, break_it):
    night.build(TONIGHT, date(2026, 3, 11), content="now")
    statement = night.target / "run" / "scorecard" / "models" / "kpis" / "margin.sql"
    if break_it == "a statement is missing":
        statement.unlink()
    elif break_it == "a statement is stale":
        (night.target / "manifest.key").write_text("x")
        os.utime(night.target / "manifest.key", (2**31, 2**31))
    else:
        statement.write_text("select no_such_column")
    found, (row,) = night.effects()
    assert (row["other"], row["causes"]) == (row["value_now"] - row["value_before"], "not_split")
    assert (found.runs, found.not_split) == ((), 1)
    said = {
        "a statement is missing": "margin: expected the statement",
        "a statement is stale": "was not built since",
        "a statement fails": "no_such_column",
    }
    assert said[break_it] in found.trouble


def test_an_error_nobody_thought_of_does_not_stop_it_either(night, monkeypatch):
    night.build(TONIGHT, date(2026, 3, 11), content="now")
    monkeypatch.setattr(why_module, "count_changes", lambda *_: {}["no such key"])
    found, (row,) = night.effects()
    assert row["causes"] == "not_split"
    assert "KeyError" in found.trouble
    assert add_up(row)


def test_it_can_be_turned_off_and_has_a_limit(night):
    night.build(TONIGHT, date(2026, 3, 11), content="now")
    found, (row,) = night.effects(seconds=0)
    assert (row["causes"], found.runs) == ("not_split", ())
    assert "SCORECARD_WHY_SECONDS=0" in found.trouble
    found, (row,) = night.effects(seconds=1e-9)
    assert row["causes"] == "not_split"
    assert "longer than SCORECARD_WHY_SECONDS" in found.trouble


def test_a_long_statement_is_interrupted(night):
    night.build(TONIGHT, date(2026, 3, 11), content="now")
    (night.target / "run" / "scorecard" / "models" / "kpis" / "margin.sql").write_text(
        "select count(*) from range(100000000) as a, range(100000000) as b where a.range + b.range = -1"
    )
    found, (row,) = night.effects(seconds=0.5)
    assert row["causes"] == "not_split"
    assert found.trouble == "it took longer than SCORECARD_WHY_SECONDS=0.5"
    assert found.seconds < 20


def test_without_recorded_inputs_nothing_is_claimed(night):
    night.build(TONIGHT, date(2026, 3, 11), content="now")
    with duckdb.connect(str(night.warehouse)) as connection:
        connection.execute("delete from audit.edition_facts")
    _, (row,) = night.effects()
    assert row["causes"] == "not_split"


def test_the_warehouse_is_not_touched_by_a_run(night):
    night.build(TONIGHT, date(2026, 3, 11), content="now")
    content = night.warehouse.read_bytes()
    night.explain()
    assert night.warehouse.read_bytes() == content


def test_what_a_killed_run_left_is_removed(night):
    folder = night.folder / "why"
    folder.mkdir()
    (folder / "scratch.duckdb").write_text("half")
    night.build(TONIGHT, date(2026, 3, 11), content="now")
    night.explain()
    assert [path.name for path in folder.iterdir()] == ["effects.parquet"]
    clear(folder)
    assert not folder.exists()
    clear(folder)


def test_effects_are_replaced_and_row_changes_kept_by_run(night):
    night.build(TONIGHT, date(2026, 3, 11), content="now")
    found = night.explain()
    with duckdb.connect(str(night.warehouse)) as connection:
        for run in ("one", "one", "two"):
            write_effects(connection, found, run)
        assert connection.execute("select count(*) from audit.value_effects").fetchone() == (1,)
        assert connection.execute("from audit.row_changes order by 1").fetchall() == [
            ("one", "till", "sales", 1, 1, 0, 1, 1),
            ("two", "till", "sales", 1, 1, 0, 1, 1),
        ]
        write_effects(connection, None, "three")
        assert connection.execute("select count(*) from audit.value_effects").fetchone() == (0,)


# What a run is given


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [("sales", "till", date(2024, 1, 1), None, "From the till's first day", "Kassan")],
        [
            ("sales", "till", None, None, None, None),
            ("hr", "staff", None, date(2025, 12, 31), "it's all", None),
        ],
    ],
)
def test_settings_and_coverage_of_the_last_edition_are_put_back(rows):
    with duckdb.connect() as connection:
        connection.execute(f"attach ':memory:' as {NIGHT}; use {NIGHT}")
        ensure_audit_tables(connection)
        settings = {
            "edition_id": "then", "as_of_date": date(2026, 3, 10), "history_from": date(2024, 1, 1), "company": "till",
            "company_name": "Till", "reporting_currency": "SEK", "time_zone": "UTC",
        }  # fmt: skip
        write_run_settings(connection, **settings)
        for row in rows:
            connection.execute("insert into audit.domain_coverage values (?, ?, ?, ?, ?, ?)", row)
        then = current_facts(connection, "code")
        was = connection.execute("from audit.run_settings").fetchall()
        tonight = {
            "edition_id": "now",
            "as_of_date": date(2026, 3, 11),
            "history_from": None,
            "time_zone": "Europe/Paris",
        }
        write_run_settings(
            connection,
            **settings | tonight,
            days_shown=30,
            fiscal_year_start_month=9,
            is_employee_scope_allowed=True,
        )
        connection.execute("insert into audit.domain_coverage values ('new', 'till', null, null, null, null)")
        now = current_facts(connection, "code")

        def given(step):
            relations = source_relations(step, {}, {}, {}, then, now, {})
            return [
                connection.execute(f"select * from ({relations['audit', name]}) order by all").fetchall()
                for name in FACTS
            ]

        assert given("late_data") == [[("now", *was[0][1:])], sorted(rows, key=lambda row: row[0])]
        assert given("time_passed") == [
            [("now", date(2026, 3, 11), *was[0][2:])],
            sorted(rows, key=lambda row: row[0]),
        ]
        assert source_relations("late_data", {}, {}, {}, now, now, {}) == {}


# What a run builds


def test_only_what_differs_and_is_asked_for_is_built():
    manifest = make_manifest()
    build, taken = nodes_to_build(manifest, {"source.till.sales"}, {"margin"})
    assert build == ["model.scorecard.sales", "model.scorecard.margin", "model.scorecard.kpi_values"]
    assert taken == ["model.scorecard.headcount", "source.audit.run_settings"]
    build, taken = nodes_to_build(manifest, {"source.audit.run_settings"}, {"headcount"})
    assert build == ["model.scorecard.headcount", "model.scorecard.kpi_values"]
    assert taken == ["model.scorecard.margin"]


def test_a_view_is_built_again_since_it_names_its_own_database():
    manifest = make_manifest()
    manifest["nodes"]["model.scorecard.headcount"]["config"]["materialized"] = "view"
    build, taken = nodes_to_build(manifest, {"source.till.sales"}, {"margin"})
    assert "model.scorecard.headcount" in build
    assert "source.audit.run_settings" in taken


def test_the_shared_hash_covers_what_no_definition_does(tmp_path):
    project = tmp_path / "dbt_project.yml"
    project.write_text("vars: {minimum_group_size: 5}")
    first = shared_code_hash(make_manifest(), project)

    def changed(where, to):
        manifest = json.loads(json.dumps(make_manifest()))
        target = manifest
        for part in where[:-1]:
            target = target[part]
        target[where[-1]] = to
        return shared_code_hash(manifest, project) != first

    assert changed(["nodes", "model.scorecard.kpi_values", "checksum", "checksum"], "2")
    assert changed(["macros", "macro.scorecard.divide", "macro_sql"], "b / a")
    # a KPI's own code stands in its definition_hash
    assert not changed(["nodes", "model.scorecard.margin", "checksum", "checksum"], "2")
    project.write_text("vars: {minimum_group_size: 6}")
    assert shared_code_hash(make_manifest(), project) != first
