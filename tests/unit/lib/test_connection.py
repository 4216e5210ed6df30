"""The connection that landed data is processed on reads what it was given, and can do nothing else."""

import os
import subprocess
import sys

import duckdb
import pytest

from dagster_project.lib.connection import clear_scratch, connect
from dagster_project.lib.dbt_runner import dbt_command
from dagster_project.lib.ingest import ingest_table
from dagster_project.lib.settings import CHECKOUT
from dagster_project.lib.sources import Column, RawTable
from tests.extract_files import FORMATS, settings_of, write_extract


@pytest.fixture
def landing(tmp_path):
    folder = tmp_path / "landing"
    folder.mkdir()
    (tmp_path / "home").mkdir()
    (folder / "a.csv").write_text("id\n1\n")
    (folder / "out.csv").symlink_to("/etc/passwd")
    (folder / "outside").symlink_to("/etc")
    (tmp_path / "secret.csv").write_text("id\n1\n")
    return folder


@pytest.fixture
def connection(tmp_path, landing):
    with connect(tmp_path / "home" / "warehouse.duckdb", [landing]) as opened:
        yield opened


def test_landed_files_are_read_and_the_warehouse_is_written(connection, landing):
    connection.execute(f"create table t as select * from read_csv('{landing}/a.csv')")
    assert connection.execute("select * from t").fetchall() == [(1,)]
    assert connection.execute("select current_setting('TimeZone')").fetchone() == ("UTC",)
    with connection.cursor() as other:
        assert other.execute("select current_setting('TimeZone')").fetchone() == ("UTC",)


