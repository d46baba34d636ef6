"""What each adapter makes of values: names, spellings, units, and what it refuses."""

from __future__ import annotations

import json
import runpy

import attrs
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sre_copilot_aws.ecs import FAMILY_LENGTH, EcsAdapter
from sre_copilot_dsql.plugin_settings import DsqlSettingsAdapter
from sre_copilot_hookspecs import (
    DSQL_PLUGIN,
    DYNAMIC_CONFIG,
    ENVIRONMENT,
    GO,
    PYTHON,
    Adapter,
    Artifact,
    Configuration,
    DeclarationError,
    Emission,
    Explanation,
    Layer,
    Paragraph,
    ValueSource,
    server_environment,
)
from sre_copilot_renderers.markdown import Markdown
from sre_copilot_renderers.why import WhyAdapter
from sre_copilot_temporal.adapters import ADAPTERS
from sre_copilot_temporal.adapters.compose import ComposeAdapter
from sre_copilot_temporal.adapters.documents import DocumentsAdapter
from sre_copilot_temporal.adapters.dynamic_config import DynamicConfigAdapter
from sre_copilot_temporal.adapters.go_options import GoAdapter
from sre_copilot_temporal.adapters.helm import HelmAdapter
from sre_copilot_temporal.adapters.python_options import PythonAdapter
from tests.configurations import SAYS_NOTHING, configuration, duration, setting
from tests.golang import complaints

EVERYWHERE = configuration(
    setting("history.shards", 512, Emission(ENVIRONMENT, "TEMPORAL_HISTORY_SHARDS")),
    setting("history.replicas", 6, Emission(ENVIRONMENT, "TEMPORAL_HISTORY_REPLICAS")),
    setting("frontend.replicas", 2, Emission(ENVIRONMENT, "TEMPORAL_FRONTEND_REPLICAS")),
    setting("pool.size", 50, Emission(ENVIRONMENT, "TEMPORAL_SQL_MAX_CONNS"), Emission(DSQL_PLUGIN, "max_conns")),
    duration(
        "pool.lifetime",
        "55m",
        Emission(ENVIRONMENT, "TEMPORAL_SQL_MAX_CONN_LIFETIME"),
        Emission(DSQL_PLUGIN, "lifetime_min", "min"),
    ),
    setting("pool.on", True, Emission(ENVIRONMENT, "POOL_ON"), Emission(DYNAMIC_CONFIG, "pool.on")),
    duration(
        "queue.wait",
        "1m30s",
        Emission(DYNAMIC_CONFIG, "queue.wait"),
        Emission(GO, "QueueWait"),
        Emission(PYTHON, "queue_wait"),
    ),
    setting("slots", 200, Emission(GO, "MaxSlots"), Emission(PYTHON, "max_slots")),
    setting("eager", False, Emission(GO, "Eager"), Emission(PYTHON, "eager")),
    setting("cache", 1000, Emission(GO, "worker.SetCacheSize")),
    setting("share", 0.5, Emission(GO, "Share"), Emission(DYNAMIC_CONFIG, "share")),
    setting("label", 'quoted "no"', Emission(GO, "Label"), Emission(DYNAMIC_CONFIG, "label")),
    setting("sdk.worker_count", 16),
)


def written(adapter: Adapter, of: Configuration = EVERYWHERE) -> dict[str, str]:
    return {artifact.path: artifact.content.decode() for artifact in adapter.artifacts(of, SAYS_NOTHING)}


def test_the_server_reads_each_key_with_its_value_and_no_constraint():
    found = yaml.safe_load(written(DynamicConfigAdapter())["dynamic_config.yaml"])
    assert {key: entries[0]["value"] for key, entries in found.items()} == {
        "pool.on": True,
        "queue.wait": "1m30s",
        "share": 0.5,
        "label": 'quoted "no"',
    }
    assert all(entries[0]["constraints"] == {} and len(entries) == 1 for entries in found.values())


def test_above_each_key_stands_who_set_it_and_why():
    lines = written(DynamicConfigAdapter())["dynamic_config.yaml"].splitlines()
    assert lines[lines.index("pool.on:") - 1] == "# preset tiny: It is so."


def test_two_parameters_cannot_claim_one_key_whatever_its_case():
    twice = configuration(
        setting("a", 1, Emission(DYNAMIC_CONFIG, "matching.Rps")),
        setting("b", 2, Emission(DYNAMIC_CONFIG, "matching.rps")),
    )
    with pytest.raises(DeclarationError, match=r"a and b both claim the dynamic-config key matching\.rps"):
        DynamicConfigAdapter().artifacts(twice, SAYS_NOTHING)


