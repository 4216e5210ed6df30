"""The made-up companies, built once a session whatever the number of test processes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from tests.conftest import session_folder
from tests.properties.chance_source import build
from tests.properties.companies import COMPANIES
from tests.properties.oracle.registry import Book


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Name of a company (and how to build it) -> path of the warehouse with everything built."""
    base = session_folder(tmp_path_factory)

    def warehouse(name: str, **how: int) -> Path:
        home = base / "_".join(["chance", name, *(f"{key}{value}" for key, value in how.items())])
        with FileLock(f"{home}.lock"):
            done = home / "done"
            if not done.exists():
                build(COMPANIES[name](), home, **how)
                done.touch()
        return home / "warehouse.duckdb"

    return warehouse


@pytest.fixture(scope="session")
def books() -> dict[str, Book]:
    """The companies with the oracles' notes, once a process."""
    return {name: Book(make()) for name, make in COMPANIES.items()}


@pytest.fixture(scope="session")
def values(built: Callable[..., Path]) -> dict[str, dict[tuple, tuple]]:
    """Company -> (kpi, grain, start, scope type, scope id) -> (numerator, denominator, value, reason)."""
    # every other process begins with the last company, so that two build at a time
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for name in list(COMPANIES)[:: -1 if number % 2 else 1]:
        built(name)
    found = {}
    for name in COMPANIES:
        with duckdb.connect(str(built(name)), read_only=True) as connection:
            rows = connection.execute(
                "select kpi_id, period_grain, period_start_date, scope_type, scope_id,"
                " numerator, denominator, actual_value, no_value_reason from scorecard.kpi_values"
            ).fetchall()
        found[name] = {row[:5]: row[5:] for row in rows}
    return found
