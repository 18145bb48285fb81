"""State: one bookmark per table and scope, and how far an interrupted read came.

A scope is what one bookmark covers: a workspace, an entity set, a project. Its entry in the state
is a partition in the SDK's format, with three keys of our own:

- `known`: ids of the partitions that the bookmark speaks for. One that is not among them (a new
  member, one whose rows could not be read before) is read from the beginning;

- `unfinished`: partition id -> earliest cursor of rows that are still open there (a running timer),
  so that they are read again until they end, however old they are;
- `walk`: what an interrupted read had done: `start`, `end` and `cursor` (the dates that bounded
  it and the replication key; under others it is not resumed), `since` (its lower bound), `began`
  (when it started), `version` (its table version), `done` (ids of the partitions it had finished),
  `latest` (latest cursor it saw), `open` (unfinished rows it saw, as in `unfinished`), `stalled`
  (runs that got nowhere with it), `rows` (how many rows the finished partitions have, by table;
  those of earlier releases have none), `mark` (the bookmark that it began with) and `stopped`
  (whether a quota or a signal ended it). A read since a bookmark is only resumed if it was stopped.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from taps_common.errors import Kind, TapError
from taps_common.timestamps import before, from_text, to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, timedelta

ScopeState: TypeAlias = dict[str, Any]
"""The state of a table in a scope."""


@dataclass
class Window:
    """What part of a scope is read, by the cursor of its rows.

    Attributes:
        since: lower bound, inclusive; None reads from the beginning, or from `start`.
        start: lower bound of partitions that were never read, from the settings.
        end: upper bound from the settings, exclusive.
        known: ids of the partitions that `since` holds for.
        began: when the read started; a bookmark never passes it.
        cursor: name of the replication key.
        unfinished: partition id -> earliest unfinished row of the last read.
        done: ids of the partitions that are finished, by an interrupted read too.
        version: table version that the records carry.
        latest: latest cursor seen.
        open: partition id -> earliest unfinished row seen.
        stalled: runs in a row that got nowhere with this read.
        rows: table -> rows of the partitions that are finished; None where they are not known.
        mark: the bookmark, None without one.
    """

    since: datetime | None
    began: datetime
    cursor: str = ""
    start: datetime | None = None
    end: datetime | None = None
    known: frozenset[str] = frozenset()
    unfinished: dict[str, datetime] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    version: int | None = None
    latest: datetime | None = None
    open: dict[str, datetime] = field(default_factory=dict)
    stalled: int = 0
    rows: dict[str, int] | None = field(default_factory=dict)
    mark: str | None = None

    def saw(self, partition: str, latest: datetime | None, unfinished: datetime | None) -> None:
        """Note the latest cursor of some rows, and the cursor of the earliest unfinished one."""
        if latest is not None:
            self.latest = max(latest, self.latest or latest)
        if unfinished is not None:
            self.open[partition] = min(unfinished, self.open.get(partition, unfinished))

    def hidden(self) -> dict[str, datetime]:
        """Return the unfinished rows of the last read that `end` kept from being read again."""
        end = self.end
        return {key: at for key, at in self.unfinished.items() if end is not None and at >= end}

    def since_for(self, partition: str) -> datetime | None:
        """Return the lower bound for one partition, its unfinished rows included."""
        if self.since is None or partition not in self.known:
            return self.start
        return min(self.since, self.unfinished.get(partition, self.since))


def open_window(
    window: Window,
    states: Iterable[ScopeState],
    *,
    full: bool,
    lookback: timedelta,
    dated: bool = True,
) -> Window:
    """Return a window with what the state says: what brings all of a stream's tables up to date.

    Args:
        window: with the dates of the settings.
        states: the scope's state of each table that is read.
        full: read everything, whatever the bookmarks say.
        lookback: how far before the bookmark rows are read again (LOOKBACK-READS-ONLY).
        dated: whether the bookmark is a date of rows, so that `start` bounds what is read.
    """
    tables = list(states)
    if full:
        return window
    marks = [_bookmark(table, window.cursor) for table in tables]
    if marks and all(marks):
        mark = min(mark for mark in marks if mark)
        window.mark, window.since = to_text(mark), before(mark, lookback)
        window.known = frozenset.intersection(*(frozenset(t.get("known", ())) for t in tables))
        window.unfinished = _unfinished(tables)
        if dated and window.start is not None:
            window.since = max(window.start, window.since)
    if progress := _resumable(tables, window):
        _resume(window, progress)
    return window


def _resumable(tables: Sequence[ScopeState], window: Window) -> ScopeState | None:
    """Return how far an interrupted read came, if all tables were read by it, in these bounds.

    A read since a bookmark goes on only if a quota or a signal stopped it, or it might never end;
    otherwise it is cheap, and fresh, to begin anew.
    """
    found = [table.get("walk") for table in tables]
    first = found[0] if found else None
    bounds = {"start": _text(window.start), "end": _text(window.end), "cursor": window.cursor}
    if not first or any(one != first for one in found) or not first.keys() >= _PROGRESS:
        return None
    progress: ScopeState = first
    if not bounds.items() <= first.items():
        return None
    if first["since"] is None or (first.get("stopped") and first.get("mark") == window.mark):
        return progress
    return None


def keep_progress(states: Iterable[ScopeState], window: Window, *, stopped: bool) -> None:
    """Note in the state what a read that is under way has done.

    Args:
        states: the scope's state of each table that is read.
        window: how far it came.
        stopped: whether the rest was not asked for, rather than refused.
    """
    progress = {
        "start": _text(window.start),
        "end": _text(window.end),
        "since": _text(window.since),
        "cursor": window.cursor,
        "began": to_text(window.began),
        "version": window.version,
        "done": list(window.done),
        "latest": _text(window.latest),
        "open": _texts(window.open),
        "stalled": window.stalled,
        "mark": window.mark,
        "stopped": stopped,
        "rows": window.rows if window.rows is None else dict(window.rows),
    }
    for state in states:
        state["walk"] = progress


def drop_progress(states: Iterable[ScopeState]) -> None:
    """Forget a read: it ended, or must not be resumed."""
    for state in states:
        state.pop("walk", None)


def close_window(states: Iterable[ScopeState], window: Window, *, sliced: bool = False) -> None:
    """Advance the bookmarks after everything in the window was written.

    The bookmark is the latest cursor seen, but never later than the start of the read (rows may
    be dated in the future) and never earlier than it was.

    Args:
        states: the scope's state of each table that was read.
        window: what was read.
        sliced: whether the partitions were slices of one list, which no later run knows.
    """
    for state in states:
        state.pop("walk", None)
        state.pop("unfinished", None)
        state.pop("known", None)
        if not sliced:
            state["known"] = sorted(window.done)
        if unfinished := window.hidden() | window.open:
            state["unfinished"] = _texts(unfinished)
        seen = window.latest and min(window.latest, window.began)
        marks = [at for at in (_bookmark(state, window.cursor), seen) if at]
        if marks:
            state["replication_key"] = window.cursor
            state["replication_key_value"] = to_text(max(marks))


def table_version(windows: Iterable[Window | None], now: datetime, *, bounded: bool) -> int | str:
    """Return the version of a table that is read through these windows, or why it has none.

    Args:
        windows: one per scope; None reads a scope as a whole.
        now: the present.
        bounded: whether rows with a date after some timestamp are left out.
    """
    resumed: set[int | None] = set()
    for window in windows:
        if window is None:
            continue
        if window.since or window.start or bounded:
            return "it reads since a bookmark or between dates"
        if window.done:
            resumed.add(window.version)
    if not resumed:
        return int(now.timestamp())
    version = resumed.pop()
    return "it goes on with a read that had none" if resumed or version is None else version


_PROGRESS = {
    "start",
    "end",
    "since",
    "cursor",
    "began",
    "version",
    "done",
    "latest",
    "open",
    "stalled",
}


def _resume(window: Window, progress: ScopeState) -> None:
    """Make a window go on where an interrupted read stopped."""
    if progress["since"] is None:
        window.since = None
    window.began = from_text(progress["began"])
    window.done = list(progress["done"])
    window.version = progress["version"]
    window.latest = from_text(progress["latest"]) if progress["latest"] else None
    window.open = {key: from_text(text) for key, text in progress["open"].items()}
    window.stalled = progress["stalled"]
    window.rows = None if progress.get("rows") is None else dict(progress["rows"])


def _text(timestamp: datetime | None) -> str | None:
    return None if timestamp is None else to_text(timestamp)


def _texts(timestamps: Mapping[str, datetime]) -> dict[str, str]:
    return {key: to_text(timestamp) for key, timestamp in timestamps.items()}


def _bookmark(state: ScopeState, cursor: str) -> datetime | None:
    value = state.get("replication_key_value") if state.get("replication_key") == cursor else None
    try:
        return from_text(value) if value else None
    except ValueError as error:
        raise TapError(
            f"The state's bookmark is not a timestamp: {value!r}. Correct it, or run once with "
            "--full-refresh (without --state).",
            kind=Kind.STATE,
        ) from error


def _unfinished(tables: Iterable[ScopeState]) -> dict[str, datetime]:
    earliest: dict[str, datetime] = {}
    for table in tables:
        for key, text in table.get("unfinished", {}).items():
            earliest[key] = min(from_text(text), earliest.get(key, from_text(text)))
    return earliest
