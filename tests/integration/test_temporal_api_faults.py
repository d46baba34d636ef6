"""What the source reads while a frontend fails: gone, hung, behind TLS, or saying no."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sre_copilot_hookspecs import CheckOutcome, Missing, MissingReason, TemporalConnection
from sre_copilot_temporal.api.queues import TaskQueues
from sre_copilot_temporal.checks import TemporalChecks
from sre_copilot_temporal.settings import TemporalSettings
from tests.temporal_api import SIGNALS, Asked, asking, at_least, dev_server, free_port, watched

pytestmark = pytest.mark.integration

EVERYTHING_ELSE = {signal.key for signal in SIGNALS} - {"frontend.reachable"}


async def _assert_unreachable(asked: Asked, address: str, says: str) -> None:
    reading = await asked.read()
    reachable = reading.sample("frontend.reachable")
    assert reachable is not None, reading.samples["frontend.reachable"]
    assert reachable.value == 0.0
    missing = dict(reading.missing())
    assert set(missing) == EVERYTHING_ELSE
    assert {found.reason for found in missing.values()} == {MissingReason.UNREACHABLE}
    assert all(address in found.detail for found in missing.values())
    assert says in reachable.note


def test_a_killed_server_is_unreachable_and_found_again_when_it_is_back() -> None:
    async def ask() -> None:
        with dev_server() as server:
            await server.start()
            async with asking(watched(server.address)) as asked:
                assert (await asked.read()).value("frontend.reachable") == 1.0
                server.kill()
                for _ in range(2):
                    await _assert_unreachable(asked, server.address, "Connection refused")
                await server.start()
                reading = await asked.read()
                assert reading.value("frontend.reachable") == 1.0
                assert reading.value("workflows.running") == 0.0

    asyncio.run(ask())


def test_a_restart_between_two_readings_goes_unnoticed() -> None:
    async def ask() -> None:
        with dev_server() as server:
            await server.start()
            async with asking(watched(server.address)) as asked:
                await asked.read()
                server.kill()
                await server.start()
                assert (await asked.read()).value("frontend.reachable") == 1.0

    asyncio.run(ask())


@pytest.mark.parametrize("connected", [True, False], ids=["connected", "not yet connected"])
def test_a_hung_server_is_unreachable_within_the_deadline(connected: bool) -> None:
    async def ask() -> None:
        with dev_server() as server:
            await server.start()
            settings = TemporalSettings(call_timeout=0.5)
            async with asking(watched(server.address, settings=settings)) as asked:
                if connected:
                    await asked.read()
                server.hang()
                started = time.monotonic()
                await _assert_unreachable(asked, server.address, "within 0.5 s")
                assert time.monotonic() - started < 3.0
                server.resume()
                await asked.until(at_least("frontend.reachable", 1.0))

    asyncio.run(ask())


def test_the_deadline_of_the_request_is_kept_even_where_a_call_could_take_longer() -> None:
    async def ask() -> None:
        with dev_server() as server:
            await server.start()
            async with asking(watched(server.address, settings=TemporalSettings(call_timeout=5.0))) as asked:
                server.hang()
                started = time.monotonic()
                reading = await asked.read(deadline=1.5)
                assert time.monotonic() - started < 1.5
                assert reading.value("frontend.reachable") == 0.0
                server.resume()

    asyncio.run(ask())


def test_a_server_that_hangs_during_a_reading_leaves_no_request_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def ask() -> None:
        with dev_server() as server:
            await server.start()
            due = TaskQueues.due

            def hang(queues: TaskQueues, *arguments: object) -> object:
                server.hang()
                return due(queues, *arguments)  # type: ignore[arg-type]

            monkeypatch.setattr(TaskQueues, "due", hang)
            settings = TemporalSettings(call_timeout=0.5)
            async with asking(watched(server.address, task_queues=("a", "b"), settings=settings)) as asked:
                started = time.monotonic()
                reading = await asked.read()
                assert time.monotonic() - started < 3.0
            assert reading.value("frontend.reachable") == 1.0
            backlog = reading.samples["matching.backlog"]
            says = f"{server.address} did not answer DescribeTaskQueue within 0.5 s."
            assert backlog == Missing(MissingReason.UNREACHABLE, says)
            server.resume()

    asyncio.run(ask())


class _Settings:
    def __init__(self, *clusters: object) -> None:
        self.clusters = clusters


def test_the_check_of_an_unreachable_frontend_names_the_setting() -> None:
    address = f"127.0.0.1:{free_port()}"
    [result] = asyncio.run(TemporalChecks().run(_Settings(watched(address))))  # type: ignore[arg-type]
    assert result.outcome is CheckOutcome.FAILED
    assert result.says == (f"{address} cannot be reached: Connection refused. Check clusters.prod.temporal.address.")


# TLS: the development server speaks none, so a proxy does in front of it.


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    for name in ("authority", "stranger"):
        subject = ("-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE")
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject,
                "-keyout", f"{name}.key", "-out", f"{name}.pem")  # fmt: skip
    for name in ("server", "client"):
        (folder / f"{name}.ext").write_text("subjectAltName=DNS:temporal.test\nbasicConstraints=CA:FALSE\n")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
                "-keyout", f"{name}.key", "-out", f"{name}.csr")  # fmt: skip
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "authority.pem", "-CAkey", "authority.key",
                "-days", "2", "-extfile", f"{name}.ext", "-out", f"{name}.pem")  # fmt: skip
    return folder


@asynccontextmanager
async def tls_proxy(certificates: Path, port: int) -> AsyncIterator[str]:
    """The address of a TLS port that wants a client certificate and forwards to ``port``."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificates / "authority.pem")
    context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols(["h2"])

    open_ones: list[asyncio.StreamWriter] = []

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ones.append(writer)
        behind_reader, behind_writer = await asyncio.open_connection("127.0.0.1", port)
        open_ones.append(behind_writer)
        await asyncio.gather(pump(reader, behind_writer), pump(behind_reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for writer in open_ones:
            writer.transport.abort()


def test_mutual_tls_with_a_name_that_differs_from_the_address(certificates: Path) -> None:
    async def ask() -> None:
        with dev_server() as behind:
            await behind.start()
            async with tls_proxy(certificates, behind.port) as address:
                connection = TemporalConnection(
                    address,
                    server_name="temporal.test",
                    ca_certificate=certificates / "authority.pem",
                    client_certificate=certificates / "client.pem",
                    client_key=certificates / "client.key",
                )
                async with asking(watched(address, connection=connection), alone=False) as asked:
                    reading = await asked.read()
                assert reading.value("frontend.reachable") == 1.0
                assert reading.value("workflows.running") == 0.0

    asyncio.run(ask())


def test_a_certificate_nobody_vouches_for_says_nothing_of_the_cluster(certificates: Path) -> None:
    async def ask() -> None:
        async with tls_proxy(certificates, free_port()) as address:
            connection = TemporalConnection(
                address, server_name="temporal.test", ca_certificate=certificates / "stranger.pem"
            )
            async with asking(watched(address, connection=connection), alone=False) as asked:
                reading = await asked.read()
        missing = dict(reading.missing())
        assert set(missing) == EVERYTHING_ELSE | {"frontend.reachable"}
        assert {found.reason for found in missing.values()} == {MissingReason.REJECTED}
        assert "do not agree on TLS" in missing["frontend.reachable"].detail

    asyncio.run(ask())


# A frontend that answers every request with one gRPC status and nothing else.

_SETTINGS, _HEADERS, _ACK, _END_OF_ALL = 4, 1, 1, 5


def _frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def _plain_header(name: bytes, value: bytes) -> bytes:
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


@asynccontextmanager
async def refusing(status: int, message: str) -> AsyncIterator[str]:
    """The address of that frontend."""
    status_ok = b"\x88"
    headers = status_ok + _plain_header(b"content-type", b"application/grpc")
    headers += _plain_header(b"grpc-status", str(status).encode())
    headers += _plain_header(b"grpc-message", message.encode())

    open_ones: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ones.append(writer)
        try:
            await reader.readexactly(len(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
            writer.write(_frame(_SETTINGS, 0, 0))
            while True:
                head = await reader.readexactly(9)
                await reader.readexactly(int.from_bytes(head[:3], "big"))
                if head[3] == _SETTINGS and not head[4] & _ACK:
                    writer.write(_frame(_SETTINGS, _ACK, 0))
                if head[3] == _HEADERS:
                    writer.write(_frame(_HEADERS, _END_OF_ALL, int.from_bytes(head[5:], "big"), headers))
        except (asyncio.IncompleteReadError, OSError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for writer in open_ones:
            writer.transport.abort()


@pytest.mark.parametrize(
    ("status", "says"),
    [(16, "does not accept who we are; check api_key"), (7, "does not permit")],
    ids=["unauthenticated", "permission denied"],
)
def test_a_frontend_that_turns_us_away_is_reachable(status: int, says: str) -> None:
    async def ask() -> None:
        async with refusing(status, "no") as address:
            async with asking(watched(address), alone=False) as asked:
                reading = await asked.read()
            assert reading.value("frontend.reachable") == 1.0
            for key in EVERYTHING_ELSE - {"frontend.probe_latency"}:
                found = reading.samples[key]
                assert isinstance(found, Missing), key
                assert found.reason is MissingReason.REJECTED
                assert says in found.detail

    asyncio.run(ask())


def test_a_frontend_that_is_unavailable_is_not_reachable() -> None:
    async def ask() -> None:
        async with refusing(14, "not healthy yet") as address, asking(watched(address), alone=False) as asked:
            await _assert_unreachable(asked, address, "not healthy yet")

    asyncio.run(ask())
