"""Bad input, one fault at a time, through the whole nightly job of a small company (the kiosk).

Each test starts from a published edition, breaks one thing, runs the night, and asserts that the message says what is
wrong and where, that readers see the old figures, marked, and none that was made of the fault, and that a mended input
clears the marks.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from tests.conftest import CHECKOUT, copy_home, run_cli

pytestmark = pytest.mark.night
KIOSK_LANDING = CHECKOUT / "tests" / "sources" / "kiosk" / "landing"


@dataclass
class Kiosk:
    """One company's state and landing folder, free to be broken."""

    home: Path
    landing: Path

    def night(self, **settings: str):
        return run_cli(
            "nightly",
            home=self.home,
            SCORECARD_SOURCES="kiosk",
            SCORECARD_SOURCES_DIR=str(CHECKOUT / "tests" / "sources"),
            SCORECARD_LANDING=str(self.landing),
            **settings,
        )

    def edit(self, name: str, change: Callable[[str], str]) -> None:
        path = self.landing / name
        before = path.read_text()
        after = change(before)
        assert after != before, "the fault was not planted"
        path.write_text(after)

    @property
    def current(self) -> Path:
        return self.home / "published" / "current.duckdb"

    def edition(self) -> str:
        return self.query("select edition_id from scorecard.publication")[0][0]

    def query(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.current), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def figures(self) -> list[tuple]:
        return self.query(
            "select kpi_id, period_grain, period_start_date, scope_type, scope_id, numerator, denominator, actual_value,"
            " no_value_reason, target_value from scorecard.kpi_scorecard order by all"
        )

    def built_from(self, table: str) -> set[str]:
        with duckdb.connect(str(self.home / "warehouse.duckdb"), read_only=True) as connection:
            rows = connection.execute(
                "select kpi_id from audit.kpi_inputs where table_name = ?", [table]
            ).fetchall()
        return {kpi_id for (kpi_id,) in rows}

    def marked(self, quality_status: str) -> set[str]:
        rows = self.query(
            f"select distinct kpi_id from scorecard.kpi_scorecard where quality_status = '{quality_status}'"
        )
        return {kpi_id for (kpi_id,) in rows}

    def fingerprint(self) -> str:
        return hashlib.sha256(self.current.read_bytes()).hexdigest()


def said(run: subprocess.CompletedProcess[str]) -> str:
    """What the run printed, without the frame and its line breaks."""
    return " ".join((run.stdout + run.stderr).replace("│", " ").split())


@pytest.fixture(scope="session")
def kiosk_home(shared_run) -> Path:
    return shared_run(
        "kiosk",
        SCORECARD_SOURCES="kiosk",
        SCORECARD_SOURCES_DIR=str(CHECKOUT / "tests" / "sources"),
        SCORECARD_LANDING=str(KIOSK_LANDING),
    )


@pytest.fixture
def kiosk(kiosk_home, tmp_path) -> Kiosk:
    home, landing = tmp_path / "home", tmp_path / "landing"
    copy_home(kiosk_home, home)
    shutil.copytree(KIOSK_LANDING, landing)
    return Kiosk(home, landing)


def assert_told(run: subprocess.CompletedProcess[str], *words: str) -> None:
    assert run.returncode == 4, said(run)
    text = said(run)
    for word in words:
        assert word in text, f"{word!r} is not in: {text}"
    assert "Published, but" in text
    assert "Traceback" not in text


def assert_held(kiosk: Kiosk, before: list[tuple], table: str, *words: str) -> None:
    """The KPIs built from the table, and no others, are held at the figures that were published."""
    edition = kiosk.edition()
    assert_told(kiosk.night(), f"raw/kiosk/sales/{table}", *words)
    assert kiosk.edition() != edition and kiosk.figures() == before
    held = kiosk.built_from(table)
    assert kiosk.marked("held") == held and len(held) > 5
    rows = kiosk.query(
        "select distinct status, is_met, score, held_check like 'raw/kiosk/sales/%', value_edition_id"
        " from scorecard.kpi_scorecard where quality_status = 'held'"
    )
    assert rows == [("held", None, None, True, edition)]


def assert_stale(
    kiosk: Kiosk, before: list[tuple], *words: str, tables: tuple[str, ...] = ("orders",)
) -> None:
    """The KPIs built from the tables are published from their last good rows, and say stale."""
    edition = kiosk.edition()
    assert_told(kiosk.night(), *words)
    assert kiosk.edition() != edition and kiosk.figures() == before
    assert kiosk.marked("stale") == set().union(*map(kiosk.built_from, tables))
    assert kiosk.marked("held") == set()


