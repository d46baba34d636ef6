"""The dashboards are what the generator writes, hold together, and have no number of their own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from sre_copilot.health.resolve import resolve
from sre_copilot.plugins.manager import Manager
from sre_copilot_hookspecs import Band, Level
from tests.dashboards import DASHBOARDS, ROOT, dashboard, panels, queries, substituted

NAMES = sorted(path.name for path in DASHBOARDS.glob("*.json"))
WIDTH = 24
PROVISIONING = ROOT / "grafana" / "provisioning"
DATA_SOURCES = PROVISIONING / "datasources" / "sre-copilot.yml"
HOW_TO = ROOT / "docs" / "how-to" / "grafana.md"


def test_the_dashboards_are_current() -> None:
    command = [sys.executable, "grafana/generate.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_a_changed_dashboard_is_named_and_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # In this process: to find the plugins takes a new one seconds.
    monkeypatch.syspath_prepend(str(ROOT / "grafana"))
    import generate as generator  # type: ignore[import-not-found]

    out = ["--out", str(tmp_path)]
    assert generator.main([*out, "--server-dialect", "server-opentelemetry"]) == 0
    assert "service_requests_total" in (tmp_path / "sre-copilot-server.json").read_text()
    assert generator.main(["--check", *out]) == 1
    assert "sre-copilot-server.json. Run: " in capsys.readouterr().err
    assert generator.main(["--server-dialect", "klingon", *out]) == 2
    complaint = capsys.readouterr().err
    assert "'klingon'" in complaint
    assert "server-native" in complaint
    assert generator.main(out) == 0
    assert generator.main(["--check", *out]) == 0


def test_there_are_four() -> None:
    assert {dashboard(name)["title"] for name in NAMES} == {
        "Copilot",
        "Temporal server",
        "Workers",
        "DSQL persistence",
    }
    assert len({dashboard(name)["uid"] for name in NAMES}) == 4


@pytest.mark.parametrize("name", NAMES)
def test_panels_have_their_own_numbers_and_places(name: str) -> None:
    found = dashboard(name)
    numbers = [panel["id"] for panel in panels(found)]
    assert len(set(numbers)) == len(numbers)
    assert all(panel["title"] for panel in panels(found))
    _assert_apart(found["panels"])
    for row in found["panels"]:
        _assert_apart(row.get("panels") or [])


def _assert_apart(beside: Sequence[Mapping[str, Any]]) -> None:
    for panel in beside:
        place = panel["gridPos"]
        assert place["x"] >= 0
        assert place["x"] + place["w"] <= WIDTH
    for one, other in combinations(beside, 2):
        left, right = one["gridPos"], other["gridPos"]
        apart = (
            left["x"] + left["w"] <= right["x"]
            or right["x"] + right["w"] <= left["x"]
            or left["y"] + left["h"] <= right["y"]
            or right["y"] + right["h"] <= left["y"]
        )
        assert apart, (one["title"], other["title"])


@pytest.mark.parametrize("name", NAMES)
def test_every_data_source_is_provisioned(name: str) -> None:
    known = {(each["type"], each["uid"]) for each in yaml.safe_load(DATA_SOURCES.read_text())["datasources"]}
    asked = {(each["type"], each["uid"]) for each in _values(dashboard(name), "datasource")}
    assert asked
    assert asked <= known
    # A query without a data source of its own would ask Grafana's default one.
    assert all(query.get("datasource") for _, query in queries(dashboard(name)))


def test_what_grafana_fills_in_is_explained() -> None:
    explained = HOW_TO.read_text()
    for path in PROVISIONING.rglob("*.yml"):
        text = path.read_text()
        assert yaml.safe_load(text)["apiVersion"] == 1
        names = set(re.findall(r"\$\{(\w+)\}", text))
        assert names
        assert {f"| `{name}` |" in explained for name in names} == {True}, path
        assert f"grafana/provisioning/{path.relative_to(PROVISIONING)}" in explained
    uids = {each["uid"] for each in yaml.safe_load(DATA_SOURCES.read_text())["datasources"]}
    assert all(uid in explained for uid in uids)
    # One version is pinned, the same in both ways of installing it.
    assert len(set(re.findall(r"yesoreyeram-infinity-datasource (\S+?)[`\"\s]", explained))) == 1


def test_what_is_unknown_is_never_green() -> None:
    for name in NAMES:
        for panel in panels(dashboard(name)):
            defaults = panel.get("fieldConfig", {}).get("defaults", {})
            assert not defaults.get("mappings") or defaults["color"] == {"mode": "fixed", "fixedColor": "#808080"}
            for override in panel.get("fieldConfig", {}).get("overrides", []):
                set_here = {each["id"]: each["value"] for each in override["properties"]}
                assert "mappings" not in set_here or set_here["color"]["fixedColor"] == "transparent"


@pytest.mark.parametrize("name", NAMES)
def test_every_variable_is_declared_and_dashboards_lead_to_each_other(name: str) -> None:
    found = dashboard(name)
    declared = {variable["name"]: "x" for variable in found["templating"]["list"]}
    assert "cluster" in declared
    for _, query in queries(found):
        assert "$" not in substituted(json.dumps(query), **declared), query
    (link,) = found["links"]
    assert (link["type"], link["includeVars"], link["keepTime"]) == ("dashboards", True, True)
    assert set(link["tags"]) <= set(found["tags"])


@cache
def limits() -> Mapping[str, frozenset[float]]:
    """The thresholds that lead to a state, by signal."""
    rules = resolve(Manager.load().declarations())
    thresholds = {each.key: each for each in rules.thresholds}
    found: dict[str, set[float]] = {}
    for gate in rules.gates:
        if gate.level in (Level.STRESSED, Level.CRITICAL) and not gate.relative:
            values = {thresholds[gate.threshold].at(band) for band in Band}
            found.setdefault(gate.signal, set()).update(values)
    return {signal: frozenset(values) for signal, values in found.items()}


def test_every_line_is_a_declared_threshold_and_every_threshold_has_its_line() -> None:
    drawn = {}
    for name in NAMES:
        for panel in panels(dashboard(name)):
            steps = panel.get("fieldConfig", {}).get("defaults", {}).get("thresholds", {}).get("steps", [])
            values = frozenset(step["value"] for step in steps if step["value"] is not None)
            for override in panel.get("fieldConfig", {}).get("overrides", []):
                assert all(each["id"] != "thresholds" for each in override["properties"]), panel["title"]
            if values:
                signal = panel["description"].split("`")[1]
                drawn[signal] = values
    assert drawn == limits()


def test_every_query_is_compiled_from_a_declaration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "grafana"))
    from boards import database, graphs, registry  # type: ignore[import-not-found]

    usual = graphs.Spelling()
    measures = [signal.measure for signal in registry.signals() if signal.measure is not None]
    measures += [measure for parts in database.OTHERS.values() for _, measure, _ in parts]
    declared = {
        registry.compiled(measure, server, usual.worker)
        for measure in measures
        for server in (usual.server, "server-opentelemetry")
    }
    declared |= {registry.as_read(signal) for signal in registry.signals() if signal.measure is None}
    asked = {query["expr"] for name in NAMES for _, query in queries(dashboard(name)) if "expr" in query}
    own = asked - declared
    assert {promql_parser.parse(substituted(query)).name for query in own} == {
        "sre_copilot_cycle_duration_seconds",
        "sre_copilot_cycle_lag_seconds",
        "sre_copilot_source_errors",
    }
    # No constant either: what is drawn that nobody declared as a signal is at least nothing but read.
    parts = [part for group in database.OTHERS.values() for _, measure, _ in group for part in measure.walk()]
    assert all(type(part).__name__ != "Number" for part in parts)


def test_every_signal_is_on_a_dashboard() -> None:
    described = {
        panel["description"].split("`")[1]
        for name in NAMES
        for panel in panels(dashboard(name))
        if panel.get("description", "").startswith("`")
    }
    assert described == {declared.value.key for declared in Manager.load().declarations().signals}


def _values(document: object, key: str) -> Iterator[Mapping[str, Any]]:
    if isinstance(document, list):
        for each in document:
            yield from _values(each, key)
    if isinstance(document, dict):
        for name, value in document.items():
            if name == key and isinstance(value, dict):
                yield value
            else:
                yield from _values(value, key)
