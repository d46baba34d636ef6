"""What a Temporal cluster can tell: its signals, gates, thresholds and causes."""
