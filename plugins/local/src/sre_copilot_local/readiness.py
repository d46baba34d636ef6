"""When a Temporal server is ready: not when its port opens, but when it answers what it will be asked.

A development server opens its port within 0.3 s and reports itself healthy soon after, but the first
count of workflows may take two seconds more to succeed.
"""

from __future__ import annotations

import asyncio
import time
import urllib.request
from collections.abc import Awaitable, Callable, Mapping

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError

from sre_copilot_hookspecs.errors import EnvironmentUnavailable
from sre_copilot_local.asking import NAMESPACE, ONE_TRY, blocking, client_for

BETWEEN_TRIES = 0.05

Question = Callable[[], Awaitable[bool]]


def is_serving(
    address: str,
    metrics_url: str,
    search_attributes: Mapping[str, str],
    *,
    alive: Callable[[], bool],
    within: float,
) -> bool:
    """Whether the server began to answer health, a count, its search attributes and a scrape in time."""
    return blocking(_becomes_ready(address, metrics_url, search_attributes, alive, within))


async def _becomes_ready(
    address: str,
    metrics_url: str,
    search_attributes: Mapping[str, str],
    alive: Callable[[], bool],
    within: float,
) -> bool:
    deadline = time.monotonic() + within
    client = await client_for(address)
    questions: list[Question] = [
        lambda: client.service_client.check_health(timeout=ONE_TRY),
        lambda: _counts(client),
        lambda: _knows(client, search_attributes),
        lambda: asyncio.to_thread(answers, metrics_url),
    ]
    while questions and alive() and time.monotonic() < deadline:
        if await _try(questions[0], alive):
            questions.pop(0)
        else:
            await asyncio.sleep(BETWEEN_TRIES)
    return not questions


async def _try(question: Question, alive: Callable[[], bool]) -> bool:
    """Ask once; a server that ends meanwhile has answered."""
    asked = asyncio.ensure_future(question())
    give_up = time.monotonic() + 2 * ONE_TRY.total_seconds()
    # A call's own timeout does not count the time it takes to connect.
    while not asked.done() and alive() and time.monotonic() < give_up:
        await asyncio.wait({asked}, timeout=BETWEEN_TRIES)
    asked.cancel()
    try:
        return await asked
    except (RPCError, RuntimeError, OSError, asyncio.CancelledError):
        return False


async def _counts(client: Client) -> bool:
    await client.count_workflows("", rpc_timeout=ONE_TRY)
    return True


async def _knows(client: Client, wanted: Mapping[str, str]) -> bool:
    """Whether the server has all search attributes; it adds those asked for to new data only."""
    if not wanted:
        return True
    request = ListSearchAttributesRequest(namespace=NAMESPACE)
    listed = await client.operator_service.list_search_attributes(request, timeout=ONE_TRY)
    missing = {name: _type(kind) for name, kind in wanted.items() if name not in listed.custom_attributes}
    if missing:
        added = AddSearchAttributesRequest(namespace=NAMESPACE, search_attributes=missing)
        await client.operator_service.add_search_attributes(added, timeout=ONE_TRY)
    return not missing


def _type(kind: str) -> IndexedValueType.ValueType:
    words = "KEYWORD_LIST" if kind == "KeywordList" else kind.upper()
    try:
        return IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{words}")
    except ValueError:
        raise EnvironmentUnavailable(f"{kind!r} is no type of search attribute.") from None


def answers(url: str) -> bool:
    """Whether an HTTP endpoint answers with success now."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - our own URL
            response.read()
            return bool(response.status == 200)
    except OSError:
        return False
