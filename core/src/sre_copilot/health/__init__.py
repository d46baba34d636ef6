"""The deterministic engine; pure: no I/O, no clock, no randomness."""
