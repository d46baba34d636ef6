"""How the source asks: splitting, finding the question at fault, credentials, signatures, settings."""

from __future__ import annotations

import asyncio
import base64

import attrs
import pytest

from sre_copilot_hookspecs import MissingReason, OutgoingRequest, Sample, SourceUnavailable, counter, gauge
from sre_copilot_prometheus.asking import batches, union
from sre_copilot_prometheus.settings import PrometheusSettings
from sre_copilot_prometheus.source import PrometheusSource
from tests.exposition_targets import DIALECTS, signal_of
from tests.prometheus_fake import (
    Asked,
    Told,
    cluster_of,
    error,
    fake_prometheus,
    healthy,
    opened,
    read,
    read_from,
)

SIGNALS = [
    signal_of(counter("jobs", role="server", queue=f"q{number:02}").rate("1m"), f"test.q{number:02}")
    for number in range(40)
]
DEPTH = signal_of(gauge("depth", role="server").sum(), "test.depth")
WORKING = healthy({"sum (rate(jobs": 7, "depth{": 1}, up=2)


def test_a_query_that_is_too_long_is_split_and_the_limit_remembered():
    def handle(asked: Asked) -> Told:
        return Told("Request Entity Too Large", 413) if len(asked.query) > 5000 else WORKING(asked)

    async def twice():
        async with fake_prometheus(handle) as fake:
            source = await opened(fake)
            first = await read(source, *SIGNALS)
            before = len(fake.queries)
            second = await read(source, *SIGNALS)
            return first, second, fake.queries[before:]

    first, second, queries = asyncio.run(twice())
    for reading in (first, second):
        assert all(isinstance(found, Sample) and found.value == 7 for found in reading.samples.values())
    assert all(len(query) <= 5000 for query in queries), "the second time nothing is refused"


def test_the_setting_for_the_length_saves_the_first_refusals():
    samples, fake = asyncio.run(read_from(WORKING, *SIGNALS, max_query=2000))
    assert all(isinstance(found, Sample) for found in samples.values())
    assert len(fake.queries) > 2
    assert all(len(query) <= 2000 for query in fake.queries)


@pytest.mark.parametrize("status", [400, 422])
def test_one_member_that_is_rejected_costs_the_others_nothing(status: int):
    def handle(asked: Asked) -> Told:
        return error(status, "many-to-many matching") if "q13" in asked.query else WORKING(asked)

    async def twice():
        async with fake_prometheus(handle) as fake:
            source = await opened(fake)
            first = await read(source, *SIGNALS)
            asked = len(fake.queries)
            second = await read(source, *SIGNALS)
            return first, second, asked, len(fake.queries) - asked

    first, second, asked, again = asyncio.run(twice())
    for reading in (first, second):
        (missing,) = reading.missing()
        assert missing[0] == "test.q13"
        assert missing[1].reason is MissingReason.REJECTED
        assert "rejects the query: many-to-many matching." in missing[1].detail
    assert asked <= 15
    assert again == 1, "what was rejected is not asked again"


def test_a_server_that_rejects_everything_is_asked_a_bounded_number_of_times():
    inner = healthy()
    handle = lambda asked: inner(asked) if "/label/" in asked.path else error(400, "no")  # noqa: E731
    samples, fake = asyncio.run(read_from(handle, *SIGNALS))
    assert {found.reason for found in samples.values()} == {MissingReason.REJECTED}
    assert len(fake.queries) <= 40


def test_what_came_before_the_deadline_is_kept():
    async def handle(asked: Asked) -> Told:
        if "q39" in asked.query:
            await asyncio.sleep(30)
        return WORKING(asked)

    samples, _ = asyncio.run(read_from(handle, *SIGNALS, max_query=2000, deadline=1.0))
    assert samples["test.q00"].value == 7
    assert samples["test.q39"].reason is MissingReason.UNREACHABLE


def test_batches_keep_the_order_and_fit():
    members = [f"vector({number})" for number in range(50)]
    found = batches(members, 500)
    assert [member for part in found for member in part] == members
    assert all(len(union(part)) <= 500 for part in found)
    assert batches(members, 0) == [members]
    assert batches(["x" * 900], 500) == [["x" * 900]], "a single one cannot be split"


@attrs.frozen
class Stamp:
    """Signs with the body's length."""

    key: str = "stamp"

    def sign(self, request: OutgoingRequest) -> dict[str, str]:
        assert request.url.startswith("http://127.0.0.1:")
        return {"authorization": f"stamp {request.method} {len(request.body)}"}


@attrs.frozen
class Broken:
    key: str = "broken"

    def sign(self, request: OutgoingRequest) -> dict[str, str]:
        raise RuntimeError("no credentials")


def headers_with(**settings: object) -> list[Asked]:
    async def asked():
        async with fake_prometheus(WORKING) as fake:
            source = await opened(fake, signers=[Stamp(), Broken()], **settings)
            reading = await read(source, DEPTH)
            return reading, fake.asked

    reading, found = asyncio.run(asked())
    assert reading.value("test.depth") == 1
    return found


def test_every_request_is_signed():
    for asked in headers_with(signer="stamp", bearer="unused"):
        assert asked.headers["authorization"] == f"stamp {asked.method} {len(asked.body)}"


def test_tenant_and_credentials_are_sent():
    for asked in headers_with(tenant="team-a", bearer="secret"):
        assert asked.headers["x-scope-orgid"] == "team-a"
        assert asked.headers["authorization"] == "Bearer secret"
    for asked in headers_with(username="sre", password="pass"):
        assert asked.headers["authorization"] == "Basic " + base64.b64encode(b"sre:pass").decode()


def test_a_signer_that_fails_is_named():
    async def asked():
        async with fake_prometheus(WORKING) as fake:
            source = await opened(fake, signers=[Broken()], signer="broken")
            return await read(source, DEPTH)

    found = asyncio.run(asked()).samples["test.depth"]
    assert found.reason is MissingReason.REJECTED
    assert found.detail == "The request signer broken failed: RuntimeError: no credentials."


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"url": "prometheus:9090"}, "prometheus.url is not a base URL"),
        ({"url": "http://me:secret@prometheus:9090"}, "prometheus.url is not a base URL without credentials"),
        ({"timeout": 0}, "prometheus.timeout is 0; it must be positive."),
        ({"server": '{job="temporal"}'}, "without braces"),
        ({"server": 'job="temporal'}, "without braces"),
        ({"target": ()}, "prometheus.target must be a list of label names"),
        ({"dialect": ("klingon",)}, "prometheus.dialect names klingon; there are"),
        ({"signer": "sigv4"}, "prometheus.signer is 'sigv4', but the request signers are: none."),
    ],
)
def test_settings_that_can_never_work_are_refused(settings: dict[str, object], words: str):
    source = PrometheusSource(DIALECTS)
    chosen = PrometheusSettings(**{"url": "http://127.0.0.1:1", **settings})  # type: ignore[arg-type]
    with pytest.raises(SourceUnavailable) as refused:
        asyncio.run(source.open(cluster_of(chosen)))
    assert words in str(refused.value)
    assert "secret" not in str(refused.value)


def test_secrets_are_not_in_the_representation_of_settings():
    assert "hidden" not in repr(PrometheusSettings(password="hidden", bearer="hidden"))
