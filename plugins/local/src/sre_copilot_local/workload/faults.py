"""What the workload can break on purpose, and the health that each fault itself implies."""

from __future__ import annotations

from sre_copilot_hookspecs.environments import Fault

STEADY = Fault(
    key="steady",
    does="Nothing breaks: orders are placed, handled and closed.",
    expects="happy",
)
NO_WORKERS = Fault(
    key="no-workers",
    does="Every worker stops while orders go on being placed.",
    expects="critical",
)
SATURATED_WORKERS = Fault(
    key="saturated-workers",
    does="The worker has 3 activity slots for 5 orders a second of 5 s each.",
    expects="critical",
)
FAILING_WORKFLOWS = Fault(
    key="failing-workflows",
    does="Six of seven orders end badly: declined, timed out, terminated or cancelled.",
    expects="stressed",
)
FAILING_TASKS = Fault(
    key="failing-tasks",
    does="A release of the workers' code raises in every workflow, so workflow tasks fail and are tried for ever.",
    expects="critical",
)
SERVER_PAUSED = Fault(
    key="server-paused",
    does="The server's process is paused; it accepts connections and answers nothing.",
    expects="critical",
)
METRICS_LOST = Fault(
    key="metrics-lost",
    does="The exposition endpoints refuse connections while every order goes on.",
    expects="stressed",
)

FAULTS = (STEADY, NO_WORKERS, SATURATED_WORKERS, FAILING_WORKFLOWS, FAILING_TASKS, SERVER_PAUSED, METRICS_LOST)
