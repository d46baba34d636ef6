"""Writes the dashboards that follow from the declarations and the API: ``python grafana/generate.py``.

With ``--check`` it writes nothing and fails when a dashboard is not what they say. Where Temporal's metrics have other
names than by default, ``--server-dialect``, ``--worker-dialect`` and ``--out`` write dashboards for them elsewhere.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from boards import copilot, temporal
from boards.frame import Board, render
from boards.graphs import Spelling
from grafana_foundation_sdk.cog.encoder import JSONEncoder

DASHBOARDS = Path(__file__).parent / "dashboards"


def boards(server: str | None, worker: str | None) -> list[Board]:
    """Every dashboard, in the given dialects or those that are usual."""
    usual = Spelling()
    worker = worker or usual.worker
    spelling = Spelling(server or usual.server, worker)
    # Servers with the DSQL plugin report through OpenTelemetry, with suffixes and milliseconds.
    dsql = Spelling(server or "server-opentelemetry", worker)
    return [copilot.board(), temporal.server(spelling), temporal.workers(spelling), temporal.database(dsql)]


def written(board: Board) -> str:
    """The dashboard as JSON."""
    # What the builder leaves unset is null in its JSON; Grafana takes it for unset when it is not there.
    document: Mapping[str, Any] = json.loads(json.dumps(render(board), cls=JSONEncoder))
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Write the dashboards, or say which are out of date."""
    parser = argparse.ArgumentParser(prog="grafana/generate.py", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a dashboard is out of date")
    parser.add_argument("--server-dialect", metavar="KEY", help="how the server spells its metrics")
    parser.add_argument("--worker-dialect", metavar="KEY", help="how the workers spell theirs")
    parser.add_argument("--out", type=Path, default=DASHBOARDS, metavar="FOLDER", help="where to write")
    asked = parser.parse_args(arguments)
    try:
        texts = {f"{each.uid}.json": written(each) for each in boards(asked.server_dialect, asked.worker_dialect)}
    except LookupError as error:
        print(error.args[0], file=sys.stderr)
        return 2
    stale = [name for name, text in texts.items() if _stored(asked.out / name) != text]
    if not asked.check:
        asked.out.mkdir(parents=True, exist_ok=True)
        for name in stale:
            (asked.out / name).write_text(texts[name], encoding="utf-8")
        return 0
    if stale:
        print(f"Out of date: {', '.join(stale)}. Run: python3 dev.py boards", file=sys.stderr)
        return 1
    return 0


def _stored(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
