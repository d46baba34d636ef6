"""The table of readings in columns: a few rows an hour instead of one document a cycle."""

READING_BLOCKS = """
CREATE TABLE IF NOT EXISTS reading_blocks (
    id uuid PRIMARY KEY,
    cluster text NOT NULL,
    hour integer NOT NULL,
    part integer NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    cycles integer NOT NULL,
    packed text NOT NULL
)
"""
"""``hour`` counts from 1970; ``packed`` is what :class:`sre_copilot.health.columns.Columns` packs, in base 64."""

READING_BLOCKS_BY_CLUSTER = "reading_blocks_by_cluster ON reading_blocks (cluster, hour)"
