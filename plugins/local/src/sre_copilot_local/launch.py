"""``python -m sre_copilot_local.launch``: write the own pid file, then become the server.

A server is on record before it is one. The other order, start and then record, leaves a moment in which
an owner that is killed leaves behind a server that nobody knows.
"""

from __future__ import annotations

import argparse
import os
import pwd
import sys
from collections.abc import Sequence
from pathlib import Path

from sre_copilot_local.identity import ProcessId
from sre_copilot_local.records import Record


def launch_command(
    command: Sequence[str],
    *,
    records: Path,
    name: str,
    owner: ProcessId,
    stop_signal: int,
    user: str | None,
) -> list[str]:
    """The command line that starts ``command`` on record."""
    options = ["--records", str(records), "--name", name, "--stop-signal", str(int(stop_signal))]
    options += ["--owner", str(owner.pid), "--owner-born", owner.born]
    if user is not None:
        options += ["--user", user]
    return [sys.executable, "-P", "-m", "sre_copilot_local.launch", *options, "--", *command]


def main() -> None:
    options = _parser().parse_args()
    record = Record(
        name=options.name,
        process=ProcessId.own(),
        owner=ProcessId(options.owner, options.owner_born),
        stop_signal=options.stop_signal,
    )
    record.write(options.records)
    # An owner that lives now dies after the record was written, and its guard will find it.
    if not record.owner.alive:
        record.remove(options.records)
        raise SystemExit(1)
    if options.user is not None:
        _become(options.user)
    try:
        os.execv(options.command[0], options.command)  # noqa: S606 - this is what it is for
    except OSError as error:
        raise SystemExit(f"{options.command[0]} cannot be run: {error.strerror}") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sre_copilot_local.launch")
    parser.add_argument("--records", type=Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--owner", type=int, required=True)
    parser.add_argument("--owner-born", required=True)
    parser.add_argument("--stop-signal", type=int, required=True)
    parser.add_argument("--user")
    parser.add_argument("command", nargs="+")
    return parser


def _become(user: str) -> None:
    entry = pwd.getpwnam(user)
    os.initgroups(user, entry.pw_gid)
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


if __name__ == "__main__":
    main()
