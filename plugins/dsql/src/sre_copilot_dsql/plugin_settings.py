"""The settings file of Temporal's DSQL persistence plugin."""

from __future__ import annotations

from collections.abc import Sequence

from sre_copilot_hookspecs.configuration import DSQL_PLUGIN, Artifact
from sre_copilot_hookspecs.emitting import emitted_value, json_artifact
from sre_copilot_hookspecs.errors import DeclarationError
from sre_copilot_hookspecs.explanations import Explanation
from sre_copilot_hookspecs.resolved import Configuration

PATH = "dsql_plugin.json"


class DsqlSettingsAdapter:
    """Writes ``dsql_plugin.json``: connection, reservoir, rate limit and lease settings by field."""

    key = "dsql-settings"
    kind = "server"

    def artifacts(self, configuration: Configuration, explanation: Explanation) -> Sequence[Artifact]:  # noqa: ARG002
        """One file.

        :raises DeclarationError: if two parameters claim one field.
        """
        document: dict[str, object] = {}
        claimed: dict[str, str] = {}
        for emission, resolved in configuration.emitted(DSQL_PLUGIN):
            other = claimed.setdefault(emission.name, resolved.key)
            if other != resolved.key:
                raise DeclarationError(f"{other} and {resolved.key} both claim the field {emission.name} of {PATH}")
            document[emission.name] = emitted_value(emission, resolved)
        return [json_artifact(PATH, document)]
