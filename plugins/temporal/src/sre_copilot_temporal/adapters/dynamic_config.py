"""The dynamic configuration of a Temporal server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sre_copilot_hookspecs.configuration import DYNAMIC_CONFIG, Artifact
from sre_copilot_hookspecs.emitting import emitted_value
from sre_copilot_hookspecs.errors import DeclarationError
from sre_copilot_hookspecs.explanations import Explanation
from sre_copilot_hookspecs.resolved import Configuration
from sre_copilot_temporal.adapters.yaml_text import yaml_text

PATH = "dynamic_config.yaml"


def dynamic_config(configuration: Configuration) -> dict[str, object]:
    """Every key with its one value, unconstrained, as the server reads them from a file.

    :raises DeclarationError: if two parameters claim one key. The server ignores case in keys, and so does this.
    """
    document: dict[str, object] = {}
    claimed: dict[str, str] = {}
    for emission, resolved in configuration.emitted(DYNAMIC_CONFIG):
        other = claimed.setdefault(emission.name.lower(), resolved.key)
        if other != resolved.key:
            raise DeclarationError(f"{other} and {resolved.key} both claim the dynamic-config key {emission.name}")
        document[emission.name] = [{"value": emitted_value(emission, resolved), "constraints": {}}]
    return document


def _reasons(configuration: Configuration) -> Mapping[str, str]:
    return {
        emission.name: f"{resolved.by}: {resolved.reason}"
        for emission, resolved in configuration.emitted(DYNAMIC_CONFIG)
    }


class DynamicConfigAdapter:
    """Writes ``dynamic_config.yaml``, which a running server reads again every few seconds."""

    key = "dynamic-config"
    kind = "server"

    def artifacts(self, configuration: Configuration, explanation: Explanation) -> Sequence[Artifact]:  # noqa: ARG002
        """One file, with who set each value and why above it."""
        text = yaml_text(
            dynamic_config(configuration),
            header=(f"Dynamic configuration of {configuration.name}, written by sre-copilot compile.",),
            comments=_reasons(configuration),
        )
        return [Artifact(PATH, text.encode())]
