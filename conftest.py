"""What all tests share: how thoroughly Hypothesis looks, and the real servers that tests start."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.integration.postgres"]

# A deadline for each example measures the machine's other guests, not our code; benchmarks measure speed.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", parent=settings.get_profile("default"), max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
