"""The routes of Perform: clips, the signed addresses they may redirect to, pages for people."""

from __future__ import annotations

import base64
import binascii
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from sandbox.perform import answers, truth
from sandbox.perform.clips import BY_ADDRESS, address
from sandbox.wire import Json, Request, Response, Route, call

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

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

SUFFIXES = (".csv", ".json")
LOGIN = "/login"
SIGNED_FOR = 60
"""Seconds that a signed address is good for, by the sandbox's clock."""


class Perform:
    """The service: routes over one world."""

    name = "perform"
    prefix = "/perform"
    compress = False
    """Each clip has a switch of its own."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.routes: Sequence[Route] = [
            Route("GET", "/projects/{project}/dataclips/{clip}", self.clip),
            Route("GET", "/storage/{project}/{clip}", self.stored),
            Route("GET", "/projects/{project}", self.page),
            Route("GET", LOGIN, self.page),
        ]

    @property
    def now(self) -> datetime:
        """The world's clock."""
        return self.world.now

    @now.setter
    def now(self, instant: datetime) -> None:
        self.world.now = instant

    def admit(self, request: Request) -> Response | None:
        """Check the credentials of a request for a clip; the other routes need none."""
        if "/dataclips/" not in request.path or self._is_known(request):
            return None
        denial = self.world.switches.denial
        if denial == "page":
            return answers.page()
        if denial == "redirect":
            return answers.redirection(302, self.prefix + LOGIN)
        refused = answers.refusal(401)
        if denial == "challenge":
            refused.headers.append(("WWW-Authenticate", 'Basic realm="Dataclips"'))
        return refused

    def no_route(self, request: Request) -> Response:
        """Answer an unknown path."""
        return answers.page(404)

    def wrong_verb(self, request: Request, allowed: Sequence[str]) -> Response:
        """Answer a known path called with another method."""
        refused = answers.refusal(405)
        if request.method == "HEAD":
            refused.put(b"")
        refused.headers.append(("Allow", ", ".join(allowed)))
        return refused

    def truth_counts(self) -> dict[str, int]:
        """Rows per table."""
        return truth.counts(self.world)

    def truth_rows(self, table: str) -> list[dict[str, Json]]:
        """Return the rows of one table."""
        rows: list[dict[str, Json]] = msgspec.to_builtins(truth.rows(self.world, table))
        return rows

    def act(self, action: str, arguments: Mapping[str, object]) -> Json:
        """Call one of the world's mutations by name."""
        return call(self.world, ACTIONS, action, arguments)

    def page(self, request: Request) -> Response:
        """Answer a page for people."""
        return answers.page()

    def clip(self, request: Request) -> Response:
        """Answer a clip, unless it is refused, stale or elsewhere."""
        with self.world.lock:
            known = self._find(request)
            if known is None:
                return answers.refusal(404)
            project, slug, suffix = known
            form = self.world.form(project, slug)
            if self.world.freshness.refuses(project, slug, form):
                return answers.refusal(form.refuse, form.retry_after)
            if self.world.is_stale(project, slug):
                return answers.stale(form)
            if form.redirect:
                return self._elsewhere(request, project, slug, form)
            form = answers.chosen(form, suffix, request)
            return answers.Content(self.world, project, slug, form).answer(request)

    def stored(self, request: Request) -> Response:
        """Answer a clip at a signed address, which is all that it takes to read it."""
        with self.world.lock:
            known = self._find(request)
            expires = request.value("expires") or "0"
            signed = known is not None and request.value("signature") == _signature(
                known[0], known[1], expires
            )
            if known is None or not signed or int(expires) < self.now.timestamp():
                return answers.refusal(403)
            if self.world.switches.storage == "strict" and "authorization" in request.headers:
                return answers.refusal(400)
            form = answers.chosen(self.world.form(*known[:2]), known[2], request)
            return answers.Content(self.world, *known[:2], form).answer(request)

    def _find(self, request: Request) -> tuple[int, str, str] | None:
        """Return project and clip of an address, and its suffix; None for an unknown one."""
        project, token = request.params["project"], request.params["clip"]
        suffix = next((one for one in SUFFIXES if token.endswith(one)), "")
        number = int(project) if project.isdecimal() else 0
        slug = BY_ADDRESS.get((number, token.removesuffix(suffix)))
        if slug is None or slug not in self.world.slugs(number):
            return None
        return number, slug, suffix

    def _elsewhere(self, request: Request, project: int, slug: str, form: Form) -> Response:
        """Answer where the content is."""
        expires = str(int(self.now.timestamp()) + SIGNED_FOR)
        host = request.headers.get("host", "127.0.0.1")
        name, _, port = host.partition(":")
        other = f"{'127.0.0.1' if name == 'localhost' else 'localhost'}:{port}"
        token, signature = address(project, slug), _signature(project, slug, expires)
        path = f"{self.prefix}/storage/{project}/{token}{form.suffix}"
        signed = f"{path}?expires={expires}&signature={signature}"
        location = {
            "host": f"http://{other}{signed}",
            "origin": f"http://{host}{signed}",
            "relative": signed,
            "loop": request.target,
            "login": self.prefix + LOGIN,
        }[form.redirect]
        return answers.redirection(form.redirect_status, location)

    def _is_known(self, request: Request) -> bool:
        logins = self.world.switches.logins
        project = request.params.get("project", "")
        number = int(project) if project.isdecimal() else 0
        allowed = [logins[number]] if number in logins else list(logins.values())
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "basic" and _decoded(given.strip()) in [
            f"{user}:{password}" for user, password in allowed
        ]


def _signature(project: int, slug: str, expires: str) -> str:
    return sha256(f"storage {project} {slug} {expires}".encode()).hexdigest()


def _decoded(text: str) -> str | None:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
