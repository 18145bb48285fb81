"""The SDK's standard suite over a real account; `make live` runs it, and no other command does."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from scripts.live.taps import TAPS

if TYPE_CHECKING:
    from taps_common.cli.tap import ApiTap

WHICH = "LIVE_SUITE"
"""Environment variable that names the tap."""


def suite_of(tap: type[ApiTap]) -> Any:  # noqa: ANN401 - a class built at run time
    """Return the suite; empty tables are no failure of an account."""
    config = SuiteConfig(ignore_no_records=True)
    return get_tap_test_class(tap, config={}, suite_config=config, parse_env_config=True)


if WHICH in os.environ:

    class TestLive(suite_of(TAPS[os.environ[WHICH]].tap)):  # type: ignore[misc]  # built at run time
        """The suite of the tap that the environment names."""


class Results:
    """A plugin of pytest that counts, and forgets what failed tests say: it may hold data."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.failed: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the end of a test, or the failure of what it needs."""
        if report.when == "call" or report.outcome != "passed":
            self.counts[report.outcome] = self.counts.get(report.outcome, 0) + 1
            if report.outcome == "failed":
                self.failed.append(report.nodeid.rpartition("::")[2])


def main() -> None:
    """Run the suite; print what came of it, one finding a line."""
    results = Results()
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:warnings", "--capture=sys", "--no-header"]
    options += ["--tb=no", "--show-capture=no", "-c", os.devnull, "--rootdir", os.curdir]
    pytest.main([*options, __file__], plugins=[results])
    told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(results.counts.items()))
    print(f"\f{told or 'it did not run'}")
    for name in results.failed:
        print(f"failed: {name}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
