"""A webhook that takes what Alertmanager sends, version 4 of its JSON."""

from __future__ import annotations

import hashlib

import attrs

from sre_copilot_hookspecs import HealthState, StateChange
from sre_copilot_notifiers.message import headline, is_over, summary
from sre_copilot_notifiers.posting import Mailbox

ALERT = "TemporalClusterState"
_SEVERITIES = {HealthState.CRITICAL: "critical", HealthState.STRESSED: "warning"}
_NOT_OVER = "0001-01-01T00:00:00Z"
"""How Alertmanager writes an end that has not come."""


@attrs.frozen
class Webhook:
    """Fires while a cluster is not happy, and resolves when it is."""

    mailbox: Mailbox
    link: str = ""
    key: str = "webhook"

    async def notify(self, change: StateChange) -> None:
        """Post it.

        :raises NotTold: if it was not taken.
        """
        await self.mailbox.post(alert_group(change, self.link), key=change.decision_id)


def alert_group(change: StateChange, link: str = "") -> dict[str, object]:
    """The document. Its ``groupKey`` and ``fingerprint`` are the cluster's, whatever state it is in."""
    status = "resolved" if is_over(change) else "firing"
    at = change.at.format_iso(unit="second")
    identity = {"alertname": ALERT, "cluster": change.cluster}
    labels = {**identity, "severity": _SEVERITIES.get(change.after, "none")}
    annotations = {
        "summary": headline(change),
        "description": summary(change),
        "state": change.after.value,
        "before": change.before.value,
        "cause": change.cause,
        "reason": change.reason,
        "decision_id": change.decision_id,
    }
    alert = {
        "status": status,
        "labels": labels,
        "annotations": annotations,
        "startsAt": at,
        "endsAt": at if status == "resolved" else _NOT_OVER,
        "generatorURL": link,
        "fingerprint": hashlib.sha256(f"{ALERT}\n{change.cluster}".encode()).hexdigest()[:16],
    }
    return {
        "version": "4",
        "groupKey": f'{{}}:{{alertname="{ALERT}", cluster="{change.cluster}"}}',
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "sre-copilot",
        "groupLabels": identity,
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": link,
        "alerts": [alert],
    }
