"""What the source makes of every kind of answer: values, or a reason for each signal, and never an exception."""

from __future__ import annotations

import asyncio
import contextlib
import json

import pytest

from sre_copilot_hookspecs import Missing, MissingReason, Sample, counter, gauge, timer
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
    names,
    opened,
    read,
    read_from,
    vector,
)

JOBS = signal_of(counter("jobs", role="server").rate("1m"), "test.jobs")
DONE = signal_of(counter("jobs_done", role="server").rate("1m"), "test.done")
WAIT = signal_of(timer("wait", role="server").quantile(0.9, over="1m"), "test.wait")
DEPTH = signal_of(gauge("depth", role="server").sum(), "test.depth")
LOST = signal_of(gauge("lost", role="server").sum(), "test.lost")


def after_names(told: Told):
    """A server that tells its names, and answers every query so."""
    return lambda asked: names("jobs", "jobs_done", "wait_bucket", "depth") if "/label/" in asked.path else told


def test_a_cycle_is_one_query_for_all_signals():
    async def twice():
        async with fake_prometheus(healthy({"jobs{": 3.5, "jobs_done{": 2})) as fake:
            source = await opened(fake)
            await read(source, JOBS, DONE, WAIT, DEPTH)
            before = len(fake.asked)
            reading = await read(source, JOBS, DONE, WAIT, DEPTH)
            return reading, fake.asked[before:]

    reading, asked = asyncio.run(twice())
    assert [(each.method, each.path) for each in asked] == [("POST", "/api/v1/query")]
    assert reading.value("test.jobs") == 3.5
    assert reading.sample("test.jobs").age == 4.5


def test_not_a_number_and_infinity_are_missing():
    values = {"rate(jobs{": "NaN", "rate(jobs_done{": "+Inf", "depth{": 1}
    samples, _ = asyncio.run(read_from(healthy(values), JOBS, DONE, DEPTH))
    assert samples["test.jobs"].reason is MissingReason.NO_DATA
    assert "not a finite number" in samples["test.jobs"].detail
    assert samples["test.done"].reason is MissingReason.NO_DATA
    assert samples["test.depth"].value == 1


def test_nothing_observed_and_nothing_exported_are_two_things():
    samples, _ = asyncio.run(read_from(healthy(), WAIT, LOST))
    assert samples["test.wait"].reason is MissingReason.NO_DATA
    assert "no observation" in samples["test.wait"].detail
    assert samples["test.lost"] == Missing(MissingReason.NOT_EMITTED, "No server target exports lost.")


def test_a_role_that_is_down_is_unreachable_and_one_that_is_partly_down_says_so():
    samples, _ = asyncio.run(read_from(healthy(up=0), JOBS, DEPTH))
    assert samples["test.jobs"] == Missing(MissingReason.UNREACHABLE, "All 2 server targets are down, says Prometheus.")
    samples, _ = asyncio.run(read_from(healthy({"depth{": 1}, up=1), DEPTH))
    assert samples["test.depth"].note == "1 of 2 server targets down"


def test_a_role_that_nobody_scrapes_names_the_setting():
    samples, _ = asyncio.run(read_from(after_names(vector([])), JOBS, DEPTH))
    for found in samples.values():
        assert found.reason is MissingReason.NO_DATA
        assert 'job="temporal"' in found.detail
        assert "clusters.prod.prometheus.server" in found.detail


def test_without_names_there_is_no_value_because_the_name_may_be_wrong():
    inner = healthy({"jobs{": 0})
    samples, _ = asyncio.run(read_from(lambda asked: names() if "/label/" in asked.path else inner(asked), JOBS))
    assert samples["test.jobs"].reason is MissingReason.WARMING_UP


def test_processes_that_have_nothing_of_many_metrics_are_not_those_we_take_them_for():
    signals = [signal_of(counter(f"jobs{number}", role="server").rate("1m"), f"test.a{number}") for number in range(12)]
    inner = healthy({"sum (": 0})

    def handle(asked: Asked) -> Told:
        return names("node_cpu_seconds_total") if "/label/" in asked.path else inner(asked)

    samples, _ = asyncio.run(read_from(handle, *signals))
    assert {found.reason for found in samples.values()} == {MissingReason.NOT_EMITTED}


