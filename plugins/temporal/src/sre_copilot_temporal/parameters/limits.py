"""What the server accepts at most, where the database accepts less than the server believes."""

from __future__ import annotations

from sre_copilot_hookspecs.configuration import DYNAMIC_CONFIG, Emission, Parameter, ParameterClass, ParameterType

TRANSACTION_SIZE = "persistence.transactionSizeLimit"
BLOB_SIZE = "limit.blobSize.error"

LIMITS = (
    Parameter(
        key=BLOB_SIZE,
        kind=ParameterClass.SAFETY,
        type=ParameterType.INTEGER,
        unit="bytes",
        default=1048576,
        minimum=65536,
        maximum=2097152,
        emitted=(Emission(DYNAMIC_CONFIG, "limit.blobSize.error"),),
        description="The largest payload that the server accepts.",
        rationale="A column of Aurora DSQL holds 1 MiB. The server would accept twice that, and the write would fail"
        " after the work was done.",
        source="Server default 2 MiB; DSQL column limit 1 MiB.",
    ),
    Parameter(
        key=TRANSACTION_SIZE,
        kind=ParameterClass.TUNING,
        type=ParameterType.INTEGER,
        unit="bytes",
        default=4000000,
        minimum=1000000,
        maximum=10485760,
        emitted=(Emission(DYNAMIC_CONFIG, "system.transactionSizeLimit"),),
        description="The largest write that the server attempts in one transaction.",
        rationale="DSQL refuses transactions that change more than 10 MiB. The server's own limit is well below and"
        " gives the better error.",
        source="Server default 4 MB; DSQL transaction limit 10 MiB.",
    ),
)
