"""Every guard rail: values on which it fires, and values just beside those on which it does not."""

from __future__ import annotations

import re

import pytest

from sre_copilot.compiler.judging import judge
from sre_copilot_hookspecs import Value, Verdict
from tests.compiled import compiled, registry

Change = dict[str, Value]

FLEET_OF_FIFTY = {
    "history.replicas": 20,
    "matching.replicas": 10,
    "frontend.replicas": 10,
    "worker.replicas": 10,
    "dsql.slot_block_enabled": False,
    "dsql.reservoir_base_lifetime": "30m",
}


def fleet(connections: int) -> Change:
    """High-throughput with fifty instances of so many connections each."""
    return {**FLEET_OF_FIFTY, "dsql.reservoir_target_ready": connections, "persistence.maxConns": connections}


CASES: dict[str, tuple[str, Change, Change]] = {
    # guard rail: preset, values on which it fires, values on which it does not
    "max_idle_equals_max_conns": (
        "mid-scale",
        {"persistence.maxIdleConns": 49},
        {"persistence.maxIdleConns": 20, "persistence.maxConns": 20},
    ),
    "cluster_connection_limit": ("high-throughput", fleet(201), fleet(200)),
    "connection_headroom": ("high-throughput", fleet(161), fleet(160)),
    "thundering_herd_risk": (
        "mid-scale",
        {"dsql.reservoir_lifetime_jitter": "0m"},
        {"dsql.reservoir_lifetime_jitter": "1s"},
    ),
    "reservoir_target_zero": (
        "mid-scale",
        {"dsql.reservoir_target_ready": 0},
        {"dsql.reservoir_target_ready": 0, "dsql.reservoir_enabled": False},
    ),
    "reservoir_below_pool": (
        "mid-scale",
        {"dsql.reservoir_target_ready": 49},
        {"dsql.reservoir_target_ready": 51},
    ),
    "slot_capacity": (
        "high-throughput",
        {"dsql.slot_block_count": 9},
        {"dsql.slot_block_count": 10},
    ),
    "slot_table_missing": ("high-throughput", {"dsql.conn_lease_table": " "}, {"dsql.conn_lease_table": "t"}),
    "distributed_rate_limiter_table_missing": (
        "high-throughput",
        {"dsql.distributed_rate_limiter_table": " "},
        {"dsql.distributed_rate_limiter_table": "", "dsql.distributed_rate_limiter_enabled": False},
    ),
    "connection_rate_budget": (
        "mid-scale",
        {"dsql.connection_rate_limit": 7},
        {"dsql.connection_rate_limit": 7, "dsql.distributed_rate_limiter_enabled": True},
    ),
    "connection_burst_budget": (
        "mid-scale",
        {"dsql.connection_burst_limit": 67},
        {"dsql.connection_burst_limit": 66},
    ),
    "startup_fill_time": ("high-throughput", fleet(141), fleet(140)),
    "rotation_rate": (
        "mid-scale",
        {"dsql.reservoir_base_lifetime": "14s"},
        {"dsql.reservoir_base_lifetime": "15s"},
    ),
    "token_bucket_above_quota": (
        "high-throughput",
        {"dsql.token_bucket_rate": 101},
        {"dsql.token_bucket_rate": 100, "dsql.token_bucket_capacity": 1000},
    ),
    "token_bucket_without_limiter": (
        "high-throughput",
        {"dsql.distributed_rate_limiter_enabled": False, "dsql.connection_rate_limit": 1},
        {"dsql.distributed_rate_limiter_enabled": False, "dsql.token_bucket_enabled": False},
    ),
    "conn_lifetime_over_limit": (
        "mid-scale",
        {"dsql.max_conn_lifetime": "1h"},
        {"dsql.max_conn_lifetime": "59m59s"},
    ),
    "conn_lifetime_tight": ("mid-scale", {"dsql.max_conn_lifetime": "55m1s"}, {"dsql.max_conn_lifetime": "3300s"}),
    "reservoir_lifetime_over_limit": (
        "mid-scale",
        {"dsql.reservoir_base_lifetime": "58m"},
        {"dsql.reservoir_base_lifetime": "57m59s"},
    ),
    "guard_window_too_wide": (
        "mid-scale",
        {"dsql.reservoir_guard_window": "9m"},
        {"dsql.reservoir_guard_window": "8m59s"},
    ),
    "token_cache_too_long": ("mid-scale", {"dsql.token_duration": "15m"}, {"dsql.token_duration": "14m59s"}),
    "connection_timeout_short": ("mid-scale", {"dsql.connection_timeout": "4.9s"}, {"dsql.connection_timeout": "5s"}),
    "transaction_size_over_limit": (
        "mid-scale",
        {"persistence.transactionSizeLimit": 10485761},
        {"persistence.transactionSizeLimit": 10485760},
    ),
    "transaction_rows": ("mid-scale", {"matching.maxTaskBatchSize": 3000}, {"matching.maxTaskBatchSize": 2999}),
    "blob_over_column_limit": ("mid-scale", {"limit.blobSize.error": 1048577}, {"limit.blobSize.error": 1048576}),
    "matching_partition_oversized": (
        "mid-scale",
        {"matching.numTaskqueueReadPartitions": 9},
        {"matching.numTaskqueueReadPartitions": 8},
    ),
    "write_partitions_exceed_read": (
        "mid-scale",
        {"matching.numTaskqueueWritePartitions": 9},
        {"matching.numTaskqueueWritePartitions": 7},
    ),
    "pollers_exceed_slots": (
        "mid-scale",
        {"sdk.activity_task_pollers": 201},
        {"sdk.activity_task_pollers": 200, "sdk.workflow_task_pollers": 200},
    ),
    "eager_mismatch": (
        "mid-scale",
        {"sdk.disable_eager_activities": True},
        {"sdk.disable_eager_activities": True, "system.enableActivityEagerExecution": False},
    ),
    "shards_below_replicas": ("mid-scale", {"history.shards": 5}, {"history.shards": 6}),
    "completion_exceeds_transitions": (
        "mid-scale",
        {"target_workflow_completion_rate": 51},
        {"target_workflow_completion_rate": 50},
    ),
    "target_outside_preset": (
        "mid-scale",
        {"target_state_transitions_per_sec": 501},
        {"target_state_transitions_per_sec": 50},
    ),
    "latency_slo_inverted": (
        "mid-scale",
        {"max_schedule_to_start_latency_ms": 501},
        {"max_schedule_to_start_latency_ms": 500},
    ),
}


