"""How a Temporal cluster connects to Aurora DSQL: pools, the reservoir, and the shared budgets."""

from __future__ import annotations

from sre_copilot_dsql.parameters.connections import CONNECTIONS
from sre_copilot_dsql.parameters.leases import LEASES
from sre_copilot_dsql.parameters.limiter import LIMITER
from sre_copilot_dsql.parameters.reservoir import RESERVOIR
from sre_copilot_hookspecs.configuration import Parameter

PARAMETERS: tuple[Parameter, ...] = (*CONNECTIONS, *RESERVOIR, *LIMITER, *LEASES)
