"""Schemathesis asks the running API all that its document allows, and much that it does not."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method

from sre_copilot.api.catalogue import ROUTES
from tests.integration.decided import history
from tests.integration.served import serving

# Streams have no end to read to; what they tell is held against the document elsewhere.
ASKED = [route for route in ROUTES if route.path != "/events"]
NO_ACTION_YET = [not_a_server_error]
"""501 is the one right answer of /actions."""
SPANS = [positive_data_acceptance]
"""No schema can say that a start has to be before its end, and a span no longer than its steps allow."""


@contextmanager
def api(database: str) -> Iterator[str]:
    """The URL of an API that runs beside the test."""
    started, urls, stop = threading.Event(), [], asyncio.Event()
    loop = asyncio.new_event_loop()

    async def run() -> None:
        async with serving(database) as served:
            await served.store.record(history("hscs"))
            urls.append(served.server.url)
            started.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    try:
        assert started.wait(30)
        yield urls[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        loop.close()


def ask_everything(url: str, examples: int) -> None:
    """Every operation, with ``examples`` requests that fit and as many that do not."""
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    for route in ASKED:
        operation = schema[route.path][route.method]
        modes = [schemathesis.GenerationMode.POSITIVE]
        if route.parameters or route.takes is not None:
            modes.append(schemathesis.GenerationMode.NEGATIVE)
        for mode in modes:
            strategy = operation.as_strategy(generation_mode=mode)
            excluded = NO_ACTION_YET if route.takes is not None else SPANS if len(route.parameters) > 3 else []

            @settings(
                max_examples=examples,
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
                derandomize=examples < 50,
                database=None,
            )
            @given(case=strategy)
            def asked(case: schemathesis.Case) -> None:
                case.call_and_validate(excluded_checks=[*excluded, unsupported_method])  # noqa: B023 - asked at once

            asked()


def test_nothing_it_asks_is_answered_wrongly(database: str):
    with api(database) as url:
        ask_everything(url, 5)


@pytest.mark.slow
def test_nothing_it_asks_for_long_is_answered_wrongly(database: str):
    with api(database) as url:
        ask_everything(url, int(os.environ.get("SCHEMATHESIS_EXAMPLES", "300")))
