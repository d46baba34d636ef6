"""The worker options of the Python SDK, as a module."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sre_copilot_hookspecs.configuration import PYTHON, Artifact, Emission, ParameterType
from sre_copilot_hookspecs.durations import go_seconds_of
from sre_copilot_hookspecs.emitting import emitted_value
from sre_copilot_hookspecs.errors import DeclarationError
from sre_copilot_hookspecs.explanations import Explanation
from sre_copilot_hookspecs.resolved import Configuration, ResolvedValue
from sre_copilot_temporal.adapters.worker_processes import worker_processes

PATH = "python/worker_options.py"


class PythonAdapter:
    """Writes a module whose ``WORKER_OPTIONS`` are keyword arguments of ``temporalio.worker.Worker``."""

    key = "python"
    kind = "sdk"

    def artifacts(self, configuration: Configuration, explanation: Explanation) -> Sequence[Artifact]:  # noqa: ARG002
        """One file.

        :raises DeclarationError: if a parameter is emitted under a name that is no keyword argument.
        """
        return [Artifact(PATH, "\n".join(_lines(configuration)).encode())]


def _lines(configuration: Configuration) -> Iterator[str]:
    options = [(emission.name, _literal(emission, resolved)) for emission, resolved in configuration.emitted(PYTHON)]
    yield '"""Worker options of one deployment, written by sre-copilot compile."""'
    yield ""
    if any("timedelta(" in literal for _, literal in options):
        yield "from datetime import timedelta"
    yield "from typing import Any, Final"
    yield ""
    processes = worker_processes(configuration)
    if processes is not None:
        yield f"PROCESSES: Final = {processes}"
        yield '"""How many worker processes the deployment runs."""'
        yield ""
    yield "WORKER_OPTIONS: Final[dict[str, Any]] = {"
    for name, literal in options:
        yield f'    "{name}": {literal},'
    yield "}"
    yield '"""What each of these processes hands to its worker: ``Worker(client, …, **WORKER_OPTIONS)``."""'
    yield ""


def _literal(emission: Emission, resolved: ResolvedValue) -> str:
    if not emission.name.isidentifier():
        raise DeclarationError(f"{resolved.key}: {emission.name!r} is no keyword argument of the Python SDK's worker")
    value = emitted_value(emission, resolved)
    if resolved.parameter.type is ParameterType.DURATION and isinstance(value, str):
        return f"timedelta(seconds={go_seconds_of(value):g})"
    return repr(value)
