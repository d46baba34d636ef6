"""Pid files: what runs in a folder, written so that whoever comes later can end it safely.

Only the standard library: this is loaded by the guard and the launcher, which have to stay small.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from sre_copilot_local.identity import ProcessId


class Record(NamedTuple):
    """One process that was started, by whom, and how it is asked to end."""

    name: str
    process: ProcessId
    owner: ProcessId
    stop_signal: int

    def path(self, folder: Path) -> Path:
        # The pid is in the name, so that ending an old process never removes its successor's record.
        return folder / f"{self.name}.{self.process.pid}.json"

    def write(self, folder: Path) -> None:
        """Write the record whole or not at all."""
        target = self.path(folder)
        draft = target.with_suffix(".draft")
        draft.write_text(json.dumps(self._asdict()), encoding="utf-8")
        draft.replace(target)

    def remove(self, folder: Path) -> None:
        self.path(folder).unlink(missing_ok=True)


def read_records(folder: Path) -> list[Record]:
    """The records of a folder, newest first; files that are not records are removed."""
    found: list[tuple[int, Record]] = []
    for path in folder.glob("*.json"):
        try:
            record = _parse(path.read_text(encoding="utf-8"))
            found.append((path.stat().st_mtime_ns, record))
        except FileNotFoundError:
            continue
        except (ValueError, TypeError, KeyError):
            path.unlink(missing_ok=True)
    return [record for _, record in sorted(found, key=lambda pair: pair[0], reverse=True)]


def _parse(text: str) -> Record:
    fields = json.loads(text)
    return Record(
        name=str(fields["name"]),
        process=_process(fields["process"]),
        owner=_process(fields["owner"]),
        stop_signal=int(fields["stop_signal"]),
    )


def _process(pair: list[object]) -> ProcessId:
    pid, born = pair
    return ProcessId(int(str(pid)), str(born))
