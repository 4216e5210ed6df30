"""The metric layer: what MetricFlow answers for a KPI is what the scorecard publishes, for every period and scope."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest
from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

from dagster_project.lib.lock import only_writer
from tests.conftest import copy_home, run_cli

pytestmark = pytest.mark.night(together=True)
TOLERANCE = Decimal("1e-9")
GRAINS = ("day", "week", "month", "quarter", "year")
# the demo company's fiscal year is the calendar year, so that both names must give the same
FISCAL_GRAINS = {"quarter": "fiscal_quarter", "year": "fiscal_year"}
# MetricFlow lays last year's calendar days beside this year's: right for whole months, not for the 52 weeks
# that weeks are compared with, nor for the days around 29 February that a fiscal period is summed from
YEAR_AGO_GRAINS = {"month", "quarter", "year"}
# why there is no value, where the measures alone tell it, and where it takes what only the scorecard knows
TOLD_BY_MEASURES = {"no_data", "zero_base", "negative_base"}
TOLD_BY_SCORECARD = {"incomplete_period", "withheld"}


class Planner:
    """What MetricFlow must know of a database to write its SQL; the queries are run by the test itself."""

    sql_engine_type = SqlEngine.DUCKDB
    sql_plan_renderer = DuckDbSqlPlanRenderer()


class MetricLayer:
    """MetricFlow over one semantic manifest and one warehouse."""

    def __init__(self, manifest: str, connection: duckdb.DuckDBPyConnection) -> None:
        self.manifest = parse_manifest_from_dbt_generated_manifest(manifest)
        self.engine = MetricFlowEngine(SemanticManifestLookup(self.manifest), Planner())
        self.connection = connection
        self.metrics = {metric.name: metric for metric in self.manifest.metrics}

    def scopes(self, metric: str) -> set[str]:
        return {entity.name for entity in self.engine.entities_for_metrics([metric])}

    def compares_with_last_year(self, metric: str) -> bool:
        return any(
            part.offset_window or self.compares_with_last_year(part.name)
            for part in self.metrics[metric].input_metrics
        )

    def answer(
        self, metrics: list[str], time_grain: str, scope_type: str
    ) -> dict[str, dict[tuple[date, str | None], Decimal]]:
        """Metric -> (first day, scope id) -> value, of every row that has one."""
        time = f"metric_time__{time_grain}"
        group_by = [time] if scope_type == "company" else [time, scope_type]
        request = MetricFlowQueryRequest.create(metric_names=metrics, group_by_names=group_by)
        cursor = self.connection.execute(self.engine.explain(request).sql_statement.sql)
        names = [column[0] for column in cursor.description]
        answer: dict[str, dict] = {metric: {} for metric in metrics}
        for row in cursor.fetchall():
            values = dict(zip(names, row, strict=True))
            first_day = values[time].date() if isinstance(values[time], datetime) else values[time]
            scope_id = "all" if scope_type == "company" else values[scope_type]
            for metric in metrics:
                if values[metric] is not None:
                    answer[metric][first_day, scope_id] = Decimal(values[metric])
        return answer


class Scorecard:
    """The scorecard of the same warehouse: catalogue, periods, and value and reason by KPI, grain and scope type."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        rows = connection.execute("select kpi_id, grains, scopes from scorecard.kpi_catalogue").fetchall()
        self.grains = {kpi_id: grains.split(",") for kpi_id, grains, _ in rows}
        self.scopes = {kpi_id: scopes.split(",") for kpi_id, _, scopes in rows}
        self.periods = set(
            connection.execute("select period_grain, period_start_date from scorecard.periods").fetchall()
        )
        self.rows: dict[tuple, dict[tuple, tuple]] = {}
        for kpi_id, grain, scope_type, *key, value, reason in connection.execute(
            "select kpi_id, period_grain, scope_type, period_start_date, scope_id, actual_value, no_value_reason"
            " from scorecard.kpi_scorecard"
        ).fetchall():
            self.rows.setdefault((kpi_id, grain, scope_type), {})[tuple(key)] = (value, reason)


def differences(
    layer: MetricLayer,
    scorecard: Scorecard,
    kpi_ids: set[str] | None = None,
    grains: tuple[str, ...] = GRAINS,
) -> tuple[list[str], dict[str, int]]:
    """What the two say differently of these KPIs, or of all, and how many values of each were equal."""
    wrong: list[str] = []
    equal = dict.fromkeys(sorted(kpi_ids or scorecard.grains.keys() & layer.metrics.keys()), 0)
    scope_types = sorted({scope_type for kpi_id in equal for scope_type in scorecard.scopes[kpi_id]})
    queries = [
        (grain, grain, scope_type)
        for grain in grains
        for scope_type in scope_types
        # nobody is watched by the day: docs/decisions/sales-by-person.md
        if not (scope_type == "employee" and grain in ("day", "week"))
    ]
    queries += [(grain, FISCAL_GRAINS[grain], "company") for grain in grains if grain in FISCAL_GRAINS]
    for grain, time_grain, scope_type in queries:
        kpis = [
            kpi_id
            for kpi_id in equal
            if grain in scorecard.grains[kpi_id]
            and scope_type in scorecard.scopes[kpi_id]
            and (time_grain in YEAR_AGO_GRAINS or not layer.compares_with_last_year(kpi_id))
        ]
        # one query for all of them, since planning it is what takes the time
        answer = layer.answer(kpis, time_grain, scope_type) if kpis else {}
        for kpi_id in kpis:
            where = f"{kpi_id} by {time_grain} and {scope_type}"
            rows = scorecard.rows.get((kpi_id, grain, scope_type), {})
            found = {
                (first_day, scope_id): value
                for (first_day, scope_id), value in answer[kpi_id].items()
                # the metric layer knows days before and after the ones shown, and sales of nobody
                if (grain, first_day) in scorecard.periods and scope_id is not None
            }
            for key in found.keys() - rows.keys():
                wrong.append(f"{where}: {found[key]} at {key}, of which the scorecard has no row")
            for key, (value, reason) in rows.items():
                if problem := disagreement(value, reason, found.get(key)):
                    wrong.append(f"{where}: {problem} at {key}")
                elif value is not None:
                    equal[kpi_id] += 1
    return wrong, equal


