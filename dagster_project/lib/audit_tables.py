"""The tables of schema `audit`, and the two of them that Python fills before dbt runs.

The ledger, the rejects and the state of the raw tables are written by `ingest.py`, the check results by the
gate; here is only what all of them agree on: which tables there are, and with which columns.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import duckdb

from dagster_project.lib.databases import transaction
from dagster_project.lib.sources import DomainCoverage, SourceSystem

_TABLES = {
    "run_settings": """
        edition_id varchar, as_of_date date, history_from date, company varchar, company_name varchar,
        reporting_currency varchar, time_zone varchar, fiscal_year_start_month integer, days_shown integer,
        is_employee_scope_allowed boolean, parent_edition_id varchar, inputs_hash varchar, inputs varchar""",
    "domain_coverage": """
        domain varchar, source_system varchar, covered_from date, covered_to date,
        note_en varchar, note_sv varchar""",
    "files": """
        file_id bigint, source_system varchar, table_name varchar, path varchar, sha256 varchar, bytes bigint,
        rows_read bigint, rows_loaded bigint, rows_rejected bigint, status varchar, loaded_at timestamp,
        superseded_at timestamp, superseded_by bigint, run_id varchar, rows_superseded bigint""",
    "rejects": """
        file_id bigint, source_system varchar, table_name varchar, path varchar, line bigint,
        column_name varchar, value varchar, reason varchar, row_json varchar""",
    "raw_tables": """
        source_system varchar, domain varchar, table_name varchar, row_count bigint, rejected_count bigint,
        data_as_of date, content_hash varchar, declaration_hash varchar, loaded_at timestamp""",
    "check_results": """
        suite varchar, source_system varchar, table_name varchar, expectation varchar, severity varchar,
        success boolean, observed varchar, unexpected_count bigint, details varchar, reason varchar,
        content_hash varchar, suite_hash varchar, checked_at timestamp, run_id varchar""",
    "kpi_inputs": "kpi_id varchar, source_system varchar, table_name varchar",
    "kpi_definitions": "kpi_id varchar, definition_hash varchar",
    "withheld_days": """
        subject varchar, scope_type varchar, scope_id varchar, withheld_date date, first_edition_id varchar,
        edition_number bigint""",
    # what tonight's failures hold, and what stands in for it: lib/holds.py
    "refused_extracts": """
        source_system varchar, table_name varchar, domain varchar, path varchar, line bigint, expected varchar,
        found varchar, action varchar, has_good_data boolean, refused_at timestamp, run_id varchar""",
    "holds": """
        kpi_id varchar, cause varchar, check_name varchar, source_system varchar, table_name varchar,
        message varchar, held_since date, run_id varchar""",
    "held_values": """
        kpi_id varchar, period_grain varchar, period_start_date date, period_end_date date, scope_type varchar,
        scope_id varchar, numerator decimal(38, 10), denominator decimal(38, 10), actual_value decimal(38, 10),
        no_value_reason varchar, data_as_of date, input_row_count bigint, definition_hash varchar,
        value_edition_id varchar, value_as_of_date date""",
    "held_targets": """
        kpi_id varchar, scope_type varchar, scope_id varchar, period_grain varchar, period_start_date date,
        target_value decimal(38, 10), to_date_value decimal(38, 10), origin varchar, set_by varchar, reason varchar""",
    "held_scopes": """
        scope_type varchar, scope_id varchar, scope_name varchar, parent_scope_type varchar,
        parent_scope_id varchar""",
    "tainted_models": "model_name varchar",
    "model_inputs": "model_name varchar, source_system varchar, table_name varchar",
    "event_spans": "entity varchar, domain varchar, first_date date, last_date date, as_of_date date",
    "conservation": """
        source_system varchar, table_name varchar, file_id bigint, path varchar, column_name varchar,
        rows_read bigint, rows_loaded bigint, rows_rejected bigint, rows_superseded bigint,
        amount_read decimal(38, 10), amount_loaded decimal(38, 10), amount_rejected decimal(38, 10),
        amount_superseded decimal(38, 10), unreadable_count bigint, is_conserved boolean""",
    "row_counts": """
        source_system varchar, table_name varchar, content_hash varchar, row_count bigint, newest_date date,
        loaded_at timestamp, run_id varchar""",
    # why a figure changed: before.py, row_changes.py and why.py write these
    "edition_inputs": """
        edition_id varchar, source_system varchar, table_name varchar, content_hash varchar,
        declaration_hash varchar, recorded_at timestamp""",
    "edition_facts": """
        edition_id varchar, as_of_date date, code_hash varchar, run_settings varchar, domain_coverage varchar""",
    "before_tables": "source_system varchar, table_name varchar, content_hash varchar, edition_id varchar",
    "row_changes": """
        run_id varchar, source_system varchar, table_name varchar, added_late bigint, added_new bigint,
        added_undated bigint, corrected bigint, removed bigint""",
    "value_effects": """
        kpi_id varchar, period_grain varchar, period_start_date date, scope_type varchar, scope_id varchar,
        parent_edition_id varchar, value_before decimal(38, 10), changed_definition decimal(38, 10),
        corrected_data decimal(38, 10), late_data decimal(38, 10), time_passed decimal(38, 10),
        other decimal(38, 10), value_now decimal(38, 10), causes varchar""",
    "night_reports": """
        run_id varchar, started_at timestamp, finished_at timestamp, seconds double, as_of_date date,
        outcome varchar, exit_code integer, edition_id varchar, files_new bigint, rows_read bigint,
        rows_loaded bigint, rows_rejected bigint, rows_superseded bigint, extracts_refused bigint,
        suites_failed bigint, suites_warned bigint, kpis_held bigint, kpis_stale bigint, rows_published bigint,
        message varchar""",
    "night_report_steps": "run_id varchar, step_number integer, step varchar, outcome varchar, seconds double",
    "night_report_tables": """
        run_id varchar, source_system varchar, table_name varchar, files_new bigint, rows_read bigint,
        rows_loaded bigint, rows_rejected bigint, rows_superseded bigint, is_refused boolean, row_count bigint,
        data_as_of date, newest_date date, loaded_at timestamp""",
}


def columns_of(table: str) -> str:
    """The declared columns of a table of schema `audit`, as SQL."""
    return _TABLES[table]


def ensure_audit_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the schemas `audit` and `raw` and the tables of `audit`, as far as they are not there yet."""
    connection.execute("create schema if not exists audit")
    connection.execute("create schema if not exists raw")
    there: dict[str, set[str]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from duckdb_columns() "
        "where database_name = current_database() and schema_name = 'audit'"
    ).fetchall():
        there.setdefault(table, set()).add(column)
    for name, columns in _TABLES.items():
        if name not in there:
            connection.execute(f"create table if not exists audit.{name} ({columns})")
            continue
        # a warehouse of an earlier version keeps its ledger and gets the columns that came since
        for column in re.split(r",\s*(?![^()]*\))", columns.strip()):
            if column.split()[0] not in there[name]:
                connection.execute(f"alter table audit.{name} add column if not exists {column}")


