"""Why a figure changed: the way from the last shown value to tonight's, cut into causes that add up exactly.

Belongs here: which causes a KPI's change can have, which values in between must be computed for that, and the
effects. What a raw table held before is ``before.py``'s, what became of its rows ``row_changes.py``'s, computing
values from other data ``counterfactual.py``'s.

From the shown value to tonight's one thing is changed at a time, in the order of STEPS: tonight's code on the data
and as-of day of the last edition; corrected and removed rows; rows that came since; tonight's as-of day; tonight's
settings. The effect of a step is the difference of two neighbours, so the sum is exact whatever the steps are.
A step that can't apply to a KPI is left out, and the last one ends in tonight's value: a change with one possible
cause needs nothing computed.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from dagster_project.lib.before import EditionFacts, State, Table, current_facts, recorded_facts, states
from dagster_project.lib.counterfactual import NIGHT, CannotRecompute, is_about_people, recompute
from dagster_project.lib.databases import attach, transaction
from dagster_project.lib.lineage import Manifest
from dagster_project.lib.row_changes import RowChanges, count_changes, emptied, known_before, reshaped
from dagster_project.lib.sources import RawTable
from dagster_project.lib.sql import identifier, literal

STEPS = ("changed_definition", "corrected_data", "late_data", "time_passed", "settings")
# the effect of settings stands in the column `other`, as does a change that is not split
EFFECTS = ("changed_definition", "corrected_data", "late_data", "time_passed", "other")

_KEY = ("kpi_id", "period_grain", "period_start_date", "scope_type", "scope_id")
_DATES = ("as_of_date", "history_from")
_COLUMNS = (*_KEY, "parent_edition_id", "value_before", *EFFECTS, "value_now", "causes")


@dataclass(frozen=True)
class KpiFacts:
    """What differs between the last edition and tonight in what one KPI is made of."""

    kpi_id: str
    is_definition_changed: bool = False
    has_corrections: bool = False
    has_late_rows: bool = False
    has_time_passed: bool = False
    are_settings_changed: bool = False
    was_held: bool = False
    is_held: bool = False
    is_unknown: bool = False
    """The rows of one of its tables as of the last edition were not kept."""
    is_about_people: bool = False
    """Its values are withheld for small groups."""


@dataclass(frozen=True)
class KpiPlan:
    """The steps of a KPI's change; without any, the one cause that the whole change is put down to."""

    kpi_id: str
    steps: tuple[str, ...] = ()
    cause: str = ""

    @property
    def runs(self) -> tuple[str, ...]:
        """The steps after which a value must be computed: all but the last, which ends in tonight's."""
        return self.steps[:-1]


@dataclass
class Explanation:
    """What `explain` found out; the effects themselves are in the file ``effects``, if there are any."""

    parent_edition_id: str
    effects: Path | None = None
    rows: int = 0
    not_split: int = 0
    runs: tuple[str, ...] = ()
    seconds: float = 0.0
    changes: dict[Table, RowChanges] = field(default_factory=dict)
    trouble: str = ""


def plan_kpi(facts: KpiFacts) -> KpiPlan:
    """The steps that can have moved a KPI, in their order."""
    if facts.is_held:
        return KpiPlan(facts.kpi_id, cause="held")
    if facts.was_held:
        # the shown value is older than the last edition, whose data may be the very ones it was held for
        return KpiPlan(facts.kpi_id, cause="released")
    if facts.is_unknown:
        return KpiPlan(facts.kpi_id, cause="not_split")
    applies = (
        facts.is_definition_changed,
        facts.has_corrections,
        facts.has_late_rows,
        facts.has_time_passed,
        facts.are_settings_changed,
    )
    steps = tuple(step for step, does in zip(STEPS, applies, strict=True) if does)
    if facts.is_about_people and len(steps) > 1:
        # a value in between would show a group as it never was, and the difference perhaps one person in it
        return KpiPlan(facts.kpi_id, cause="people")
    return KpiPlan(facts.kpi_id, steps, "" if steps else "unexplained")


