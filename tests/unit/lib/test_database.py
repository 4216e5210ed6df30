"""Tables of a PostgreSQL database: exact, read-only, of one moment, and no secret in any message."""

from datetime import date, datetime
from decimal import Decimal
from urllib.parse import quote

import duckdb
import pytest
from adbc_driver_postgresql import dbapi

from dagster_project.lib import database
from dagster_project.lib.database import extract_tables, masked
from dagster_project.lib.ingest import ingest_table
from dagster_project.lib.sources import Column, RawTable
from tests.postgres import PASSWORD, reason_to_skip, server

pytestmark = pytest.mark.xdist_group("postgres")
VARIABLE = "SCORECARD_CONNECTION_TILL"
needs_server = pytest.mark.skipif(
    bool(reason_to_skip()), reason=reason_to_skip() or "a server can be started"
)


@pytest.fixture(scope="module")
def socket():
    if reason_to_skip():
        pytest.skip(reason_to_skip())
    with server() as folder:
        with dbapi.connect(f"host={folder} user=postgres dbname=postgres", autocommit=True) as connection:
            quoted = PASSWORD.replace("'", "''")
            connection.cursor().execute(f"create role reader login password '{quoted}'")
        yield folder


class Shop:
    """A schema of its own in the server, its tables, and a reader who may see them."""

    def __init__(self, socket, home):
        self.socket, self.home = socket, home
        self.uri = f"postgresql://reader:{quote(PASSWORD, safe='')}@/postgres?host={socket}"
        self.environment = {VARIABLE: self.uri}

    def run(self, *statements):
        with dbapi.connect(
            f"host={self.socket} user=postgres dbname=postgres", autocommit=True
        ) as connection:
            for statement in statements:
                connection.cursor().execute(statement)

    def extract(self, *tables, environment=None):
        return extract_tables(tables, self.home / "extracts", environment or self.environment)

    def load(self, connection, table):
        assert self.extract(table) == {}
        return ingest_table(connection, table, self.home / "extracts", "run")

    def files(self, name="sales"):
        folder = self.home / "extracts" / name
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


@pytest.fixture
def shop(socket, tmp_path):
    made = Shop(socket, tmp_path)
    made.run(
        "drop schema if exists shop cascade",
        "create schema shop",
        'create table shop."Order Lines" (id integer, changed timestamptz, amount numeric(18, 4), name text)',
        "grant usage on schema shop to reader",
        'grant select on shop."Order Lines" to reader',
    )
    return made


@pytest.fixture
def connection():
    with duckdb.connect() as opened:
        yield opened


COLUMNS = {"id": "integer", "changed": "timestamp", "amount": "decimal(18, 4)", "name": "varchar"}


def make_table(columns=COLUMNS, query_from="shop.Order Lines", **settings):
    settings = {"domain": "sales", "load": "full", "key": ["id"], "format": "parquet"} | settings
    made = [c if isinstance(c, Column) else Column(name=n, data_type=c) for n, c in columns.items()]
    return RawTable(system="till", name="sales", columns=made, query_from=query_from, **settings)


def rows(connection, columns="id, amount"):
    return connection.execute(f"select {columns} from raw.till__sales order by all").fetchall()


# Values


