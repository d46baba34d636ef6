"""Asks a running API, for commands on a terminal."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import attrs

from sre_copilot_hookspecs import CopilotError

ANSWERS_WITHIN = 10.0
LARGEST_ANSWER = 64 * 1024 * 1024


class ApiUnreachable(CopilotError):
    """Nothing answers, or something that is not the API."""


class ApiRefused(CopilotError):
    """The API answered with a problem; the text is its sentence."""


@attrs.frozen
class ApiClient:
    """An API at a URL such as ``http://127.0.0.1:8080``."""

    url: str
    token: str | None = attrs.field(default=None, repr=False)
    """What it asks for, where it is not on this machine."""

    def document(self, path: str, **parameters: str | None) -> Any:
        """The document at a path; raises as :meth:`text` does."""
        return json.loads(self.text(path, **parameters))

    def text(self, path: str, **parameters: str | None) -> str:
        """The document at a path exactly as it was sent.

        :raises ApiUnreachable: if nothing answers, or not as the API does.
        :raises ApiRefused: if the API says that something is wrong.
        """
        query = urllib.parse.urlencode({name: text for name, text in parameters.items() if text is not None})
        address = f"{self._base()}{path}" + (f"?{query}" if query else "")
        # A proxy of the environment is meant for the world outside; the API is at home.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(self._request(address), timeout=ANSWERS_WITHIN) as response:
                return self._checked(response.read(LARGEST_ANSWER))
        except urllib.error.HTTPError as error:
            with error:
                raise self._refused(error.read(LARGEST_ANSWER)) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            raise ApiUnreachable(
                f"The API at {self.url} does not answer: {getattr(reason, 'strerror', None) or reason}."
                " Start it with sre-copilot up or sre-copilot api, or say with --api where it is."
            ) from error

    def _request(self, address: str) -> urllib.request.Request:
        headers = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        return urllib.request.Request(address, headers=headers)  # noqa: S310 - _base has looked at it

    def _base(self) -> str:
        try:
            parts = urllib.parse.urlsplit(self.url)
        except ValueError:
            parts = urllib.parse.urlsplit("")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ApiUnreachable(f"{self.url!r} is not the address of an API; give http://HOST:PORT.")
        return self.url.rstrip("/")

    def _checked(self, body: bytes) -> str:
        try:
            text = body.decode()
            found = json.loads(text)
            if isinstance(found, dict) or _is_rows(found):
                return text
        except ValueError:
            pass
        raise self._stranger()

    def _refused(self, body: bytes) -> CopilotError:
        try:
            problem = json.loads(body)
            return ApiRefused(problem["detail"] or problem["title"])
        except (ValueError, TypeError, KeyError):
            return self._stranger()

    def _stranger(self) -> ApiUnreachable:
        return ApiUnreachable(f"What answers at {self.url} is not the copilot's API; say with --api where it is.")


def _is_rows(found: object) -> bool:
    return isinstance(found, list) and all(isinstance(row, dict) for row in found)
