"""Many editions, one after the other: flips, rollbacks, pruning and kills, in a tiny warehouse."""

import json
import random
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import duckdb
import pytest

from dagster_project.lib import flips
from dagster_project.lib.edition import nothing_new
from dagster_project.lib.flips import Flip, FlipsDamaged, linked
from dagster_project.lib.kept_editions import current_edition, edition_folders, known_flips, list_editions
from dagster_project.lib.pruning import finish_pruning, prune, to_prune
from dagster_project.lib.publication import STEPS, PublicationFailed
from dagster_project.lib.rollback import EditionDamaged, RollbackRefused, UnknownEdition, show
from tests.unit.lib.test_publication import FIRST, Killed, Pipeline, opened, read

ROWS = 12


class Company(Pipeline):
    """A pipeline whose figures are given, and that names its editions as the nightly job does: by number."""

    def __init__(self, folder):
        folder.mkdir(exist_ok=True)
        super().__init__(folder)
        self.count = 0

    def night(self, values, **options):
        """Publish these figures as the next edition."""
        self.count += 1
        return self.again(values, **options)

    def again(self, values, **options):
        """The same night once more, as after a kill."""
        edition = replace(
            FIRST, edition_id=f"e{self.count}", run_id=f"run-{self.count}", inputs_hash=f"i{self.count}"
        )
        self.build(edition, rows=ROWS)
        for place, value in values.items():
            self.sql(
                "update scorecard.kpi_scorecard set actual_value = ?, variance = ? - 100"
                " where period_start_date = date '2025-01-01' + cast(? as integer)",
                [value, value, place],
            )
        self.judge()
        newest = flips.newest(known_flips(self.published)) if self.published.is_dir() else None
        is_published = newest is not None and newest.edition_id == edition.edition_id
        parent = newest.parent_edition_id if is_published else linked(self.published)
        return self.publish(replace(edition, parent_edition_id=parent), **options)

    def log(self):
        return [(flip.action, flip.edition_id, flip.previous) for flip in flips.read(self.published)]

    @property
    def shown(self):
        return current_edition(self.home)["edition_id"]

    def kept(self):
        return [folder.name for folder in edition_folders(self.published)]


@pytest.fixture
def company(tmp_path):
    return Company(tmp_path)


@pytest.fixture
def three(company):
    for number in range(3):
        company.night({0: Decimal(number)})
    return company


def killed_at(step):
    def kill(name):
        if name == step:
            raise Killed

    return kill


def test_a_long_story_is_told_as_it_was(company):
    """Edits, undoings, rollbacks and a kill at every step: the history is that of the editions, in their order."""
    chance = random.Random(7)
    values, shown, expected = {}, [], []
    for night in range(14):
        if night % 4 == 3:
            values = dict(shown[-2]), dict(shown[-1])
            values = values[0]  # a correction is undone
        elif night:
            values = {**values, chance.randrange(ROWS): Decimal(chance.randrange(1000)) / 7}
            values = {place: round(value, 10) for place, value in values.items()}
        parent = linked(company.published)
        step = STEPS[night % len(STEPS)]
        with pytest.raises(Killed):
            company.night(values, on_step=killed_at(step))
        done = company.again(values)
        assert done.sequence == night + 1 and company.shown == f"e{night + 1}"
        assert not company.leftovers()
        expected.append(("publish", f"e{night + 1}", parent))
        [row] = read(company.current, "select parent_edition_id, sequence from scorecard.publication")
        assert row == (parent, night + 1)
        shown.append(dict(values))
        if night % 5 == 4:
            back = show(company.home, None, "user somebody")
            assert (back.action, back.edition_id) == ("rollback", parent)
            expected.append(("rollback", parent, f"e{night + 1}"))
    assert company.log() == expected
    # the last one, whatever readers have
    newest = company.published / "editions" / "e14" / "scorecard.duckdb"
    versions = [
        (place, number + 1, value)
        for place in range(ROWS)
        for number, value in enumerate(values.get(place, Decimal("1.25") * place) for values in shown)
        if not number or value != shown[number - 1].get(place, Decimal("1.25") * place)
    ]
    assert read(
        newest,
        "select date_diff('day', date '2025-01-01', period_start_date), first_sequence, actual_value"
        " from scorecard.kpi_value_history order by all",
    ) == sorted(versions)
    # any two editions: the sum of the changes between them
    for first, last in ((1, 14), (3, 9), (5, 6)):
        sums = dict(
            read(
                newest,
                "select date_diff('day', date '2025-01-01', period_start_date), sum(value_change)"
                f" from scorecard.kpi_value_changes where sequence > {first} and sequence <= {last} group by all",
            )
        )
        for place in range(ROWS):
            then, now = (shown[number - 1].get(place, Decimal("1.25") * place) for number in (first, last))
            assert sums.get(place, 0) == now - then