def test_warnings_become_notes():
    samples, _ = asyncio.run(read_from(healthy({"depth{": 1}, up=2, warnings=["store gone\nhome"]), DEPTH))
    assert samples["test.depth"].note == "Prometheus warns: store gone home"


@pytest.mark.parametrize(
    ("more", "note"),
    [
        # Thanos, where a store is away; and a cluster of VictoriaMetrics, where a node is.
        (
            {"warnings": ["No StoreAPIs matched", "fetch series: rpc error: store-2 unavailable"]},
            "Prometheus warns: No StoreAPIs matched; Prometheus warns: fetch series: rpc error: store-2 unavailable",
        ),
        ({"isPartial": True}, "Prometheus warns: the answer is partial"),
        ({"isPartial": False, "warnings": None}, ""),
    ],
)
def test_a_partial_answer_says_so_beside_its_values(more: dict[str, object], note: str):
    samples, _ = asyncio.run(read_from(healthy({"depth{": 1}, up=2, **more), DEPTH))
    assert samples["test.depth"].value == 1
    assert samples["test.depth"].note == note


def test_an_answer_without_end_is_cut_off_at_the_limit():
    sent = 0

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        with contextlib.suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
            while sent < 1 << 30:
                writer.write(b"[" * 65_536)
                await writer.drain()
                sent += 65_536
        writer.close()

    async def asked() -> Missing | Sample:
        server = await asyncio.start_server(pour, "127.0.0.1", 0)
        source = PrometheusSource(DIALECTS)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await source.open(cluster_of(PrometheusSettings(url, max_body=1 << 20)))
        found = (await read(source, DEPTH)).samples["test.depth"]
        await source.close()
        server.close()
        return found

    found = asyncio.run(asked())
    assert found.reason is MissingReason.REJECTED
    assert "sends more than 1048576 bytes" in found.detail
    # What the sockets between them hold may be on its way still.
    assert sent < 32 << 20


