"""How values leave a configuration: as environment variables of each server service, and as JSON files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import attrs

from sre_copilot_hookspecs.configuration import ENVIRONMENT, Artifact, Emission, ParameterType, Value
from sre_copilot_hookspecs.durations import go_seconds_of
from sre_copilot_hookspecs.errors import DeclarationError
from sre_copilot_hookspecs.resolved import Configuration, ResolvedValue

SERVER_SERVICES = ("frontend", "history", "matching", "worker")
"""The services of a Temporal server, each of which a platform runs by itself."""

_SECONDS = {"s": 1, "min": 60}
"""Length of the units that an emission may ask for."""


def emitted_value(emission: Emission, resolved: ResolvedValue) -> Value:
    """A value as its target wants it: a duration as a whole number where the emission names a unit.

    :raises DeclarationError: if the duration is no whole number of that unit, or the unit is not known.
    """
    if not emission.unit or resolved.parameter.type is not ParameterType.DURATION:
        return resolved.value
    if emission.unit not in _SECONDS:
        units = ", ".join(_SECONDS)
        raise DeclarationError(f"{resolved.key}: {emission.unit!r} is no unit of an emission; known: {units}")
    amount = go_seconds_of(str(resolved.value)) / _SECONDS[emission.unit]
    if not amount.is_integer():
        raise DeclarationError(
            f"{resolved.key} is {resolved.value}, but {emission.name} takes whole {emission.unit} only"
        )
    return int(amount)


def environment_text(value: Value) -> str:
    """A value as a process finds it in its environment; booleans as ``true`` and ``false``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


@attrs.frozen
class ServerEnvironment:
    """The environment of a server, as pairs of name and text in the order of the registry."""

    shared: tuple[tuple[str, str], ...]
    """What every service gets."""
    own: Mapping[str, tuple[tuple[str, str], ...]]
    """What only the service of that name gets."""

    def of(self, service: str) -> tuple[tuple[str, str], ...]:
        """Everything that one service gets."""
        return (*self.shared, *self.own[service])


def server_environment(configuration: Configuration) -> ServerEnvironment:
    """The environment of each service. Only the number of its replicas is a service's own.

    :raises DeclarationError: if two parameters claim one variable.
    """
    claimed: dict[str, str] = {}
    shared: list[tuple[str, str]] = []
    own: dict[str, list[tuple[str, str]]] = {service: [] for service in SERVER_SERVICES}
    for emission, resolved in configuration.emitted(ENVIRONMENT):
        if emission.name in claimed:
            both = f"{claimed[emission.name]} and {resolved.key}"
            raise DeclarationError(f"{both} both claim the environment variable {emission.name}")
        claimed[emission.name] = resolved.key
        own.get(_service_of(resolved.key), shared).append(
            (emission.name, environment_text(emitted_value(emission, resolved)))
        )
    return ServerEnvironment(tuple(shared), {service: tuple(pairs) for service, pairs in own.items()})


def _service_of(key: str) -> str:
    """The service whose replicas a parameter counts, or empty."""
    service, _, what = key.partition(".")
    return service if what == "replicas" else ""


def replicas_of(configuration: Configuration, service: str) -> int | None:
    """How many instances of a service are to run, or ``None`` where no plugin says."""
    found = configuration.get(f"{service}.replicas")
    return None if found is None else int(found)


def json_artifact(path: str, document: Mapping[str, object] | Sequence[object]) -> Artifact:
    """A JSON file: indented by two, in the document's own order, with a line break at its end.

    :raises DeclarationError: if the document holds what JSON cannot.
    """
    try:
        text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise DeclarationError(f"{path} cannot be written as JSON: {error}") from error
    return Artifact(path, f"{text}\n".encode())
