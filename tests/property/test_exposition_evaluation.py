"""What holds for every counter, histogram and sequence of scrapes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sre_copilot_exposition.quantile import histogram_quantile
from sre_copilot_exposition.rate import Edition, increase, total
from sre_copilot_exposition.ring import Ring, Scrape
from sre_copilot_exposition.series import SeriesTable
from sre_copilot_hookspecs import counter
from tests.exposition_targets import evaluated, view_of

WINDOW = 60_000


@st.composite
def points(draw, increasing=False):
    times = sorted(draw(st.sets(st.integers(1, WINDOW), min_size=2, max_size=12)))
    values = draw(st.lists(st.integers(0, 10**9).map(float), min_size=len(times), max_size=len(times)))
    return list(zip(times, sorted(values) if increasing else values, strict=True))


@given(points(), st.sampled_from(Edition))
def test_a_counter_never_falls(found, edition):
    assert increase(found, 0, WINDOW, edition) >= 0


@given(points(increasing=True), st.sampled_from(Edition))
def test_what_was_counted_is_never_lost_and_at_most_extrapolated_to_the_window(found, edition):
    counted = found[-1][1] - found[0][1]
    sampled = found[-1][0] - found[0][0]
    grown = increase(found, 0, WINDOW, edition)
    assert counted <= grown * (1 + 1e-9)
    assert grown <= counted * WINDOW / sampled * (1 + 1e-9)


@given(points(increasing=True), st.sampled_from(Edition))
def test_a_counter_never_began_below_zero(found, edition):
    first_at, first = found[0]
    to_end = increase(found, first_at, WINDOW, edition)
    grown = increase(found, 0, WINDOW, edition)
    assert grown <= (to_end + first) * (1 + 1e-9)


@given(st.lists(st.tuples(st.floats(0.001, 1000), st.integers(0, 1000)), max_size=8), st.floats(0.01, 0.99))
def test_a_quantile_lies_in_its_bucket(found, q):
    bounds = {bound: 0.0 for bound, _ in found}
    seen = 0
    for bound, (_, more) in zip(sorted(bounds), found, strict=False):
        seen += more
        bounds[bound] = float(seen)
    quantile = histogram_quantile(q, {**bounds, math.inf: float(seen)})
    if not bounds or not seen:
        assert math.isnan(quantile.value)
    else:
        assert quantile.lower <= quantile.value <= quantile.upper * (1 + 1e-12)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32)))
def test_a_total_does_not_depend_on_the_order(values):
    assert total(values) == total(reversed(values)) == total(sorted(values))


@given(st.lists(st.tuples(st.integers(1, 400), st.integers(0, 30)), min_size=1, max_size=40))
def test_a_ring_is_bounded_in_time_and_in_values(scrapes):
    table = SeriesTable({})
    series = [table.series(f"a{number}", table.label_set([])) for number in range(30)]
    ring = Ring(most_values=100)
    now = 0
    for passed, size in scrapes:
        now += passed * 1000
        ring.append(Scrape(now, 0.0, families={"a": dict.fromkeys(series[:size], 1.0)}), keep=600)
        kept = ring.scrapes()
        assert kept[-1].at == now
        assert kept[0].at >= now - 600_000
        assert ring.values == sum(scrape.kept for scrape in kept)
        assert ring.values <= 100 or len(kept) <= 2


@given(st.lists(st.none() | st.integers(0, 50), min_size=1, max_size=10), st.integers(5, 200))
def test_the_rate_of_a_counter_is_never_negative_whatever_is_missed(values, window):
    rate = counter("jobs").rate(f"{window}s")
    texts = [None if value is None else f"jobs {value}\n" for value in values]
    scrapes = [(10 * number, text) for number, text in enumerate(texts)]
    outcome = evaluated(rate, view_of(scrapes, rate), at=10 * (len(values) - 1))
    if values[-1] is None:
        assert outcome.unknown
    for value in outcome.values.values():
        assert value.number >= 0


@pytest.mark.parametrize("edition", Edition)
@given(st.floats(0.1, 100), st.integers(2, 20))
def test_a_steady_counter_has_its_rate(edition, per_second, count):
    spacing = WINDOW // count
    found = [(number * spacing, 1e6 + per_second * number * spacing / 1000) for number in range(1, count + 1)]
    assert increase(found, 0, WINDOW, edition) / 60 == pytest.approx(per_second, rel=1e-4)
