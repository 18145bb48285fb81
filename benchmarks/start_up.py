"""Start-up: what a command takes that reads nothing."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.measure import started

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.measure import Figures

PLAIN = "benchmarks.clockify.plain_tap"

OPTIONS = ("--version", "--discover")


@dataclass(frozen=True)
class StartUp:
    """Commands that end at once.

    Attributes:
        name: a word that `--only` takes.
        title: headline of its table.
        modules: what `python -m` runs.
        rounds: how often each one is measured, with each option.
    """

    name: str = "start-up"
    title: str = "Start-up"
    modules: tuple[str, ...] = ("tap_clockify", "tap_clicktime", "tap_perform", PLAIN)
    rounds: int = 10


@dataclass(frozen=True)
class Ended:
    """The figures of each command's rounds, by module and option."""

    start_up: StartUp
    figures: Mapping[tuple[str, str], list[Figures]]

    def times(self, module: str, option: str) -> float:
        """Return how many times as long as the plain SDK tap a command takes, by its CPU time."""
        return self._cpu(module, option) / self._cpu(PLAIN, option)

    def _cpu(self, module: str, option: str) -> float:
        return median(one.cpu for one in self.figures[module, option])

    def lines(self) -> Iterator[str]:
        """Return the lines of the table."""
        rounds = self.start_up.rounds
        yield f"### {self.start_up.title}"
        yield ""
        yield f"`{self.start_up.name}`: medians of {rounds}. Nothing is configured or asked for."
        yield ""
        yield "| command | wall s | CPU s | peak MiB | CPU, times the plain SDK tap |"
        yield "| --- | --: | --: | --: | --: |"
        for (module, option), figures in self.figures.items():
            wall = median(one.wall for one in figures)
            peak = max(one.peak for one in figures)
            name = "plain SDK tap" if module == PLAIN else module.replace("_", "-")
            yield (
                f"| {name} {option} | {wall:.2f} | {self._cpu(module, option):.2f} | {peak:.0f} "
                f"| {self.times(module, option):.2f} |"
            )
        yield ""


def measure(start_up: StartUp) -> Ended:
    """Run all commands in turn: one round to have everything in the page cache, then the others."""
    commands = [(module, option) for option in OPTIONS for module in start_up.modules]
    rounds = [{one: _run(*one) for one in commands} for _ in range(start_up.rounds + 1)]
    return Ended(start_up, {one: [taken[one] for taken in rounds[1:]] for one in commands})


def _run(module: str, option: str) -> Figures:
    with started([sys.executable, "-m", module, option]) as process:
        return process.finish()
