"""No clock and no chance in what is computed inside a workflow: the sandbox does not look into our modules."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import sre_copilot
import sre_copilot_hookspecs
from sre_copilot.workflows.sdk_plugin import PASSED_THROUGH

ROOTS = {module.__name__: Path(module.__file__).parent for module in (sre_copilot, sre_copilot_hookspecs)}
ACTIVITIES = {"sre_copilot.workflows.activities", "sre_copilot.workflows.assessment_activities"}
"""Named by workflows, run outside of them."""
WORKFLOWS = ("observe_cluster", "assess_health", "scheduled_assessment", "notify", "word_assessment")

FORBIDDEN_MODULES = frozenset(
    {"datetime", "io", "os", "pathlib", "random", "secrets", "socket", "subprocess", "threading", "time"}
)
FORBIDDEN_CALLS = frozenset(
    {
        ("Instant", "now"),
        ("ZonedDateTime", "now"),
        ("PlainDateTime", "now"),
        ("datetime", "now"),
        ("datetime", "utcnow"),
        ("date", "today"),
        ("uuid", "uuid1"),
        ("uuid", "uuid4"),
        ("asyncio", "sleep"),
        ("asyncio", "to_thread"),
    }
)
FORBIDDEN_NAMES = frozenset({"open", "input", "id", "hash", "uuid1", "uuid4", "urandom", "environ"})

# What a type needs, not what a workflow calls.
ALLOWED = {("sre_copilot_hookspecs.clusters", "pathlib"), ("sre_copilot_hookspecs.environments", "pathlib")}
HOOK_FILES = {"sre_copilot_hookspecs.hooks"}
"""Signatures only; nothing in them is ever run."""


def file_of(module):
    root, _, rest = module.partition(".")
    if root not in ROOTS:
        return None
    path = ROOTS[root].joinpath(*rest.split(".")) if rest else ROOTS[root]
    return next((found for found in (path.with_suffix(".py"), path / "__init__.py") if found.is_file()), None)


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def reached(start):
    """Every module of ours that the workflow's module imports, and theirs, without the activities."""
    found, left = set(), [start]
    while left:
        module = left.pop()
        if module in found or module in ACTIVITIES or file_of(module) is None:
            continue
        found.add(module)
        left += imports(ast.parse(file_of(module).read_text()))
    return found


def health():
    folder = ROOTS["sre_copilot"] / "health"
    return {f"sre_copilot.health.{file.stem}" for file in folder.glob("*.py") if file.stem != "__init__"}


REACHED = {module for workflow in WORKFLOWS for module in reached(f"sre_copilot.workflows.{workflow}")}
MODULES = sorted((REACHED | health()) - HOOK_FILES)


def offences(tree, module=""):
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if (node.value.id, node.attr) in FORBIDDEN_CALLS:
                yield f"line {node.lineno}: {node.value.id}.{node.attr}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in FORBIDDEN_NAMES:
                yield f"line {node.lineno}: {node.func.id}()"
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for name in imports(ast.Module([node], [])):
                top = name.partition(".")[0]
                if top in FORBIDDEN_MODULES and (module, top) not in ALLOWED:
                    yield f"line {node.lineno}: import of {name}"


@pytest.mark.parametrize("module", MODULES)
def test_no_clock_and_no_chance(module):
    assert list(offences(ast.parse(file_of(module).read_text()), module)) == []


def test_the_engine_and_the_workflow_are_looked_at():
    assert {"sre_copilot.health.decide", "sre_copilot.workflows.cadence"} <= set(MODULES)
    assert "sre_copilot.workflows.supervise" not in MODULES


@pytest.mark.parametrize(
    "text",
    [
        "from whenever import Instant\nat = Instant.now()",
        "import time",
        "from random import choice",
        "import uuid\nname = uuid.uuid4()",
        "from os import environ",
        "import asyncio\nasync def f():\n    await asyncio.sleep(1)",
        "key = hash('state')",
    ],
)
def test_an_offence_is_found(text):
    assert list(offences(ast.parse(text)))


def test_what_is_looked_at_is_what_the_sandbox_lets_through():
    assert set(ROOTS) <= set(PASSED_THROUGH)
