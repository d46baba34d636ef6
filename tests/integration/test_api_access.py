"""Who may ask, how often, and what is said about it."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from sre_copilot.api.access import Access, access_of
from sre_copilot.api.catalogue import ROUTES
from sre_copilot.api.rates import MOST_ADDRESSES, Rates
from sre_copilot.cli.main import run
from sre_copilot.settings import ReadAccess
from sre_copilot.settings.core import ApiSettings
from sre_copilot_hookspecs import SettingsError
from tests.integration.decided import history
from tests.integration.served import Served, assert_problem, serving

TOKEN = "a-token-that-nobody-guesses"
CLOSED = Access(TOKEN, reads_are_open=False, writes_are_open=False)


def with_api(database: str, scenario: Callable[[Served], Awaitable[None]], **options: Any) -> None:
    async def started() -> None:
        async with serving(database, **options) as served:
            await served.store.record(history("hs"))
            await scenario(served)

    asyncio.run(started())


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"anyone:{password}".encode()).decode()


def test_without_the_token_only_open_routes_answer(database: str, caplog: pytest.LogCaptureFixture):
    async def scenario(served: Served) -> None:
        for route in ROUTES:
            path = route.path.replace("{id}", "1")
            response = await served.client.request(route.method, path)
            if route.is_open:
                assert response.status_code == 200, path
                continue
            assert_problem(response, 401, "api.token")
            assert response.headers.get_list("www-authenticate", split_commas=False)
        # Nobody who is outside learns what there is.
        assert_problem(await served.get("/no/such/path"), 401)
        for right in (f"Bearer {TOKEN}", f"bearer  {TOKEN}", basic(TOKEN)):
            assert (await served.client.get("/status", headers={"authorization": right})).status_code == 200
        for wrong in (
            "",
            "Bearer",
            f"Bearer {TOKEN}x",
            TOKEN,
            basic("x"),
            "Basic ???",
            "Basic //79",
            "Digest a",
        ):
            assert_problem(await served.client.get("/status", headers={"authorization": wrong}), 401)

    with caplog.at_level(logging.DEBUG):
        with_api(database, scenario, access=CLOSED)
    assert TOKEN not in caplog.text


def test_where_reading_is_public_writing_is_not(database: str):
    async def scenario(served: Served) -> None:
        assert (await served.get("/status")).status_code == 200
        assert_problem(await served.client.post("/actions", json={}), 401)
        response = await served.client.post("/actions", json={}, headers={"authorization": f"Bearer {TOKEN}"})
        assert_problem(response, 422)

    with_api(database, scenario, access=Access(TOKEN, reads_are_open=True, writes_are_open=False))


def test_without_a_token_nobody_can_write_from_elsewhere(database: str):
    async def scenario(served: Served) -> None:
        assert_problem(await served.client.post("/actions", json={}), 403, "api.token")

    with_api(database, scenario, access=access_of(ApiSettings("0.0.0.0", read_access=ReadAccess.PUBLIC)))


@pytest.mark.parametrize(
    ("settings", "reads", "writes"),
    [
        (ApiSettings(), True, True),
        (ApiSettings("::1"), True, True),
        (ApiSettings("localhost"), True, True),
        (ApiSettings(token=TOKEN), False, False),
        (ApiSettings("10.0.0.1", token=TOKEN), False, False),
        (ApiSettings("10.0.0.1", token=TOKEN, read_access=ReadAccess.PUBLIC), True, False),
        (ApiSettings("10.0.0.1", read_access=ReadAccess.PUBLIC), True, False),
    ],
)
def test_the_settings_say_who_may(settings: ApiSettings, reads: bool, writes: bool):
    access = access_of(settings)
    assert (access.reads_are_open, access.writes_are_open) == (reads, writes)
    assert TOKEN not in repr(access)
    assert TOKEN not in repr(settings)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "copilot.example"])
def test_an_address_that_others_reach_needs_a_token(host: str):
    with pytest.raises(SettingsError, match=r"no token is set; set api\.token"):
        access_of(ApiSettings(host))


def test_the_command_refuses_to_be_open_to_everybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SRE_COPILOT_COPILOT_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    assert run(["api", "--host", "0.0.0.0", "--port", "0"]) == 2
    said = capsys.readouterr().err
    assert "api.token" in said
    monkeypatch.setenv("SRE_COPILOT_API_TOKEN", "short")
    assert run(["api", "--host", "0.0.0.0", "--port", "0"]) == 2
    said = capsys.readouterr().err
    assert "at least 16 printable" in said or "acceptable" in said
    assert "short" not in said.replace("shorter", "")


@attrs.define
class Tick:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def test_one_address_has_a_rate_and_others_have_their_own(database: str):
    clock = Tick()

    async def scenario(served: Served) -> None:
        codes = [(await served.get("/health")).status_code for _ in range(7)]
        assert codes == [200] * 4 + [429] * 3
        response = await served.get("/status")
        assert_problem(response, 429, "2 times a second")
        assert response.headers["retry-after"] == "1"
        clock.now += 0.5
        assert (await served.get("/health")).status_code == 200
        assert (await served.get("/health")).status_code == 429

    with_api(database, scenario, rates=Rates(2.0, spares_loopback=False, clock=clock))


def test_a_million_addresses_are_not_remembered():
    rates = Rates(1.0, spares_loopback=False, clock=Tick())
    for number in range(3 * MOST_ADDRESSES):
        rates.check(f"10.0.{number}")
    assert len(rates._purses) == MOST_ADDRESSES


def test_this_machine_is_spared():
    rates = Rates(1.0, clock=Tick())
    for _ in range(100):
        rates.check("127.0.0.1")


def test_every_answer_tells_browsers_what_it_may_do(database: str):
    async def scenario(served: Served) -> None:
        for path in ("/status", "/nothing", "/docs", "/status/timeline?limit=0"):
            headers = (await served.get(path)).headers
            assert "default-src 'none'" in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["cache-control"] == "no-store"

    with_api(database, scenario)
