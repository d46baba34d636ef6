"""The source against real HTTP servers: answers, refusals, and everything in between."""

from __future__ import annotations

import asyncio
import time

import pytest

from sre_copilot_exposition.settings import ExpositionSettings
from sre_copilot_exposition.source import ExpositionSource
from sre_copilot_hookspecs import (
    Missing,
    MissingReason,
    ReadRequest,
    Sample,
    SourceUnavailable,
    counter,
    gauge,
    timer,
)
from tests.exposition_targets import (
    DIALECTS,
    SteppingClock,
    cluster_of,
    fake_target,
    recorded,
    signal_of,
)

JOBS = signal_of(counter("jobs", role="server").rate("61s"), "test.jobs")
DEPTH = signal_of(gauge("depth", role="server").max(), "test.depth")
UP = signal_of(gauge("up", role="server").min(), "test.up")
SIGNALS = (JOBS, DEPTH, UP)

FIRST = "jobs 100\ndepth 3\n"
SECOND = "jobs 160\ndepth 4\n"


class Watched:
    """A source with one cluster, read whenever a test says so."""

    def __init__(self, **settings):
        self.clock = SteppingClock()
        resolve = settings.pop("resolve", None)
        self.source = ExpositionSource(DIALECTS, clock=self.clock, **({"resolve": resolve} if resolve else {}))
        self.settings = ExpositionSettings(**settings)

    async def __aenter__(self):
        await self.source.open(cluster_of(self.settings))
        return self

    async def __aexit__(self, *_):
        await self.source.close()

    async def read(self, *signals, deadline=5.0):
        request = ReadRequest(self.clock(), "prod", signals or SIGNALS, deadline)
        return await self.source.read(request)


def watching(test, **settings):
    """Run a test with one server target."""

    async def run():
        async with fake_target() as target, Watched(server=(target.url,), **settings) as watched:
            await test(target, watched)

    asyncio.run(run())


def unreachable(reading):
    """The sentence about the server, after checking that only ``up`` has a value."""
    assert reading.value("test.up") == 0
    missing = dict(reading.missing())
    assert set(missing) == {"test.jobs", "test.depth"}
    assert {why.reason for why in missing.values()} == {MissingReason.UNREACHABLE}
    return missing["test.jobs"].detail


def test_two_scrapes_make_a_rate():
    async def test(target, watched):
        target.serve(FIRST)
        first = await watched.read()
        assert first.samples["test.jobs"].reason is MissingReason.WARMING_UP
        assert first.value("test.depth") == 3
        watched.clock.forward(60)
        target.serve(SECOND)
        second = await watched.read()
        assert second.value("test.jobs") == pytest.approx(1)
        assert second.value("test.depth") == 4
        assert second.value("test.up") == 1
        assert second.at == watched.clock()
        assert second.samples["test.jobs"].age == 0

    watching(test)


def test_a_request_looks_like_one_of_prometheus():
    async def test(target, watched):
        target.serve(FIRST)
        await watched.read()
        (request,) = target.requests
        assert request.startswith("GET /metrics HTTP/1.1")
        head = request.lower()
        assert "accept: application/openmetrics-text;version=1.0.0" in head
        assert "accept-encoding: gzip\r\n" in head
        assert f"host: 127.0.0.1:{target.port}\r\n" in head

    watching(test)


def test_the_settings_have_the_last_word_on_the_dialect_and_a_token_goes_to_servers_only():
    async def run():
        async with fake_target() as target:
            target.serve('temporal_request{operation="a"} 1\n')
            settings = ExpositionSettings(
                (target.url,), (target.url.replace("127.0.0.1", "localhost"),), ("sdk-seconds",), "secret"
            )
            source = ExpositionSource(DIALECTS)
            await source.open(cluster_of(settings))
            wanted = counter("temporal_request").rate("1m")
            await source.read(ReadRequest(SteppingClock()(), "prod", (signal_of(wanted),), 5.0))
            detected = source.detected("prod")
            await source.close()
            return detected, sorted("authorization: bearer secret" in each.lower() for each in target.requests)

    detected, authorized = asyncio.run(run())
    assert "sdk-seconds" in detected.values()
    assert authorized == [False, True]
    assert "secret" not in repr(ExpositionSettings(bearer="secret"))


def test_a_dialect_that_nobody_declared_is_refused():
    async def run():
        with pytest.raises(SourceUnavailable, match=r"clusters\.prod\.exposition\.dialect names klingon; there are"):
            await ExpositionSource(DIALECTS).open(cluster_of(ExpositionSettings(dialect=("klingon",))))

    asyncio.run(run())


