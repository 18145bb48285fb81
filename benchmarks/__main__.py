"""`python -m benchmarks`: measure all contenders on the same pages and print the tables."""

from __future__ import annotations

import argparse
import shlex
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import benchmarks
from benchmarks import bulk, goals, hostile, loading, reading, start_up
from benchmarks.contenders import Kind, beside
from benchmarks.loaders import LOADINGS, Loading
from benchmarks.measure import ContenderFailedError
from benchmarks.report import Goal, machine
from benchmarks.scenarios import SCENARIOS, Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    AnyLoading = TypeVar("AnyLoading", Loading, bulk.Bulk)

NAMES = (
    *(one.name for one in (*SCENARIOS, *LOADINGS, *bulk.BULKS)),
    start_up.StartUp.name,
    hostile.Hostile.name,
)
"""What `--only` takes, in the order of measuring."""


def main() -> int:
    """Measure, print, and return 0 unless something failed to run."""
    signal.signal(signal.SIGTERM, _end)
    asked = _arguments()
    print("## Benchmark\n")
    print(f"`{shlex.join(['python', '-m', 'benchmarks', *sys.argv[1:]])}` on {machine()}\n")
    print(
        "Whole processes, start-up included, output thrown away. rows/s is per second of wall "
        "time, CPU is user and system, peak is the highest resident memory of any round. The "
        "limit is what the requests' latency takes with so many workers, or 16 workers' CPU "
        "seconds without latency, whichever is longer. A loader alone reads the same lines from a "
        "file.\n",
        flush=True,
    )
    try:
        found = list(_measured(asked))
    except (ContenderFailedError, OSError, RuntimeError, subprocess.SubprocessError) as error:
        print(f"The benchmark failed: {error}", file=sys.stderr)
        return 1
    print("### Goals\n")
    print("\n".join(map(str, found)))
    return 0


def _measured(asked: argparse.Namespace) -> Iterator[Goal]:
    """Measure and print each scenario; yield the goals afterwards."""
    read: dict[str, reading.Result] = {}
    for scenario in SCENARIOS:
        if scenario.name in asked.only:
            read[scenario.name] = reading.measure(_sized(scenario, asked))
            print("\n".join(read[scenario.name].lines()), flush=True)
    loaded: dict[str, loading.Loaded] = {}
    for one in LOADINGS:
        if one.name in asked.only:
            loaded[one.name] = loading.measure(_sized_loading(one, asked))
            print("\n".join(loaded[one.name].lines()), flush=True)
    yield from goals.read(read)
    yield from goals.loaded(loaded)
    for how_much in bulk.BULKS:
        if how_much.name in asked.only:
            piped = bulk.measure(_sized_loading(how_much, asked))
            print("\n".join(piped.lines()), flush=True)
            yield from piped.goals()
    if start_up.StartUp.name in asked.only:
        rounds = asked.rounds or (1 if asked.quick else start_up.StartUp.rounds)
        ended = start_up.measure(start_up.StartUp(rounds=rounds))
        print("\n".join(ended.lines()), flush=True)
        yield from goals.started(ended)
    if hostile.Hostile.name in asked.only:
        survived = hostile.measure()
        print("\n".join(survived.lines()), flush=True)
        yield Goal(
            "peak memory, whatever a service sends", survived.peak, 300, " MiB", at_most=True
        )


def _sized(scenario: Scenario, asked: argparse.Namespace) -> Scenario:
    """Return a scenario with the rows and rounds that the command line asks for."""
    most = 1 if asked.quick else None
    contenders = [
        one if one.rounds is None else replace(one, rounds=_rounds(one.rounds, asked.rounds, most))
        for one in scenario.contenders
    ]
    if asked.beside:
        contenders += [beside(one, asked.beside) for one in contenders if one.kind is Kind.TAP]
    return replace(
        scenario,
        entries=asked.entries or (scenario.quick_entries if asked.quick else scenario.entries),
        rounds=_rounds(scenario.rounds, asked.rounds, most),
        contenders=tuple(contenders),
    )


def _sized_loading(one: AnyLoading, asked: argparse.Namespace) -> AnyLoading:
    return replace(
        one,
        entries=asked.entries or (one.quick_entries if asked.quick else one.entries),
        rounds=_rounds(one.rounds, asked.rounds, 1 if asked.quick else None),
    )


def _rounds(own: int, asked: int | None, most: int | None) -> int:
    """Return how many rounds there are; who has none keeps that."""
    return own and (asked or most or own)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=benchmarks.__doc__)
    parser.add_argument("--quick", action="store_true", help="few rows, one round")
    parser.add_argument("--entries", type=int, help="rows, instead of each scenario's own")
    parser.add_argument("--rounds", type=int, help="rounds, instead of each scenario's own")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, metavar="SCENARIO")
    parser.add_argument(
        "--beside",
        type=lambda folder: Path(folder).resolve(),
        metavar="CHECKOUT",
        help="another checkout, `make .venv/.ready` done there: its taps take part",
    )
    return parser.parse_args()


def _end(signum: int, frame: FrameType | None) -> None:
    """End on SIGTERM the way Ctrl-C does, so that nothing is left running."""
    del frame
    sys.exit(128 + signum)


if __name__ == "__main__":
    sys.exit(main())
