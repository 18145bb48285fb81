"""Stale clips: which requests find one so, and what they are answered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sandbox.perform.switches import Form
from sandbox.wire import HTML, PLAIN, Response, retry_after

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


def answer(form: Form) -> Response:
    headers = retry_after(form.stale_retry_after)
    if form.stale_status == 204:
        return Response(204, (), headers, None)
    kind, text = _FORMS[form.stale_form]
    return Response(form.stale_status, (text.encode(),), headers, kind, framing=form.framing)


class Freshness:
    """How many requests found each clip stale, and when each was asked for last."""

    def __init__(self) -> None:
        self._stale: dict[tuple[int, str], int] = {}
        self._last: dict[tuple[int, str], datetime] = {}

    def count_anew(self, projects: Iterable[int], slugs: Iterable[str]) -> None:
        """Forget how often clips were stale."""
        for key in {(project, slug) for project in projects for slug in slugs}:
            self._stale.pop(key, None)

    def is_stale(
        self, key: tuple[int, str], times: int, now: datetime, dormant_hours: float
    ) -> bool:
        """Return whether a request finds a clip stale; it counts."""
        slept = now - self._last.get(key, now)
        self._last[key] = now
        if dormant_hours and slept >= timedelta(hours=dormant_hours):
            self._stale.pop(key, None)
        found = self._stale.get(key, 0)
        if 0 <= times <= found:
            return False
        self._stale[key] = found + 1
        return True
