"""What the cluster runs on: shards, instances of each service, partitions, worker processes."""

from __future__ import annotations

from sre_copilot_hookspecs.configuration import (
    DYNAMIC_CONFIG,
    ENVIRONMENT,
    Derivation,
    Emission,
    Parameter,
    ParameterClass,
    ParameterType,
)

HISTORY_SHARDS = "history.shards"
HISTORY_REPLICAS = "history.replicas"
MATCHING_REPLICAS = "matching.replicas"
FRONTEND_REPLICAS = "frontend.replicas"
WORKER_REPLICAS = "worker.replicas"
READ_PARTITIONS = "matching.numTaskqueueReadPartitions"
WRITE_PARTITIONS = "matching.numTaskqueueWritePartitions"
WORKER_COUNT = "sdk.worker_count"


def as_many_as_are_read(read_partitions: int) -> int:
    """Partitions to write to."""
    return read_partitions


TOPOLOGY = (
    Parameter(
        key=HISTORY_SHARDS,
        kind=ParameterClass.TOPOLOGY,
        type=ParameterType.INTEGER,
        unit="shards",
        default=512,
        minimum=1,
        maximum=16384,
        emitted=(Emission(ENVIRONMENT, "TEMPORAL_HISTORY_SHARDS"),),
        immutable=True,
        description="Shards that hold the workflows' histories.",
        rationale="A shard works on one thing at a time, so their number bounds what history can do in parallel. It"
        " is written into the database when the cluster is made and can never change; choose for the years ahead.",
        source="Temporal's advice for small and mid-sized production clusters.",
    ),
    Parameter(
        key=HISTORY_REPLICAS,
        kind=ParameterClass.TOPOLOGY,
        type=ParameterType.INTEGER,
        unit="instances",
        default=4,
        minimum=1,
        maximum=100,
        emitted=(Emission(ENVIRONMENT, "TEMPORAL_HISTORY_REPLICAS"),),
        description="Instances of the history service.",
        rationale="The shards spread over them. History does most of the work and most of the database calls, so this"
        " is the first thing to raise with the load.",
        source="Between the starter and the mid-scale preset.",
    ),
    Parameter(
        key=MATCHING_REPLICAS,
        kind=ParameterClass.TOPOLOGY,
        type=ParameterType.INTEGER,
        unit="instances",
        default=2,
        minimum=1,
        maximum=50,
        emitted=(Emission(ENVIRONMENT, "TEMPORAL_MATCHING_REPLICAS"),),
        description="Instances of the matching service.",
        rationale="Partitions of task queues spread over them, and every task passes through one.",
        source="Two, so that one may fail.",
    ),
    Parameter(
        key=FRONTEND_REPLICAS,
        kind=ParameterClass.TOPOLOGY,
        type=ParameterType.INTEGER,
        unit="instances",
        default=2,
        minimum=1,
        maximum=50,
        emitted=(Emission(ENVIRONMENT, "TEMPORAL_FRONTEND_REPLICAS"),),
        description="Instances of the frontend service.",
        rationale="They hold the connections of clients and every open long poll, so their number follows those rather"
        " than the transitions.",
        source="Two, so that one may fail.",
    ),
    Parameter(
        key=WORKER_REPLICAS,
        kind=ParameterClass.TOPOLOGY,
        type=ParameterType.INTEGER,
        unit="instances",
        default=2,
        minimum=1,
        maximum=10,
        emitted=(Emission(ENVIRONMENT, "TEMPORAL_WORKER_REPLICAS"),),
        description="Instances of the server's own worker service.",
        rationale="It runs schedules, deletions and archival and none of your workflows; more than two only costs"
        " connections.",
        source="Two, so that one may fail.",
    ),
    Parameter(
        key=READ_PARTITIONS,
        kind=ParameterClass.TOPOLOGY,
        type=ParameterType.INTEGER,
        unit="partitions",
        default=4,
        minimum=1,
        maximum=64,
        emitted=(Emission(DYNAMIC_CONFIG, "matching.numTaskqueueReadPartitions"),),
        description="Partitions of each task queue that pollers read from.",
        rationale="More partitions dispatch more tasks at once. Each needs pollers of its own, and where those are"
        " scarce tasks wait in a partition that nobody polls.",
        source="The server's default.",
    ),
    Parameter(
        key=WRITE_PARTITIONS,
        kind=ParameterClass.TOPOLOGY,
        type=ParameterType.INTEGER,
        unit="partitions",
        minimum=1,
        maximum=64,
        derivation=Derivation(
            (READ_PARTITIONS,),
            as_many_as_are_read,
            "What is written to must be read from, and every partition that is read should get tasks.",
        ),
        emitted=(Emission(DYNAMIC_CONFIG, "matching.numTaskqueueWritePartitions"),),
        description="Partitions of each task queue that tasks are written to.",
        rationale="Only while partitions are being taken away is it lower than what is read; above that, tasks land"
        " where nobody looks.",
        source="The server's default is 4, as for reading.",
    ),
    Parameter(
        key=WORKER_COUNT,
        kind=ParameterClass.TOPOLOGY,
        type=ParameterType.INTEGER,
        unit="processes",
        default=4,
        minimum=1,
        maximum=200,
        description="Worker processes of yours that run workflows and activities.",
        rationale="Their slots and pollers together are what the cluster can execute. It is a count of processes, so"
        " the platform's scaling sets it rather than an SDK option.",
        source="Between the starter and the mid-scale preset.",
    ),
)
