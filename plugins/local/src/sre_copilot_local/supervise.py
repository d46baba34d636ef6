"""``python -m sre_copilot_local.supervise``: the guard, which outlives the owner by a few seconds.

The guard holds the reading end of a pipe whose writing end only the owner has. However the owner ends,
by returning, by SIGTERM or by SIGKILL, the system closes the pipe; the guard wakes, ends what the owner
left on record, and ends. Linux's parent-death signal is no replacement: it fires when the *thread* that
started a server ends, it is Linux only, and it leaves a server no time to close its database.
"""

from __future__ import annotations

import argparse
import os
import select
import signal
import sys
from pathlib import Path

from sre_copilot_local.identity import ProcessId
from sre_copilot_local.records import read_records
from sre_copilot_local.stopping import end_recorded

LOOK_AGAIN = 2.0
"""Seconds between looks at the owner itself: a copy of it, forked, could hold the pipe open for ever."""


def guard_command(records: Path, owner: ProcessId) -> list[str]:
    """The command line of the guard of one owner and one folder; its standard input is the pipe."""
    module = [sys.executable, "-P", "-m", "sre_copilot_local.supervise"]
    return [*module, str(records), str(owner.pid), owner.born]


def main() -> None:
    # The guard ends with its owner and for no other reason.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    parser = argparse.ArgumentParser(prog="sre_copilot_local.supervise")
    parser.add_argument("records", type=Path)
    parser.add_argument("owner", type=int)
    parser.add_argument("owner_born")
    options = parser.parse_args()
    owner = ProcessId(options.owner, options.owner_born)
    _wait_for_the_end_of(owner, sys.stdin.fileno())
    # Another owner may have taken the folder already; what it started is not ours to end.
    left = [record for record in read_records(options.records) if record.owner == owner]
    end_recorded(left, options.records)


def _wait_for_the_end_of(owner: ProcessId, pipe: int) -> None:
    while owner.alive:
        ready, _, _ = select.select([pipe], [], [], LOOK_AGAIN)
        if ready and not os.read(pipe, 64):
            return


if __name__ == "__main__":
    main()
