"""Building an edition again: what is laid out, what is compared, and what is refused. The night itself: end_to_end."""

import json
import shutil
import subprocess
from dataclasses import replace

import duckdb
import pytest

from dagster_project.lib import flips, reproduce
from dagster_project.lib.archive import archived, keep
from dagster_project.lib.audit_tables import ensure_audit_tables
from dagster_project.lib.kept_editions import publication_row
from dagster_project.lib.publication import Input
from dagster_project.lib.reproduce import (
    NotReproducible,
    check_code,
    check_inputs,
    compare,
    lay_out,
    read_inputs,
)
from tests.unit.lib.test_editions_over_time import Company
from tests.unit.lib.test_publication import FIRST


@pytest.fixture
def company(tmp_path):
    """Two editions; the second knows its settings and has an input of each kind in the archive."""
    made = Company(tmp_path / "state")
    made.night({})
    made.inputs = []
    for kind, system, table, path, text in (
        ("file", "shop", "orders", "2025/orders.csv", "order_id\n"),
        ("plan", None, None, "targets.csv", "kpi_id\n"),
    ):
        (tmp_path / "one").write_text(text)
        made.inputs.append(Input(kind, system, table, path, keep(made.home, tmp_path / "one"), len(text)))
    with duckdb.connect() as connection:
        ensure_audit_tables(connection)
        connection.execute(
            "insert into audit.withheld_days values ('people', 'team', 'Lab', '2026-03-01', 'e1', 1);"
            f"copy audit.withheld_days to '{tmp_path / 'memory.parquet'}'"
        )
    kept = keep(made.home, tmp_path / "memory.parquet")
    made.inputs.append(Input("memory", "audit", "withheld_days", "audit.withheld_days.parquet", kept, 1))
    edition = replace(
        FIRST, edition_id="e2", parent_edition_id="e1", settings={"SCORECARD_AS_OF": "2025-12-31"}
    )
    made.build(edition, rows=12)
    made.publish(edition, inputs=made.inputs)
    return made


@pytest.fixture
def source(company):
    return company.published / "editions" / "e2"


def reproduced(company, edition, folder, **options):
    return reproduce.reproduce(company.home, edition, folder, **options)


def test_what_was_before_the_night_is_laid_out(company, source, tmp_path):
    inputs = read_inputs(source)
    assert sorted(map(str, inputs)) == sorted(map(str, company.inputs))
    folder = tmp_path / "again"
    settings = lay_out(company.home, source, publication_row(source), inputs, folder)
    assert settings["SCORECARD_AS_OF"] == "2025-12-31"
    assert settings["SCORECARD_LANDING"] == f"shop:{folder}/landing/shop"
    assert settings["SCORECARD_PLAN"].rstrip("/") == str(folder / "plan")
    assert (folder / "landing" / "shop" / "2025" / "orders.csv").read_text() == "order_id\n"
    assert (folder / "plan" / "targets.csv").read_text() == "kpi_id\n"
    with duckdb.connect(str(folder / "home" / "warehouse.duckdb"), read_only=True) as connection:
        assert connection.execute("select scope_id from audit.withheld_days").fetchall() == [("Lab",)]
    published = folder / "home" / "published"
    assert flips.linked(published) == "e1" and (published / "current" / "edition.duckdb").is_file()
    assert [flip.edition_id for flip in flips.read(published)] == ["e1"]
    assert (
        flips.newest(flips.read(published)).control_sum
        == publication_row(published / "current")["control_sum"]
    )


def test_an_edition_before_that_is_pruned_is_there_by_name(company, source, tmp_path):
    shutil.rmtree(company.published / "editions" / "e1")
    lay_out(company.home, source, publication_row(source), [], tmp_path / "again")
    published = tmp_path / "again" / "home" / "published"
    assert flips.linked(published) == "e1" and flips.read(published) == []


def test_an_excel_plan_is_named_as_a_file(company, source, tmp_path):
    book = replace(company.inputs[1], path="plan.xlsx")
    settings = lay_out(company.home, source, publication_row(source), [book], tmp_path / "again")
    assert settings["SCORECARD_PLAN"] == str(tmp_path / "again" / "plan" / "plan.xlsx")


def test_a_recorded_path_can_not_lead_out_of_the_folder(company, source, tmp_path):
    for path in ("../../outside.csv", "/tmp/outside.csv"):
        hostile = replace(company.inputs[0], path=path)
        with pytest.raises(NotReproducible, match="leads out of its folder"):
            lay_out(
                company.home,
                source,
                publication_row(source),
                [hostile],
                tmp_path / path.strip("./").replace("/", "_"),
            )


def test_missing_and_changed_inputs_are_named(company):
    check_inputs(company.home, company.inputs)
    archived(company.home, company.inputs[0].sha256).unlink()
    archived(company.home, company.inputs[1].sha256).write_text("other")
    with pytest.raises(NotReproducible) as refusal:
        check_inputs(company.home, company.inputs)
    said = str(refusal.value)
    assert "2 of 3 inputs are missing" in said and "What to do" in said
    assert "file shop 2025/orders.csv: not in the archive" in said
    assert "plan targets.csv: " in said and "holds something else" in said


