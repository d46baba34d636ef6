"""What the installed plugins compile, for tests of artifacts against the programs that read them."""

from __future__ import annotations

import functools
import itertools

from sre_copilot.compiler.artifacts import artifacts_of
from sre_copilot.compiler.compiling import compile_request
from sre_copilot.compiler.registry import Registry
from sre_copilot.compiler.request import Request
from sre_copilot.explain.configuration.composition import explain_composition
from sre_copilot.plugins.manager import Manager
from sre_copilot_hookspecs import Configuration

PRESETS = ("starter", "mid-scale", "high-throughput")
MODIFIERS = (None, "simple-crud", "orchestrator", "batch-processor", "long-running")
COMBINATIONS = tuple(itertools.product(PRESETS, MODIFIERS))


@functools.cache
def manager() -> Manager:
    """Every installed plugin."""
    return Manager.load()


@functools.cache
def registry() -> Registry:
    """What they declare."""
    hooks = ("copilot_parameters", "copilot_presets", "copilot_modifiers", "copilot_guard_rails")
    return Registry.of(*(manager().collect(hook) for hook in hooks))


@functools.cache
def compiled(preset: str, modifier: str | None = None) -> Configuration:
    """A configuration that nothing stands in the way of."""
    return compile_request(registry(), Request(preset, modifier)).accepted()


@functools.cache
def files(preset: str, modifier: str | None = None) -> dict[str, bytes]:
    """All artifacts of a configuration by path."""
    configuration = compiled(preset, modifier)
    explanation = explain_composition(configuration, len(registry().guard_rails))
    adapters = manager().collect("copilot_adapters")
    return {
        artifact.path: artifact.content
        for artifact in artifacts_of(adapters, {"sdk": "all", "platform": "all"}, configuration, explanation)
    }
