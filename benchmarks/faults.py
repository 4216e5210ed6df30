"""Faults injected one by one: what may not change does not, and the message names file, line and what to do.

    python -m benchmarks.faults --small                   # each fault in a small company's night, without dbt
    python -m benchmarks.faults                           # each fault in a whole night of the demo company
    python -m benchmarks.faults --only "half a row" zip --folder trial --json faults.json

Every fault starts from a copy of the same published state. What is expected of it is one of:

- ``refused``: the extract is not taken. Its table keeps its rows, every published figure stays.
- ``held``: the rows are taken and can not be right. In a whole night the KPIs they feed are held: their last published
  figures are shown, marked, and all others are published. The small company holds nothing, so nothing is published.
- ``nothing published``: readers keep the edition they have, to the byte.
- ``refused at the start``: a setting is wrong; nothing is even begun.
- ``another program``: it has the warehouse or the state folder, and is named; nothing is begun.
- ``harmless``: the night ends as if nothing had been done, with the same figures.
- ``repaired``: the night sets right what was broken, with the same figures.
- ``published beside``: another edition is published, and the one from before is kept to the byte.

Results are kept in ``--folder``; a second call on it goes on where the first stopped.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import ctypes
import gzip
import hashlib
import io
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.kills import _PROCESSES, demo_environment, prepare_demo
from benchmarks.small_company import CompanyFolder, SmallCompany, published_figures, published_sums
from dagster_project.lib.connection import connect
from dagster_project.lib.ingest import ConservationBroken, ingest_table
from dagster_project.lib.kept_editions import whole_current
from dagster_project.lib.lock import WarehouseUnreadable
from dagster_project.lib.publication import PublicationError, current_edition
from dagster_project.lib.sql import literal

CHECKOUT = Path(__file__).resolve().parents[1]
REFUSED, HELD, NOTHING, AT_START = "refused", "held", "nothing published", "refused at the start"
HARMLESS, REPAIRED, BESIDE = "harmless", "repaired", "published beside"
ANOTHER = "another program"


@dataclass(frozen=True)
class Place:
    """Where the files of a company lie that faults are planted in: the small one's and the demo's."""

    landing: Path
    files: dict[str, str]

    def path(self, name: str) -> Path:
        """The file of a name that both companies have."""
        return self.landing / self.files[name]


SMALL_FILES = {
    "orders": "sales/orders_03.csv",
    "customers": "sales/customers.csv",
    "rates": "finance/exchange_rates.csv",
    "pay": "hr/pay.csv",
}
DEMO_FILES = {
    "orders": "sales/orders_2025.csv",
    "customers": "sales/customers.csv",
    "rates": "finance/exchange_rates.csv",
    "pay": "hr/pay.csv",
    "lines": "sales/order_lines_2025.csv",
}


@dataclass(frozen=True)
class FileFault:
    """Something wrong with an extract."""

    name: str
    kind: str
    file: str
    plant: Callable[[Path], Any]
    says: tuple[str, ...] = ()
    """Words that the message must hold, beside the file's name."""
    never_says: tuple[str, ...] = ()
    only_small: bool = False
    only_demo: bool = False


# Changing a file


def _text(change: Callable[[list[str]], list[str]]) -> Callable[[Path], None]:
    """A change of a file's lines, the header being the first."""

    def plant(path: Path) -> None:
        path.write_text("".join(f"{line}\n" for line in change(path.read_text().splitlines())))

    return plant


def _cells(
    change: Callable[[dict[str, str], int], dict[str, str] | None], after: int = 0
) -> Callable[[Path], None]:
    """A change of rows, cell by cell; None leaves the row out."""

    def plant(path: Path) -> None:
        with path.open(newline="") as stream:
            reader = csv.DictReader(stream)
            rows = [
                change(dict(row), number) if number >= after else row for number, row in enumerate(reader)
            ]
        with path.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, reader.fieldnames or [], lineterminator="\n")
            writer.writeheader()
            writer.writerows(row for row in rows if row is not None)

    return plant


