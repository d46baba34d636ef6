"""What expressions yield: values, zeros, and the precise reason where there is neither."""

from __future__ import annotations

import pytest

from sre_copilot_exposition.evaluate import Evaluator
from sre_copilot_exposition.rate import Edition
from sre_copilot_exposition.reading import answer
from sre_copilot_hookspecs import (
    Missing,
    MissingReason,
    Sample,
    SeriesFloor,
    Worst,
    counter,
    gauge,
    matches,
    not_equal,
    not_matches,
    timer,
)
from tests.exposition_targets import evaluated, signal_of, value_of, view_of

RATE = counter("jobs").rate("2m")
BY_QUEUE = counter("jobs").rate("2m", by=["queue"])
DEPTH = gauge("depth").sum()
WAIT = timer("wait").quantile(0.5, over="2m")

FIRST = """\
# TYPE jobs counter
jobs{queue="a",result="ok"} 100
jobs{queue="b",result="ok"} 100
jobs{queue="b",result="failed"} 100
# TYPE depth gauge
depth{queue="a"} 3
depth{queue="b"} 5
"""
# A minute later: 1.0/s, 0.5/s and 0.1/s.
SECOND = """\
# TYPE jobs counter
jobs{queue="a",result="ok"} 160
jobs{queue="b",result="ok"} 130
jobs{queue="b",result="failed"} 106
# TYPE depth gauge
depth{queue="a"} 4
depth{queue="b"} 1
"""


def steady(*expressions, **how):
    # Scrapes at both ends of every minute of the window, so that no half is extrapolated away.
    return view_of([(0, FIRST), (60, SECOND)], *expressions, **how)


def over_a_minute(metric, **how):
    return metric.rate("61s", **how)


def missing(expression, *views, at):
    outcome = evaluated(expression, *views, at=at)
    assert not outcome.values
    assert outcome.why is not None
    return outcome.why


@pytest.mark.parametrize(
    ("labels", "per_second"),
    [
        ({}, 1.6),
        ({"queue": "a"}, 1.0),
        ({"queue": not_equal("a")}, 0.6),
        ({"queue": matches("a|b"), "result": "ok"}, 1.5),
        ({"queue": matches("")}, 0.0),
        ({"result": not_matches("o.")}, 0.1),
        ({"colour": ""}, 1.6),
        ({"colour": not_equal("red")}, 1.6),
        ({"role": "server"}, 1.6),
        ({"role": matches("serv.*"), "instance": "temporal:9090"}, 1.6),
    ],
)
def test_label_conditions(labels, per_second):
    rate = over_a_minute(counter("jobs", **labels))
    # A little less than what was counted: the window is a second longer and ends where the scrapes do.
    assert value_of(rate, steady(rate), at=60) == pytest.approx(per_second, rel=0.001)


def test_increase_is_the_rate_times_the_window():
    rate, grown = counter("jobs").rate("2m"), counter("jobs").increase("2m")
    view = steady(rate, grown)
    assert value_of(grown, view, at=60) == pytest.approx(120 * value_of(rate, view, at=60))


def test_values_by_label():
    rate = over_a_minute(counter("jobs"), by=["queue"])
    outcome = evaluated(rate, steady(rate), at=60)
    assert {key: round(value.number, 2) for key, value in outcome.values.items()} == {
        ("a",): 1.0,
        ("b",): 0.6,
    }


@pytest.mark.parametrize(("how", "value"), [("sum", 5), ("max", 4), ("min", 1), ("avg", 2.5)])
def test_gauges(how, value):
    expression = getattr(gauge("depth"), how)()
    assert value_of(expression, steady(expression), at=60) == value


def test_a_window_contains_its_first_instant_in_the_second_edition_only():
    rate = counter("jobs").rate("1m")
    view = steady(rate)
    assert missing(rate, view, at=60).reason is MissingReason.WARMING_UP
    assert value_of(rate, view, at=60, edition=Edition.SECOND) == pytest.approx(1.6)


