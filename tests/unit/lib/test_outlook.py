"""The arithmetic of the outlook: figures that a person can check, and what must hold of any."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dagster_project.lib.outlook import (
    DAYS,
    LAST,
    SUM,
    Goal,
    Part,
    Shape,
    _Weights,
    better,
    chance,
    first_origin,
    forecast,
    half_width,
    outlook,
    run_rate,
    smoothed,
    status,
)

# 2023 to 2026, in days of the months
DAYS_OF_MONTHS = np.array(
    [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] + [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] + [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] * 2,
    dtype=float,
)  # fmt: skip


def part(months, now=math.nan, kind=SUM, part_done=0.0) -> Part:
    rows = np.atleast_2d(np.array(months, dtype=float))
    return Part(kind, rows, np.full(len(rows), now), np.full(len(rows), part_done))


def rate(known: Part, origin: int, shape: Shape, so_far: float | None = None) -> float:
    now = None if so_far is None else np.array([so_far])
    return float(run_rate(known, origin, shape, DAYS_OF_MONTHS, now)[0])


def noisy(seed: int, months: int = 35, level: float = 100.0) -> np.ndarray:
    """Months with a season, a trend and chance."""
    chance_source = np.random.default_rng(seed)
    season = 20 * np.sin(np.arange(months) / 6 * np.pi)
    return level + season + np.arange(months) * 0.5 + chance_source.normal(0, 5, months)


# Run rate


def test_run_rate_divides_by_the_share_that_is_usually_done():
    # the quarter of a year ago: 10 + 20 of 40, so 75 %; 60 so far are 80 in the end
    year_ago = [10, 20, 10]
    known = part([*year_ago, *[1] * 9, 25, 35])
    assert rate(known, 13, Shape(3, 2)) == 60 / 0.75 == 80


def test_run_rate_takes_the_mean_share_of_the_last_three_years_and_no_more():
    quarters = {0: [1, 1, 8], 1: [10, 20, 10], 2: [20, 30, 50], 3: [30, 30, 40]}
    months = [*quarters[0], *[1] * 9, *quarters[1], *[1] * 9, *quarters[2], *[1] * 9, *quarters[3], *[1] * 9]
    known = part([*months, 20, 22])
    days = np.tile(DAYS_OF_MONTHS, 2)
    # 75 %, 50 % and 60 %; the 20 % of four years ago is forgotten
    found = run_rate(known, 49, Shape(3, 2), days)
    assert found[0] == pytest.approx(42 / ((0.75 + 0.5 + 0.6) / 3))


def test_run_rate_counts_the_part_of_the_month_under_way():
    # a year ago 10 by the end of the first month and half of 20 after it: 20 of 40
    known = part([10, 20, 10, *[1] * 9, 15], part_done=0.5)
    assert rate(known, 12, Shape(3, 1, 0.5), so_far=30) == 60


def test_run_rate_adds_what_the_rest_brought_where_amounts_can_be_negative():
    known = part([-5, 10, -2, *[1] * 9, 3, 4])
    assert rate(known, 13, Shape(3, 2)) == 3 + 4 - 2


def test_run_rate_adds_the_rest_where_less_than_a_tenth_is_done():
    # 1 of 100 done a year ago: three times as much now is chance, not three times the year
    known = part([1, 49, 50, *[1] * 9, 3])
    assert rate(known, 12, Shape(3, 1)) == 3 + 99


def test_before_anything_is_done_the_outlook_is_what_the_years_before_brought():
    known = part([10, 20, 30, *[1] * 9])
    assert rate(known, 11, Shape(3, 0)) == 60


def test_run_rate_of_a_level_goes_as_far_as_it_went_last_year():
    # from 100 at this point to 120 at the end of the quarter; 50 now
    known = part([90, 100, 120, *[100] * 9, 40, 50], kind=LAST)
    assert rate(known, 13, Shape(3, 2)) == pytest.approx(60)


def test_run_rate_says_nothing_without_a_year_before():
    assert math.isnan(rate(part([1] * 12), 11, Shape(3, 2)))
    assert math.isnan(rate(part([math.nan] * 3 + [1] * 11), 13, Shape(3, 2)))


def test_a_period_whose_rest_never_brings_anything_ends_with_what_it_has():
    known = part([10, 20, 0, *[1] * 9, 5, 6])
    assert rate(known, 13, Shape(3, 2)) == 11


# Smoothing


def test_smoothing_of_what_never_moves_goes_on():
    found = forecast(np.full(20, 7.0), 3)
    assert np.isnan(found[:11]).all()
    assert (found[11:] == 7).all()


def test_the_filter_is_that_of_the_library(monkeypatch):
    """With weights that move level, trend and season, the months after each origin are those that statsmodels has."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    months = noisy(3, months=30)
    size = np.abs(months[:24]).max()
    season = tuple(np.linspace(-0.1, 0.1, 12))
    weights = _Weights(alpha=0.3, beta=0.1, gamma=0.2, damping=0.9, level=0.8, trend=0.01, season=season)
    monkeypatch.setattr("dagster_project.lib.outlook._weights", lambda *_, **__: weights)
    found = forecast(months, 6)
    for origin in range(23, 30):
        model = ExponentialSmoothing(
            months[: origin + 1] / size,
            trend="add",
            damped_trend=True,
            seasonal="add",
            seasonal_periods=12,
            initialization_method="known",
            initial_level=0.8,
            initial_trend=0.01,
            initial_seasonal=np.array(season),
        ).fit(
            smoothing_level=0.3,
            smoothing_trend=0.1,
            smoothing_seasonal=0.2,
            damping_trend=0.9,
            optimized=False,
        )
        assert found[origin] == pytest.approx(np.asarray(model.forecast(6)) * size, rel=1e-9)