def _bytes(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(change(path.read_bytes()))


def _one_row(number: int, **cells: str) -> Callable[[Path], None]:
    return _cells(lambda row, at: {**row, **cells} if at == number else row)


def _zipped(content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("orders.csv", content)
    return stream.getvalue()


def _instead(make: Callable[[Path], Any]) -> Callable[[Path], None]:
    """Something else in the place of the file."""

    def plant(path: Path) -> None:
        path.unlink()
        make(path)

    return plant


def _link_out(path: Path) -> None:
    outside = path.parents[2] / "outside.csv"
    shutil.copy(path, outside)
    path.unlink()
    path.symlink_to(outside)


def _swap(first: str, second: str) -> Callable[[list[str]], list[str]]:
    def change(lines: list[str]) -> list[str]:
        names = lines[0].split(",")
        a, b = names.index(first), names.index(second)
        names[a], names[b] = names[b], names[a]
        return [",".join(names), *lines[1:]]

    return change


def _without_column(name: str) -> Callable[[list[str]], list[str]]:
    def change(lines: list[str]) -> list[str]:
        at = lines[0].split(",").index(name)
        return [",".join(c for n, c in enumerate(line.split(",")) if n != at) for line in lines]

    return change


def _renamed(name: str, other: str) -> Callable[[list[str]], list[str]]:
    return lambda lines: [lines[0].replace(name, other, 1), *lines[1:]]


def _day_first(row: dict[str, str], _: int) -> dict[str, str]:
    year, month, day = row["order_date"].split("-")
    return {**row, "order_date": f"{day}/{month}/{year}"}


_HTML = b"<!DOCTYPE html>\n<html><body><h1>503 Service Unavailable</h1></body></html>\n"

FILE_FAULTS = [
    # cut short, or no extract at all
    FileFault("half a row at the end", REFUSED, "orders", _bytes(lambda b: b[:-9]), ("to do",)),
    FileFault(
        "cut off in the middle, line end by luck",
        REFUSED,
        "orders",
        _text(lambda lines: [*lines[:20], lines[20][:4]]),
        ("line 21", "cut off"),
    ),
    FileFault(
        "gzip in place of text, cut off",
        REFUSED,
        "orders",
        _bytes(lambda b: gzip.compress(b)[: len(b) // 8]),
        ("gzip",),
    ),
    FileFault("empty file", REFUSED, "pay", _bytes(lambda b: b""), ("0 bytes", "deliver it again")),
    FileFault("header only", REFUSED, "pay", _text(lambda lines: lines[:1]), ("only a header line",)),
    FileFault("no header line", REFUSED, "orders", _text(lambda lines: lines[1:]), ("line 1", "header")),
    FileFault("zip archive", REFUSED, "orders", _bytes(_zipped), ("zip archive", "unpack it")),
    FileFault("web page with an error", REFUSED, "orders", _bytes(lambda b: _HTML), ("web page",)),
    FileFault(
        "a zero byte",
        REFUSED,
        "orders",
        _bytes(lambda b: b.replace(b"2025-", b"2025\0", 12)),
        ("line 2", "zero byte"),
    ),
    FileFault("file missing", REFUSED, "pay", Path.unlink, ("none", "deliver the file")),
    # another shape
    FileFault(
        "two header cells swapped",
        REFUSED,
        "orders",
        _text(_swap("customer_id", "order_date")),
        ("order_date", "cannot be read"),
    ),
    FileFault(
        "column renamed",
        REFUSED,
        "orders",
        _text(_renamed("order_date", "orderdate")),
        ("line 1", "`order_date` is missing", "renamed to `orderdate`?"),
    ),
    FileFault(
        "column missing",
        REFUSED,
        "orders",
        _text(_without_column("status")),
        ("line 1", "`status` is missing"),
    ),
    FileFault(
        "column new",
        REFUSED,
        "orders",
        _text(lambda lines: [f"{line},{'extra' if n == 0 else n}" for n, line in enumerate(lines)]),
        ("line 1", "`extra` is new"),
    ),
    FileFault(
        "other delimiter",
        REFUSED,
        "orders",
        _text(lambda lines: [line.replace(",", ";") for line in lines]),
        ("semicolon",),
    ),
    FileFault(
        "other encoding",
        REFUSED,
        "customers",
        lambda path: path.write_bytes(path.read_text().replace("a", "å").encode("windows-1252")),
        ("utf-8",),
    ),
    FileFault(
        "utf-16", REFUSED, "orders", lambda path: path.write_text(path.read_text(), "utf-16"), ("utf-16",)
    ),
    FileFault("byte order mark before utf-8", HARMLESS, "orders", _bytes(lambda b: b"\xef\xbb\xbf" + b)),
    FileFault(
        "decimal comma",
        REFUSED,
        "pay",
        _cells(lambda row, _: {**row, "monthly_pay": f"{row['monthly_pay'].split('.')[0]},50"}),
        ("monthly_pay", "`,` as decimal separator"),
    ),
    FileFault("day before month", REFUSED, "orders", _cells(_day_first), ("order_date", "cannot be read")),
    FileFault(
        "a text with a comma and no quotes",
        REFUSED,
        "orders",
        _text(lambda lines: [*lines[:9], lines[9] + ",x", *lines[10:]]),
        ("line 10", "too many"),
    ),
    FileFault(
        "a quote that is never closed",
        REFUSED,
        "orders",
        _text(lambda lines: [*lines[:9], '"' + lines[9], *lines[10:]]),
        ("line 10", "quote"),
    ),
    FileFault(
        "line ends of two kinds",
        REFUSED,
        "orders",
        _bytes(lambda b: b[: len(b) // 2] + b[len(b) // 2 :].replace(b"\n", b"\r\n")),
        ("line ends",),
    ),
    # something else than a file
    FileFault("link out of the landing folder", REFUSED, "orders", _link_out, ("leads out of it",)),
    FileFault(
        "link to nowhere",
        REFUSED,
        "orders",
        _instead(lambda path: path.symlink_to("gone.csv")),
        ("leads nowhere",),
    ),
    FileFault(
        "folder with the name of the file", REFUSED, "pay", _instead(lambda path: path.mkdir()), ("to do",)
    ),
    FileFault("pipe with the name of the file", REFUSED, "orders", _instead(os.mkfifo), ("regular file",)),
    FileFault(
        "control characters in a file's name",
        REFUSED,
        "orders",
        lambda path: shutil.copy(path, path.with_name("orders_2025\x1b[2J.csv")),
        ("control characters", "rename it"),
        ("\x1b[2J",),
    ),
    FileFault(
        "no landing folder",
        REFUSED,
        "orders",
        lambda path: path.parents[1].rename(path.parents[2] / "away"),
        ("folder",),
    ),
    # delivered once more
    FileFault(
        "the same file twice, under another name",
        HARMLESS,
        "orders",
        lambda path: shutil.copy(path, path.with_name("orders_zz.csv")),
    ),
    FileFault("a loaded file taken away", HARMLESS, "orders", Path.unlink),
    # rows that can not be right
    FileFault(
        "one key twice", HELD, "orders", _text(lambda lines: [*lines, lines[7]]), ("line 8", "duplicate")
    ),
    FileFault("every row twice", HELD, "orders", _text(lambda lines: [*lines, *lines[1:]]), ("duplicate",)),
    FileFault(
        "an impossible date", HELD, "orders", _one_row(5, order_date="2025-02-30"), ("line 7", "2025-02-30")
    ),
    FileFault(
        "a customer that does not exist",
        HELD,
        "orders",
        _one_row(5, customer_id="C-nobody"),
        ("line 7", "C-nobody"),
    ),
    FileFault("an unknown status", HELD, "orders", _one_row(5, status="perhaps"), ("line 7", "perhaps")),
    FileFault(
        "a date to come", HELD, "orders", _one_row(5, order_date="2031-01-01"), ("line 7", "2031-01-01")
    ),
    FileFault(
        "half of the rows missing",
        HELD,
        "orders",
        _text(lambda lines: lines[: len(lines) // 8]),
        ("row",),
    ),
    FileFault(
        "rates a hundred times too high",
        HELD,
        "rates",
        _cells(lambda row, _: {**row, "rate": f"{float(row['rate']) * 100:.4f}"}),
        ("exchange_rates",),
    ),
    FileFault(
        "rates of a month missing",
        HELD,
        "rates",
        _cells(lambda row, _: None if "2025-03" in str(row) else row),
        ("rate",),
    ),
    FileFault(
        "pay without its decimal point, not to be shown",
        HELD,
        "pay",
        _one_row(3, monthly_pay="7312957731"),
        ("line 5",),
        ("7312957731",),
    ),
    # only where there are fewer rules, or where a file is small enough
    FileFault(
        "an amount below zero",
        HELD,
        "orders",
        _one_row(5, amount="-12.50"),
        ("line 7", "-12.5"),
        only_small=True,
    ),
    FileFault(
        "an unreadable amount",
        HELD,
        "orders",
        _one_row(5, amount="tolv"),
        ("line 7", "tolv"),
        only_small=True,
    ),
    FileFault(
        "a stale file",
        HELD,
        "orders",
        _cells(lambda row, _: {**row, "order_date": "2025-03-02"}),
        ("orders",),
        only_small=True,
    ),
    FileFault(
        "net amount below zero without a return",
        HELD,
        "lines",
        _one_row(5, net_amount="-12.50"),
        ("line 7",),
        only_demo=True,
    ),
]


# The small company


@dataclass(frozen=True)
class SmallFault:
    """Something wrong with anything else than an extract; ``act`` plants it, runs, and gives what was said."""

    name: str
    kind: str
    act: Callable[[SmallCompany], str]
    says: tuple[str, ...] = ()


@dataclass
class Outcome:
    """What came of a fault."""

    fault: str
    kind: str
    said: str
    problems: list[str] = field(default_factory=list)
    exit_code: int | None = None
    unchanged: str = ""
    seconds: float = 0.0


def _suite_of(company: SmallCompany, table: str) -> Path:
    return company.folder / "shop" / "expectations" / f"{table}.json"


def _with_suite(change: Callable[[Path], Any], table: str = "orders") -> Callable[[SmallCompany], str]:
    def act(company: SmallCompany) -> str:
        change(_suite_of(company, table))
        return company.night().message

    return act


def _with_rule(query: str, time_limit: float = 60.0) -> Callable[[SmallCompany], str]:
    rule = {
        "type": "unexpected_rows_expectation",
        "kwargs": {"unexpected_rows_query": query},
        "severity": "info",
    }

    def act(company: SmallCompany) -> str:
        company.time_limit_seconds = time_limit
        _suite_of(company, "orders").write_text(json.dumps({"name": "orders", "expectations": [rule]}))
        return company.night().message

    return act


def _publish_only(change: Callable[[SmallCompany], Any]) -> Callable[[SmallCompany], str]:
    """Change something, then ask for the publication alone, by the name the state now has."""

    def act(company: SmallCompany) -> str:
        change(company)
        try:
            company.publish(company.name_edition())
        except PublicationError as error:
            return str(error)
        return ""

    return act


def _in_warehouse(sql: str) -> Callable[[SmallCompany], None]:
    def change(company: SmallCompany) -> None:
        with duckdb.connect(str(company.warehouse)) as connection:
            connection.execute(sql)

    return change


def _ingest_only(company: SmallCompany) -> None:
    company.deliver_orders(3, version=1)
    with connect(company.warehouse, [company.landing]) as connection:
        for table in company.system.tables:
            ingest_table(connection, table, company.landing, "run")


def _with_news(company: SmallCompany) -> None:
    company.deliver_orders(3, version=1)


def _in_child(company: SmallCompany, prepare: Callable[[], None], act: Callable[[SmallCompany], str]) -> str:
    """What is said in a process of its own that is first made poorer."""
    here, there = _PROCESSES.Pipe(duplex=False)
    process = _PROCESSES.Process(target=_child, args=(there, str(company.folder), prepare, act))
    process.start()
    there.close()
    try:
        return here.recv()
    except EOFError:
        return "the process died"
    finally:
        process.join()


def _child(pipe: Any, folder: str, prepare: Callable[[], None], act: Callable[[SmallCompany], str]) -> None:
    prepare()
    try:
        pipe.send(act(SmallCompany(Path(folder))))
    except Exception as error:
        pipe.send(f"{type(error).__name__}: {error}")


def _night_message(company: SmallCompany) -> str:
    return company.night().message


def _obey_file_modes() -> None:
    """Give up root's right to read and write whatever the modes say; nobody else has it."""
    if os.getuid() == 0:
        # header: version 3, this process; data: effective, permitted and inheritable rights, twice 32 bits each
        header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
        if ctypes.CDLL(None, use_errno=True).capset(header, none):
            raise OSError(ctypes.get_errno(), "can't give up root's rights")


def _small_files_only() -> None:
    # as on a full disk, no file grows as large as an edition
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


def _unreadable_file(company: SmallCompany) -> str:
    (company.landing / SMALL_FILES["pay"]).chmod(0o000)
    return _in_child(company, _obey_file_modes, _night_message)


def _read_only_publication(company: SmallCompany) -> str:
    _with_news(company)
    folders = [company.home / "published" / "editions", company.home / "published"]
    for folder in folders:
        folder.chmod(0o555)
    try:
        return _in_child(company, _obey_file_modes, _night_message)
    finally:
        for folder in folders:
            folder.chmod(0o755)


def _full_disk(company: SmallCompany) -> str:
    _with_news(company)
    with contextlib.suppress(_Stopped):
        company.night(on_step=_stop_before_publication)
    return _in_child(company, _small_files_only, _publish_again)


class _Stopped(Exception):
    pass


def _stop_before_publication(step: str) -> None:
    if step == "scorecard judged":
        raise _Stopped


def _publish_again(company: SmallCompany) -> str:
    try:
        company.publish(company.name_edition())
    except PublicationError as error:
        return str(error)
    return ""


def _replaced_while_read(company: SmallCompany) -> str:
    path = company.landing / SMALL_FILES["orders"]
    header, *rows = path.read_text().splitlines()
    stop = threading.Event()

    def replace() -> None:
        number = 0
        while not stop.wait(0.0005):
            number += 1
            part = path.with_name("part")
            part.write_text("\n".join([header, *rows, f"n{number},C001,2025-03-05,SEK,1.00,sold"]) + "\n")
            part.replace(path)

    writer = threading.Thread(target=replace)
    writer.start()
    try:
        return company.night().message
    finally:
        stop.set()
        writer.join()
        path.write_text("\n".join([header, *rows]) + "\n")


def _damage(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:12288] + b"\xa5" * (len(content) - 12288))


def _foreign_wal(beside: Path) -> None:
    """A write-ahead file of another database, left where this one's own would lie."""
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / "other.duckdb"
        code = (
            "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]); c.execute('create schema scorecard');"
            "c.execute('checkpoint'); c.execute('create table scorecard.kpi_scorecard as select 1 as a');"
            "os.kill(os.getpid(), 9)"
        )
        subprocess.run([sys.executable, "-c", code, str(other)], check=False)
        shutil.copy(f"{other}.wal", f"{beside}.wal")


def _after(change: Callable[[SmallCompany], Any]) -> Callable[[SmallCompany], str]:
    """Change something, then run the night; an error is what is said."""

    def act(company: SmallCompany) -> str:
        change(company)
        try:
            return company.night().message
        except (WarehouseUnreadable, ConservationBroken) as error:
            return str(error)

    return act


@contextlib.contextmanager
def _other_program(warehouse: Path) -> Iterator[None]:
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); sys.stdin.read()"
    program = subprocess.Popen(
        [sys.executable, "-c", code, str(warehouse)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        program.stdout.readline()
        yield
    finally:
        program.kill()
        program.wait()


def _while_open_elsewhere(company: SmallCompany) -> str:
    edition = company.name_edition()
    with _other_program(company.warehouse):
        try:
            company.publish(edition)
        except PublicationError as error:
            return str(error)
    return ""


def _link_replaced(company: SmallCompany) -> str:
    # what stands in the link's place is itself a file that readers can open
    content = company.current.read_bytes()
    company.current.unlink()
    company.current.write_bytes(content)
    return company.night().message


SMALL_FAULTS = [
    SmallFault("suite missing", NOTHING, _with_suite(Path.unlink), ("no suite file", "orders.json")),
    SmallFault(
        "suite empty",
        NOTHING,
        _with_suite(lambda path: path.write_text('{"expectations": []}')),
        ("is empty", "orders.json"),
    ),
    SmallFault(
        "suite broken JSON",
        NOTHING,
        _with_suite(lambda path: path.write_text(path.read_text()[:-20])),
        ("can't be read", "orders.json"),
    ),
    SmallFault(
        "suite raising", NOTHING, _with_rule("select no_such_column from {batch}"), ("no_such_column",)
    ),
    SmallFault(
        "suite that never ends",
        NOTHING,
        _with_rule(
            "select max(a.range + b.range) as n from range(10000000) a, range(10000000) b, {batch} having n < 0",
            time_limit=0.5,
        ),
        ("did not finish", "0.5 seconds"),
    ),
    SmallFault(
        "rows taken out of the warehouse by hand",
        NOTHING,
        _publish_only(_in_warehouse("delete from scorecard.kpi_scorecard where kpi_id = 'headcount'")),
        ("has changed since suite scorecard/kpi_scorecard judged it", "run the nightly job again"),
    ),
    SmallFault(
        "publication alone after new rows came in",
        NOTHING,
        _publish_only(_ingest_only),
        ("raw.shop__orders has changed since",),
    ),
    SmallFault(
        "a raw table changed by hand",
        NOTHING,
        _after(_in_warehouse("delete from raw.shop__pay where employee_id = 'E01'")),
        ("shop.pay", "25 rows were read", "24 are loaded", "drop the table raw.shop__pay"),
    ),
    SmallFault("an extract that may not be read", REFUSED, _unreadable_file, ("pay.csv",)),
    SmallFault(
        "an extract replaced while it is read", REFUSED, _replaced_while_read, ("orders_03.csv", "changed")
    ),
    SmallFault(
        "publication folder read-only",
        NOTHING,
        _read_only_publication,
        ("can't be written", "right to write"),
    ),
    SmallFault("disk full while publishing", NOTHING, _full_disk, ("is full", "free space")),
    SmallFault(
        "warehouse open in another program", NOTHING, _while_open_elsewhere, ("process", "python", "end it")
    ),
    SmallFault(
        "write-ahead file of another database beside the warehouse",
        NOTHING,
        _after(lambda company: _foreign_wal(company.warehouse)),
        ("warehouse.duckdb.wal can't be used", "expected:", "move it away"),
    ),
    SmallFault(
        "warehouse that is no database",
        NOTHING,
        _after(lambda company: company.warehouse.write_bytes(b"not a database" * 1000)),
        ("warehouse.duckdb can't be used", "not a valid DuckDB", "back from a backup"),
    ),
    SmallFault(
        "write-ahead file of another database beside the edition",
        REPAIRED,
        _after(lambda company: _foreign_wal(company.current.resolve())),
    ),
    SmallFault(
        "current edition damaged", REPAIRED, _after(lambda company: _damage(company.current.resolve()))
    ),
    SmallFault(
        "current edition emptied",
        REPAIRED,
        _after(lambda company: company.current.resolve().write_bytes(b"")),
    ),
    SmallFault(
        "a Parquet file of the edition damaged",
        REPAIRED,
        _after(
            lambda company: (
                company.home / "published" / "current" / "parquet" / "kpi_scorecard.parquet"
            ).write_bytes(b"PAR1")
        ),
    ),
    SmallFault(
        "link to the current edition gone",
        REPAIRED,
        _after(lambda company: (company.home / "published" / "current").unlink()),
    ),
    SmallFault("a file in the place of the link", NOTHING, _link_replaced, ("not the link", "Move it away")),
    SmallFault(
        "half an edition left by a killed run",
        HARMLESS,
        _after(lambda company: (company.home / "published" / "editions" / ".building-2025-03-31-0").mkdir()),
    ),
]


def small_base(folder: Path) -> SmallCompany:
    """The published state that every small fault starts from a copy of."""
    company = SmallCompany(folder).write()
    if company.night().publication is None:
        raise AssertionError("the small company does not publish without a fault")
    return company


def small_faults() -> list[SmallFault | FileFault]:
    """All that can be tried on the small company."""
    return [*(fault for fault in FILE_FAULTS if not fault.only_demo), *SMALL_FAULTS]


def try_small(fault: SmallFault | FileFault, base: SmallCompany, folder: Path) -> Outcome:
    """Plant one fault in a copy of the small company, run its night, and compare."""
    started = time.monotonic()
    shutil.copytree(base.folder, folder, symlinks=True)
    company = SmallCompany(folder)
    read = published_figures if fault.kind == HARMLESS else published_sums
    before, raw_before, bytes_before = read(company.current), company.raw_sums(), _bytes_of(company.home)
    problems: list[str] = []
    if isinstance(fault, FileFault):
        path = Place(company.landing, SMALL_FILES).path(fault.file)
        fault.plant(path)
        night = company.night()
        said = night.message
        table = {"rates": "exchange_rates"}.get(fault.file, fault.file)
        if fault.kind == REFUSED and table not in night.refused:
            problems.append(f"{table} was not refused")
        if fault.kind == HELD and not night.failed:
            problems.append("no suite failed")
        if fault.kind == HELD and night.publication is not None:
            problems.append("an edition was published")
        if fault.kind == HARMLESS and (night.refused or night.failed):
            problems.append("something was refused or held")
    else:
        said = fault.act(company)
    if fault.kind in (REFUSED, NOTHING, HELD) and not said:
        problems.append("nothing was said")
    if fault.kind in (HARMLESS, REPAIRED) and said:
        problems.append(f"it said: {said}")
    if fault.kind != REPAIRED and _bytes_of(company.home) | bytes_before != _bytes_of(company.home):
        problems.append("a published edition was changed")
    if read(company.current) != before:
        problems.append("published figures changed")
    if fault.kind in (REFUSED, HARMLESS) and company.raw_sums() != raw_before:
        problems.append("a raw table changed")
    if whole_current(company.home) is None:
        problems.append("the current edition is not whole")
    problems += _wording(said, fault)
    return Outcome(fault.name, fault.kind, said, problems, seconds=time.monotonic() - started)


def _wording(said: str, fault: Any) -> list[str]:
    problems = [f"the message lacks {word!r}" for word in fault.says if word not in said]
    problems += [f"the message shows {word!r}" for word in getattr(fault, "never_says", ()) if word in said]
    if "Traceback" in said:
        problems.append("the message is a traceback")
    return problems


# Whole nights of the demo company


@dataclass
class DemoCompany(CompanyFolder):
    """A demo company of its own, and where asked for its own copy of the project."""

    settings: dict[str, str] = field(default_factory=dict)
    checkout: Path = CHECKOUT
    before_start: Callable[[], None] | None = None

    def own_checkout(self) -> Path:
        """A copy of the project to plant a fault in; the night then runs from there."""
        if self.checkout == CHECKOUT:
            self.checkout = self.folder / "checkout"
            for name in ("dagster_project", "dbt_project", "expectations", "seeds"):
                shutil.copytree(CHECKOUT / name, self.checkout / name)
        return self.checkout

    def night(self) -> subprocess.CompletedProcess[str]:
        """A whole night by the command line."""
        return subprocess.run(
            [sys.executable, "-m", "dagster_project.cli", "nightly"],
            cwd=self.checkout,
            env=demo_environment(self.folder, SCORECARD_WAIT_FOR_WRITER="0", **self.settings),
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
            preexec_fn=self.before_start,
        )

    def edit(self, name: str, change: Callable[[str], str]) -> None:
        """Change a file of the project, in the company's own copy."""
        path = self.own_checkout() / name
        path.write_text(change(path.read_text()))


@dataclass(frozen=True)
class NightFault:
    """Something wrong with anything else than an extract; ``plant`` may return a context to run the night in."""

    name: str
    kind: str
    plant: Callable[[DemoCompany], Any]
    says: tuple[str, ...] = ()


def _setting(name: str, value: str) -> Callable[[DemoCompany], None]:
    return lambda company: company.settings.update({f"SCORECARD_{name}": value})


def _edited(name: str, change: Callable[[str], str]) -> Callable[[DemoCompany], None]:
    return lambda company: company.edit(name, change)


def _news(company: DemoCompany) -> None:
    path = company.landing / "marketing" / "web_sessions.csv"
    *rows, last = path.read_text().splitlines()
    day, channel, sessions, visitors = last.split(",")
    path.write_text("\n".join([*rows, f"{day},{channel},{int(sessions) + 1},{visitors}"]) + "\n")


def _wrong_plan(company: DemoCompany) -> None:
    shutil.copytree(CHECKOUT / "seeds" / "plan", company.folder / "plan")
    path = company.folder / "plan" / "targets.csv"
    path.write_text(path.read_text().replace("gross_margin_ratio", "gross_margins_ratio", 1))
    company.settings["SCORECARD_PLAN"] = str(company.folder / "plan")


def _read_only_night(company: DemoCompany) -> None:
    _news(company)
    for folder in (company.home / "published" / "editions", company.home / "published"):
        folder.chmod(0o555)
    company.before_start = _obey_file_modes_for_good


def _obey_file_modes_for_good() -> None:
    # else a program that root starts has root's rights again
    if os.getuid() == 0:
        ctypes.CDLL(None).prctl(28, 1, 0, 0, 0)
    _obey_file_modes()


def _no_space(company: DemoCompany) -> None:
    """Nothing below published/ can be made durable, as on a full disk; Python imports this module at its start."""
    _news(company)
    (company.folder / "faults").mkdir()
    (company.folder / "faults" / "sitecustomize.py").write_text(
        "import errno, os\n"
        "def no_space(descriptor):\n"
        "    if 'published' in os.readlink(f'/proc/self/fd/{descriptor}'):\n"
        "        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))\n"
        "os.fsync = no_space\n"
    )
    company.settings["PYTHONPATH"] = str(company.folder / "faults")


def _lock_of_a_killed_run(company: DemoCompany) -> None:
    code = (
        "import sys, os; from pathlib import Path; from dagster_project.lib.lock import only_writer\n"
        "with only_writer(Path(sys.argv[1]), 'killed-run', 0):\n    os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(company.home)], cwd=CHECKOUT, check=False)


@contextlib.contextmanager
def _other_run(home: Path) -> Iterator[None]:
    code = (
        "import sys; from pathlib import Path; from dagster_project.lib.lock import only_writer\n"
        "with only_writer(Path(sys.argv[1]), 'first-run', 0):\n    print(1, flush=True); sys.stdin.read()"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", code, str(home)], cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        run.stdout.readline()
        yield
    finally:
        run.kill()
        run.wait()


_ORDERS_SUITE = "expectations/raw/demo/sales/orders.json"
_RAISING = json.dumps(
    {
        "name": "raw.demo.orders",
        "expectations": [
            {
                "type": "unexpected_rows_expectation",
                "kwargs": {"unexpected_rows_query": "select no_such_column from {batch}"},
                "severity": "info",
            }
        ],
    }
)

NIGHT_FAULTS = [
    NightFault(
        "a setting that is no date",
        AT_START,
        _setting("AS_OF", "31/12/2025"),
        ("SCORECARD_AS_OF", "2025-12-31"),
    ),
    NightFault(
        "a source system that there is not", AT_START, _setting("SOURCES", "demoo"), ("demoo", "known")
    ),
    NightFault(
        "a schedule that is none", AT_START, _setting("SCHEDULE", "every night"), ("SCORECARD_SCHEDULE",)
    ),
    NightFault(
        "a landing folder that there is not",
        NOTHING,
        _setting("LANDING", "/no/such/folder"),
        ("/no/such/folder", "SCORECARD_LANDING"),
    ),
    NightFault(
        "a plan with a KPI that there is not",
        NOTHING,
        _wrong_plan,
        ("targets.csv", "gross_margins_ratio", "line"),
    ),
    NightFault(
        "a project that does not parse",
        AT_START,
        _edited("dbt_project/models/kpis/sales/revenue_amount.sql", lambda text: text + "{{ no_end"),
        ("revenue_amount",),
    ),
    NightFault(
        "a model with an error in its SQL",
        NOTHING,
        _edited(
            "dbt_project/models/kpis/sales/revenue_amount.sql", lambda text: f"select nonsense from ({text})"
        ),
        ("revenue_amount", "nonsense"),
    ),
    NightFault(
        "a dbt test that fails",
        NOTHING,
        lambda company: (company.own_checkout() / "dbt_project" / "tests" / "assert_planted.sql").write_text(
            "-- No KPI is ever called so.\nselect kpi_id from {{ ref('kpi_scorecard') }} "
            "where kpi_id = 'headcount' limit 3\n"
        ),
        ("assert_planted", "No KPI is ever called so."),
    ),
    NightFault(
        "a raw suite missing",
        HELD,
        lambda company: (company.own_checkout() / _ORDERS_SUITE).unlink(),
        ("no suite file", "orders.json"),
    ),
    NightFault(
        "a raw suite that is empty",
        HELD,
        _edited(_ORDERS_SUITE, lambda _: '{"expectations": []}'),
        ("is empty",),
    ),
    NightFault(
        "a raw suite in broken JSON", HELD, _edited(_ORDERS_SUITE, lambda text: text[:-9]), ("can't be read",)
    ),
    NightFault(
        "a raw suite that raises", HELD, _edited(_ORDERS_SUITE, lambda _: _RAISING), ("no_such_column",)
    ),
    NightFault(
        "a scorecard suite missing",
        NOTHING,
        lambda company: (
            company.own_checkout() / "expectations" / "scorecard" / "kpi_scorecard.json"
        ).unlink(),
        ("no suite file", "kpi_scorecard.json"),
    ),
    NightFault("disk full while publishing", NOTHING, _no_space, ("is full", "free space")),
    NightFault("publication folder read-only", NOTHING, _read_only_night, ("can't be written",)),
    NightFault(
        "warehouse open in another program",
        ANOTHER,
        lambda company: _other_program(company.home / "warehouse.duckdb"),
        ("warehouse.duckdb", "python", "close that program"),
    ),
    NightFault(
        "write-ahead file of another database beside the warehouse",
        NOTHING,
        lambda company: _foreign_wal(company.home / "warehouse.duckdb"),
        ("warehouse.duckdb.wal can't be used", "expected:", "move it away"),
    ),
    NightFault(
        "warehouse that is no database",
        NOTHING,
        lambda company: (company.home / "warehouse.duckdb").write_bytes(b"not a database" * 1000),
        ("warehouse.duckdb can't be used", "not a valid DuckDB", "back from a backup"),
    ),
    NightFault(
        "write-ahead file of another database beside the edition",
        REPAIRED,
        lambda company: _foreign_wal(company.current.resolve()),
    ),
    NightFault("current edition damaged", REPAIRED, lambda company: _damage(company.current.resolve())),
    NightFault(
        "link to the current edition gone",
        REPAIRED,
        lambda company: (company.home / "published" / "current").unlink(),
    ),
    NightFault("the lock of a killed run", HARMLESS, _lock_of_a_killed_run),
    NightFault("another run is writing", ANOTHER, lambda company: _other_run(company.home), ("first-run",)),
    NightFault("the clock set back by a day", BESIDE, _setting("AS_OF", "2025-12-30")),
]

EXIT_CODES = {
    # 4: the rest is published and a person is needed; 1: nothing is published
    REFUSED: (4,),
    HELD: (4,),
    NOTHING: (1,),
    AT_START: (2,),
    HARMLESS: (0, 4),
    REPAIRED: (0, 4),
    BESIDE: (0, 4),
    ANOTHER: (3,),
}
# what a reader takes a decision by; marks and dates of evidence may well change with a fault
FIGURES = "kpi_id, period_grain, period_start_date, scope_type, scope_id, actual_value, target_value"


def changed_kpis(before: Path, now: Path) -> list[str]:
    """KPIs with a figure that one edition shows and the other does not; a held KPI's variance is shown by none."""
    held = ", ".join(f"'{kpi_id}'" for kpi_id in held_kpis(now)) or "''"
    shown = f"select {FIGURES}, case when kpi_id not in ({held}) then variance end"
    with duckdb.connect() as connection:
        for name, path in (("before", before), ("now", now)):
            connection.execute(f"attach {literal(str(path.resolve()))} as {name} (read_only)")
        rows = connection.execute(
            " union all ".join(
                f"({shown} from {one}.scorecard.kpi_scorecard except all {shown} from {other}.scorecard.kpi_scorecard)"
                for one, other in (("before", "now"), ("now", "before"))
            )
        ).fetchall()
    return sorted({row[0] for row in rows})


def held_kpis(published: Path) -> list[str]:
    """KPIs that are shown as held."""
    with duckdb.connect(str(published), read_only=True) as connection:
        rows = connection.execute(
            "select distinct kpi_id from scorecard.kpi_scorecard where quality_status = 'held' order by 1"
        ).fetchall()
    return [kpi_id for (kpi_id,) in rows]


def said_by(run: subprocess.CompletedProcess[str]) -> str:
    """What the run printed, without frames and their line breaks."""
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", run.stdout + run.stderr).split())


def try_night(fault: NightFault | FileFault, base: Path, folder: Path) -> Outcome:
    """Plant one fault in a copy of the demo company, run its night, and compare."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(base, folder, symlinks=True)
    company = DemoCompany(folder)
    edition = current_edition(company.home)["edition_id"]
    editions = _bytes_of(company.home)
    if isinstance(fault, FileFault):
        fault.plant(Place(company.landing, DEMO_FILES).path(fault.file))
        during: Any = None
    else:
        during = fault.plant(company)
    started = time.monotonic()
    with during if hasattr(during, "__enter__") else contextlib.nullcontext():
        run = company.night()
    seconds = time.monotonic() - started
    for path in (company.home / "published", company.home / "published" / "editions"):
        path.chmod(0o750)
    said, problems = said_by(run), []
    if run.returncode not in EXIT_CODES[fault.kind]:
        problems.append(f"exit code {run.returncode}, expected {EXIT_CODES[fault.kind]}")
    problems += _wording(said, fault)
    now = current_edition(company.home) or {"edition_id": None}
    if run.returncode in (1, 2, 3) and now["edition_id"] != edition:
        problems.append("another edition is shown")
    if fault.kind != BESIDE and now["edition_id"]:
        changed = changed_kpis(DemoCompany(base).current, company.current)
        problems += [f"published figures changed: {', '.join(changed)}"] if changed else []
    if fault.kind != REPAIRED and any(
        _bytes_of(company.home).get(name) != sum_ for name, sum_ in editions.items()
    ):
        problems.append("a published edition was changed")
    if whole_current(company.home) is None:
        problems.append("the current edition is not whole")
    held = held_kpis(company.current) if now["edition_id"] else []
    if (fault.kind == HELD) != bool(held):
        problems.append(f"held: {', '.join(held) or 'nothing'}")
    unchanged = "all figures" if not held else f"all figures; held: {len(held)} KPIs"
    return Outcome(
        fault.name,
        fault.kind,
        _first_words(run),
        problems,
        run.returncode,
        "another edition" if fault.kind == BESIDE else unchanged,
        round(seconds, 1),
    )


def _bytes_of(home: Path) -> dict[str, str]:
    folder = home / "published" / "editions"
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and path.suffix in (".duckdb", ".parquet")
    }


def _first_words(run: subprocess.CompletedProcess[str]) -> str:
    """The sentence that a person reads first: what stands in the panel."""
    panel = re.findall(r"^│ (.*?)\s*│$", run.stderr, re.MULTILINE)
    lines = panel or (run.stdout + run.stderr).strip().splitlines()[-1:]
    return " ".join(line.strip() for line in lines if line.strip())[:240]


def night_faults() -> list[NightFault | FileFault]:
    """All that is tried in whole nights."""
    return [*(fault for fault in FILE_FAULTS if not fault.only_small), *NIGHT_FAULTS]


def table_of(outcomes: list[Outcome]) -> str:
    """The results as a table for the documentation."""
    lines = [
        "| fault | expected | exit code | what it says | kept | found |",
        "|---|---|---|---|---|---|",
    ]
    for outcome in outcomes:
        said = " ".join(outcome.said.split()).replace("|", "\\|")[:160]
        found = "; ".join(outcome.problems) or "as expected"
        code = "" if outcome.exit_code is None else outcome.exit_code
        lines.append(
            f"| {outcome.fault} | {outcome.kind} | {code} | {said} | {outcome.unchanged} | {found} |"
        )
    return "\n".join(lines)


def main() -> None:
    """The command; exit code 1 where a fault did harm or was told wrongly."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--small", action="store_true", help="the small company's nights instead of the demo's"
    )
    parser.add_argument("--only", nargs="+", default=[], help="names of faults, or parts of them")
    parser.add_argument("--limit", type=int, default=1000, help="stop after so many; a second call goes on")
    parser.add_argument(
        "--folder", type=Path, help="kept, so that a second call goes on; else a temporary one"
    )
    parser.add_argument("--json", type=Path, help="write the outcomes there")
    arguments = parser.parse_args()
    every = small_faults() if arguments.small else night_faults()
    chosen = [
        fault for fault in every if not arguments.only or any(part in fault.name for part in arguments.only)
    ]
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        done = folder / ("small.json" if arguments.small else "nights.json")
        kept = (
            {entry["fault"]: Outcome(**entry) for entry in json.loads(done.read_text())}
            if done.exists()
            else {}
        )
        base = folder / ("small_base" if arguments.small else "base")
        if not base.exists():
            if arguments.small:
                small_base(base)
            else:
                base.mkdir()
                prepare_demo(base)
        for fault in [fault for fault in chosen if fault.name not in kept][: arguments.limit]:
            work = folder / "work"
            if arguments.small:
                shutil.rmtree(work, ignore_errors=True)
                outcome = try_small(fault, SmallCompany(base), work)
            else:
                outcome = try_night(fault, base, work)
            kept[fault.name] = outcome
            done.write_text(json.dumps([asdict(entry) for entry in kept.values()], indent=1))
            print(
                f"{outcome.seconds:6.1f} s  {fault.kind:18} {fault.name}: {'; '.join(outcome.problems) or 'ok'}",
                flush=True,
            )
        outcomes = [kept[fault.name] for fault in chosen if fault.name in kept]
        if arguments.json:
            arguments.json.write_text(json.dumps([asdict(outcome) for outcome in outcomes], indent=1))
    print(table_of(outcomes))
    harmed = [outcome for outcome in outcomes if outcome.problems]
    print(f"\n{len(outcomes)} faults, {len(outcomes) - len(harmed)} as expected.")
    sys.exit(1 if harmed else 0)


if __name__ == "__main__":
    main()
