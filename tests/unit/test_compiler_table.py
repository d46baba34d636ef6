"""The three presets hold the values they were designed with, and every modifier does what it says."""

from __future__ import annotations

import pytest

from sre_copilot.compiler.registry import SURFACED
from sre_copilot_hookspecs import ParameterClass
from tests.compiled import COMBINATIONS, PRESETS, compiled, registry

LIMITER_TABLE, LEASE_TABLE = "temporal-dsql-rate-limiter", "temporal-dsql-conn-lease"

TABLE = {
    "target_state_transitions_per_sec": (25, 150, 1000),
    "target_workflow_completion_rate": (3, 15, 100),
    "max_schedule_to_start_latency_ms": (500, 200, 100),
    "max_e2e_workflow_latency_ms": (1000, 500, 300),
    "history.shards": (512, 512, 4096),
    "history.replicas": (2, 6, 8),
    "matching.replicas": (2, 4, 6),
    "frontend.replicas": (2, 3, 4),
    "worker.replicas": (1, 2, 2),
    "matching.numTaskqueueReadPartitions": (4, 8, 16),
    "matching.numTaskqueueWritePartitions": (4, 8, 16),
    "sdk.worker_count": (2, 8, 16),
    "persistence.maxConns": (10, 50, 50),
    "persistence.maxIdleConns": (10, 50, 50),
    "dsql.max_conn_lifetime": ("55m", "55m", "55m"),
    "dsql.connection_timeout": ("30s", "30s", "30s"),
    "dsql.reservoir_enabled": (False, True, True),
    "dsql.reservoir_target_ready": (10, 50, 50),
    "dsql.reservoir_base_lifetime": ("11m", "11m", "11m"),
    "dsql.reservoir_lifetime_jitter": ("2m", "2m", "2m"),
    "dsql.reservoir_guard_window": ("45s", "45s", "45s"),
    "dsql.reservoir_inflight_limit": (4, 8, 8),
    "dsql.connection_rate_limit": (10, 6, 8),
    "dsql.connection_burst_limit": (50, 30, 40),
    "dsql.distributed_rate_limiter_enabled": (False, False, True),
    "dsql.distributed_rate_limiter_table": ("", "", LIMITER_TABLE),
    "dsql.token_bucket_enabled": (False, False, True),
    "dsql.token_bucket_rate": (100, 100, 100),
    "dsql.token_bucket_capacity": (1000, 1000, 1000),
    "dsql.slot_block_enabled": (False, False, True),
    "dsql.slot_block_size": (100, 100, 100),
    "dsql.slot_block_count": (100, 100, 100),
    "history.persistenceMaxQPS": (1000, 6000, 10000),
    "matching.persistenceMaxQPS": (1000, 6000, 10000),
    "frontend.persistenceMaxQPS": (1000, 6000, 10000),
    "matching.maxTaskBatchSize": (100, 100, 100),
    "matching.getTasksBatchSize": (500, 1000, 1000),
    "matching.longPollExpirationInterval": ("60s", "60s", "60s"),
    "history.timerProcessorMaxPollRPS": (10, 20, 40),
    "history.timerProcessorUpdateAckInterval": ("30s", "30s", "15s"),
    "system.enableActivityEagerExecution": (True, True, True),
    "sdk.max_concurrent_activities": (100, 200, 200),
    "sdk.max_concurrent_workflow_tasks": (100, 200, 200),
    "sdk.max_concurrent_local_activities": (100, 200, 200),
    "sdk.workflow_task_pollers": (8, 16, 32),
    "sdk.activity_task_pollers": (4, 8, 8),
    "sdk.sticky_schedule_to_start_timeout": ("5s", "5s", "5s"),
    "sdk.disable_eager_activities": (False, False, False),
    "persistence.transactionSizeLimit": (4000000, 4000000, 4000000),
    "history.maxBufferedQueryCount": (1000, 1000, 1000),
    "dsql.conn_lease_table": ("", "", LEASE_TABLE),
    "dsql.slot_block_ttl": ("3m", "3m", "3m"),
    "dsql.slot_block_renew_interval": ("1m", "1m", "1m"),
    "dsql.reservoir_low_watermark": (10, 50, 50),
    "dsql.reservoir_initial_fill_timeout": ("30s", "30s", "30s"),
    "dsql.token_bucket_max_wait": ("30s", "30s", "30s"),
    "dsql.staggered_startup": (True, True, True),
    "dsql.staggered_startup_max_delay": ("5s", "5s", "5s"),
    "dsql.token_duration": ("14m", "14m", "14m"),
    "worker.persistenceMaxQPS": (1000, 6000, 10000),
    "sdk.max_cached_workflows": (1000, 1000, 1000),
    "limit.blobSize.error": (1048576, 1048576, 1048576),
}

