"""The parser against the reference parser, and against anything at all."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_reference
from prometheus_client.parser import text_string_to_metric_families as text_reference

from sre_copilot_exposition.digest import digest
from sre_copilot_exposition.exposition_text import Body, MalformedText, sort_lines
from sre_copilot_exposition.needs import Needs
from sre_copilot_exposition.sample_lines import SampleParser
from sre_copilot_exposition.series import SeriesTable
from sre_copilot_hookspecs import counter, gauge, timer
from tests.exposition_targets import DIALECTS, signal_of

NAMES = st.from_regex(r"[a-z][a-z_]{0,4}", fullmatch=True)
LABEL_NAMES = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_]{0,4}", fullmatch=True)
# Vertical tabs and their like are line ends to Python and plain characters to the format.
LABEL_VALUES = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=8),
    st.text('\\"\n,={} #', max_size=8),
)
LABELS = st.dictionaries(LABEL_NAMES, LABEL_VALUES.filter(bool), max_size=4)
VALUES = st.floats() | st.integers(0, 10**12).map(float)


def escaped(value):
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def spelt(value):
    if math.isnan(value):
        return "NaN"
    return ("+Inf" if value > 0 else "-Inf") if math.isinf(value) else repr(value)


@st.composite
def samples(draw):
    name = draw(NAMES)
    labels = draw(LABELS)
    return name, labels, draw(VALUES), draw(st.none() | st.integers(0, 2**40))


def line_of(name, labels, value, stamp):
    inside = ",".join(f'{label}="{escaped(text)}"' for label, text in labels.items())
    time = "" if stamp is None else f" {stamp}"
    return f"{name}{{{inside}}} {spelt(value)}{time}\n" if inside else f"{name} {spelt(value)}{time}\n"


def same(value):
    return "NaN" if math.isnan(value) else value


def plain(name, labels, value, stamp):
    return name, tuple(sorted(labels.items())), same(value), stamp


def ours(text, openmetrics=False, parser=None):
    body = Body(text.encode(), openmetrics)
    names = sort_lines(body, (), 10**6).names
    # OpenMetrics has suffixes that belong to no family of that name.
    offer = sort_lines(body, names | {f"{name}_total" for name in names}, 10**6)
    found = (parser or SampleParser(SeriesTable({}))).parse(offer.lines, openmetrics)
    return {
        (name, tuple(sorted(series.labels.items()))): (same(value), found.stamps.get(series))
        for name, values in found.families.items()
        for series, value in values.items()
    }


def first_of_each(found):
    kept = {}
    for name, labels, value, stamp in found:
        kept.setdefault((name, labels), (value, stamp))
    return kept


@given(st.lists(samples(), max_size=12))
def test_text_is_read_as_the_reference_reads_it(found):
    # One line at a time, since the reference also groups samples by type, which is not our subject.
    lines = [line_of(*sample) for sample in found]
    reference = [
        plain(sample.name, sample.labels, sample.value, None if sample.timestamp is None else stamp)
        for line, (_, _, _, stamp) in zip(lines, found, strict=True)
        for family in text_reference(line)
        for sample in family.samples
    ]
    assert ours("".join(lines)) == first_of_each(reference)


@given(st.lists(samples(), max_size=12))
def test_a_second_reading_with_remembered_spellings_is_the_same(found):
    text = "".join(line_of(*sample) for sample in found)
    parser = SampleParser(SeriesTable({}))
    assert ours(text, parser=parser) == ours(text, parser=parser) == ours(text)


@st.composite
def histograms(draw):
    labels = draw(LABELS.filter(lambda labels: "le" not in labels))
    bounds = sorted(draw(st.sets(st.floats(0.001, 1000), min_size=1, max_size=6)))
    return labels, [*map(repr, bounds), "+Inf"]


@given(st.lists(histograms(), min_size=1, max_size=4))
def test_buckets_are_read_as_the_reference_reads_them(found):
    lines = [
        line_of("h_bucket", {**labels, "le": bound}, float(number), None)
        for labels, bounds in found
        for number, bound in enumerate(bounds)
    ]
    content = "".join(lines).encode()
    read = SampleParser(SeriesTable({})).parse(sort_lines(Body(content), ["h_bucket"], 1000).lines, False)
    mine = {
        (tuple(sorted(series.labels.items())), series.bound): value
        for series, value in read.families["h_bucket"].items()
    }
    expected = {}
    for line in lines:
        for family in text_reference(line):
            for sample in family.samples:
                bound = float(sample.labels.pop("le"))
                expected.setdefault((tuple(sorted(sample.labels.items())), bound), sample.value)
    assert mine == expected


@given(LABELS, VALUES, st.booleans())
def test_openmetrics_is_read_as_the_reference_reads_it(labels, value, with_exemplar):
    value = abs(value) if math.isfinite(value) else 1.0
    exemplar = ' # {trace_id="4 # {"} 0.5 1.5' if with_exemplar else ""
    line = line_of("a_total", labels, value, None)[:-1] + exemplar
    text = f"# TYPE a counter\n{line}\n# EOF\n"
    (family,) = openmetrics_reference(text)
    expected = [plain(sample.name, sample.labels, sample.value, None) for sample in family.samples]
    assert ours(text, openmetrics=True) == first_of_each(expected)


WORDS = b'a jobs wait_bucket { } le=" " = , 1 NaN # TYPE counter \\ \xff \x00 \r 1e999 - _'
PIECES = st.sampled_from([*WORDS.split(), b" ", b"\t", b"\n", b"# EOF\n"])


@given(st.binary(max_size=200) | st.lists(PIECES, max_size=40).map(b"".join), st.booleans())
def test_anything_is_read_or_refused(content, openmetrics):
    signals = [
        signal_of(counter("jobs").rate("1m"), "test.rate"),
        signal_of(gauge("a").max(), "test.gauge"),
        signal_of(timer("wait").quantile(0.5, over="1m"), "test.quantile"),
    ]
    needs = Needs().with_signals(signals, "server")
    parser = SampleParser(SeriesTable({}))
    try:
        found = digest(Body(content, openmetrics), needs, DIALECTS[:2], parser, 0, 100)
    except MalformedText:
        return
    assert found.scrape.up
    assert found.scrape.kept <= found.scrape.scraped
