"""From the URLs in the settings to the targets of one cycle."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import SplitResult, urlsplit, urlunsplit

import attrs

from sre_copilot_hookspecs import SourceUnavailable

_EVERY_ADDRESS = "dns+"
_DEFAULT_PORTS = {"http": 80, "https": 443}

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port to addresses. Raises ``OSError`` where there are none."""


@attrs.frozen
class Target:
    """One address that is scraped."""

    role: str
    """``server`` or ``worker``."""
    instance: str
    """host:port"""
    url: str
    host: str
    """Host and port that the request asks for, where the URL holds a bare address."""
    server_name: str
    """The name that a certificate must carry."""

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels that every series of the target gets."""
        return {"role": self.role, "instance": self.instance}


@attrs.frozen
class Endpoint:
    """One URL of the settings."""

    role: str
    scheme: str
    host: str
    port: int
    path: str
    every_address: bool

    @property
    def url(self) -> str:
        """The URL as a person knows it."""
        return self._at(self.host)

    def target(self, address: str | None = None) -> Target:
        """The endpoint's target at one of its addresses, or at its name."""
        at = address or self.host
        host = self.host if self.port == _DEFAULT_PORTS[self.scheme] else _joined(self.host, self.port)
        return Target(self.role, _joined(at, self.port), self._at(at), host, self.host)

    def _at(self, host: str) -> str:
        return f"{self.scheme}://{_joined(host, self.port)}{self.path}"


def _joined(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def endpoints_of(role: str, urls: Sequence[str], setting: str) -> tuple[Endpoint, ...]:
    """The endpoints of one role.

    :param setting: full name of the setting, for the errors.
    :raises SourceUnavailable: if a URL cannot be one of a metrics endpoint.
    """
    found = tuple(_endpoint(role, url, setting) for url in urls)
    places = [(endpoint.host, endpoint.port) for endpoint in found]
    for endpoint, place in zip(found, places, strict=True):
        if places.count(place) > 1:
            raise SourceUnavailable(
                f"{setting} names {_joined(*place)} twice; its series, such as those of {endpoint.url},"
                " would count twice."
            )
    return found


def _endpoint(role: str, url: str, setting: str) -> Endpoint:
    every_address = url.startswith(_EVERY_ADDRESS)
    try:
        parts = urlsplit(url.removeprefix(_EVERY_ADDRESS))
        port = parts.port
    except ValueError as error:
        raise SourceUnavailable(f"{setting}: {url!r} is not a URL: {error}.") from None
    complaint = _complaint(parts)
    if complaint:
        raise SourceUnavailable(f"{setting}: {url!r} {complaint}; write it like http://temporal:9090/metrics.")
    path = urlunsplit(("", "", parts.path or "/metrics", parts.query, ""))
    assert parts.hostname is not None
    port = port or _DEFAULT_PORTS[parts.scheme]
    return Endpoint(role, parts.scheme, parts.hostname, port, path, every_address)


def _complaint(parts: SplitResult) -> str:
    if parts.scheme not in _DEFAULT_PORTS:
        return "is neither http:// nor https://"
    if not parts.hostname or any(character.isspace() for character in parts.netloc + parts.path):
        return "has no usable host"
    if parts.username is not None or parts.password is not None:
        return "carries a password, which would show in every message about it"
    return ""


async def resolve_host(host: str, port: int) -> Sequence[str]:
    """Every address that the system knows for a host, sorted."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return sorted({str(address[0]) for _, _, _, _, address in found})