def plan_runs(plans: Iterable[KpiPlan]) -> dict[str, set[str]]:
    """Which KPIs must be computed after which step; a step that no KPI needs is not there."""
    wanted: dict[str, set[str]] = {step: set() for step in STEPS}
    for plan in plans:
        for step in plan.runs:
            wanted[step].add(plan.kpi_id)
    return {step: kpi_ids for step, kpi_ids in wanted.items() if kpi_ids}


def source_relations(
    step: str,
    known: Mapping[Table, State],
    tables: Mapping[Table, RawTable],
    changes: Mapping[Table, RowChanges],
    then: EditionFacts,
    now: EditionFacts,
    earlier: Mapping[Table, str],
) -> dict[tuple[str, str], str]:
    """The SQL of every source that differs from tonight's after a step; ``earlier``: each table's rows before."""
    relations: dict[tuple[str, str], str] = {}
    for name, change in changes.items():
        if not change.are_any or known[name].kind == "unknown":
            continue
        if step == "changed_definition":
            relations[name] = f"select * from {earlier[name]}"
        elif step == "corrected_data":
            relations[name] = known_before(earlier[name], _raw(tables[name]), tables[name].key)
    settings = {key: value for key, value in then.run_settings.items() if now.run_settings.get(key) != value}
    if step != "time_passed" and then.as_of != now.as_of:
        settings["as_of_date"] = str(then.as_of)
    if settings:
        replaced = ", ".join(
            f"cast({_constant(value)} as {'date' if key in _DATES else _kind(value)}) as {identifier(key)}"
            for key, value in settings.items()
        )
        relations["audit", "run_settings"] = (
            f"select * replace ({replaced}) from {identifier(NIGHT, 'audit', 'run_settings')}"
        )
    if then.coverage != now.coverage:
        relations["audit", "domain_coverage"] = _coverage(then)
    return relations


def explain(
    warehouse: Path,
    shown: Path,
    parent_edition_id: str,
    tables: Mapping[Table, RawTable],
    manifest: Manifest,
    code_hash: str,
    target: Path,
    folder: Path,
    seconds: float,
) -> Explanation:
    """Split every change between the edition file ``shown`` and the warehouse's scorecard.

    Nothing is written but in ``folder``, which is emptied first. Where a value in between can't be had, within
    ``seconds`` all told, the change stands under `other` with the cause `not_split`: no trouble here stops a night.
    """
    started = time.monotonic()
    clear(folder)
    folder.mkdir(mode=0o750, parents=True)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"set temp_directory = {literal(str(folder / 'spilled'))}")
        attach(connection, warehouse, NIGHT)
        attach(connection, shown, "shown")
        comparison = _Comparison(connection, parent_edition_id, tables, manifest, code_hash)
        comparison.find_changed_values()
        with _time_limit(connection, seconds) as check:
            try:
                comparison.find_changed_rows(check)
                comparison.plan()
                comparison.compute_between(target, folder, check if seconds else None)
            except duckdb.InterruptException:
                comparison.found.trouble = _limit_in_words(seconds)
            except CannotRecompute as error:
                comparison.found.trouble = str(error)
            except Exception as error:
                # whatever it is: right numbers don't wait for an explanation
                comparison.found.trouble = (
                    f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}"
                )
        comparison.write(folder / "effects.parquet")
    comparison.found.seconds = time.monotonic() - started
    return comparison.found