def write_run_settings(
    connection: duckdb.DuckDBPyConnection,
    *,
    edition_id: str,
    as_of_date: date,
    history_from: date | None,
    company: str,
    company_name: str,
    reporting_currency: str,
    time_zone: str,
    fiscal_year_start_month: int = 1,
    days_shown: int = 400,
    is_employee_scope_allowed: bool = False,
    parent_edition_id: str | None = None,
    inputs_hash: str = "",
    inputs: Mapping[str, str] | None = None,
) -> None:
    """Write the one row of audit.run_settings."""
    row = {
        "edition_id": edition_id,
        "as_of_date": as_of_date,
        "history_from": history_from,
        "company": company,
        "company_name": company_name,
        "reporting_currency": reporting_currency,
        "time_zone": time_zone,
        "fiscal_year_start_month": fiscal_year_start_month,
        "days_shown": days_shown,
        "is_employee_scope_allowed": is_employee_scope_allowed,
        "parent_edition_id": parent_edition_id,
        "inputs_hash": inputs_hash,
        "inputs": json.dumps(dict(inputs or {}), sort_keys=True),
    }
    _replace(connection, "run_settings", ", ".join(row), [tuple(row.values())])


def write_domain_coverage(
    connection: duckdb.DuckDBPyConnection,
    systems: Iterable[SourceSystem],
    domain_feeds: Mapping[str, Sequence[str]],
) -> None:
    """Write audit.domain_coverage: a row for each active domain and system, dates NULL where undeclared."""
    by_name = {system.name: system for system in systems}
    rows = []
    for domain, names in domain_feeds.items():
        for name in names:
            said = by_name[name].domains.get(domain, DomainCoverage())
            rows.append((domain, name, said.covered_from, said.covered_to, said.note_en, said.note_sv))
    columns = "domain, source_system, covered_from, covered_to, note_en, note_sv"
    _replace(connection, "domain_coverage", columns, rows)


def _replace(connection: duckdb.DuckDBPyConnection, table: str, columns: str, rows: list[tuple]) -> None:
    with transaction(connection):
        connection.execute(f"delete from audit.{table}")
        if rows:
            places = ", ".join("?" * len(rows[0]))
            connection.executemany(f"insert into audit.{table} ({columns}) values ({places})", rows)
