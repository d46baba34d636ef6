"""Chat rooms with incoming webhooks as Slack has them."""

from __future__ import annotations

import attrs

from sre_copilot_hookspecs import HealthState, StateChange
from sre_copilot_notifiers.message import headline, summary
from sre_copilot_notifiers.posting import Mailbox

_SIGNS = {
    HealthState.CRITICAL: ":red_circle:",
    HealthState.STRESSED: ":large_yellow_circle:",
    HealthState.HAPPY: ":large_green_circle:",
}


@attrs.frozen
class Chat:
    """Writes into a room."""

    mailbox: Mailbox
    link: str = ""
    key: str = "slack"

    async def notify(self, change: StateChange) -> None:
        """Post it.

        :raises NotTold: if it was not taken.
        """
        await self.mailbox.post({"text": text(change, self.link)}, key=change.decision_id)


def text(change: StateChange, link: str = "") -> str:
    """The message, with what others wrote in it escaped: nobody is mentioned, and nothing is a link but ours."""
    sign = _SIGNS.get(change.after, ":white_circle:")
    lines = [f"{sign} *{escaped(headline(change))}*", escaped(summary(change))]
    return "\n".join([*lines, *([f"<{link}|Details>"] if link else [])])


def escaped(words: str) -> str:
    """Text that Slack shows as it is."""
    plain = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # An at sign followed by nothing visible mentions nobody, in rooms that understand plain names.
    return plain.replace("@", "@\u200b")
