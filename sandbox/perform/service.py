"""The routes of Perform: clips, the signed addresses they may redirect to, pages for people."""

from __future__ import annotations

import base64
import binascii
from hashlib import sha256
from typing import NamedTuple

from sandbox.perform import content, stale
from sandbox.perform.clips import BY_ADDRESS, address
from sandbox.perform.switches import Form
from sandbox.perform.world import World
from sandbox.service import Route, Service
from sandbox.wire import HTML, PLAIN, Request, Response, login_page

SIGNED_FOR = 60
"""Seconds that a signed address is good for, by the sandbox's clock."""

_REFUSALS = {
    401: "The user name or the password is wrong.",
    403: "You do not have permission to read this dataclip.",
    404: "No such dataclip.",
}


class _Asked(NamedTuple):
    project: int
    slug: str
    form: Form


class Perform(Service):
    """The routes over one world; each clip has a switch of its own for compression."""

    name = "perform"
    prefix = "/perform"

    def __init__(self, world: World) -> None:
        self.world: World = world
        self.routes = [
            Route("GET", "/projects/{project}/dataclips/{clip}", self.clip),
            Route("GET", "/storage/{project}/{clip}", self.stored),
            Route("GET", "/projects/{project}", lambda _: login_page()),
        ]

    def admit(self, request: Request) -> Response | None:
        """Check the credentials of a request for a clip; the other routes need none."""
        if "/dataclips/" not in request.path or self._is_known(request):
            return None
        denial = self.world.switches.denial
        if denial == "page":
            return login_page()
        refused = _refusal(401)
        if denial == "challenge":
            refused.headers.append(("WWW-Authenticate", 'Basic realm="Dataclips"'))
        return refused

    def no_route(self, request: Request) -> Response:
        return login_page(404)

    def wrong_verb(self, request: Request) -> Response:
        return _refusal(405) if request.method != "HEAD" else Response(405, (), content_type=PLAIN)

    def clip(self, request: Request) -> Response:
        """Answer a clip, unless it is refused, stale or elsewhere."""
        asked = self._find(request)
        if asked is None:
            return _refusal(404)
        project, slug, form = asked
        if form.refuse:
            return _refusal(form.refuse)
        if self.world.is_stale(project, slug):
            return stale.answer(form)
        if form.redirect:
            return self._elsewhere(request, asked)
        return content.answer(self.world, *asked, request)

    def stored(self, request: Request) -> Response:
        """Answer a clip at a signed address, which is all that it takes to read it."""
        asked, expires = self._find(request), request.value("expires") or "0"
        if (
            asked is None
            or request.value("signature") != _signature(asked, expires)
            or int(expires) < self.world.now.timestamp()
        ):
            return _refusal(403)
        if self.world.switches.storage == "strict" and "authorization" in request.headers:
            return _refusal(400)
        return content.answer(self.world, *asked, request)

    def _find(self, request: Request) -> _Asked | None:
        """Return which clip an address is of; None for an unknown one."""
        project = _number(request)
        slug = BY_ADDRESS.get((project, request.params["clip"]))
        if slug is None or slug not in self.world.slugs(project):
            return None
        return _Asked(project, slug, self.world.form(project, slug))

    def _elsewhere(self, request: Request, asked: _Asked) -> Response:
        expires = str(int(self.world.now.timestamp()) + SIGNED_FOR)
        query = f"expires={expires}&signature={_signature(asked, expires)}"
        name, _, port = request.headers.get("host", "127.0.0.1").partition(":")
        other = "127.0.0.1" if name == "localhost" else "localhost"
        place = f"{self.prefix}/storage/{asked.project}/{address(asked.project, asked.slug)}"
        return Response(302, (), [("Location", f"http://{other}:{port}{place}?{query}")], HTML)

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


def _refusal(status: int) -> Response:
    text = _REFUSALS.get(status, "Something went wrong.")
    return Response(status, (text.encode(),), content_type=PLAIN)
