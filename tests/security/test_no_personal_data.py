"""Canaries: unique names, pay and secrets that go in and may come out nowhere but in the private warehouse."""

from __future__ import annotations

import csv
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.conftest import CHECKOUT, recall_parse, remember_parse
from tests.receivers import Webhook

from dagster_project.lib.settings import Settings  # isort: skip

pytestmark = pytest.mark.night(together=True)
LANDING = CHECKOUT / "seeds" / "landing" / "demo"
PERSON, FRIEND, CUSTOMER = "Xyzzy Kanariefagel", "Plugh Kanariefagel", "Quux-Kanariekund AB"
MAIL = "kanarie.fagel@xyzzy.example"
PAY, WRONG_PAY = "73129.57", "8273129.57"
SECRET = "s3cr3t-kanarie-l0senord"
CANARIES = (PERSON, FRIEND, CUSTOMER, MAIL, PAY, WRONG_PAY, SECRET)
# private by their purpose: the warehouse, what was delivered, and a copy of it
PRIVATE = ("warehouse.duckdb", "warehouse.duckdb.wal", "archive", "inputs", "scratch", "extracts")


class Company:
    """The demo company with canaries among its people, in a state folder made under a umask that hides nothing."""

    def __init__(self, folder: Path):
        self.home, self.landing = folder / "home", folder / "landing"
        shutil.copytree(LANDING, self.landing)
        self.said, self.webhook = "", Webhook()

    def change(self, name: str, change) -> None:
        path = self.landing / name
        with path.open(newline="") as stream:
            header, *rows = csv.reader(stream)
        with path.open("w", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows([header, *change(header, rows)])

    def night(self) -> subprocess.CompletedProcess[str]:
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SCORECARD_", "DBT_", "DAGSTER_"))
        } | {
            "SCORECARD_HOME": str(self.home),
            "SCORECARD_LANDING": str(self.landing),
            "SCORECARD_CONNECTION_ERP": f"postgresql://reader:{SECRET}@127.0.0.1:1/erp",
            "SCORECARD_NOTIFY": f"json://kanarie:{SECRET}@127.0.0.1:{self.webhook.port}/{SECRET}",
            "SCORECARD_NOTIFY_LEVEL": "all",
            **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1"),
            "COLUMNS": "160",
        }
        settings = Settings.from_environment(environment)
        recall_parse(settings)
        run = subprocess.run(
            [sys.executable, "-m", "dagster_project.cli", "nightly"],
            cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=600, check=False, umask=0,
        )  # fmt: skip
        remember_parse(settings)
        self.said += run.stdout + run.stderr
        return run


def cell(column: str, value: str, at: int):
    def change(header, rows):
        rows[at][header.index(column)] = value
        return rows

    return change


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """Two nights: one in which all is well, one in which the rows about the canaries are wrong in several ways."""
    made = Company(tmp_path_factory.mktemp("canaries"))
    made.change("hr/employees.csv", cell("employee_name", PERSON, 7))
    made.change("hr/employees.csv", cell("employee_name", FRIEND, 9))
    made.change("hr/pay.csv", cell("monthly_pay", PAY, 11))
    made.change("sales/customers.csv", cell("customer_name", CUSTOMER, 5))
    made.change("sales/customers.csv", cell("customer_name", MAIL, 6))
    run = made.night()
    assert run.returncode == 0, run.stderr
    # a person twice, an unreadable pay, an impossible pay, a customer twice, a person born in the future
    made.change("hr/employees.csv", lambda header, rows: [*rows, rows[7]])
    made.change("hr/employees.csv", cell("birth_date", "2031-01-01", 9))
    made.change("hr/pay.csv", cell("monthly_pay", f"{PAY} kr", 11))
    made.change("hr/pay.csv", cell("monthly_pay", WRONG_PAY, 12))
    made.change("sales/customers.csv", lambda header, rows: [*rows, rows[5], rows[6]])
    run = made.night()
    assert run.returncode in (1, 4), run.stdout
    yield made
    made.webhook.close()