def test_a_company_whose_system_lives_outside_the_checkout_is_published(kiosk):
    """The third system: declaration, mapping SQL and suites in a folder of the tests only."""
    revenue = kiosk.query(
        "select sum(actual_value) from scorecard.kpi_scorecard where kpi_id = 'revenue_amount'"
        " and scope_type = 'company' and period_grain = 'month'"
    )[0][0]
    assert revenue == kiosk_revenue()
    statuses = kiosk.query(
        "select distinct no_value_reason from scorecard.kpi_scorecard where kpi_id = 'headcount'"
    )
    assert statuses == [("no_data",)], "a domain that nobody feeds says so"


def kiosk_revenue():
    """The same from the files: 930 in January, 153 in February, 1350 in March, the cancelled order 1003 left out."""
    revenue = duckdb.sql(
        f"""
        select sum(cast(antal as int) * dec(pris) - coalesce(dec(rabatt), 0))
        from read_csv('{KIOSK_LANDING}/order_lines_*.csv', delim=';', header=true, all_varchar=true)
        where ordernr <> '1003'
        """.replace("dec(pris)", "cast(replace(pris, ',', '.') as decimal(18, 4))").replace(
            "dec(rabatt)", "cast(replace(rabatt, ',', '.') as decimal(18, 4))"
        )
    ).fetchone()[0]
    assert revenue == 930 + 153 + 1350
    return revenue


def test_missing_landing_folder(kiosk):
    before = kiosk.figures()
    kiosk.landing.rename(kiosk.landing.with_name("elsewhere"))
    assert_stale(
        kiosk,
        before,
        *("there is no landing folder", "no such folder", "SCORECARD_LANDING", "4 extracts were refused"),
        tables=("orders", "order_lines", "customers", "products"),
    )


def test_empty_file(kiosk):
    before = kiosk.figures()
    kiosk.edit("orders_2025-03.csv", lambda text: "")
    assert_stale(kiosk, before, "orders_2025-03.csv", "empty")
    # the same again is nothing new, and still somebody's work
    edition = kiosk.edition()
    run = kiosk.night()
    assert_told(run, "Nothing new", "orders_2025-03.csv")
    assert kiosk.edition() == edition


def test_renamed_column_and_truncated_file(kiosk):
    """Two refusals in one night: each is told, and what is built from either says stale."""
    before = kiosk.figures()
    kiosk.edit("orders_2025-03.csv", lambda text: text.replace("datum", "orderdatum", 1))
    kiosk.edit("order_lines_2025-03.csv", lambda text: text[:-5])
    words = (
        "orders_2025-03.csv",
        "datum",
        "orderdatum",
        "order_lines_2025-03.csv",
        "2 extracts were refused",
    )
    assert_stale(kiosk, before, *words, tables=("orders", "order_lines"))


def test_other_delimiter(kiosk):
    before = kiosk.figures()
    kiosk.edit("orders_2025-03.csv", lambda text: text.replace(";", ","))
    assert_stale(kiosk, before, "orders_2025-03.csv", "comma")


def test_reordered_columns_change_nothing(kiosk):
    """A column is known by its name, so another order gives the same numbers."""
    before = kiosk.query(
        "select * exclude (edition_id, value_edition_id) from scorecard.kpi_scorecard order by all"
    )

    def swap(text: str) -> str:
        lines = [line.split(";") for line in text.splitlines()]
        return "".join(";".join([line[1], line[0], *line[2:]]) + "\n" for line in lines)

    kiosk.edit("orders_2025-03.csv", swap)
    run = kiosk.night()
    assert run.returncode == 0, said(run)
    assert (
        kiosk.query(
            "select * exclude (edition_id, value_edition_id) from scorecard.kpi_scorecard order by all"
        )
        == before
    )
    # dbt writes compiled SQL over a model that it was given by an absolute path: the company's files are as they were
    assert "create" not in (CHECKOUT / "tests/sources/kiosk/sales/kiosk__orders.sql").read_text()


