"""The exposition format: what is accepted, what rejects a scrape, and what is not even looked at."""

from __future__ import annotations

import math

import pytest

from sre_copilot_exposition.exposition_text import Body, MalformedText, sort_lines
from sre_copilot_exposition.sample_lines import SampleParser
from sre_copilot_exposition.series import SeriesTable

TARGET = {"role": "server", "instance": "temporal:9090"}


def parsed(text, *names, openmetrics=False, parser=None):
    content = text.encode() if isinstance(text, str) else text
    offer = sort_lines(Body(content, openmetrics), names, 1000)
    return (parser or SampleParser(SeriesTable(TARGET))).parse(offer.lines, openmetrics)


def plain(samples):
    """Samples as name, exported labels and value."""
    return [
        (name, {label: value for label, value in series.labels.items() if label not in TARGET}, value)
        for name, values in samples.families.items()
        for series, value in values.items()
    ]


def test_labels_with_every_escape():
    samples = parsed('a{x="q\\"b\\\\n\\n",y="{,}= "} 1\n', "a")
    assert plain(samples) == [("a", {"x": 'q"b\\n\n', "y": "{,}= "}, 1.0)]


@pytest.mark.parametrize(
    ("text", "value"),
    [("5", 5.0), ("+Inf", math.inf), ("-Inf", -math.inf), ("1e3", 1000.0), (".5", 0.5), ("-0.25E-1", -0.025)],
)
def test_values(text, value):
    assert plain(parsed(f"a {text}\n", "a")) == [("a", {}, value)]


def test_nan():
    assert math.isnan(plain(parsed("a NaN\n", "a"))[0][2])


def test_white_space_where_the_format_allows_it():
    samples = parsed(' a { x = "1" , y="2", } \t 7  \n\na\t8 1700000000000\n', "a")
    assert plain(samples) == [("a", {"x": "1", "y": "2"}, 7.0), ("a", {}, 8.0)]
    assert list(samples.stamps.values()) == [1700000000000]


def test_of_samples_of_one_series_the_first_counts():
    assert plain(parsed('a{x="1",y="2"} 1\na{y="2",x="1"} 2\n', "a")) == [("a", {"x": "1", "y": "2"}, 1.0)]


def test_an_empty_label_is_no_label():
    assert plain(parsed('a{x=""} 1\na 2\n', "a")) == [("a", {}, 1.0)]


def test_exported_labels_step_back_before_those_of_the_target():
    samples = parsed('a{role="boss",instance="me"} 1\n', "a")
    assert plain(samples) == [("a", {"exported_role": "boss", "exported_instance": "me"}, 1.0)]


def test_openmetrics_with_exemplars_and_seconds():
    text = '# TYPE a counter\na_total{x="1"} 5 # {trace_id="4"} 0.5 1.5\na_total{x="2"} 6 1700000000.5\n# EOF\n'
    samples = parsed(text, "a_total", openmetrics=True)
    assert plain(samples) == [("a_total", {"x": "1"}, 5.0), ("a_total", {"x": "2"}, 6.0)]
    assert list(samples.stamps.values()) == [1700000000500]


def test_openmetrics_counters_are_offered_by_the_name_of_their_samples():
    offer = sort_lines(Body(b"# TYPE a counter\n# TYPE g gauge\n# EOF\n", True), (), 10)
    assert offer.names == {"a_total", "g"}


def test_a_second_scrape_yields_the_very_same_series():
    parser = SampleParser(SeriesTable(TARGET))
    text = 'h_bucket{x="1",le="1"} 1\nh_bucket{x="1",le="+Inf"} 2\na 1\n'
    first = parsed(text, "h_bucket", "a", parser=parser)
    second = parsed(text.replace("} 2", "} 3"), "h_bucket", "a", parser=parser)
    for name in ("h_bucket", "a"):
        assert list(first.families[name]) == list(second.families[name])
    assert sorted(second.families["h_bucket"].values()) == [1, 3]


def test_buckets_share_their_labels():
    samples = parsed('h_bucket{x="1",le="0.5"} 1\nh_bucket{x="1",le="+Inf"} 2\n', "h_bucket")
    one, other = samples.families["h_bucket"]
    assert one.labels is other.labels
    assert (one.bound, other.bound) == (0.5, math.inf)


def test_a_value_that_looks_like_a_bound_is_none():
    text = 'h_bucket{a="x,le=",le="1"} 1\nh_bucket{a="x,le=",le="2"} 2\nh_bucket{a="x,le=",b="3"} 3\n'
    bounds = [series.bound for series in parsed(text, "h_bucket").families["h_bucket"]]
    assert bounds == [1, 2, None]


def test_labels_after_the_bound_are_kept():
    text = 'h_bucket{a="1",le="1"} 1\nh_bucket{a="1",le="2",b="3"} 2\n'
    assert [labels for _, labels, _ in plain(parsed(text, "h_bucket"))] == [{"a": "1"}, {"a": "1", "b": "3"}]


def test_a_malformed_bucket_is_noticed_after_one_that_looks_like_it():
    text = 'h_bucket{a="x,le=", le="1"} 1\nh_bucket{a="x,le="2"} 2\n'
    with pytest.raises(MalformedText):
        parsed(text, "h_bucket")


def test_lines_of_other_metrics_are_not_parsed():
    samples = parsed('b{broken 1\na{x="1"} 2\n', "a")
    assert plain(samples) == [("a", {"x": "1"}, 2.0)]


@pytest.mark.parametrize(
    "text",
    [
        "a 1",
        'a{x="1"} 1\na{x="2"} 1',
        "<html><body>It works!</body></html>\n",
        '{"error": "not found"}\n',
        "a\n",
        "a one\n",
        "a 1_000\n",
        "a 5\r\n",
        'a{x="1} 1\n',
        "a{x=1} 1\n",
        'a{x="1"y="2"} 1\n',
        'a{,x="1"} 1\n',
        'a{x="1",x="2"} 1\n',
        "a 1 2 3\n",
        'a{x="1"} 1 # {y="2"} 1\n',
        "1a 1\n",
        b'a{x="\xff"} 1\n',
        "a 1 " + "9" * 30 + "\n",
    ],
)
def test_malformed_text_rejects_the_scrape(text):
    with pytest.raises(MalformedText):
        parsed(text, "a")


@pytest.mark.parametrize("text", ["a 1\n", "a 1\n# EOF\nb 1\n", "a 1\n# EO", ""])
def test_openmetrics_without_its_end_is_truncated(text):
    with pytest.raises(MalformedText, match="truncated"):
        parsed(text, "a", openmetrics=True)


def test_nothing_at_all_is_an_empty_scrape():
    assert plain(parsed("", "a")) == []


def test_too_many_samples_are_refused():
    text = "".join(f'a{{x="{number}"}} 1\n' for number in range(1001))
    with pytest.raises(MalformedText, match="more than 1000 samples"):
        parsed(text, "a")


def test_scraped_samples_are_counted_without_comments_and_blank_lines():
    offer = sort_lines(Body(b"# HELP a\n# TYPE a gauge\na 1\n\n  # c\nb{} 2\n"), ("a",), 10)
    assert offer.scraped == 2
    assert offer.names == {"a", "b"}
