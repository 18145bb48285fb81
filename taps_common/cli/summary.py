"""What the log says at the end of a run: a verdict, a line per stream, what was odd or failed."""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taps_common.errors import InterruptedRunError, Kind, NotAskedError, coded
from taps_common.http.cost import counted
from taps_common.records.row_types import RESCUED
from taps_common.sync.told import undated

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Sequence

    from taps_common.http.cost import Cost
    from taps_common.sync.outcome import Outcome
    from taps_common.sync.told import Told

GOES_ON = "the next run goes on at the last state that the loader kept"
"""What a signal leaves: a loader that it ended too kept none of this run's rows."""

MOST_NAMED = 20
"""Fields that a line names."""


@dataclass
class Verdict:
    """How a run ended.

    Attributes:
        tables: how many are selected.
        incomplete: names of those that are not whole.
        unchanged: names of those of which nothing was sent, since nothing changed.
        cost: what all requests of the run took.
        seconds: how long it took.
        interrupted: whether a signal ended it.
    """

    tables: int
    incomplete: Sequence[str]
    unchanged: Sequence[str]
    cost: Cost
    seconds: float
    interrupted: bool = False

    def line(self, outcomes: Iterable[Outcome]) -> str:
        """Return the verdict on what was read."""
        ended = [*outcomes]
        rows = sum(sum(one.counts.values()) for one in ended)
        kept = sum(one.unchanged for one in ended)
        said = f"Complete: {counted(self.tables, 'table')}"
        if self.incomplete:
            advice = (
                f"interrupted: {GOES_ON}"
                if self.interrupted
                else "do what the errors below say, and run again"
            )
            lacking = f"{len(self.incomplete)} of {counted(self.tables, 'table')}"
            said = f"Incomplete: {lacking} ({advice})"
        if self.unchanged:
            said += f", {len(self.unchanged)} of them unchanged"
        sent = f"{counted(rows, 'row')} sent" + (f", {kept:,} unchanged" if kept else "")
        return f"{said}; {sent}; {self.cost}; it took {self.seconds:.1f} s."


def tell(
    verdict: Verdict, outcomes: Sequence[Outcome], told: Told, logger: logging.Logger, tap: str
) -> None:
    """Log the end of a run.

    Args:
        verdict: how it ended.
        outcomes: how the streams ended.
        told: what the last run said.
        logger: takes the lines.
        tap: name of the tap.
    """
    logger.info("%s", verdict.line(outcomes))
    width = max((len(one.progress.name) for one in outcomes), default=0)
    for outcome in outcomes:
        logger.info("%s", _stream_line(outcome, width))
    read = {table for one in outcomes for table in one.counts}
    if unread := [name for name in verdict.incomplete if name not in read]:
        logger.info("Not read: %s.", ", ".join(unread))
    _tell_left_out(outcomes, told, logger, tap)
    for outcome in outcomes:
        _tell_oddities(outcome, told, logger)
    _tell_failures(outcomes, logger, tap)


def _tell_failures(outcomes: Iterable[Outcome], logger: logging.Logger, tap: str) -> None:
    """Say what failed and why; what was not asked for, since others had failed, in one line."""
    not_asked: dict[tuple[Kind, str, str], list[str]] = defaultdict(list)
    for outcome in outcomes:
        for scope, error in outcome.failures:
            where = ", ".join(f"{name} {value}" for name, value in scope.items())
            if isinstance(error, NotAskedError):
                not_asked[error.kind, where, error.reason].append(outcome.progress.name)
                continue
            place = f"{outcome.progress.name}{{}}{where and f' ({where})'}"
            if isinstance(error, InterruptedRunError):
                said = coded(tap, error.kind, place.format(" was interrupted"))
                logger.warning("%s; the next run reads what is missing.", said)
            else:
                said = f"{place.format(' failed')}: {error}"
                logger.error("%s", coded(tap, error.kind, said))
    for (kind, where, reason), names in not_asked.items():
        tables = f"{counted(len(names), 'table')}{where and f' ({where})'}"
        said = f"{tables} not asked for, as {reason}: {', '.join(names)}."
        logger.error("%s", coded(tap, kind, said))


