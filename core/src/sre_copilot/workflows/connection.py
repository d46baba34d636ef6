"""The client of the Temporal server that the copilot itself runs on."""

from __future__ import annotations

from collections.abc import Sequence

from temporalio.client import Client, Plugin

from sre_copilot.workflows.duty import ServerLost
from sre_copilot.workflows.sdk_plugin import sdk_plugin
from sre_copilot_hookspecs import TemporalConnection
from sre_copilot_temporal.api.connection import connect

WITHIN = 10.0
"""Seconds to connect."""


async def connect_own(connection: TemporalConnection, plugins: Sequence[Plugin] = ()) -> Client:
    """A client whose workers and workflows speak our types.

    :param plugins: instead of the usual one, where agents run.

    :raises SettingsError: if the settings can never work.
    :raises ServerLost: if the server does not answer.
    """
    try:
        return await connect(
            connection, setting="copilot.temporal", connect_seconds=WITHIN, plugins=tuple(plugins) or (sdk_plugin(),)
        )
    except RuntimeError as failure:
        raise ServerLost(
            f"The copilot's own Temporal server at {connection.address} does not answer."
            " Check copilot.temporal.address and whether it runs."
        ) from failure
