"""Environment files and an override file for Docker Compose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sre_copilot_hookspecs.configuration import Artifact
from sre_copilot_hookspecs.emitting import SERVER_SERVICES, ServerEnvironment, replicas_of, server_environment
from sre_copilot_hookspecs.errors import DeclarationError
from sre_copilot_hookspecs.explanations import Explanation
from sre_copilot_hookspecs.resolved import Configuration
from sre_copilot_temporal.adapters import dynamic_config
from sre_copilot_temporal.adapters.yaml_text import comment_line, yaml_text

OVERRIDE = "compose/compose.override.yaml"
SHARED = "compose/temporal.env"

DYNAMIC_CONFIG_FILE = "/etc/temporal/config/dynamicconfig/compiled.yaml"
"""Where the containers find the dynamic configuration."""

DYNAMIC_CONFIG_VARIABLE = "DYNAMIC_CONFIG_FILE_PATH"
"""What the server images' configuration template reads that path from (github.com/temporalio/docker-builds)."""

OUTPUT_FOLDER = "${COMPILED:?set COMPILED to the folder that sre-copilot compile wrote}"
"""Compose resolves relative paths from the folder of its first file, which is not this one: so it must be told."""

_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=-]*")


class ComposeAdapter:
    """Writes an override file that outweighs whatever the project's own file sets, and the same as ``.env`` files."""

    key = "compose"
    kind = "platform"

    def artifacts(self, configuration: Configuration, explanation: Explanation) -> Sequence[Artifact]:  # noqa: ARG002
        """The override file, one environment file that all services share, and one for each service.

        :raises DeclarationError: if a value cannot stand in an environment file.
        """
        environment = server_environment(configuration)
        title = f"Environment of {configuration.name}, written by sre-copilot compile."
        return [
            Artifact(OVERRIDE, _override(configuration, environment).encode()),
            Artifact(SHARED, _env_file(title, environment.shared).encode()),
            *(
                Artifact(f"compose/{service}.env", _env_file(title, environment.own[service]).encode())
                for service in SERVER_SERVICES
            ),
        ]


def _override(configuration: Configuration, environment: ServerEnvironment) -> str:
    document = {
        "services": {
            f"temporal-{service}": _service(configuration, environment, service) for service in SERVER_SERVICES
        }
    }
    return yaml_text(
        document,
        header=(
            f"What {configuration.name} sets on Temporal's services, written by sre-copilot compile.",
            "Values stand under environment, because an env_file loses against the project's own environment.",
        ),
    )


def _service(configuration: Configuration, environment: ServerEnvironment, service: str) -> dict[str, object]:
    pairs = (*environment.of(service), (DYNAMIC_CONFIG_VARIABLE, DYNAMIC_CONFIG_FILE))
    compiled: dict[str, object] = {
        # Compose replaces what follows a dollar sign, unless it is doubled.
        "environment": {name: text.replace("$", "$$") for name, text in pairs},
        "volumes": [f"{OUTPUT_FOLDER}/{dynamic_config.PATH}:{DYNAMIC_CONFIG_FILE}:ro"],
    }
    replicas = replicas_of(configuration, service)
    if replicas is not None:
        compiled["deploy"] = {"replicas": replicas}
    return compiled


def _env_file(title: str, pairs: Iterable[tuple[str, str]]) -> str:
    return "\n".join((comment_line(title), *(f"{name}={_env_text(name, text)}" for name, text in pairs), ""))


def _env_text(name: str, text: str) -> str:
    """Bare where it can be, because ``docker run --env-file`` takes quotes for part of the value."""
    if _PLAIN.fullmatch(text):
        return text
    if "'" in text or not text.isprintable():
        raise DeclarationError(f"{name}={text!r} cannot stand in an environment file: it holds a quote or a line break")
    return f"'{text}'"