def write_effects(connection: duckdb.DuckDBPyConnection, found: Explanation | None, run_id: str) -> None:
    """Replace audit.value_effects, and add the run's row changes, in one transaction; None: there is no change."""
    with transaction(connection):
        connection.execute("delete from audit.value_effects")
        connection.execute("delete from audit.row_changes where run_id = ?", [run_id])
        if found and found.effects:
            connection.execute(
                f"insert into audit.value_effects by name select * from read_parquet({literal(str(found.effects))})"
            )
        for (system, table), change in sorted((found.changes if found else {}).items()):
            if change.are_any:
                connection.execute(
                    "insert into audit.row_changes values (?, ?, ?, ?, ?, ?, ?, ?)",
                    [
                        run_id,
                        system,
                        table,
                        change.added_late,
                        change.added_new,
                        change.added_undated,
                        change.corrected,
                        change.removed,
                    ],
                )


def clear(folder: Path) -> None:
    """Remove the scratch folder, also what a killed run left in it."""
    if folder.exists():
        shutil.rmtree(folder)


class _Comparison:
    """One parent edition, one night. Temporary tables: `changed`, `between_values`, `plans`."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        parent_edition_id: str,
        tables: Mapping[Table, RawTable],
        manifest: Manifest,
        code_hash: str,
    ) -> None:
        self.connection, self.tables, self.manifest = connection, tables, manifest
        self.found = Explanation(parent_edition_id)
        self.now = current_facts(connection, code_hash, NIGHT)
        self.then = recorded_facts(connection, parent_edition_id, NIGHT)
        self.known: dict[Table, State] = {}
        self.earlier: dict[Table, str] = {}
        self.plans: dict[str, KpiPlan] = {}
        self.wanted: dict[str, set[str]] = {}

    def find_changed_values(self) -> None:
        """Make `changed`: the rows that both editions show, with another value."""
        same = " and ".join(f"now.{name} = past.{name}" for name in _KEY)
        self.connection.execute(
            f"""
            create temp table changed as
            select {", ".join(f"now.{name}" for name in _KEY)},
                cast(past.actual_value as decimal(38, 10)) as value_before,
                cast(now.actual_value as decimal(38, 10)) as value_now,
                past.no_value_reason as reason_before, now.no_value_reason as reason_now,
                past.quality_status = 'held' as was_held, now.quality_status = 'held' as is_held,
                past.definition_hash is distinct from now.definition_hash as is_definition_changed
            from {identifier(NIGHT, "scorecard", "kpi_scorecard")} as now
            inner join shown.scorecard.kpi_scorecard as past on {same}
            where now.actual_value is distinct from past.actual_value
            """
        )
        self.connection.execute(
            f"create temp table between_values as select {', '.join(_KEY)}, value_now, kpi_id as step "
            "from changed limit 0"
        )

    def find_changed_rows(self, check: Callable[[], None]) -> None:
        """What became of each table's rows, and where its earlier rows are."""
        if self.then is None:
            return
        self.known = states(self.connection, self.found.parent_edition_id, NIGHT)
        for name, state in self.known.items():
            if name not in self.tables or state.kind in ("unchanged", "unknown"):
                continue
            check()
            table = self.tables[name]
            raw = _raw(table)
            rows = emptied(raw) if state.kind == "empty" else reshaped(self.connection, state.relation, raw)
            self.earlier[name] = identifier("memory", "main", table.identifier)
            self.connection.execute(f"create view {self.earlier[name]} as {rows}")
            self.found.changes[name] = count_changes(
                self.connection, table, self.earlier[name], raw, self.then.as_of
            )

    def plan(self) -> None:
        """The steps of every KPI that has a changed value."""
        inputs: dict[str, list[Table]] = {}
        for kpi_id, *name in self.connection.execute(
            f"select kpi_id, source_system, table_name from {identifier(NIGHT, 'audit', 'kpi_inputs')}"
        ).fetchall():
            inputs.setdefault(kpi_id, []).append(tuple(name))
        both = set()
        for kpi_id, was_held, is_held, is_changed, has_both in self.connection.execute(
            """
            select kpi_id, bool_or(was_held), bool_or(is_held), bool_or(is_definition_changed),
                bool_or(value_before is not null and value_now is not null)
            from changed group by kpi_id
            """
        ).fetchall():
            facts = self._facts(kpi_id, inputs.get(kpi_id, []), was_held, is_held, is_changed)
            self.plans[kpi_id] = plan_kpi(facts)
            if has_both:
                both.add(kpi_id)
        # a value that came or went has causes and no amounts: nothing is computed for it
        self.wanted = plan_runs(plan for kpi_id, plan in self.plans.items() if kpi_id in both)

    def _facts(
        self, kpi_id: str, inputs: Sequence[Table], was_held: bool, is_held: bool, is_definition_changed: bool
    ) -> KpiFacts:
        if self.then is None:
            return KpiFacts(kpi_id, was_held=was_held, is_held=is_held, is_unknown=True)
        changes = [self.found.changes[name] for name in inputs if name in self.found.changes]
        return KpiFacts(
            kpi_id,
            is_definition_changed=is_definition_changed or self.then.code_hash != self.now.code_hash,
            has_corrections=any(change.has_corrections for change in changes),
            has_late_rows=any(change.may_be_late for change in changes),
            has_time_passed=self.then.as_of != self.now.as_of,
            are_settings_changed=(self.then.run_settings, self.then.coverage)
            != (self.now.run_settings, self.now.coverage),
            was_held=was_held,
            is_held=is_held,
            is_unknown=not all(
                name in self.found.changes or self.known.get(name) == State("unchanged") for name in inputs
            ),
            is_about_people=is_about_people(self.manifest, kpi_id),
        )

    def compute_between(self, target: Path, folder: Path, check: Callable[[], None] | None) -> None:
        """The values after each step that somebody needs; none where ``check`` is None."""
        if self.wanted and check is None:
            self.found.trouble = "it is turned off (SCORECARD_WHY_SECONDS=0)"
            return
        for step, kpi_ids in self.wanted.items():
            relations = source_relations(
                step, self.known, self.tables, self.found.changes, self.then, self.now, self.earlier
            )
            recompute(
                self.connection,
                self.manifest,
                target,
                folder / "scratch.duckdb",
                relations,
                kpi_ids,
                lambda values, step=step: (
                    f"insert into temp.between_values select *, {literal(step)} from {values}"
                ),
                check,
            )
            self.found.runs += (step,)

    def write(self, file: Path) -> None:
        """Put the effects of all changed values into a file."""
        self.connection.execute(
            "create temp table plans (kpi_id varchar, steps varchar[], cause varchar, is_computed boolean)"
        )
        changed = self.connection.execute("select distinct kpi_id from changed").fetchall()
        for (kpi_id,) in changed:
            plan = self.plans.get(kpi_id, KpiPlan(kpi_id, cause="not_split"))
            computed = set(plan.runs) <= set(self.found.runs)
            self.connection.execute(
                "insert into plans values (?, ?, ?, ?)", [kpi_id, list(plan.steps), plan.cause, computed]
            )
        self.connection.execute(
            f"copy ({effects_sql(self.found.parent_edition_id)}) to {literal(str(file))} (format parquet)"
        )
        self.found.rows, self.found.not_split = self.connection.execute(
            f"select count(*), count(*) filter (where causes = 'not_split') from read_parquet({literal(str(file))})"
        ).fetchone()
        self.found.effects = file


