"""Who may ask: anyone on this machine by default, elsewhere whoever has the token."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress

import attrs
import falcon

from sre_copilot.settings import ReadAccess
from sre_copilot.settings.core import ApiSettings
from sre_copilot_hookspecs import SettingsError

CHALLENGES = ('Basic realm="sre-copilot", charset="UTF-8"', "Bearer")
"""Basic is what a browser asks its user for; the token is the password, the name does not matter."""


@attrs.frozen
class Access:
    """The rules of one API."""

    token: str | None = attrs.field(default=None, repr=False)
    reads_are_open: bool = True
    """Whether reading needs no token."""
    writes_are_open: bool = True
    """Whether writing needs no token."""

    def check(self, authorization: str | None, *, is_write: bool) -> None:
        """Let a request pass.

        :param authorization: its Authorization header.
        :raises falcon.HTTPUnauthorized: without the token, where one is needed.
        :raises falcon.HTTPForbidden: if there is no token that could be given.
        """
        if self.writes_are_open if is_write else self.reads_are_open:
            return
        if self.token is None:
            raise falcon.HTTPForbidden(
                title="Nobody may do this here", description="No api.token is set, so nothing can be changed."
            )
        if not _same(_given(authorization or ""), self.token):
            raise falcon.HTTPUnauthorized(
                title="Who is there?",
                description="Send the token of api.token, as Authorization: Bearer TOKEN or as the password.",
                challenges=CHALLENGES,
            )


def access_of(settings: ApiSettings) -> Access:
    """The rules that settings make.

    :raises SettingsError: if anyone elsewhere could read without a token, and nobody said that they may.
    """
    is_public = settings.read_access is ReadAccess.PUBLIC
    if settings.token is not None:
        return Access(settings.token, reads_are_open=is_public, writes_are_open=False)
    if is_loopback(settings.host):
        return Access()
    if not is_public:
        raise SettingsError(
            f"api.host is {settings.host}, which other machines reach, and no token is set; set api.token"
            ' (SRE_COPILOT_API_TOKEN), or api.read_access = "public" to let everyone read'
        )
    return Access(None, reads_are_open=True, writes_are_open=False)


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _given(authorization: str) -> str:
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        _, _, password = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return ""
    return password


def _same(given: str, token: str) -> bool:
    # Digests have one length, so the time of the comparison tells nothing, not even how long the token is.
    one, other = (hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in (given, token))
    return hmac.compare_digest(one, other)
