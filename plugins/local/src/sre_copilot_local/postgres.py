"""The real PostgreSQL of its wheel, reached through a Unix socket, with no TCP port at all.

The wheel's programs are run directly, not through its own manager, for three reasons: the manager's server
belongs to nobody once its owner is killed, it opens folders above the data to everybody, and it keeps
one lock for all servers of a machine.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

import attrs

from sre_copilot_hookspecs.errors import EnvironmentUnavailable
from sre_copilot_local.ownership import Child, Ownership
from sre_copilot_local.postgres_files import PostgresFiles, arrange_files, fresh_draft
from sre_copilot_local.stopping import until

READY_WITHIN = 30.0
SUPERUSER = "postgres"
PORT = "5432"
"""Names the socket; no TCP port is opened."""
DATABASE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,62}")

SMALL = {"shared_buffers": "32MB", "io_method": "sync", "max_connections": "60", "jit": "off"}
"""A server for one program on one machine: little memory, and no processes that only read ahead."""


@attrs.frozen
class RunningPostgres:
    """A server that answers."""

    child: Child
    files: PostgresFiles

    def database(self, name: str) -> str:
        """The URL of a database, made if it is missing."""
        if not DATABASE_NAME.fullmatch(name):
            raise EnvironmentUnavailable(
                f"{name!r} cannot be a database's name; use letters, digits, - and _, 63 at most."
            )
        # The name was checked above, and the programs of PostgreSQL quote no parameters.
        if not self._ask("postgres", f"select 1 from pg_database where datname = '{name}'"):  # noqa: S608
            self._ask("postgres", f'create database "{name}"')
        # Aurora DSQL knows this isolation level only; conflicts show here as they would there.
        self._ask("postgres", f"""alter database "{name}" set default_transaction_isolation = 'repeatable read'""")
        return f"postgresql://{SUPERUSER}:@/{quote(name)}?host={quote(str(self.files.sockets))}&port={PORT}"

    def answers(self) -> bool:
        return _psql(self.files, "postgres", "select 1").returncode == 0

    def _ask(self, database: str, statement: str) -> str:
        asked = _psql(self.files, database, statement)
        if asked.returncode != 0:
            raise EnvironmentUnavailable(f"PostgreSQL refused {statement!r}: {asked.stderr.strip()}")
        return asked.stdout.strip()


def start_postgres(ownership: Ownership) -> RunningPostgres:
    """Start the server of a run folder and wait until it answers.

    :raises EnvironmentUnavailable: if it does not within 30 seconds, with the end of its log.
    """
    files = arrange_files(ownership.folder)
    if not (files.data / "PG_VERSION").exists():
        _initialise(files)
    child = ownership.spawn("postgres", _command(files), stop_signal=signal.SIGINT, user=files.user)
    running = RunningPostgres(child, files)
    until(lambda: running.answers() or not child.is_alive(), within=READY_WITHIN)
    if not child.is_alive() or not running.answers():
        ownership.stop(child)
        raise EnvironmentUnavailable(
            f"PostgreSQL did not get ready; its log {child.log} ends with:\n{child.last_words()}"
        )
    return running


def _command(files: PostgresFiles) -> list[str]:
    # SIGINT is PostgreSQL's fast shutdown: it ends connections; SIGTERM would wait for them.
    command = [str(files.programs / "postgres"), "-D", str(files.data), "-h", "", "-k", str(files.sockets)]
    # Said, or a PGPORT that is meant for other servers would be heeded.
    command += ["-p", PORT]
    for key, value in SMALL.items():
        command += ["-c", f"{key}={value}"]
    return command


def _initialise(files: PostgresFiles) -> None:
    # Made beside its place and moved there when complete: one that was interrupted is never started.
    draft = fresh_draft(files)
    command = [str(files.programs / "initdb"), "--auth=trust", "--encoding=UTF8", "--no-locale"]
    command += ["--no-sync", "-U", SUPERUSER, "-D", str(draft)]
    made = subprocess.run(
        command,
        user=files.user,
        group=files.group,
        extra_groups=[] if files.user else None,
        capture_output=True,
        text=True,
        check=False,
        cwd=Path("/"),
    )
    if made.returncode != 0:
        raise EnvironmentUnavailable(f"PostgreSQL could not set up its data in {files.data}: {made.stderr.strip()}")
    draft.rename(files.data)


def _psql(files: PostgresFiles, database: str, statement: str) -> subprocess.CompletedProcess[str]:
    command = [str(files.programs / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
    command += ["-h", str(files.sockets), "-p", PORT, "-U", SUPERUSER, "-d", database, "-c", statement]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=_without_settings(), cwd=Path("/"))


def _without_settings() -> dict[str, str]:
    # A person's PGHOST, PGOPTIONS or PGSERVICE is meant for other servers.
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}