def fired(preset: str, change: Change, modifier: str | None = None, previous: Change | None = None) -> dict[str, str]:
    """The guard rails that fire on a preset with some values replaced, by key, with what they say."""
    found = registry()
    base = compiled(preset, modifier)
    values = {**{key: value.value for key, value in base.values.items()}, **change}
    verdicts = judge(found.guard_rails, values, base.preset, base.modifier, previous or {})
    assert verdicts.failed == ()
    return {one.key: one.says for one in verdicts.fired}


@pytest.mark.parametrize("key", CASES)
def test_a_guard_rail_fires_on_what_fails_later(key: str) -> None:
    preset, change, _ = CASES[key]
    says = fired(preset, change)[key]
    assert not re.search(r"[{}]|none", says), says
    assert says.endswith(".")


@pytest.mark.parametrize("key", CASES)
def test_a_guard_rail_is_quiet_just_beside_that(key: str) -> None:
    preset, _, change = CASES[key]
    assert key not in fired(preset, change)


def test_a_shard_count_cannot_change() -> None:
    assert "has 4096" in fired("mid-scale", {}, previous={"history.shards": 4096})["shards_changed"]
    assert "shards_changed" not in fired("mid-scale", {}, previous={"history.shards": 512})
    assert "shards_changed" not in fired("mid-scale", {})


def test_caching_is_doubted_for_short_workflows_alone() -> None:
    assert "sticky_minimal_benefit" in fired("mid-scale", {"max_e2e_workflow_latency_ms": 1999}, "long-running")
    assert "sticky_minimal_benefit" not in fired("mid-scale", {"max_e2e_workflow_latency_ms": 2000}, "long-running")
    assert "sticky_minimal_benefit" not in fired("mid-scale", {"max_e2e_workflow_latency_ms": 1999})


def test_a_modifier_may_shrink_what_the_target_does_not_need() -> None:
    key = "matching.numTaskqueueReadPartitions"
    assert "modifier_below_target" in fired("high-throughput", {}, "simple-crud")
    assert "modifier_below_target" not in fired("mid-scale", {}, "simple-crud")
    assert "modifier_below_target" not in fired("high-throughput", {key: 16}, "simple-crud")
    assert "modifier_below_target" not in fired(
        "high-throughput", {"target_state_transitions_per_sec": 200}, "simple-crud"
    )


def test_a_target_outside_names_the_preset_that_fits() -> None:
    for target, better in ((501, "high-throughput"), (49, "starter")):
        says = fired("mid-scale", {"target_state_transitions_per_sec": target})["target_outside_preset"]
        assert f"preset {better} fits" in says


def test_every_guard_rail_is_tested_and_warns_or_refuses_as_designed() -> None:
    apart = {"shards_changed", "sticky_minimal_benefit", "modifier_below_target"}
    assert set(CASES) | apart == {rail.key for rail in registry().guard_rails}
    warnings = {rail.key for rail in registry().guard_rails if rail.verdict is Verdict.WARNING}
    assert warnings == {
        "matching_partition_oversized",
        "modifier_below_target",
        "sticky_minimal_benefit",
        "connection_headroom",
        "connection_burst_budget",
        "startup_fill_time",
        "rotation_rate",
        "token_bucket_without_limiter",
        "conn_lifetime_tight",
        "connection_timeout_short",
        "blob_over_column_limit",
        "reservoir_below_pool",
        "eager_mismatch",
        "completion_exceeds_transitions",
        "target_outside_preset",
    }
