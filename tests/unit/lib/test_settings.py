"""Settings: what is read from the environment, and what a wrong one says."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from dagster_project.lib.settings import CHECKOUT, Settings, SettingsError

TODAY = date(2026, 3, 10)


def read(**environment: str) -> Settings:
    return Settings.from_environment(environment, today=TODAY)


def test_defaults_are_the_demo_company_in_the_checkout():
    settings = read()
    assert settings.home == CHECKOUT / "var"
    assert [system.name for system in settings.systems] == ["demo"]
    assert settings.landing["demo"] == CHECKOUT / "seeds" / "landing" / "demo"
    assert settings.as_of == date(2025, 12, 31)
    assert (settings.time_zone, settings.schedule) == ("Europe/Stockholm", "0 2 * * *")
    assert settings.feeds["order_lines"] == ["demo"]


def test_empty_variables_count_as_not_set():
    """make exports SOURCES and LANDING as empty strings."""
    assert read(SCORECARD_SOURCES="", SCORECARD_LANDING="", SCORECARD_AS_OF="").company == "demo"


def test_a_system_that_grows_is_known_up_to_yesterday(tmp_path):
    system = tmp_path / "shop"
    (system / "sales").mkdir(parents=True)
    (system / "shop.yml").write_text(
        """
sources:
  - name: shop
    schema: raw
    config: {meta: {company_name: Shop AB, reporting_currency: SEK, domains: {sales: {}}}}
    tables:
      - name: orders
        identifier: shop__orders
        config: {meta: {domain: sales, files: "*.csv", load: full, key: [id]}}
        columns:
          - {name: id, data_type: varchar}