def test_aggregates_keep_the_labels_they_name():
    by_both = over_a_minute(counter("jobs"), by=["queue", "result"])
    worst = by_both.max(by=["queue"])
    outcome = evaluated(worst, steady(worst), at=60)
    assert outcome.values[("b",)].number == pytest.approx(0.5, rel=0.001)
    assert value_of(by_both.min(), steady(worst), at=60) == pytest.approx(0.1, rel=0.001)


# Arithmetic


def test_equal_labels_meet_and_a_missing_rate_counts_as_zero():
    failed = over_a_minute(counter("jobs", result="failed"), by=["queue"])
    every = over_a_minute(counter("jobs"), by=["queue"])
    ratio, rest = failed / every, every - failed
    view = steady(ratio)
    assert evaluated(ratio, view, at=60).values[("a",)].number == 0
    assert evaluated(ratio, view, at=60).values[("b",)].number == pytest.approx(1 / 6)
    assert evaluated(rest, view, at=60).values[("a",)].number == pytest.approx(1, rel=0.001)


def test_a_value_without_labels_meets_each():
    share = over_a_minute(counter("jobs"), by=["queue"]) / over_a_minute(counter("jobs"))
    outcome = evaluated(share, steady(share), at=60)
    assert outcome.values[("a",)].number == pytest.approx(1 / 1.6)
    assert outcome.values[("b",)].number == pytest.approx(0.6 / 1.6)


def test_numbers():
    expression = 2 * gauge("depth").sum() + 1
    assert value_of(expression, steady(expression), at=60) == 11
    assert value_of(1 - gauge("depth").min(), steady(expression), at=60) == 0


def test_a_missing_gauge_is_not_zero():
    expression = gauge("depth").sum() + gauge("width").sum()
    why = missing(expression, steady(expression), at=60)
    assert why.reason is MissingReason.NOT_EMITTED
    assert "width" in why.detail


def test_division_by_zero_is_missing():
    expression = counter("jobs").rate("2m") / counter("never").rate("2m")
    why = missing(expression, steady(expression), at=60)
    assert why.reason is MissingReason.NO_DATA
    assert "divide" in why.detail


def test_an_unknown_side_is_not_zero():
    expression = counter("jobs", role="server").rate("2m") - counter("done", role="worker").rate("2m")
    dead = view_of([(60, None)], expression, role="worker", instance="worker:9000")
    assert missing(expression, steady(expression), dead, at=60).reason is MissingReason.UNREACHABLE


def test_a_side_that_never_fired_is_zero():
    expression = over_a_minute(counter("jobs")) + over_a_minute(counter("never"))
    assert value_of(expression, steady(expression), at=60) == pytest.approx(1.6, rel=0.001)


def test_the_largest_of_no_queues_is_zero_if_nothing_happened():
    expression = counter("never").rate("2m", by=["queue"]).max()
    assert value_of(expression, steady(expression), at=60) == 0


# Reasons


def test_one_scrape_is_warming_up():
    why = missing(RATE, view_of([(60, SECOND)], RATE), at=60)
    assert why.reason is MissingReason.WARMING_UP
    assert "120 s" in why.detail


def test_a_frozen_server_does_not_show_its_last_rates():
    view = view_of([(0, FIRST), (30, SECOND), (60, None)], RATE, DEPTH)
    for expression in (RATE, DEPTH):
        why = missing(expression, view, at=60)
        assert why.reason is MissingReason.UNREACHABLE
        assert "http://temporal:9090/metrics did not answer" in why.detail


def test_of_several_targets_the_rest_answers_with_a_note():
    views = [
        steady(RATE, instance="one:9090"),
        steady(RATE, instance="two:9090"),
        view_of([(0, FIRST), (60, None)], RATE, instance="three:9090"),
    ]
    rate = over_a_minute(counter("jobs"))
    outcome = evaluated(rate, *views, at=60)
    assert outcome.values[()].number == pytest.approx(3.2, rel=0.001)
    assert outcome.notes == ("1 of 3 server targets down",)


