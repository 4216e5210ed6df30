"""A company of four tables and one whole night in one process, without dbt: what the faults and kills are tried on.

Belongs here: its declaration, files, suites and scorecard, and the night itself, made of the pipeline's own steps
(ingest, gate, publication). Does not belong here: what is done to it (faults.py, kills.py, tests/security).

A refused extract leaves its table as it was and the night goes on with the last good rows. This company says which KPI
is built from which table, and holds none: a failed suite leaves the scorecard as it was, and the publication is asked
all the same, because it has to refuse by itself. What a held KPI looks like is tried on whole nights.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from dagster_project.lib import flips
from dagster_project.lib.connection import connect
from dagster_project.lib.control_sums import control_sum
from dagster_project.lib.gate import Suite, SuiteVerdict, find_suites, judge
from dagster_project.lib.ingest import ExtractRefused, ensure_audit_tables, ingest_table
from dagster_project.lib.kept_editions import known_flips
from dagster_project.lib.lock import connect_to_write
from dagster_project.lib.publication import Edition, Publication, PublicationError, publish
from dagster_project.lib.sources import SourceSystem, load_system
from dagster_project.lib.sql import identifier

SYSTEM = "shop"
AS_OF = date(2025, 3, 31)
TABLES = ("kpi_scorecard", "periods")
VIEWS = ("kpi_latest",)

DECLARATION = """
version: 2
sources:
  - name: shop
    schema: raw
    config: {meta: {company_name: "Affären", reporting_currency: SEK, as_of: 2025-03-31, landing: landing}}
    tables:
      - name: orders
        identifier: shop__orders
        config:
          meta: {domain: sales, files: "sales/orders_*.csv", load: by_file, key: [order_id], date_column: order_date}
        columns:
          - {name: order_id, data_type: varchar}
          - {name: customer_id, data_type: varchar, config: {meta: {required: true}}}
          - {name: order_date, data_type: date, config: {meta: {required: true}}}
          - {name: currency, data_type: varchar, config: {meta: {required: true}}}
          - {name: amount, data_type: "decimal(18, 2)", config: {meta: {required: true}}}
          - {name: status, data_type: varchar}
      - name: customers
        identifier: shop__customers
        config: {meta: {domain: sales, files: sales/customers.csv, load: full, key: [customer_id]}}
        columns:
          - {name: customer_id, data_type: varchar}
          - {name: customer_name, data_type: varchar}
          - {name: email, data_type: varchar}
      - name: exchange_rates
        identifier: shop__exchange_rates
        config: {meta: {domain: finance, files: finance/exchange_rates.csv, load: full, key: [currency, rate_month]}}
        columns:
          - {name: currency, data_type: varchar}
          - {name: rate_month, data_type: date}
          - {name: rate, data_type: "decimal(18, 6)", config: {meta: {required: true}}}
      - name: pay
        identifier: shop__pay
        config: {meta: {domain: hr, files: hr/pay.csv, load: full, key: [employee_id]}}
        columns:
          - {name: employee_id, data_type: varchar}
          - {name: personal_id, data_type: varchar}
          - {name: monthly_pay, data_type: "decimal(18, 2)", config: {meta: {required: true}}}
