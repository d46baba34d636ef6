"""A door in front of an exposition endpoint, which can be shut while the server behind works on.

Temporal's server and its SDK cannot stop answering scrapes without stopping. With a door, lost metrics can
be shown for what they are: the copilot goes blind while every workflow runs on. The door also keeps one
address for a worker's metrics while workers behind it come and go.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from sre_copilot_hookspecs.errors import EnvironmentUnavailable
from sre_copilot_local.ports import LOOPBACK

T = TypeVar("T")

CHUNK = 1 << 16


class Doors:
    """One thread that carries the bytes of every door of an environment."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="metrics-doors", daemon=True)
        self._thread.start()
        self._doors: list[Door] = []

    def add(self, port: int, target: int) -> Door:
        """An open door that leads to loopback ``target``.

        :param port: where it would like to be; a free one if somebody else is there, or if it is 0.
        """
        door = Door(self, port, target)
        self._doors.append(door)
        door.open()
        return door

    def remove(self, door: Door) -> None:
        """Shut a door and give its port back. Harmless when called twice."""
        if door in self._doors:
            self.run(door.vanish())
            self._doors.remove(door)

    def holds(self, door: Door) -> bool:
        return door in self._doors

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        if self._loop.is_closed():
            return
        for door in list(self._doors):
            self.remove(door)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Door:
    """One port, led to another while it is open, refusing connections while it is shut."""

    def __init__(self, doors: Doors, port: int, target: int) -> None:
        self.port = port
        self.target = target
        """May be set at any time; connections made from then on lead there."""
        self._known = False
        """Whether it was open before: from then on others know its port."""
        self._doors = doors
        self._server: asyncio.Server | None = None
        self._reserved: socket.socket | None = None
        self._carried: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}/metrics"

    def open(self) -> None:
        """Let connections through. Harmless when open or removed."""
        if self._doors.holds(self):
            self._doors.run(self._open())

    def shut(self) -> None:
        """Refuse connections, and cut those that are being served. Harmless when shut or removed."""
        if self._doors.holds(self):
            self._doors.run(self._shut())

    async def _open(self) -> None:
        if self._server is not None:
            return
        self._release()
        try:
            self._server = await self._listen(self.port)
        except OSError as error:
            if self._known:
                raise EnvironmentUnavailable(
                    f"Port {self.port} cannot be opened for metrics: {error.strerror}."
                ) from None
            self._server = await self._listen(0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        self._known = True

    async def _listen(self, port: int) -> asyncio.Server:
        return await asyncio.start_server(self._enter, LOOPBACK, port)

    async def _shut(self) -> None:
        if self._server is None:
            return
        self._server.close()
        self._server = None
        # Bound but not listening: the system refuses connections, and hands out the port to nobody else.
        self._reserved = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            self._reserved.bind((LOOPBACK, self.port))
        carried = list(self._carried)
        for task in carried:
            task.cancel()
        await asyncio.gather(*carried, return_exceptions=True)

    async def vanish(self) -> None:
        """Within the loop of :class:`Doors`: shut the door and give its port back."""
        await self._shut()
        self._release()

    def _release(self) -> None:
        if self._reserved is not None:
            self._reserved.close()
            self._reserved = None

    async def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._carried.add(task)
        try:
            await self._lead(reader, writer)
            writer.close()
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._carried.discard(task)

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind_reader, behind_writer = await asyncio.open_connection(LOOPBACK, self.target)
        try:
            await asyncio.gather(_carry(reader, behind_writer), _carry(behind_reader, writer))
        finally:
            behind_writer.transport.abort()


async def _carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(CHUNK):
        sink.write(data)
        await sink.drain()
    with suppress(OSError):
        sink.write_eof()
        await sink.drain()