def test_the_weights_are_found_on_the_months_before_the_first_origin(monkeypatch):
    learnt = []
    monkeypatch.setattr(
        "dagster_project.lib.outlook._weights", lambda months, **_: learnt.append(len(months))
    )
    assert np.isnan(forecast(noisy(1), 3)).all(), "nothing was found"
    assert learnt == [24]


def test_smoothing_learns_from_all_but_the_last_two_years_and_from_a_year_at_least():
    assert first_origin(15) is None
    assert first_origin(16) == first_origin(20) == 12
    assert first_origin(28) == first_origin(48) == 24, "two seasons, so that it knows them"
    assert first_origin(60) == 36


def test_smoothing_adds_the_months_to_come_and_of_this_one_what_is_left():
    known = part([10, 20], part_done=0.25)
    ahead = np.full((1, 2, 12), np.nan)
    ahead[0, 1, :2] = [8, 4]
    found = smoothed(known, ahead, 1, Shape(3, 1, 0.25), DAYS_OF_MONTHS, np.array([22.0]))
    assert found[0] == 22 + 0.75 * 8 + 4


def test_an_amount_that_was_never_negative_is_not_smoothed_below_zero():
    ahead = np.full((1, 2, 12), -50.0)
    assert smoothed(part([1, 2]), ahead, 1, Shape(2, 1), DAYS_OF_MONTHS)[0] == 0


# Intervals


def test_the_interval_is_the_four_fifths_of_the_errors():
    # (9 + 1) x 0.8: the eighth of nine
    assert half_width(np.array([[9, -8, 7, -6, 5, 4, 3, 2, 1.0]]))[0] == 8
    # (5 + 1) x 0.8 = 4.8: four fifths of the way from the fourth to the fifth
    assert half_width(np.array([[1, 2, 3, 4, 5.0]]))[0] == pytest.approx(4.8)


def test_fewer_than_four_errors_make_no_interval():
    assert math.isnan(half_width(np.array([[1.0, 2.0, 3.0]]))[0])
    assert math.isnan(half_width(np.array([[1.0, 2.0, 3.0, math.nan]]))[0])
    assert half_width(np.array([[1.0, 2.0, 3.0, 4.0]]))[0] == 4


def test_four_fifths_of_independent_errors_stay_inside():
    """Out of sample, over many series: the share is the one that is promised."""
    draws = np.random.default_rng(7).normal(0, 1, (4000, 12))
    inside = np.abs(draws[:, -1]) <= half_width(draws[:, :-1])
    assert inside.mean() == pytest.approx(0.8, abs=0.02)


YEAR = Shape(12, 11)


def said(months, shape=YEAR, kind=SUM, forecasts=None, below=None, now=None, part_done=0.0):
    rows = np.atleast_2d(np.array(months, dtype=float))
    last = rows.shape[1] - 1
    days = np.tile(DAYS_OF_MONTHS, 3)

    def of(values):
        known = part(values, kind=kind, part_done=part_done)
        so_far = known.so_far(last, shape, days) if now is None else np.array(now, dtype=float)
        return Part(kind, known.months, so_far, known.part)

    lower = None if below is None else of(np.atleast_2d(np.array(below, dtype=float)))
    if forecasts:
        forecasts = np.stack([forecast(row, 12) for row in rows]), None
    return outlook(of(rows), lower, shape, days, last, forecasts or None)


