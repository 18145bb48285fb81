"""Whether a table may lose the rows that a complete run did not bring: the bound of `max_shrink`.

Rows are counted by table and scope, and compared with the last version that was activated. The
state of a table keeps that version under `activated`, by the id of the scope:

- `rows`: how many rows the scope had in it;
- `settings`: a digest of the settings that decide which rows of the scope are read. Under other
  settings nothing is compared;
- `empty`: whether the last complete run found no row where there had been a few.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taps_common.digests import digest_of
from taps_common.errors import Kind, TapError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from taps_common.sync.outcome import Outcome
    from taps_common.sync.state import ScopeState, Window
    from taps_common.sync.steps import Partition, Scope
    from taps_common.sync.stream import EndpointStream, RecordStream

DAY = 86_400
"""Seconds."""

ALL = 100
"""Percent."""

FEW = 20
"""Rows from which on a percentage says something. Where there were fewer, some of them may go at
any time, and all of them once two complete runs found none."""

SHRANK = (
    "{what} shrank from {before:,} to {now:,} rows, by {lost:.0f} %: its rows were sent, but none "
    "that lacks was removed. If that is right, run once with max_shrink at 100; it is {allowed:g}."
)
WINDOW_SHRANK = (
    "{what} shrank from about {before:,} to {now:,} rows in the part that was read, by {lost:.0f} "
    "%: completed_windows does not say that any are gone. If that is right, run once with "
    "max_shrink at 100; it is {allowed:g}."
)
PARTS_EMPTY = (
    "{count:,} of {every:,} {called}s of {what} have no row in the part that was read, and had "
    "some in the last run: completed_windows says that they are gone if the next run finds none "
    "either, or at once with max_shrink at 100"
)
EMPTY = (
    "{what} had {before:,} rows and has none now: they are removed if the next run finds none "
    "either, or at once with max_shrink at 100"
)


@dataclass
class Compared:
    """Rows of a table in one scope.

    Attributes:
        scope: the workspace, project or whatever else a bookmark covers.
        before: at the last version that was activated.
        now: in this one.
        empty: whether the last complete run found none, and the version before did.
    """

    scope: Scope
    before: int
    now: int
    empty: bool = False

    @property
    def lost(self) -> float:
        """How many percent of the rows are gone."""
        return ALL * (self.before - self.now) / self.before if self.before else 0

    def shrank(self, allowed: float) -> bool:
        """Return whether more rows are gone than are allowed to go, in percent."""
        return self.before >= FEW and self.lost > allowed

    def vanished(self, allowed: float) -> bool:
        """Return whether the few rows there were are gone, for the first time."""
        return self.now == 0 < self.before < FEW and allowed < ALL and not self.empty

    def worded(self, text: str, what: str, allowed: float) -> str:
        """Return a text with what was compared in it."""
        return text.format(
            what=what, before=self.before, now=self.now, lost=self.lost, allowed=allowed
        )


class RowCounts:
    """Counts the rows that a version of a stream's tables would hold.

    The rows of a partition count once it is finished; those of an interrupted run, which the
    version holds too, come with the window.

    Args:
        stream: the stream that is read.
        outcome: where it is noted what was compared, and what must not be removed.

    Attributes:
        doubted: whether a table was refused its version.
    """

    def __init__(self, stream: EndpointStream, outcome: Outcome) -> None:
        self.doubted = False
        self._stream = stream
        self._allowed: float = stream.config["max_shrink"]
        self._outcome = outcome
        self._pending: dict[tuple[str, ...], Counter[str]] = {}
        self._scopes: dict[str, tuple[Scope, dict[str, int] | None]] = {}
        self._current: dict[str, int] | None = None
        self._by_part: dict[str, int] = {}
        self._suspect = False  # the pages: they lost rows of the stream itself

    # -- while pages come ------------------------------------------------------------------------

    def begin_scope(self, scope: Scope, window: Window | None) -> None:
        """Count the rows of a scope from now on, on top of what an interrupted run sent of it."""
        self._by_part = {}
        self._current = window.rows if window else {}
        self._scopes[self._stream.partition_id(scope)] = scope, self._current

    def add(self, partition: Partition, table: RecordStream, count: int) -> None:
        """Count rows of a partition."""
        rows = self._pending.setdefault(tuple(partition.values()), Counter())
        rows[table.name] += count

    def begin_again(self, partition: Partition) -> None:
        """Forget the rows of a partition: it is read once more from its first page."""
        self._pending.pop(tuple(partition.values()), None)

    def end(self, partition: Partition, *, whole: bool) -> None:
        """Take the rows of a partition for good if all of it was read."""
        found = self._pending.pop(tuple(partition.values()), None)
        if whole and found and self._current is not None:
            for name, count in found.items():
                self._current[name] = self._current.get(name, 0) + count
            self._by_part[self._stream.partition_id(partition)] = found[self._stream.name]

    # -- windows since a bookmark ----------------------------------------------------------------

    def window_shrank(
        self, scope: Scope, window: Window, states: Sequence[ScopeState], *, whole: bool
    ) -> bool:
        """Return whether a window lost more rows than are allowed to go, and say so.

        Rows by day are compared, since a window is longer after a pause, with the last one that
        lost no more: the state has it as `window`.

        Args:
            scope: what was read.
            window: the part of it since a bookmark; what has none is not compared.
            states: the scope's state of each table.
            whole: whether every partition was read, so that later windows compare with this one.
        """
        if window.since is None:
            return False
        seconds = max(int((window.began - window.since).total_seconds()), DAY)
        now = (window.rows or {}).get(self._stream.name, 0)
        settings = self._window_settings(scope)
        for last in (state.get("window", {}) for state in states):
            before = round(last["rows"] * seconds / last["seconds"]) if last else 0
            compared = Compared(scope, before, now)
            if last.get("settings") == settings and compared.shrank(self._allowed):
                what = _named(self._stream, scope)
                text = compared.worded(WINDOW_SHRANK, what, self._allowed)
                self._stream.tap.say(text, f"window of {what} shrank")
                return True
        for state in states if whole else ():
            state["window"] = {"rows": now, "seconds": seconds, "settings": settings}
        return False

    def emptied(
        self, scope: Scope, states: Sequence[ScopeState], parts: Sequence[Partition]
    ) -> list[Partition]:
        """Return the partitions that lost all of several rows since the last run, and say so.

        One wrong answer must not hide them. The state has the rows of large ones as `parts`.

        Args:
            scope: what was read.
            states: the scope's state of each table, that of the stream first.
            parts: the partitions that were read to their end.
        """
        settings, name = self._window_settings(scope), self._stream.partition_id
        last = states[0].get("parts", {})
        before = last.get("rows", {}) if last.get("settings") == settings else {}
        now = {name(one): self._by_part.get(name(one), 0) for one in parts}
        # Zeros are written, too: states are merged.
        kept = {ident: rows for ident, rows in now.items() if rows >= FEW or ident in before}
        states[0]["parts"] = {"rows": {**before, **kept}, "settings": settings}
        found = [one for one in parts if not now[name(one)] and before.get(name(one), 0) >= FEW]
        if not found or self._allowed >= ALL:
            return []
        text = PARTS_EMPTY.format(
            count=len(found),
            every=len(parts),
            called=self._stream.called(found[0]),
            what=_named(self._stream, scope),
        )
        self._stream.tap.say(text)
        return found

    def _window_settings(self, scope: Scope) -> str:
        """Return a digest of what decides which rows a window has."""
        return self._settings(scope, self._stream.lookback.total_seconds())

    # -- once all were read ----------------------------------------------------------------------

    def allow(self, table: RecordStream) -> bool:
        """Return whether a table may lose what was not read; the outcome says why it may not.

        The stream itself is asked about first: where it may not, no child table may.
        """
        compared, allowed = self._compare(table), self._allowed
        whole = _sum(compared)
        shrunk = [one for one in compared if one.shrank(allowed)]
        if not shrunk and whole.shrank(allowed):
            shrunk = [whole]
        for one in shrunk:
            text = one.worded(SHRANK, _named(table, one.scope), allowed)
            self._outcome.fail(one.scope, TapError(text, kind=Kind.SHRINK))
        vanished = [one for one in compared if one.vanished(allowed)]
        for one in vanished:
            self._outcome.skip(one.worded(EMPTY, _named(table, one.scope), allowed))
        for one in compared:
            self._note(table, one.scope, rows=one.before, empty=one.now == 0 < one.before)
        refused = bool(shrunk or vanished)
        self.doubted = self.doubted or refused
        self._suspect = self._suspect or (refused and table is self._stream)
        return not refused and not self._suspect

    def keep(self, table: RecordStream) -> None:
        """Have later runs compare with this one: its version of a table is active."""
        self._compare(table)
        table.get_context_state(None)["activated"] = {}
        for scope, rows in self._scopes.values():
            if rows is not None:
                self._note(table, scope, rows=rows.get(table.name, 0), empty=False)

    def _compare(self, table: RecordStream) -> list[Compared]:
        """Return the scopes whose rows the last version is known of, and note their sum."""
        found = list(self._known(table))
        if found:
            whole = _sum(found)
            self._outcome.compared[table.name] = whole.before, whole.now
        return found

    def _known(self, table: RecordStream) -> Iterator[Compared]:
        activated: dict[str, dict[str, Any]] = table.get_context_state(None).get("activated", {})
        for ident, (scope, rows) in self._scopes.items():
            if rows is None:  # an earlier release did not count what it sent
                continue
            now = rows.get(table.name, 0)
            last = activated.get(ident)
            if last is not None:
                if last.get("settings") == self._settings(scope):
                    yield Compared(scope, last["rows"], now, empty=last.get("empty", False))
            elif table is self._stream and (before := self._stream.rows_before(scope)) is not None:
                yield Compared(scope, before, now)

    def _note(self, table: RecordStream, scope: Scope, *, rows: int, empty: bool) -> None:
        # `empty` is written if it is false, too: states are merged.
        activated = table.get_context_state(None).setdefault("activated", {})
        entry = {"rows": rows, "settings": self._settings(scope), "empty": empty}
        activated[self._stream.partition_id(scope)] = entry

    def _settings(self, scope: Scope, *more: object) -> str:
        return digest_of([*self._stream.restrictions(scope), *more], size=6)


def _sum(compared: list[Compared]) -> Compared:
    """Return the rows of all scopes together."""
    return Compared({}, sum(one.before for one in compared), sum(one.now for one in compared))


def _named(table: RecordStream, scope: Scope) -> str:
    return " of ".join((table.name, *scope.values()))
