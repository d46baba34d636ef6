"""The settings of a Temporal deployment: what it must carry, what it runs on, and what follows from that."""

from __future__ import annotations

from sre_copilot_hookspecs.configuration import Parameter
from sre_copilot_temporal.parameters.activities import ACTIVITIES
from sre_copilot_temporal.parameters.history import HISTORY
from sre_copilot_temporal.parameters.limits import LIMITS
from sre_copilot_temporal.parameters.matching import MATCHING
from sre_copilot_temporal.parameters.persistence import PERSISTENCE
from sre_copilot_temporal.parameters.targets import TARGETS
from sre_copilot_temporal.parameters.topology import TOPOLOGY
from sre_copilot_temporal.parameters.workers import WORKERS

PARAMETERS: tuple[Parameter, ...] = (
    *TARGETS,
    *TOPOLOGY,
    *LIMITS,
    *PERSISTENCE,
    *MATCHING,
    *HISTORY,
    *ACTIVITIES,
    *WORKERS,
)
