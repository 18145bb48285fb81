"""The content of a clip as a response: rows in the clip's form, whole, cut, packed or sliced."""

from __future__ import annotations

import io
import zipfile
from dataclasses import asdict
from email.utils import format_datetime
from functools import cache, partial
from hashlib import sha256
from typing import TYPE_CHECKING

from sandbox.perform.bodies import Body, Streamed, compressed, sliced
from sandbox.perform.clips import EVERY
from sandbox.perform.formats import About, distorted, text_of
from sandbox.perform.site import NAMES
from sandbox.perform.switches import with_form
from sandbox.wire import Response, first_bytes, login_page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.perform.switches import Form
    from sandbox.perform.world import World
    from sandbox.wire import Chunk, Request

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_JSON = "application/json"
_TYPES = {"csv": "text/csv", "jsonlines": "application/x-ndjson"}
_CHARSETS = {"utf-8-sig": "utf-8", "cp1252": "windows-1252"}
_CONDITIONS = {"ETag": "if-none-match", "Last-Modified": "if-modified-since"}


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


def answer(world: World, project: int, slug: str, form: Form, request: Request) -> Response:
    """Answer the content, what stands in its place, or that the client has it."""
    if form.body in {"html", "xlsx", "empty"}:
        return _replaced(form)
    body = _body(world, project, slug, form)
    headers: list[tuple[str, str]] = []
    if form.etag:
        seen = b"".join(body) if not EVERY[slug].big else repr((body.length, asdict(form))).encode()
        headers.append(("ETag", f'"{sha256(seen).hexdigest()[:32]}"'))
    if form.last_modified:
        changed = format_datetime(world.modified(project, slug), usegmt=True)
        headers.append(("Last-Modified", changed))
    if any(request.headers.get(_CONDITIONS[name]) == value for name, value in headers):
        return Response(304, (), headers, None)
    if form.disposition:
        name = f"{slug}.{'csv' if form.format == 'csv' else 'json'}"
        headers.append(("Content-Disposition", f'attachment; filename="{name}"'))
    return _sent(body, form, request, headers, big=EVERY[slug].big)


def _replaced(form: Form) -> Response:
    """Answer one of the bodies that are no table."""
    if form.body == "html":
        made = login_page()
    elif form.body == "xlsx":
        made = Response(200, (_workbook(),), content_type=_stated(form, _XLSX))
    else:
        made = Response(200, (), [], _stated(form, _TYPES.get(form.format, _JSON)))
    made.framing = form.framing
    return made


def _body(world: World, project: int, slug: str, form: Form) -> Body:
    about = About(EVERY[slug].name, NAMES[project], world.now.isoformat())
    grid = distorted(world.served(project, slug), form.oddities)
    repeated = world.switches.big_rows if EVERY[slug].big and grid.rows else None
    return Body(text_of(grid, form, about), form, repeated)


def _sent(
    body: Body, form: Form, request: Request, headers: list[tuple[str, str]], *, big: bool
) -> Response:
    """Cut, compress and slice the body; a big one is made while it is sent, never as a whole."""
    chunks: Iterable[Chunk] = body
    size: int | None = body.length
    kept = body.cut(form.cut) if form.cut else None
    framing = form.framing
    if kept is not None and not form.cut_seen:
        chunks, size, kept = Streamed(partial(first_bytes, body, kept)), kept, None
    accepted = "gzip" in request.headers.get("accept-encoding", "")
    if form.gzip == "always" or (form.gzip and accepted):
        headers.append(("Content-Encoding", "gzip"))
        chunks = Streamed(partial(compressed, chunks))
        if big:
            size, framing = None, "chunked" if framing == "length" else framing
    if not big:
        whole = b"".join(chunks)
        kept = len(whole) // 2 if kept is not None and len(whole) != size else kept
        chunks, size = (whole,), len(whole)
    if big or (size or 0) > form.piece:
        chunks = Streamed(partial(sliced, chunks, form.piece))
    right = _TYPES.get(form.format, _JSON)
    if form.charset:
        right += f"; charset={_CHARSETS.get(form.encoding, form.encoding)}"
    return Response(
        200,
        chunks,
        headers,
        _stated(form, right),
        cut=kept is not None,
        size=size,
        kept=kept,
        framing=framing,
    )


def _stated(form: Form, right: str) -> str | None:
    """Return what the answer says its body is."""
    return {"right": right, "missing": None}.get(form.content_type, form.content_type)


@cache
def _workbook() -> bytes:
    """Return a spreadsheet as far as its first bytes tell."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"):
            archive.writestr(zipfile.ZipInfo(name), "<?xml version='1.0'?><x/>")
    return buffer.getvalue()
