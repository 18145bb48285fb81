"""What a run prints: tables, targets, the machine."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.perform.clips_asked import CSV, JSON
from benchmarks.scenarios import PARSER, Kind, bare, clip, clip_with_ids, plain, plain_clip, tap
from benchmarks.services import CLICKTIME, CLOCKIFY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.measure import Figures
    from benchmarks.scenarios import Contender, Scenario

PACKAGES = ("timecost-taps", "singer-sdk", "msgspec", "requests", "orjson")

_HEADLINE = "| contender | rows/s | wall s | CPU s | peak MiB | times plain SDK tap |"


@dataclass(frozen=True)
class Result:
    """A scenario's figures.

    Attributes:
        scenario: what was measured.
        rows: rows that every contender delivered.
        figures: each contender's rounds, in the order of measuring.
    """

    scenario: Scenario
    rows: int
    figures: Mapping[Contender, list[Figures]]

    def rate(self, contender: Contender) -> float:
        """Return rows a second of wall-clock time, start-up included; median of the rounds."""
        return self.rows / median(one.wall for one in self.figures[contender])

    def peak(self, contender: Contender) -> float:
        """Return the highest resident memory of any round, in MiB."""
        return max(one.peak for one in self.figures[contender])

    def times(self, contender: Contender, other: Contender) -> float:
        """Return how many times as fast as another a contender is; median of the rounds' pairs."""
        pairs = zip(self.figures[contender], self.figures[other], strict=True)
        return median(theirs.wall / own.wall for own, theirs in pairs)


@dataclass(frozen=True)
class Target:
    """A figure that was promised.

    Attributes:
        text: what it is.
        value: what was measured.
        limit: the promise; None where none was made.
        unit: of both.
        at_most: whether less is better.
    """

    text: str
    value: float
    limit: float | None
    unit: str
    at_most: bool = False

    def __str__(self) -> str:
        if self.limit is None:
            return f"- measured: {self.text}: {self.value:.3g}{self.unit}"
        met = self.value < self.limit if self.at_most else self.value >= self.limit
        bound = "below" if self.at_most else "at least"
        return (
            f"- {'met' if met else 'missed'}: {self.text}: {self.value:.3g}{self.unit} "
            f"(target: {bound} {self.limit:g}{self.unit})"
        )


def machine() -> str:
    """Return what the figures were measured on."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{os.cpu_count()} cores ({platform.machine()}, {platform.system()}), "
        f"Python {platform.python_version()}, {packages}"
    )


def table(result: Result) -> Iterator[str]:
    """Return the lines of a scenario's table."""
    scenario = result.scenario
    rounds = len(next(iter(result.figures.values())))
    how = f"{rounds} {'round' if rounds == 1 else 'rounds'}, medians"
    if not scenario.rounds:
        how = "one run each, its output read and counted"
    other = next((one for one in result.figures if one.kind is Kind.PLAIN), None)
    yield f"### {scenario.title}"
    yield ""
    yield f"{result.rows:,} {scenario.service.rows}; {how}."
    yield ""
    yield _HEADLINE
    yield "| --- | --: | --: | --: | --: | --: |"
    for contender, rounds_of in result.figures.items():
        times = f"{result.times(contender, other):.2f}" if other else "-"
        yield (
            f"| {contender.label} | {result.rate(contender):,.0f} "
            f"| {median(one.wall for one in rounds_of):.2f} "
            f"| {median(one.cpu for one in rounds_of):.2f} "
            f"| {result.peak(contender):.0f} | {times} |"
        )
    yield ""


def targets(results: Mapping[str, Result]) -> Iterator[Target]:
    """Return the targets that the measured scenarios say something about."""
    yield from _clockify(results)
    yield from _clicktime(results)
    yield from _perform(results)


def _clockify(results: Mapping[str, Result]) -> Iterator[Target]:
    serial, eight = tap(CLOCKIFY, 1), tap(CLOCKIFY, 8)
    if speed := results.get("plain"):
        against = speed.times(serial, plain(CLOCKIFY))
        yield Target("speed, against the plain SDK tap", against, 8, " times")
        against = speed.times(serial, bare(CLOCKIFY))
        yield Target("speed, against the bare loop", against, 0.5, " times")
    if speed and (members := results.get("members")):
        share = members.rate(serial) / speed.rate(serial)
        yield Target("speed with 2,000 members, against 40", share, 0.5, " times")
    if memory := results.get("memory"):
        text = f"peak memory at {memory.scenario.entries:,} time entries"
        yield Target(text, memory.peak(tap(CLOCKIFY)), 120, " MiB", at_most=True)
    for latency in (results.get("latency"), results.get("few")):
        if latency:
            text = f"8 workers against 1, 100 ms, {latency.scenario.members} members"
            yield Target(text, latency.times(eight, serial), 6, " times")


def _clicktime(results: Mapping[str, Result]) -> Iterator[Target]:
    serial = tap(CLICKTIME, 1)
    if speed := results.get("clicktime"):
        against = speed.times(serial, plain(CLICKTIME))
        yield Target("ClickTime: speed, against the plain SDK tap", against, 6, " times")
    if latency := results.get("clicktime-latency"):
        walks = {"the plain SDK tap": plain(CLICKTIME), "1 worker": serial}
        for workers in (8, 16):
            for what, walk in walks.items():
                text = f"ClickTime: {workers} workers against {what}, 100 ms"
                times = latency.times(tap(CLICKTIME, workers), walk)
                yield Target(text, times, 5, " times")
        text = f"ClickTime: peak memory at {latency.scenario.entries:,} time entries, 16 workers"
        yield Target(text, latency.peak(tap(CLICKTIME, 16)), None, " MiB")


def _perform(results: Mapping[str, Result]) -> Iterator[Target]:
    for form, stream in (("CSV", CSV), ("JSON", JSON)):
        contenders = {"key declared": clip(stream), "ids for rows": clip_with_ids(stream)}
        if speed := results.get(f"perform-{form.lower()}"):
            for how, contender in contenders.items():
                against = speed.times(contender, plain_clip(stream))
                text = f"Perform: {form}, {how}, against the plain SDK tap"
                limit = 4 if contender == clip(stream) else None  # the plain tap gives no ids
                yield Target(text, against, limit, " times")
                if PARSER in speed.figures:
                    against = speed.times(contender, PARSER)
                    text = f"Perform: {form}, {how}, against csv.reader alone"
                    yield Target(text, against, None, " times")
        if big := results.get(f"perform-big-{form.lower()}"):
            for how, contender in contenders.items():
                text = f"Perform: peak memory at {big.rows:,} rows of {form}, {how}"
                yield Target(text, big.peak(contender), 150, " MiB", at_most=True)
