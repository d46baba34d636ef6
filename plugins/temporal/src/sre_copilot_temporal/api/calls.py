"""Requests to a frontend, each under its own timeout, and what their failures mean."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta  # noqa: TID251 - the SDK asks for it
from typing import TypeVar

import attrs
from temporalio.service import RPCError, RPCStatusCode
from whenever import TimeDelta

from sre_copilot_hookspecs import Missing, MissingReason

Answered = TypeVar("Answered")

REFUSED = frozenset(
    {
        RPCStatusCode.INVALID_ARGUMENT,
        RPCStatusCode.NOT_FOUND,
        RPCStatusCode.PERMISSION_DENIED,
        RPCStatusCode.UNAUTHENTICATED,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.FAILED_PRECONDITION,
        RPCStatusCode.UNIMPLEMENTED,
    }
)
"""Statuses only a frontend that is up and understood the request gives."""

# Seconds of a deadline kept back: for turning answers into samples, and for a busy event loop.
_IN_TIME = 0.25
# Seconds by which our own timeout comes after the client's, whose error says more.
_LATER = 0.05

# The native client tells only in words why it could not be made.
_CONNECT_STATUS = re.compile(r"call error after connection.*?\b(PermissionDenied|Unauthenticated)\b", re.DOTALL)
_TLS_DISAGREEMENT = re.compile(r"certificate|PrivateKey|InvalidContentType|AlertReceived", re.IGNORECASE)
_CAUSE = re.compile(r'(?:message|error): "([^"]+)"')


class CallFailed(Exception):
    """A request without an answer, and why."""

    def __init__(self, missing: Missing, status: RPCStatusCode | None = None) -> None:
        super().__init__(missing.detail)
        self.missing = missing
        self.status = status

    @property
    def refused(self) -> bool:
        """Whether the frontend itself said no, so that it is reachable."""
        return self.status in REFUSED


@attrs.frozen
class Budget:
    """How long the calls of one reading may still take."""

    ends: float
    """On the event loop's clock."""
    per_call: float
    """Seconds for any one call."""

    @classmethod
    def of(cls, seconds: float, per_call: float) -> Budget:
        """A budget that starts now and keeps a little back for turning answers into samples."""
        kept = min(_IN_TIME, seconds / 4)
        return cls(asyncio.get_running_loop().time() + seconds - kept, per_call)

    def next_call(self) -> float:
        """Seconds for a call that starts now; zero where there is no time left."""
        return max(0.0, min(self.per_call, self.ends - asyncio.get_running_loop().time()))


async def ask(address: str, request: str, budget: Budget, call: Callable[[timedelta], Awaitable[Answered]]) -> Answered:
    """One request, answered in time.

    :param request: its name, for the sentence if it fails.
    :raises CallFailed: for anything else.
    """
    seconds = budget.next_call()
    if not seconds:
        raise CallFailed(Missing(MissingReason.UNREACHABLE, f"No time was left to ask {address} for {request}."))
    try:
        # The SDK keeps the timeout itself; ours is later, for the parts of a call that it does not bound.
        async with asyncio.timeout(seconds + _LATER):
            return await call(TimeDelta(seconds=seconds).to_stdlib())
    except TimeoutError as error:
        raise too_late(address, request, seconds) from error
    except RPCError as error:
        raise _failed(address, request, seconds, error) from error
    except (RuntimeError, OSError, ValueError) as error:
        raise CallFailed(
            Missing(MissingReason.UNREACHABLE, f"{address} cannot be reached: {cause_of(error)}.")
        ) from error


async def outcome(call: Awaitable[Answered]) -> Answered | CallFailed:
    """The answer of :func:`ask` or its failure, so that calls made at once do not end each other."""
    try:
        return await call
    except CallFailed as failure:
        return failure


def answered(found: Answered | CallFailed) -> Answered:
    """The other way round: the answer, or the failure raised again."""
    if isinstance(found, CallFailed):
        raise found
    return found


def connect_failed(address: str, error: Exception) -> CallFailed:
    """What it means that a client could not be made: only its text says which step failed."""
    if _TLS_DISAGREEMENT.search(str(error)):
        # Whose fault it is cannot be seen from here, so it says nothing of the cluster.
        detail = f"{address} and the copilot do not agree on TLS: {cause_of(error)}; check the certificates."
        return CallFailed(Missing(MissingReason.REJECTED, detail))
    status = _CONNECT_STATUS.search(str(error))
    if status is None:
        return CallFailed(Missing(MissingReason.UNREACHABLE, f"{address} cannot be reached: {cause_of(error)}."))
    if status[1] == "Unauthenticated":
        return CallFailed(_unauthenticated(address), RPCStatusCode.UNAUTHENTICATED)
    return CallFailed(
        Missing(MissingReason.REJECTED, f"{address} does not permit GetSystemInfo; grant read access."),
        RPCStatusCode.PERMISSION_DENIED,
    )


def too_late(address: str, request: str, seconds: float) -> CallFailed:
    """No answer to ``request`` came in time."""
    return CallFailed(
        Missing(MissingReason.UNREACHABLE, f"{address} did not answer {request} within {seconds:.3g} s."),
        RPCStatusCode.DEADLINE_EXCEEDED,
    )


def cause_of(error: Exception) -> str:
    """The last cause in the native client's nested text, which is the one a person can act on."""
    causes = _CAUSE.findall(str(error))
    return causes[-1] if causes else str(error).removeprefix("Failed client connect: ").rstrip(".")


def _failed(address: str, request: str, seconds: float, error: RPCError) -> CallFailed:
    # The native client reports its own timeout as a cancellation with this text.
    if error.status is RPCStatusCode.DEADLINE_EXCEEDED or "Timeout expired" in error.message:
        return too_late(address, request, seconds)
    return CallFailed(_meaning(address, request, error), error.status)


def _meaning(address: str, request: str, error: RPCError) -> Missing:
    said = error.message.rstrip(".") or error.status.name
    match error.status:
        case RPCStatusCode.UNIMPLEMENTED:
            return Missing(MissingReason.NOT_EMITTED, f"The server at {address} does not offer {request}: {said}.")
        case RPCStatusCode.UNAUTHENTICATED:
            return _unauthenticated(address)
        case RPCStatusCode.PERMISSION_DENIED:
            return Missing(MissingReason.REJECTED, f"{address} does not permit {request}: {said}; grant read access.")
        case RPCStatusCode.RESOURCE_EXHAUSTED:
            return Missing(MissingReason.REJECTED, f"{address} limits the rate of {request}: {said}.")
        case status if status in REFUSED:
            return Missing(MissingReason.REJECTED, f"{address} refused {request}: {said}.")
        case _:
            return Missing(MissingReason.UNREACHABLE, f"{address} failed {request}: {said}.")


def _unauthenticated(address: str) -> Missing:
    return Missing(
        MissingReason.REJECTED,
        f"{address} does not accept who we are; check api_key or client_certificate of the connection.",
    )
