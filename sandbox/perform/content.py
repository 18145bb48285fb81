"""The content of a clip as a response: rows in the clip's form, whole, cut, packed or sliced."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from email.utils import format_datetime
from functools import partial
from hashlib import sha256

from sandbox.perform.bodies import Body, Streamed, compressed, sliced
from sandbox.perform.clips import EVERY
from sandbox.perform.formats import About, distorted, text_of
from sandbox.perform.site import NAMES
from sandbox.perform.switches import Form
from sandbox.perform.world import World
from sandbox.wire import Chunk, Request, Response, login_page

_TYPES = {"csv": "text/csv", "jsonlines": "application/x-ndjson"}
_CONDITIONS = {"ETag": "if-none-match", "Last-Modified": "if-modified-since"}


def answer(world: World, project: int, slug: str, form: Form, request: Request) -> Response:
    """Answer the content, what stands in its place, or that the client has it."""
    if form.body == "html":
        return login_page()
    if form.body == "empty":
        return Response(200, (), [], _stated(form), framing=form.framing)
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


def _body(world: World, project: int, slug: str, form: Form) -> Body:
    about = About(slug, NAMES[project], world.now.isoformat())
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
    return Response(
        200,
        chunks,
        headers,
        _stated(form),
        cut=kept is not None,
        size=size,
        kept=kept,
        framing=framing,
    )


def _stated(form: Form) -> str | None:
    """Return what the answer says its body is."""
    encoding = form.encoding.removesuffix("-sig")
    right = f"{_TYPES.get(form.format, 'application/json')}; charset={encoding}"
    return {"right": right, "missing": None}.get(form.content_type, form.content_type)