def test_an_interval_of_the_past_knows_no_error_of_its_future():
    """What comes after an origin changes nothing of what was said there, by either method."""
    months = np.stack([noisy(seed) for seed in range(6)])
    for shape in (Shape(3, 1), Shape(12, 11), Shape(12, 8), Shape(1, 0)):
        for forecasts in (None, True):
            before = said(months, shape, forecasts=forecasts).tried
            for origin in set(before.origins.tolist()):
                changed = months.copy()
                changed[:, origin + 1 :] = 3 * changed[:, origin + 1 :] + 1000
                after = said(changed, shape, forecasts=forecasts).tried
                same = before.origins <= origin
                for name in ("outlook", "lower", "upper"):
                    assert np.array_equal(
                        getattr(before, name)[:, same], getattr(after, name)[:, same], equal_nan=True
                    ), (shape, origin, name)


def test_what_is_known_changes_what_is_said():
    """The test above can fail: a changed month up to the origin is seen."""
    months = noisy(1)
    before = said(months).tried
    changed = months.copy()
    changed[before.origins[-1]] += 50
    assert said(changed).tried.outlook[0, -1] != before.outlook[0, -1]


def test_the_coverage_is_the_share_of_tried_intervals():
    tried = said(np.stack([noisy(seed) for seed in range(20)])).tried
    for row in range(20):
        bounds = zip(tried.actual[row], tried.lower[row], tried.upper[row], strict=True)
        inside = [low <= actual <= high for actual, low, high in bounds if not math.isnan(low)]
        assert len(inside) >= 5
        assert tried.coverage()[row] == pytest.approx(sum(inside) / len(inside))


@pytest.mark.parametrize("forecasts", [None, True])
@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_a_company_in_another_currency_has_the_same_outlook(factor, forecasts):
    months = np.stack([noisy(seed) for seed in range(4)])
    small, large = said(months, forecasts=forecasts), said(months * factor, forecasts=forecasts)
    for name in ("outlook", "lower", "upper"):
        assert getattr(large, name) == pytest.approx(getattr(small, name) * factor, rel=1e-6)
    assert np.array_equal(small.tried.coverage(), large.tried.coverage())
    assert large.tried.error_ratio() == pytest.approx(small.tried.error_ratio(), rel=1e-5)


def test_a_period_ends_with_no_less_than_it_has_if_nothing_ever_fell():
    months = np.exp(np.random.default_rng(4).normal(0, 1.5, 35))
    months[[11, 23]] = 0.01
    found = said(months, Shape(3, 2))
    assert found.outlook[0] - found.half[0] < months[-2:].sum(), "the errors alone reach further down"
    assert found.lower[0] == pytest.approx(months[-2:].sum())
    months[0] = -1
    assert said(months, Shape(3, 2)).lower[0] < months[-2:].sum(), "what was negative once may fall"


def test_so_many_of_so_many_are_never_more_than_all():
    above = np.array([4, 10, 10, 3, 10, 10, 10, 10] * 4, dtype=float)
    found = said(above, Shape(3, 2), below=np.full(32, 10.0))
    assert found.outlook[0] + found.half[0] > 1 and found.upper[0] == 1
    # amounts of two things: what was less so far may be more one day
    assert said(above + 0.25, Shape(3, 2), below=np.full(32, 10.3)).upper[0] > 1


def test_a_ratio_is_the_quotient_of_its_parts_and_no_mean_of_ratios():
    # 10 of 100 and 90 of 100 so far, the last month brings 1 of 1000 as a year ago
    above, below = [10, 90, 1, *[50] * 9, 10, 90], [100, 100, 1000, *[100] * 9, 100, 100]
    months = np.array([above], dtype=float)
    days = DAYS_OF_MONTHS
    shape = Shape(3, 2)
    known = [part(months, 100), part(np.array([below], dtype=float), 200)]
    found = outlook(known[0], known[1], shape, days, 13)
    assert found.outlook[0] == pytest.approx(101 / 1200)


def test_what_counts_by_days_is_weighed_by_days():
    # an average headcount: 10 in January, 20 in February, 30 in March, each year
    months = [10, 20, 30, *[10] * 9, 10, 20]
    so_far = 10 * 31 + 20 * 28
    found = outlook(part(months, so_far, DAYS), None, Shape(3, 2), DAYS_OF_MONTHS, 13)
    by_hand = so_far / ((10 * 31 + 20 * 28) / (10 * 31 + 20 * 28 + 30 * 31))
    # the first quarter of 2024 had a leap day: the array says 2023 has none
    assert found.outlook[0] == pytest.approx((10 * 31 + 20 * 28 + 30 * 31) / (31 + 29 + 31))
    assert by_hand == 10 * 31 + 20 * 28 + 30 * 31