def test_a_new_target_is_noted_while_it_warms_up():
    views = [steady(RATE, instance="one:9090"), view_of([(60, SECOND)], RATE, instance="two:9090")]
    assert evaluated(RATE, *views, at=60).notes == ("1 of 2 targets warming up",)


@pytest.mark.parametrize("scrapes", [[(0, FIRST), (60, None)], [(60, FIRST)]], ids=["down", "warming up"])
def test_a_worker_cannot_tell_that_nothing_happened_on_a_server(scrapes):
    expressions = (counter("never").rate("2m"), WAIT)
    server = view_of(scrapes, *expressions)
    worker = view_of([(0, "x 1\n"), (60, "x 1\n")], *expressions, role="worker", instance="worker:9000")
    expected = MissingReason.WARMING_UP if server.up else MissingReason.UNREACHABLE
    for expression in expressions:
        assert missing(expression, server, worker, at=60).reason is expected


def test_up_is_known_of_targets_that_are_down():
    up = gauge("up", role="server")
    views = [steady(RATE, instance="one:9090"), view_of([(60, None)], RATE, instance="two:9090")]
    assert value_of(up.min(), *views, at=60) == 0
    assert value_of(up.sum(), *views, at=60) == 1
    assert value_of(gauge("scrape_samples_scraped").max(), *views, at=60) == 5


def test_a_role_without_targets_names_the_setting():
    expression = counter("jobs", role="worker").rate("2m")
    why = missing(expression, steady(RATE), at=60)
    assert why.reason is MissingReason.NO_DATA
    assert "clusters.prod.exposition.worker" in why.detail


def test_a_family_that_is_not_offered_is_not_emitted():
    for expression in (
        gauge("width").max(),
        timer("wait").quantile(0.5, over="2m"),
        timer("wait").mean(over="2m"),
    ):
        assert missing(expression, steady(expression), at=60).reason is MissingReason.NOT_EMITTED


def test_conditions_that_nothing_meets_are_no_data():
    expression = gauge("depth", queue="c").max()
    assert missing(expression, steady(expression), at=60).reason is MissingReason.NO_DATA


def test_a_gauge_that_vanished_is_stale():
    expression = gauge("depth", queue="a").max()
    view = view_of([(0, FIRST), (60, SECOND.replace('depth{queue="a"} 4\n', ""))], expression)
    why = missing(expression, view, at=60)
    assert why.reason is MissingReason.STALE
    assert "60 s ago" in why.detail


def test_a_sample_with_an_old_time_of_its_own_is_stale():
    expression = gauge("depth").max()
    view = view_of([(400, "depth 1 50000\n")], expression)
    assert missing(expression, view, at=400).reason is MissingReason.STALE
    fresh = view_of([(400, "depth 1 390000\n")], expression)
    assert 400_000 - evaluated(expression, fresh, at=400).values[()].at == 10_000


def test_a_sample_that_is_exposed_again_counts_once():
    grown = counter("jobs").increase("2m")
    scrapes = [(30, "jobs 5 20000\n"), (60, "jobs 5 20000\n"), (90, "jobs 8 80000\n")]
    assert value_of(grown, view_of(scrapes[:2], grown), at=60) == 0
    assert value_of(grown, view_of(scrapes, grown), at=90) > 3


def test_a_gauge_that_is_not_a_number_is_missing():
    expression = gauge("depth").sum()
    assert missing(expression, view_of([(0, 'depth{q="a"} NaN\ndepth{q="b"} 1\n')], expression), at=0)
    largest = gauge("depth").max()
    assert value_of(largest, view_of([(0, 'depth{q="a"} NaN\ndepth{q="b"} 1\n')], largest), at=0) == 1


def test_a_missing_scrape_does_not_hurt_a_rate():
    rate = counter("jobs").rate("61s")
    view = view_of([(0, FIRST), (30, None), (60, SECOND)], rate)
    assert value_of(rate, view, at=60) == pytest.approx(1.6, rel=0.001)