def test_an_edition_killed_before_its_flip_is_none_if_the_inputs_change(three):
    with pytest.raises(Killed):
        three.night({0: Decimal(77)}, on_step=killed_at("renamed"))
    assert three.night({0: Decimal(5)}).sequence == 4
    values = (
        "select actual_value from scorecard.kpi_value_history where period_start_date = date '2025-01-01'"
    )
    assert read(three.current, f"{values} order by version") == [(0,), (1,), (2,), (5,)]
    with pytest.raises(UnknownEdition, match='No edition "e4" is kept'):
        show(three.home, "e4", "user somebody")
    assert prune(three.home, 0, 0) == ["e4"], "nobody ever saw it"


def test_published_again_after_damage_it_is_what_it_was(three):
    before = read(
        three.current, "select table_name, control_sum from scorecard.publication_tables order by all"
    )
    [row] = read(three.current, "from scorecard.publication")
    three.current.resolve().unlink()
    assert not three.again({0: Decimal(2)}).unchanged
    assert (
        read(three.current, "select table_name, control_sum from scorecard.publication_tables order by all")
        == before
    )
    assert read(three.current, "from scorecard.publication") == [row]
    assert three.log()[-1] == ("publish", "e3", "e2")


@pytest.mark.parametrize("damaged", ["file", "parquet", "both", "gone"])
def test_the_history_goes_on_from_what_is_whole(three, damaged):
    folder = three.published / "editions" / "e3"
    if damaged in ("file", "both"):
        with duckdb.connect(str(folder / "edition.duckdb")) as connection:
            connection.execute("update scorecard.kpi_value_history set actual_value = 5 where is_current")
    if damaged in ("parquet", "both"):
        (folder / "parquet" / "kpi_value_history.parquet").write_bytes(b"nothing")
    if damaged == "gone":
        folder.rename(three.home / "elsewhere")
    if damaged in ("file", "parquet"):
        assert three.night({0: Decimal(9)}).sequence == 4
        query = (
            "select actual_value from scorecard.kpi_value_history where period_start_date = date '2025-01-01'"
        )
        assert read(three.current, f"{query} order by version") == [(0,), (1,), (2,), (9,)]
        return
    with pytest.raises(PublicationFailed, match="the history of values goes on from it"):
        three.night({0: Decimal(9)})
    # as the message says, where there is no backup
    show(three.home, "e2", "user somebody")
    (three.published / "flips.jsonl").unlink()
    assert three.again({0: Decimal(9)}).sequence == 3
    query = "select actual_value from scorecard.kpi_value_history where period_start_date = date '2025-01-01'"
    assert read(three.current, f"{query} order by version") == [(0,), (1,), (9,)]


def test_editions_from_before_there_was_a_history_are_where_it_begins(three):
    """Their files have no history, no place and no log beside them."""
    for folder in edition_folders(three.published):
        with duckdb.connect(str(folder / "edition.duckdb")) as connection:
            connection.execute(
                "drop view scorecard.kpi_value_changes; drop table scorecard.kpi_value_history;"
                "drop table scorecard.publication_history; drop table scorecard.publication_inputs;"
            )
            for column in ("parent_edition_id", "sequence", "inputs_hash", "inputs", "settings"):
                connection.execute(f"alter table scorecard.publication drop column {column}")
            connection.execute("delete from scorecard.publication_tables where table_name like '%history'")
            connection.execute("delete from scorecard.publication_tables where table_name like '%inputs'")
            connection.execute("delete from scorecard.publication_tables where table_name like '%changes'")
            from dagster_project.lib.control_sums import control_sum

            connection.execute(
                "update scorecard.publication set control_sum = ?",
                [control_sum(connection, "scorecard.publication_tables")[1]],
            )
            connection.execute("checkpoint")
    (three.published / "flips.jsonl").unlink()
    assert three.night({0: Decimal(9)}).sequence == 4
    assert [line[:2] for line in three.log()] == [("publish", f"e{number}") for number in range(1, 5)]
    query = "select version, first_edition_id, actual_value from scorecard.kpi_value_history"
    assert read(three.current, f"{query} where period_start_date = date '2025-01-01' order by 1") == [
        (1, "e3", 2),
        (2, "e4", 9),
    ]


