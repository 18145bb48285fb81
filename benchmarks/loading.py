"""Loading: the tap piped into a loader, and the loader alone with the same lines from a file."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.contenders import tap
from benchmarks.destinations import destinations
from benchmarks.environments import loader as command_of
from benchmarks.measure import ContenderFailedError, Runner, is_record, output_of, started
from benchmarks.reading import say
from benchmarks.server import sandbox
from benchmarks.services import CLOCKIFY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.destinations import Destinations
    from benchmarks.loaders import Loader, Loading
    from benchmarks.measure import Figures

_HEADLINE = (
    "| loader | alone: rows/s | s | peak MiB | times its defaults | behind the tap: s "
    "| the tap's own CPU s | share % |"
)


@dataclass(frozen=True)
class Round:
    """One round of a loader.

    Attributes:
        alone: what the loader took with lines from a file.
        pipe: seconds from the loader's start, a moment after the tap's, to its end.
        tap: what the tap took, waiting for the loader included.
    """

    alone: Figures
    pipe: float
    tap: Figures


@dataclass(frozen=True)
class Loaded:
    """A loading's figures.

    Attributes:
        loading: what was measured.
        rows: rows that were loaded each time.
        thrown_away: what the tap took into `/dev/null`, by round.
        rounds: each loader's rounds.
    """

    loading: Loading
    rows: int
    thrown_away: list[Figures]
    rounds: Mapping[Loader, list[Round]]

    def alone(self, loader: Loader) -> float:
        """Return seconds that a loader takes alone; median of the rounds."""
        return median(one.alone.wall for one in self.rounds[loader])

    def pipe(self, loader: Loader) -> float:
        """Return seconds of the whole pipe; median of the rounds."""
        return median(one.pipe for one in self.rounds[loader])

    def work(self, loader: Loader) -> float:
        """Return the tap's seconds of processor time in the pipe; median of the rounds."""
        return median(one.tap.cpu for one in self.rounds[loader])

    def share(self, loader: Loader) -> float:
        """Return how much of the pipe's time the tap worked, in percent."""
        return median(100 * one.tap.cpu / one.pipe for one in self.rounds[loader])

    def lines(self) -> Iterator[str]:
        """Return the lines of the table."""
        first, *_ = self.rounds
        wall = median(one.wall for one in self.thrown_away)
        cpu = median(one.cpu for one in self.thrown_away)
        yield f"### {self.loading.title}"
        yield ""
        yield (
            f"`{self.loading.name}`: {self.rows:,} time entries, medians of {len(self.thrown_away)}"
            f". The tap alone, into `/dev/null`: {wall:.2f} s, of which {cpu:.2f} s of CPU."
        )
        yield ""
        yield _HEADLINE
        yield "| --- | --: | --: | --: | --: | --: | --: | --: |"
        for loader, rounds in self.rounds.items():
            alone = self.alone(loader)
            peak = max(one.alone.peak for one in rounds)
            yield (
                f"| {loader.label} | {self.rows / alone:,.0f} | {alone:.2f} | {peak:.0f} "
                f"| {self.alone(first) / alone:.2f} | {self.pipe(loader):.2f} "
                f"| {self.work(loader):.2f} | {self.share(loader):.1f} |"
            )
        yield ""


def measure(loading: Loading) -> Loaded:
    """Record the tap's lines, then load them by each loader, alone and behind the tap."""
    known = _settings()
    rounds: dict[Loader, list[Round]] = {
        one: [] for one in loading.loaders if one.tap.keys() <= known
    }
    (plugin,) = {one.plugin for one in loading.loaders}
    with (
        tempfile.TemporaryDirectory() as name,
        sandbox(CLOCKIFY, members=loading.members, entries=loading.entries, latency_ms=0) as access,
        destinations(plugin, Path(name)) as places,
    ):
        folder = Path(name)
        runner = Runner(access, folder)
        reader = tap(CLOCKIFY)
        thrown_away = [runner.measure(reader) for _ in range(loading.rounds)]
        rows = _record(runner.command(reader), folder / "lines")
        for number in range(loading.rounds):
            for one, taken in rounds.items():
                further = json.loads(json.dumps({**one.tap}).replace("{folder}", name))
                command = runner.command(reader, further)
                taken.append(_round(one, command, places, folder, rows))
                say(f"{loading.title}: round {number + 1}, {one.label}")
    return Loaded(loading, rows, thrown_away, rounds)


def _settings() -> set[str]:
    """Return the names of the tap's settings."""
    about = json.loads(
        output_of([sys.executable, "-m", "tap_clockify", "--about", "--format=json"])
    )
    return {*about["settings"]["properties"]}


def _round(
    loader: Loader, tap_command: list[str], places: Destinations, folder: Path, rows: int
) -> Round:
    """Run a loader with the recorded lines, then behind the tap.

    Where the tap has settings of its own, its lines are recorded again.
    """
    settings, lines = folder / "loader.json", folder / "lines"
    command = [command_of(loader.plugin), "--config", str(settings)]
    if loader.tap:
        lines = folder / "lines-of-its-own"
        _record(tap_command, lines)

    def prepare() -> None:
        settings.write_text(json.dumps({**loader.settings, **places.settings()}))

    prepare()
    with lines.open("rb") as recorded, started(command, stdin=recorded) as alone:
        taken = alone.finish()
    _check(loader, places.rows(), rows)
    prepare()
    with (
        started(tap_command, stdout=subprocess.PIPE) as source,
        started(command, stdin=source.output) as target,
    ):
        source.output.close()  # so that the tap hears when the loader is gone
        tapped = source.finish()
        behind = target.finish()
    _check(loader, places.rows(), rows)
    return Round(taken, behind.wall, tapped)


def _record(command: list[str], lines: Path) -> int:
    """Write a tap's lines to a file; return how many are rows."""
    with lines.open("wb") as file, started(command, stdout=file) as process:
        process.finish()
    with lines.open("rb") as written:
        return sum(1 for line in written if is_record(line))


def _check(loader: Loader, loaded: int, rows: int) -> None:
    if loaded != rows:
        raise ContenderFailedError(f"{loader.label} loaded {loaded:,} rows of {rows:,}")
