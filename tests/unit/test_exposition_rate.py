"""Rates and quantiles by the formulas of Prometheus."""

from __future__ import annotations

import math

import pytest

from sre_copilot_exposition.quantile import histogram_quantile
from sre_copilot_exposition.rate import Edition, increase, total

INF = math.inf


def minute(*points, edition=Edition.THIRD):
    """The increase over the minute before second 60."""
    return increase([(round(at * 1000), value) for at, value in points], 0, 60_000, edition)


def test_one_point_is_not_enough():
    assert minute((30, 5)) is None
    assert minute() is None


def test_regular_points_are_extrapolated_to_both_ends():
    # 40 in 40 s, 10 s from both ends, which is less than 1.1 times the distance of the points.
    assert minute((10, 100), (30, 120), (50, 140)) == pytest.approx(60)


def test_far_from_an_end_only_half_a_distance_is_added():
    assert minute((40, 100), (50, 110)) == pytest.approx(10 + 5 + 10)


@pytest.mark.parametrize(("start", "grown"), [(10.9, 60), (11.1, 40 + 5 + 8.9)])
def test_close_to_an_end_is_within_a_tenth_more_than_the_distance(start, grown):
    points = [(start + 10 * number, 1000 + 10 * number) for number in range(5)]
    assert minute(*points) == pytest.approx(grown)


def test_never_past_the_counters_zero():
    # The counter was at zero 2 s before its first point.
    assert minute((10, 2), (30, 22), (50, 42)) == pytest.approx(2 + 40 + 10)


def test_the_editions_differ_in_young_counters():
    # The zero point lies 8 s before the first point: further than half a distance, nearer than a whole one.
    points = (40, 8), (50, 18)
    assert minute(*points, edition=Edition.SECOND) == pytest.approx(10 + 8 + 10)
    assert minute(*points) == pytest.approx(10 + 5 + 10)


def test_a_counter_that_starts_again():
    assert minute((10, 100), (30, 20), (50, 40)) == pytest.approx(40 * 1.5)


def test_several_resets():
    assert minute((0, 10), (15, 5), (30, 3), (45, 9), (60, 2)) == pytest.approx(5 + 3 + 6 + 2)


def test_a_standing_counter_has_no_increase():
    assert minute((10, 7), (50, 7)) == 0


def test_not_a_number_stays_one():
    assert math.isnan(minute((10, math.nan), (50, 7)))


def test_total_is_exact_and_survives_infinities():
    assert total([0.1] * 10) == 1.0
    assert math.isnan(total([INF, -INF]))
    assert math.isnan(total([1e308, 1e308, 1e308]))


LADDER = {0.1: 10.0, 0.5: 60.0, 1.0: 90.0, INF: 100.0}


def test_quantile_is_interpolated_within_its_bucket():
    found = histogram_quantile(0.5, LADDER)
    assert found.value == pytest.approx(0.1 + 0.4 * 40 / 50)
    assert (found.lower, found.upper) == (0.1, 0.5)


def test_the_lowest_bucket_begins_at_zero():
    assert histogram_quantile(0.05, LADDER).value == pytest.approx(0.05)


def test_above_the_highest_bound_the_quantile_is_that_bound():
    found = histogram_quantile(0.99, LADDER)
    assert found.value == 1.0
    assert found.upper == INF


def test_a_lowest_bound_below_zero_is_the_quantile():
    assert histogram_quantile(0.1, {-1.0: 5.0, 1.0: 10.0, INF: 10.0}).value == -1.0


@pytest.mark.parametrize(
    "buckets",
    [{}, {INF: 5.0}, {0.1: 5.0, 0.5: 5.0}, {0.1: 0.0, INF: 0.0}, {0.1: 1.0, INF: math.nan}],
)
def test_no_quantile(buckets):
    assert math.isnan(histogram_quantile(0.5, buckets).value)


def test_buckets_that_fall_are_mended():
    found = histogram_quantile(0.6, {0.5: 10.0, 1.0: 9.0, 2.0: 14.0, INF: 20.0})
    assert found.value == pytest.approx(1.5)


def test_rounding_between_buckets_is_no_observation():
    found = histogram_quantile(1 - 1e-13, {0.1: 1.0, 0.5: 1.0 + 5e-13, INF: 1.0 + 5e-13})
    assert found.upper == 0.1