# Flips


def test_a_flip_that_was_not_written_down_is_found(three):
    for step, action in (("flipped", "rollback"), ("verified", None)):
        with pytest.raises(Killed):
            show(three.home, "e1" if action else "e2", "user somebody", on_step=killed_at(step))
        known_flips(three.published)
        assert three.log()[-1] == ("rollback", "e1", "e3")
    (three.published / "current").unlink()
    (three.published / "current").symlink_to("editions/e2")
    known_flips(three.published)
    assert three.log()[-1] == ("forward", "e2", "e1")
    assert flips.read(three.published)[-1].by == "found after a kill"


def test_a_torn_last_line_is_none_and_a_broken_one_is_told(three):
    log = three.published / "flips.jsonl"
    assert stat.S_IMODE(log.stat().st_mode) == 0o640
    whole = log.read_bytes()
    log.write_bytes(whole[:-20])
    assert len(known_flips(three.published)) == 3, "the link says what the torn line said"
    assert len(log.read_text().splitlines()) == 3 and [
        json.loads(line) for line in log.read_text().splitlines()
    ]
    log.write_bytes(whole.replace(b'"action"', b"action", 1))
    with pytest.raises(FlipsDamaged, match=r"flips.jsonl, line 1: expected one JSON object"):
        three.night({})
    assert current_edition(three.home)["edition_id"] == "e3"


def test_a_flip_that_can_not_be_written_down_is_told_and_written_by_the_next_run(three, monkeypatch):
    real = flips.append

    def full(published, flip):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(flips, "append", full)
    with pytest.raises(
        PublicationFailed, match=r"Edition e4 is published, and readers have it, but .*No space left"
    ):
        three.night({0: Decimal(4)})
    monkeypatch.setattr(flips, "append", real)
    assert three.shown == "e4" and len(three.log()) == 3
    assert three.again({0: Decimal(4)}).unchanged
    assert three.log()[3] == ("publish", "e4", "e3") and len(three.log()) == 4


def test_a_lost_log_is_told_by_the_edition_that_readers_have(three):
    lines = three.log()
    (three.published / "flips.jsonl").unlink()
    known_flips(three.published)
    assert three.log() == lines


def test_the_history_of_publications_names_nobody(three):
    show(three.home, None, "user hanna")
    three.night({0: Decimal(50)})
    rows = read(
        three.current,
        "select number, action, edition_id, previous_edition_id, made_by from scorecard.publication_history order by 1",
    )
    assert rows[3:] == [(4, "rollback", "e2", "e3", "a person"), (5, "publish", "e4", "e2", "run run-4")]
    assert flips.read(three.published)[3].by == "user hanna"


# Rollback


def test_rollback_and_forward(three):
    assert show(three.home, None, "user a").edition_id == "e2" == three.shown
    assert show(three.home, None, "user a").edition_id == "e1" == three.shown
    with pytest.raises(UnknownEdition, match="the first edition there was"):
        show(three.home, None, "user a")
    assert show(three.home, "e3", "user a").action == "forward"
    assert show(three.home, "e3", "user a").action is None, "readers have it already"
    assert [line[0] for line in three.log()[3:]] == ["rollback", "rollback", "forward"]
    assert read(three.current, "select distinct edition_id from scorecard.kpi_scorecard") == [("e3",)]


def test_rollback_stays_until_there_is_something_new(three):
    show(three.home, "e1", "user a")
    again = three.again({0: Decimal(2)})
    assert again.instead == "e1" and not again.flipped and three.shown == "e1"
    told = nothing_new(three.home)
    assert (
        told.startswith("Nothing new since edition e3. Readers have e1 since 20") and "`rollback e3`" in told
    )
    new = three.night({0: Decimal(3)})
    assert new.flipped and new.sequence == 4 and three.shown == "e4"
    [row] = read(three.current, "select parent_edition_id, sequence from scorecard.publication")
    assert row == ("e1", 4), "it follows what readers had"
    query = "select actual_value, ended_sequence from scorecard.kpi_value_history"
    assert read(three.current, f"{query} where period_start_date = date '2025-01-01' order by version") == [
        *((0, 2), (1, 3), (2, 4), (3, None)),  # ... and its history what was published
    ]
    assert nothing_new(three.home) == "Nothing new since edition e4."


