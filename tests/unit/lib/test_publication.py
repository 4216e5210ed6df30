"""Publishing: all of an edition or nothing, and only what the gate let through."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from dagster_project.lib import flips, kept_editions, publication
from dagster_project.lib.flips import linked
from dagster_project.lib.gate import Suite, current_hashes
from dagster_project.lib.kept_editions import read_edition
from dagster_project.lib.publication import (
    OWN_TABLES,
    STEPS,
    Edition,
    Input,
    PublicationFailed,
    PublicationRefused,
    current_edition,
    list_editions,
    publish,
)

TABLES = ("kpi_scorecard", "periods")
VIEWS = ("kpi_latest",)
FIRST = Edition("2025-12-31-aaaaaaaaaa", date(2025, 12, 31), "demo", "Demo AB", "SEK", "run-1", "abc1234")
SECOND = replace(FIRST, edition_id="2025-12-31-bbbbbbbbbb", run_id="run-2")


class Pipeline:
    """A tiny warehouse, with a passed audit, that can be published again and again."""

    def __init__(self, folder: Path):
        self.home = folder
        self.warehouse = folder / "warehouse.duckdb"
        self.suites = []
        for name in TABLES:
            path = folder / f"{name}.json"
            path.write_text(json.dumps({"expectations": [{"type": "expect_column_to_exist"}]}))
            self.suites.append(Suite(f"scorecard/{name}", path, "scorecard", name, name))
        path = folder / "orders.json"
        path.write_text(json.dumps({"expectations": [{"type": "expect_column_to_exist"}]}))
        self.suites.append(Suite("raw/shop/sales/orders", path, "raw", "shop__orders", "orders", "shop"))
        self.sql(
            """
            create schema raw; create schema audit; create schema scorecard;
            create table raw.shop__orders as select 'O1' as order_id;
            create table audit.raw_tables as
            select 'shop' as source_system, 'orders' as table_name, 1 as row_count, 'h1' as content_hash;
            create table audit.check_results (
                suite varchar, source_system varchar, table_name varchar, expectation varchar, severity varchar,
                success boolean, observed varchar, unexpected_count bigint, details varchar, reason varchar,
                content_hash varchar, suite_hash varchar, checked_at timestamp, run_id varchar
            );
            create table scorecard.periods as select 'year' as period_grain, date '2025-01-01' as period_start_date;
            """
        )

    def sql(self, statement, parameters=()):
        with duckdb.connect(str(self.warehouse)) as connection:
            return connection.execute(statement, list(parameters)).fetchall()

    def build(self, edition, rows=1000):
        """Stand in for dbt and the gate: the scorecard of this edition, judged and passed."""
        self.sql(
            f"""
            create or replace table scorecard.kpi_scorecard as
            select
                'kpi_' || r % 7 as kpi_id, date '2025-01-01' + cast(r as integer) as period_start_date,
                'day' as period_grain, 'company' as scope_type, 'all' as scope_id,
                cast(r as decimal(38, 10)) / 3 as ratio, cast(r * 1.25 as decimal(38, 10)) as actual_value,
                case when r % 5 = 0 then null else 'settled' end as period_status,
                cast(100 as decimal(38, 10)) as target_value, cast(null as decimal(38, 10)) as target_lower,
                cast(null as decimal(38, 10)) as target_upper, cast(r * 1.25 - 100 as decimal(38, 10)) as variance,
                'on_track' as status, 'passed' as quality_status, cast(null as varchar) as no_value_reason,
                'd1' as definition_hash,
                '{edition.edition_id}' as edition_id
            from range({rows}) as t (r);
            create or replace view scorecard.kpi_latest as
            select kpi_id, max(period_start_date) as period_start_date from scorecard.kpi_scorecard group by kpi_id;
            """
        )
        self.judge()

    def judge(self, success=True, severity="critical", details=None):
        self.sql("delete from audit.check_results")
        with duckdb.connect(str(self.warehouse)) as connection:
            for suite in self.suites:
                content, file = current_hashes(connection, [suite])[suite.name]
                connection.execute(
                    "insert into audit.check_results values (?, ?, ?, 'expectation', ?, ?, '1 of 9 rows', 1, ?, 'why', ?, ?, now(), 'run')",
                    [
                        suite.name,
                        suite.source_system,
                        suite.table_name,
                        severity,
                        success,
                        details,
                        content,
                        file,
                    ],
                )

    def publish(self, edition, **options):
        if edition.parent_edition_id is None and edition.edition_id != linked(self.published):
            edition = replace(edition, parent_edition_id=linked(self.published))
        return publish(self.warehouse, self.home, edition, TABLES, VIEWS, self.suites, **options)

    @property
    def published(self):
        return self.home / "published"

    @property
    def current(self):
        return self.published / "current.duckdb"

    def leftovers(self):
        """Whatever lies in the publication folder and is neither an edition nor one of the two links."""
        found = [
            path
            for path in self.published.glob("*")
            if path.name not in ("current", "current.duckdb", "editions", "flips.jsonl")
        ]
        return found + list((self.published / "editions").glob(".*"))


@pytest.fixture
def pipeline(tmp_path):
    made = Pipeline(tmp_path)
    made.build(FIRST)
    return made


def opened(path):
    """Open an edition as a reader does."""
    return duckdb.connect(str(path), read_only=True)


def read(path, query):
    with opened(path) as connection:
        return connection.execute(query).fetchall()


def test_publish_copies_every_row_and_type_into_one_file(pipeline):
    result = pipeline.publish(FIRST)
    assert not result.unchanged and result.flipped
    wanted = pipeline.sql("select * from scorecard.kpi_scorecard order by all")
    assert read(pipeline.current, "select * from scorecard.kpi_scorecard") == wanted
    assert read(pipeline.current, "select count(*) from scorecard.kpi_latest") == [(7,)]
    types = "select column_name, data_type from information_schema.columns where table_name = 'kpi_scorecard' order by all"
    assert read(pipeline.current, types) == pipeline.sql(types)
    [row] = read(
        pipeline.current,
        "select edition_id, as_of_date, company, company_name, reporting_currency, run_id, git_commit,"
        " quality_status, row_count from scorecard.publication",
    )
    assert row == (
        *(FIRST.edition_id, FIRST.as_of_date, "demo", "Demo AB", "SEK", "run-1", "abc1234", "passed"),
        1000 + 1 + 7 + 3 + 1000 + 1,
    )
    sums = dict(read(pipeline.current, "select table_name, row_count from scorecard.publication_tables"))
    assert sums == {
        **{"kpi_scorecard": 1000, "periods": 1, "kpi_latest": 7, "data_quality": 3},
        **{"kpi_value_history": 1000, "kpi_value_changes": 0},
        **{"publication_history": 1, "publication_inputs": 0},
    }
    assert {name: fact.row_count for name, fact in result.tables.items()} == sums


def test_publish_writes_the_same_rows_as_parquet(pipeline):
    pipeline.publish(FIRST)
    folder = pipeline.published / "current" / "parquet"
    names = {path.stem for path in folder.iterdir()}
    assert names == {*TABLES, *VIEWS, *OWN_TABLES}
    for name in names:
        table, parquet = f"scorecard.{name}", f"'{folder / name}.parquet'"
        with opened(pipeline.current) as connection:
            for one, other in ((table, parquet), (parquet, table)):
                assert (
                    connection.execute(f"select * from {one} except all select * from {other}").fetchall()
                    == []
                )


def test_publish_leaves_private_closed_files_and_two_relative_links(pipeline):
    pipeline.publish(FIRST)
    folder = pipeline.published / "editions" / FIRST.edition_id
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert folder / "scorecard.duckdb" in files
    assert {path.stat().st_mode & 0o777 for path in files} == {0o640}
    assert not list(pipeline.home.rglob("*.wal")) and not pipeline.leftovers()
    assert str((pipeline.published / "current").readlink()) == f"editions/{FIRST.edition_id}"
    assert str(pipeline.current.readlink()) == "current/scorecard.duckdb"
    # what BI tools show as the database; it must not be the schema's name
    assert read(pipeline.current, "select current_database()") == [("edition",)]
    [(tags,)] = read(pipeline.current, "select tags from duckdb_databases() where database_name = 'edition'")
    assert tags["storage_version"].startswith("v1.2")


def test_publish_has_the_same_bytes_of_rows_whatever_their_order(pipeline):
    first = pipeline.publish(FIRST)
    pipeline.sql(
        "create or replace table scorecard.kpi_scorecard as select * from scorecard.kpi_scorecard order by ratio desc"
    )
    again = pipeline.publish(FIRST)
    assert again.unchanged and again.tables == first.tables


def test_publish_same_edition_again_writes_nothing(pipeline):
    first = pipeline.publish(FIRST)
    before = first.path.stat()
    again = pipeline.publish(FIRST)
    assert again.unchanged and not again.flipped
    assert again.published_at == first.published_at
    assert (first.path.stat().st_ino, first.path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_publish_shows_nothing_before_what_must_come_first(pipeline):
    """What an edition withholds is remembered before anybody reads it, and again if the run was killed then."""
    pipeline.build(FIRST)
    pipeline.publish(FIRST)
    pipeline.build(SECOND, rows=1001)
    seen = []

    def fail():
        seen.append(current_edition(pipeline.home)["edition_id"])
        raise duckdb.IOException("no memory left")

    with pytest.raises(PublicationFailed):
        pipeline.publish(SECOND, before_flip=fail)
    assert current_edition(pipeline.home)["edition_id"] == FIRST.edition_id
    published = pipeline.publish(SECOND, before_flip=lambda: seen.append("remembered"))
    assert published.unchanged and published.flipped
    assert seen == [FIRST.edition_id, "remembered"]


def test_publish_never_goes_back_to_an_older_edition(pipeline):
    pipeline.publish(FIRST)
    pipeline.build(SECOND)
    pipeline.publish(SECOND)
    pipeline.build(FIRST)
    with pytest.raises(PublicationRefused, match=f"`rollback {FIRST.edition_id}` shows it again"):
        pipeline.publish(FIRST)
    assert current_edition(pipeline.home)["edition_id"] == SECOND.edition_id
    listed = [(row["edition_id"], row["is_current"]) for row in list_editions(pipeline.home)]
    assert sorted(listed) == [(FIRST.edition_id, False), (SECOND.edition_id, True)]


def test_publish_refuses_where_somebody_has_flipped_since_the_run_began(pipeline):
    pipeline.publish(FIRST)
    pipeline.build(SECOND)
    with pytest.raises(
        PublicationRefused, match=f"was to follow another, and readers have {FIRST.edition_id}"
    ):
        pipeline.publish(replace(SECOND, parent_edition_id="another"))
    assert pipeline.publish(SECOND).sequence == 2


def test_publish_records_parent_place_and_inputs(pipeline):
    pipeline.publish(
        replace(FIRST, inputs_hash="i1", inputs={"plan": "p1"}, settings={"SCORECARD_AS_OF": "2025-12-31"})
    )
    pipeline.build(SECOND)
    landed = Input("file", "shop", "orders", "2025/orders.csv", "ab" * 32, 7)
    pipeline.publish(replace(SECOND, inputs_hash="i2"), inputs=[landed])
    query = "select parent_edition_id, sequence, inputs_hash, inputs, settings from scorecard.publication"
    first = pipeline.published / "editions" / FIRST.edition_id / "scorecard.duckdb"
    assert read(first, query) == [(None, 1, "i1", '{"plan": "p1"}', '{"SCORECARD_AS_OF": "2025-12-31"}')]
    assert read(pipeline.current, query) == [(FIRST.edition_id, 2, "i2", "{}", "{}")]
    assert read(pipeline.current, "from scorecard.publication_inputs") == [
        (SECOND.edition_id, "file", "shop", "orders", "2025/orders.csv", "ab" * 32, 7)
    ]
    history = "select number, action, edition_id, previous_edition_id, made_by, sequence from scorecard.publication_history"
    assert read(pipeline.current, history) == [
        (1, "publish", FIRST.edition_id, None, "run run-1", 1),
        (2, "publish", SECOND.edition_id, FIRST.edition_id, "run run-2", 2),
    ]


def test_a_write_ahead_file_beside_an_edition_is_not_read_into_it(pipeline, tmp_path):
    """Somebody has opened the file to write and was killed: what he changed lies beside it."""
    path = pipeline.publish(FIRST).path.resolve()
    copy = tmp_path / "copy" / path.name
    copy.parent.mkdir()
    shutil.copy(path, copy)
    code = (
        "import duckdb, os; c = duckdb.connect({!r}); c.execute('set wal_autocheckpoint = \\'1TB\\'');"
        "c.execute('delete from scorecard.kpi_scorecard'); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code.format(str(copy))], check=True)
    left = copy.with_name(f"{copy.name}.wal")
    assert left.stat().st_size > 0
    shutil.copy(left, path.with_name(left.name))
    assert read_edition(path.parent) is None, "it is not what was published"
    assert not pipeline.publish(FIRST).unchanged
    assert not list(pipeline.published.rglob("*.wal"))
    assert read(pipeline.current, "select count(*) from scorecard.kpi_scorecard") == [(1000,)]
    # ... and never into the next one's history
    shutil.copy(left, path.with_name(left.name))
    pipeline.build(SECOND)
    pipeline.publish(SECOND)
    assert read(
        pipeline.current, "select count(*), min(version), max(version) from scorecard.kpi_value_history"
    ) == [(1000, 1, 1)]


@pytest.mark.parametrize("damage", ["cut", "gone", "parquet", "row"])
def test_publish_repairs_a_damaged_edition(pipeline, damage):
    path = pipeline.publish(FIRST).path
    if damage == "cut":
        os.truncate(path, 5000)
    elif damage == "gone":
        path.unlink()
    elif damage == "parquet":
        (path.parent / "parquet" / "periods.parquet").unlink()
    else:
        with duckdb.connect(str(path)) as connection:
            connection.execute("delete from scorecard.kpi_scorecard where kpi_id = 'kpi_3'")
    assert not pipeline.publish(FIRST).unchanged
    assert pipeline.publish(FIRST).unchanged
    assert not pipeline.leftovers()


def test_publish_refuses_other_rows_under_a_published_name(pipeline):
    pipeline.publish(FIRST)
    pipeline.build(FIRST, rows=10)
    with pytest.raises(
        PublicationRefused, match="already published with other rows in kpi_latest, kpi_scorecard"
    ):
        pipeline.publish(FIRST)
    assert read(pipeline.current, "select count(*) from scorecard.kpi_scorecard") == [(1000,)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("delete from audit.check_results", "was never judged"),
        (
            "delete from audit.check_results where suite = 'scorecard/periods'",
            "suite scorecard/periods was never judged",
        ),
        (
            "update audit.check_results set success = false where suite like 'raw%'",
            "suite raw/shop/sales/orders failed: expectation",
        ),
        (
            "update audit.check_results set success = null where suite like 'raw%'",
            "suite raw/shop/sales/orders failed: expectation",
        ),
        ("update audit.check_results set suite_hash = null", "has changed since it judged"),
        ("update audit.check_results set content_hash = null", "has changed since suite"),
        (
            "insert into scorecard.periods values ('month', date '2025-02-01')",
            "scorecard.periods has changed since suite",
        ),
        ("update audit.raw_tables set content_hash = 'h2'", "raw.shop__orders has changed since suite"),
        ("delete from audit.raw_tables", "raw.shop__orders has changed since suite"),
    ],
)
def test_publish_refuses_without_a_passed_audit_of_these_rows(pipeline, change, said):
    pipeline.publish(FIRST)
    pipeline.build(SECOND)
    pipeline.sql(change)
    with pytest.raises(PublicationRefused) as refusal:
        pipeline.publish(SECOND)
    assert said in str(refusal.value) and "What to do" in str(refusal.value)
    assert current_edition(pipeline.home)["edition_id"] == FIRST.edition_id
    pipeline.judge()
    if "delete from audit.raw" not in change:
        assert pipeline.publish(SECOND).flipped


def test_publish_refuses_a_changed_suite_an_unjudged_table_and_another_edition(pipeline):
    with pytest.raises(PublicationRefused, match=r"scorecard.periods has no suite"):
        publish(pipeline.warehouse, pipeline.home, FIRST, TABLES, VIEWS, pipeline.suites[:1])
    with pytest.raises(PublicationRefused, match=f"belongs to edition {FIRST.edition_id}"):
        pipeline.publish(SECOND)
    with pytest.raises(PublicationRefused, match="can't be the name of an edition"):
        pipeline.publish(replace(FIRST, edition_id="../elsewhere"))
    pipeline.suites[0].path.write_text('{"expectations": [{"type": "expect_column_to_exist"}], "meta": {}}')
    with pytest.raises(PublicationRefused, match="suite scorecard/kpi_scorecard, or another table it reads"):
        pipeline.publish(FIRST)
    assert current_edition(pipeline.home) is None


@pytest.mark.parametrize(("severity", "status"), [("warning", "warning"), ("info", "passed")])
def test_publish_lets_warnings_through_and_says_so(pipeline, severity, status):
    pipeline.judge(success=False, severity=severity)
    result = pipeline.publish(FIRST)
    assert (result.quality_status, result.checks_evaluated, result.checks_failed) == (status, 3, 3)
    assert read(pipeline.current, "select quality_status, checks_failed from scorecard.publication") == [
        (status, 3)
    ]
    columns = (
        "edition_id, suite, table_name, expectation, severity, success, observed, unexpected_count, reason"
    )
    rows = read(pipeline.current, f"select {columns} from scorecard.data_quality where suite like 'raw%'")
    assert rows == [
        (
            FIRST.edition_id,
            "raw/shop/sales/orders",
            "orders",
            "expectation",
            severity,
            False,
            "1 of 9 rows",
            1,
            "why",
        )
    ]


def test_publish_shows_no_values_of_raw_rows(pipeline):
    details = json.dumps([{"file": "a.csv", "line": 7, "order_id": "O1", "email": "anna@example.org"}])
    pipeline.judge(success=False, severity="warning", details=details)
    pipeline.sql("update audit.check_results set observed = 'anna@example.org'")
    pipeline.publish(FIRST)
    query = "select observed, details from scorecard.data_quality where suite like 'raw%'"
    assert read(pipeline.current, query) == [(None, '[{"file": "a.csv", "line": 7}]')]
    other = "select observed, details from scorecard.data_quality where suite = 'scorecard/periods'"
    assert read(pipeline.current, other) == [("anna@example.org", details)]


class Killed(BaseException):
    """Like a kill: nothing in the code may handle it."""


@pytest.mark.parametrize("step", STEPS)
def test_publish_killed_after_any_step_leaves_one_whole_edition_and_a_rerun_converges(pipeline, step):
    pipeline.publish(FIRST)
    pipeline.build(SECOND)

    def kill(name):
        if name == step:
            raise Killed

    with pytest.raises(Killed):
        pipeline.publish(SECOND, on_step=kill)
    shown = current_edition(pipeline.home)["edition_id"]
    assert shown == (SECOND if step in ("flipped", "recorded") else FIRST).edition_id
    assert read(pipeline.current, "select distinct edition_id from scorecard.kpi_scorecard") == [(shown,)]
    result = pipeline.publish(SECOND)
    assert result.unchanged == (step in ("renamed", "flipped", "recorded"))
    assert current_edition(pipeline.home)["edition_id"] == SECOND.edition_id
    told = [
        (flip.action, flip.edition_id, flip.previous, flip.sequence)
        for flip in flips.read(pipeline.published)
    ]
    assert told == [
        ("publish", FIRST.edition_id, None, 1),
        ("publish", SECOND.edition_id, FIRST.edition_id, 2),
    ]
    assert not pipeline.leftovers()


KILL = """
import os, signal, sys
sys.path[:0] = {path!r}
from test_publication import Pipeline, SECOND
from pathlib import Path
pipeline = Pipeline.__new__(Pipeline)
pipeline.__dict__.update(home=Path({home!r}), warehouse=Path({home!r}) / "warehouse.duckdb")
pipeline.suites = __import__("pickle").loads({suites!r})
{before}
pipeline.publish(SECOND, on_step=lambda step: step == {step!r} and os.kill(os.getpid(), signal.SIGKILL))
"""


def in_subprocess(pipeline, step=None, before=""):
    import pickle

    code = KILL.format(
        path=[str(Path(__file__).parent), str(Path(__file__).parents[3])],
        home=str(pipeline.home),
        suites=pickle.dumps(pipeline.suites),
        step=step,
        before=before,
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("step", ["building", "written", "renamed"])
def test_publish_killed_by_the_system_loses_nothing(pipeline, step):
    pipeline.publish(FIRST)
    pipeline.build(SECOND)
    assert in_subprocess(pipeline, step).returncode == -signal.SIGKILL
    assert current_edition(pipeline.home)["edition_id"] == FIRST.edition_id
    assert pipeline.publish(SECOND).flipped
    assert not pipeline.leftovers()


def test_publish_on_a_disk_that_takes_no_more_keeps_the_edition(pipeline):
    pipeline.publish(FIRST)
    pipeline.build(SECOND, rows=50_000)
    # a file of more than 100 kB can't be written: the real error of the system, without a real full disk
    limit = "import resource; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))"
    done = in_subprocess(pipeline, before=limit)
    assert "PublicationFailed: Nothing was published" in done.stderr
    assert f"Readers still have edition {FIRST.edition_id}" in done.stderr
    assert not pipeline.leftovers()
    assert read(pipeline.current, "select distinct edition_id from scorecard.kpi_scorecard") == [
        (FIRST.edition_id,)
    ]
    assert pipeline.publish(SECOND).flipped


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], capture_output=True
    )
    if not mounted or mounted.returncode:
        pytest.skip("this user can't mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_publish_on_a_full_disk_says_so_and_keeps_the_edition(pipeline, small_disk):
    def publish_there(edition):
        edition = replace(edition, parent_edition_id=linked(small_disk / "published"))
        return publish(pipeline.warehouse, small_disk, edition, TABLES, VIEWS, pipeline.suites)

    assert publish_there(FIRST).flipped
    (small_disk / "filler").write_bytes(b"x" * (shutil.disk_usage(small_disk).free - 50_000))
    pipeline.build(SECOND)
    with pytest.raises(PublicationFailed, match=r"the disk of .* is full") as failure:
        publish_there(SECOND)
    assert f"Readers still have edition {FIRST.edition_id}" in str(failure.value)
    assert current_edition(small_disk)["edition_id"] == FIRST.edition_id
    assert not list((small_disk / "published" / "editions").glob(".*"))
    (small_disk / "filler").unlink()
    assert publish_there(SECOND).flipped


@pytest.mark.parametrize(
    ("code", "said"),
    [(errno.ENOSPC, "is full"), (errno.EROFS, "can't be written"), (errno.EACCES, "can't be written")],
)
def test_publish_explains_an_error_of_the_disk(pipeline, monkeypatch, code, said):
    pipeline.publish(FIRST)
    pipeline.build(SECOND)

    def fail(path):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(publication, "sync", fail)
    with pytest.raises(PublicationFailed, match=said) as failure:
        pipeline.publish(SECOND)
    assert "What to do" in str(failure.value) and FIRST.edition_id in str(failure.value)
    assert not pipeline.leftovers()


def test_publish_notices_a_copy_that_is_not_the_original(pipeline, monkeypatch):
    real = kept_editions.control_sum
    monkeypatch.setattr(
        kept_editions,
        "control_sum",
        lambda connection, relation: (
            (1, "other") if "read_parquet" in relation else real(connection, relation)
        ),
    )
    with pytest.raises(PublicationFailed, match="does not hold the rows of the warehouse"):
        pipeline.publish(FIRST)
    assert current_edition(pipeline.home) is None and not pipeline.leftovers()


def test_publish_never_overwrites_what_is_no_link(pipeline):
    pipeline.published.mkdir()
    pipeline.current.write_text("mine")
    with pytest.raises(PublicationFailed, match="Move it away"):
        pipeline.publish(FIRST)
    assert pipeline.current.read_text() == "mine"
    pipeline.current.unlink()
    assert pipeline.publish(FIRST).flipped


def test_publish_refuses_a_view_that_names_the_warehouse(pipeline):
    pipeline.sql(
        "create or replace view scorecard.kpi_latest as select * from warehouse.scorecard.kpi_scorecard"
    )
    with pytest.raises(PublicationFailed, match="names the database `warehouse`"):
        pipeline.publish(FIRST)


def test_an_open_reader_keeps_its_edition(pipeline):
    pipeline.publish(FIRST)
    with opened(pipeline.current) as reader:
        pipeline.build(SECOND, rows=10)
        pipeline.publish(SECOND)
        assert current_edition(pipeline.home)["edition_id"] == SECOND.edition_id
        with opened(pipeline.current) as other:
            assert other.execute("select distinct edition_id from scorecard.kpi_scorecard").fetchall() == [
                (SECOND.edition_id,)
            ]
            # this process has the file open in two ways at once
            assert current_edition(pipeline.home)["edition_id"] == SECOND.edition_id
            assert pipeline.publish(SECOND).unchanged
        assert reader.execute(
            "select edition_id, count(*) from scorecard.kpi_scorecard group by all"
        ).fetchall() == [(FIRST.edition_id, 1000)]
    assert read(
        pipeline.current, "select edition_id, count(*) from scorecard.kpi_scorecard group by all"
    ) == [(SECOND.edition_id, 10)]


def test_current_edition_and_list_editions_before_the_first(tmp_path):
    assert current_edition(tmp_path) is None
    assert list_editions(tmp_path) == []


def test_current_edition_says_what_stands_in_the_file(pipeline):
    result = pipeline.publish(FIRST)
    row = current_edition(pipeline.home)
    assert (row["edition_id"], row["as_of_date"], row["path"]) == (
        FIRST.edition_id,
        FIRST.as_of_date,
        result.path,
    )
    assert isinstance(row["published_at"], datetime) and row["published_at"] == result.published_at


def test_list_editions_names_an_unreadable_one(pipeline):
    os.truncate(pipeline.publish(FIRST).path, 100)
    assert current_edition(pipeline.home) is None
    [row] = list_editions(pipeline.home)
    assert row["edition_id"] == FIRST.edition_id and row["error"]
