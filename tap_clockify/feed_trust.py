"""Whether the feeds of changes of a workspace tell what happens: they are experimental.

Until they have earned it, entries are read by their start as well, within the look-back, as an
incremental run does. Ids say when entries were made: those that were made since the run before
have to be told by the feeds. Nothing says which were edited: so long as the feeds tell of no edit,
or have told of none for long, lists are read as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from tap_clockify.object_ids import created_by_id
from taps_common.timestamps import from_text, to_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

RUNS = 3
"""Runs in which entries were made and the feeds told of each, before lists are read seldom."""

EARLIEST = datetime(2000, 1, 1, tzinfo=timezone.utc)
"""Where lists begin if no entry was there yet."""


@dataclass
class Witness:
    """What the lists of a run show of entries that were made since the run before.

    Attributes:
        since: when the run before ended; `EARLIEST` if there was none.
        until: up to when the feeds were read.
        told: ids that the feeds name.
        made: how many were made since, and came.
        untold: ids of those that the feeds do not name.
        latest: the latest start that came.
    """

    since: datetime
    until: datetime
    told: Collection[str] = ()
    made: int = 0
    untold: dict[str, None] = field(default_factory=dict)
    latest: datetime | None = None

    def see(self, ids: Iterable[str], latest: datetime | None) -> None:
        """Look at entries of a list: their ids, and the latest start among them."""
        self.latest = max(filter(None, (self.latest, latest)), default=None)
        for ident in ids:
            made = created_by_id(ident)
            if made and self.since <= made < self.until:
                self.made += 1
                if ident not in self.told:
                    self.untold[ident] = None


class FeedTrust:
    """What the state of a workspace keeps of it, as `lists`.

    `trusted` counts the runs, `read` is when the lists were read last, `latest` the latest start
    that they brought, `open` stands there while they are being read: a run that was killed sent
    entries without their children, and the next one has to bring them. `edited` is when the feeds
    told last of an edit, and `asked` up to when some were asked that answered without a body: the
    bookmark stays where it was then.

    Args:
        state: the state of the table in the workspace.
    """

    def __init__(self, state: dict[str, Any]) -> None:
        self._state = state

    @property
    def _kept(self) -> dict[str, Any]:
        kept: dict[str, Any] = self._state.get("lists", {})
        return kept

    def needs_lists(self, now: datetime, verify_days: float) -> bool:
        """Return whether the lists have to be read beside the feeds."""
        long_ago = [
            not at or now - from_text(at) >= timedelta(days=verify_days)
            for at in map(self._kept.get, ("read", "edited"))
        ]
        return "open" in self._kept or self._kept.get("trusted", 0) < RUNS or any(long_ago)

    def progress(self, now: datetime, verify_days: float) -> str | None:
        """Return how far the feeds have earned it, if the next run reads lists for lack of that."""
        trusted, edited = self._kept.get("trusted", 0), self._kept.get("edited")
        is_edited = edited and now - from_text(edited) < timedelta(days=verify_days)
        if not verify_days or (trusted >= RUNS and is_edited):
            return None
        return f"{trusted} of {RUNS} runs, {'an edit' if is_edited else 'no edit'}"

    def latest(self, otherwise: datetime) -> datetime:
        """Return the latest start that the lists brought when they were read last."""
        kept = self._kept.get("latest")
        return from_text(kept) if kept else otherwise

    def begin(self) -> None:
        """Note that lists are being read."""
        self._keep(open=True)

    def end(self, witness: Witness, *, by_feeds: bool) -> None:
        """Note that the lists were read as a whole, and what that says of the feeds.

        Args:
            witness: what they showed.
            by_feeds: whether the feeds were read, too.
        """
        latest = max(filter(None, (witness.latest, self.latest(witness.since))))
        self._kept.pop("open", None)
        self._keep(latest=to_text(min(latest, witness.until)), read=to_text(witness.until))
        if by_feeds and witness.made and not witness.untold:
            self._keep(trusted=min(self._kept.get("trusted", 0) + 1, RUNS))

    def lose(self) -> None:
        """Have the feeds earn it anew."""
        self._kept.pop("trusted", None)

    def refused(self) -> bool:
        """Note that the feeds are refused; return whether they were the last time, too."""
        known = "refused" in self._kept
        self._keep(refused=True)
        return known

    def since(self, bookmark: datetime, oldest: datetime) -> datetime:
        """Return from when on the feeds are asked.

        Args:
            bookmark: up to when they told what happened.
            oldest: as far as they are kept; asked since then, they had nothing that is older.
        """
        asked = self._kept.get("asked")
        return max(bookmark, oldest) if asked and from_text(asked) >= oldest else bookmark

    def answered(self, until: datetime, *, silent: bool, edits: bool) -> None:
        """Note that the feeds are not refused.

        Args:
            until: up to when they were asked.
            silent: whether one answered without a body.
            edits: whether they told of any.
        """
        self._kept.pop("refused", None)
        self._kept.pop("asked", None)
        if silent:
            self._keep(asked=to_text(until))
        if edits:
            self._keep(edited=to_text(until))

    def _keep(self, **values: object) -> None:
        self._state["lists"] = self._kept | values
