"""Where the pipeline's settings come from: the environment, and nowhere else.

Belongs here: reading, defaulting and checking the SCORECARD_* variables, and the environment that
dbt is given. Does not belong here: what a source system declares about itself (``sources.py``).
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dagster_project.lib.catalogue import SINGLE_PEOPLE
from dagster_project.lib.notices.addresses import AddressesWrong, read_addresses
from dagster_project.lib.sources import (
    RawTable,
    SourceSystem,
    find_systems,
    load_system,
    parse_sources_setting,
    staging_feeds,
)

CHECKOUT = Path(__file__).resolve().parents[2]
DBT_PROJECT = CHECKOUT / "dbt_project"
STAGING = DBT_PROJECT / "models" / "staging"
CONTRACT = STAGING / "contract"
EXPECTATIONS = CHECKOUT / "expectations"
SHIPPED_PLAN = CHECKOUT / "seeds" / "plan"


class SettingsError(ValueError):
    """A setting is wrong; the message names the variable, what was found and what is allowed."""


@dataclass(frozen=True)
class Settings:
    """All settings of one run, checked. Paths are absolute."""

    home: Path
    company: str
    systems: tuple[SourceSystem, ...]
    domain_feeds: Mapping[str, list[str]]
    feeds: Mapping[str, list[str]]
    external: tuple[SourceSystem, ...]
    landing: Mapping[str, Path]
    plan: Path
    as_of: date
    time_zone: str
    schedule: str
    fiscal_year_start_month: int
    days_shown: int
    wait_for_writer_seconds: float
    dbt_threads: int
    fixed_as_of: date | None = None
    report_days: int = 400
    alert_command: tuple[str, ...] = ()
    keep_editions: int = 90
    keep_days: int = 0
    keep_inputs: bool = True
    why_seconds: float = 300.0
    # they hold passwords and tokens: never shown, also not where somebody prints all settings
    notify: tuple[str, ...] = field(default=(), repr=False)
    notify_language: str = "en"
    notify_level: str = "strategic"
    notify_scopes: tuple[str, ...] = ("company",)
    notify_link: str = ""

    def as_of_on(self, today: date) -> date:
        """The day that a night begun ``today`` is as of: a process that lives for weeks asks anew."""
        return _as_of("", self.systems, today) if self.fixed_as_of is None else self.fixed_as_of

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that days are counted in."""
        return ZoneInfo(self.time_zone)

    @property
    def warehouse(self) -> Path:
        """The private database file; only the pipeline opens it."""
        return self.home / "warehouse.duckdb"

    @property
    def readable_folders(self) -> list[Path]:
        """What may be read while landed data is processed: the landing folders and the databases' extracts."""
        return [*self.landing.values(), self.home / "extracts"]

    def extracts(self, system: str) -> Path:
        """Where the extracts of a system's database are landed."""
        return self.home / "extracts" / system

    def landing_of(self, table: RawTable) -> Path:
        """Where the files of a table lie."""
        return self.landing[table.system] if table.query_from is None else self.extracts(table.system)

    @property
    def dbt_target(self) -> Path:
        """Where dbt keeps its manifest, logs and documentation."""
        return self.home / "dbt" / "target"

    @property
    def dbt_project(self) -> Path:
        """The dbt project as it is run: links to the checkout's and to the external systems' folders."""
        return self.home / "dbt" / "project"

    @property
    def reporting_currency(self) -> str:
        """The one currency of every amount."""
        return self.systems[0].reporting_currency

    @property
    def company_name(self) -> str:
        """As shown to people: that of the source system the company is named after, else of the first."""
        return next((s for s in self.systems if s.name == self.company), self.systems[0]).company_name

    @property
    def history_from(self) -> date | None:
        """First day the scorecard shows, where a source system says so; the earliest one."""
        return min((system.history_from for system in self.systems if system.history_from), default=None)

    @property
    def is_employee_scope_allowed(self) -> bool:
        """Whether single employees may stand on the scorecard: only where every source system says so."""
        return all(system.employee_scope for system in self.systems)

    def recorded(self) -> dict[str, str]:
        """The settings that an edition follows from, as variables that give them again; folders are none of them."""
        fed = (f"{domain}:{'+'.join(names) or 'none'}" for domain, names in self.domain_feeds.items())
        return {
            "SCORECARD_SOURCES": ",".join(fed),
            "SCORECARD_COMPANY": self.company,
            "SCORECARD_AS_OF": str(self.as_of),
            "SCORECARD_TIME_ZONE": self.time_zone,
            "SCORECARD_FISCAL_YEAR_START_MONTH": str(self.fiscal_year_start_month),
            "SCORECARD_DAYS_SHOWN": str(self.days_shown),
        }

    def dbt_environment(self) -> dict[str, str]:
        """The variables that the dbt project reads (dbt_project.yml, profiles.yml, macros)."""
        return {
            # from the folder that dbt is started in: dbt parses a project anew when its profile names another
            # file, and so the same parse fits every state folder
            "SCORECARD_WAREHOUSE": os.path.relpath(self.warehouse, self.dbt_project),
            "SCORECARD_SYSTEMS": ",".join(system.name for system in self.systems),
            "SCORECARD_FEEDS": json.dumps(self.feeds, sort_keys=True),
            "SCORECARD_EXTERNAL": ":".join(f"external/{system.name}" for system in self.external),
            "SCORECARD_THREADS": str(self.dbt_threads),
            # the log of every statement costs a quarter of dbt's time; target/run holds the SQL that ran
            "DBT_LOG_LEVEL_FILE": "none",
            "DBT_TARGET_PATH": str(self.dbt_target),
            "DBT_LOG_PATH": str(self.dbt_target / "logs"),
            "DBT_PROFILES_DIR": str(self.dbt_project),
            "DBT_PROJECT_DIR": str(self.dbt_project),
            # the profile names a plugin of this package, also for those who load it without dbt_main.py
            "PYTHONPATH": os.pathsep.join(
                dict.fromkeys(
                    [*filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)), str(CHECKOUT)]
                )
            ),
        }

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] = os.environ, today: date | None = None
    ) -> Settings:
        """Read and check every SCORECARD_* variable.

        ``today`` is for tests; it stands for the current day in the configured time zone.

        Raises:
            SettingsError: a variable has a value that cannot be used.
            sources.DeclarationError: a source system's declaration is wrong.
        """
        time_zone = environment.get("SCORECARD_TIME_ZONE") or "Europe/Stockholm"
        try:
            zone = ZoneInfo(time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise SettingsError(
                f"SCORECARD_TIME_ZONE is {time_zone!r}, which is no time zone; use a name such as Europe/Stockholm."
            ) from error

        own_folder = environment.get("SCORECARD_SOURCES_DIR") or ""
        if own_folder and not _path("SCORECARD_SOURCES_DIR", own_folder).is_dir():
            raise SettingsError(
                f"SCORECARD_SOURCES_DIR is {own_folder!r}, which is not a folder; it must be the folder that holds "
                "one folder for each of your source systems."
            )
        folders = [STAGING] + ([Path(own_folder).expanduser().resolve()] if own_folder else [])
        available = {name: load_system(folder) for name, folder in find_systems(folders).items()}
        domain_feeds = parse_sources_setting(environment.get("SCORECARD_SOURCES") or "demo", available)
        names = list(dict.fromkeys(name for systems in domain_feeds.values() for name in systems))
        if not names:
            raise SettingsError("SCORECARD_SOURCES feeds no domain at all; name at least one source system.")
        systems = tuple(available[name] for name in names)
        currencies = {system.name: system.reporting_currency for system in systems}
        if len(set(currencies.values())) > 1:
            raise SettingsError(
                "The source systems report in different currencies: "
                + ", ".join(f"{name} in {currency}" for name, currency in currencies.items())
                + ". Amounts of different currencies can not be added; map them to one in the staging SQL and declare "
                "that one in each system."
            )

        home = _path("SCORECARD_HOME", environment.get("SCORECARD_HOME") or str(CHECKOUT / "var")).resolve()
        return cls(
            home=home,
            company=environment.get("SCORECARD_COMPANY") or systems[0].name,
            systems=systems,
            domain_feeds=domain_feeds,
            feeds=staging_feeds(domain_feeds, {system.name: system.folder for system in systems}, CONTRACT),
            external=tuple(system for system in systems if STAGING not in system.folder.parents),
            landing=_landing_folders(environment.get("SCORECARD_LANDING") or "", systems, home),
            plan=_plan(environment.get("SCORECARD_PLAN") or str(SHIPPED_PLAN)),
            as_of=_as_of(
                environment.get("SCORECARD_AS_OF") or "", systems, today or datetime.now(zone).date()
            ),
            time_zone=time_zone,
            schedule=_schedule(environment.get("SCORECARD_SCHEDULE") or "0 2 * * *"),
            fiscal_year_start_month=_whole(environment, "SCORECARD_FISCAL_YEAR_START_MONTH", 1, 1, 12),
            days_shown=_whole(environment, "SCORECARD_DAYS_SHOWN", 400, 0, 36_600),
            wait_for_writer_seconds=_number(environment, "SCORECARD_WAIT_FOR_WRITER", 60.0),
            dbt_threads=max(1, int(_number(environment, "SCORECARD_THREADS", 2))),
            fixed_as_of=_day("SCORECARD_AS_OF", environment.get("SCORECARD_AS_OF") or ""),
            report_days=_whole(environment, "SCORECARD_REPORT_DAYS", 400, 1, 36_600),
            alert_command=_command(
                "SCORECARD_ALERT_COMMAND", environment.get("SCORECARD_ALERT_COMMAND") or ""
            ),
            keep_editions=_whole(environment, "SCORECARD_KEEP_EDITIONS", 90, 0, 999_999),
            keep_days=_whole(environment, "SCORECARD_KEEP_DAYS", 0, 0, 999_999),
            keep_inputs=bool(_whole(environment, "SCORECARD_KEEP_INPUTS", 1, 0, 1)),
            why_seconds=_number(environment, "SCORECARD_WHY_SECONDS", 300.0),
            notify=_addresses("SCORECARD_NOTIFY", environment.get("SCORECARD_NOTIFY") or ""),
            notify_language=_one_of(environment, "SCORECARD_NOTIFY_LANGUAGE", ("en", "sv")),
            notify_level=_one_of(environment, "SCORECARD_NOTIFY_LEVEL", ("strategic", "all")),
            notify_scopes=_scopes(
                "SCORECARD_NOTIFY_SCOPES", environment.get("SCORECARD_NOTIFY_SCOPES") or "company"
            ),
            notify_link=_one_line("SCORECARD_NOTIFY_LINK", environment.get("SCORECARD_NOTIFY_LINK") or ""),
        )


def _path(name: str, text: str) -> Path:
    """A path as people write it; one that the system could not even look for is told with its setting."""
    try:
        path = Path(text).expanduser()
        path.exists()
    except (OSError, RuntimeError) as error:
        shown = text if len(text) <= 100 else f"{text[:97]}..."
        found = error.strerror if isinstance(error, OSError) else "there is no such user"
        raise SettingsError(
            f"{name} is {shown!r}, which can be no path ({found}); use a path such as /srv/kpi."
        ) from None
    return path


def _landing_folders(text: str, systems: tuple[SourceSystem, ...], home: Path) -> dict[str, Path]:
    """One folder for a single system, or ``system:folder,system:folder``."""
    if not text:
        given: dict[str, str] = {}
    elif len(systems) == 1 and not text.startswith(f"{systems[0].name}:"):
        given = {systems[0].name: text}
    else:
        pairs = [part.partition(":") for part in text.split(",")]
        if any(not separator or not folder for _, separator, folder in pairs):
            raise SettingsError(
                f"SCORECARD_LANDING is {text!r}; with several source systems give each its folder: "
                "system:folder,system:folder."
            )
        given = {name.strip(): folder.strip() for name, _, folder in pairs}
        unknown = sorted(set(given) - {system.name for system in systems})
        if unknown:
            raise SettingsError(
                f"SCORECARD_LANDING names {', '.join(unknown)}; the source systems of this run are "
                f"{', '.join(system.name for system in systems)}."
            )
    folders = {}
    for system in systems:
        folder = given.get(system.name) or system.landing
        if not folder and not system.has_files:
            folders[system.name] = home / "extracts" / system.name
            continue
        if not folder:
            raise SettingsError(
                f"No landing folder for the source system {system.name}: its declaration names none, so set "
                "SCORECARD_LANDING (make nightly LANDING=<folder>)."
            )
        folders[system.name] = (CHECKOUT / _path("SCORECARD_LANDING", folder)).resolve()
    return folders


def _plan(text: str) -> Path:
    """Where the plan lies; what stands in it is read, and judged, by the run."""
    path = (CHECKOUT / _path("SCORECARD_PLAN", text)).resolve()
    if not path.is_dir() and not (path.is_file() and path.suffix.lower() == ".xlsx"):
        found = "a file of another kind" if path.exists() else "nothing there"
        raise SettingsError(
            f"SCORECARD_PLAN is {text!r}; expected a folder of CSV files or an Excel workbook (.xlsx), found {found}."
        )
    return path


def _as_of(text: str, systems: tuple[SourceSystem, ...], today: date) -> date:
    """The set date; else the newest one that a system's declaration fixes; else yesterday."""
    if fixed := _day("SCORECARD_AS_OF", text):
        return fixed
    declared = [system.as_of for system in systems if system.as_of]
    # one growing system is enough to make the company a living one
    if declared and len(declared) == len(systems):
        return max(declared)
    return today - timedelta(days=1)


def _day(name: str, text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"{name} is {text!r}; use a date such as 2025-12-31.") from error


def _command(name: str, text: str) -> tuple[str, ...]:
    """A program and its arguments, as a shell would split them; no shell will see them."""
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise SettingsError(f"{name} can't be split into words ({error}); close the quotes in it.") from error
    if words and shutil.which(words[0]) is None:
        raise SettingsError(
            f"{name} begins with {words[0]!r}; expected a program on the PATH or the path of one that may be run."
        )
    return words


def _addresses(name: str, text: str) -> tuple[str, ...]:
    """Where notices go. The message does not quote what was found: it holds passwords and tokens."""
    try:
        return read_addresses(text)
    except AddressesWrong as wrong:
        raise SettingsError(f"{name} {wrong}.") from None


def _one_of(environment: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    """One of a few words; the first of them by default."""
    text = environment.get(name) or allowed[0]
    if text not in allowed:
        raise SettingsError(f"{name} is {text!r}; use {' or '.join(allowed)}.")
    return text


def _scopes(name: str, text: str) -> tuple[str, ...]:
    """Types of scope, or single scopes as region:Skåne, with commas between them; never single people."""
    scopes = tuple(dict.fromkeys(unicodedata.normalize("NFC", part.strip()) for part in text.split(",")))
    kinds = {scope.partition(":")[0] for scope in scopes}
    if not all(re.fullmatch(r"[a-z_]+", kind) for kind in kinds):
        raise SettingsError(
            f"{name} is {text!r}; use types of scope or single ones, such as company,region or region:Skåne."
        )
    if people := sorted(kinds & {*SINGLE_PEOPLE}):
        raise SettingsError(
            f"{name} names {', '.join(people)}; notices tell of no single people: use company, region, department, …"
        )
    return scopes


def _one_line(name: str, text: str) -> str:
    if len(text) > 500 or not text.isprintable():
        raise SettingsError(f"{name} is {text[:100]!r}; use one line of at most 500 characters.")
    return text


def _schedule(text: str) -> str:
    """A cron line of five fields; Dagster would only say so in a traceback."""
    fields = text.split()
    if len(fields) != 5 or not all(
        re.fullmatch(r"[0-9*][0-9A-Za-z*/,-]*|[A-Za-z]{3}", field) for field in fields
    ):
        raise SettingsError(
            f"SCORECARD_SCHEDULE is {text!r}; use five cron fields such as `0 2 * * *` for every night at 02:00."
        )
    return text


def _whole(environment: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = environment.get(name) or str(default)
    if not re.fullmatch(r"\d{1,6}", text) or not low <= int(text) <= high:
        raise SettingsError(f"{name} is {text!r}; use a whole number from {low} to {high}.")
    return int(text)


def _number(environment: Mapping[str, str], name: str, default: float) -> float:
    text = environment.get(name) or ""
    try:
        value = float(text) if text else default
    except ValueError as error:
        raise SettingsError(f"{name} is {text!r}; use a number.") from error
    if not 0 <= value < float("inf"):
        raise SettingsError(f"{name} is {text!r}; use a number that is not negative.")
    return value