@pytest.mark.parametrize(
    ("wanted", "error", "said"),
    [
        ("e9", UnknownEdition, r'No edition "e9" is kept. The nearest: e\d'),
        ("e", UnknownEdition, "may be any of e1, e2, e3"),
        ("../e1", UnknownEdition, "No edition"),
        ("e2", EditionDamaged, "is not whole: expected the tables and files"),
    ],
)
def test_rollback_refuses_what_is_unknown_or_damaged(three, wanted, error, said):
    with duckdb.connect(str(three.published / "editions" / "e2" / "edition.duckdb")) as connection:
        connection.execute("delete from scorecard.periods")
    with pytest.raises(error, match=said) as refusal:
        show(three.home, wanted, "user a")
    assert "What to do" in str(refusal.value) and three.shown == "e3"
    assert len(three.log()) == 3


def test_rollback_with_nothing_published_says_so(tmp_path):
    with pytest.raises(RollbackRefused, match="Nothing is published"):
        show(tmp_path, None, "user a")


# Pruning

NOW = datetime(2026, 3, 20, tzinfo=UTC)


def published(number, days_ago):
    at = (NOW - timedelta(days=days_ago)).isoformat().replace("+00:00", "Z")
    return Flip(at, "publish", f"e{number}", sequence=number)


@pytest.mark.parametrize(
    ("current", "number", "days", "gone"),
    [
        ("e6", 0, 0, []),
        ("e6", 3, 0, ["e1", "e2", "e3"]),
        ("e6", 1, 0, ["e1", "e2", "e3", "e4"]),  # the one before it stays
        ("e3", 1, 0, ["e1", "e4"]),  # rolled back: that one and the one before, the newest and the one before
        ("e6", 0, 10, ["e1", "e2"]),
        ("e6", 5, 10, ["e1"]),  # either rule keeps
        ("e6", 0, 1, ["e1", "e2", "e3", "e4"]),
        ("e1", 1, 0, ["e2", "e3", "e4"]),
    ],
)
def test_what_is_pruned(current, number, days, gone):
    known = [published(n, days_ago) for n, days_ago in enumerate((40, 20, 9, 8, 7, 6), start=1)]
    kept = [f"e{n}" for n in range(1, 7)]
    assert to_prune(known, kept, current, number, days, NOW) == gone
    assert to_prune(known, [*kept, "e0"], current, number, days, NOW) == ["e0", *gone], "never shown"


def test_pruning_keeps_the_values_and_the_reader_who_has_it_open(three):
    with opened(three.published / "editions" / "e1" / "scorecard.duckdb") as reader:
        assert prune(three.home, 1, 0) == ["e1"]
        assert three.kept() == ["e2", "e3"]
        assert reader.execute("select count(*) from scorecard.kpi_scorecard").fetchone() == (ROWS,)
    assert three.log()[-1] == ("prune", "e1", None)
    assert prune(three.home, 1, 0) == []
    three.night({0: Decimal(50)})
    query = "select first_edition_id, actual_value from scorecard.kpi_value_history"
    assert read(three.current, f"{query} where period_start_date = date '2025-01-01' order by version") == [
        *(("e1", 0), ("e2", 1), ("e3", 2), ("e4", 50)),
    ]
    assert read(
        three.current, "select count(*) from scorecard.publication_history where action = 'prune'"
    ) == [(1,)]


@pytest.mark.parametrize("step", ["renamed", "recorded", "removed"])
def test_pruning_killed_is_finished_by_the_next(three, step):
    three.night({})
    with pytest.raises(Killed):
        prune(three.home, 1, 0, on_step=killed_at(step))
    assert list_editions(three.home)[-1]["edition_id"] == three.shown == "e4"
    prune(three.home, 1, 0)
    assert three.kept() == ["e3", "e4"] and not three.leftovers()
    assert sorted(line[1] for line in three.log() if line[0] == "prune") == ["e1", "e2"]
    finish_pruning(three.published)
    assert len(three.log()) == 6
