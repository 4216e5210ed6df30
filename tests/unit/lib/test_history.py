"""Run history that is kept open while it is written: what another Dagster process reads is all there."""

from __future__ import annotations

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

from dagster_project.lib.history import HistoryKeptOpen, open_instance


@pytest.fixture
def dagster_home(tmp_path, monkeypatch):
    (tmp_path / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    return tmp_path


def test_dagsters_own_class_reads_what_was_written(dagster_home):
    @dg.asset(check_specs=[dg.AssetCheckSpec("is_whole", asset="orders")])
    def orders():
        yield dg.MaterializeResult(
            metadata={"rows": 3},
            check_results=[dg.AssetCheckResult(check_name="is_whole", passed=True)],
        )

    with open_instance(dagster_home) as instance:
        assert type(instance.event_log_storage) is HistoryKeptOpen
        result = dg.materialize([orders], instance=instance)
        written = [entry.message for entry in instance.all_logs(result.run_id)]
    with dg.DagsterInstance.get() as other:
        assert type(other.event_log_storage) is SqliteEventLogStorage
        assert [entry.message for entry in other.all_logs(result.run_id)] == written
        event = other.get_latest_materialization_event(dg.AssetKey("orders"))
    assert event.run_id == result.run_id
    assert event.asset_materialization.metadata["rows"].value == 3
    assert len(written) > 10


def test_an_installation_with_a_storage_of_its_own_keeps_it(dagster_home):
    settings = f"storage:\n  sqlite:\n    base_dir: {dagster_home / 'elsewhere'}\n"
    (dagster_home / "dagster.yaml").write_text(settings)
    with open_instance(dagster_home) as instance:
        assert type(instance.event_log_storage) is SqliteEventLogStorage
    assert (dagster_home / "elsewhere").is_dir()
