"""The links that dbt runs through, and the fingerprint of the project."""

import shutil
import subprocess

import pytest

from dagster_project.lib.dbt_runner import (
    DbtFailed,
    ensure_manifest,
    hash_files,
    link_project,
    project_fingerprint,
)
from dagster_project.lib.settings import CHECKOUT, Settings

KIOSK = {"SCORECARD_SOURCES": "kiosk", "SCORECARD_SOURCES_DIR": str(CHECKOUT / "tests" / "sources")}


def settings(home, **environment):
    return Settings.from_environment({"SCORECARD_HOME": str(home), **environment})


def test_the_linked_project_follows_the_settings(tmp_path):
    kiosk = settings(tmp_path, **KIOSK)
    link_project(kiosk)
    project = kiosk.dbt_project
    assert (project / "models").resolve() == CHECKOUT / "dbt_project" / "models"
    assert (project / "external" / "kiosk").resolve() == CHECKOUT / "tests" / "sources" / "kiosk"
    assert (project / ".." / "seeds" / "reference" / "kpis.csv").exists()
    assert (project / "target").readlink() == kiosk.dbt_target, "MetricFlow looks for it there"
    link_project(settings(tmp_path))
    assert not (project / "external" / "kiosk").is_symlink(), "a system that is no longer fed is gone"


def test_a_state_folder_of_another_checkout_is_linked_to_this_one(tmp_path):
    """Whoever installs a new version beside the old one and keeps the state must not get the old seeds."""
    settings_ = settings(tmp_path)
    link_project(settings_)
    links = [settings_.dbt_project / "models", settings_.dbt_project.parent / "seeds"]
    for link in links:
        link.unlink()
        link.symlink_to(tmp_path / "old_checkout" / link.name)
    link_project(settings_)
    assert [link.resolve() for link in links] == [CHECKOUT / "dbt_project" / "models", CHECKOUT / "seeds"]


def test_hash_of_files_sees_names_and_contents_and_no_place(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name / "sub").mkdir(parents=True)
        (tmp_path / name / "sub" / "a.sql").write_text("select 1")
    first, second = (hash_files(tmp_path / name, (".sql",)) for name in ("one", "two"))
    assert first == second
    (tmp_path / "two" / "notes.txt").write_text("not code")
    assert hash_files(tmp_path / "two", (".sql",)) == first
    (tmp_path / "two" / "sub" / "a.sql").write_text("select 2")
    assert hash_files(tmp_path / "two", (".sql",)) != first
    (tmp_path / "one" / "sub" / "a.sql").rename(tmp_path / "one" / "a.sql")
    assert hash_files(tmp_path / "one", (".sql",)) != first


def test_an_external_system_is_part_of_the_fingerprint(tmp_path):
    folder = tmp_path / "sources"
    shutil.copytree(CHECKOUT / "tests" / "sources", folder)
    here = settings(tmp_path, **KIOSK)
    copy = settings(tmp_path, **KIOSK | {"SCORECARD_SOURCES_DIR": str(folder)})
    assert project_fingerprint(here) == project_fingerprint(copy)
    (folder / "kiosk" / "sales" / "kiosk__orders.sql").write_text("select 1 as order_id")
    assert project_fingerprint(here) != project_fingerprint(copy)


def test_a_manifest_is_made_once_and_again_when_a_model_changes(tmp_path):
    folder = tmp_path / "sources"
    shutil.copytree(CHECKOUT / "tests" / "sources", folder)
    kiosk = settings(tmp_path, **KIOSK | {"SCORECARD_SOURCES_DIR": str(folder)})
    manifest = ensure_manifest(kiosk)
    made = manifest.stat().st_mtime_ns
    assert ensure_manifest(kiosk).stat().st_mtime_ns == made
    model = folder / "kiosk" / "sales" / "kiosk__orders.sql"
    model.write_text("{{ this is no jinja")
    with pytest.raises(DbtFailed, match="kiosk__orders"):
        ensure_manifest(kiosk)
    assert model.read_text() == "{{ this is no jinja", "dbt wrote nothing into the company's folder"


def test_a_parse_that_fails_is_tried_again_from_scratch(tmp_path, monkeypatch):
    """After an update dbt may still know a metric that is gone: the night must not fail for that."""
    tried = []

    def run(command, **_):
        tried.append(command[-1])
        return subprocess.CompletedProcess(command, 2 if len(tried) == 1 else 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    demo = settings(tmp_path)
    demo.dbt_target.mkdir(parents=True)
    (demo.dbt_target / "partial_parse.msgpack").touch()
    ensure_manifest(demo)
    assert tried == ["--quiet", "--no-partial-parse"]