"""
    )
    settings = read(SCORECARD_SOURCES="shop", SCORECARD_SOURCES_DIR=str(tmp_path), SCORECARD_LANDING="/in")
    assert settings.as_of == date(2026, 3, 9)
    assert settings.landing == {"shop": Path("/in")}
    assert [system.name for system in settings.external] == ["shop"]
    assert settings.feeds["orders"] == [], "no mapping file, so the entity is empty"
    mixed = read(
        SCORECARD_SOURCES="demo,sales:shop", SCORECARD_SOURCES_DIR=str(tmp_path), SCORECARD_LANDING="shop:/in"
    )
    assert mixed.as_of == date(2026, 3, 9), "one growing system is enough"
    assert mixed.landing["demo"] == CHECKOUT / "seeds" / "landing" / "demo"


def test_as_of_can_be_set():
    assert read(SCORECARD_AS_OF="2025-05-17").as_of == date(2025, 5, 17)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"SCORECARD_TIME_ZONE": "Mars/Phobos"}, ["SCORECARD_TIME_ZONE", "Mars/Phobos", "Europe/Stockholm"]),
        ({"SCORECARD_AS_OF": "31/12/2025"}, ["SCORECARD_AS_OF", "31/12/2025", "2025-12-31"]),
        ({"SCORECARD_WAIT_FOR_WRITER": "soon"}, ["SCORECARD_WAIT_FOR_WRITER", "soon", "number"]),
        ({"SCORECARD_WAIT_FOR_WRITER": "nan"}, ["SCORECARD_WAIT_FOR_WRITER", "nan"]),
        ({"SCORECARD_SCHEDULE": "nonsense"}, ["SCORECARD_SCHEDULE", "nonsense", "0 2 * * *"]),
        ({"SCORECARD_SCHEDULE": "at 2 every single night"}, ["SCORECARD_SCHEDULE", "five cron fields"]),
        ({"SCORECARD_WHY_SECONDS": "-1"}, ["SCORECARD_WHY_SECONDS", "not negative"]),
        ({"SCORECARD_WAIT_FOR_WRITER": "-1"}, ["SCORECARD_WAIT_FOR_WRITER", "not negative"]),
        ({"SCORECARD_SOURCES_DIR": "/no/such/folder"}, ["SCORECARD_SOURCES_DIR", "/no/such/folder"]),
        ({"SCORECARD_SOURCES": "adventureworks"}, ["adventureworks", "SCORECARD_LANDING"]),
        (
            {"SCORECARD_SOURCES": "sales:demo,hr:none", "SCORECARD_LANDING": "demo:/a,shop:/b"},
            ["SCORECARD_LANDING", "shop", "demo"],
        ),
        ({"SCORECARD_SOURCES": "sales:none"}, ["feeds no domain"]),
        ({"SCORECARD_KEEP_EDITIONS": "all"}, ["SCORECARD_KEEP_EDITIONS", "'all'", "whole number"]),
        ({"SCORECARD_KEEP_DAYS": "-1"}, ["SCORECARD_KEEP_DAYS", "-1", "0 to"]),
        ({"SCORECARD_KEEP_INPUTS": "no"}, ["SCORECARD_KEEP_INPUTS", "'no'", "0 to 1"]),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(environment, words):
    with pytest.raises(SettingsError) as error:
        read(**environment)
    for word in words:
        assert word in str(error.value)


@pytest.mark.parametrize("text", ["0 2 * * *", "*/15 0-4 * * mon", "30 3 1,15 * *"])
def test_usual_cron_lines_are_taken(text):
    assert read(SCORECARD_SCHEDULE=text).schedule == text


def test_different_currencies_are_not_added_up():
    with pytest.raises(SettingsError, match="demo in SEK, adventureworks in USD"):
        read(SCORECARD_SOURCES="demo,hr:adventureworks", SCORECARD_LANDING="adventureworks:/in")


def test_the_company_can_be_named():
    settings = read(SCORECARD_COMPANY="nordic")
    assert settings.company == "nordic"
    assert settings.company_name == "Nordhandel AB"


def test_the_recorded_settings_give_the_same_run_again():
    given = {
        "SCORECARD_SOURCES": "sales:demo,hr:none",
        "SCORECARD_AS_OF": "2025-05-17",
        "SCORECARD_FISCAL_YEAR_START_MONTH": "5",
        "SCORECARD_DAYS_SHOWN": "30",
        "SCORECARD_TIME_ZONE": "UTC",
    }
    settings = read(**given)
    again = read(**settings.recorded())
    assert again == settings and again.domain_feeds == settings.domain_feeds


def test_the_alert_command_is_split_as_a_shell_would_and_must_be_there():
    assert read().alert_command == ()
    assert read(SCORECARD_ALERT_COMMAND="tee -a '/tmp/a b'").alert_command == ("tee", "-a", "/tmp/a b")
    for wrong in ("no-such-program", "tee 'open"):
        with pytest.raises(SettingsError, match="SCORECARD_ALERT_COMMAND"):
            read(SCORECARD_ALERT_COMMAND=wrong)


def test_how_long_reports_are_kept():
    assert read().report_days == 400
    assert read(SCORECARD_REPORT_DAYS="30").report_days == 30
    for wrong in ("0", "-1", "a week"):
        with pytest.raises(SettingsError, match="SCORECARD_REPORT_DAYS"):
            read(SCORECARD_REPORT_DAYS=wrong)


def test_a_process_that_lives_for_weeks_counts_days_anew():
    fixed = read(SCORECARD_AS_OF="2025-05-17")
    assert fixed.as_of_on(date(2026, 1, 1)) == date(2025, 5, 17)
    living = replace(read(), systems=tuple(s.model_copy(update={"as_of": None}) for s in read().systems))
    assert living.as_of_on(date(2026, 1, 2)) == date(2026, 1, 1)


def test_every_setting_stands_in_the_readme_with_its_default():
    """One table holds them all; what dbt is given on top of them is no setting."""
    code = (CHECKOUT / "dagster_project" / "lib" / "settings.py").read_text()
    read_at = code.index("def from_environment(")
    known = set(re.findall(r'"(SCORECARD_[A-Z_]+)"', code[read_at : code.index("\ndef ", read_at)]))
    table = (CHECKOUT / "README.md").read_text().partition("| setting | default |")[2].partition("\n\n")[0]
    cells = [line.split("|")[1:3] for line in table.splitlines()[2:]]
    told = {}
    for names, defaults in cells:
        found = re.findall(r"SCORECARD_[A-Z_]+(?:<SYSTEM>)?", names)
        values = re.findall(r"`([^`]+)`", defaults)
        told |= dict(zip(found, values if len(values) == len(found) else [None] * len(found), strict=True))
    assert set(told) == known | {"SCORECARD_CONNECTION_<SYSTEM>"}
    numbers = dict(re.findall(r'(?:_whole|_number)\(environment, "(SCORECARD_[A-Z_]+)", (\d+)', code))
    assert len(numbers) >= 9
    assert {name: told[name] for name in numbers} == numbers
