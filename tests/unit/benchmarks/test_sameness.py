"""Comparing nights: what differs is named."""

from benchmarks.sameness import differing


def test_equal_nights_differ_in_nothing_and_others_in_the_tables_that_do():
    one = {"sums": {"a": (1, "x"), "b": (2, "y")}}
    assert differing([one, {"sums": {"a": (1, "x"), "b": (2, "y")}}]) == []
    assert differing([one, {"sums": {"a": (1, "z"), "b": (2, "y")}}]) == ["a"]
    assert differing([one, {"sums": {"a": (1, "x")}}]) == ["b"]