def _stream_line(outcome: Outcome, width: int) -> str:
    """Return what was sent of a stream and what it cost, in columns, and then what is special.

    A list that was only read for others has no table.
    """
    progress, cost = outcome.progress, outcome.progress.cost
    sent = outcome.counts.get(progress.name)
    rows = progress.rows if sent is None else sent
    notes = [] if outcome.counts else ["listed only"]
    if sent is None and outcome.counts:
        notes.append("read for the tables made of it")
    elif rows != progress.rows:
        notes.append(f"{progress.rows:,} read")
    if outcome.unchanged:
        notes.append(f"{outcome.unchanged:,} unchanged")
    if progress.name in outcome.compared:
        notes.append(_compared(outcome, progress.name))
    if cost.waited:
        notes.append(f"waited {cost.waited:.1f} s")
    if left_out := sum(n for why, n in outcome.skipped.items() if why not in outcome.unsure):
        some = progress.partitions or outcome.failures
        notes.append(f"{counted(left_out, 'part') if some else 'all of it'} left out")
    if outcome.unsure:
        notes.append("may lack rows")
    if outcome.failures:
        stopped = isinstance(outcome.stop, InterruptedRunError)
        notes.append("interrupted" if stopped else "failed")
    notes += [
        f"{table} {count:,}{_compared(outcome, table)}"
        for table, count in outcome.counts.items()
        if table != progress.name
    ]
    sizes = f"{counted(rows, 'row'):>15} {counted(cost.requests, 'request'):>15}"
    return (
        f"{progress.name:{width}} {sizes} "
        f"{cost.mebibytes:>7.1f} MiB {progress.seconds:>7.1f} s  {', '.join(notes)}"
    ).rstrip()


def _compared(outcome: Outcome, table: str) -> str:
    """Return how many rows a table had at its last version, and has now, where that is known."""
    if table not in outcome.compared:
        return ""
    before, now = outcome.compared[table]
    return f" [{before:,} before, {now:,} now]"


def _tell_left_out(
    outcomes: Iterable[Outcome], told: Told, logger: logging.Logger, tap: str
) -> None:
    """Say in a line what is left out that was not before, and in another what still is.

    So it is said of what came and may not be all there is.
    """
    lines: dict[tuple[str, int], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for outcome in outcomes:
        for reason in outcome.skipped:
            name = outcome.progress.name
            level = logging.WARNING if told.is_new(f"{name}: {reason}") else logging.INFO
            what = "May lack rows" if reason in outcome.unsure else "Left out"
            lines[what, level][reason].append(name)
    for (what, level), reasons in sorted(lines.items(), key=lambda line: (line[0][0], -line[0][1])):
        text = what if level == logging.WARNING else f"{what} as before"
        every = (f"{reason} ({', '.join(names)})" for reason, names in reasons.items())
        logger.log(level, "%s", coded(tap, Kind.SKIPPED, f"{text}: {'; '.join(every)}."))


def _tell_oddities(outcome: Outcome, told: Told, logger: logging.Logger) -> None:
    if outcome.repeated:
        twice = counted(outcome.repeated, "row")
        logger.warning("%s: %s came twice, by key", outcome.progress.name, twice)
    for name, count in outcome.blank.items():
        logger.warning("%s: %d rows left out: a part of their key is empty", name, count)
    for name, found in outcome.rescued.items():
        if found:
            places = [place for place, _ in found.most_common(MOST_NAMED)]
            is_new = told.any_new(f"{name}: rescued {undated(place)}" for place in places)
            level = logging.WARNING if is_new else logging.INFO
            logger.log(level, "%s: %s", name, _rescued(found))


def _rescued(found: Counter[str]) -> str:
    """Say how many values have no place in their row, and where they were."""
    places = [f"{count:,} of {place}" for place, count in found.most_common(MOST_NAMED)]
    more = len(found) - len(places)
    few = found.total() == 1
    said = "value fits no column and is" if few else "values fit no column and are"
    return (
        f"{found.total():,} {said} in {RESCUED}: {', '.join(places)}"
        f"{f' and {more:,} more fields' if more else ''}"
    )
