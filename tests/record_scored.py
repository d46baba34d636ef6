"""Records the scored set: ``python -m tests.record_scored [FOLDER]``, with scrapes of labelled situations in FOLDER.

Each situation is two scrapes of a real server and its worker, sixty seconds apart, while a known fault was there.
The label is the fault that was made, never what was decided about it. A steady cluster comes first; then the
situation lasts for some cycles, and the decisions on its way are kept with the rules that made them.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import attrs

from sre_copilot.health.decision import Decision
from sre_copilot.health.encoding import to_document
from sre_copilot.health.memory import Memory
from sre_copilot.health.observation import Observation
from sre_copilot_hookspecs import Missing, MissingReason, Reading, Sample, Window
from sre_copilot_temporal.evaluators import EVALUATORS
from tests import builtin_signals, exposition_targets
from tests.rules import BUILTIN, CYCLE, ENGINE, START
from tests.scored_set import FILE, Label

HEALTHY = Label("none")
LABELS: Mapping[str, Label] = {
    "idle": HEALTHY,
    "steady": HEALTHY,
    "deletion": HEALTHY,
    "no_workers": Label("no_workers", ("workers",)),
    "recovering": Label("no_workers", ("workers",), may_be_none=True, also=("overload",)),
    "slots_exhausted": Label("workers_saturated", ("workers",)),
    "rate_limited": Label("throttled", ("frontend",)),
    "persistence_unavailable": Label("persistence_failing", ("persistence",), suffers=("frontend", "history")),
    "failing_workflows": Label("application_failures", ()),
    # Writes waited, and all the same everything that was asked for was done in time: nobody has to be named.
    "slow_persistence": Label("persistence_slow", ("persistence",), suffers=("frontend", "history"), may_be_none=True),
}
"""What was done to the cluster, and who is to blame for it."""

TAKEN = {"idle": (0, 2), "steady": (0, 1, 4), "deletion": (0, 2)}
"""Which cycles of a situation are kept; of a fault the first, and those around its debounce."""
OF_A_FAULT = (0, 1, 2, 4)
LASTS = 5
ALIVE = {
    "frontend.reachable": 1.0,
    "canary.success": 1.0,
}
"""What the API said in every situation here; scrapes do not tell it."""


def _reading(name: str, cycle: int) -> Reading:
    measured = builtin_signals.situation(name)
    unasked = Missing(MissingReason.NOT_EMITTED, "Not part of the recording.")
    probed = {key: Sample(value) for key, value in ALIVE.items() if key in {rule.key for rule in BUILTIN.signals}}
    samples = {rule.key: measured.get(rule.key, unasked) for rule in BUILTIN.signals}
    return Reading(START + CYCLE * cycle, "prod", samples | probed)


def _decisions(name: str) -> list[Decision]:
    before = ["steady"] * 2
    if name == "recovering":
        before += ["no_workers"] * 4
    readings = [_reading(each, cycle) for cycle, each in enumerate([*before, *[name] * LASTS])]
    memory, made = Memory(), []
    for number, reading in enumerate(readings):
        window = Window(tuple(readings[max(0, number - 9) : number + 1]))
        found = tuple(finding for evaluator in EVALUATORS for finding in evaluator.evaluate(window))
        made.append(ENGINE.decide(memory, Observation(reading, found)))
        memory = made[-1].memory
    return made[len(before) :]


def record(folder: Path) -> None:
    """Decide about every labelled situation that has scrapes in the folder, and write the file."""
    exposition_targets.SCRAPES = builtin_signals.SCRAPES = folder
    entries = []
    for name, label in LABELS.items():
        if not (folder / f"{name}.server.t60.prom.gz").exists():
            continue
        decisions = _decisions(name)
        entries += [
            {"situation": name, "label": attrs.asdict(label), "decision": to_document(decisions[cycle])}
            for cycle in TAKEN.get(name, OF_A_FAULT)
        ]
    document = {"ruleset": to_document(BUILTIN), "entries": entries}
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    record(Path(sys.argv[1]) if len(sys.argv) > 1 else exposition_targets.SCRAPES)
