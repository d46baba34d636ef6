"""The notifiers' part of ``doctor``."""

from __future__ import annotations

import attrs

from sre_copilot_hookspecs import CheckOutcome, CheckResult, Settings
from sre_copilot_notifiers.building import notifiers
from sre_copilot_notifiers.settings import NotifySettings


@attrs.frozen
class NotifierChecks:
    """Says who would be told. Nobody is: a test message at night is worse than none."""

    key: str = "notifiers"

    async def run(self, settings: Settings) -> list[CheckResult]:
        """Build every notifier of the settings."""
        wanted = settings.section(NotifySettings)
        keys = [notifier.key for notifier in notifiers(wanted)]
        if not keys:
            return []
        results = [CheckResult("notify", CheckOutcome.OK, f"State changes are told to {', '.join(keys)}.")]
        plain = [name for name in ("webhook", "slack") if (getattr(wanted, name) or "").startswith("http://")]
        results += [
            CheckResult("notify", CheckOutcome.WARNING, f"notify.{name} is not encrypted. Use https:// there.")
            for name in plain
        ]
        return results
