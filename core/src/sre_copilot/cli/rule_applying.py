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
    if any(done) and (file is not None or options):
        sys.stdout.write(
            "This holds until a worker starts again; write it into the thresholds of sre-copilot.toml to keep it.\n"
        )
    return all(done)


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


async def _hand_over(connection: TemporalConnection, rulesets: dict[str, Ruleset]) -> list[bool]:
    """Whether each cluster's workflow took its rules."""
    from temporalio.client import WorkflowUpdateFailedError
    from temporalio.exceptions import TemporalError

    from sre_copilot.workflows.connection import connect_own
    from sre_copilot.workflows.supervise import hand_over

    client = await connect_own(connection)
    taken = []
    for name, ruleset in rulesets.items():
        try:
            async with asyncio.timeout(WITHIN):
                before = await hand_over(client, name, ruleset)
        except WorkflowUpdateFailedError as refusal:
            sys.stderr.write(f"sre-copilot: cluster {name} refused the rules: {refusal.cause}; its own stay\n")
            taken.append(False)
        except (TemporalError, TimeoutError) as failure:
            sys.stderr.write(f"sre-copilot: cluster {name} was not reached: {_why(failure)}\n")
            taken.append(False)
        else:
            taken.append(True)
            same = before == digest(ruleset)
            sys.stdout.write(
                f"{name}: decides with {digest(ruleset)[:12]} already.\n"
                if same
                else f"{name}: {before[:12]} -> {digest(ruleset)[:12]} from the next cycle on.\n"
            )
    return taken


def _why(failure: BaseException) -> str:
    """What keeps a cluster's workflow from answering, and what to do about it."""
    from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError
    from temporalio.service import RPCError, RPCStatusCode

    if isinstance(failure, RPCError) and failure.status is RPCStatusCode.NOT_FOUND:
        return "no workflow watches it; start sre-copilot worker or up with its settings"
    late = isinstance(failure, TimeoutError | WorkflowUpdateRPCTimeoutOrCancelledError)
    # A query that no worker takes ends as one of these, by way of the client or of the server.
    unanswered = (RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED, RPCStatusCode.FAILED_PRECONDITION)
    if late or (isinstance(failure, RPCError) and failure.status in unanswered):
        return "its workflow does not answer; is sre-copilot worker or up running?"
    return str(failure) or type(failure).__name__