def effects_sql(parent_edition_id: str) -> str:
    """SQL for the effects, from the tables `changed`, `between_values` and `plans`.

    `v_<step>` is the value once a step is taken; one that is not taken leaves it as it was.
    """
    joins = "".join(
        f"""
        left join between_values as {step} on {step}.step = {literal(step)}
            and {" and ".join(f"{step}.{name} = changed.{name}" for name in _KEY)}"""
        for step in STEPS
    )
    lacking = " or ".join(
        f"(list_contains(steps, {literal(step)}) and steps[-1] <> {literal(step)} and {step}.value_now is null)"
        for step in STEPS
    )
    values, before = [], "changed.value_before"
    for step in STEPS:
        values.append(
            f"case when not is_split or not list_contains(steps, {literal(step)}) then {before} "
            f"when steps[-1] = {literal(step)} then changed.value_now else {step}.value_now end as v_{step}"
        )
        before = f"v_{step}"
    effects, before = [], "value_before"
    for step in EFFECTS[:-1]:
        effects.append(f"v_{step} - {before} as {step}")
        before = f"v_{step}"
    # what no step before has moved, so that the sum is exact whatever there is
    effects.append(f"value_now - {before} as other")
    named = ", ".join(f"case when {effect} <> 0 then {literal(effect)} end" for effect in EFFECTS[:-1])
    return f"""
    with split as (
        select changed.*, steps, cause,
            is_computed and not ({lacking}) as is_split,
            case when not is_computed then 'not_split' when {lacking} then 'no_value_between' else cause end
                as other_cause,
            {", ".join(values)}
        from changed
        inner join plans on changed.kpi_id = plans.kpi_id{joins}
    ),

    effects as (
        select {", ".join(_KEY)}, {literal(parent_edition_id)} as parent_edition_id, value_before,
            {", ".join(effects)},
            value_now, steps, cause, other_cause, reason_before, reason_now
        from split
    )

    select {", ".join(name for name in _COLUMNS if name != "causes")},
        case
            when value_before is not null and value_now is not null
                then concat_ws(
                    ',', {named}, case when other <> 0 then coalesce(nullif(other_cause, ''), 'settings') end
                )
            else concat_ws(
                ',',
                case when 'withheld' in (reason_before, reason_now) then 'withheld' end,
                case
                    when len(steps) > 0 then array_to_string(steps, ',')
                    when 'withheld' in (reason_before, reason_now) then null
                    -- a period that the data of all domains together cover, or no longer do
                    when cause = 'unexplained' and 'incomplete_period' in (reason_before, reason_now) then 'calendar'
                    else cause
                end
            )
        end as causes
    from effects
    order by all
    """


