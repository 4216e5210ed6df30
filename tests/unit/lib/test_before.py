"""Copies of raw tables as of the last edition: there when they are needed, right after a kill at any place."""

from contextlib import contextmanager, suppress
from datetime import date

import duckdb
import pytest

from dagster_project.lib.audit_tables import ensure_audit_tables, write_run_settings
from dagster_project.lib.before import (
    State,
    current_facts,
    forget_copies,
    keep,
    record_inputs,
    recorded_facts,
    states,
)
from dagster_project.lib.extract import ExtractRefused
from dagster_project.lib.ingest import ingest_table
from dagster_project.lib.sources import Column, RawTable

TABLE = ("till", "sales")


class Killed(Exception):
    pass


class Fragile:
    """A connection whose process dies before its n-th statement."""

    def __init__(self, connection, lives):
        self.connection, self.lives, self.used = connection, lives, 0

    def tick(self):
        self.used += 1
        if self.lives is not None and self.used > self.lives:
            raise Killed

    def execute(self, *arguments):
        self.tick()
        return self.connection.execute(*arguments)

    def begin(self):
        self.tick()
        self.connection.begin()

    def commit(self):
        self.tick()
        self.connection.commit()

    def rollback(self):
        if self.used <= (self.lives if self.lives is not None else self.used):
            self.connection.rollback()


class Company:
    """A warehouse, the editions shown, and what stood in the raw table when each was made.

    In memory a process that dies is a transaction rolled back; in a file it is one never committed.
    """

    def __init__(self, path=None):
        self.path, self.shown, self.made_of = path, [], {}
        self.memory = None if path else duckdb.connect()
        with self.connect() as connection:
            connection.begin()
            ensure_audit_tables(connection)
            connection.commit()
            write_run_settings(
                connection, edition_id="none", as_of_date=date(2026, 3, 1), history_from=None, company="till",
                company_name="Till", reporting_currency="SEK", time_zone="UTC",
            )  # fmt: skip
        self.night("first")

    @contextmanager
    def connect(self):
        connection = self.memory or duckdb.connect(str(self.path))
        try:
            yield connection
        finally:
            if self.memory:
                with suppress(duckdb.Error):
                    connection.rollback()
            else:
                connection.close()

    def rows(self, connection, state):
        relation = {"unchanged": "raw.till__sales", "copy": state.relation}[state.kind]
        return connection.execute(f"select * from {relation} order by all").fetchall()

    def night(self, content, lives=None):
        """Ingest, compare, record, flip, drop the copies; return how many statements that took."""
        with self.connect() as connection:
            fragile = Fragile(connection, lives)
            self.ingest(fragile, content)
            edition = f"edition-{content}"
            if self.shown:
                self.check(connection)
            record_inputs(fragile, edition, "code")
            self.made_of[edition] = [(content,)]
            fragile.tick()
            self.shown.append(edition)
            forget_copies(fragile, edition)
            return fragile.used

    def ingest(self, fragile, content):
        known = fragile.execute("select content_hash from audit.raw_tables").fetchall()
        if known == [(content,)]:
            return
        fragile.begin()
        keep(fragile, *TABLE)
        fragile.execute("create or replace table raw.till__sales as select ? as said", [content])
        fragile.execute("delete from audit.raw_tables")
        fragile.execute(
            "insert into audit.raw_tables (source_system, table_name, content_hash) values ('till', 'sales', ?)",
            [content],
        )
        fragile.commit()

    def check(self, connection):
        """What belongs to the edition that readers have is exactly what that edition was made of."""
        (state,) = states(connection, self.shown[-1]).values()
        assert state.kind in ("unchanged", "copy")
        assert self.rows(connection, state) == self.made_of[self.shown[-1]]


@pytest.fixture
def company():
    return Company()


def copies(company):
    with company.connect() as connection:
        tables = connection.execute(
            "select count(*) from duckdb_tables() where schema_name = 'before'"
        ).fetchone()[0]
        assert connection.execute("select count(*) from audit.before_tables").fetchone() == (tables,)
        return tables


# the last of them lie beyond the statements that there are
BOUNDARIES = range(27)


def test_the_boundaries_are_all_there_are(company):
    assert company.night("second") <= BOUNDARIES[-1]


