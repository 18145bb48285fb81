"""Stale clips: which requests find one so, and what they are answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.wire import HTML, PLAIN, Response, retry_after

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sandbox.perform.switches import Form

_SENTENCE = "Dataclip stale: it is being refreshed. Please try again in a few minutes."
_ERRORS = '{"errors": [{"status": "stale", "title": "Dataclip Stale"}]}'
_FORMS: dict[str, tuple[str, str]] = {
    "text": (PLAIN, "dataclip stale"),
    "sentence": (PLAIN, _SENTENCE),
    "json": ("application/json", f'{{"error": "{_SENTENCE}"}}'),
    "json_errors": ("application/json", _ERRORS),
    "html": (HTML, f"<!DOCTYPE html><html><body><h1>Sorry</h1><p>{_SENTENCE}</p></body></html>"),
    "csv_heading": ("text/csv", f"{_SENTENCE}\r\n"),
    "csv_row": ("text/csv", f"error\r\n{_SENTENCE}\r\n"),
    "json_row": ("application/json", f'[{{"error": "{_SENTENCE}"}}]'),
    "empty": (PLAIN, ""),
}
"""Content type and body by the switch `stale_form`."""

_COUNTED = frozenset(
    {
        *("refuse", "refuse_times", "stale", "stale_seconds"),
        *("stale_status", "stale_form", "stale_type", "stale_retry_after"),
    }
)


def answer(form: Form) -> Response:
    """Answer that the clip is stale."""
    headers = retry_after(form.stale_retry_after)
    if form.stale_status == 204:
        return Response(204, (), headers, None)
    kind, text = _FORMS[form.stale_form]
    made = Response(form.stale_status, (text.encode(),), headers, form.stale_type or kind)
    made.framing = form.framing
    return made


@dataclass
class _Access:
    refused: int = 0
    stale: int = 0
    begun: datetime | None = None
    """When the refresh was triggered."""
    last: datetime | None = None


class Freshness:
    """What was asked of each clip so far."""

    def __init__(self) -> None:
        self._accesses: dict[tuple[int, str], _Access] = {}

    def count_anew(
        self, switches: Iterable[str], projects: Iterable[int], slugs: Iterable[str]
    ) -> None:
        """Forget what newly set switches count."""
        if not _COUNTED.isdisjoint(switches):
            forgotten = {(project, slug) for project in projects for slug in slugs}
            for key in forgotten & self._accesses.keys():
                del self._accesses[key]

    def stale_answers(self, project: int, slug: str) -> int:
        """Return how many requests found a clip stale, and so asked for its refresh."""
        return self._of(project, slug).stale

    def refuses(self, project: int, slug: str, form: Form) -> bool:
        """Return whether a request is refused; it counts."""
        access = self._of(project, slug)
        if not form.refuse or (form.refuse_times and access.refused >= form.refuse_times):
            return False
        access.refused += 1
        return True

    def is_stale(
        self, project: int, slug: str, form: Form, now: datetime, dormant_hours: float
    ) -> bool:
        """Return whether a request finds a clip stale and asks for its refresh; it counts."""
        access = self._of(project, slug)
        slept = access.last is not None and now - access.last >= timedelta(hours=dormant_hours)
        if dormant_hours and slept:
            access.stale, access.begun = 0, None
        access.last = now
        access.begun = access.begun or now
        counted = form.stale < 0 or access.stale < form.stale
        refreshing = now - access.begun < timedelta(seconds=form.stale_seconds)
        access.stale += counted or refreshing
        return counted or refreshing

    def _of(self, project: int, slug: str) -> _Access:
        return self._accesses.setdefault((project, slug), _Access())
