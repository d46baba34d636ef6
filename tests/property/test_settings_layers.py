"""For any layers: the highest one that sets a value wins, and its source is named."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sre_copilot.plugins.manager import Manager
from sre_copilot.plugins.requests import plugin_request
from sre_copilot.settings import Flag, SettingsFile, load
from sre_copilot.settings.environment import variable
from sre_copilot_hookspecs.nearest import nearest

KEYS = {
    ("api", "port"): (8080, st.integers(0, 65535)),
    ("copilot", "retention_days"): (7, st.integers(1, 3650)),
    ("copilot", "task_queue"): ("sre-copilot", st.text("abcxyz-", min_size=1)),
    ("copilot", "cycle"): (30.0, st.integers(1, 3600)),
    ("clusters", "prod", "temporal", "namespace"): ("default", st.text("abcxyz-", min_size=1)),
}
"""Some settings, their defaults, and values they can have."""

LAYERS = st.fixed_dictionaries({}, optional={keys: values for keys, (_, values) in KEYS.items()})

MANAGER = Manager.load([plugin_request(f"no:{name}") for name in ("temporal", "exposition", "local")])


def _toml(layer: dict[tuple[str, ...], object]) -> str:
    lines = ["clusters.prod.sources = []"]
    lines += [f"{'.'.join(keys)} = {value!r}" for keys, value in layer.items()]
    return "\n".join(lines)


def _nested(layer: dict[tuple[str, ...], object]) -> dict[str, object]:
    made: dict[str, object] = {}
    for keys, value in layer.items():
        table = made
        for key in keys[:-1]:
            below = table.setdefault(key, {})
            assert isinstance(below, dict)
            table = below
        table[keys[-1]] = Flag(f"--{keys[-1]}", value)
    return made


@given(LAYERS, LAYERS, LAYERS)
def test_the_highest_layer_wins_and_is_named(
    file: dict[tuple[str, ...], object],
    environment: dict[tuple[str, ...], object],
    flags: dict[tuple[str, ...], object],
) -> None:
    settings = load(
        MANAGER,
        file=SettingsFile(Path("sre-copilot.toml"), _toml(file)),
        environment={variable(keys): str(value) for keys, value in environment.items()},
        overrides=_nested(flags),
    )
    effective = {key: (value, source) for key, value, source in settings.entries()}
    lines = list(file)
    for keys, (default, _) in KEYS.items():
        expected = (default, "default")
        if keys in file:
            expected = (file[keys], f"sre-copilot.toml:{lines.index(keys) + 2}")
        if keys in environment:
            expected = (environment[keys], f"environment {variable(keys)}")
        if keys in flags:
            expected = (flags[keys], f"flag --{keys[-1]}")
        assert effective[".".join(keys)] == expected


@given(st.sampled_from(["address", "namespace", "task_queues", "retention_days"]), st.data())
def test_one_slip_of_the_finger_is_understood(name: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(name) - 1))
    known = ["address", "namespace", "task_queues", "retention_days", "port"]
    assert nearest(name[:at] + name[at + 1 :], known) == name
