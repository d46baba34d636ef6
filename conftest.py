"""What all tests share: how thoroughly Hypothesis looks, and the real servers that tests start."""

from __future__ import annotations

import os
import signal

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.integration.postgres"]

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # A shell's background jobs ignore Ctrl-C and so do their children; tests send it to programs they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A deadline for each example measures the machine's other guests, not our code; benchmarks measure speed.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", parent=settings.get_profile("default"), max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
