"""`python -m benchmarks`: measure all contenders on the same pages and print the tables."""

from __future__ import annotations

import argparse
import shlex
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import benchmarks
from benchmarks.measure import ContenderFailedError, Runner
from benchmarks.report import Result, machine, table, targets
from benchmarks.scenarios import SCENARIOS
from benchmarks.server import sandbox

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from benchmarks.measure import Figures
    from benchmarks.scenarios import Contender, Scenario


def main() -> int:
    """Measure, print, and return 0 unless something failed to run."""
    signal.signal(signal.SIGTERM, _end)
    scenarios = _chosen()
    print("## Benchmark\n")
    print(f"`{shlex.join(['python', '-m', 'benchmarks', *sys.argv[1:]])}` on {machine()}\n")
    print(
        "Whole processes, start-up included, output thrown away. rows/s is per second of wall "
        "time, CPU is user and system, peak is the highest resident memory of any round, the "
        "last column is the median over the rounds.\n",
        flush=True,
    )
    results: dict[str, Result] = {}
    try:
        for scenario in scenarios:
            results[scenario.name] = _measure(scenario)
            print("\n".join(table(results[scenario.name])), flush=True)
    except (ContenderFailedError, OSError, RuntimeError, subprocess.SubprocessError) as error:
        print(f"The benchmark failed: {error}", file=sys.stderr)
        return 1
    print("### Targets\n")
    print("\n".join(map(str, targets(results))))
    return 0


def _measure(scenario: Scenario) -> Result:
    """Run a scenario: one round that counts rows, then the rounds that count, taking turns."""
    figures: dict[Contender, list[Figures]] = {one: [] for one in scenario.contenders}
    with (
        tempfile.TemporaryDirectory() as folder,
        sandbox(
            scenario.service,
            members=scenario.members,
            entries=scenario.entries,
            latency_ms=scenario.latency_ms,
        ) as access,
    ):
        runner = Runner(access, Path(folder))
        _say(f"{scenario.title}: counting rows")
        counted = {one: runner.measure(one, counting=True) for one in scenario.contenders}
        rows = _same({one.label: count for one, (_, count) in counted.items()})
        if not scenario.rounds:
            return Result(scenario, rows, {one: [taken] for one, (taken, _) in counted.items()})
        for number in range(scenario.rounds):
            turn = number % len(scenario.contenders)
            for contender in (*scenario.contenders[turn:], *scenario.contenders[:turn]):
                taken, _ = runner.measure(contender)
                figures[contender].append(taken)
                _say(
                    f"{scenario.title}: round {number + 1} of {scenario.rounds}, "
                    f"{contender.label}: {taken.wall:.2f} s, {taken.peak:.0f} MiB"
                )
    return Result(scenario, rows, figures)


def _same(counts: dict[str, int]) -> int:
    """Return the number of rows that every contender delivered.

    Raises:
        ContenderFailedError: they differ, or there are none.
    """
    found = set(counts.values())
    if len(found) != 1 or not found - {0}:
        each = ", ".join(f"{label}: {count:,}" for label, count in counts.items())
        raise ContenderFailedError(f"the contenders delivered different rows: {each}")
    return found.pop()


def _chosen() -> Sequence[Scenario]:
    """Return the scenarios that the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=benchmarks.__doc__)
    parser.add_argument("--quick", action="store_true", help="few rows, one round")
    parser.add_argument("--entries", type=int, help="rows, instead of each scenario's own")
    parser.add_argument("--rounds", type=int, help="rounds, instead of each scenario's own")
    names = [scenario.name for scenario in SCENARIOS]
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="SCENARIO")
    asked = parser.parse_args()
    return [
        replace(
            scenario,
            entries=asked.entries or (scenario.quick_entries if asked.quick else scenario.entries),
            rounds=(asked.rounds or (1 if asked.quick else scenario.rounds))
            if scenario.rounds
            else 0,
        )
        for scenario in SCENARIOS
        if scenario.name in asked.only
    ]


def _say(text: str) -> None:
    """Tell a person who waits how far it is, apart from the tables."""
    print(text, file=sys.stderr, flush=True)


def _end(signum: int, frame: FrameType | None) -> None:
    """End on SIGTERM the way Ctrl-C does, so that nothing is left running."""
    del frame
    sys.exit(128 + signum)


if __name__ == "__main__":
    sys.exit(main())
