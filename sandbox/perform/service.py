"""The routes of Perform: clips, the signed addresses they may redirect to, pages for people."""

from __future__ import annotations

import base64
import binascii
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from sandbox.perform import content, stale, truth
from sandbox.perform.clips import BY_ADDRESS, address
from sandbox.wire import HTML, PLAIN, Json, Request, Response, Route, call, login_page, retry_after

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.perform.switches import Form
    from sandbox.perform.world import World

ACTIONS = frozenset(
    {
        *("insert_row", "edit_row", "copy_row", "delete_row", "shrink", "shuffle"),
        *("add_column", "rename_column", "remove_column", "roll_roster", "enlarge_cell"),
        *("advance", "switch", "set_clip", "reset_clips", "urls", "projects"),
    }
)
"""Methods of the world that `POST /__perform` calls by name."""

LOGIN = "/login"
SIGNED_FOR = 60
"""Seconds that a signed address is good for, by the sandbox's clock."""

_REFUSALS = {
    401: "The user name or the password is wrong.",
    403: "You do not have permission to read this dataclip.",
    404: "No such dataclip.",
    429: "Too many requests.",
    503: "The service is busy.",
}


class _Asked(NamedTuple):
    """The clip that a request is for."""

    project: int
    slug: str
    suffix: str
    form: Form


class Perform:
    """The service: routes over one world."""

    name = "perform"
    prefix = "/perform"
    compress = False
    """Each clip has a switch of its own."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.truth_counts = partial(truth.counts, world)
        self.truth_rows = partial(truth.rows, world)
        self.routes: Sequence[Route] = [
            Route("GET", "/projects/{project}/dataclips/{clip}", self.clip),
            Route("GET", "/storage/{project}/{clip}", self.stored),
            Route("GET", "/projects/{project}", lambda _: login_page()),
            Route("GET", LOGIN, lambda _: login_page()),
        ]

    def act(self, action: str, arguments: Mapping[str, object]) -> Json:
        """Call one of the world's mutations by name."""
        return call(self.world, ACTIONS, action, arguments)

    def admit(self, request: Request) -> Response | None:
        """Check the credentials of a request for a clip; the other routes need none."""
        if "/dataclips/" not in request.path or self._is_known(request):
            return None
        denial = self.world.switches.denial
        if denial == "page":
            return login_page()
        if denial == "redirect":
            return _redirection(302, self.prefix + LOGIN)
        refused = _refusal(401)
        if denial == "challenge":
            refused.headers.append(("WWW-Authenticate", 'Basic realm="Dataclips"'))
        return refused

    def no_route(self, request: Request) -> Response:
        """Answer an unknown path."""
        return login_page(404)

    def wrong_verb(self, request: Request, allowed: Sequence[str]) -> Response:
        """Answer a known path called with another method."""
        refused = _refusal(405)
        if request.method == "HEAD":
            refused.put(b"")
        refused.headers.append(("Allow", ", ".join(allowed)))
        return refused

    def clip(self, request: Request) -> Response:
        """Answer a clip, unless it is refused, stale or elsewhere."""
        with self.world.lock:
            asked = self._find(request)
            if asked is None:
                return _refusal(404)
            project, slug, _, form = asked
            if self.world.freshness.refuses(project, slug, form):
                return _refusal(form.refuse, form.retry_after)
            if self.world.is_stale(project, slug):
                return stale.answer(form)
            if form.redirect:
                return self._elsewhere(request, asked)
            return self._content(request, asked)

    def stored(self, request: Request) -> Response:
        """Answer a clip at a signed address, which is all that it takes to read it."""
        with self.world.lock:
            asked = self._find(request)
            expires = request.value("expires") or "0"
            if (
                asked is None
                or request.value("signature") != _signature(asked, expires)
                or int(expires) < self.world.now.timestamp()
            ):
                return _refusal(403)
            if self.world.switches.storage == "strict" and "authorization" in request.headers:
                return _refusal(400)
            return self._content(request, asked)

    def _content(self, request: Request, asked: _Asked) -> Response:
        form = content.chosen(asked.form, asked.suffix, request)
        return content.answer(self.world, asked.project, asked.slug, form, request)

    def _find(self, request: Request) -> _Asked | None:
        """Return which clip an address is of, and its suffix; None for an unknown one."""
        token, project = request.params["clip"], _number(request)
        suffix = next((one for one in (".csv", ".json") if token.endswith(one)), "")
        slug = BY_ADDRESS.get((project, token.removesuffix(suffix)))
        if slug is None or slug not in self.world.slugs(project):
            return None
        return _Asked(project, slug, suffix, self.world.form(project, slug))

    def _elsewhere(self, request: Request, asked: _Asked) -> Response:
        """Answer where the content is."""
        expires = str(int(self.world.now.timestamp()) + SIGNED_FOR)
        token = address(asked.project, asked.slug) + asked.form.suffix
        query = f"expires={expires}&signature={_signature(asked, expires)}"
        signed = f"{self.prefix}/storage/{asked.project}/{token}?{query}"
        host = request.headers.get("host", "127.0.0.1")
        name, _, port = host.partition(":")
        other = "127.0.0.1" if name == "localhost" else "localhost"
        location = {
            "host": f"http://{other}:{port}{signed}",
            "origin": f"http://{host}{signed}",
            "relative": signed,
            "loop": request.target,
            "login": self.prefix + LOGIN,
        }[asked.form.redirect]
        return _redirection(asked.form.redirect_status, location)

    def _is_known(self, request: Request) -> bool:
        logins, project = self.world.switches.logins, _number(request)
        allowed = [logins[project]] if project in logins else logins.values()
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        try:
            pair = base64.b64decode(given.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return False
        return scheme.lower() == "basic" and pair in [":".join(login) for login in allowed]


def _number(request: Request) -> int:
    project = request.params.get("project", "")
    return int(project) if project.isdecimal() else 0


def _signature(asked: _Asked, expires: str) -> str:
    return sha256(f"storage {asked.project} {asked.slug} {expires}".encode()).hexdigest()


def _refusal(status: int, after: str = "") -> Response:
    text = _REFUSALS.get(status, "Something went wrong.")
    return Response(status, (text.encode(),), retry_after(after), PLAIN)


def _redirection(status: int, location: str) -> Response:
    body = b"<html><body>You are being redirected.</body></html>"
    return Response(status, (body,), [("Location", location)], HTML)
