"""Expressions as PromQL, letter for letter, and the dialects that they are spelt in."""

from __future__ import annotations

import asyncio
import json

import pytest

from sre_copilot_hookspecs import counter, gauge, matches, not_equal, timer
from sre_copilot_prometheus.bounds import spellings_of
from sre_copilot_prometheus.failures import CannotCompile
from sre_copilot_prometheus.promql import Compiler
from sre_copilot_prometheus.vocabulary import Vocabulary, Voice
from tests.exposition_targets import NATIVE, OPENTELEMETRY, SDK_MILLISECONDS, signal_of
from tests.prometheus_fake import Asked, Told, fake_prometheus, names, opened, read, vector

UP = 'and on (job, instance) up{job="temporal"} == 1'


def compiled(expression, dialect=NATIVE, **conditions):
    chosen = {"server": 'job="temporal"', **conditions}
    dialects = {"server": dialect, "worker": SDK_MILLISECONDS}
    voices = tuple(Voice(role, each, dialects[role]) for role, each in chosen.items())
    return Compiler(Vocabulary("prod", voices)).compile(expression)


def test_a_counter_that_never_fired_is_zero_once_its_process_was_scraped_twice():
    assert compiled(counter("workflow_failed").rate("1m")) == (
        f'(sum (rate(workflow_failed{{job="temporal"}}[60s]) {UP})'
        ' or 0 * group(up{job="temporal"} == 1 and sum_over_time(up{job="temporal"}[60s]) >= 2))'
    )


def test_a_quantile_in_milliseconds_becomes_seconds():
    assert compiled(timer("wait", role="server").quantile(0.95, over="5m", by=["queue"]), OPENTELEMETRY) == (
        '(histogram_quantile(0.95, sum by (queue, le) (rate(wait_milliseconds_bucket{job="temporal"}[300s])'
        f" {UP})) * 0.001 > -Inf < +Inf)"
    )


def test_a_bound_is_asked_for_in_every_spelling():
    query = compiled(timer("wait").share_over(1.0, over="5m"), OPENTELEMETRY)
    assert r'le=~"1000|1000\\.0|1e\\+03"' in query
    assert 'le="+Inf"' in query
    assert {"1e+06", "1000000", "1000000.0"} <= set(spellings_of(1000, 0.001))
    assert {"0.005"} <= set(spellings_of(0.005, 1.0))
    assert {"5"} <= set(spellings_of(0.005, 0.001))


def test_a_sanitised_label_value_is_met_in_both_spellings_where_the_dialect_sanitises():
    errors = counter("errors", kind="serviceerror.NotFound", other=not_equal("a.b"), third=matches("x.*")).rate("1m")
    assert r'kind=~"serviceerror\\.NotFound|serviceerror_NotFound",other!~"a\\.b|a_b",third=~"x.*"' in compiled(errors)
    assert 'kind="serviceerror.NotFound",other!="a.b"' in compiled(errors, OPENTELEMETRY)


def test_what_happens_on_one_side_only_counts_in_a_difference():
    added, done = (counter(name).rate("1m", by=["queue"]) for name in ("added", "done"))
    query = compiled(added - done)
    assert query.startswith("sum by (queue) (sum by (queue) (rate(added{")
    assert " or label_replace(-1 * sum by (queue) (rate(done{" in query


def test_a_value_without_labels_meets_each():
    each, every = counter("added").rate("1m", by=["queue"]), counter("added").rate("1m")
    assert " / on () group_left () (" in compiled(each / every)
    assert " - on () group_right () " in compiled(every - each)


def test_what_has_no_processes_names_the_setting():
    with pytest.raises(CannotCompile, match=r"set clusters\.prod\.prometheus\.worker\."):
        compiled(gauge("temporal_num_pollers", role="worker").sum())


def test_units_that_differ_between_roles_are_not_mixed():
    with pytest.raises(CannotCompile, match="add role to its conditions"):
        compiled(timer("wait").quantile(0.9, over="1m"), worker='job="workers"')


WAITS = signal_of(timer("temporal_request_latency", role="worker").quantile(0.9, over="1m"))
BUCKETS = "temporal_request_latency_bucket"


def spoken(offered, first_bound="50", **settings):
    """The dialects found out, and the requests that it took, in two readings."""

    def handle(asked: Asked) -> Told:
        if "/label/" in asked.path:
            return names(*offered)
        if asked.query.startswith("group by (__name__, le)"):
            return vector([({"__name__": BUCKETS, "le": each}, 1) for each in (first_bound, "+Inf", "junk")])
        return Told(json.dumps({"status": "success", "data": {"resultType": "vector", "result": []}}))

    async def twice():
        async with fake_prometheus(handle) as fake:
            source = await opened(fake, **settings)
            await read(source, WAITS)
            first = len(fake.asked)
            await read(source, WAITS)
            return source.detected("prod"), first, len(fake.asked) - first

    return asyncio.run(twice())


def test_the_unit_of_timers_is_told_from_the_first_bound_and_remembered():
    assert spoken([BUCKETS])[0]["worker"] == "sdk-milliseconds"
    found, _, again = spoken([BUCKETS], "0.05")
    assert found["worker"] == "sdk-seconds"
    assert again <= 2, "the server's dialect is looked for again at most, nothing of it is offered"


def test_suffixes_tell_a_dialect():
    assert spoken(["temporal_request_latency_seconds_bucket"])[0]["worker"] == "sdk-suffixes"


def test_the_settings_have_the_last_word():
    assert spoken([BUCKETS], "50", dialect=("sdk-seconds",))[0]["worker"] == "sdk-seconds"
