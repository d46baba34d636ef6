"""What the cluster must carry: the four numbers that people state and everything else follows from."""

from __future__ import annotations

from sre_copilot_hookspecs.configuration import Parameter, ParameterClass, ParameterType

TRANSITIONS = "target_state_transitions_per_sec"
COMPLETIONS = "target_workflow_completion_rate"
SCHEDULE_TO_START = "max_schedule_to_start_latency_ms"
END_TO_END = "max_e2e_workflow_latency_ms"

TARGETS = (
    Parameter(
        key=TRANSITIONS,
        kind=ParameterClass.SLO,
        type=ParameterType.INTEGER,
        unit="per second",
        default=50,
        minimum=1,
        maximum=10000,
        description="State transitions that the cluster sustains each second.",
        rationale="A transition is what every unit of workflow progress costs the server, so pools, call limits and"
        " slots are sized from this number.",
        source="The lower end of the mid-scale band.",
    ),
    Parameter(
        key=COMPLETIONS,
        kind=ParameterClass.SLO,
        type=ParameterType.INTEGER,
        unit="per second",
        default=5,
        minimum=1,
        maximum=10000,
        description="Workflows that finish each second.",
        rationale="A cluster that starts work and never ends it is busy without progress; this target tells the two"
        " apart.",
        source="A tenth of the transitions: even the shortest workflow costs three, and useful ones about ten.",
    ),
    Parameter(
        key=SCHEDULE_TO_START,
        kind=ParameterClass.SLO,
        type=ParameterType.INTEGER,
        unit="ms",
        default=200,
        minimum=10,
        maximum=60000,
        description="The longest that a workflow task may wait between being scheduled and being started.",
        rationale="Waiting tasks are the first sign of too few pollers or partitions, so this says how much room both"
        " need.",
        source="The latency expected of ordinary production load.",
    ),
    Parameter(
        key=END_TO_END,
        kind=ParameterClass.SLO,
        type=ParameterType.INTEGER,
        unit="ms",
        default=500,
        minimum=50,
        maximum=300000,
        description="The longest that a simple workflow may take from start to finish.",
        rationale="Short budgets are met by eager dispatch; long ones profit from cached workflows.",
        source="The latency expected of ordinary production load.",
    ),
)
