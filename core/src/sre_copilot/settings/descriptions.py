"""The help of a setting: the string below its field, which Python itself throws away."""

from __future__ import annotations

import ast
import inspect
from functools import cache


def description(kind: type, field: str) -> str:
    """The string below a field of a settings class, or empty where there is none or no source."""
    return _descriptions(kind).get(field, "")


@cache
def _descriptions(kind: type) -> dict[str, str]:
    import textwrap  # most commands describe nothing

    try:
        source = textwrap.dedent(inspect.getsource(kind))
    except (OSError, TypeError):
        return {}
    body = ast.parse(source).body[0]
    assert isinstance(body, ast.ClassDef)
    found = {}
    for field, below in zip(body.body, body.body[1:], strict=False):
        text = _text(below)
        if text is not None and isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            found[field.target.id] = " ".join(text.split())
    return found


def _text(node: ast.stmt) -> str | None:
    value = node.value if isinstance(node, ast.Expr) else None
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None