@pytest.mark.parametrize(
    ("recorded", "here", "allowed"),
    [("abc", "abc", True), ("abc", "def", False), ("abc-dirty", "abc-dirty", False), (None, "", False)],
)
def test_other_code_is_refused_but_by_force(monkeypatch, recorded, here, allowed):
    done = subprocess.CompletedProcess([], 0, stdout=f"{here}\n")
    monkeypatch.setattr(reproduce.subprocess, "run", lambda *args, **options: done)
    check_code(recorded, force=True)
    if allowed:
        check_code(recorded, force=False)
        return
    with pytest.raises(
        NotReproducible, match=f"commit {recorded or '.not recorded.'}; here is {here or 'none'}"
    ):
        check_code(recorded, force=False)


def test_compare_finds_every_other_row_and_no_clock(company, source, tmp_path):
    again = tmp_path / "editions" / "e2"
    shutil.copytree(source, again, symlinks=True)
    with duckdb.connect(str(again / "edition.duckdb")) as connection:
        connection.execute(
            "update scorecard.publication set published_at = now(), run_id = 'another';"
            "update scorecard.publication_history set happened_at = now() where number = 2;"
            "update scorecard.kpi_value_history set first_published_at = now(), reason = 'unknown'"
        )
    found = {table.name: table for table in compare(source, again, has_past=True)}
    assert {name for name, table in found.items() if table.verdict == "not compared"} == {
        "publication",
        "publication_tables",
    }
    assert {table.verdict for table in found.values()} == {"equal", "not compared"}
    assert "reason" in found["kpi_value_history"].note
    with duckdb.connect(str(again / "edition.duckdb")) as connection:
        connection.execute("delete from scorecard.periods; drop table scorecard.data_quality")
        connection.execute("update scorecard.kpi_value_history set actual_value = 0 where is_current")
    found = {table.name: table for table in compare(source, again, has_past=True)}
    different = {name for name, table in found.items() if table.verdict == "different"}
    assert different == {"periods", "data_quality", "kpi_value_history"}
    assert found["periods"].note == "1 rows then, 0 again"
    assert {t.name: t.verdict for t in compare(source, again, has_past=False)}[
        "kpi_value_history"
    ] == "not compared"


def test_compare_of_other_code_leaves_out_the_name_and_tells_it(company, source, tmp_path):
    again = tmp_path / "editions" / "e2b"
    shutil.copytree(source, again, symlinks=True)
    with duckdb.connect(str(again / "edition.duckdb")) as connection:
        connection.execute("update scorecard.kpi_scorecard set edition_id = 'e2b'")
        connection.execute("update scorecard.publication_history set edition_id = 'e2b' where number = 2")
    different = {t.name: t.note for t in compare(source, again, True) if t.verdict == "different"}
    assert different == {"edition_id": "e2 then, e2b again"}
    with duckdb.connect(str(again / "edition.duckdb")) as connection:
        connection.execute("update scorecard.kpi_scorecard set actual_value = 0 where kpi_id = 'kpi_3'")
    assert "kpi_scorecard" in {t.name for t in compare(source, again, True) if t.verdict == "different"}


def test_compare_tells_another_name(company, source):
    [last] = [
        t for t in compare(source, company.published / "editions" / "e1", True) if t.name == "edition_id"
    ]
    assert (last.verdict, last.note) == ("different", "e2 then, e1 again")


def test_what_can_not_be_tried_is_said_before_anything_is_run(company, source, tmp_path, monkeypatch):
    monkeypatch.setattr(reproduce, "check_code", lambda *_: None)
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").write_text("mine")
    for edition, folder, said in (
        ("e7", tmp_path / "new", 'No edition "e7" is kept'),
        ("e2", full, "is not empty"),
        ("e1", tmp_path / "new", "e1 is not whole"),
    ):
        if edition == "e1":
            (company.published / "editions" / "e1" / "parquet" / "periods.parquet").unlink()
        with pytest.raises(NotReproducible, match=said):
            reproduced(company, edition, folder)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("code", [0, 1])
def test_the_night_is_run_with_the_recorded_settings_alone(company, source, tmp_path, monkeypatch, code):
    asked = {}

    def run(command, **options):
        asked.update(options["env"])
        if not code:
            published = tmp_path / "again" / "home" / "published"
            shutil.copytree(source, published / "editions" / "e2", symlinks=True)
            (published / "current").unlink()
            (published / "current").symlink_to("editions/e2")
        return subprocess.CompletedProcess(command, code, stderr="it went wrong")

    monkeypatch.setattr(reproduce, "check_code", lambda *_: None)
    monkeypatch.setattr(reproduce.subprocess, "run", run)
    environment = {
        "PATH": "/bin",
        "SCORECARD_AS_OF": "1999-01-01",
        "SCORECARD_SOURCES_DIR": "/own",
        "DBT_X": "1",
    }
    if code:
        with pytest.raises(reproduce.RunFailed, match="it went wrong"):
            reproduced(company, "e2", tmp_path / "again", environment=environment)
        return
    found = reproduced(company, "e2", tmp_path / "again", environment=environment)
    assert {table.verdict for table in found} == {"equal", "not compared"}
    assert asked["SCORECARD_AS_OF"] == "2025-12-31" and asked["SCORECARD_SOURCES_DIR"] == "/own"
    assert "DBT_X" not in asked and asked["PATH"] == "/bin"
    assert json.loads(publication_row(source)["settings"]).items() <= asked.items()
