"""What all tests share: the guard that keeps them offline, Hypothesis' profiles, and fixtures."""

from __future__ import annotations

import gc
import os
import runpy
from pathlib import Path

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.common.fixtures"]

GUARD = Path(__file__).parent / "guard"

runpy.run_path(str(GUARD / "sitecustomize.py"))
os.environ["PYTHONPATH"] = os.pathsep.join([str(GUARD), os.environ.get("PYTHONPATH", "")])

for profile, examples in (("quick", 10), ("thorough", 100)):
    settings.register_profile(
        profile,
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        derandomize=True,
        database=None,  # a folder that test runs side by side would share
    )
settings.load_profile("quick")  # `--hypothesis-profile` comes later and wins


def pytest_collection_finish() -> None:
    """Leave what collecting made to itself: looking through it took a seventh of all time."""
    gc.collect()
    gc.freeze()
