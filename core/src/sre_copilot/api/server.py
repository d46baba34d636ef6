"""The API's web server, beside other work in the same event loop."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Generator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import uvicorn
from falcon.asgi import App

from sre_copilot.api.app import CopilotApp
from sre_copilot.api.protocol import BoundedHttp
from sre_copilot_hookspecs import CopilotError

LOOPBACK = "127.0.0.1"
BACKLOG = 256
LAST_ANSWERS_WITHIN = 2
"""Seconds that requests get to end when the server stops."""


class ApiServer:
    """A running server. It leaves the process's signals and its event loop to their owner."""

    def __init__(self, app: App[Any, Any], listener: socket.socket) -> None:
        self._app = app
        self._listener = listener
        self._server = _Quiet(
            uvicorn.Config(
                app,
                lifespan="off",
                ws="none",
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                http=BoundedHttp,
                timeout_graceful_shutdown=LAST_ANSWERS_WITHIN,
            )
        )
        self._serving = asyncio.create_task(self._server.serve([listener]), name="api server")

    @classmethod
    async def start(cls, app: App[Any, Any], *, host: str = LOOPBACK, port: int = 0) -> ApiServer:
        """Serve an app and return once it answers.

        :param port: 0 for any free one; :attr:`port` says which.
        :raises CopilotError: if the address cannot be used.
        """
        started = cls(app, _listen(host, port))
        ready = asyncio.create_task(started._server.ready.wait())
        await asyncio.wait({ready, started._serving}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if started._serving.done():
            await started._serving
        return started

    @property
    def port(self) -> int:
        """The port that is really listened on."""
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        """Where the API is, without a slash at the end."""
        host = str(self._listener.getsockname()[0])
        host = {"0.0.0.0": LOOPBACK, "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    async def wait(self) -> None:
        """Return when the server has ended."""
        await asyncio.wait({self._serving})

    async def stop(self) -> None:
        """Answer what was asked, refuse what is new, and end. Harmless when called twice."""
        if isinstance(self._app, CopilotApp):
            self._app.close()
        self._server.should_exit = True
        await self.wait()
        self._listener.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self.stop()


class _Quiet(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        # Workers and embedded servers may live beside this one; their owner decides what a signal means.
        yield


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError, UnicodeError) as error:
        raise CopilotError(f"The API cannot listen on {host}:{port}: {_why(error)}") from error
    # asyncio does this itself only for sockets that it makes; without it every answer waits 40 ms for its second half.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _why(error: Exception) -> str:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return "another program does already. Choose another port, or 0 for any free one."
    if number == errno.EACCES:
        return "ports below 1024 need more rights. Choose another port, or 0 for any free one."
    return f"{getattr(error, 'strerror', None) or error}."