def _limit_in_words(seconds: float) -> str:
    return f"it took longer than SCORECARD_WHY_SECONDS={seconds:g}"


@contextmanager
def _time_limit(
    connection: duckdb.DuckDBPyConnection, seconds: float
) -> Generator[Callable[[], None], None, None]:
    """Give a function that raises once the time is over; a statement that then runs is interrupted."""
    if not seconds:
        yield lambda: None
        return
    end = time.monotonic() + seconds
    timer = threading.Timer(seconds, connection.interrupt)
    timer.daemon = True
    timer.start()

    def check() -> None:
        if time.monotonic() >= end:
            raise CannotRecompute(_limit_in_words(seconds))

    try:
        yield check
    finally:
        timer.cancel()


def _constant(value: object) -> str:
    """A setting as SQL."""
    if value is None:
        return "null"
    if isinstance(value, bool | int):
        return str(value).lower()
    return literal(str(value))


def _kind(value: object) -> str:
    return {bool: "boolean", int: "integer"}.get(type(value), "varchar")


def _coverage(facts: EditionFacts) -> str:
    names = ("domain", "source_system", "covered_from", "covered_to", "note_en", "note_sv")
    kinds = ("varchar", "varchar", "date", "date", "varchar", "varchar")
    columns = [
        f"cast(column{n} as {kind}) as {name}"
        for n, (name, kind) in enumerate(zip(names, kinds, strict=True))
    ]
    rows = facts.coverage or ((None,) * len(names),)
    listed = ", ".join("(" + ", ".join(_constant(value) for value in row) + ")" for row in rows)
    return (
        f"select {', '.join(columns)} from (values {listed}) as t({', '.join(f'column{n}' for n in range(6))})"
        + ("" if facts.coverage else " limit 0")
    )


def _raw(table: RawTable) -> str:
    return identifier(NIGHT, "raw", table.identifier)
