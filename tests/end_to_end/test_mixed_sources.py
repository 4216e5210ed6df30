"""Domains fed by different systems: what each needs is loaded, and nothing of the domains it does not feed."""

from __future__ import annotations

import duckdb
import pytest

from tests.conftest import CHECKOUT, run_cli

pytestmark = pytest.mark.night


def reasons(home, kpi_id):
    with duckdb.connect(str(home / "published" / "current.duckdb"), read_only=True) as edition:
        return {
            reason
            for (reason,) in edition.execute(
                "select distinct no_value_reason from scorecard.kpi_scorecard where kpi_id = ?", [kpi_id]
            ).fetchall()
        }


def test_sales_from_one_system_and_the_rest_from_another(tmp_path):
    """Sales from the kiosk; the demo company's other domains still read its orders, so those are loaded too."""
    run_cli(
        "nightly",
        home=tmp_path,
        check=True,
        SCORECARD_SOURCES="demo,sales:kiosk",
        SCORECARD_SOURCES_DIR=str(CHECKOUT / "tests" / "sources"),
        SCORECARD_COMPANY="demo",
        SCORECARD_AS_OF="2025-03-31",
    )
    with duckdb.connect(str(tmp_path / "published" / "current.duckdb"), read_only=True) as edition:
        revenue = edition.execute(
            "select sum(actual_value) from scorecard.kpi_scorecard where kpi_id = 'revenue_amount'"
            " and scope_type = 'company' and period_grain = 'month'"
        ).fetchone()
        company = edition.execute("select company_name from scorecard.publication").fetchone()
    assert revenue == (930 + 153 + 1350,)
    assert company == ("Nordhandel AB",)
    assert None in reasons(tmp_path, "headcount") and None in reasons(tmp_path, "net_income_amount")
    assert reasons(tmp_path, "lead_conversion_ratio") == {"no_data"}


def test_one_domain_alone(tmp_path):
    run = run_cli("nightly", home=tmp_path, check=True, SCORECARD_SOURCES="hr:demo")
    assert "39 of 39" not in run.stderr, "only what HR and its suites read is loaded"
    assert None in reasons(tmp_path, "headcount")
    assert reasons(tmp_path, "revenue_amount") == {"no_data"}