def test_gzip_and_openmetrics():
    async def test(target, watched):
        text = "# TYPE depth gauge\ndepth 3\n# EOF\n"
        target.serve(text, packed=True, headers={"Content-Type": "application/openmetrics-text; version=1.0.0"})
        assert (await watched.read()).value("test.depth") == 3

    watching(test)


@pytest.mark.parametrize(
    ("body", "how", "says"),
    [
        ("<html>It works</html>\n", {}, "line 1 is not in the exposition format"),
        (b"\x00\xff\xfe garbage", {}, "truncated"),
        (FIRST[:-1], {}, "truncated"),
        ("jobs one\n", {}, "not in the exposition format"),
        (FIRST, {"status": "503 Service Unavailable"}, "answered 503"),
        (FIRST, {"headers": {"Content-Encoding": "gzip"}}, "broken gzip"),
        (FIRST, {"headers": {"X-Completeness": "limited"}}, "a part only (X-Completeness: limited)"),
        (FIRST, {"headers": {"Content-Encoding": "br"}}, "encoding br"),
        (FIRST, {"headers": {"Content-Length": "5000"}}, "could not be read"),
        ("a" * 5000, {}, "more than 2000 bytes"),
        (b"0" * 50_000_000, {"packed": True}, "more than 2000 bytes"),
        ("".join(f'jobs{{x="{number}"}} 1\n' for number in range(101)), {}, "more than 100 samples"),
    ],
)
def test_what_is_no_scrape_counts_as_down(body, how, says):
    async def test(target, watched):
        target.serve(body, **how)
        detail = unreachable(await watched.read())
        assert says in detail
        assert target.url in detail
        target.serve(FIRST)
        assert (await watched.read()).value("test.depth") == 3

    watching(test, max_body=2000, max_samples=100)


def test_a_truncated_gzip_body():
    async def test(target, watched):
        import gzip

        target.serve(gzip.compress(FIRST.encode())[:-4], headers={"Content-Encoding": "gzip"})
        assert "truncated gzip" in unreachable(await watched.read())

    watching(test)


def test_a_redirect_is_followed():
    async def test(target, watched):
        async with fake_target() as other:
            other.serve(FIRST)
            target.serve("", status="302 Found", headers={"Location": other.url})
            assert (await watched.read()).value("test.depth") == 3

    watching(test)


async def hang(_writer):
    await asyncio.sleep(60)


def test_a_frozen_target_costs_its_timeout_and_no_more():
    async def test(target, watched):
        target.serve(FIRST)
        await watched.read()
        watched.clock.forward(60)
        target.respond = hang
        begun = time.monotonic()
        detail = unreachable(await watched.read())
        assert time.monotonic() - begun < 2
        assert "did not answer within 0.3 s" in detail

    watching(test, timeout=0.3)


def test_a_slow_target_leaves_time_for_the_others_within_the_deadline():
    async def run():
        async with fake_target() as slow, fake_target() as fast:
            slow.respond = hang
            fast.serve(FIRST)
            async with Watched(server=(slow.url, fast.url), timeout=30) as watched:
                begun = time.monotonic()
                reading = await watched.read(deadline=1.0)
                assert time.monotonic() - begun < 1.1
                assert reading.value("test.depth") == 3
                assert reading.sample("test.depth").note == "1 of 2 server targets down"

    asyncio.run(run())


