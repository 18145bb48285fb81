"""Which requests find a clip stale or are refused: counted per clip."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.perform.switches import Form


@dataclass
class _Access:
    refused: int = 0
    stale: int = 0
    begun: float | None = None
    """When the refresh was triggered, by the clock that the form names."""
    last: datetime | None = None


class Freshness:
    """What was asked of each clip so far."""

    def __init__(self) -> None:
        self._accesses: dict[tuple[int, str], _Access] = {}

    def forget(self, project: int, slug: str) -> None:
        """Count anew for a clip."""
        self._accesses.pop((project, slug), None)

    def stale_answers(self, project: int, slug: str) -> int:
        """Return how many requests found a clip stale, and so asked for its refresh."""
        return self._of(project, slug).stale

    def refuses(self, project: int, slug: str, form: Form) -> bool:
        """Whether a request is refused; it counts."""
        access = self._of(project, slug)
        if not form.refuse or (form.refuse_times and access.refused >= form.refuse_times):
            return False
        access.refused += 1
        return True

    def is_stale(
        self, project: int, slug: str, form: Form, now: datetime, dormant_hours: float
    ) -> bool:
        """Whether a request finds a clip stale; if so it triggers the refresh, and counts."""
        access = self._of(project, slug)
        slept = access.last is not None and now - access.last >= timedelta(hours=dormant_hours)
        if dormant_hours and slept:
            access.stale, access.begun = 0, None
        access.last = now
        moment = time.monotonic() if form.stale_clock == "real" else now.timestamp()
        if access.begun is None:
            access.begun = moment
        counted = form.stale < 0 or access.stale < form.stale
        if counted or moment - access.begun < form.stale_seconds:
            access.stale += 1
            return True
        return False

    def _of(self, project: int, slug: str) -> _Access:
        return self._accesses.setdefault((project, slug), _Access())
