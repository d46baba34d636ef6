"""A database that is known by its URL, and how a database is named to a person."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import attrs


@attrs.define
class FixedDatabase:
    """A state database with one unchanging URL, such as a PostgreSQL with a password."""

    url: str = attrs.field(repr=False)
    asynchronous_indexes: bool = False
    key: str = "url"

    async def connection_url(self) -> str:
        """The URL."""
        return self.url


def place_of(url: str) -> str:
    """Where a URL leads, in words and without user, password or token."""
    parts = urlsplit(url)
    asked = parse_qs(parts.query)
    host = parts.hostname or asked.get("host", ["localhost"])[0]
    name = parts.path.lstrip("/") or asked.get("dbname", ["postgres"])[0]
    return f"database {name} at {host}"
