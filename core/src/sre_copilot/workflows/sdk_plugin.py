"""What every client, worker and replayer of the copilot has in common."""

from __future__ import annotations

import dataclasses

from temporalio.converter import DataConverter
from temporalio.plugin import SimplePlugin
from temporalio.worker import WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from sre_copilot.workflows.payloads import DATA_CONVERTER

PASSED_THROUGH = (
    "attr",
    "attrs",
    "cattrs",
    "pluggy",
    "sre_copilot",
    "sre_copilot_hookspecs",
    "whenever",
)
"""Modules the sandbox takes over as they are. A second copy of a class is another class: values would not be
decoded, and the workflow would hang. A test keeps clocks and chance out of them in the sandbox's stead."""


def sdk_plugin(converter: DataConverter = DATA_CONVERTER) -> SimplePlugin:
    """Converter, compression and sandbox, for a client (whose workers inherit it) or a replayer.

    :param converter: another one that writes the same, where agents run.
    """
    return SimplePlugin("sre-copilot", data_converter=converter, workflow_runner=_sandbox)


def _sandbox(runner: WorkflowRunner | None) -> WorkflowRunner:
    found = runner or SandboxedWorkflowRunner()
    if not isinstance(found, SandboxedWorkflowRunner):
        return found
    return dataclasses.replace(found, restrictions=found.restrictions.with_passthrough_modules(*PASSED_THROUGH))