def test_one_variable_has_one_parameter():
    twice = configuration(setting("a", 1, Emission(ENVIRONMENT, "A")), setting("b", 2, Emission(ENVIRONMENT, "A")))
    with pytest.raises(DeclarationError, match="a and b both claim the environment variable A"):
        server_environment(twice)


def test_durations_become_whole_numbers_only_where_the_target_asks():
    found = json.loads(written(DsqlSettingsAdapter())["dsql_plugin.json"])
    assert found == {"max_conns": 50, "lifetime_min": 55}


def test_a_duration_that_is_no_whole_number_of_the_unit_is_refused():
    uneven = configuration(duration("pool.lifetime", "90s", Emission(DSQL_PLUGIN, "lifetime_min", "min")))
    with pytest.raises(DeclarationError, match=r"pool\.lifetime is 90s, but lifetime_min takes whole min only"):
        DsqlSettingsAdapter().artifacts(uneven, SAYS_NOTHING)


def test_the_go_package_is_what_gofmt_writes():
    source = written(GoAdapter())["go/worker_options.go"]
    assert complaints(source.encode()) == ""
    assert "const Processes = 16" in source
    assert "\tworker.SetCacheSize(1000)\n" in source
    assert "90 * time.Second," in source
    assert '"quoted \\"no\\"",' in source


def test_gofmt_would_notice():
    source = written(GoAdapter())["go/worker_options.go"]
    assert complaints(source.replace("Share:  ", "Share:   ").encode())
    assert complaints(source.replace("{", "(", 1).encode())


@pytest.mark.parametrize("values", [(), (setting("a", 1, Emission(GO, "A")),)], ids=["none", "one"])
def test_few_options_are_go_too(values):
    source = written(GoAdapter(), configuration(*values))["go/worker_options.go"]
    assert complaints(source.encode()) == ""
    assert '"time"' not in source


@pytest.mark.parametrize("name", ["lower", "worker.lower", "A B", "A}", "client.Dial"])
def test_go_names_are_names_of_the_worker_package(name):
    with pytest.raises(DeclarationError, match="is no name of the Go SDK's worker package"):
        GoAdapter().artifacts(configuration(setting("a", 1, Emission(GO, name))), SAYS_NOTHING)


def test_the_python_module_runs(tmp_path):
    module = tmp_path / "worker_options.py"
    module.write_text(written(PythonAdapter())["python/worker_options.py"])
    found = runpy.run_path(str(module))
    assert found["WORKER_OPTIONS"].pop("queue_wait").total_seconds() == 90
    assert found["WORKER_OPTIONS"] == {"max_slots": 200, "eager": False}
    assert found["PROCESSES"] == 16


def test_python_names_are_arguments():
    with pytest.raises(DeclarationError, match="is no keyword argument"):
        PythonAdapter().artifacts(configuration(setting("a", 1, Emission(PYTHON, "a b"))), SAYS_NOTHING)


def test_each_ecs_task_has_the_shared_environment_and_its_own():
    found = written(EcsAdapter())
    history, matching = (
        {
            pair["name"]: pair["value"]
            for pair in json.loads(found[f"ecs/{service}.task.json"])["containerDefinitions"][0]["environment"]
        }
        for service in ("history", "matching")
    )
    assert history.pop("TEMPORAL_HISTORY_REPLICAS") == "6"
    assert history == matching
    assert history["POOL_ON"] == "true"
    assert json.loads(found["ecs/history.service.json"]) == {"service": "temporal-history", "desiredCount": 6}
    assert "ecs/worker.service.json" not in found


def test_a_family_has_no_letter_that_ecs_refuses():
    long = EcsAdapter().artifacts(configuration(name="prod / eu.west " + "x" * 300), SAYS_NOTHING)
    family = json.loads(long[0].content)["family"]
    assert family.startswith("prod-eu-west-x")
    assert family.endswith("-frontend")
    assert len(family) == FAMILY_LENGTH


def test_compose_sets_the_environment_itself_and_mounts_the_dynamic_configuration():
    found = yaml.safe_load(written(ComposeAdapter())["compose/compose.override.yaml"])["services"]
    assert set(found) == {"temporal-frontend", "temporal-history", "temporal-matching", "temporal-worker"}
    history = found["temporal-history"]
    assert history["environment"]["TEMPORAL_SQL_MAX_CONNS"] == "50"
    assert history["deploy"] == {"replicas": 6}
    mounted = history["volumes"][0].removesuffix(":ro").rpartition(":")[2]
    assert history["environment"]["DYNAMIC_CONFIG_FILE_PATH"] == mounted
    assert "deploy" not in found["temporal-worker"]