FORBIDDEN = [
    "select * from read_text('/etc/passwd')",
    "select * from read_csv('/etc/passwd')",
    "select * from sniff_csv('/etc/passwd')",
    "select * from glob('/etc/*')",
    "select * from read_csv('{landing}/../secret.csv')",
    "select * from read_csv('{landing}/out.csv')",
    "select * from read_text('{landing}/outside/passwd')",
    "select * from '{home}/../secret.csv'",
    "copy (select 1) to '{home}/../out.csv'",
    "copy (select 1) to '{home}/out.parquet' (format parquet)",
    "export database '{home}/export'",
    "attach '{home}/other.duckdb'",
    "attach '{landing}/../other.duckdb' as other (read_only)",
    "install httpfs",
    "install '{landing}/a.csv'",
    "load httpfs",
    "load '{home}/x.duckdb_extension'",
    "select * from read_csv('https://example.org/a.csv')",
    "create secret (type s3)",
    "set enable_external_access = true",
    "set allowed_directories = ['/']",
    "set lock_configuration = false",
    "reset lock_configuration",
    "set threads = 1",
    "set TimeZone = 'Asia/Tokyo'",
    "set temp_directory = '/tmp'",
    "set autoinstall_known_extensions = true",
    "pragma enable_external_access = true",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_nothing_else_can_be_reached_or_changed(connection, tmp_path, landing, statement):
    home = tmp_path / "home"
    with pytest.raises(duckdb.Error, match=r"disabled|locked|not|Cannot"):
        connection.execute(statement.format(landing=landing, home=home)).fetchall()
    assert {path.name for path in home.iterdir()} <= {"warehouse.duckdb", "warehouse.duckdb.wal", "scratch"}
    assert connection.execute("select count(*) from duckdb_databases() where not internal").fetchone() == (1,)


def test_it_is_the_lock_that_forbids_them(tmp_path, landing):
    """What needs no network and no other file works on a plain connection, so the statements are right."""
    home, refused = tmp_path / "home", []
    with duckdb.connect(str(home / "warehouse.duckdb")) as plain:
        for statement in FORBIDDEN:
            try:
                plain.execute(statement.format(landing=landing, home=home)).fetchall()
            except duckdb.Error:
                refused.append(statement.split()[0])
    # reading /etc/passwd as CSV or by sniffing may fail for what stands in it
    assert len(refused) <= 12
    assert set(refused) <= {"install", "load", "create", "reset", "pragma", "set", "select", "attach"}
    assert (home / "out.parquet").exists() and (home / "other.duckdb").exists()


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_is_loaded_on_it(tmp_path, landing, kind):
    write_extract(landing / "f1", kind, ["id", "name"], [(1, "a"), (2, "b")])
    table = RawTable(
        system="till", name="sales", domain="sales", files="f*", load="incremental", key=["id"],
        columns=[Column(name="id", data_type="integer"), Column(name="name", data_type="varchar")], **settings_of(kind),
    )  # fmt: skip
    home = tmp_path / "home"
    with connect(home / "warehouse.duckdb", [landing]) as opened:
        assert ingest_table(opened, table, landing, "one").row_count == 2
        assert ingest_table(opened, table, landing, "two").unchanged
    assert not list((home / "scratch").iterdir())


def test_a_landing_folder_behind_a_link_is_read(tmp_path, landing):
    (tmp_path / "mounted").symlink_to(landing)
    with connect(tmp_path / "home" / "w.duckdb", [tmp_path / "mounted"]) as opened:
        for folder in (tmp_path / "mounted", landing):
            assert opened.execute(f"select * from read_csv('{folder}/a.csv')").fetchall() == [(1,)]


def test_what_a_killed_run_left_is_removed(tmp_path):
    left = tmp_path / "scratch" / "scorecard-abc"
    left.mkdir(parents=True)
    (left / "unpacked").write_text("x")
    clear_scratch(tmp_path / "warehouse.duckdb")
    assert not left.exists()


def test_a_read_only_connection_is_locked_too(tmp_path, landing):
    connect(tmp_path / "w.duckdb").close()
    with connect(tmp_path / "w.duckdb", [landing], read_only=True) as opened:
        assert opened.execute(f"select * from read_csv('{landing}/a.csv')").fetchall() == [(1,)]
        for statement in ("create table t (i int)", "select * from read_text('/etc/passwd')"):
            with pytest.raises(duckdb.Error):
                opened.execute(statement)


def test_dbt_works_on_a_locked_connection(tmp_path):
    """A project of one seed and one model with the pipeline's plugin: the seed is read, a file outside is not."""
    project, seeds = tmp_path / "dbt" / "project", tmp_path / "dbt" / "seeds" / "reference"
    (project / "models").mkdir(parents=True)
    seeds.mkdir(parents=True)
    (seeds / "kinds.csv").write_text("id\n1\n")
    (project / "dbt_project.yml").write_text(
        'name: small\nprofile: small\nversion: 1.0.0\nseed-paths: ["../seeds/reference"]\n'
    )
    (project / "profiles.yml").write_text(
        "small:\n  target: a\n  outputs:\n    a:\n      type: duckdb\n"
        f"      path: {tmp_path}/small.duckdb\n      threads: 2\n      plugins: [{{module: dagster_project.lib.dbt_plugin}}]\n"
    )

    def build(sql):
        (project / "models" / "m.sql").write_text(sql)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DBT_")}
        return subprocess.run(
            [*dbt_command(), "build", "--profiles-dir", "."], cwd=project, env=environment, capture_output=True,
            text=True, check=False,
        )  # fmt: skip

    done = build("select * from {{ ref('kinds') }}")
    assert done.returncode == 0, done.stdout
    done = build("select * from read_text('/etc/passwd')")
    assert done.returncode != 0
    assert "disabled by configuration" in done.stdout


def test_the_plugin_is_found_from_anywhere(tmp_path):
    command = [sys.executable, "-P", "-c", "import dagster_project.lib.dbt_plugin"]
    from dagster_project.lib.settings import Settings

    environment = Settings.from_environment({"SCORECARD_HOME": str(tmp_path)}).dbt_environment()
    assert str(CHECKOUT) in environment["PYTHONPATH"].split(os.pathsep)
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_seed_is_read_from_where_the_project_lies_now(tmp_path, monkeypatch):
    """A state folder that was moved, or has got a new checkout, remembers where dbt parsed its seeds."""
    from dbt.adapters.duckdb.impl import DuckDBAdapter

    from dagster_project.lib import dbt_plugin

    monkeypatch.setenv("DBT_PROJECT_DIR", str(tmp_path / "dbt" / "project"))
    seed = {"root_path": "/gone/project", "original_file_path": "../seeds/reference/kpis.csv"}
    assert dbt_plugin.seed_file(None, seed) == str(tmp_path / "dbt" / "seeds" / "reference" / "kpis.csv")
    assert DuckDBAdapter.get_seed_file_path is dbt_plugin.seed_file
