"""How far a walk came, for when it has to begin again."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from tap_clicktime.client import moment_of
from taps_common.records.row_types import attribute_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from taps_common.errors import StatusError

RESTARTS = 3
"""How often a walk whose links expire begins again without having come any further."""


@dataclass
class Headway:
    """How far a walk came.

    Attributes:
        by: the date that rows are ordered by, if they are.
        reached: that date of the last row.
        follows: whether the request under way follows a link.
        furthest: where the walk began again last.
        restarts: how often it began again there.
    """

    by: str | None = None
    reached: datetime | None = None
    follows: bool = False
    furthest: datetime | None = None
    restarts: int = 0

    def passes(self, rows: Sequence[Any]) -> None:
        """Take note of a page; where rows are in no order, no date is safe to go on from."""
        if self.by is None:
            return
        held = attrgetter(attribute_of(self.by))
        dates: list[Any] = [at for at in map(held, rows) if at is not None]
        if not dates:
            return
        if isinstance(dates[0], str):
            dates = [moment_of(at) for at in dates]
        first, last = moment_of(dates[0]), moment_of(dates[-1])
        known = first and last and None not in dates and sorted(dates) == dates
        if not known or (self.reached and first and self.reached > first):
            self.by = self.reached = None
        else:
            self.reached = last

    def begin_again(self) -> bool:
        """Take note of a new beginning; return whether there were too many of them."""
        if self.reached and (self.furthest is None or self.reached > self.furthest):
            self.furthest, self.restarts = self.reached, 0
        self.restarts += 1
        return self.restarts > RESTARTS

    def expired(self, error: StatusError) -> bool:
        """Tell whether an error means that a link holds no more (OData protocol, 11.2.6.7)."""
        return self.follows and error.status in {HTTPStatus.GONE, HTTPStatus.NOT_FOUND}
