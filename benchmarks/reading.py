"""Reading an account: everybody in turn, on the same pages."""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.contenders import Kind
from benchmarks.measure import ContenderFailedError, Runner
from benchmarks.server import sandbox
from benchmarks.services import spoil

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.contenders import Contender
    from benchmarks.measure import Figures
    from benchmarks.scenarios import Scenario

_HEADLINE = (
    "| contender | rounds | rows/s | wall s | CPU s | peak MiB | requests | limit s "
    "| times plain SDK tap |"
)


@dataclass(frozen=True)
class Result:
    """A scenario's figures.

    Attributes:
        scenario: what was measured.
        rows: rows that every contender delivered.
        requests: how many each one sent.
        figures: each contender's rounds, in the order of measuring.
    """

    scenario: Scenario
    rows: int
    requests: Mapping[Contender, int]
    figures: Mapping[Contender, list[Figures]]

    def wall(self, contender: Contender) -> float:
        """Return seconds from start to end; median of the rounds."""
        return median(one.wall for one in self.figures[contender])

    def cpu(self, contender: Contender) -> float:
        """Return seconds of processor time; median of the rounds."""
        return median(one.cpu for one in self.figures[contender])

    def cpu_share(self, contender: Contender, other: Contender) -> float:
        """Return a contender's processor time by another's; median over the rounds' pairs."""
        pairs = zip(self.figures[contender], self.figures[other], strict=True)
        return median(one.cpu / two.cpu for one, two in pairs)

    def rate(self, contender: Contender) -> float:
        """Return rows a second of wall-clock time, start-up included; median of the rounds."""
        return self.rows / self.wall(contender)

    def peak(self, contender: Contender) -> float:
        """Return the highest resident memory of any round, in MiB."""
        return max(one.peak for one in self.figures[contender])

    def times(self, contender: Contender, other: Contender) -> float:
        """Return how many times as fast as another a contender is.

        The median over the rounds' pairs, or the medians' quotient where one had more rounds.
        """
        own, theirs = self.figures[contender], self.figures[other]
        if len(own) != len(theirs):
            return self.wall(other) / self.wall(contender)
        return median(two.wall / one.wall for one, two in zip(own, theirs, strict=True))

    def limit(self, contender: Contender) -> float | None:
        """Return the seconds that nobody can be faster than with so many workers.

        Either all requests' latency, so many of them at once, or the seconds of processor time that
        the same rows take 16 workers where requests take none, if that is more.
        """
        work = next((self.cpu(one) for one in self.figures if one.latency_ms == 0), None)
        if work is None or contender.workers is None or contender.latency_ms == 0:
            return None
        waited = self.requests[contender] * self.scenario.latency_ms / 1000 / contender.workers
        return max(waited, work)

    def lines(self) -> Iterator[str]:
        """Return the lines of the table."""
        scenario = self.scenario
        size = scenario.service.page_size
        pages = f" in pages of at most {size:,}" if size else ""
        other = next((one for one in self.figures if one.kind is Kind.PLAIN), None)
        yield f"### {scenario.title}"
        yield ""
        yield f"`{scenario.name}`: {self.rows:,} {scenario.service.rows}{pages}; medians."
        yield ""
        yield _HEADLINE
        yield "| --- | --: | --: | --: | --: | --: | --: | --: | --: |"
        for contender, rounds in self.figures.items():
            times = f"{self.times(contender, other):.2f}" if other else "-"
            limit = self.limit(contender) if contender.kind is Kind.TAP else None
            yield (
                f"| {contender.label} | {len(rounds)} | {self.rate(contender):,.0f} "
                f"| {self.wall(contender):.2f} | {self.cpu(contender):.2f} "
                f"| {self.peak(contender):.0f} | {self.requests[contender]:,} "
                f"| {'-' if limit is None else f'{limit:.2f}'} | {times} |"
            )
        yield ""


def measure(scenario: Scenario) -> Result:
    """Run a scenario: one round that counts rows, then the rounds that count, taking turns.

    Args:
        scenario: what to measure.
    """
    title, contenders = scenario.title, scenario.contenders
    with ExitStack() as stack:
        runners: dict[tuple[object, ...], Runner] = {}
        counted = {}
        for one in contenders:
            if one.account not in runners:
                runners[one.account] = _runner(scenario, one, stack)
            say(f"{title}: counting rows, {one.label}")
            counted[one] = runners[one.account].count(one)
        rows = _same({one.label: count for one, (_, count, _) in counted.items()})
        figures = {
            one: [] if scenario.rounds_of(one) else [taken]
            for one, (taken, _, _) in counted.items()
        }
        for number in range(max(map(scenario.rounds_of, contenders))):
            turn = number % len(contenders)
            for contender in (*contenders[turn:], *contenders[:turn]):
                if number >= scenario.rounds_of(contender):
                    continue
                taken = runners[contender.account].measure(contender)
                figures[contender].append(taken)
                say(
                    f"{title}: round {number + 1}, {contender.label}: "
                    f"{taken.wall:.2f} s, {taken.peak:.0f} MiB"
                )
    requests = {one: asked for one, (_, _, asked) in counted.items()}
    return Result(scenario, rows, requests, figures)


def _runner(scenario: Scenario, contender: Contender, stack: ExitStack) -> Runner:
    """Return what starts a contender, and others of its kind, against an account of their own."""
    own = contender.latency_ms
    access = stack.enter_context(
        sandbox(
            scenario.service,
            members=contender.members or scenario.members,
            entries=scenario.entries,
            latency_ms=scenario.latency_ms if own is None else own,
        )
    )
    if contender.drift:
        spoil(access.origin, contender.drift)
    return Runner(access, Path(stack.enter_context(tempfile.TemporaryDirectory())))


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


def say(text: str) -> None:
    """Tell a person who waits how far it is, apart from the tables."""
    print(text, file=sys.stderr, flush=True)