@needs_server
def test_every_value_is_exact_or_a_reject(shop, connection):
    shop.run(
        "create type shop.mood as enum ('glad', 'sad')",
        "create domain shop.cents as numeric(30, 4)",
        "create table shop.v (id bigint, n numeric, c shop.cents, f float8, d date, t timestamp, z timestamptz,"
        " b boolean, s text, m shop.mood, u uuid, secret text)",
        """insert into shop.v values
        (1, 12345678901234.5678, 0.0001, 0.1, '2024-02-29', '2024-01-05 10:00:00.123456', '2024-01-05 10:00+02',
         true, 'Åsa "x"' || chr(10) || 'y', 'glad', '00000000-0000-0000-0000-000000000001', 'hidden'),
        (2, null, null, null, null, null, null, null, '', null, null, null),
        (3, 0.00001, 1, 1, '2024-01-01', null, null, false, 's', 'sad', null, null),
        (4, 'NaN', 1, 1, '2024-01-01', null, null, false, 's', 'sad', null, null),
        (5, 1, 1, 'infinity', '2024-01-01', null, null, false, 's', 'sad', null, null),
        (6, 1, 1, 1, 'infinity', null, null, false, 's', 'sad', null, null),
        (7, 1, 1, 1, '2024-01-01', '0044-03-15 BC', null, false, 's', 'sad', null, null)""",
        "grant select (id, n, c, f, d, t, z, b, s, m, u) on shop.v to reader",
    )
    columns = {
        "id": "bigint", "n": "decimal(18, 4)", "c": "decimal(18, 4)", "f": "double", "d": "date", "t": "timestamp",
        "z": "timestamp", "b": "boolean", "s": "varchar", "m": "varchar", "u": "varchar",
        "secret": Column(name="secret", data_type="varchar", load=False),
    }  # fmt: skip
    shop.load(connection, make_table(columns, query_from="shop.v"))
    assert rows(connection, "* exclude (_file_id, _line)") == [
        (1, Decimal("12345678901234.5678"), Decimal("0.0001"), 0.1, date(2024, 2, 29),
         datetime(2024, 1, 5, 10, 0, 0, 123456), datetime(2024, 1, 5, 8), True, 'Åsa "x"\ny', "glad",
         "00000000-0000-0000-0000-000000000001"),
        (2, *[None] * 10),
    ]  # fmt: skip
    rejects = connection.execute(
        "select column_name, value, reason from audit.rejects order by line"
    ).fetchall()
    assert rejects == [
        ("n", "0.00001", "too_many_decimals"), ("n", "NaN", "not_a_number"), ("f", "Infinity", "not_a_number"),
        ("d", "infinity", "not_a_date"), ("t", "0044-03-15 00:00:00 BC", "not_a_timestamp"),
    ]  # fmt: skip
    # a column that is not loaded never leaves the database
    landed = (shop.home / "extracts" / "sales" / "sales_all.parquet").read_bytes()
    assert b"hidden" not in landed


# Full and incremental


@needs_server
def test_the_same_rows_are_the_same_bytes_in_whatever_order_they_lie(shop, connection):
    shop.run("insert into shop.\"Order Lines\" select n, now(), n, 'x' from generate_series(1, 500) as n")
    shop.load(connection, make_table())
    path = shop.home / "extracts" / "sales" / "sales_all.parquet"
    before = path.read_bytes()
    shop.run(
        'create table shop.copy as select * from shop."Order Lines" order by random()',
        'truncate shop."Order Lines"',
        'insert into shop."Order Lines" select * from shop.copy',
    )
    assert shop.load(connection, make_table()).unchanged
    assert path.read_bytes() == before
    shop.run(
        'update shop."Order Lines" set amount = 7.5 where id = 1',
        'delete from shop."Order Lines" where id = 2',
    )
    result = shop.load(connection, make_table())
    assert (result.files_loaded, result.row_count) == (("sales/sales_all.parquet",), 499)
    assert rows(connection)[0] == (1, Decimal("7.5"))


@needs_server
@pytest.mark.parametrize("kind", ["timestamptz", "timestamp", "date", "integer"])
def test_incremental_takes_what_is_new_since_the_last_landed_row(shop, connection, kind):
    values = ["1", "2", "3", "4"] if kind == "integer" else [f"'2024-01-0{n}'" for n in range(1, 5)]
    declared = {"timestamptz": "timestamp"}.get(kind, kind)
    shop.run(
        f"create table shop.c (id integer, changed {kind}, amount numeric)",
        f"insert into shop.c values (1, {values[0]}, 1), (2, {values[1]}, 2)",
        "grant select on shop.c to reader",
    )
    table = make_table(
        {"id": "integer", "changed": declared, "amount": "decimal(18, 4)"}, query_from="shop.c",
        load="incremental", cursor_column="changed",
    )  # fmt: skip
    shop.load(connection, table)
    # a row with the very cursor that was the last one is not lost; one that was changed replaces itself
    shop.run(
        f"insert into shop.c values (3, {values[1]}, 3), (4, {values[2]}, 4)",
        f"update shop.c set amount = 1.5, changed = {values[3]} where id = 1",
    )
    result = shop.load(connection, table)
    assert rows(connection) == [(1, Decimal("1.5")), (2, 2), (3, 3), (4, 4)]
    assert (result.files_loaded, result.rows_read) == (("sales/sales_000002.parquet",), 4)
    # nothing new: the row of the last cursor once more, and then no file at all
    shop.load(connection, table)
    assert shop.load(connection, table).unchanged
    assert shop.files() == [f"sales_00000{n}.parquet" for n in (1, 2, 3)]
    assert rows(connection) == [(1, Decimal("1.5")), (2, 2), (3, 3), (4, 4)]


