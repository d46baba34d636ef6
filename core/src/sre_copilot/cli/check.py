"""``sre-copilot check``."""

from __future__ import annotations

import json as writer
import sys

from sre_copilot.cli.configuring import load_profile, load_registry
from sre_copilot.compiler.profile import Profile
from sre_copilot_hookspecs.configuration import Verdict

REFUSED = 2
"""Exit code where something is wrong."""


def check(profile: str, /, *, strict: bool = False, json: bool = False) -> int:
    """Check a profile: its values, and every guard rail on them. Exits with 2 if anything is wrong.

    :param profile: the path of a profile.json.
    :param strict: exit with 2 for warnings too.
    :param json: print JSON instead of lines.
    """
    _, registry = load_registry()
    found = load_profile(registry, profile)
    errors, warnings = _errors(found), _warnings(found)
    failed = bool(errors or (strict and warnings))
    if json:
        document = {"profile": profile, "ok": not failed, "errors": errors, "warnings": warnings}
        sys.stdout.write(writer.dumps(document, indent=2) + "\n")
        return REFUSED if failed else 0
    for word, lines in (("error", errors), ("warning", warnings)):
        for line in lines:
            sys.stdout.write(f"{word}: {line}\n")
    sys.stdout.write(
        f"{profile}: {len(found.configuration.values)} values, {len(registry.guard_rails)} guard rails,"
        f" {_counted(len(errors), 'error')}, {_counted(len(warnings), 'warning')}.\n"
    )
    return REFUSED if failed else 0


def _errors(profile: Profile) -> list[str]:
    fired = [f"{rail.key}: {rail.says}" for rail in profile.configuration.fired if rail.rail.verdict is Verdict.ERROR]
    return [*(problem.says for problem in profile.problems), *fired]


def _warnings(profile: Profile) -> list[str]:
    fired = [f"{rail.key}: {rail.says}" for rail in profile.configuration.fired if rail.rail.verdict is Verdict.WARNING]
    return [*fired, *profile.edited]


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count or 'no'} {noun}s"
