"""From settings to notifiers."""

from __future__ import annotations

from collections.abc import Sequence

from sre_copilot_hookspecs import Notifier
from sre_copilot_notifiers.alertmanager import Webhook
from sre_copilot_notifiers.chat import Chat
from sre_copilot_notifiers.posting import Mailbox
from sre_copilot_notifiers.printing import Stdout
from sre_copilot_notifiers.settings import NotifySettings


def notifiers(settings: NotifySettings) -> Sequence[Notifier]:
    """Everybody whom the settings name.

    :raises SettingsError: if a URL is none; the text does not repeat it.
    """
    found: list[Notifier] = []
    if settings.stdout:
        found.append(Stdout())
    if settings.webhook:
        bearer = settings.webhook_bearer
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        mailbox = Mailbox("webhook", settings.webhook, settings.timeout, headers, settings.ca_certificate)
        found.append(Webhook(mailbox, settings.link))
    if settings.slack:
        mailbox = Mailbox("slack", settings.slack, settings.timeout, ca_certificate=settings.ca_certificate)
        found.append(Chat(mailbox, settings.link))
    return found