"""


def _rows_query(query: str, reason: str, **meta: object) -> dict[str, object]:
    return {
        "type": "unexpected_rows_expectation",
        "kwargs": {"unexpected_rows_query": query},
        "severity": "critical",
        "meta": {"reason": reason, **meta},
    }


def _not_null(column: str) -> dict[str, object]:
    return {
        "type": "expect_column_values_to_not_be_null",
        "kwargs": {"column": column},
        "severity": "critical",
    }


SUITES = {
    "orders": [
        _rows_query(
            "select batch.* from {batch} as batch left join raw.shop__customers as c "
            "on batch.customer_id = c.customer_id where c.customer_id is null",
            "An order of an unknown customer is revenue of nobody.",
        ),
        _rows_query(
            "select batch.* from {batch} as batch left join raw.shop__exchange_rates as r "
            "on batch.currency = r.currency and date_trunc('month', batch.order_date) = r.rate_month "
            "where r.rate is null and batch.currency <> 'SEK'",
            "An amount without a rate of its month can not be added.",
        ),
        _rows_query("select * from {batch} where amount < 0", "A sale is never negative."),
        _rows_query(
            "select * from {batch} where order_date > date '2025-03-31'",
            "An order of a day to come has a wrong date.",
        ),
        {
            "type": "expect_column_values_to_be_in_set",
            "kwargs": {"column": "status", "value_set": ["sold", "returned"]},
            "severity": "critical",
            "meta": {"reason": "What is counted hangs on this word."},
        },
        _rows_query(
            "select max(order_date) as newest from {batch} having max(order_date) < date '2025-03-20'",
            "The shop sells every day: newer orders are missing.",
        ),
        {
            "type": "expect_table_row_count_to_be_between",
            "kwargs": {"min_value": 150},
            "severity": "critical",
            "meta": {"reason": "Three months hold at least 150 orders."},
        },
    ],
    "customers": [_not_null("customer_id")],
    "exchange_rates": [
        _rows_query("select * from {batch} where rate < 5 or rate > 20", "No rate ever lay out here.")
    ],
    "pay": [
        _rows_query(
            "select * from {batch} where monthly_pay not between 10000 and 500000",
            "Pay by the month, in kronor.",
            mask=True,
        )
    ],
}
PERSONAL = {"customers": ["customer_name", "email"], "pay": ["personal_id", "monthly_pay"]}
SCORECARD_SUITES = {"kpi_scorecard": [_not_null("actual_value")], "periods": [_not_null("period_start_date")]}

KPI_INPUTS = [
    ("revenue_amount", SYSTEM, "orders"),
    ("revenue_amount", SYSTEM, "exchange_rates"),
    ("customers_count", SYSTEM, "orders"),
    ("customers_count", SYSTEM, "customers"),
    ("headcount", SYSTEM, "pay"),
]
SCORECARD = """
create or replace table scorecard.periods as
select distinct cast(date_trunc('month', order_date) as date) as period_start_date from raw.shop__orders;
create or replace table scorecard.kpi_scorecard as
with figures as (
    select 'revenue_amount' as kpi_id, cast(date_trunc('month', o.order_date) as date) as period_start_date,
        cast(sum(o.amount * coalesce(r.rate, 1)) as decimal(38, 10)) as actual_value
    from raw.shop__orders as o left join raw.shop__exchange_rates as r
        on o.currency = r.currency and date_trunc('month', o.order_date) = r.rate_month
    where o.status = 'sold'
    group by 2
    union all
    select 'customers_count', p.period_start_date, cast(count(distinct o.customer_id) as decimal(38, 10))
    from scorecard.periods as p inner join raw.shop__orders as o
        on p.period_start_date = date_trunc('month', o.order_date)
    group by 2
    union all
    select 'headcount', max(p.period_start_date), cast(count(distinct pay.employee_id) as decimal(38, 10))
    from raw.shop__pay as pay, scorecard.periods as p
)

select kpi_id, 'month' as period_grain, period_start_date, 'company' as scope_type, 'all' as scope_id, actual_value,
    cast(null as decimal(38, 10)) as target_value, cast(null as decimal(38, 10)) as target_lower,
    cast(null as decimal(38, 10)) as target_upper, cast(null as decimal(38, 10)) as variance, 'no_target' as status,
    'settled' as period_status, 'passed' as quality_status, cast(null as varchar) as no_value_reason,
    'd1' as definition_hash,
    '{edition}' as edition_id
from figures;
create or replace view scorecard.kpi_latest as
select kpi_id, max(period_start_date) as period_start_date from scorecard.kpi_scorecard group by kpi_id;
"""


@dataclass(frozen=True)
class Night:
    """What came out of a night."""

    refused: dict[str, str]
    verdicts: tuple[SuiteVerdict, ...]
    publication: Publication | None
    message: str
    """Everything that was said to people."""

    @property
    def failed(self) -> list[str]:
        """The tables whose suites failed."""
        return [verdict.table for verdict in self.verdicts if not verdict.passed]


@dataclass(frozen=True)
class EditionNamed:
    """The edition that a night builds; the pipeline's own is in a module that loads dbt, which no night here needs."""

    edition_id: str
    parent_edition_id: str | None
    inputs_hash: str
    inputs: dict[str, str]


@dataclass
class CompanyFolder:
    """A company in a folder of its own: ``home`` (all state) and ``landing``."""

    folder: Path

    @property
    def home(self) -> Path:
        """The state folder."""
        return self.folder / "home"

    @property
    def landing(self) -> Path:
        """Where the extracts lie."""
        return self.folder / "landing"

    @property
    def current(self) -> Path:
        """What readers open."""
        return self.home / "published" / "current.duckdb"


