"""Values for Temporal's Helm chart, as Kubernetes on EKS and elsewhere takes them."""

from __future__ import annotations

from collections.abc import Sequence

from sre_copilot_hookspecs.configuration import ENVIRONMENT, Artifact, Value
from sre_copilot_hookspecs.emitting import SERVER_SERVICES, emitted_value, replicas_of, server_environment
from sre_copilot_hookspecs.explanations import Explanation
from sre_copilot_hookspecs.resolved import Configuration
from sre_copilot_temporal.adapters.dynamic_config import dynamic_config
from sre_copilot_temporal.adapters.yaml_text import yaml_text

PATH = "helm/values.yaml"

STORE_FIELDS = {
    "maxConns": "TEMPORAL_SQL_MAX_CONNS",
    "maxIdleConns": "TEMPORAL_SQL_MAX_IDLE_CONNS",
    "maxConnLifetime": "TEMPORAL_SQL_MAX_CONN_LIFETIME",
}
"""Fields of a SQL data store in the server's static configuration, which the chart renders itself from its values,
and the variables from which other platforms' images take them."""


class HelmAdapter:
    """Writes values for the chart ``temporal`` of github.com/temporalio/helm-charts, version 1.

    The chart takes a service's own ``additionalEnv`` instead of, not beside, the server's: so all variables stand
    with the server, and what is a service's own is only its ``replicaCount``.
    """

    key = "helm"
    kind = "platform"

    def artifacts(self, configuration: Configuration, explanation: Explanation) -> Sequence[Artifact]:  # noqa: ARG002
        """One file of values, to be given after those that say where the database is."""
        text = yaml_text(
            {"server": _server(configuration)},
            header=(f"Helm values of {configuration.name}, written by sre-copilot compile.",),
        )
        return [Artifact(PATH, text.encode())]


def _server(configuration: Configuration) -> dict[str, object]:
    environment = server_environment(configuration)
    return {
        "config": {"persistence": _persistence(configuration)},
        "dynamicConfig": dynamic_config(configuration),
        "additionalEnv": [{"name": name, "value": text} for name, text in environment.shared],
        **{
            service: {"replicaCount": replicas}
            for service in SERVER_SERVICES
            if (replicas := replicas_of(configuration, service)) is not None
        },
    }


def _persistence(configuration: Configuration) -> dict[str, object]:
    values = {
        emission.name: emitted_value(emission, resolved) for emission, resolved in configuration.emitted(ENVIRONMENT)
    }
    store: dict[str, Value] = {field: values[name] for field, name in STORE_FIELDS.items() if name in values}
    shards = configuration.get("history.shards")
    return {
        **({} if shards is None else {"numHistoryShards": shards}),
        "datastores": {"default": {"sql": store}},
    }
