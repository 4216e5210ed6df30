"""Bad input, one fault at a time, through the whole nightly job of a small company (the kiosk).

Each test starts from a published edition, breaks one thing, runs the night, and holds that the message says what is
wrong and where, that readers still have the old edition to the byte, and that a mended input publishes again.
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


def assert_held(kiosk: Kiosk, before: str, run: subprocess.CompletedProcess[str], *words: str) -> None:
    assert run.returncode == 1, said(run)
    text = said(run)
    for word in words:
        assert word in text, f"{word!r} is not in: {text}"
    assert "Nothing was published" in text
    assert "Readers still see edition" in text
    assert "Traceback" not in text
    assert kiosk.fingerprint() == before


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
    before = kiosk.fingerprint()
    kiosk.landing.rename(kiosk.landing.with_name("elsewhere"))
    assert_held(kiosk, before, kiosk.night(), "there is no landing folder", "SCORECARD_LANDING")


def test_empty_file(kiosk):
    before = kiosk.fingerprint()
    kiosk.edit("orders_2025-03.csv", lambda text: "")
    assert_held(kiosk, before, kiosk.night(), "orders_2025-03.csv", "empty")


def test_truncated_file(kiosk):
    before = kiosk.fingerprint()
    kiosk.edit("order_lines_2025-03.csv", lambda text: text[:-5])
    assert_held(kiosk, before, kiosk.night(), "order_lines_2025-03.csv")


def test_renamed_column(kiosk):
    before = kiosk.fingerprint()
    kiosk.edit("orders_2025-03.csv", lambda text: text.replace("datum", "orderdatum", 1))
    assert_held(kiosk, before, kiosk.night(), "orders_2025-03.csv", "datum", "orderdatum")


def test_other_delimiter(kiosk):
    before = kiosk.fingerprint()
    kiosk.edit("orders_2025-03.csv", lambda text: text.replace(";", ","))
    assert_held(kiosk, before, kiosk.night(), "orders_2025-03.csv", "comma")


def test_reordered_columns_change_nothing(kiosk):
    """A column is known by its name, so another order gives the same numbers."""
    before = kiosk.query("select * exclude (edition_id) from scorecard.kpi_scorecard order by all")

    def swap(text: str) -> str:
        lines = [line.split(";") for line in text.splitlines()]
        return "".join(";".join([line[1], line[0], *line[2:]]) + "\n" for line in lines)

    kiosk.edit("orders_2025-03.csv", swap)
    run = kiosk.night()
    assert run.returncode == 0, said(run)
    assert kiosk.query("select * exclude (edition_id) from scorecard.kpi_scorecard order by all") == before
    # dbt writes compiled SQL over a model that it was given by an absolute path: the company's files are as they were
    assert "create" not in (CHECKOUT / "tests/sources/kiosk/sales/kiosk__orders.sql").read_text()


def test_swapped_values_under_an_unchanged_header(kiosk):
    """Two columns changed places below the header: no value fits, so nothing of it is published."""
    before = kiosk.fingerprint()

    def swap(text: str) -> str:
        header, *lines = text.splitlines()
        names = header.split(";")
        a, b = names.index("kundnr"), names.index("datum")
        rows = [line.split(";") for line in lines]
        for row in rows:
            row[a], row[b] = row[b], row[a]
        return "".join(line + "\n" for line in [header, *(";".join(row) for row in rows)])

    kiosk.edit("orders_2025-03.csv", swap)
    assert_held(kiosk, before, kiosk.night(), "orders_2025-03.csv", "datum")


def test_unparseable_date(kiosk):
    before = kiosk.fingerprint()
    kiosk.edit("orders_2025-03.csv", lambda text: replace_field(text, 1, "datum", "31/02/2025"))
    run = kiosk.night()
    assert_held(
        kiosk,
        before,
        run,
        "raw/kiosk/sales/orders",
        "rows_rejected_at_ingest",
        "orders_2025-03.csv",
        "31/02/2025",
        "line 2",
    )
    # nothing is lost: the row stands in the rejects, whole
    with duckdb.connect(str(kiosk.home / "warehouse.duckdb"), read_only=True) as connection:
        line, column, row = connection.execute(
            "select line, column_name, row_json from audit.rejects"
        ).fetchone()
    assert (line, column) == (2, "datum")
    assert json.loads(row)["datum"] == "31/02/2025"


def test_a_cell_that_looks_like_a_style_is_shown_as_it_is(kiosk):
    before = kiosk.fingerprint()
    kiosk.edit("orders_2025-03.csv", lambda text: replace_field(text, 1, "datum", "[/red]2025"))
    assert_held(kiosk, before, kiosk.night(), "[/red]2025", "[critical]")


def test_a_published_file_that_somebody_wrote_into_is_published_again(kiosk):
    rows = "select * exclude (edition_id) from scorecard.kpi_scorecard order by all"
    before = kiosk.query(rows)
    with duckdb.connect(str(kiosk.current)) as connection:
        connection.execute("update scorecard.kpi_scorecard set actual_value = actual_value * 2")
    assert kiosk.query(rows) != before
    run = kiosk.night()
    assert run.returncode == 0, said(run)
    assert kiosk.query(rows) == before


def test_unparseable_number(kiosk):
    before = kiosk.fingerprint()
    kiosk.edit("order_lines_2025-03.csv", lambda text: replace_field(text, 1, "pris", "tolv"))
    assert_held(kiosk, before, kiosk.night(), "order_lines_2025-03.csv", "tolv", "pris")


def test_duplicate_key(kiosk):
    before = kiosk.fingerprint()
    kiosk.edit("orders_2025-03.csv", lambda text: text + text.splitlines()[1] + "\n")
    assert_held(kiosk, before, kiosk.night(), "raw/kiosk/sales/orders", "orders_2025-03.csv", "duplicate")


def test_order_line_without_an_order(kiosk):
    before = kiosk.fingerprint()
    kiosk.edit("order_lines_2025-03.csv", lambda text: replace_field(text, 1, "ordernr", "finns-inte"))
    assert_held(
        kiosk, before, kiosk.night(), "raw/kiosk/sales/order_lines", "finns-inte", "order_lines_2025-03.csv"
    )


def replace_field(text: str, line: int, column: str, value: str) -> str:
    lines = text.splitlines()
    fields = lines[line].split(";")
    fields[lines[0].split(";").index(column)] = value
    lines[line] = ";".join(fields)
    return "\n".join(lines) + "\n"


def test_a_mended_file_publishes_again(kiosk):
    kiosk.edit("orders_2025-03.csv", lambda text: replace_field(text, 1, "datum", "31/02/2025"))
    assert kiosk.night().returncode == 1
    shutil.copy(KIOSK_LANDING / "orders_2025-03.csv", kiosk.landing / "orders_2025-03.csv")
    run = kiosk.night()
    assert run.returncode == 0, said(run)
    assert "Nothing new" in said(run), "the same content is the same edition"


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
