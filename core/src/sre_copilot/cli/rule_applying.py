"""Handing rules to running workflows."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from sre_copilot.cli.context import Context
from sre_copilot.cli.rule_sources import (
    Overrides,
    current_rules,
    overrides_of_options,
    rules_of_file,
)
from sre_copilot.health.encoding import digest
from sre_copilot.health.ruleset import Ruleset
from sre_copilot.settings.embedded import EmbeddedNote
from sre_copilot_hookspecs import CopilotError, SettingsError, TemporalConnection

WITHIN = 40.0
"""Seconds in which a workflow takes rules over: the longest cycle in work, and some more."""


async def apply_rules(context: Context, file: Path | None, options: Sequence[str], cluster: str | None) -> bool:
    """Check rules for every cluster first, then hand them over; return whether every workflow took them.

    :raises CopilotError: if the rules are wrong; then nobody hears of them.
    """
    names = (
        [context.settings.cluster(cluster).name]
        if cluster is not None
        else [each.name for each in context.settings.clusters]
    )
    rulesets = {name: _rules(context, file, options, name) for name in names}
    connection = context.settings.temporal
    if connection is None:
        address = EmbeddedNote.read(context.settings.data_folder).temporal
        if address is None:
            raise SettingsError("copilot.temporal.address is not set, and nothing embedded runs here")
        connection = TemporalConnection(address=address)
    done = await _hand_over(connection, rulesets)
    if file is not None or options:
        sys.stdout.write(
            "This holds until a worker starts again; write it into the thresholds of sre-copilot.toml to keep it.\n"
        )
    return done


def _rules(context: Context, file: Path | None, options: Sequence[str], cluster: str) -> Ruleset:
    thresholds = overrides_of_options(options)
    if file is None:
        return current_rules(context, cluster, Overrides(thresholds))
    ruleset = rules_of_file(context, file, cluster, Overrides(thresholds))
    # What no worker could resolve from its plugins it could still decide with, but not name in words.
    known = {entry.value.key for entry in context.manager.declarations().signals}
    foreign = [rule.key for rule in ruleset.signals if rule.key not in known]
    if foreign:
        raise CopilotError(f"{file} judges signal {foreign[0]!r}, which no plugin here declares")
    return ruleset


async def _hand_over(connection: TemporalConnection, rulesets: dict[str, Ruleset]) -> bool:
    from temporalio.client import WorkflowUpdateFailedError
    from temporalio.exceptions import TemporalError

    from sre_copilot.workflows.connection import connect_own
    from sre_copilot.workflows.supervise import hand_over

    client = await connect_own(connection)
    well = True
    for name, ruleset in rulesets.items():
        try:
            async with asyncio.timeout(WITHIN):
                before = await hand_over(client, name, ruleset)
        except WorkflowUpdateFailedError as refusal:
            sys.stderr.write(f"sre-copilot: cluster {name} refused the rules: {refusal.cause}; its own stay\n")
            well = False
        except (TemporalError, TimeoutError) as failure:
            said = str(failure) or f"no answer within {WITHIN:g} s; is a worker running?"
            sys.stderr.write(f"sre-copilot: cluster {name} was not reached: {said}\n")
            well = False
        else:
            same = before == digest(ruleset)
            sys.stdout.write(
                f"{name}: decides with {digest(ruleset)[:12]} already.\n"
                if same
                else f"{name}: {before[:12]} -> {digest(ruleset)[:12]} from the next cycle on.\n"
            )
    return well
