"""``sre-copilot doctor``."""

from __future__ import annotations

import asyncio
import json as writer
import sys
from collections.abc import Sequence

import attrs

from sre_copilot.cli.context import Context, load_context
from sre_copilot.cli.model_check import model_results
from sre_copilot.health.declarations import Declared
from sre_copilot.plugins.deadline import Overrun, call_within
from sre_copilot.plugins.finding import what_happened
from sre_copilot.settings.masking import mask_urls
from sre_copilot_hookspecs.operations import Check, CheckOutcome, CheckResult

DEADLINE = 15.0
"""Seconds that one plugin's check may take."""

_STYLES = {CheckOutcome.OK: "green", CheckOutcome.WARNING: "yellow", CheckOutcome.FAILED: "bold red"}


@attrs.frozen
class _Line:
    plugin: str
    result: CheckResult


def doctor(*, json: bool = False) -> int:
    """Check everything the copilot depends on: its plugins, its servers and what it watches.

    :param json: print JSON instead of a table.
    :return: 1 if a check failed, else 0.
    """
    context = load_context(on_failure=None)
    lines = asyncio.run(_examine(context))
    if json:
        sys.stdout.write(writer.dumps([_document(line) for line in lines], indent=2) + "\n")
    else:
        _show(lines)
    return int(any(line.result.outcome is CheckOutcome.FAILED for line in lines))


async def _examine(context: Context) -> list[_Line]:
    manager = context.manager
    checks: Sequence[Declared[Check]] = manager.collect(
        "copilot_checks",
        settings=context.settings,
        signals=[declared.value for declared in manager.collect("copilot_signals")],
        dialects=[declared.value for declared in manager.collect("copilot_dialects")],
        signers=[declared.value for declared in manager.collect("copilot_request_signers", settings=context.settings)],
    )
    results = await asyncio.gather(*(_run(context, check) for check in checks))
    failures = [
        _Line(failure.plugin, CheckResult(failure.hook, CheckOutcome.FAILED, failure.says))
        for failure in context.manager.failures
    ]
    models = [_Line("sre-copilot", result) for result in await model_results(manager, context.settings)]
    return [*failures, *(line for lines in results for line in lines), *models]


async def _run(context: Context, check: Declared[Check]) -> list[_Line]:
    def work() -> object:
        # In a thread with a loop of its own, so that a check that blocks holds up no other.
        return asyncio.run(_awaited(context, check.value))

    key = check.value.key
    try:
        found = await call_within(DEADLINE, work, name=f"check {key}")
    except Overrun:
        return [_failed(check, f"It did not end within {DEADLINE:g} s.")]
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything; the other checks go on
        return [_failed(check, mask_urls(what_happened(error)))]
    if not isinstance(found, list | tuple) or not all(isinstance(one, CheckResult) for one in found):
        return [_failed(check, f"It returned {type(found).__name__} instead of a list of CheckResult.")]
    return [_Line(check.plugin, attrs.evolve(result, says=mask_urls(result.says))) for result in found]


async def _awaited(context: Context, check: Check) -> object:
    return await check.run(context.settings)


def _failed(check: Declared[Check], says: str) -> _Line:
    return _Line(check.plugin, CheckResult(check.value.key, CheckOutcome.FAILED, says))


def _document(line: _Line) -> dict[str, str]:
    return {
        "plugin": line.plugin,
        "name": line.result.name,
        "outcome": line.result.outcome.value,
        "says": line.result.says,
    }


def _show(lines: list[_Line]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console()
    for line in lines:
        outcome = line.result.outcome
        label = Text(f"{outcome.value:<9}", style=_STYLES[outcome])
        console.print(label + Text(f"{line.plugin}: {line.result.name}: {line.result.says}"), soft_wrap=True)
    if not lines:
        console.print("No plugin has anything to check.")
