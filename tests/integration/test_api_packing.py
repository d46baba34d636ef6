"""Large answers are compressed for those who understand it, and say the same."""

from __future__ import annotations

import asyncio

from tests.integration.decided import at, history
from tests.integration.served import serving


def test_large_answers_are_compressed_where_that_is_understood(database: str):
    async def scenario() -> None:
        async with serving(database) as served:
            await served.store.record(history("hscs" * 8))
            served.clock.now = at(32)
            plain = await served.client.get("/status/timeline", headers={"accept-encoding": "identity"})
            packed = await served.client.get("/status/timeline", headers={"accept-encoding": "gzip"})
            assert "content-encoding" not in plain.headers
            assert packed.headers["content-encoding"] == "gzip"
            assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"
            assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 5
            assert packed.json() == plain.json()
            small = await served.client.get("/health", headers={"accept-encoding": "gzip"})
            assert "content-encoding" not in small.headers

    asyncio.run(scenario())
