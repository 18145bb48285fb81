"""What a request for a clip gets: rows in the clip's form, or one of the ways not to get them."""

from __future__ import annotations

import io
import zipfile
from dataclasses import asdict, dataclass
from email.utils import format_datetime
from functools import cache, partial
from hashlib import sha256
from typing import TYPE_CHECKING

from sandbox.faults import LOGIN_PAGE
from sandbox.perform.big import big_grid
from sandbox.perform.bodies import Body, Streamed, compressed, sliced
from sandbox.perform.clips import BIG, EVERY
from sandbox.perform.formats import About, text_of
from sandbox.perform.oddities import distorted
from sandbox.perform.site import NAMES
from sandbox.perform.switches import with_form
from sandbox.wire import Response, first_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.perform.switches import Form
    from sandbox.perform.world import World
    from sandbox.wire import Chunk, Request

NO_CONTENT = 204
HTML = "text/html; charset=utf-8"
PLAIN = "text/plain; charset=utf-8"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TYPES = {"csv": "text/csv", "jsonlines": "application/x-ndjson"}
_CHARSETS = {"utf-8-sig": "utf-8", "cp1252": "windows-1252"}

_SENTENCE = "Dataclip stale: it is being refreshed. Please try again in a few minutes."
_STALE: dict[str, tuple[str, str]] = {
    "text": (PLAIN, "dataclip stale"),
    "sentence": (PLAIN, _SENTENCE),
    "json": ("application/json", f'{{"error": "{_SENTENCE}"}}'),
    "json_errors": (
        "application/json",
        '{"errors": [{"status": "stale", "title": "Dataclip Stale"}]}',
    ),
    "html": (HTML, f"<!DOCTYPE html><html><body><h1>Sorry</h1><p>{_SENTENCE}</p></body></html>"),
    "csv_heading": ("text/csv", f"{_SENTENCE}\r\n"),
    "csv_row": ("text/csv", f"error\r\n{_SENTENCE}\r\n"),
    "json_row": ("application/json", f'[{{"error": "{_SENTENCE}"}}]'),
    "empty": (PLAIN, ""),
}
_REFUSALS = {
    401: "The user name or the password is wrong.",
    403: "You do not have permission to read this dataclip.",
    404: "No such dataclip.",
    429: "Too many requests.",
    503: "The service is busy.",
}


def refusal(status: int, retry_after: str = "") -> Response:
    """Answer an error in plain text."""
    text = _REFUSALS.get(status, "Something went wrong.")
    return Response(status, (text.encode(),), _retry(retry_after), PLAIN)


def stale(form: Form) -> Response:
    """Answer that the clip is stale."""
    if form.stale_status == NO_CONTENT:
        return Response(NO_CONTENT, (), _retry(form.stale_retry_after), None)
    kind, text = _STALE[form.stale_form]
    headers = _retry(form.stale_retry_after)
    answer = Response(form.stale_status, (text.encode(),), headers, form.stale_type or kind)
    answer.framing = form.framing
    return answer


def redirection(status: int, location: str) -> Response:
    """Send the client elsewhere."""
    body = b"<html><body>You are being redirected.</body></html>"
    return Response(status, (body,), [("Location", location)], HTML)


def page(status: int = 200) -> Response:
    """Answer the page that asks people to log in."""
    return Response(status, (LOGIN_PAGE,), content_type=HTML)


def chosen(form: Form, suffix: str, request: Request) -> Form:
    """Let the request choose between CSV and JSON if the form allows."""
    accepted = request.headers.get("accept", "")
    wanted = {
        "": "",
        "suffix": suffix.removeprefix("."),
        "accept": "csv" if "text/csv" in accepted else "json" * ("json" in accepted),
        "parameter": request.value("format") or "",
    }[form.chosen_by]
    if wanted not in {"csv", "json"}:
        return form
    return with_form(form, {"format": "csv" if wanted == "csv" else form.json_format})


