"""A published edition follows from its recorded inputs: its night is run again in another folder."""

import stat

import duckdb
import pytest

from dagster_project.lib.archive import archived
from tests.conftest import run_cli

pytestmark = pytest.mark.night


def test_the_edition_of_the_demo_is_built_again_table_by_table(demo_home, tmp_path):
    edition = (demo_home / "published" / "current").resolve().name
    # the tests run from a checkout that may hold changes
    run = run_cli("reproduce", edition, "--out", str(tmp_path / "again"), "--force", home=demo_home)
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"Edition {edition} was reproduced" in run.stdout and "different" not in run.stdout
    equal = {line.split()[1].rstrip(":") for line in run.stdout.splitlines() if line.startswith("equal")}
    assert equal >= {
        "kpi_scorecard",
        "kpi_value_history",
        "publication_inputs",
        "data_quality",
        "kpi_targets",
    }
    assert (tmp_path / "again" / "home" / "published" / "current").resolve().name == edition


def test_every_input_of_the_edition_is_in_the_archive_and_private(demo_home):
    with duckdb.connect(str(demo_home / "published" / "current.duckdb"), read_only=True) as connection:
        inputs = connection.execute("select kind, sha256, bytes from scorecard.publication_inputs").fetchall()
    assert {kind for kind, _, _ in inputs} == {"file", "plan", "memory"}
    for kind, sha256, size in inputs:
        path = archived(demo_home, sha256)
        assert path.stat().st_size == size, kind
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
