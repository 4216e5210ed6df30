"""What Dagster loads: the whole graph, grouped by layer, one job that runs all of it, one schedule."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dagster_project.lib.publication import PUBLISHED_TABLES
from tests.conftest import CHECKOUT

# Loaded in a process of its own: the definitions read their settings from the environment once.
LOAD = """
import json, sys
from dagster_project.cli import load_settings, prepare_dagster_home
prepare_dagster_home(load_settings())
from dagster_project.definitions import defs
import dagster as dg
repository = defs.get_repository_def()
graph = repository.asset_graph
groups, parents = {}, {}
for key in graph.get_all_asset_keys():
    groups.setdefault(graph.get(key).group_name, []).append(key.to_user_string())
    parents[key.to_user_string()] = sorted(parent.to_user_string() for parent in graph.get(key).parent_keys)
job = defs.resolve_job_def("nightly")
schedule = repository.get_schedule_def("every_night")
checks = [spec for checks in repository.asset_checks_defs_by_key.values() for spec in checks.check_specs]
print(json.dumps({
    "groups": groups,
    "parents": parents,
    "steps": [node.name for node in job.nodes],
    "executor": job.executor_def.name,
    "tags": dict(job.tags),
    "nights": {name: bool(defs.resolve_job_def(name).partitions_def) for name in ("nightly", "night_of")},
    "steps_of_night_of": [node.name for node in defs.resolve_job_def("night_of").nodes],
    "first_nights": list(defs.resolve_job_def("night_of").partitions_def.get_partition_keys()[:2]),
    "night_of_tags": dict(defs.resolve_job_def("night_of").tags),
    "scheduled": schedule.job_name,
    "sensors": {sensor.name: sensor.minimum_interval_seconds for sensor in repository.sensor_defs},
    "cron": schedule.cron_schedule,
    "time_zone": schedule.execution_timezone,
    "suites": {
        spec.asset_key.to_user_string(): spec.blocking for spec in checks if spec.name == "expectation_suite"
    },
    "accepted": sorted(
        key.asset_key.to_user_string() for key in graph.asset_check_keys if key.name == "extract_accepted"
    ),
}))
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    run = subprocess.run(
        [sys.executable, "-c", LOAD],
        cwd=CHECKOUT,
        env={
            "PATH": "/usr/bin:/bin",
            "SCORECARD_HOME": str(home),
            "SCORECARD_TIME_ZONE": "Europe/Helsinki",
            "SCORECARD_SCHEDULE": "30 3 * * *",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


def test_every_layer_is_a_group_and_nothing_is_outside_one(loaded):
    layers = {
        "raw",
        "plan",
        "audit",
        "staging",
        "reference",
        "core",
        "metrics",
        "kpis",
        "scorecard",
        "published",
    }
    assert set(loaded["groups"]) == layers
    assert len(loaded["groups"]["raw"]) == 39
    assert len(loaded["groups"]["kpis"]) == len(list((CHECKOUT / "dbt_project/models/kpis").rglob("*.sql")))


def test_the_job_runs_every_step(loaded):
    assert sorted(loaded["steps"]) == [
        "dbt",
        "ingest_demo",
        "judge_raw",
        "outlook",
        "plan",
        "publish",
        "raw_suites",
        "run_facts",
        "scorecard_suites",
        "value_effects",
    ]


def test_the_graph_leads_from_raw_files_to_published_tables(loaded):
    seen, waiting = set(), ["published/kpi_scorecard"]
    while waiting:
        key = waiting.pop()
        if key not in seen:
            seen.add(key)
            waiting.extend(loaded["parents"][key])
    assert "audit/value_effects" in loaded["parents"]["published/kpi_scorecard"]
    assert {
        "raw/demo__order_lines",
        "raw/demo__ledger_entries",
        "core/fct_orders",
        "kpis/gross_margin_ratio",
    } <= seen


def test_a_raw_table_that_fails_stops_nothing_and_a_published_one_the_publication(loaded):
    raw = dict.fromkeys(loaded["groups"]["raw"], False)
    published = {f"scorecard/{name}": True for name in PUBLISHED_TABLES}
    assert loaded["suites"] == raw | published
    assert set(loaded["accepted"]) == set(raw)


def test_nothing_is_held_or_built_before_the_raw_tables_are_judged(loaded):
    """No step waits for a check that does not block, so judging is a step of its own."""
    assert set(loaded["parents"]["audit/check_results"]) == set(loaded["groups"]["raw"])
    assert "audit/check_results" in loaded["parents"]["audit/holds"]
    assert "audit/holds" in loaded["parents"]["scorecard/kpi_values"]


def test_the_job_runs_in_one_process_and_is_tried_again_only_when_it_died(loaded):
    assert loaded["executor"] == "in_process"
    assert loaded["tags"]["dagster/max_retries"] == "2"
    assert loaded["tags"]["dagster/retry_on_asset_or_op_failure"] == "false"


def test_the_schedule_follows_the_settings(loaded):
    assert (loaded["cron"], loaded["time_zone"]) == ("30 3 * * *", "Europe/Helsinki")


def test_a_night_missed_while_the_daemon_was_down_is_not_run_n_times(loaded):
    """Dagster makes up for the missed ticks of jobs with partitions only; of others it runs the last one."""
    assert loaded["scheduled"] == "nightly"
    assert loaded["nights"] == {"nightly": False, "night_of": True}


def test_the_backfill_page_has_the_nights(loaded):
    assert loaded["first_nights"] == ["2023-01-01", "2023-01-02"], (
        "from the first day of the company's history"
    )
    assert sorted(loaded["steps_of_night_of"]) == sorted(loaded["steps"])
    assert loaded["night_of_tags"]["dagster/retry_on_asset_or_op_failure"] == "false"


def test_the_sources_are_watched_every_five_minutes(loaded):
    assert loaded["sensors"]["freshness_watch"] == 300


def test_the_instance_settings_keep_runs_apart_and_servers_on_loopback():
    instance = (Path(CHECKOUT) / "dagster_project" / "dagster.yaml").read_text()
    assert "max_concurrent_runs: 1" in instance
    assert '"-h", "127.0.0.1"' in (CHECKOUT / "dagster_project" / "cli.py").read_text()
