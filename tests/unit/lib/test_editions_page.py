"""The queries of docs/editions.md, as they are written there."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from dagster_project.lib import flips
from dagster_project.lib.flips import as_time
from dagster_project.lib.rollback import show
from tests.unit.lib.test_editions_over_time import Company
from tests.unit.lib.test_publication import read

PAGE = Path(__file__).parents[3] / "docs" / "editions.md"


def query(name):
    """A query of the page."""
    [found] = re.findall(rf"<!-- query: {name} -->\n```sql\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return found


class Board(Company):
    """A company whose first figure is the one that the page asks for."""

    def build(self, edition, rows=1000):
        super().build(edition, rows)
        self.sql(
            "update scorecard.kpi_scorecard set kpi_id = 'gross_margin_ratio', period_grain = 'month',"
            " period_start_date = date '2025-11-01' where period_start_date = date '2025-01-01'"
        )
        if self.value is not None:
            self.sql(
                "update scorecard.kpi_scorecard set actual_value = ?, variance = ? - 100"
                " where kpi_id = 'gross_margin_ratio'",
                [self.value, self.value],
            )
        else:
            self.sql("delete from scorecard.kpi_scorecard where kpi_id = 'gross_margin_ratio'")

    def show(self, value):
        self.value = None if value is None else Decimal(value)
        return self.night({})


@pytest.fixture
def board(tmp_path):
    return Board(tmp_path)


def moved(board, number, hours):
    """Let an edition's publication, which the test made just now, have been some hours ago."""
    log = board.published / flips.LOG
    lines = flips.read(board.published)
    log.unlink()
    for place, line in enumerate(lines):
        at = (
            (datetime(2025, 11, 3, 12, tzinfo=UTC) + timedelta(hours=hours))
            .isoformat()
            .replace("+00:00", "Z")
        )
        flips.append(board.published, line if place != number else flips.Flip(**{**vars(line), "at": at}))


def asked(board, moment):
    written = query("board")
    assert written.count("timestamp '") == 1
    return read(board.current, re.sub(r"timestamp '[^']*'", f"timestamp '{moment}'", written))


def test_what_did_the_board_see_and_what_has_changed_since(board):
    board.show("37.5")
    board.show("35")
    show(board.home, "e1", "user somebody")  # back ...
    show(board.home, "e2", "user somebody")  # ... and forward
    for number, hours in enumerate((0, 1, 2, 3)):
        moved(board, number, hours)
    board.show("36")
    now = (Decimal(36), "on_track")
    assert asked(board, "2025-11-03 11:59:00") == [], "nothing was shown yet"
    for moment, edition, value in (
        ("2025-11-03 12:30:00", "e1", Decimal("37.5")),
        ("2025-11-03 13:30:00", "e2", Decimal(35)),
        ("2025-11-03 14:30:00", "e1", Decimal("37.5")),  # rolled back
        ("2025-11-03 15:30:00", "e2", Decimal(35)),
        ("2099-01-01 00:00:00", "e3", Decimal(36)),
    ):
        assert asked(board, moment) == [(edition, "all", value, "on_track", *now, Decimal(36) - value)]
    assert as_time(flips.read(board.published)[0].at) == datetime(2025, 11, 3, 12)


def test_what_the_board_saw_is_still_told_when_it_is_no_longer_shown(board):
    board.show("37.5")
    moved(board, 0, 0)
    board.show(None)
    assert asked(board, "2025-11-03 12:30:00") == [
        ("e1", "all", Decimal("37.5"), "on_track", None, None, None)
    ]


def test_why_it_has_changed(board):
    board.show("37.5")
    board.sql(
        "create table audit.value_effects as select 'gross_margin_ratio' as kpi_id, 'month' as period_grain,"
        " date '2025-11-01' as period_start_date, 'company' as scope_type, 'all' as scope_id,"
        " 'e1' as parent_edition_id, 37.5::decimal(38, 10) as value_before, 0::decimal(38, 10) as changed_definition,"
        " -3.5::decimal(38, 10) as corrected_data, 1::decimal(38, 10) as late_data, 0::decimal(38, 10) as time_passed,"
        " 0::decimal(38, 10) as other, 35::decimal(38, 10) as value_now, 'corrected_data, late_data' as causes"
    )
    board.show("35")
    board.show("34")
    [row] = read(board.current, query("restatement"))
    assert row == (
        1,
        Decimal("-2.5"),
        1,
        Decimal("-3.5"),
        0,
        0,
        0,
        0,
        Decimal("-2.5"),
        "corrected_data, late_data",
        0,
        0,
    )
    everything = query("restatement").replace("sequence <= 2", "sequence <= 3")
    [row] = read(board.current, everything)
    assert row[:7] == (2, Decimal("-3.5"), 1, Decimal("-3.5"), 0, 0, -1), "the last one's cause nobody knows"
    assert "unknown" in row[9]