async def drip(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
    while True:
        writer.write(b"jobs 1\n")
        await writer.drain()
        await asyncio.sleep(0.05)


def test_a_target_that_drips_for_ever_is_cut_off():
    async def test(target, watched):
        target.respond = drip
        assert "did not answer" in unreachable(await watched.read())

    watching(test, timeout=0.3)


def test_nobody_listens():
    async def run():
        async with fake_target() as target:
            url = target.url
        await asyncio.sleep(0.05)
        async with Watched(server=(url,)) as watched:
            assert "could not be read" in unreachable(await watched.read())

    asyncio.run(run())


def test_signals_asked_for_later_are_not_taken_for_zero():
    async def test(target, watched):
        target.serve(FIRST)
        await watched.read(DEPTH)
        watched.clock.forward(30)
        # The first scrape did not look for this counter, so it cannot say that it was absent.
        reading = await watched.read(JOBS)
        assert reading.samples["test.jobs"].reason is MissingReason.WARMING_UP

    watching(test)


def test_every_address_of_a_host_is_a_target():
    async def run():
        async with fake_target() as target:
            target.serve(FIRST)
            known = ["127.0.0.1"]

            async def resolve(host, port):
                assert (host, port) == ("servers.internal", target.port)
                if not known:
                    raise OSError("no such host")
                return list(known)

            url = f"dns+http://servers.internal:{target.port}/metrics"
            async with Watched(server=(url,), resolve=resolve) as watched:
                total = signal_of(gauge("up", role="server").sum(), "test.total")
                assert (await watched.read(total)).value("test.total") == 1
                assert f"Host: servers.internal:{target.port}" in target.requests[0]
                known.append("127.0.0.2")
                await watched.read(total)
                assert set(watched.source.detected("prod")) == {
                    f"127.0.0.1:{target.port}",
                    f"127.0.0.2:{target.port}",
                }
                known.clear()  # the name server is down, the targets are not
                assert (await watched.read(total)).value("test.total") == 1

    asyncio.run(run())


def test_an_address_that_two_names_share_counts_once():
    async def resolve(host, port):
        return ["127.0.0.1"]

    async def run():
        async with fake_target() as target:
            target.serve(FIRST)
            urls = tuple(f"dns+http://{name}:{target.port}/metrics" for name in ("one", "two"))
            total = signal_of(gauge("depth").sum(), "test.total")
            async with Watched(server=urls, resolve=resolve) as watched:
                assert (await watched.read(total)).value("test.total") == 3
                assert (await watched.read(total)).value("test.total") == 3

    asyncio.run(run())


def test_a_host_without_an_address_is_down():
    async def resolve(host, port):
        raise OSError("no such host")

    async def run():
        async with Watched(server=("dns+http://servers.internal:9090/metrics",), resolve=resolve) as watched:
            assert "has no address: no such host" in unreachable(await watched.read())

    asyncio.run(run())


def test_a_real_name_is_resolved():
    async def run():
        async with fake_target() as target:
            target.serve(FIRST)
            url = f"dns+http://localhost:{target.port}/metrics"
            largest = signal_of(gauge("up").max(), "test.largest")
            async with Watched(server=(url,)) as watched:
                assert (await watched.read(largest)).value("test.largest") == 1

    asyncio.run(run())


def test_nothing_configured_names_the_setting():
    async def run():
        async with Watched() as watched:
            reading = await watched.read()
            for _, why in reading.missing():
                assert why == Missing(
                    MissingReason.UNREACHABLE, "Nothing to scrape; set clusters.prod.exposition.server."
                )
            assert len(list(reading.missing())) == len(SIGNALS)

    asyncio.run(run())


def test_settings_that_can_never_work_are_refused_when_opened():
    async def run():
        with pytest.raises(SourceUnavailable, match=r"clusters\.prod\.exposition\.server"):
            await ExpositionSource().open(cluster_of(ExpositionSettings(server=("temporal:9090",))))

    asyncio.run(run())


def test_a_cluster_that_is_not_open_is_unreachable():
    async def run():
        async with Watched() as watched:
            await watched.source.close()
            await watched.source.close()
            reading = await watched.read()
            assert all(why.reason is MissingReason.UNREACHABLE for _, why in reading.missing())
            assert len(list(reading.missing())) == len(SIGNALS)

    asyncio.run(run())


def test_readings_at_the_same_time_do_not_disturb_each_other():
    async def test(target, watched):
        target.serve(FIRST)
        readings = await asyncio.gather(*(watched.read() for _ in range(5)))
        assert [reading.value("test.depth") for reading in readings] == [3] * 5

    watching(test)


def test_a_recorded_server_and_worker_together():
    async def run():
        async with fake_target() as server, fake_target() as worker:
            signals = (
                signal_of(counter("tasks_added", forwarded="false", role="server").rate("65s"), "test.added"),
                signal_of(
                    timer("temporal_workflow_task_schedule_to_start_latency", role="worker").quantile(0.95, over="65s"),
                    "test.waited",
                ),
            )
            async with Watched(server=(server.url,), worker=(worker.url,)) as watched:
                for moment in ("t0", "t60"):
                    server.serve(recorded(f"steady.server.{moment}"), packed=True)
                    worker.serve(recorded(f"steady.worker.{moment}"))
                    reading = await watched.read(*signals)
                    watched.clock.forward(60)
                assert reading.value("test.added") == pytest.approx(50, rel=0.05)
                waited = reading.sample("test.waited")
                assert isinstance(waited, Sample)
                assert 0 < waited.value < 0.2
                assert set(watched.source.detected("prod").values()) == {"native", "sdk-milliseconds"}

    asyncio.run(run())