def test_a_restarted_target_counts_from_zero():
    rate = counter("jobs", queue="a").increase("61s")
    restarted = SECOND.replace("160", "7")
    assert value_of(rate, view_of([(0, FIRST), (60, restarted)], rate), at=60) == pytest.approx(7, rel=0.02)


HISTOGRAM = """\
wait_bucket{queue="a",le="50"} 0
wait_bucket{queue="a",le="100"} 0
wait_bucket{queue="a",le="+Inf"} 0
"""


def test_a_quantile_in_a_wide_bucket_says_so():
    later = HISTOGRAM.replace('100"} 0', '100"} 10').replace('Inf"} 0', 'Inf"} 10')
    outcome = evaluated(WAIT, view_of([(0, HISTOGRAM), (60, later)], WAIT), at=60)
    assert outcome.values[()].number == pytest.approx(75)
    assert outcome.values[()].note == "within the bucket from 50 s to 100 s"


def test_a_histogram_that_appeared_just_now_is_warming_up():
    view = view_of([(0, FIRST), (60, HISTOGRAM)], WAIT)
    assert missing(WAIT, view, at=60).reason is MissingReason.WARMING_UP


def test_a_histogram_without_its_last_bucket_has_no_quantile():
    text = 'wait_bucket{le="50"} 1\nwait_bucket{le="100"} 2\n'
    view = view_of([(0, text), (60, text.replace("} 2", "} 9"))], WAIT)
    assert missing(WAIT, view, at=60).reason is MissingReason.NO_DATA


# Signals with dimensions


def answered(signal, *views, at=60):
    return answer(signal, Evaluator("prod", views, at * 1000))


def by_queue(worst=Worst.HIGHEST, **more):
    rate = over_a_minute(counter("jobs"), by=["queue", "result"])
    return signal_of(rate, dimensions=("result", "queue"), worst=worst, **more)


@pytest.mark.parametrize(("worst", "value", "first"), [("highest", 1.0, "a"), ("lowest", 0.1, "b"), ("sum", 1.6, "a")])
def test_the_worst_value_stands_for_all_and_comes_first(worst, value, first):
    signal = by_queue(Worst(worst), cap=2)
    sample = answered(signal, steady(signal.measure))
    assert isinstance(sample, Sample)
    assert sample.value == pytest.approx(value, rel=0.001)
    assert sample.series[0].labels[0] == ("queue", first)
    assert [label for label, _ in sample.series[0].labels] == ["queue", "result"]
    assert (len(sample.series), sample.dropped) == (2, 1)


def test_only_values_above_the_floor_count():
    floor = SeriesFloor(over_a_minute(counter("jobs"), by=["queue", "result"]), 0.4)
    sample = answered(by_queue(Worst.LOWEST, floor=floor), steady(floor.measure))
    assert sample.value == pytest.approx(0.5, rel=0.001)
    assert len(sample.series) == 2


def test_nothing_above_the_floor_is_missing():
    floor = SeriesFloor(over_a_minute(counter("jobs"), by=["queue", "result"]), 40)
    sample = answered(by_queue(floor=floor), steady(floor.measure))
    assert isinstance(sample, Missing)
    assert sample.reason is MissingReason.NO_DATA
    assert "floor" in sample.detail


@pytest.mark.parametrize(("worst", "kind"), [("highest", Sample), ("sum", Sample), ("lowest", Missing)])
def test_no_series_at_all(worst, kind):
    rate = counter("never").rate("2m", by=["queue"])
    signal = signal_of(rate, dimensions=("queue",), worst=Worst(worst))
    sample = answered(signal, steady(rate))
    assert isinstance(sample, kind)
    assert getattr(sample, "value", 0) == 0


def test_a_probe_is_not_for_this_source():
    signal = signal_of(DEPTH, measure=None, probe="api")
    assert answered(signal, steady()).reason is MissingReason.REJECTED
