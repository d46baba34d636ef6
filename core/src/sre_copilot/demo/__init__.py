"""The demonstration: a real cluster, real load, real faults, and the copilot watching."""
