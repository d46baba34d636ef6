"""How often one address may ask."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

import attrs
import falcon

MOST_ADDRESSES = 4096
"""Addresses that are remembered; whoever asked longest ago is forgotten first, with a full purse."""
BURST_SECONDS = 2.0
"""A client may save up this much of its rate: a dashboard asks for all of its panels at once."""


@attrs.define
class _Purse:
    coins: float
    at: float


class Rates:
    """A purse of requests for each address, filled at one rate."""

    def __init__(
        self, per_second: float, *, spares_loopback: bool = True, clock: Callable[[], float] = monotonic
    ) -> None:
        self._rate = per_second
        self._clock = clock
        self._purses: OrderedDict[str, _Purse] = OrderedDict()
        self._spared: tuple[str, ...] = ("127.0.0.1", "::1") if spares_loopback else ()

    def check(self, address: str) -> None:
        """Let a request pass.

        :raises falcon.HTTPTooManyRequests: if its address asked too often.
        """
        if self._rate <= 0 or address in self._spared:
            return
        now, most = self._clock(), max(1.0, self._rate * BURST_SECONDS)
        purse = self._purses.pop(address, None) or _Purse(most, now)
        purse.coins = min(most, purse.coins + (now - purse.at) * self._rate)
        purse.at = now
        self._purses[address] = purse
        if len(self._purses) > MOST_ADDRESSES:
            self._purses.popitem(last=False)
        if purse.coins < 1:
            raise falcon.HTTPTooManyRequests(
                title="Too many requests",
                description=f"One address may ask {self._rate:g} times a second; see api.rate_limit.",
                retry_after=1,
            )
        purse.coins -= 1
