"""``sre-copilot rules``."""

from __future__ import annotations

import asyncio
import json as writer
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

if TYPE_CHECKING:
    from sre_copilot.health.ruleset import Ruleset
    from sre_copilot_hookspecs import Band

rules = App(name="rules", help="Show, compare and apply the rules that decide.")

NOT_ALL = 1


@rules.command
def show(*, band: str | None = None, cluster: str | None = None, json: bool = False) -> None:
    """Show the rules as the settings have them now: gates, thresholds, modes, causes, limits.

    :param band: only the numbers of this scale band: starter, mid-scale or high-throughput.
    :param cluster: with the thresholds and the band of this cluster.
    :param json: print JSON, with the digest.
    """
    from sre_copilot.cli.context import load_context
    from sre_copilot.cli.rule_listing import document_of
    from sre_copilot.cli.rule_sources import current_rules
    from sre_copilot.cli.rule_text import lines_of

    context = load_context()
    if cluster is not None:
        context.settings.cluster(cluster)
    ruleset = current_rules(context, cluster)
    chosen = _band(band)
    if json:
        sys.stdout.write(writer.dumps(document_of(ruleset, chosen), indent=2) + "\n")
        return
    sys.stdout.write("".join(f"{line}\n" for line in lines_of(ruleset, chosen)))


def _band(name: str | None) -> Band | None:
    from sre_copilot_hookspecs import Band, CopilotError
    from sre_copilot_hookspecs.nearest import did_you_mean

    if name is None:
        return None
    names = [band.value for band in Band]
    if name not in names:
        raise CopilotError(f"there is no band {name!r}{did_you_mean(name, names)}")
    return Band(name)


@rules.command
def diff(first: str, second: str, /, *, cluster: str | None = None, json: bool = False) -> None:
    """Show what is different between two rulesets: thresholds, gates, causes and everything else.

    Each is current, stored:DIGEST, or a file: a TOML or JSON file of overrides, or what rules show --json printed.

    :param first: the ruleset to compare.
    :param second: the ruleset to compare it with.
    :param cluster: for current and files of overrides, the cluster whose settings hold.
    :param json: print JSON.
    """
    from sre_copilot.cli.rule_listing import change_document, change_lines
    from sre_copilot.health.differences import differences
    from sre_copilot.health.encoding import digest

    before, after = asyncio.run(_both(first, second, cluster))
    changes = differences(before, after)
    if json:
        document = {
            "first": digest(before),
            "second": digest(after),
            "changes": [change_document(change) for change in changes],
        }
        sys.stdout.write(writer.dumps(document, indent=2) + "\n")
        return
    sys.stdout.write(f"{first} {digest(before)[:12]}, {second} {digest(after)[:12]}\n")
    for change in changes:
        sys.stdout.write("".join(f"{line}\n" for line in change_lines(change)))
    if not changes:
        sys.stdout.write("There is no difference.\n")


async def _both(first: str, second: str, cluster: str | None) -> tuple[Ruleset, Ruleset]:
    from sre_copilot.cli.context import load_context
    from sre_copilot.cli.rule_sources import needs_store, rules_named
    from sre_copilot.cli.stored import open_store

    context = load_context()
    if cluster is not None:
        context.settings.cluster(cluster)
    if not needs_store(first) and not needs_store(second):
        return await rules_named(context, first, cluster, None), await rules_named(context, second, cluster, None)
    async with open_store(context) as store:
        return await rules_named(context, first, cluster, store), await rules_named(context, second, cluster, store)


@rules.command
def apply(
    file: Path | None = None,
    /,
    *,
    set_: Annotated[tuple[str, ...], Parameter(name="--set", negative=())] = (),
    cluster: str | None = None,
) -> int:
    """Hand rules to the running workflows, which decide with them from their next cycle on.

    Without a file: the rules of the settings, such as after a change of sre-copilot.toml. What is wrong with the
    rules is said before any workflow hears of them, and the running ones stay.

    :param file: overrides on top of the settings, as TOML or JSON. They hold until a worker starts again.
    :param set_: one threshold, as threshold=number; may be given several times.
    :param cluster: only this cluster; all of them if left out.
    """
    from sre_copilot.cli.context import load_context
    from sre_copilot.cli.rule_applying import apply_rules
    from sre_copilot.cli.running import need_clusters

    context = load_context()
    need_clusters(context)
    return 0 if asyncio.run(apply_rules(context, file, set_, cluster)) else NOT_ALL
