"""Sixty nightly deliveries, in order or shuffled with every kind of trouble, end as one delivery of everything.

What a raw table holds follows from the files that lie in the landing folder, not from the nights in which they came;
and so does every published table, at one thread and at two.
"""

from __future__ import annotations

import csv
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest
import yaml

from dagster_project.lib.control_sums import control_sum
from dagster_project.lib.ingest import ingest_table
from dagster_project.lib.settings import Settings
from dagster_project.lib.sources import load_system
from dagster_project.lib.sql import identifier
from tests.properties.chance_source import (
    SYSTEM,
    _text,
    contract,
    run_dbt,
    settings_of,
    write_facts,
    write_system,
)
from tests.properties.companies import calendar_company
from tests.properties.company import Company

pytestmark = pytest.mark.night(together=True)
NIGHTS = 60
# a part of every night; the others, but those that are delivered whole, every sixth night
BUSY = ("orders", "order_lines", "tickets")
SELDOM = ("customers", "subscriptions", "absence_days", "assignments", "deliveries")
WHOLE = ("products", "exchange_rates", "employees")


@dataclass(frozen=True)
class Delivery:
    """A file as it is landed in a night: by its name in the landing folder, with its rows."""

    name: str
    header: list[str]
    rows: list[list[str]]

    def land(self, landing: Path, name: str | None = None) -> None:
        path = landing / (name or self.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows([self.header, *self.rows])


def small_company() -> Company:
    """Ten tables and four years of the made-up company with a calendar year."""
    company = calendar_company()
    company.history_from = date(2016, 1, 1)
    company.tables = {name: company.tables[name] for name in (*BUSY, *SELDOM, *WHOLE)}
    return company


def portions(company: Company) -> list[list[Delivery]]:
    """What is delivered in each of sixty nights, all of it right."""
    nights: list[list[Delivery]] = [[] for _ in range(NIGHTS)]
    for entity, rows in company.tables.items():
        columns = list(contract()[entity][1])
        lines = [[_text(row.get(column)) or "" for column in columns] for row in rows]
        random.Random(entity).shuffle(lines)
        at = range(NIGHTS) if entity in BUSY else range(0, NIGHTS, 6) if entity in SELDOM else range(1)
        for number, night in enumerate(at):
            part = lines[number :: len(at)]
            nights[night].append(Delivery(f"{entity}/{night:02}.csv", columns, part))
    return nights


def declare(company: Company, home: Path) -> Settings:
    """The made-up company as a system whose tables are the union of their files."""
    write_system(company, home / "sources")
    path = home / "sources" / SYSTEM / f"{SYSTEM}.yml"
    declared = yaml.safe_load(path.read_text())
    for table in declared["sources"][0]["tables"]:
        table["config"]["meta"] |= {"load": "by_file", "files": f"{table['name']}/*.csv"}
        for column in table["columns"]:
            # in decimals, so that no order of adding up can show
            column["data_type"] = column["data_type"].replace("double", "decimal(38, 10)")
    path.write_text(yaml.safe_dump(declared))
    return settings_of(company, home, threads=2)


class Pipeline:
    """One way of getting everything in."""

    def __init__(self, company: Company, home: Path):
        home.mkdir()
        self.company, self.home, self.landing = company, home, home / "landing"
        self.settings = declare(company, home)
        self.tables = {table.name: table for table in load_system(home / "sources" / SYSTEM).tables}
        self.landing.mkdir()

    @property
    def warehouse(self) -> Path:
        return self.settings.warehouse

    def nights(self, deliveries: Iterator[list[Delivery]]) -> None:
        """Land what comes in each night and ingest the tables that got something."""
        with duckdb.connect(str(self.warehouse)) as connection:
            for night in deliveries:
                for delivery in night:
                    delivery.land(self.landing)
                for name in dict.fromkeys(delivery.name.partition("/")[0] for delivery in night):
                    ingest_table(connection, self.tables[name], self.landing, "run")

    def raw_sums(self) -> dict[str, tuple[int, str]]:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            rejected = connection.execute("select count(*) from audit.rejects").fetchone()[0]
            sums = {
                name: control_sum(
                    connection,
                    f"(select * exclude (_file_id, _line) from {identifier('raw', table.identifier)})",
                )
                for name, table in self.tables.items()
            }
        return {**sums, "rejects": (rejected, "")}

    def build(self, threads: int) -> dict[str, tuple[int, str]]:
        """Control sums of every table and view of the scorecard."""
        settings = settings_of(self.company, self.home, threads)
        with duckdb.connect(str(self.warehouse)) as connection:
            write_facts(connection, settings)
        run_dbt(settings)
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            names = connection.execute(
                "select table_name from information_schema.tables where table_schema = 'scorecard'"
            ).fetchall()
            return {name: control_sum(connection, identifier("scorecard", name)) for (name,) in names}


def with_trouble(nights: list[list[Delivery]], draw: random.Random) -> Iterator[list[Delivery]]:
    """The same files late and in any order, many of them wrong at first, some delivered again."""
    every = [delivery for night in nights for delivery in night]
    coming = [(draw.random(), delivery) for delivery in every]
    for delivery in every:
        kind = draw.random()
        if kind < 0.25:
            # wrong at first; what is right comes after it, since it is drawn for a later time
            at = next(time for time, other in coming if other is delivery)
            coming.append((at * draw.random(), spoilt(delivery, every, draw)))
        elif kind < 0.4:
            coming.append((1 + draw.random(), delivery))
    coming.sort(key=lambda entry: entry[0])
    size = -(-len(coming) // NIGHTS)
    for start in range(0, len(coming), size):
        # the last version that comes in a night is the one that lies there
        yield list({delivery.name: delivery for _, delivery in coming[start : start + size]}.values())


def spoilt(delivery: Delivery, every: list[Delivery], draw: random.Random) -> Delivery:
    """The file as it should not have been: rows too few, rows of another file, a row twice."""
    rows = [row for row in delivery.rows if draw.random() < 0.8] or delivery.rows[:1]
    others = [other for other in every if other.header == delivery.header and other is not delivery]
    if others:
        other = draw.choice(others)
        rows += draw.sample(other.rows, min(3, len(other.rows)))
    rows.append(rows[0])
    draw.shuffle(rows)
    return Delivery(delivery.name, delivery.header, rows)


@pytest.fixture(scope="module")
def pipelines(tmp_path_factory):
    base = tmp_path_factory.mktemp("sixty")
    company = small_company()
    nights = portions(company)
    made = {name: Pipeline(company, base / name) for name in ("in order", "shuffled", "at once")}
    made["in order"].nights(iter(nights))
    made["shuffled"].nights(with_trouble(nights, random.Random(60)))
    made["at once"].nights(iter([[delivery for night in nights for delivery in night]]))
    return made


def test_the_shuffled_nights_did_have_trouble(pipelines):
    with duckdb.connect(str(pipelines["shuffled"].warehouse), read_only=True) as connection:
        corrected = connection.execute(
            "select count(*) from audit.files where status = 'superseded' and rows_read > 0"
        ).fetchone()[0]
        late = connection.execute(
            "select count(distinct later.file_id) from audit.files as later inner join audit.files as earlier "
            "on later.table_name = earlier.table_name and later.path < earlier.path and later.file_id > earlier.file_id"
        ).fetchone()[0]
    assert corrected > 40 and late > 150


def test_raw_tables_are_the_same_however_the_files_came(pipelines):
    wanted = pipelines["at once"].raw_sums()
    assert wanted["orders"][0] > 2000 and wanted["rejects"] == (0, "")
    assert pipelines["in order"].raw_sums() == wanted
    assert pipelines["shuffled"].raw_sums() == wanted


def test_the_scorecard_is_the_same_however_the_files_came_and_however_many_threads(pipelines):
    wanted = pipelines["at once"].build(threads=2)
    assert wanted["kpi_scorecard"][0] > 1000
    assert pipelines["in order"].build(threads=2) == wanted
    assert pipelines["shuffled"].build(threads=1) == wanted


def test_a_file_that_is_still_wrong_does_show(tmp_path):
    """The comparison is no formality: one spoilt file that nobody corrects gives other sums."""
    company = small_company()
    company.tables = {"tickets": company.tables["tickets"]}
    nights = [[delivery for night in portions(company) for delivery in night]]
    one, other = Pipeline(company, tmp_path / "one"), Pipeline(company, tmp_path / "other")
    one.nights(iter(nights))
    shutil.copytree(one.landing, other.landing, dirs_exist_ok=True)
    other.nights(iter([[spoilt(nights[0][5], nights[0], random.Random(1))]]))
    assert one.raw_sums() != other.raw_sums()