def test_the_canaries_did_go_in(company):
    """What is not loaded at all, such as a name that no KPI needs, goes in no further than the file."""
    with duckdb.connect(str(company.home / "warehouse.duckdb"), read_only=True) as connection:
        rejects = connection.execute(
            "select table_name, count(*), count(*) filter (where row_json like ?) from audit.rejects group by 1 order by 1",
            [f"%{PAY} kr%"],
        ).fetchall()
    assert rejects == [("customers", 2, 0), ("employees", 1, 0), ("pay", 1, 1)]
    assert "rows_rejected_at_ingest" in company.said and "hr/pay.csv" in company.said


def published_with(home: Path, words) -> set[str]:
    """Which of the words stand in any row of any table of any edition, in the database or in Parquet."""
    found = set()
    columns = ", ".join("coalesce(bool_or(contains(t::varchar, ?)), false)" for _ in words)
    for edition in (home / "published" / "editions").iterdir():
        with duckdb.connect(str(edition / "scorecard.duckdb"), read_only=True) as connection:
            tables = connection.execute(
                "select table_name from information_schema.tables where table_schema = 'scorecard'"
            ).fetchall()
            relations = [f"scorecard.{name}" for (name,) in tables]
            relations += [f"read_parquet('{path}')" for path in (edition / "parquet").glob("*.parquet")]
            for relation in relations:
                hits = connection.execute(f"select {columns} from {relation} as t", list(words)).fetchone()
                found |= {word for word, hit in zip(words, hits, strict=True) if hit}
    return found


def test_nothing_published_holds_a_canary(company):
    # the last one is there: the search does find what stands in a row
    assert published_with(company.home, (*CANARIES, "raw/demo/hr/pay")) == {"raw/demo/hr/pay"}


def test_no_file_beside_the_warehouse_holds_a_canary(company):
    """Run history, logs, dbt's results and compiled SQL, suites' results: every byte that is kept."""
    files = [
        path
        for path in company.home.rglob("*")
        if path.is_file() and not path.is_symlink() and path.relative_to(company.home).parts[0] not in PRIVATE
    ]
    assert any(path.suffix == ".db" for path in files) and any(
        path.name == "run_results.json" for path in files
    )
    history = [path.read_bytes() for path in files if path.suffix == ".db"]
    assert any(b"hr/pay.csv" in content for content in history), (
        "what is searched does tell of the refused rows"
    )
    found = [
        (str(path.relative_to(company.home)), canary)
        for path in files
        for content in [path.read_bytes()]
        for canary in CANARIES
        if canary.encode() in content
    ]
    assert found == []


def test_nothing_that_was_said_holds_a_canary(company):
    assert [canary for canary in CANARIES if canary in company.said] == []


def test_the_one_notice_of_the_second_night_holds_no_canary(company):
    [message] = company.webhook.got
    assert "held" in message["title"] and "hr/pay" in message["message"]
    assert [canary for canary in CANARIES if canary in str(message)] == []


def too_open(home: Path) -> list[str]:
    """What others may read, or a group may write."""
    found = []
    for path in [home, *home.rglob("*")]:
        mode = stat.S_IMODE(path.lstat().st_mode)
        if not path.is_symlink() and mode & (0o027 if path.is_dir() or path.is_file() else 0o007):
            found.append(f"{path.relative_to(home)} {mode:o}")
    return found


def test_nobody_else_may_read_or_write_the_state_even_under_a_umask_of_nothing(company):
    assert too_open(company.home) == []
    edition = (company.home / "published" / "current").resolve()
    assert stat.S_IMODE((edition / "edition.duckdb").stat().st_mode) == 0o640
    assert stat.S_IMODE(edition.stat().st_mode) == 0o750


def test_nor_under_the_usual_umask(demo_home):
    assert [line for line in too_open(demo_home) if not line.startswith((". ", "stdout", "stderr"))] == []