def disagreement(value: Decimal | None, reason: str | None, answer: Decimal | None) -> str | None:
    if value is not None:
        if answer is None:
            return f"no answer, and the scorecard has {value}"
        close = abs(answer - value) <= TOLERANCE * max(1, abs(value))
        return None if close else f"{answer}, and the scorecard has {value}"
    if reason in TOLD_BY_MEASURES:
        return None if answer is None else f"{answer}, and the scorecard says {reason}"
    return None if reason in TOLD_BY_SCORECARD else f"the scorecard says {reason}, which nobody explains"


@pytest.fixture(scope="module")
def warehouse(demo_home):
    with duckdb.connect(str(demo_home / "warehouse.duckdb"), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def semantic_manifest(demo_home):
    return (demo_home / "dbt" / "target" / "semantic_manifest.json").read_text()


@pytest.fixture(scope="module")
def layer(semantic_manifest, warehouse):
    return MetricLayer(semantic_manifest, warehouse)


@pytest.fixture(scope="module")
def scorecard(warehouse):
    return Scorecard(warehouse)


@pytest.mark.parametrize("grain", GRAINS)
def test_metricflow_and_the_scorecard_give_one_number(layer, scorecard, grain):
    wrong, equal = differences(layer, scorecard, grains=(grain,))
    assert not wrong, f"{len(wrong)} differences:\n" + "\n".join(wrong[:40])
    if grain == "quarter":
        # the one grain at which every KPI has a value, growth and runway included
        assert [kpi_id for kpi_id in equal if not equal[kpi_id]] == [], "nothing was compared"


def test_a_metric_answers_for_every_scope_of_its_kpi(layer, scorecard):
    missing = {
        kpi_id: missing
        for kpi_id in scorecard.scopes.keys() & layer.metrics.keys()
        if (missing := set(scorecard.scopes[kpi_id]) - {"company"} - layer.scopes(kpi_id))
    }
    assert not missing


def test_a_formula_changed_in_the_metric_layer_alone_is_found(semantic_manifest, warehouse, scorecard):
    manifest = json.loads(semantic_manifest)
    measures = {
        measure["name"]: measure for model in manifest["semantic_models"] for measure in model["measures"]
    }
    measures["gross_profit_amount"]["expr"] = "revenue_amount - 1.01 * cost_amount"
    changed = MetricLayer(json.dumps(manifest), warehouse)
    wrong, _ = differences(
        changed, scorecard, {"revenue_amount", "gross_profit_amount", "gross_margin_ratio"}
    )
    assert {line.split()[0] for line in wrong} == {"gross_profit_amount", "gross_margin_ratio"}


def test_a_figure_changed_on_the_scorecard_alone_is_found(layer, warehouse):
    scorecard = Scorecard(warehouse)
    rows = scorecard.rows["supplier_reject_ratio", "quarter", "company"]
    key = (date(2025, 10, 1), "all")
    rows[key] = (rows[key][0] + Decimal("0.000001"), None)
    rows.pop((date(2025, 7, 1), "all"))
    rows[date(2025, 4, 1), "all"] = (None, "no_data")
    wrong, _ = differences(layer, scorecard, {"supplier_reject_ratio"})
    assert len(wrong) == 2 * 3, "each is seen by calendar and by fiscal quarter"


def test_the_command_line_answers_from_the_warehouse(demo_home, tmp_path, layer):
    home = copy_home(demo_home, tmp_path / "home")
    arguments = "mf query --metrics gross_margin_ratio,revenue_growth_ratio --group-by metric_time__month,region --decimals 6"
    run = run_cli(*arguments.split(), home=home, check=True)
    (december,) = (
        line.split() for line in run.stdout.splitlines() if line.startswith("2025-12-01") and "Skåne" in line
    )
    expected = layer.answer(["gross_margin_ratio", "revenue_growth_ratio"], "month", "region")
    assert december[2:] == [
        f"{expected[metric][date(2025, 12, 1), 'Skåne']:.6f}"
        for metric in ("gross_margin_ratio", "revenue_growth_ratio")
    ]


def test_the_command_line_waits_for_no_one_and_needs_a_warehouse(tmp_path):
    run = run_cli("mf", "list", "metrics", home=tmp_path)
    assert run.returncode == 1
    assert "make nightly" in run.stderr
    (tmp_path / "warehouse.duckdb").touch()
    with only_writer(tmp_path, "of the test", 0):
        run = run_cli("mf", "list", "metrics", home=tmp_path)
    assert run.returncode == 3
    assert "run of the test" in run.stderr
