"""The resolved config profile: the one form in which a compiled configuration is kept and read again.

Whoever writes ``profile.json`` writes this document; the core reads it, for ``check``, ``diff`` and ``explain``.
"""

from __future__ import annotations

from sre_copilot_hookspecs.configuration import ParameterClass
from sre_copilot_hookspecs.resolved import Configuration, ResolvedValue

PROFILE_FORMAT = "sre-copilot config profile 1"
"""The value of ``format``, by which a profile is told from any other JSON."""


def profile_document(configuration: Configuration) -> dict[str, object]:
    """A configuration as JSON values, in a fixed order. Equal configurations give equal documents.

    ``values`` holds every parameter by class and key: its value, who set it, what each layer said, and what it was
    derived from. ``overrides`` alone, with preset and modifier, leads to the same values again.
    """
    return {
        "format": PROFILE_FORMAT,
        "name": configuration.name,
        "preset": configuration.preset.key,
        "modifier": None if configuration.modifier is None else configuration.modifier.key,
        "compiler": configuration.compiler,
        "plugins": dict(configuration.plugins),
        "overrides": [
            {"key": value.key, "value": value.value, "source": value.source.value, "by": value.by}
            for value in configuration.overrides
        ],
        "values": {
            kind.value: {
                value.key: _value(value) for value in configuration.values.values() if value.parameter.kind is kind
            }
            for kind in ParameterClass
        },
        "guard_rails": [
            {"key": fired.key, "verdict": fired.rail.verdict.value, "says": fired.says} for fired in configuration.fired
        ],
    }


def _value(resolved: ResolvedValue) -> dict[str, object]:
    return {
        "value": resolved.value,
        "source": resolved.source.value,
        "by": resolved.by,
        "layers": [{"source": layer.source.value, "by": layer.by, "value": layer.value} for layer in resolved.layers],
        "chain": list(resolved.chain),
    }
