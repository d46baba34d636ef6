"""The plugin manager: every plugin, each hook called once and implementation by implementation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import pluggy

from sre_copilot.health.declarations import Declarations, Declared
from sre_copilot.plugins.calling import in_order, newest_first, values_of
from sre_copilot.plugins.duplicates import check_duplicates
from sre_copilot.plugins.failures import PluginFailure
from sre_copilot.plugins.finding import (
    FAILURES,
    Unimportable,
    import_file,
    import_installed,
    import_module,
    what_happened,
)
from sre_copilot.plugins.found import FoundPlugin, Origin
from sre_copilot.plugins.installed import InstalledPlugin, installed_plugins, installed_version
from sre_copilot.plugins.listing import PluginEntry, PluginStatus, blocked_entry, entry_of
from sre_copilot.plugins.requests import PluginRequest, in_effect
from sre_copilot.plugins.verify import refusal, specified_hooks
from sre_copilot_hookspecs import hooks
from sre_copilot_hookspecs.errors import CopilotError
from sre_copilot_hookspecs.markers import PROJECT

if TYPE_CHECKING:
    from sre_copilot.compiler.registry import Registry

EARLY = ("copilot_settings", "copilot_commands")
"""Hooks that are called before, and often without, the declarations."""

HEALTH = ("signals", "gates", "threshold_profiles", "causes", "services", "worker_rules")
"""What :class:`Declarations` calls the results of the hooks ``copilot_signals`` and so on."""


CONFIGURATION = ("parameters", "presets", "modifiers", "guard_rails")
"""What :class:`Registry` calls the results of the hooks ``copilot_parameters`` and so on."""

COMPILING = (*(f"copilot_{name}" for name in CONFIGURATION), "copilot_adapters", "copilot_explain_renderers")
"""Hooks that the configuration compiler needs; it does without all others, which take longer than it."""


class Manager:
    """Every plugin of this process.

    pluggy finds the implementations; calling them is done here, one by one, because pluggy stops at the first
    one that raises and loses what the others returned.

    A plugin that fails in a hook without arguments, which is a declaration, is left out as a whole: half of
    its rules could mean something else than all of them. One that fails in a hook that is handed settings
    loses that hook only.
    """

    def __init__(self, *, on_failure: Callable[[PluginFailure], None] | None = None) -> None:
        """A manager without plugins; :meth:`load` makes one with them.

        :param on_failure: told of each failure at once, so that a long-running command can say so.
        """
        self._pluggy = pluggy.PluginManager(PROJECT)
        self._pluggy.add_hookspecs(hooks)
        self._specified = specified_hooks(self._pluggy)
        self._on_failure = on_failure
        self._found: dict[str, FoundPlugin] = {}
        self._blocked: dict[str, InstalledPlugin | None] = {}
        self._failures: list[PluginFailure] = []
        self._left_out: dict[str, str] = {}
        self._suspended: dict[str, str] = {}
        self._early: dict[str, tuple[Declared[Any], ...]] = {}
        self._declared: dict[str, tuple[Declared[Any], ...]] = {}

    @classmethod
    def load(
        cls,
        requests: Iterable[PluginRequest] = (),
        *,
        on_failure: Callable[[PluginFailure], None] | None = None,
    ) -> Manager:
        """Every installed plugin and those that were asked for, without those that were blocked.

        :raises CopilotError: if a plugin that was asked for cannot be imported or registered. An installed
            one that nobody asked for is left out and reported instead.
        """
        manager = cls(on_failure=on_failure)
        installed = installed_plugins()
        wanted = in_effect(requests)
        manager._blocked = {request.name: installed.get(request.name) for request in wanted if request.block}
        explicit = {request.name for request in wanted if not request.block and request.path is None}
        for name, point in installed.items():
            if name not in manager._blocked:
                manager._add(import_installed(point, explicit=name in explicit))
        for request in wanted:
            if not request.block and (request.path is not None or request.name not in installed):
                manager._add(import_file(request) if request.path else import_module(request, installed))
        return manager

    def register(self, plugin: object, name: str) -> None:
        """Add a plugin that is already an object, as an embedding program or a test has it.

        :raises CopilotError: if the name is taken or an implementation does not fit its hook.
        """
        self._add(FoundPlugin(name, plugin, Origin.PROGRAM, "registered by the program", explicit=True))

    def _add(self, found: FoundPlugin | Unimportable) -> None:
        if isinstance(found, Unimportable):
            self._refuse(found.found, "import", found.says)
            return
        if any(known.plugin is found.plugin for known in self._found.values()):
            return
        if found.name in self._found:
            raise CopilotError(f"{found} has the name of {self._found[found.name]}; rename one of them")
        refused = refusal(self._pluggy, found)
        if refused is not None:
            self._refuse(found, refused.hook, refused.says)
            return
        self._found[found.name] = found
        self._pluggy.register(found.plugin, found.name)

    def _refuse(self, found: FoundPlugin, hook: str, says: str) -> None:
        if found.explicit:
            raise CopilotError(says)
        self._found[found.name] = found
        self.leave_out(found.name, hook, says)

    def leave_out(self, plugin: str, hook: str, says: str) -> None:
        """Drop everything a plugin declared, and report why.

        :param says: a whole sentence that names plugin and hook.
        """
        self._left_out.setdefault(plugin, says)
        self._report(PluginFailure(plugin, hook, says))

    def _report(self, failure: PluginFailure) -> None:
        if failure in self._failures:
            return
        self._failures.append(failure)
        if self._on_failure is not None:
            self._on_failure(failure)

    @property
    def failures(self) -> tuple[PluginFailure, ...]:
        """Everything plugins could not do so far, in the order it happened."""
        return tuple(self._failures)

    @property
    def absent(self) -> frozenset[str]:
        """Names of plugins that are blocked or left out. Their settings may stay in the file."""
        return frozenset(self._blocked) | frozenset(self._left_out)

    def describe(self, plugin: str) -> str:
        """A plugin as a sentence names it: ``plugin 'payments' (./payments.py)``."""
        found = self._found.get(plugin)
        return str(found) if found is not None else f"plugin {plugin!r}"

    def collect(self, hook: str, **arguments: object) -> tuple[Declared[Any], ...]:
        """What all plugins return from one hook, each value with the plugin it came from.

        Declarations are asked for once and kept. A hook that is handed settings is called anew each time.

        :raises DeclarationError: if two declarations have one key.
        """
        if hook in EARLY:
            return self._collect_early(hook)
        declared = self._declare(COMPILING) if hook in COMPILING else self._declare(self._without_arguments())
        if hook in declared:
            return declared[hook]
        found = self._call_each(hook, arguments)
        check_duplicates(hook, found, self.describe)
        return found

    def first(self, hook: str, **arguments: object) -> Any | None:
        """The first answer to a first-result hook, or ``None`` where no plugin answers.

        The plugin that was registered last is asked first, so that a user's answers before an installed one.

        :raises CopilotError: if none answers and one failed, with its reason.
        """
        self._declare(self._without_arguments())
        failed: list[str] = []
        for implementation in newest_first(self._pluggy, hook):
            if implementation.plugin_name in self._left_out:
                continue
            for value in self._call(hook, implementation, arguments, failed):
                return value
        if failed:
            raise CopilotError(failed[0])
        return None

    def _collect_early(self, hook: str) -> tuple[Declared[Any], ...]:
        if hook not in self._early:
            found = self._call_each(hook, {})
            check_duplicates(hook, found, self.describe)
            self._early[hook] = found
        return self._present(self._early[hook])

    def _without_arguments(self) -> tuple[str, ...]:
        """The hooks that are declarations, except those of the compiler."""
        apart = (*EARLY, *COMPILING)
        return tuple(hook for hook, arguments in self._specified.items() if not arguments and hook not in apart)

    def _declare(self, hooks: Iterable[str]) -> dict[str, tuple[Declared[Any], ...]]:
        """Declarations, asked for together: a plugin that fails in one is left out of each."""
        missing = [hook for hook in hooks if hook not in self._declared]
        found = {hook: self._call_each(hook, {}) for hook in missing}
        present = {hook: self._present(declared) for hook, declared in found.items()}
        for hook, declared in present.items():
            check_duplicates(hook, declared, self.describe)
        self._declared.update(present)
        return {hook: self._present(declared) for hook, declared in self._declared.items()}

    def _present(self, declared: tuple[Declared[Any], ...]) -> tuple[Declared[Any], ...]:
        return tuple(entry for entry in declared if entry.plugin not in self._left_out)

    def _call_each(self, hook: str, arguments: dict[str, object]) -> tuple[Declared[Any], ...]:
        return tuple(
            Declared(implementation.plugin_name, value)
            for implementation in in_order(self._pluggy, hook)
            if implementation.plugin_name not in self._left_out
            for value in self._call(hook, implementation, arguments, [])
        )

    def _call(
        self, hook: str, implementation: pluggy.HookImpl, arguments: dict[str, object], failed: list[str]
    ) -> tuple[Any, ...]:
        """What one implementation returns; nothing if it fails, which is reported and added to ``failed``."""
        try:
            return values_of(hook, implementation, arguments)
        except FAILURES as error:
            plugin = implementation.plugin_name
            says = f"{self.describe(plugin)}, hook {hook}: {what_happened(error)}"
            failed.append(says)
            if self._specified[hook]:
                self._report(PluginFailure(plugin, hook, says))
            else:
                self.leave_out(plugin, hook, says)
            return ()

    def suspend(self, plugin: str, reason: str) -> None:
        """Stop calling a plugin's evaluators and parsers until the process starts again.

        Its declarations and sources stay: a hanging evaluator is no reason to go blind.

        :param reason: a sentence: what hung, and for how long.
        """
        self._suspended.setdefault(plugin, reason)

    def suspended(self, plugin: str) -> str | None:
        """Why a plugin is suspended, or ``None`` if it is not."""
        return self._suspended.get(plugin)

    def declarations(self) -> Declarations:
        """Everything a ruleset is resolved from.

        :raises DeclarationError: if two declarations have one key.
        """
        declared = self._declare(self._without_arguments())
        findings = tuple(
            Declared(entry.plugin, key)
            for entry in declared["copilot_amplifier_evaluators"]
            for key in entry.value.finds
        )
        parts = {name: declared[f"copilot_{name}"] for name in HEALTH}
        return Declarations(**parts, findings=findings, plugins=self._versions(*parts.values(), findings))

    def configuration(self) -> Registry:
        """Everything that a deployment's configuration is compiled from.

        :raises DeclarationError: if two declarations have one key, one refers to a parameter that nobody
            declares, or a value would be derived from itself.
        """
        from sre_copilot.compiler.registry import Registry

        parts = {name: self.collect(f"copilot_{name}") for name in CONFIGURATION}
        return Registry.of(
            **parts,
            describe=self.describe,
            compiler=installed_version("sre-copilot"),
            plugins=self._versions(*parts.values()),
        )

    def _versions(self, *declared: Iterable[Declared[Any]]) -> tuple[tuple[str, str], ...]:
        """Name and version of the plugins that declared something."""
        speakers = sorted({entry.plugin for entries in declared for entry in entries})
        return tuple((plugin, self._found[plugin].version) for plugin in speakers)

    def listing(self) -> tuple[PluginEntry, ...]:
        """Every plugin with its origin and what became of it, by name.

        :raises DeclarationError: if two declarations have one key.
        """
        early = {hook: self._collect_early(hook) for hook in EARLY}
        declared = {**self._declare((*self._without_arguments(), *COMPILING)), **early}
        self._check_configuration()
        loaded = [self._entry(found, declared) for found in self._found.values()]
        blocked = [blocked_entry(name, point) for name, point in self._blocked.items()]
        return tuple(sorted([*loaded, *blocked], key=lambda entry: entry.name))

    def _check_configuration(self) -> None:
        """Report what is wrong with declarations about configuration, which need each other across plugins."""
        from sre_copilot.compiler.checking import Misdeclared

        try:
            self.configuration()
        except Misdeclared as error:
            self._report(PluginFailure(error.plugin, error.hook, str(error)))

    def _entry(self, found: FoundPlugin, declared: dict[str, tuple[Declared[Any], ...]]) -> PluginEntry:
        counts = {hook: sum(entry.plugin == found.name for entry in entries) for hook, entries in declared.items()}
        implemented = {
            hook
            for hook in self._specified
            for implementation in in_order(self._pluggy, hook)
            if implementation.plugin_name == found.name
        }
        return entry_of(
            found,
            *self._status(found.name),
            hooks=tuple(sorted(implemented)),
            declarations=tuple(sorted((hook, count) for hook, count in counts.items() if count)),
        )

    def _status(self, plugin: str) -> tuple[PluginStatus, str]:
        if plugin in self._left_out:
            return PluginStatus.FAILED, self._left_out[plugin]
        if plugin in self._suspended:
            return PluginStatus.SUSPENDED, self._suspended[plugin]
        failed = [failure.says for failure in self._failures if failure.plugin == plugin]
        return (PluginStatus.FAILED, failed[0]) if failed else (PluginStatus.OK, "")