def test_swapped_values_under_an_unchanged_header(kiosk):
    """Two columns changed places below the header: no value fits, so nothing of it is published."""
    before = kiosk.figures()

    def swap(text: str) -> str:
        header, *lines = text.splitlines()
        names = header.split(";")
        a, b = names.index("kundnr"), names.index("datum")
        rows = [line.split(";") for line in lines]
        for row in rows:
            row[a], row[b] = row[b], row[a]
        return "".join(line + "\n" for line in [header, *(";".join(row) for row in rows)])

    kiosk.edit("orders_2025-03.csv", swap)
    assert_stale(kiosk, before, "orders_2025-03.csv", "datum")


def test_unparseable_date(kiosk):
    before = kiosk.figures()
    # ... and a cell that looks like a style is shown as it is
    kiosk.edit("orders_2025-03.csv", lambda text: replace_field(text, 1, "datum", "31/02/2025"))
    kiosk.edit("orders_2025-01.csv", lambda text: replace_field(text, 2, "datum", "[/red]2025"))
    assert_held(
        kiosk,
        before,
        "orders",
        "rows_rejected_at_ingest",
        "orders_2025-03.csv",
        "31/02/2025",
        "line 2",
        "[/red]2025",
        "[critical]",
    )
    # nothing is lost: the rows stand in the rejects, whole
    with duckdb.connect(str(kiosk.home / "warehouse.duckdb"), read_only=True) as connection:
        rejects = connection.execute(
            "select line, column_name, row_json from audit.rejects order by line"
        ).fetchall()
    assert [(line, column) for line, column, _ in rejects] == [(2, "datum"), (3, "datum")]
    assert [json.loads(row)["datum"] for _, _, row in rejects] == ["31/02/2025", "[/red]2025"]


def test_a_published_file_that_somebody_wrote_into_is_published_again(kiosk):
    rows = "select * exclude (edition_id, value_edition_id) from scorecard.kpi_scorecard order by all"
    before = kiosk.query(rows)
    with duckdb.connect(str(kiosk.current)) as connection:
        connection.execute("update scorecard.kpi_scorecard set actual_value = actual_value * 2")
    assert kiosk.query(rows) != before
    run = kiosk.night()
    assert run.returncode == 0, said(run)
    assert kiosk.query(rows) == before


def test_unparseable_number(kiosk):
    before = kiosk.figures()
    kiosk.edit("order_lines_2025-03.csv", lambda text: replace_field(text, 1, "pris", "tolv"))
    assert_held(kiosk, before, "order_lines", "order_lines_2025-03.csv", "tolv", "pris")


def test_duplicate_key(kiosk):
    before = kiosk.figures()
    kiosk.edit("orders_2025-03.csv", lambda text: text + text.splitlines()[1] + "\n")
    assert_held(kiosk, before, "orders", "orders_2025-03.csv", "duplicate")


def test_order_line_without_an_order(kiosk):
    before = kiosk.figures()
    kiosk.edit("order_lines_2025-03.csv", lambda text: replace_field(text, 1, "ordernr", "finns-inte"))
    assert_held(kiosk, before, "order_lines", "finns-inte", "order_lines_2025-03.csv")


def replace_field(text: str, line: int, column: str, value: str) -> str:
    lines = text.splitlines()
    fields = lines[line].split(";")
    fields[lines[0].split(";").index(column)] = value
    lines[line] = ";".join(fields)
    return "\n".join(lines) + "\n"


def test_a_figure_held_for_two_nights_names_its_edition_and_a_mended_file_releases_it(kiosk):
    """Two nights of one fault, the second a day later; then the file as it should be, and a new figure."""
    before, edition = kiosk.figures(), kiosk.edition()
    kiosk.edit("orders_2025-03.csv", lambda text: replace_field(text, 1, "datum", "31/02/2025"))
    assert kiosk.night().returncode == 4
    (first,) = kiosk.query("select distinct held_since from scorecard.kpi_scorecard where status = 'held'")
    assert kiosk.night(SCORECARD_AS_OF=str(first[0] + timedelta(days=1))).returncode == 4
    held = kiosk.query(
        "select distinct held_since, value_edition_id, value_as_of_date, edition_id"
        " from scorecard.kpi_scorecard where status = 'held' and value_edition_id is not null"
    )
    assert held == [(*first, edition, *first, kiosk.edition())]
    new = kiosk.query(
        "select distinct period_grain, actual_value, no_value_reason from scorecard.kpi_scorecard"
        " where status = 'held' and value_edition_id is null"
    )
    assert new and {row[1:] for row in new} == {(None, "held")}, "the day since then has no figure"
    shutil.copy(KIOSK_LANDING / "orders_2025-03.csv", kiosk.landing / "orders_2025-03.csv")
    run = kiosk.night()
    assert run.returncode == 0, said(run)
    assert kiosk.figures() == before
    assert kiosk.marked("held") == kiosk.marked("stale") == set()
    marks = "select count(*) from scorecard.kpi_scorecard where held_since is not null or value_edition_id <> edition_id"
    assert kiosk.query(marks) == [(0,)]