@needs_server
def test_a_changed_declaration_takes_all_rows_anew(shop, connection):
    settings = {"load": "incremental", "cursor_column": "changed"}
    shop.run("insert into shop.\"Order Lines\" values (1, '2024-01-01', 1, 'a'), (2, '2024-01-02', 2, 'b')")
    shop.load(connection, make_table(**settings))
    shop.run("insert into shop.\"Order Lines\" values (3, '2024-01-03', 3, 'c')")
    shop.load(connection, make_table(**settings))
    shop.run('alter table shop."Order Lines" add column ok boolean default true')
    refused = shop.extract(make_table(**settings))
    assert "`ok` is new" in str(refused["sales"])
    result = shop.load(connection, make_table(COLUMNS | {"ok": "boolean"}, **settings))
    assert rows(connection, "id, ok") == [(1, True), (2, True), (3, True)]
    assert shop.files() == ["earlier", "sales_000003.parquet"]
    assert not [note for note in result.notes if "no longer lie" in note]


@needs_server
def test_a_killed_extraction_leaves_nothing_that_counts(shop, connection, monkeypatch):
    shop.run("insert into shop.\"Order Lines\" values (1, '2024-01-01', 1, 'a')")
    with monkeypatch.context() as patch:

        def crash(*arguments):
            raise KeyboardInterrupt

        patch.setattr(database.os, "fsync", crash)
        with pytest.raises(KeyboardInterrupt):
            shop.extract(make_table())
    assert shop.files() == []
    (shop.home / "extracts" / "sales" / ".sales_all.parquet.draft").write_bytes(b"half")
    shop.load(connection, make_table())
    assert (rows(connection), shop.files()) == ([(1, 1)], ["sales_all.parquet"])


@needs_server
def test_all_tables_are_seen_as_of_one_moment(shop, monkeypatch):
    shop.run("create table shop.other (id integer)", "grant select on shop.other to reader")
    extract = database._extract

    def meanwhile(run, table, folder):
        extract(run, table, folder)
        shop.run("insert into shop.other values (1)")

    monkeypatch.setattr(database, "_extract", meanwhile)
    other = make_table({"id": "integer"}, query_from="shop.other").model_copy(update={"name": "other"})
    assert shop.extract(make_table(), other) == {}
    with duckdb.connect() as fresh:
        assert fresh.execute(
            f"select count(*) from '{shop.home}/extracts/other/other_all.parquet'"
        ).fetchone() == (0,)


@needs_server
def test_nothing_can_be_written_through_the_connection(shop):
    shop.run('grant all on shop."Order Lines" to reader')
    with (
        pytest.raises(dbapi.Error, match="read-only transaction"),
        database._snapshot(make_table(), VARIABLE, shop.uri) as run,
    ):
        run('delete from shop."Order Lines"')


# Drift and failures

DRIFTS = [
    ("missing", ["alter table {t} drop column amount"], ["`amount` is missing"]),
    ("new", ["alter table {t} add column age integer"], ["`age` is new", "load: false"]),
    ("renamed", ["alter table {t} rename column amount to amounts"], ["`amount` is missing (renamed to `amounts`?)"]),
    ("type", ["alter table {t} alter column amount type float8"], ["decimal(18, 4) in column amount", "type double precision"]),
    ("type", ["alter table {t} alter column amount type text"], ["decimal(18, 4) in column amount", "type text"]),
    ("type", ["alter table {t} alter column changed type text"], ["timestamp in column changed", "type text"]),
    ("gone", ["drop table {t}"], ["a table or view shop.Order Lines", "correct `query_from`"]),
    ("permission", ["revoke all on {t} from reader"], ["no permission to read id, changed, amount, name", "grant select on shop.Order Lines"]),
    ("schema permission", ["revoke usage on schema shop from reader"], ["permission denied for schema shop", "grant select"]),
]  # fmt: skip


