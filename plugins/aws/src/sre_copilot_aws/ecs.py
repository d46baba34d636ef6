"""Task definitions and service updates for Amazon ECS. Needs no AWS library: it only writes their input."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sre_copilot_hookspecs.configuration import Artifact
from sre_copilot_hookspecs.emitting import (
    SERVER_SERVICES,
    ServerEnvironment,
    json_artifact,
    replicas_of,
    server_environment,
)
from sre_copilot_hookspecs.explanations import Explanation
from sre_copilot_hookspecs.resolved import Configuration

FAMILY_LENGTH = 255
"""Longest name of a family of task definitions (ECS API reference, RegisterTaskDefinition)."""
_NOT_IN_A_FAMILY = re.compile(r"[^A-Za-z0-9_-]+")


class EcsAdapter:
    """Writes, for each service, what ``register-task-definition`` and ``update-service`` take as input."""

    key = "ecs"
    kind = "platform"

    def artifacts(self, configuration: Configuration, explanation: Explanation) -> Sequence[Artifact]:  # noqa: ARG002
        """A task definition with the environment of each service, and how many of its tasks should run.

        Image, roles, memory and network are the platform's own and are left out.
        """
        environment = server_environment(configuration)
        return [
            artifact
            for service in SERVER_SERVICES
            for artifact in (
                json_artifact(f"ecs/{service}.task.json", task_definition(configuration.name, service, environment)),
                *_service_update(configuration, service),
            )
        ]


def task_definition(name: str, service: str, environment: ServerEnvironment) -> dict[str, object]:
    """Input of RegisterTaskDefinition with nothing but the environment of one container."""
    return {
        "family": _family(name, service),
        "containerDefinitions": [
            {
                "name": f"temporal-{service}",
                "environment": [{"name": variable, "value": text} for variable, text in environment.of(service)],
            }
        ],
    }


def _service_update(configuration: Configuration, service: str) -> list[Artifact]:
    replicas = replicas_of(configuration, service)
    if replicas is None:
        return []
    update = {"service": f"temporal-{service}", "desiredCount": replicas}
    return [json_artifact(f"ecs/{service}.service.json", update)]


def _family(name: str, service: str) -> str:
    suffix = f"-{service}"
    return _NOT_IN_A_FAMILY.sub("-", name)[: FAMILY_LENGTH - len(suffix)] + suffix
