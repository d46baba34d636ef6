"""The two documents that the copilot itself reads again: the config profile and the deployment profile."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sre_copilot_hookspecs.configuration import Artifact, ParameterClass
from sre_copilot_hookspecs.emitting import SERVER_SERVICES, json_artifact, replicas_of
from sre_copilot_hookspecs.explanations import Explanation
from sre_copilot_hookspecs.profile_document import profile_document
from sre_copilot_hookspecs.resolved import Configuration
from sre_copilot_temporal.adapters.worker_processes import worker_processes

PROFILE = "profile.json"
DEPLOYMENT = "deployment_profile.json"
DEPLOYMENT_FORMAT = "sre-copilot deployment profile 1"
"""The value of ``format``, by which a deployment profile is told from any other JSON."""


class DocumentsAdapter:
    """Writes ``profile.json``, every value with its source, and ``deployment_profile.json``, what should run."""

    key = "profiles"
    kind = "document"

    def artifacts(self, configuration: Configuration, explanation: Explanation) -> Sequence[Artifact]:  # noqa: ARG002
        """The two files; the second names the first by its SHA-256 digest."""
        profile = json_artifact(PROFILE, profile_document(configuration))
        deployment = deployment_document(configuration, hashlib.sha256(profile.content).hexdigest())
        return [profile, json_artifact(DEPLOYMENT, deployment)]


def deployment_document(configuration: Configuration, profile_digest: str) -> dict[str, object]:
    """What the deployment should carry and run on, as JSON values in a fixed order.

    ``throughput`` is the preset's range in state transitions a second, from which the copilot takes the scale band
    of a cluster it has not watched yet. ``services`` says how many instances should run: both ends are the same
    until an autoscaler is given a range.
    """
    start, end = configuration.preset.throughput
    return {
        "format": DEPLOYMENT_FORMAT,
        "name": configuration.name,
        "preset": configuration.preset.key,
        "modifier": None if configuration.modifier is None else configuration.modifier.key,
        "throughput": {"from": start, "below": end},
        "targets": {
            value.key: value.value
            for value in configuration.values.values()
            if value.parameter.kind is ParameterClass.SLO
        },
        "services": {
            service: {"min_replicas": replicas, "max_replicas": replicas}
            for service in SERVER_SERVICES
            if (replicas := replicas_of(configuration, service)) is not None
        },
        "autoscaler": "fixed",
        "worker_processes": worker_processes(configuration),
        "config_profile": {"file": PROFILE, "sha256": profile_digest},
    }
