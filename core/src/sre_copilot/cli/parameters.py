"""``sre-copilot parameters``."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from sre_copilot.cli.configuring import load_registry, show
from sre_copilot.explain.configuration.listing import list_parameters
from sre_copilot_hookspecs.configuration import ParameterClass
from sre_copilot_hookspecs.errors import CopilotError
from sre_copilot_hookspecs.nearest import did_you_mean


def parameters(
    *,
    kind: Annotated[str | None, Parameter(name="--class")] = None,
    json: bool = False,
) -> None:
    """List the parameters of a deployment.

    :param kind: only those of one class: slo, topology, safety or tuning.
    :param json: print JSON instead of tables.
    """
    manager, registry = load_registry()
    known = {each.value: each for each in ParameterClass}
    if kind is not None and kind not in known:
        raise CopilotError(f"--class: there is no class {kind!r}{did_you_mean(kind, known)}")
    chosen = ParameterClass if kind is None else (known[kind],)
    show(manager, list_parameters(registry, chosen), "json" if json else "text")