@dataclass(frozen=True)
class Content:
    """The content of a clip, for one request."""

    world: World
    project: int
    slug: str
    form: Form

    def answer(self, request: Request) -> Response:
        """Answer the content, or that the client has it."""
        replaced = self._replaced()
        if replaced is not None:
            replaced.framing = self.form.framing
            return replaced
        body = self._body()
        headers = self._validators(body)
        if any(_brought_back(request, *header) for header in headers):
            return Response(304, (), headers, None)
        if self.form.disposition:
            name = f"{self.slug}.{'csv' if self.form.format == 'csv' else 'json'}"
            headers.append(("Content-Disposition", f'attachment; filename="{name}"'))
        return self._sent(request, body, headers)

    def _replaced(self) -> Response | None:
        """Answer one of the bodies that are no table."""
        if self.form.body == "html":
            return page()
        if self.form.body == "xlsx":
            return Response(200, (_workbook(),), content_type=self._type(_XLSX))
        if self.form.body == "empty":
            return Response(200, (), [], self._type(_TYPES.get(self.form.format, _JSON)))
        return None

    def _body(self) -> Body:
        about = About(EVERY[self.slug].name, NAMES[self.project], self.world.now.isoformat())
        if EVERY[self.slug] in BIG:
            text = text_of(big_grid(self.world), self.form, about)
            return Body(text, self.form, self.world.switches.big_rows)
        grid = self.world.grid(self.project, self.slug)
        if self.form.body == "header_only":
            grid = grid._replace(rows=[])
        return Body(text_of(distorted(grid, self.form.oddities), self.form, about), self.form)

    def _validators(self, body: Body) -> list[tuple[str, str]]:
        headers = []
        if self.form.etag:
            big = EVERY[self.slug] in BIG
            seen = repr((body.length, asdict(self.form))).encode() if big else b"".join(body)
            headers.append(("ETag", f'"{sha256(seen).hexdigest()[:32]}"'))
        if self.form.last_modified:
            changed = self.world.modified(self.project, self.slug)
            headers.append(("Last-Modified", format_datetime(changed, usegmt=True)))
        return headers

    def _sent(self, request: Request, body: Body, headers: list[tuple[str, str]]) -> Response:
        """Cut, compress and slice the body."""
        form = self.form
        kept = body.cut(form.cut) if form.cut else None
        chunks: Iterable[Chunk] = body
        size: int | None = body.length
        hidden = kept is not None and not form.cut_seen
        if hidden:
            chunks, size, kept = Streamed(partial(first_bytes, body, kept or 0)), kept, None
        accepted = "gzip" in request.headers.get("accept-encoding", "")
        framing = form.framing
        if form.gzip == "always" or (form.gzip and accepted):
            headers.append(("Content-Encoding", "gzip"))
            packed = Streamed(partial(compressed, chunks))
            if EVERY[self.slug] in BIG:
                chunks, size = packed, None
                framing = "chunked" if framing == "length" else framing
            else:
                whole = b"".join(packed)
                chunks, size = (whole,), len(whole)
                kept = len(whole) // 2 if kept is not None else None
        elif EVERY[self.slug] not in BIG:
            chunks = (b"".join(chunks),)
        if EVERY[self.slug] in BIG or form.pause or (size or 0) > form.piece:
            chunks = Streamed(partial(sliced, chunks, form.piece, form.pause))
        return Response(
            200,
            chunks,
            headers,
            self._type(self._own_type()),
            cut=kept is not None,
            size=size,
            kept=kept,
            framing=framing,
        )

    def _own_type(self) -> str:
        own = _TYPES.get(self.form.format, _JSON)
        charset = _CHARSETS.get(self.form.encoding, self.form.encoding)
        return f"{own}; charset={charset}" if self.form.charset else own

    def _type(self, right: str) -> str | None:
        """Return what the answer says its body is."""
        stated = self.form.content_type
        return {"right": right, "missing": None}.get(stated, stated)


_JSON = "application/json"


def _retry(after: str) -> list[tuple[str, str]]:
    return [("Retry-After", after)] if after else []


def _brought_back(request: Request, name: str, value: str) -> bool:
    asked = {"ETag": "if-none-match", "Last-Modified": "if-modified-since"}[name]
    return request.headers.get(asked) == value


@cache
def _workbook() -> bytes:
    """Return a spreadsheet as far as its first bytes tell."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"):
            archive.writestr(zipfile.ZipInfo(name), "<?xml version='1.0'?><x/>")
    return buffer.getvalue()