@pytest.mark.parametrize(
    ("told", "reason", "words"),
    [
        (Told("<html>Sign in</html>"), MissingReason.REJECTED, "something else than JSON"),
        (Told(""), MissingReason.REJECTED, "something else than JSON"),
        (Told("[]"), MissingReason.REJECTED, "not as Prometheus does"),
        (Told(json.dumps({"status": "success", "data": {"resultType": "scalar", "result": [1, "2"]}})),
         MissingReason.REJECTED, "a scalar instead of a vector"),
        (Told(json.dumps({"status": "success"})), MissingReason.REJECTED, "a None instead of a vector"),
        (Told(json.dumps({"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}}]}})),
         MissingReason.REJECTED, "a malformed vector"),
        (Told(json.dumps({"status": "success", "data": {"resultType": "vector", "result": [7]}})),
         MissingReason.REJECTED, "a malformed vector"),
        (vector([({"job": "x"}, 1)]), MissingReason.REJECTED, "belongs to no question"),
        (error(401, "no org id"), MissingReason.REJECTED, "refuses our credentials (401): no org id."),
        (Told("forbidden", 403), MissingReason.REJECTED, "refuses our credentials (403)."),
        (Told("", 404), MissingReason.REJECTED, "answers 404; is this the URL of a Prometheus?"),
        (Told("", 302, {"Location": "/login"}), MissingReason.REJECTED, "answers 302"),
        (Told("", 429), MissingReason.UNREACHABLE, "asking too often"),
        (error(503, "query timed out", "timeout"), MissingReason.UNREACHABLE, "fails with 503: query timed out."),
        (Told("x" * 20_000), MissingReason.REJECTED, "sends more than 10000 bytes"),
    ],
)  # fmt: skip
def test_a_bad_answer_is_a_reason_for_every_signal(told: Told, reason: MissingReason, words: str):
    samples, fake = asyncio.run(read_from(after_names(told), JOBS, DEPTH, max_body=10_000))
    for found in samples.values():
        assert isinstance(found, Missing)
        assert found.reason is reason, found
        assert words in found.detail, found
        assert found.detail.endswith((".", "?")), found
    assert len(fake.queries) == 1


def test_a_server_that_is_not_there():
    async def away():
        async with fake_prometheus(healthy()) as fake:
            source = await opened(fake)
        reading = await read(source, JOBS)
        await source.close()
        return reading

    found = asyncio.run(away()).samples["test.jobs"]
    assert found.reason is MissingReason.UNREACHABLE
    assert "cannot be reached" in found.detail


def test_the_deadline_holds_whatever_the_server_does():
    async def slow(asked: Asked) -> Told:
        await asyncio.sleep(30)
        return names()

    async def timed():
        loop = asyncio.get_running_loop()
        begun = loop.time()
        samples, _ = await read_from(slow, JOBS, DEPTH, deadline=0.3)
        return samples, loop.time() - begun

    samples, took = asyncio.run(timed())
    assert took < 1
    assert {found.reason for found in samples.values()} == {MissingReason.UNREACHABLE}
    assert "within 0.3 s" in samples["test.jobs"].detail


def test_a_query_that_times_out_names_the_setting_seconds():
    async def slow(asked: Asked) -> Told:
        await asyncio.sleep(0 if "/label/" in asked.path else 30)
        return names("jobs")

    samples, _ = asyncio.run(read_from(slow, JOBS, timeout=0.2))
    assert samples["test.jobs"].reason is MissingReason.UNREACHABLE
    assert "did not answer within 0.2 s" in samples["test.jobs"].detail


def test_a_probe_is_not_ours():
    from tests.temporal_api import probed

    samples, _ = asyncio.run(read_from(healthy(), probed("workers.running")))
    assert samples["workers.running"].reason is MissingReason.REJECTED


def test_an_unconfigured_cluster_leaves_the_question_to_other_sources():
    from sre_copilot_prometheus.settings import PrometheusSettings
    from sre_copilot_prometheus.source import PrometheusSource
    from tests.prometheus_fake import cluster_of

    async def unconfigured():
        source = PrometheusSource()
        await source.open(cluster_of(PrometheusSettings()))
        return await read(source, JOBS)

    found = asyncio.run(unconfigured()).samples["test.jobs"]
    assert found == Missing(MissingReason.UNREACHABLE, "No Prometheus is configured; set clusters.prod.prometheus.url.")


def test_labelled_values_come_worst_first_up_to_the_cap():
    from sre_copilot_hookspecs import Worst

    rate = counter("jobs", role="server").rate("1m", by=["queue"])
    signal = signal_of(rate, "test.jobs", dimensions=("queue",), worst=Worst.HIGHEST, cap=2)
    inner = healthy()

    def handle(asked: Asked) -> Told:
        if "/label/" in asked.path:
            return inner(asked)
        told = json.loads(inner(asked).body)
        from tests.prometheus_fake import members_of

        (number,) = [number for number, member in members_of(asked.query) if "rate(jobs" in member]
        for queue, value in (("a", 1), ("b", 3), ("c", 2), ("d", "NaN")):
            told["data"]["result"].append(
                {"metric": {"copilot_member": number, "queue": queue}, "value": [1, str(value)]}
            )
        return Told(json.dumps(told))

    samples, _ = asyncio.run(read_from(handle, signal))
    found = samples["test.jobs"]
    assert isinstance(found, Sample)
    assert found.value == 3
    assert [each.labels for each in found.series] == [(("queue", "b"),), (("queue", "c"),)]
    assert found.dropped == 1


def test_a_server_that_does_not_restrict_names_tells_them_all():
    inner = healthy({"jobs{": 2})
    handle = lambda asked: error(400, "match[] not supported") if asked.parameters else inner(asked)  # noqa: E731
    samples, _ = asyncio.run(read_from(handle, JOBS))
    assert samples["test.jobs"].value == 2


def test_a_quantile_within_a_wide_bucket_says_so_and_one_above_all_bounds_too():
    def handle(value: float):
        inner = healthy({"histogram_quantile": value}, up=2)

        def answered(asked: Asked) -> Told:
            if asked.query.startswith("group by (__name__, le)"):
                bounds = ("0.001", "0.1", "0.15", "5", "+Inf")
                return vector([({"__name__": "wait_bucket", "le": bound}, 1) for bound in bounds])
            return inner(asked)

        return answered

    notes = {
        value: asyncio.run(read_from(handle(value), WAIT))[0]["test.wait"].note
        for value in (0.0004, 0.05, 0.12, 2.0, 5.0)
    }
    assert notes == {
        0.0004: "within the bucket from 0 s to 0.001 s",
        0.05: "within the bucket from 0.001 s to 0.1 s",
        0.12: "",
        2.0: "within the bucket from 0.15 s to 5 s",
        5.0: "above the highest bucket bound, 5 s",
    }