@needs_server
@pytest.mark.parametrize(("statements", "words"), [d[1:] for d in DRIFTS], ids=[d[0] for d in DRIFTS])
def test_drift_of_the_database_is_refused_and_the_other_tables_still_come(
    shop, connection, statements, words
):
    shop.run(
        "insert into shop.\"Order Lines\" values (1, '2024-01-01', 1, 'a')",
        "create table public.steady as select 1 as id", "grant select on public.steady to reader",
    )  # fmt: skip
    steady = make_table({"id": "integer"}, query_from="public.steady").model_copy(update={"name": "steady"})
    try:
        shop.load(connection, make_table())
        shop.run(*(statement.format(t='shop."Order Lines"') for statement in statements))
        refused = shop.extract(make_table(), steady)
    finally:
        shop.run("drop table public.steady")
    assert list(refused) == ["sales"]
    for word in [*words, "expected:", "to do:", "the last good data stays"]:
        assert word in str(refused["sales"])
    assert shop.files("steady") == ["steady_all.parquet"]
    assert rows(connection) == [(1, 1)]


@needs_server
def test_reordered_columns_of_the_database_mean_nothing(shop, connection):
    columns = dict(reversed(COLUMNS.items()))
    shop.run("insert into shop.\"Order Lines\" values (1, '2024-01-01', 1, 'a')")
    shop.load(connection, make_table(columns))
    assert rows(connection) == [(1, 1)]


@needs_server
def test_a_slow_query_is_given_up(shop, monkeypatch):
    shop.run(
        "create view shop.slow as select 1 as id, pg_sleep(20)::text as name",
        "grant select on shop.slow to reader",
    )
    monkeypatch.setattr(database, "_STATEMENT_TIMEOUT_MS", 100)
    refused = shop.extract(make_table({"id": "integer", "name": "varchar"}, query_from="shop.slow"))
    assert "statement timeout" in str(refused["sales"])
    assert "less busy" in str(refused["sales"])


def test_a_missing_variable_is_named(tmp_path):
    refused = extract_tables([make_table()], tmp_path, {})
    assert VARIABLE in str(refused["sales"])
    assert "not set" in str(refused["sales"])
    assert (
        extract_tables(
            [make_table(query_from="shop.x").model_copy(update={"query_from": None})], tmp_path, {}
        )
        == {}
    )


@pytest.mark.parametrize(
    "uri",
    [
        "postgresql://reader:{p}@127.0.0.1:1/postgres",
        "postgresql://reader:{p}@no-such-host.invalid/postgres",
        "postgresql://reader@127.0.0.1:1/postgres?password={p}",
        "host=127.0.0.1 port=1 user=reader password='{k}' dbname=postgres",
        "host=127.0.0.1 nonsense={k} password='{k}'",
        "postgresql://reader:{p}@127.0.0.1:port/postgres",
        "nonsense {k}",
    ],
)
def test_an_unreachable_database_is_told_without_the_secret(tmp_path, uri):
    keyed = PASSWORD.replace("\\", "\\\\").replace("'", "\\'")
    secret = uri.format(p=quote(PASSWORD, safe=""), k=keyed)
    message = str(extract_tables([make_table()], tmp_path, {VARIABLE: secret})["sales"])
    assert "a database that answers to SCORECARD_CONNECTION_TILL" in message
    for spelling in (PASSWORD, quote(PASSWORD, safe=""), keyed, secret):
        assert spelling not in message


@needs_server
def test_a_wrong_password_is_told_without_it(shop):
    wrong = shop.uri.replace("s3cr3t", "wr0ng")
    message = str(shop.extract(make_table(), environment={VARIABLE: wrong})["sales"])
    assert "password authentication failed" in message
    assert "wr0ng" not in message


def test_a_secret_is_masked_in_every_spelling():
    secret = "postgresql://u:p%40ss%2Fword@h/d"
    text = f"cannot use {secret}: p@ss/word, p%40ss%2Fword"
    assert masked(text, secret) == "cannot use ***: ***, ***"
    assert masked("nothing here", secret) == "nothing here"
