"""Calling one implementation of a hook, and the order in which a hook's implementations are called."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import pluggy

from sre_copilot.plugins.expectations import expectation
from sre_copilot_hookspecs import hooks


def in_order(manager: pluggy.PluginManager, hook: str) -> list[pluggy.HookImpl]:
    """A hook's implementations: those that try to be first, the others as registered, then the last.

    pluggy keeps those registered later in front, which would reverse every listing.
    """
    kept = getattr(manager.hook, hook).get_hookimpls()
    return sorted(kept, key=lambda found: (not found.tryfirst, found.trylast))


def newest_first(manager: pluggy.PluginManager, hook: str) -> list[pluggy.HookImpl]:
    """pluggy's own order, for first-result hooks: a plugin the user adds answers before an installed one."""
    return list(reversed(getattr(manager.hook, hook).get_hookimpls()))


def values_of(hook: str, implementation: pluggy.HookImpl, arguments: Mapping[str, object]) -> tuple[Any, ...]:
    """What one implementation returns, checked. It is handed the arguments it asks for.

    :raises DeclarationError: if it returns something of another kind.
    :raises Exception: whatever the implementation raises.
    """
    asked = inspect.signature(implementation.function).parameters
    returned = implementation.function(**{name: value for name, value in arguments.items() if name in asked})
    expected = expectation(hooks, hook)
    if not expected.first_result:
        return expected.check_all(returned)
    answer = expected.check_one(returned)
    return () if answer is None else (answer,)
