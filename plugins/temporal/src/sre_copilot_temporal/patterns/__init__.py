"""Kinds of lines that a Temporal server logs, by what they speak of.

Taken from the log of a real server in fourteen situations, with a few that one server by itself cannot show. The
text looked for stands in one field of the JSON line, so that a log server finds it in the line as it is stored.
"""

from __future__ import annotations

from sre_copilot_hookspecs import LogParser, Silence
from sre_copilot_temporal.patterns.calls import CALLS
from sre_copilot_temporal.patterns.limits import LIMITS
from sre_copilot_temporal.patterns.membership import MEMBERSHIP
from sre_copilot_temporal.patterns.persistence import PERSISTENCE
from sre_copilot_temporal.patterns.queues import QUEUES
from sre_copilot_temporal.patterns.shards import SHARDS
from sre_copilot_temporal.patterns.workflows import WORKFLOWS

PARSER = LogParser(
    "temporal",
    (*PERSISTENCE, *SHARDS, *QUEUES, *CALLS, *LIMITS, *MEMBERSHIP, *WORKFLOWS),
    silences=(
        Silence("no_workers", "The server logs nothing about workers that are missing; only the metrics show it."),
        Silence("workers_saturated", "The server cannot see that the workers are busy, so it logs nothing about it."),
        Silence(
            "application_failures",
            "The server logs workflow tasks that fail, and nothing about workflows and activities that do.",
        ),
        Silence("overload", "A server that merely has too much to do logs nothing about it."),
    ),
)