def test_environment_files_share_what_all_services_get():
    found = written(ComposeAdapter())
    assert "POOL_ON=true" in found["compose/temporal.env"].splitlines()
    assert found["compose/history.env"].splitlines()[1:] == ["TEMPORAL_HISTORY_REPLICAS=6"]


def test_compose_values_are_not_interpolated():
    price = configuration(setting("a", "$1 a", Emission(ENVIRONMENT, "A")))
    found = written(ComposeAdapter(), price)
    assert "A='$1 a'" in found["compose/temporal.env"].splitlines()
    services = yaml.safe_load(found["compose/compose.override.yaml"])["services"]
    assert services["temporal-history"]["environment"]["A"] == "$$1 a"


@pytest.mark.parametrize("text", ["it's", "two\nlines"])
def test_what_no_environment_file_can_hold_is_refused(text):
    with pytest.raises(DeclarationError, match="cannot stand in an environment file"):
        ComposeAdapter().artifacts(configuration(setting("a", text, Emission(ENVIRONMENT, "A"))), SAYS_NOTHING)


def test_helm_sets_what_the_chart_renders_itself_where_the_chart_reads_it():
    server = yaml.safe_load(written(HelmAdapter())["helm/values.yaml"])["server"]
    assert server["config"]["persistence"]["numHistoryShards"] == 512
    assert server["config"]["persistence"]["datastores"]["default"]["sql"] == {"maxConns": 50, "maxConnLifetime": "55m"}
    assert server["history"] == {"replicaCount": 6}
    assert {"name": "POOL_ON", "value": "true"} in server["additionalEnv"]
    assert not [pair for pair in server["additionalEnv"] if pair["name"].endswith("_REPLICAS")]
    assert server["dynamicConfig"]["queue.wait"] == [{"value": "1m30s", "constraints": {}}]


def test_the_reasons_are_the_explanation_as_markdown():
    told = Explanation("tiny", (Paragraph("values", "Values", "All *three* of them."),))
    (artifact,) = WhyAdapter().artifacts(EVERYWHERE, told)
    assert artifact == Artifact("WHY.md", Markdown().render(told).encode())


def test_values_that_nobody_touched_have_their_reason_too():
    untouched = attrs.evolve(setting("a.b", True), layers=(Layer(ValueSource.DEFAULT, "default", True),))
    (artifact,) = WhyAdapter().artifacts(configuration(untouched), Explanation("tiny", ()))
    assert "| a.b | true | Why it is. |" in artifact.content.decode().splitlines()


def test_the_deployment_profile_says_what_should_run_and_names_its_config_profile():
    found = written(DocumentsAdapter())
    deployment = json.loads(found["deployment_profile.json"])
    assert deployment["services"]["history"] == {"min_replicas": 6, "max_replicas": 6}
    assert deployment["throughput"] == {"from": 0, "below": 50}
    assert deployment["worker_processes"] == 16
    other = written(DocumentsAdapter(), configuration(setting("history.shards", 512)))
    assert json.loads(other["deployment_profile.json"])["config_profile"] != deployment["config_profile"]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_name_of_a_deployment_breaks_a_file(name):
    named = configuration(*EVERYWHERE.values.values(), name=name)
    assert {path: yaml.safe_load(text) for path, text in all_yaml(named).items()} == {
        path: yaml.safe_load(text) for path, text in all_yaml(EVERYWHERE).items()
    }
    assert written(GoAdapter(), named) == written(GoAdapter())
    for line in written(ComposeAdapter(), named)["compose/temporal.env"].split("\n")[1:]:
        assert line == "" or line in written(ComposeAdapter())["compose/temporal.env"].split("\n")


def all_yaml(of: Configuration) -> dict[str, str]:
    files = {path: text for adapter in ADAPTERS for path, text in written(adapter, of).items()}
    return {path: text for path, text in files.items() if path.endswith(".yaml")}


@pytest.mark.parametrize(
    "adapter", [*ADAPTERS, EcsAdapter(), DsqlSettingsAdapter(), WhyAdapter()], ids=lambda adapter: adapter.key
)
def test_equal_values_give_equal_bytes(adapter):
    again = configuration(*EVERYWHERE.values.values())
    assert adapter.artifacts(EVERYWHERE, SAYS_NOTHING) == adapter.artifacts(again, SAYS_NOTHING)