def test_a_first_night_with_a_refused_file_holds_without_figures(kiosk, tmp_path):
    """Orders were never loaded: what is built from them has no figure, and what is not is published."""
    kiosk.home = tmp_path / "new"
    kiosk.edit("orders_2025-01.csv", lambda text: "")
    assert_told(kiosk.night(), "orders_2025-01.csv", "was never loaded", "holds")
    held = kiosk.built_from("orders")
    assert kiosk.marked("held") == held and held
    rows = kiosk.query(
        "select distinct scope_type, actual_value, numerator, no_value_reason, status, value_edition_id"
        " from scorecard.kpi_scorecard where quality_status = 'held'"
    )
    assert rows == [("company", None, None, "held", "held", None)]
    assert kiosk.query("select count(*) from scorecard.kpi_scorecard where status <> 'held'") != [(0,)]


def test_a_second_run_at_the_same_time_is_refused(kiosk):
    code = (
        "import sys, time; from pathlib import Path; from dagster_project.lib.lock import only_writer\n"
        "with only_writer(Path(sys.argv[1]), 'first-run', 0):\n    print('held', flush=True); time.sleep(120)"
    )
    first = subprocess.Popen(
        [sys.executable, "-c", code, str(kiosk.home)], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert first.stdout.readline() == "held\n"
        before = kiosk.fingerprint()
        run = kiosk.night()
    finally:
        first.kill()
        first.wait()
    assert run.returncode == 3, said(run)
    assert "Another run is writing" in said(run)
    assert "Only one run may write" in said(run) and "first-run" in said(run)
    assert kiosk.fingerprint() == before
    # a killed holder blocks nobody
    assert kiosk.night().returncode == 0


def test_a_killed_run_and_a_full_disk_keep_the_edition_and_a_plain_rerun_publishes(kiosk, tmp_path):
    """A corrected file in three nights: killed in the middle of dbt, no space when publishing, and undisturbed."""
    fingerprint, before = kiosk.fingerprint(), kiosk.edition()
    kiosk.edit("order_lines_2025-03.csv", lambda text: replace_field(text, 1, "pris", "1000,00"))
    kill_in_the_middle_of_dbt(kiosk)
    assert kiosk.fingerprint() == fingerprint

    (tmp_path / "faults").mkdir()
    # Python imports this module at its start: from then on, nothing below published/ can be made durable
    (tmp_path / "faults" / "sitecustomize.py").write_text(
        "import errno, os\n"
        "def no_space(descriptor):\n"
        "    if 'published' in os.readlink(f'/proc/self/fd/{descriptor}'):\n"
        "        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))\n"
        "os.fsync = no_space\n"
    )
    run = kiosk.night(PYTHONPATH=str(tmp_path / "faults"))
    assert run.returncode == 1, said(run)
    # dbt and the gate got through what the killed run had left
    assert "is full" in said(run) and "Readers still see edition" in said(run)
    assert kiosk.fingerprint() == fingerprint
    assert [path.name for path in (kiosk.home / "published" / "editions").iterdir()] == [before]

    run = kiosk.night()
    assert run.returncode == 0, said(run)
    assert kiosk.fingerprint() != fingerprint and kiosk.edition() != before
    assert (kiosk.home / "published" / "editions" / before / "scorecard.duckdb").exists(), "the old one stays"


def kill_in_the_middle_of_dbt(kiosk: Kiosk) -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", "from dagster_project.cli import main; main(['nightly'])"],
        cwd=CHECKOUT,
        env={
            **os.environ,
            "SCORECARD_HOME": str(kiosk.home),
            "SCORECARD_SOURCES": "kiosk",
            "SCORECARD_SOURCES_DIR": str(CHECKOUT / "tests" / "sources"),
            "SCORECARD_LANDING": str(kiosk.landing),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    # some tables are new and some are old
    killed = any("tables and views built" in line for line in run.stderr)
    os.killpg(run.pid, 9)
    run.wait()
    assert killed, "the run ended before dbt built anything"
