"""What moved a KPI, on random driver tables: the contributions are the whole change, and each is what its formula says.

The tables go through the models' own SQL; the formulae are worked out a second time, in fractions, from
docs/decisions/drivers.md. Whatever the order of rows and dimensions, the answer is the same.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

import duckdb
import pytest

from tests.properties.scorecard_models import declared, fill, rendered

MODELS = ("driver_parts", "driver_price_volume_mix", "driver_tree", "kpi_drivers")
DIMENSIONS = ("region", "channel", "product_category")
TABLES = 250
PERIOD, MONTH, BEFORE = "month", "2025-03-01", "2024-03-01"
TICK = Decimal("1e-10")
HALF, ZERO = Fraction(1, 2), Fraction(0)
VALUES = declared("dbt_project/models/scorecard/driver_values.yml", "driver_values")

Key = tuple[str, str, str, str]  # kpi, dimension, type of driver, driver


@dataclass
class Draw:
    """Tables by chance, and what the formulae make of them."""

    values: list[dict] = field(default_factory=list)
    products: list[dict] = field(default_factory=list)
    components: list[dict] = field(default_factory=list)
    component_values: list[dict] = field(default_factory=list)
    targets: list[dict] = field(default_factory=list)
    expected: dict[Key, Fraction] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    cents: set[str] = field(default_factory=set)
    """KPIs whose contributions are rounded to cents."""


def stored(value: Fraction) -> Decimal:
    """As a column of ten decimals holds it."""
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(TICK)


def number(lot: random.Random) -> Fraction:
    """An amount in cents, now and then tiny, huge, negative or 0."""
    cents = lot.choice((lot.randint(1, 99), lot.randint(1, 10**6), lot.randint(1, 10**11)))
    return Fraction(lot.choice((1, 1, 1, 1, -1, 0)) * cents, 100)


def row(
    kpi_id: str,
    compared_with: str,
    scope: tuple[str, str],
    change: tuple[Fraction, Fraction],
    now: tuple[Fraction | None, Fraction | None],
    then: tuple[Fraction | None, Fraction | None],
    base_value: Decimal | None = None,
) -> dict:
    """A row of driver_values."""
    numerator, denominator = now
    return {
        "kpi_id": kpi_id,
        "period_grain": PERIOD,
        "period_start_date": MONTH,
        "compared_with": compared_with,
        "scope_type": scope[0],
        "scope_id": scope[1],
        "direction": "higher",
        "base_grain": None if compared_with == "target" else PERIOD,
        "base_start_date": None if compared_with == "target" else BEFORE,
        "start_value": stored(change[0]),
        "end_value": stored(change[1]),
        "numerator": None if numerator is None else stored(numerator),
        "denominator": None if denominator is None else stored(denominator),
        "actual_value": stored(change[1]) if scope[0] == "company" else None,
        "base_numerator": None if then[0] is None else stored(then[0]),
        "base_denominator": None if then[1] is None else stored(then[1]),
        "base_value": base_value,
    }


def add_parts(draw: Draw, lot: random.Random, kpi_id: str) -> None:
    """A KPI, and the same facts summed by each of three dimensions; members come, go and stay."""
    is_ratio = lot.random() < 0.6
    compared_with = lot.choice(("target", "last_year", "previous"))
    facts = []
    for _ in range(lot.randint(1, 25)):
        places = tuple(lot.choice("ABCDEF"[: lot.randint(1, 6)]) for _ in DIMENSIONS)
        side = lot.choice(("now", "then", "both", "both", "both"))
        rows = {}
        for name in ("now", "then"):
            if side in (name, "both"):
                weight = lot.choice((0, lot.randint(1, 50), lot.randint(1, 10**6)))
                rows[name] = (number(lot), Fraction(weight))
        facts.append((places, rows))

    def total(name: str, place: int = 0, member: str | None = None) -> tuple | None:
        found = [rows[name] for places, rows in facts if name in rows and member in (None, places[place])]
        sums = tuple(sum(column, ZERO) for column in zip(*found, strict=True)) if found else None
        return sums

    now, then = total("now"), total("then")
    if now is None or then is None or (is_ratio and not (now[1] > 0 and then[1] > 0)):
        return
    target = number(lot)
    if is_ratio:
        target = Fraction(lot.randint(-300, 300), 100)
        change = (target if compared_with == "target" else then[0] / then[1], now[0] / now[1])
    else:
        change = (target if compared_with == "target" else then[0], now[0])

    def sides(sums: tuple | None) -> tuple:
        return (None, None) if sums is None else (sums[0], sums[1] if is_ratio else None)

    nothing = (None, None)
    draw.values.append(
        row(
            kpi_id,
            compared_with,
            ("company", "all"),
            change,
            sides(now),
            nothing if compared_with == "target" else sides(then),
        )
    )
    for place, dimension in enumerate(DIMENSIONS):
        own_targets: dict[str, Fraction] = {}
        parts = {}
        for member in sorted({places[place] for places, _ in facts}):
            mine = total("now", place, member), total("then", place, member)
            if compared_with == "target":
                mine = mine[0], None
                if mine[0] is not None and lot.random() < 0.5:
                    own_targets[member] = Fraction(lot.randint(-(10**6), 10**6), 100)
            if mine == (None, None):
                continue
            parts[member] = mine
            base = stored(own_targets[member]) if member in own_targets else None
            draw.values.append(
                row(kpi_id, compared_with, (dimension, member), change, sides(mine[0]), sides(mine[1]), base)
            )
        expect_parts(draw, kpi_id, compared_with, dimension, is_ratio, change, now, then, parts, own_targets)


def expect_parts(
    draw: Draw,
    kpi_id: str,
    compared_with: str,
    dimension: str,
    is_ratio: bool,
    change: tuple,
    now: tuple,
    then: tuple,
    parts: dict,
    own_targets: dict,
) -> None:
    """The formulae of the decision, for one dimension."""
    start, end = change
    if compared_with == "target" and not is_ratio:
        if not own_targets:
            return
        left = start - sum(own_targets.values(), ZERO)
        others = [member for member in parts if member not in own_targets]
        for member, target in own_targets.items():
            draw.expected[kpi_id, dimension, "member", member] = parts[member][0][0] - target
        if left or others:
            rest = sum((parts[member][0][0] for member in others), ZERO) - left
            draw.expected[kpi_id, dimension, "not_planned", "not_planned"] = rest
        return
    for member, (here, there) in parts.items():
        if not is_ratio:
            draw.expected[kpi_id, dimension, "member", member] = (here[0] if here else ZERO) - (
                there[0] if there else ZERO
            )
            continue
        n1, d1 = here or (ZERO, ZERO)
        if compared_with == "target":
            yardstick = own_targets.get(member, start)
            draw.expected[kpi_id, dimension, "member", member] = (n1 - yardstick * d1) / now[1]
            if own_targets:
                draw.expected[kpi_id, dimension, "not_planned", "not_planned"] += (
                    (yardstick - start) * d1 / now[1]
                )
            continue
        n0, d0 = there or (ZERO, ZERO)
        whole = n1 / now[1] - n0 / then[1] - (d1 / now[1] - d0 / then[1]) * (start + end) / 2
        rate = ZERO
        if d1 > 0 and d0 > 0:
            rate = (d1 / now[1] + d0 / then[1]) * HALF * (n1 / d1 - n0 / d0)
            draw.expected[kpi_id, dimension, "rate", member] = rate
        draw.expected[kpi_id, dimension, "mix", member] = whole - rate


def add_products(draw: Draw, lot: random.Random, month: int) -> None:
    """Products sold in two months; some in one of them only, some only returned."""
    start, before = f"20{30 + month}-03-01", f"20{30 + month}-02-01"
    sides: dict[str, tuple] = {}
    for product in "ABCDEFGH"[: lot.randint(1, 8)]:
        pair = []
        for _ in range(2):
            units = Fraction(lot.choice((lot.randint(1, 20), lot.randint(1, 10**5), 0, -1)))
            revenue, cost = (Fraction(lot.randint(1, 10**9), 100) for _ in range(2))
            pair.append(None if lot.random() < 0.15 else (units, revenue, cost))
        sides[product] = tuple(pair)
        for day, side in ((start, pair[1]), (before, pair[0])):
            if side:
                draw.products.append(
                    {
                        "period_grain": PERIOD,
                        "period_start_date": day,
                        "product_id": product,
                        "units_quantity": side[0],
                        "revenue_amount": stored(side[1]),
                        "cost_amount": stored(side[2]),
                    }
                )
    then, now = (
        tuple(sum((pair[i][j] for pair in sides.values() if pair[i]), ZERO) for j in range(3)) for i in (0, 1)
    )
    if not any(pair[0] for pair in sides.values()) or not any(pair[1] for pair in sides.values()):
        return
    for kpi_id, value in (
        ("revenue_amount", lambda s: (s[1], None)),
        ("gross_profit_amount", lambda s: (s[1] - s[2], None)),
        ("gross_margin_ratio", lambda s: (s[1] - s[2], s[1])),
    ):
        (n0, d0), (n1, d1) = value(then), value(now)
        if d0 is not None and not (d0 > 0 and d1 > 0):
            continue
        change = (n0, n1) if d0 is None else (n0 / d0, n1 / d1)
        entry = row(kpi_id, "previous", ("company", "all"), change, (n1, d1), (n0, d0))
        draw.values.append({**entry, "period_start_date": start, "base_start_date": before})
        expect_products(draw, f"{kpi_id} {start}", kpi_id, sides, change)
        if kpi_id != "gross_margin_ratio":
            draw.cents.add(f"{kpi_id} {start}")


def kind_of(then: tuple | None, now: tuple | None) -> str:
    """What a product is to the comparison."""
    if then and now and then[0] > 0 and now[0] > 0:
        return "both"
    if now and not then and now[0] > 0:
        return "new"
    return "gone" if then and not now and then[0] > 0 else "unpriced"


def expect_products(draw: Draw, key: str, kpi_id: str, sides: dict[str, tuple], change: tuple) -> None:
    """Price and cost at the mean quantity, volume at the mean price of a unit, the rest of the quantities mix."""
    none = (ZERO, ZERO, ZERO)
    kinds = {product: kind_of(*pair) for product, pair in sides.items()}
    pairs = {product: tuple(side or none for side in pair) for product, pair in sides.items()}
    effects: dict[str, Fraction] = defaultdict(lambda: ZERO)

    def worth(side: tuple) -> Fraction:
        return side[1] if kpi_id == "revenue_amount" else side[1] - side[2]

    if kpi_id == "gross_margin_ratio":
        # the same on what one unit of all that was sold brings: revenue and profit per unit, and G = M / P
        units = [
            sum((pairs[p][i][0] for p, kind in kinds.items() if kind != "unpriced"), ZERO) for i in (0, 1)
        ]
        if not all(quantity > 0 for quantity in units):
            return
        mean = sum(change, ZERO) / 2
        price = sum((sum((pair[i][1] for pair in pairs.values()), ZERO) / units[i] for i in (0, 1)), ZERO) / 2
        if price <= 0:
            return
        for product, (then, now) in pairs.items():
            whole = (
                (worth(now) - mean * now[1]) / units[1] - (worth(then) - mean * then[1]) / units[0]
            ) / price
            if kinds[product] != "both":
                effects[kinds[product]] += whole
                continue
            share = (then[0] / units[0] + now[0] / units[1]) / 2
            by_price = share * (now[1] / now[0] - then[1] / then[0]) * (1 - mean) / price
            by_cost = -share * (now[2] / now[0] - then[2] / then[0]) / price
            effects["price"] += by_price
            effects["unit_cost"] += by_cost
            effects["mix"] += whole - by_price - by_cost
    else:
        both = [pairs[product] for product, kind in kinds.items() if kind == "both"]
        for product, (then, now) in pairs.items():
            if kinds[product] != "both":
                effects[kinds[product]] += worth(now) - worth(then)
        for then, now in both:
            quantity = (then[0] + now[0]) / 2
            effects["price"] += quantity * (now[1] / now[0] - then[1] / then[0])
            if kpi_id == "gross_profit_amount":
                effects["unit_cost"] -= quantity * (now[2] / now[0] - then[2] / then[0])
            effects["mix"] += (now[0] - then[0]) * (worth(then) / then[0] + worth(now) / now[0]) / 2
        if both:
            units = [sum((pair[i][0] for pair in both), ZERO) for i in (0, 1)]
            prices = [sum((worth(pair[i]) for pair in both), ZERO) / units[i] for i in (0, 1)]
            effects["volume"] = (units[1] - units[0]) * sum(prices, ZERO) / 2
            effects["mix"] -= effects["volume"]
    for effect, contribution in effects.items():
        draw.expected[key, "price_volume_mix", effect, effect] = contribution


def add_tree(draw: Draw, lot: random.Random, kpi_id: str) -> None:
    """A sum of components, a product or a quotient; against another period or against targets."""
    operation = lot.choice(("+", "*", "/"))
    is_target = lot.random() < 0.3
    names = [f"{kpi_id}_{i}" for i in range(lot.randint(2, 6) if operation == "+" else 2)]
    signs = [lot.choice("+-") for _ in names] if operation == "+" else ["*", operation]
    pairs = [tuple(Fraction(lot.randint(-(10**7), 10**7), 100) for _ in range(2)) for _ in names]
    if operation == "/" and 0 in pairs[1]:
        return

    def composed(side: int) -> Fraction:
        if operation == "+":
            return sum((p[side] if s == "+" else -p[side] for p, s in zip(pairs, signs, strict=True)), ZERO)
        first, second = pairs[0][side], pairs[1][side]
        return first * second if operation == "*" else first / second

    target = composed(0) + (Fraction(lot.randint(-100, 100), 100) if is_target else ZERO)
    is_amount = operation != "/"
    compared_with = "target" if is_target else "last_year"
    denominator = None if is_amount else Fraction(1)
    draw.values.append(
        row(
            kpi_id,
            compared_with,
            ("company", "all"),
            (target, composed(1)),
            (composed(1), denominator),
            (None, None),
        )
    )
    if is_amount:
        draw.cents.add(kpi_id)
    for order, (name, sign, pair) in enumerate(zip(names, signs, pairs, strict=True), start=1):
        common = {"kpi_id": kpi_id, "component_order": order, "component_id": name, "operation": sign}
        draw.components.append({**common, "source_part": "value", "source_kpi_id": name})
        for day, value in ((MONTH, pair[1]), (BEFORE, pair[0])):
            if day == MONTH or not is_target:
                draw.component_values.append(
                    {
                        **common,
                        "source_kpi_id": name,
                        "period_grain": PERIOD,
                        "period_start_date": day,
                        "component_value": stored(value),
                    }
                )
        if is_target:
            draw.targets.append(
                {
                    "kpi_id": name,
                    "period_grain": PERIOD,
                    "period_start_date": MONTH,
                    "scope_type": "company",
                    "status": "achieved",
                    "target_value": stored(pair[0]),
                }
            )
        if operation == "+":
            contribution = (pair[1] - pair[0]) * (1 if sign == "+" else -1)
        else:
            mine = pair if sign == "*" else tuple(1 / value for value in pair)
            other = pairs[2 - order]
            other = tuple(1 / v for v in other) if operation == "/" and order == 1 else other
            contribution = (mine[1] - mine[0]) * (other[0] + other[1]) / 2
        draw.expected[kpi_id, "kpi_tree", "component", name] = contribution
    if is_target and stored(target) != stored(composed(0)):
        draw.expected[kpi_id, "kpi_tree", "not_planned", "not_planned"] = composed(0) - target


def drawn(seed: str) -> Draw:
    """Many driver tables in one."""
    lot = random.Random(seed)
    draw = Draw()
    for i in range(TABLES):
        add_parts(draw, lot, f"parts{i}")
        add_tree(draw, lot, f"tree{i}")
    for month in range(60):
        add_products(draw, lot, month)
    return draw


def computed(draw: Draw, lot: random.Random, dimensions: tuple[str, ...] = DIMENSIONS, **mutant: str) -> dict:
    """Driver -> (contribution, start, end), by the models, over rows in a random order."""

    def shuffled(rows: list[dict]) -> list[dict]:
        return lot.sample(rows, len(rows))

    seeds = "seeds/reference/seeds.yml"
    scorecard = dict.fromkeys(
        ("kpi_id", "period_grain", "period_start_date", "scope_type", "status"), "varchar"
    )
    scorecard |= {"period_start_date": "date", "target_value": "decimal(38, 10)"}
    tree = {"kpi_id": "varchar", "component_id": "varchar", "title_en": "varchar", "title_sv": "varchar"}
    folder = "dbt_project/models"
    with duckdb.connect() as connection:
        values = [entry for entry in draw.values if entry["scope_type"] in ("company", *dimensions)]
        fill(connection, "driver_values", VALUES, shuffled(values))
        products = "metrics_sales__product_sales_periodic"
        fill(
            connection,
            products,
            declared(f"{folder}/metrics/{products}.yml", products),
            shuffled(draw.products),
        )
        types = declared(seeds, "kpi_tree_components")
        fill(connection, "kpi_tree_components", types, shuffled(draw.components))
        types = declared(f"{folder}/scorecard/kpi_tree_values.yml", "kpi_tree_values")
        fill(connection, "kpi_tree_values", types, shuffled(draw.component_values))
        fill(connection, "kpi_scorecard", scorecard, shuffled(draw.targets))
        fill(connection, "kpis_without_drivers", declared(seeds, "kpis_without_drivers"), [{}])
        fill(connection, "driver_labels", declared(seeds, "driver_labels"), [{}])
        fill(connection, "kpi_tree", tree, [{}])
        fill(
            connection,
            "scopes",
            dict.fromkeys(("scope_type", "scope_id", "scope_name"), "varchar"),
            [{}],
        )
        fill(connection, "holds", {"kpi_id": "varchar"}, [{}])
        fill(connection, "run_settings", {"edition_id": "varchar"}, [{"edition_id": "e1"}])
        for model in MODELS:
            sql = rendered(model)
            if model == mutant.get("model"):
                if mutant["old"] not in sql:
                    raise ValueError("the mutant changes nothing")
                sql = sql.replace(mutant["old"], mutant["new"])
            connection.execute(f"create table {model} as {sql}")
        rows = connection.execute(
            """
            select kpi_id, period_start_date, dimension, driver_type, driver_id, contribution, start_value, end_value
            from kpi_drivers
            """
        ).fetchall()
    found = {}
    for kpi_id, day, *driver, contribution, start, end in rows:
        named = f"{kpi_id} {day}" if kpi_id.startswith(("revenue", "gross")) else kpi_id
        found[named, *driver] = (contribution, start, end)
    assert len(found) == len(rows), "a driver has one row"
    return found


def judge(draw: Draw, found: dict) -> None:
    """No residual, and every contribution what its formula says."""
    assert set(found) == set(draw.expected)
    groups = defaultdict(list)
    for (kpi_id, dimension, *_), (contribution, start, end) in found.items():
        groups[kpi_id, dimension].append((contribution, end - start))
    for key, members in groups.items():
        assert sum(contribution for contribution, _ in members) == members[0][1], key
    for key, (contribution, start, end) in found.items():
        # half a step of each driver may be rounded to the one; doubles have 15 digits
        members = len(groups[key[:2]])
        step = Fraction(1, 200) if key[0] in draw.cents else Fraction(1, 10**9)
        size = max(abs(start), abs(end), abs(contribution), 1)
        allowed = members * step + Fraction(size) / 10**9
        assert abs(Fraction(contribution) - draw.expected[key]) <= allowed, (key, contribution)


@pytest.mark.parametrize("seed", ["drivers 1", "drivers 2", "drivers 3", "drivers 4"])
def test_contributions_of_random_tables_are_the_whole_change_in_any_order(seed):
    draw, lot = drawn(seed), random.Random(f"{seed} order")
    found = computed(draw, lot)
    judge(draw, found)
    assert len({key[0] for key in found}) > TABLES, "the draw has something to say"
    assert {key[2] for key in found} >= {
        *("member", "rate", "mix", "not_planned", "component"),
        *("price", "volume", "unit_cost", "new", "gone", "unpriced"),
    }
    assert computed(draw, lot) == found, "whatever the order of the rows"
    # each dimension speaks for itself: alone, after or before others it says the same
    for dimension in DIMENSIONS:
        alone = computed(draw, lot, (dimension,))
        assert alone == {
            key: value
            for key, value in found.items()
            if key[1] in (dimension, "price_volume_mix", "kpi_tree")
        }


@pytest.mark.parametrize(
    ("model", "old", "new"),
    [
        # the share of now in place of the mean of both: the mix would have to bear it
        ("driver_parts", "(share + base_share) / 2 * (rate - base_rate)", "share * (rate - base_rate)"),
        # prices at the quantities of now
        (
            "driver_price_volume_mix",
            "(units / scale + base_units / base_scale) / 2 * (price",
            "units / scale * (price",
        ),
        # the other component of a product as it was
        (
            "driver_tree",
            "(identities.first_factor + identities.base_first_factor) / 2",
            "identities.base_first_factor",
        ),
        # a member that is gone is forgotten, and the largest other one bears it
        ("driver_parts", "or parts.base_numerator is not null", ""),
        # what rounding leaves stays a residual
        ("kpi_drivers", "case when place = 1 then rounding else 0 end", "0"),
        # the largest is anybody
        ("kpi_drivers", "place = 1 then rounding", "place = 1 then rounding + 0.0000000001"),
    ],
)
def test_a_wrong_formula_is_found(model, old, new):
    draw = drawn("drivers 1")
    with pytest.raises(AssertionError):
        judge(draw, computed(draw, random.Random(1), model=model, old=old, new=new))