def small_page(edition: Path) -> str:
    """Stands in for the page: made from the edition's own file, as the real one is."""
    with duckdb.connect(str(edition), read_only=True) as connection:
        (edition_id,) = connection.execute("select edition_id from scorecard.publication").fetchone()
    return f"<!doctype html><title>{edition_id}</title>"


@dataclass
class SmallCompany(CompanyFolder):
    """The small one; its declaration and suites are in the folder ``shop``."""

    time_limit_seconds: float = 60.0
    _system: SourceSystem | None = field(default=None, repr=False)

    @property
    def warehouse(self) -> Path:
        """The private database."""
        return self.home / "warehouse.duckdb"

    @property
    def system(self) -> SourceSystem:
        """The declaration, as it is read."""
        self._system = self._system or load_system(self.folder / SYSTEM)
        return self._system

    def write(self) -> SmallCompany:
        """Write declaration, suites and the first delivery."""
        for name in ("sales", "finance", "hr"):
            (self.landing / name).mkdir(parents=True, exist_ok=True)
        suites = self.folder / SYSTEM / "expectations"
        suites.mkdir(parents=True)
        self.home.mkdir()
        (self.folder / SYSTEM / f"{SYSTEM}.yml").write_text(DECLARATION)
        for name, expectations in SUITES.items():
            meta = {"personal_columns": PERSONAL.get(name, [])}
            (suites / f"{name}.json").write_text(
                json.dumps({"name": name, "meta": meta, "expectations": expectations})
            )
        judged = self.folder / "scorecard"
        judged.mkdir()
        for name, expectations in SCORECARD_SUITES.items():
            (judged / f"{name}.json").write_text(json.dumps({"name": name, "expectations": expectations}))
        for month in (1, 2, 3):
            self.deliver_orders(month)
        customers = [f"C{n:03},Kund {n},kund{n}@example.org" for n in range(40)]
        self._put("sales/customers.csv", "customer_id,customer_name,email", customers)
        rates = [f"EUR,2025-{month:02}-01,11.{month}0" for month in (1, 2, 3)]
        self._put("finance/exchange_rates.csv", "currency,rate_month,rate", rates)
        people = [f"E{n:02},19{50 + n}0101-{n:04},{30000 + 500 * n}.00" for n in range(25)]
        self._put("hr/pay.csv", "employee_id,personal_id,monthly_pay", people)
        return self

    def deliver_orders(self, month: int, version: int = 0, part: int = 0) -> Path:
        """Land a month's orders, or a part of a month that comes late; a higher version is a corrected file."""
        rows = []
        for n in range(80 if part == 0 else 12):
            amount = f"{(n * 37 + month * 11 + version * 5) % 900 + 10}.{n % 100:02}"
            currency = "EUR" if n % 9 == 0 else "SEK"
            status = "returned" if n % 17 == 3 else "sold"
            rows.append(
                f"{month}-{part}-{n:03},C{n % 40:03},2025-{month:02}-{n % 28 + 1:02},{currency},{amount},{status}"
            )
        name = f"sales/orders_{month:02}{f'_{part:04}' if part else ''}.csv"
        return self._put(name, "order_id,customer_id,order_date,currency,amount,status", rows)

    def _put(self, name: str, header: str, rows: list[str]) -> Path:
        path = self.landing / name
        path.write_text("\n".join([header, *rows]) + "\n")
        return path

    def suites(self) -> list[Suite]:
        """Every suite that a night must pass."""
        return find_suites(self.folder, [self.system], TABLES, self.folder / "shipped")

    def night(self, on_step: Callable[[str], None] = lambda step: None, as_of: date = AS_OF) -> Night:
        """Ingest, judge, build, judge, publish."""
        refused: dict[str, str] = {}
        with connect_to_write(
            self.warehouse, connect=lambda path: connect(path, [self.landing])
        ) as connection:
            ensure_audit_tables(connection)
            connection.execute("delete from audit.kpi_inputs")
            connection.executemany("insert into audit.kpi_inputs values (?, ?, ?)", KPI_INPUTS)
            for table in self.system.tables:
                try:
                    ingest_table(connection, table, self.landing, "run")
                except ExtractRefused as error:
                    refused[table.name] = str(error)
                on_step(f"ingested {table.name}")
        suites = self.suites()
        raw = [suite for suite in suites if suite.schema == "raw"]
        verdicts = judge(
            self.warehouse, raw, "run", as_of=as_of, reuse=True, time_limit_seconds=self.time_limit_seconds
        )
        on_step("raw judged")
        edition = self.name_edition(as_of)
        if all(verdict.passed for verdict in verdicts):
            with duckdb.connect(str(self.warehouse)) as connection:
                connection.execute("create schema if not exists scorecard")
                for statement in SCORECARD.replace("{edition}", edition.edition_id).split(";"):
                    connection.execute(statement)
                    on_step("a table built")
            verdicts += judge(
                self.warehouse, [s for s in suites if s.schema == "scorecard"], "run", as_of=as_of
            )
            on_step("scorecard judged")
        said = [*refused.values(), *(verdict.message for verdict in verdicts if not verdict.passed)]
        try:
            published = self.publish(edition, as_of, on_step)
        except PublicationError as error:
            return Night(refused, tuple(verdicts), None, "\n".join([*said, str(error)]))
        return Night(refused, tuple(verdicts), published, "\n".join(said))

    def publish(
        self, edition: EditionNamed, as_of: date = AS_OF, on_step: Callable[[str], None] = lambda step: None
    ) -> Publication:
        """The publication alone."""
        return publish(
            self.warehouse,
            self.home,
            Edition(
                *(edition.edition_id, as_of, SYSTEM, self.system.company_name, "SEK", "run"),
                parent_edition_id=edition.parent_edition_id,
                inputs_hash=edition.inputs_hash,
                inputs=edition.inputs,
            ),
            TABLES,
            VIEWS,
            self.suites(),
            on_step=on_step,
            before_flip=lambda: on_step("before the flip"),
            render=small_page,
        )

    def name_edition(self, as_of: date = AS_OF) -> EditionNamed:
        """A name that follows from the raw tables, the suites and the edition before, as the pipeline's own does."""
        with duckdb.connect(str(self.warehouse)) as connection:
            raw = connection.execute(
                "select table_name, content_hash from audit.raw_tables order by all"
            ).fetchall()
        texts = [path.read_text() for path in sorted(self.folder.glob("*/expectations/*.json"))]
        inputs = {"data": _hash(raw), "suites": _hash(texts), "time_passed": str(as_of)}
        inputs_hash, published = _hash(inputs), self.home / "published"
        newest = flips.newest(known_flips(published))
        if newest and newest.inputs_hash == inputs_hash:
            return EditionNamed(newest.edition_id, newest.parent_edition_id, inputs_hash, inputs)
        parent = flips.linked(published)
        return EditionNamed(f"{as_of}-{_hash([inputs_hash, parent])[:10]}", parent, inputs_hash, inputs)

    def raw_sums(self) -> dict[str, tuple[int, str]]:
        """Control sums of the raw tables by what stands in them, not by which file or night brought it."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return {
                table.name: control_sum(
                    connection,
                    f"(select * exclude (_file_id, _line) from {identifier('raw', table.identifier)})",
                )
                for table in self.system.tables
            }


# say when and by which run an edition was made, or are control sums of tables that do
OF_THE_RUN = ("publication", "publication_tables")
# what published them, after a kill perhaps the next run, and a sum of an edition with its moments
_MADE = ("run_id", "made_by", "control_sum")
# say which editions there were, and of which files: another delivery of the same rows is told there
OF_THE_EDITION = ("publication_history", "publication_inputs")


def published_sums(
    published: Path, without: tuple[str, ...] = _MADE, but_for: tuple[str, ...] = OF_THE_RUN
) -> dict[str, tuple[int, str]]:
    """Control sums of everything that readers of this file see, but for what says when and by whom it was made."""
    with duckdb.connect(str(published), read_only=True) as connection:
        sums = {}
        for name in _tables(connection):
            if name not in but_for:
                relation = identifier("scorecard", name)
                kept = [
                    identifier(column)
                    for column, kind, *_ in connection.execute(f"describe {relation}").fetchall()
                    if not kind.startswith("TIMESTAMP") and not column.endswith(without)
                ]
                sums[name] = control_sum(connection, f"(select {', '.join(kept)} from {relation})")
        return sums


def published_figures(published: Path) -> dict[str, tuple[int, str]]:
    """The same without the names of editions: equal where another delivery has led to the same figures."""
    return published_sums(published, (*_MADE, "edition_id"), (*OF_THE_RUN, *OF_THE_EDITION))


def _hash(facts: object) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "select table_name from information_schema.tables where table_schema = 'scorecard' order by 1"
    ).fetchall()
    return [name for (name,) in rows]
