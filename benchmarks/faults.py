"""Faults injected one by one: what may not change does not, and the message names file, line and what to do.

    python -m benchmarks.faults --small                   # each fault in a small company's night, without dbt
    python -m benchmarks.faults                           # each fault in a whole night of the demo company
    python -m benchmarks.faults --only "half a row" zip --folder /tmp/faults --json faults.json

Every fault starts from a copy of the same published state. What is expected of it is one of:

- ``refused``: the extract is not taken. Its table keeps its rows, every published figure stays.
- ``held``: the rows are taken and can not be right. The figures of the KPIs they feed stay, and so do all others.
- ``nothing published``: readers keep the edition they have, to the byte.
- ``refused at the start``: a setting is wrong; nothing is even begun.
- ``harmless``: the night ends as if nothing had been done, with the same figures.
- ``repaired``: the night sets right what was broken, with the same figures.

Results are kept in ``--folder``; a second call on it goes on where the first stopped.
"""

from __future__ import annotations

import contextlib
import csv
import ctypes
import gzip
import io
import json
import os
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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.kills import _PROCESSES
from benchmarks.small_company import SmallCompany, published_figures, published_sums
from dagster_project.lib.ingest import ConservationBroken, ingest_table
from dagster_project.lib.publication import PublicationError, current_is_whole

CHECKOUT = Path(__file__).resolve().parents[1]
REFUSED, HELD, NOTHING, AT_START = "refused", "held", "nothing published", "refused at the start"
HARMLESS, REPAIRED = "harmless", "repaired"


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
    FileFault("an older file taken away", HARMLESS, "orders", Path.unlink),
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
            company.publish(company.edition_name())
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
    with duckdb.connect(str(company.warehouse)) as connection:
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
        company.publish(company.edition_name())
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
        except (duckdb.Error, ConservationBroken) as error:
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
    edition = company.edition_name()
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
        ("shop.pay", "24 rows", "25", "drop the table raw.shop__pay"),
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
        "warehouse open in another program", NOTHING, _while_open_elsewhere, ("another program", "end it")
    ),
    SmallFault(
        "write-ahead file of another database beside the warehouse",
        NOTHING,
        _after(lambda company: _foreign_wal(company.warehouse)),
        ("warehouse.duckdb.wal",),
    ),
    SmallFault(
        "warehouse that is no database",
        NOTHING,
        _after(lambda company: company.warehouse.write_bytes(b"not a database" * 1000)),
        ("warehouse.duckdb",),
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


def _base_of(company: SmallCompany) -> dict[str, str]:
    """The bytes of every kept edition, by path."""
    folder = company.home / "published" / "editions"
    return {
        str(path.relative_to(folder)): str(hash(path.read_bytes()))
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


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
    before, raw_before, bytes_before = read(company.current), company.raw_sums(), _base_of(company)
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
    if fault.kind != REPAIRED and _base_of(company) | bytes_before != _base_of(company):
        problems.append("a published edition was changed")
    if read(company.current) != before:
        problems.append("published figures changed")
    if fault.kind in (REFUSED, HARMLESS) and company.raw_sums() != raw_before:
        problems.append("a raw table changed")
    if not current_is_whole(company.home):
        problems.append("the current edition is not whole")
    problems += _wording(said, fault)
    return Outcome(fault.name, fault.kind, said, problems, seconds=time.monotonic() - started)


def _wording(said: str, fault: Any) -> list[str]:
    problems = [f"the message lacks {word!r}" for word in fault.says if word not in said]
    problems += [f"the message shows {word!r}" for word in getattr(fault, "never_says", ()) if word in said]
    if "Traceback" in said:
        problems.append("the message is a traceback")
    return problems
