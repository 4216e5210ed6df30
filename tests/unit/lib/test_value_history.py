"""The history of values, against a model of it in plain Python, and what its proof finds."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.lib.value_history import (
    EFFECTS,
    KEY,
    SHOWN,
    Before,
    HistoryBroken,
    Moment,
    check_history,
    differing_inputs,
    write_changes,
    write_history,
)

FIGURES = [
    ("revenue_amount", "month", date(2026, 1, 1), "company", "all"),
    ("revenue_amount", "month", date(2026, 2, 1), "company", "all"),
    ("revenue_amount", "month", date(2026, 2, 1), "region", "Skåne"),
    ("absence_ratio", "month", date(2026, 1, 1), "company", "all"),  # has a band
]
NUMBERS = [None, *map(Decimal, ("-3.5", "0", "0.0000000001", "7", "1000000000000000.3333333333"))]


@dataclass(frozen=True)
class Row:
    """What the scorecard shows of a figure."""

    value: Decimal | None
    target: Decimal | None = None
    status: str = "on_track"
    quality: str = "passed"
    definition: str = "d1"
    period: str = "open"
    is_band: bool = False

    @property
    def bounds(self):
        return (self.target, self.target + 2) if self.is_band and self.target is not None else (None, None)

    def variance_of(self, value):
        if value is None or self.target is None:
            return None
        if not self.is_band:
            return value - self.target
        low, high = self.bounds
        return value - low if value < low else value - high if value > high else Decimal(0)

    @property
    def shown(self):
        reason = "no_data" if self.value is None else None
        target = None if self.is_band else self.target
        return (self.value, target, *self.bounds, self.status, self.quality, reason)


@dataclass
class Model:
    """Every version of every figure: a list for each, of dictionaries."""

    versions: dict = field(default_factory=dict)
    last: dict = field(default_factory=dict)

    def publish(self, number, rows, told, differing):
        for figure in {*self.last, *rows}:
            versions = self.versions.setdefault(figure, [])
            was, now = self.last.get(figure), rows.get(figure)
            if (
                was
                and now
                and (was.shown, was.variance_of(was.value)) == (now.shown, now.variance_of(now.value))
            ):
                versions[-1]["last"] = number
                continue
            if was:
                versions[-1] |= {"ended": number, "ended_reason": "new_version" if now else "no_longer_shown"}
            if now:
                made = {"row": now, "first": number, "last": number, "ended": None, "ended_reason": None}
                versions.append(made | self.explained(was, now, told.get(figure), differing, len(versions)))
        self.last = rows

    @staticmethod
    def explained(was, now, told, differing, count):
        nothing = dict.fromkeys(EFFECTS)
        if was is None:
            return {
                "reason": "shown_again" if count else "first",
                "change": None,
                "effects": nothing,
                "target": None,
            }
        change = None if None in (was.value, now.value) else now.value - was.value
        causes = [*differing, *(["changed_definition"] if was.definition != now.definition else [])]
        cause = causes[0] if len(causes) == 1 else "unknown"
        reasons = []
        effects = nothing
        if was.value != now.value:
            reasons.append(told[1] if told else cause)
            if change is not None:
                place = cause if cause in EFFECTS else "other_causes"
                effects = (
                    told[0] if told else {name: change if name == place else Decimal(0) for name in EFFECTS}
                )
        elif change is not None:
            effects = dict.fromkeys(EFFECTS, Decimal(0))
        if was.target != now.target:
            reasons.append("changed_target")
        if was.quality != now.quality:
            reasons.append("quality")
        variances = was.variance_of(was.value), now.variance_of(now.value)
        target = None if None in (was.target, now.target) or now.is_band else now.target - was.target
        if None not in variances:
            target = was.variance_of(now.value) - variances[1]
        return {
            "reason": ", ".join(reasons) or ("status_rule" if was.period == now.period else "time_passed"),
            "change": change,
            "effects": effects,
            "target": target,
        }


class Warehouse:
    """Scorecards and histories of one edition after the other, in memory."""

    def __init__(self):
        self.connection = duckdb.connect()
        number = "decimal(38, 10)"
        self.types = (
            f"kpi_id varchar, period_grain varchar, period_start_date date, scope_type varchar, scope_id varchar,"
            f" actual_value {number}, target_value {number}, target_lower {number}, target_upper {number},"
            f" status varchar, quality_status varchar, no_value_reason varchar, variance {number},"
            " definition_hash varchar, period_status varchar"
        )
        self.connection.execute(
            "create table value_effects (kpi_id varchar, period_grain varchar, period_start_date date,"
            " scope_type varchar, scope_id varchar, parent_edition_id varchar,"
            f" value_before {number}, changed_definition {number}, corrected_data {number}, late_data {number},"
            f" time_passed {number}, other {number}, value_now {number}, causes varchar);"
            " create schema scorecard; create table scorecard.publication_history"
            " (edition_id varchar, parent_edition_id varchar, action varchar)"
        )
        self.number = 0
        self.differing = ()

    def rows(self, query):
        return self.connection.execute(query).fetchall()

    def publish(self, rows, told=(), differing=(), parent=None):
        self.number += 1
        number = self.number
        self.connection.execute(f"create table scorecard_{number} ({self.types})")
        for figure, row in rows.items():
            self.connection.execute(
                f"insert into scorecard_{number} values ({', '.join('?' * 15)})",
                [*figure, *row.shown, row.variance_of(row.value), row.definition, row.period],
            )
        self.connection.execute("delete from value_effects")
        for line in told:
            self.connection.execute(f"insert into value_effects values ({', '.join('?' * 14)})", list(line))
        self.moment = moment(number)
        self.before = None
        if number > 1:
            old = moment(number - 1)
            self.before = Before(
                old.edition_id,
                parent or old.edition_id,
                old.sequence,
                old.published_at,
                f"scorecard_{number - 1}",
                f"history_{number - 1}",
                tuple(differing),
            )
        self.connection.execute(
            "insert into scorecard.publication_history values (?, ?, 'publish')",
            [self.moment.edition_id, self.before and self.before.parent_edition_id],
        )
        write_history(
            self.connection,
            f"history_{number}",
            f"scorecard_{number}",
            self.moment,
            self.before,
            "value_effects",
        )
        self.check()

    def check(self):
        number = self.number
        check_history(self.connection, f"history_{number}", f"scorecard_{number}", self.moment, self.before)

    def history(self):
        """Versions by figure, as the model has them."""
        found = {}
        columns = ", ".join(
            (
                *(*KEY, "version", *SHOWN, "variance", "definition_hash", "reason"),
                *("first_sequence", "ended_sequence", "ended_reason", "is_current", "value_change", *EFFECTS),
                *("target_change", "variance_change", "variance_from_value"),
                *(
                    "first_edition_id",
                    "last_edition_id",
                    "superseded_by_edition_id",
                    "first_published_at",
                    "superseded_at",
                ),
            )
        )
        relation = self.connection.execute(f"select {columns} from history_{self.number} order by all")
        names = [column[0] for column in relation.description]
        for line in relation.fetchall():
            found.setdefault(line[:5], []).append(dict(zip(names, line, strict=True)))
        return found


def moment(number):
    return Moment(f"e{number}", number, datetime(2026, 3, 1) + timedelta(days=number))


def compare(history, model):
    assert set(history) == set(model.versions)
    for figure, versions in model.versions.items():
        assert len(history[figure]) == len(versions)
        for place, (found, wanted) in enumerate(zip(history[figure], versions, strict=True), start=1):
            row = wanted["row"]
            assert found["version"] == place
            assert tuple(found[name] for name in SHOWN) == row.shown
            assert found["variance"] == row.variance_of(row.value)
            assert found["reason"] == wanted["reason"]
            assert (
                found["first_edition_id"] == f"e{wanted['first']}"
                and found["first_sequence"] == wanted["first"]
            )
            assert found["first_published_at"] == moment(wanted["first"]).published_at
            assert found["last_edition_id"] == f"e{wanted['last']}"
            ended = wanted["ended"]
            assert (found["ended_sequence"], found["ended_reason"]) == (ended, wanted["ended_reason"])
            assert found["is_current"] == (ended is None)
            assert found["superseded_at"] == (moment(ended).published_at if ended else None)
            assert found["superseded_by_edition_id"] == (
                f"e{ended}" if wanted["ended_reason"] == "new_version" else None
            )
            assert found["value_change"] == wanted["change"]
            assert {name: found[name] for name in EFFECTS} == wanted["effects"]
            assert found["target_change"] == wanted["target"]
            if found["variance_change"] is not None:
                assert found["variance_change"] == found["variance_from_value"] - found["target_change"]


def told_of(number, figure, was, now, parts):
    """A line of audit.value_effects that adds up, with its effects and causes."""
    change = None if None in (was.value, now.value) else now.value - was.value
    effects = dict.fromkeys(EFFECTS)
    if change is not None:
        effects = dict(zip(EFFECTS, (*parts, change - sum(parts)), strict=True))
    line = (
        *(*figure, f"e{number - 1}", was.value),
        *(
            effects[name]
            for name in ("changed_definition", "corrected_data", "late_data", "time_passed", "other_causes")
        ),
        *(now.value, "late_data, corrected_data"),
    )
    return line, (effects, "late_data, corrected_data")


number = st.sampled_from(NUMBERS)
ROWS = st.fixed_dictionaries(
    {
        place: st.none()
        | st.builds(
            Row,
            value=number,
            target=number,
            status=st.sampled_from(["on_track", "off_track"]),
            quality=st.sampled_from(["passed", "held"]),
            definition=st.sampled_from(["d1", "d2"]),
            period=st.sampled_from(["open", "settled"]),
            is_band=st.just(place == 3),
        )
        for place in range(len(FIGURES))
    }
)
NIGHT = st.tuples(
    st.sampled_from(["edit", "undo", "same"]),
    ROWS,
    st.sets(st.sampled_from(range(len(FIGURES)))),  # of which why says something
    st.tuples(*[st.sampled_from(NUMBERS[1:4])] * 4),
    st.sampled_from([(), ("time_passed",), ("late_or_corrected_data",), ("plan", "time_passed")]),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(NIGHT, min_size=3, max_size=9))
def test_any_sequence_of_nights_is_what_the_model_says(nights):
    warehouse, model, shown = Warehouse(), Model(), [{}]
    for what, drawn, told_places, parts, differing in nights:
        edited = {FIGURES[place]: row for place, row in drawn.items() if row}
        # one definition is one KPI's, whatever the figure
        hashes = {figure[0]: row.definition for figure, row in edited.items()}
        edited = {f: Row(**{**vars(row), "definition": hashes[f[0]]}) for f, row in edited.items()}
        rows = {"edit": edited, "undo": shown[-2] if len(shown) > 1 else edited, "same": shown[-1]}[what]
        before = shown[-1]
        defined = {figure[0]: row.definition for figure, row in before.items()}
        lines, told = [], {}
        for place in sorted(told_places):
            figure = FIGURES[place]
            was, now = before.get(figure), rows.get(figure)
            if was and now and was.value != now.value:
                line, told[figure] = told_of(warehouse.number + 1, figure, was, now, parts)
                lines.append(line)
        warehouse.publish(rows, lines, differing)
        model.last = {
            figure: Row(**{**vars(row), "definition": defined[figure[0]]})
            for figure, row in model.last.items()
        }
        model.publish(warehouse.number, rows, told, differing)
        shown.append(rows)
        compare(warehouse.history(), model)
    warehouse.connection.close()


MARCH = FIGURES[1]


def edition(value, **also):
    return {MARCH: Row(Decimal(value), Decimal(100), **also)}


def test_effects_that_are_not_of_this_change_are_not_believed():
    """Of another edition, of other values, not adding up, or there twice: the cause is unknown."""
    for spoil in ("edition", "before", "now", "sum", "twice", "none"):
        warehouse = Warehouse()
        warehouse.publish(edition("100"))
        line, (effects, causes) = told_of(
            2,
            MARCH,
            edition("100")[MARCH],
            edition("90")[MARCH],
            [Decimal(-4), Decimal(-6), Decimal(0), Decimal(0)],
        )
        line = list(line)
        if spoil == "edition":
            line[5] = "e7"
        elif spoil == "before":
            line[6] = Decimal(101)
        elif spoil == "now":
            line[12] = Decimal(91)
        elif spoil == "sum":
            line[8] += Decimal("0.0000000001")
        warehouse.publish(
            edition("90"), [line] * (2 if spoil == "twice" else 1), ("plan", "late_or_corrected_data")
        )
        found = warehouse.history()[MARCH][-1]
        if spoil == "none":
            assert ({name: found[name] for name in EFFECTS}, found["reason"]) == (effects, causes)
        else:
            assert (found["other_causes"], found["late_data"], found["reason"]) == (
                Decimal(-10),
                0,
                "unknown",
            ), spoil


def test_a_change_is_put_down_to_the_only_cause_that_is_possible():
    cases = [
        (("time_passed",), "d1", "time_passed", "time_passed"),
        (("time_passed",), "d2", "unknown", "other_causes"),
        ((), "d2", "changed_definition", "changed_definition"),
        (("late_or_corrected_data",), "d1", "late_or_corrected_data", "other_causes"),
        ((), "d1", "unknown", "other_causes"),
    ]
    for differing, definition, reason, effect in cases:
        warehouse = Warehouse()
        warehouse.publish(edition("100"))
        warehouse.publish(edition("90", definition=definition), differing=differing)
        found = warehouse.history()[MARCH][-1]
        assert (found["reason"], found[effect], found["value_change"]) == (reason, -10, -10)
        assert sum(found[name] != 0 for name in EFFECTS) == 1


def test_a_status_that_only_the_end_of_the_period_changes_is_not_put_down_to_a_rule():
    warehouse = Warehouse()
    figure, other = FIGURES[:2]
    warehouse.publish({figure: Row(Decimal(7), period="open"), other: Row(Decimal(7), period="settled")})
    warehouse.publish(
        {
            figure: Row(Decimal(7), status="achieved", period="settled"),
            other: Row(Decimal(7), status="achieved", period="settled"),
        },
        differing=("time_passed", "settings"),
    )
    assert warehouse.history()[figure][-1]["reason"] == "time_passed"
    assert warehouse.history()[other][-1]["reason"] == "status_rule"


def test_the_variance_moves_by_value_and_target():
    warehouse = Warehouse()
    warehouse.publish(
        {MARCH: Row(Decimal(100), Decimal(90)), FIGURES[3]: Row(Decimal(5), Decimal(4), is_band=True)}
    )
    warehouse.publish(
        {MARCH: Row(Decimal(97), Decimal(95)), FIGURES[3]: Row(Decimal(9), Decimal(5), is_band=True)}
    )
    changes = {figure: versions[-1] for figure, versions in warehouse.history().items()}
    simple, band = changes[MARCH], changes[FIGURES[3]]
    assert (simple["variance_change"], simple["variance_from_value"], simple["target_change"]) == (-8, -3, 5)
    # 5 lay in 4 to 6, 9 is 3 above that band, and 2 above the band of 5 to 7
    assert (band["variance_change"], band["variance_from_value"], band["target_change"]) == (2, 3, 1)


def test_changes_say_what_was_and_sum_between_any_two_editions():
    warehouse = Warehouse()
    for value in ("100", "90", "90", "95", "80"):
        warehouse.publish(edition(value), differing=("time_passed",))
    warehouse.connection.execute(
        f"create table scorecard.kpi_value_history as from history_{warehouse.number}"
    )
    write_changes(warehouse.connection, "scorecard")
    rows = warehouse.rows(
        "select edition_id, parent_edition_id, sequence, version, previous_value, value, value_change, time_passed,"
        " previous_target, target, target_change, previous_variance, variance, causes"
        " from scorecard.kpi_value_changes order by version"
    )
    assert rows == [
        ("e2", "e1", 2, 2, 100, 90, -10, -10, 100, 100, 0, 0, -10, "time_passed"),
        ("e4", "e3", 4, 3, 90, 95, 5, 5, 100, 100, 0, -10, -5, "time_passed"),
        ("e5", "e4", 5, 4, 95, 80, -15, -15, 100, 100, 0, -5, -20, "time_passed"),
    ]
    for first, last, difference in ((1, 5, -20), (1, 3, -10), (2, 5, -10), (3, 4, 5)):
        query = (
            "select sum(value_change) from scorecard.kpi_value_changes where sequence > {} and sequence <= {}"
        )
        assert warehouse.rows(query.format(first, last)) == [(difference,)]


def test_what_comes_back_is_a_new_version_and_no_change():
    warehouse = Warehouse()
    for rows in (edition("100"), {}, edition("100")):
        warehouse.publish(rows)
    first, again = warehouse.history()[MARCH]
    assert (first["ended_reason"], first["superseded_by_edition_id"], first["ended_sequence"]) == (
        "no_longer_shown",
        None,
        2,
    )
    assert (again["version"], again["reason"], again["value_change"], again["is_current"]) == (
        *(2, "shown_again", None, True),
    )
    warehouse.connection.execute(
        f"create table scorecard.kpi_value_history as from history_{warehouse.number}"
    )
    write_changes(warehouse.connection, "scorecard")
    assert warehouse.rows("from scorecard.kpi_value_changes") == []


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("update {} set actual_value = 1 where is_current", "is not what the scorecard shows"),
        ("delete from {} where is_current", "is not what the scorecard shows"),
        ("update {} set is_current = true", "two current versions|is not what the scorecard shows"),
        ("update {} set version = 7 where is_current", "not numbered"),
        ("update {} set late_data = 1 where is_current", "do not add up"),
        (
            "update {} set time_passed = -7, value_change = -7 where version = 3",
            "not the difference",
        ),
        ("update {} set target_change = 1 where is_current", "not that of value and target"),
        ("update {} set superseded_at = null where version = 1", "had ended before are not those"),
        ("update {} set actual_value = 99 where version = 1", "had ended before are not those"),
        ("update {} set ended_reason = 'new_version' where is_current", "without a reason"),
        ("update {} set reason = 'mine' where version = 2", "are not as they were there"),
        ("delete from {} where version = 1", "not numbered"),
    ],
)
def test_the_proof_finds_what_is_wrong(damage, said):
    warehouse = Warehouse()
    for value in ("100", "90", "85"):
        warehouse.publish(edition(value), differing=("time_passed",))
    warehouse.check()
    warehouse.connection.execute(damage.format("history_3"))
    with pytest.raises(HistoryBroken, match=said):
        warehouse.check()


def test_differing_inputs_are_causes():
    one = {"data": "a", "plan": "b", "project": "c", "time_passed": "d"}
    assert differing_inputs(one, one) == ()
    assert differing_inputs(one, {**one, "project": "x"}) == (), "each KPI has a hash of its own code"
    assert differing_inputs(one, {**one, "data": "x", "time_passed": "y"}) == (
        "time_passed",
        "late_or_corrected_data",
    )
    assert differing_inputs({}, one) == ("time_passed", "late_or_corrected_data", "plan")
