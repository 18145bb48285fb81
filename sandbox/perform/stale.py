"""Stale clips: which requests find one so, and what they are answered."""

from __future__ import annotations

from sandbox.perform.switches import Form
from sandbox.wire import HTML, PLAIN, Response

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
    after = form.stale_retry_after
    headers = [("Retry-After", after)] if after else []
    if form.stale_status == 204:
        return Response(204, (), headers, None)
    kind, text = _FORMS[form.stale_form]
    return Response(form.stale_status, (text.encode(),), headers, kind, framing=form.framing)