def test_the_interval_narrows_with_the_root_of_the_month_that_is_left():
    months = noisy(5)
    whole, half_done = said(months, Shape(3, 2)), said(months, Shape(3, 2, 0.75), part_done=0.75)
    assert half_done.half[0] == pytest.approx(whole.half[0] / 2)


def test_a_series_of_zeros_has_no_size_to_measure_errors_in():
    found = said(np.zeros(35))
    assert np.isnan(found.lower[0]) and not found.tried.is_tried.any()


# The choice


def tried_with(errors):
    count = len(errors)
    actual = np.full((1, count), 100.0)
    wrong = np.array([errors], dtype=float)
    blank = np.full((1, count), np.nan)
    base = said(noisy(1)).tried
    return type(base)(np.arange(count), actual - wrong, blank, blank, actual, wrong / 100)


def test_the_method_that_erred_less_is_chosen_and_a_tie_is_for_the_run_rate():
    assert better(tried_with([5, 5, 5, 5]), tried_with([4, 4, 4, 4])).tolist() == [True]
    assert better(tried_with([5, 5, 5, 5]), tried_with([6, 6, 6, 6])).tolist() == [False]
    assert better(tried_with([5, 5, 5, 5]), tried_with([-5, 5, -5, 5])).tolist() == [False]


def test_the_choice_compares_what_both_were_tried_on():
    # smoothing was not tried where the run rate erred by 50, and that must not speak for it
    run, smooth = tried_with([50, 4, 4, 4, 4]), tried_with([math.nan, 5, 5, 5, 5])
    assert better(run, smooth).tolist() == [False]
    assert better(tried_with([9, 9, 9]), tried_with([1, 1, 1])).tolist() == [False], "three are too few"


# Chance and status


def test_the_chance_reads_the_interval_as_a_normal_distribution():
    higher = Goal("higher", 100)
    assert chance(higher, 100, 10) == pytest.approx(0.5)
    # 80 % lie within, so 10 % below the lower end
    assert chance(higher, 110, 10) == pytest.approx(0.9)
    assert chance(Goal("lower", 100), 110, 10) == pytest.approx(0.1)
    assert chance(Goal("band", lower=90, upper=110), 100, 10) == pytest.approx(0.8)
    assert chance(Goal("band", lower=90), 100, 10) == pytest.approx(0.9)


def test_a_dozen_errors_do_not_make_a_certainty():
    assert chance(Goal("higher", 100), 1000, 1) == 0.99
    assert chance(Goal("higher", 1000), 100, 1) == 0.01
    assert chance(Goal("higher", 100), 100, 0) == 0.99, "equal is met"
    assert chance(Goal("lower", 99), 100, 0) == 0.01


def test_what_can_not_fall_is_decided_once_it_has_passed_the_target():
    assert chance(Goal("higher", 100), 150, 60, 100, can_fall=False) == 1
    assert chance(Goal("lower", 100), 150, 60, 101, can_fall=False) == 0
    assert chance(Goal("lower", 100), 150, 60, 100, can_fall=False) > 0, "not over it yet"
    assert chance(Goal("band", lower=90, upper=110), 150, 60, 111, can_fall=False) == 0
    assert chance(Goal("band", lower=90, upper=110), 100, 60, 95, can_fall=False) < 1, "it may leave the band"
    assert chance(Goal("higher", 100), 150, 60, 100) < 1, "a result may fall again"


def test_without_a_target_or_an_interval_there_is_no_chance():
    assert chance(Goal("higher"), 100, 10) is None
    assert chance(Goal("band"), 100, 10) is None
    assert chance(Goal("higher", 100), 100, math.nan) is None


@pytest.mark.parametrize(
    ("goal", "value", "expected"),
    [
        (Goal("higher", 100), 100, "achieved"),
        (Goal("higher", 100), 98, "on_track"),
        (Goal("higher", 100), 90, "at_risk"),
        (Goal("higher", 100), 89, "off_track"),
        (Goal("higher", -100), -98, "achieved"),
        (Goal("higher", -100), -105, "at_risk"),
        (Goal("lower", 100), 99, "achieved"),
        (Goal("lower", 100), 102, "on_track"),
        (Goal("lower", 0), 1, "off_track"),
        (Goal("band", lower=10, upper=20), 15, "achieved"),
        (Goal("band", lower=10, upper=20), 20.2, "on_track"),
        (Goal("band", lower=10, upper=20), 9, "at_risk"),
        (Goal("band", lower=10), 9.9, "off_track"),
        (Goal("higher"), 5, "no_target"),
    ],
)
def test_the_status_follows_the_rule_of_the_scorecard(goal, value, expected):
    assert status(goal, value, 0.02, 0.1) == expected
