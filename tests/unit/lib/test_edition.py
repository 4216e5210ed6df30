"""How an edition is named: by what goes into it and by what readers had before."""

from datetime import date

import duckdb
import pytest

from dagster_project.lib import flips
from dagster_project.lib.audit_tables import ensure_audit_tables
from dagster_project.lib.edition import name_edition
from dagster_project.lib.flips import Flip
from dagster_project.lib.plan import SHEETS, write_plan
from dagster_project.lib.settings import Settings

TABLES = {("demo", "orders")}


class Nights:
    """Nights of one state folder, as far as names go: a link, a log and a warehouse."""

    def __init__(self, home):
        self.home = home
        self.published = home / "published"
        self.published.mkdir(parents=True)
        self.connection = duckdb.connect()
        ensure_audit_tables(self.connection)
        write_plan(self.connection, {sheet.name: [] for sheet in SHEETS}, date(2026, 3, 10))

    def name(self, content, as_of="2026-03-10"):
        self.connection.execute("delete from audit.raw_tables")
        self.connection.execute(
            "insert into audit.raw_tables (source_system, table_name, content_hash)"
            " values ('demo', 'orders', ?), ('other', 'orders', 'whatever')",
            [content],
        )
        settings = Settings.from_environment({"SCORECARD_HOME": str(self.home), "SCORECARD_AS_OF": as_of})
        return name_edition(self.connection, settings, TABLES)

    def publish(self, content, **options):
        named = self.name(content, **options)
        sequence = len(flips.publications(flips.read(self.published))) + 1
        self.flip(named.edition_id, "publish", named.parent_edition_id, sequence, named.inputs_hash)
        return named

    def flip(self, edition_id, action, parent=None, sequence=None, inputs_hash=None):
        link = self.published / "current"
        link.unlink(missing_ok=True)
        link.symlink_to(f"editions/{edition_id}")
        flips.append(
            self.published,
            Flip(flips.now(), action, edition_id, parent, "run", parent, sequence, inputs_hash),
        )


@pytest.fixture
def nights(tmp_path):
    return Nights(tmp_path / "home")


def test_the_first_edition_has_no_parent_and_the_same_name_everywhere(nights, tmp_path):
    named = nights.name("a")
    assert named.parent_edition_id is None and named.edition_id.startswith("2026-03-10-")
    assert Nights(tmp_path / "elsewhere").name("a") == named


def test_the_next_one_is_named_by_its_parent_too(nights, tmp_path):
    first = nights.publish("a")
    second = nights.name("b")
    assert second.parent_edition_id == first.edition_id
    alone = Nights(tmp_path / "elsewhere").name("b")
    assert second.inputs_hash == alone.inputs_hash and second.edition_id != alone.edition_id


def test_the_same_inputs_are_the_newest_edition_whatever_readers_have(nights):
    first, second = nights.publish("a"), nights.publish("b")
    assert nights.name("b") == second
    nights.flip(first.edition_id, "rollback")
    assert nights.name("b") == second, "the night does not undo a rollback"
    third = nights.name("c")
    assert third.parent_edition_id == first.edition_id


def test_a_correction_that_is_undone_is_a_new_edition(nights):
    first, second = nights.publish("a"), nights.publish("b")
    third = nights.publish("a")
    assert third.inputs_hash == first.inputs_hash and third.parent_edition_id == second.edition_id
    assert len({first.edition_id, second.edition_id, third.edition_id}) == 3
    assert nights.name("a") == third


def test_a_night_killed_before_its_flip_gives_the_same_name_again(nights):
    nights.publish("a")
    named = nights.name("b")
    assert nights.name("b") == named
    nights.connection.execute(
        "insert into audit.withheld_days values ('people', 'department', 'Legal', '2026-03-01', ?, 1)",
        [named.edition_id],
    )
    assert nights.name("b") == named, "it has remembered what it withholds itself"
    nights.connection.execute("update audit.withheld_days set first_edition_id = 'another'")
    assert nights.name("b").edition_id != named.edition_id
    assert nights.name("b").inputs_hash == named.inputs_hash


def test_inputs_say_which_kind_differs(nights):
    first = nights.name("a")

    def differing(other):
        return {name for name in first.inputs if first.inputs[name] != other.inputs[name]}

    assert differing(nights.name("a")) == set()
    assert differing(nights.name("b")) == {"data"}
    assert differing(nights.name("b", as_of="2026-03-11")) == {"data", "time_passed"}
    nights.connection.execute(
        "insert into audit.refused_extracts (source_system, table_name, has_good_data) values ('demo', 'orders', true)"
    )
    assert differing(nights.name("a")) == {"holds"}, "its figures stay, and are shown as stale"