@pytest.mark.parametrize("then", ["second", "third"])
@pytest.mark.parametrize("lives", BOUNDARIES)
def test_a_night_killed_before_any_statement_leaves_the_state_that_readers_have(company, lives, then):
    try:
        company.night("second", lives)
    except Killed:
        assert lives < BOUNDARIES[-1]
    with company.connect() as connection:
        company.check(connection)
    # ... a plain rerun, or a night with other files, compares with it and leaves nothing behind
    company.night(then)
    assert company.shown[-1] == f"edition-{then}"
    assert copies(company) == 0


@pytest.mark.parametrize("lives", [6, 12, 17, 22])
def test_a_killed_process_leaves_it_too(tmp_path, lives):
    company = Company(tmp_path / "warehouse.duckdb")
    with pytest.raises(Killed):
        company.night("second", lives)
    with company.connect() as connection:
        company.check(connection)
    company.night("third")
    assert copies(company) == 0


def test_the_first_copy_stands_until_an_edition_is_shown(company):
    for content in ("refused", "refused again"):
        with company.connect() as connection:
            company.ingest(Fragile(connection, None), content)
            company.check(connection)
    # of a state that no edition was made of nothing is kept
    assert copies(company) == 1
    company.night("good")
    assert copies(company) == 0


def test_a_copy_stays_while_readers_have_its_edition(company):
    with company.connect() as connection:
        company.ingest(Fragile(connection, None), "second")
        record_inputs(connection, "edition-second", "code")
        # the new edition was made, and readers were left with the one before
        assert forget_copies(connection, "edition-first") == 0
        company.check(connection)
        assert forget_copies(connection, "edition-second") == 1
    assert copies(company) == 0


def test_a_table_that_does_not_change_is_not_copied(company):
    assert copies(company) == 0
    with company.connect() as connection:
        assert states(connection, "edition-first") == {TABLE: State("unchanged")}


def test_a_table_that_the_edition_did_not_have_was_empty_then(company):
    with company.connect() as connection:
        connection.execute(
            "insert into audit.raw_tables (source_system, table_name, content_hash) values ('till', 'goods', 'x')"
        )
        assert states(connection, "edition-first")["till", "goods"] == State("empty")


def test_after_going_back_to_an_edition_whose_rows_are_gone_nothing_is_claimed(company):
    company.night("second")
    with company.connect() as connection:
        assert states(connection, "edition-first") == {TABLE: State("unknown")}


def test_a_raw_table_that_somebody_dropped_is_not_missed(company):
    with company.connect() as connection:
        connection.execute("drop table raw.till__sales")
        assert not keep(connection, *TABLE)


def test_ingest_keeps_what_it_changes_and_nothing_when_it_refuses(company, tmp_path):
    table = RawTable(
        system="shop", name="orders", domain="sales", files="f*.csv", load="by_file", key=["id"],
        columns=[Column(name="id", data_type="integer"), Column(name="net", data_type="integer")],
    )  # fmt: skip
    file = tmp_path / "f1.csv"
    with company.connect() as connection:

        def kept():
            return connection.execute(
                "select table_name from duckdb_tables() where schema_name = 'before' order by 1"
            ).fetchall()

        file.write_text("id,net\n1,10\n2,20\n")
        ingest_table(connection, table, tmp_path, "run 1")
        assert kept() == [], "no edition was made of an empty warehouse"
        record_inputs(connection, "shown", "code")
        ingest_table(connection, table, tmp_path, "run 2")
        assert kept() == [], "nothing has changed"
        file.write_text("id,price\n1,10\n")
        with pytest.raises(ExtractRefused):
            ingest_table(connection, table, tmp_path, "run 3")
        assert kept() == []
        file.write_text("id,net\n1,11\n3,30\n")
        ingest_table(connection, table, tmp_path, "run 4")
        state = states(connection, "shown")["shop", "orders"]
        assert connection.execute(f"select id, net from {state.relation} order by all").fetchall() == [
            (1, 10),
            (2, 20),
        ]
        (tmp_path / "f2.csv").write_text("id,net\n4,40\n")
        ingest_table(connection, table, tmp_path, "run 5")
        assert len(kept()) == 1


def test_facts_are_remembered_as_they_were(company):
    with company.connect() as connection:
        connection.execute("update audit.run_settings set history_from = date '2024-01-01'")
        connection.execute(
            "insert into audit.domain_coverage values ('sales', 'till', '2024-01-01', null, 'n', 's')"
        )
        record_inputs(connection, "other", "code 2")
        assert recorded_facts(connection, "other") == current_facts(connection, "code 2")
        assert recorded_facts(connection, "other") != recorded_facts(connection, "edition-first")
        assert recorded_facts(connection, "unheard of") is None
