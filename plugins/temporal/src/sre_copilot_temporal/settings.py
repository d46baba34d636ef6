"""What can be set about asking a Temporal cluster through its API."""

from __future__ import annotations

import attrs


@attrs.frozen
class TemporalSettings:
    """The table ``[clusters.NAME.temporal_api]``."""

    call_timeout: float = attrs.field(default=2.0, validator=attrs.validators.gt(0))
    "Seconds that one request to the frontend may take."
    describe_per_cycle: int = attrs.field(default=20, validator=attrs.validators.ge(1))
    "How many task queues are described in one cycle, two requests each; more of them take turns."
    canary: bool = False
    "Run a workflow that does nothing in every cycle, in the namespace of the connection; it needs write access."
    canary_timeout: float = attrs.field(default=5.0, validator=attrs.validators.gt(0))
    "Seconds that this workflow may take from its start to its end; the deadline of a cycle comes before it."
