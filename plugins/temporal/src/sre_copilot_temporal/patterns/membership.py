"""Lines about which processes make up the cluster. They are at the level info."""

from __future__ import annotations

from sre_copilot_hookspecs import LogPattern, Severity

_MEMBERS = ("deploy.membership_changes", "deploy.restarts", "history.shard_churn", "server.up_share")

MEMBERSHIP = (
    LogPattern(
        "membership.joined",
        contains="member joined",
        means="A process joined the cluster.",
        remedy="Expected when deploying or scaling out; otherwise look for processes that crash and come back.",
        supports=_MEMBERS,
    ),
    LogPattern(
        "membership.left",
        contains="member left",
        means="A process left the cluster.",
        remedy="Expected when deploying or scaling in; otherwise check its health, memory limits and network.",
        supports=_MEMBERS,
    ),
    LogPattern(
        "membership.changed",
        contains="Current reachable members",
        means="The processes of a service are others than before.",
        remedy="Count them against deployments.",
        supports=_MEMBERS,
    ),
    LogPattern(
        "membership.no_hosts",
        contains="Not enough hosts to serve the request",
        means="No process of the service that is asked for is known.",
        remedy="Check whether that service runs, and whether the processes reach each other.",
        severity=Severity.SEVERE,
        supports=(*_MEMBERS, "frontend.error_share", "frontend.reachable", "frontend.start_acceptance"),
    ),
    LogPattern(
        "membership.cluster_named",
        contains="Generating a new Cluster Id",
        means="A cluster that has no id yet gave itself one, as a development server does when it starts.",
        remedy="Nothing for a new cluster. One with data should have kept its id: look at its database.",
    ),
)
