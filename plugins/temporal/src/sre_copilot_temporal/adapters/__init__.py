"""Writers of the files that a Temporal deployment reads, one technology a module."""

from __future__ import annotations

from sre_copilot_hookspecs.configuration import Adapter
from sre_copilot_temporal.adapters.compose import ComposeAdapter
from sre_copilot_temporal.adapters.documents import DocumentsAdapter
from sre_copilot_temporal.adapters.dynamic_config import DynamicConfigAdapter
from sre_copilot_temporal.adapters.go_options import GoAdapter
from sre_copilot_temporal.adapters.helm import HelmAdapter
from sre_copilot_temporal.adapters.python_options import PythonAdapter

ADAPTERS: tuple[Adapter, ...] = (
    DocumentsAdapter(),
    DynamicConfigAdapter(),
    GoAdapter(),
    PythonAdapter(),
    ComposeAdapter(),
    HelmAdapter(),
)
