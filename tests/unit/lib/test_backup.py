"""A backup is whole or not there, and a state folder made from it has the same warehouse and edition."""

import shutil

import duckdb
import pytest

from dagster_project.lib import backup
from dagster_project.lib.backup import BackupFailed, back_up
from dagster_project.lib.kept_editions import current_edition, whole_current
from tests.unit.lib.test_publication import FIRST, Pipeline


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home").mkdir()
    made = Pipeline(tmp_path / "home")
    made.build(FIRST)
    made.publish(FIRST)
    (made.home / "dbt").mkdir()
    (made.home / "dbt" / "big").write_text("made again by the next run")
    (made.home / "writer.lock").touch()
    (made.home / "reports").mkdir()
    (made.home / "reports" / "running.json").write_text("{}")
    (made.home / "reports" / "nights.parquet").write_text("kept")
    return made.home


def test_what_is_put_back_is_what_was_there(home, tmp_path):
    copied = back_up(home, tmp_path / "backup")
    assert copied > (home / "warehouse.duckdb").stat().st_size
    shutil.rmtree(home)
    shutil.copytree(tmp_path / "backup", home, symlinks=True)
    assert current_edition(home)["edition_id"] == FIRST.edition_id and whole_current(home) is not None
    with duckdb.connect(str(home / "warehouse.duckdb")) as warehouse:
        assert warehouse.execute("select count(*) from scorecard.kpi_scorecard").fetchone() == (1000,)
    assert (home / "reports" / "nights.parquet").read_text() == "kept"


def test_what_the_next_run_makes_and_the_mark_of_this_one_stay_behind(home, tmp_path):
    back_up(home, tmp_path / "backup")
    left = {path.name for path in (tmp_path / "backup").rglob("*")}
    assert not left & {"dbt", "big", "writer.lock", "running.json"}


def test_a_backup_is_never_written_over_or_into_its_source(home, tmp_path):
    (tmp_path / "backup").mkdir()
    with pytest.raises(BackupFailed, match="already there"):
        back_up(home, tmp_path / "backup")
    with pytest.raises(BackupFailed, match="name another place"):
        back_up(home, home / "backup")


def test_a_copy_that_is_not_whole_is_no_backup(home, tmp_path, monkeypatch):
    def cut_short(source, target, **options):
        # copytree calls itself for folders
        monkeypatch.undo()
        copied = shutil.copytree(source, target, **options)
        edition = next(copied.rglob("edition.duckdb"))
        edition.write_bytes(edition.read_bytes()[:5000])
        return copied

    monkeypatch.setattr(backup.shutil, "copytree", cut_short)
    with pytest.raises(BackupFailed, match="is not whole"):
        back_up(home, tmp_path / "backup")
    assert not list(tmp_path.glob("backup*"))


def test_a_disk_that_takes_no_more_leaves_nothing(home, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup.shutil, "copytree", full)
    with pytest.raises(BackupFailed, match="No space left"):
        back_up(home, tmp_path / "backup")
    assert not list(tmp_path.glob("backup*"))