MODIFIED = {
    "simple-crud": {
        "system.enableActivityEagerExecution": True,
        "sdk.disable_eager_activities": False,
        "matching.numTaskqueueReadPartitions": 4,
        "matching.numTaskqueueWritePartitions": 4,
        "sdk.max_concurrent_activities": 100,
        "sdk.max_concurrent_workflow_tasks": 100,
    },
    "orchestrator": {
        "matching.numTaskqueueReadPartitions": 8,
        "matching.numTaskqueueWritePartitions": 8,
        "sdk.max_concurrent_workflow_tasks": 150,
        "sdk.max_concurrent_activities": 150,
        "sdk.workflow_task_pollers": 16,
        "sdk.activity_task_pollers": 8,
    },
    "batch-processor": {
        "matching.numTaskqueueReadPartitions": 16,
        "matching.numTaskqueueWritePartitions": 16,
        "sdk.max_concurrent_activities": 500,
        "sdk.max_concurrent_local_activities": 500,
        "sdk.activity_task_pollers": 16,
        "sdk.workflow_task_pollers": 16,
    },
    "long-running": {
        "sdk.sticky_schedule_to_start_timeout": "10s",
        "matching.numTaskqueueReadPartitions": 4,
        "matching.numTaskqueueWritePartitions": 4,
        "sdk.workflow_task_pollers": 8,
        "sdk.activity_task_pollers": 4,
    },
}

WARNED = {
    ("starter", "batch-processor"): {"matching_partition_oversized"},
    ("starter", "long-running"): {"sticky_minimal_benefit"},
    ("mid-scale", "batch-processor"): {"matching_partition_oversized"},
    ("mid-scale", "long-running"): {"sticky_minimal_benefit"},
    ("high-throughput", "simple-crud"): {"modifier_below_target"},
    ("high-throughput", "orchestrator"): {"modifier_below_target"},
    ("high-throughput", "long-running"): {"modifier_below_target", "sticky_minimal_benefit"},
}
"""Every other combination compiles without a warning."""

READS_PARTITIONS = {"sdk.workflow_task_pollers": 8, "sdk.activity_task_pollers": 4}
"""What simple-crud leaves to follow from its four partitions."""


def test_the_table_names_every_parameter() -> None:
    assert set(TABLE) == set(registry().parameters)


@pytest.mark.parametrize(("position", "preset"), [*enumerate(PRESETS)])
def test_a_preset_reproduces_the_table(position: int, preset: str) -> None:
    values = {key: value.value for key, value in compiled(preset).values.items()}
    assert values == {key: row[position] for key, row in TABLE.items()}
    assert compiled(preset).fired == ()


@pytest.mark.parametrize(("preset", "modifier"), COMBINATIONS)
def test_presets_and_modifiers_compile_with_the_expected_warnings_alone(preset: str, modifier: str | None) -> None:
    assert {fired.key for fired in compiled(preset, modifier).fired} == WARNED.get((preset, modifier or ""), set())


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("modifier", MODIFIED)
def test_a_modifier_sets_what_it_says_and_moves_only_what_follows(preset: str, modifier: str) -> None:
    found, base = compiled(preset, modifier), compiled(preset)
    assert {key: found[key] for key in MODIFIED[modifier]} == MODIFIED[modifier]
    assert all(found.values[key].by == f"modifier {modifier}" for key in MODIFIED[modifier])
    moved = {key for key in found.values if found[key] != base[key]} - set(MODIFIED[modifier])
    assert moved <= set(READS_PARTITIONS)
    if modifier == "simple-crud":
        assert {key: found[key] for key in READS_PARTITIONS} == READS_PARTITIONS


def test_a_modifier_that_shrinks_says_what_the_target_needs() -> None:
    (warning,) = compiled("high-throughput", "simple-crud").fired
    assert "16 partitions of the preset down to 4" in warning.says
    assert "1000 transitions a second need 20" in warning.says


def test_few_parameters_are_surfaced_and_none_of_them_is_safety_or_tuning() -> None:
    surfaced = [key for key, parameter in registry().parameters.items() if parameter.kind in SURFACED]
    assert len(surfaced) == 12
    assert len(surfaced) <= 15
    assert {ParameterClass.SAFETY, ParameterClass.TUNING}.isdisjoint(SURFACED)


def test_every_parameter_says_what_it_is_and_why_in_sentences() -> None:
    for parameter in registry().parameters.values():
        texts = [parameter.description, parameter.rationale, parameter.source]
        texts += [parameter.derivation.because] if parameter.derivation else []
        for text in texts:
            assert text.endswith("."), (parameter.key, text)
            assert text[0].isupper(), (parameter.key, text)


def test_every_value_that_a_preset_or_modifier_sets_has_a_reason() -> None:
    for layer in (*registry().presets.values(), *registry().modifiers.values()):
        assert [key for key, _ in layer.reasons] == [key for key, _ in layer.values]


def test_safety_is_left_to_the_targets() -> None:
    for preset, modifier in COMBINATIONS:
        sources = {
            value.source.value
            for value in compiled(preset, modifier).values.values()
            if value.parameter.kind is ParameterClass.SAFETY
        }
        assert sources == {"default", "derived"}
