"""The routes of the OData facade: service document, `$metadata`, sets and their counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from sandbox.clicktime import formats, metadata, model, paging, query, truth
from sandbox.clicktime.refusals import Refusal, check_credentials
from sandbox.wire import Handler, Json, Request, Response, Route, call

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sandbox.clicktime.formats import Format
    from sandbox.clicktime.model import EntitySet
    from sandbox.clicktime.world import World

ACTIONS = frozenset(
    {
        *("insert_entry", "edit_entry", "delete_entry"),
        *("insert_row", "edit_row", "delete_row"),
        *("advance", "switch"),
    }
)
"""Methods of the world that `POST /__clicktime` calls by name."""


class ClickTime:
    """The service: routes over one world."""

    name = "clicktime"
    prefix = "/clicktime/odata"

    def __init__(self, world: World) -> None:
        self.world = world
        self.tokens = paging.Tokens()
        self.routes: Sequence[Route] = [
            Route("GET", "", self._answering(self.service_document)),
            Route("GET", "/", self._answering(self.service_document)),
            Route("GET", "/$metadata", self._answering(self.metadata)),
            Route("GET", "/{Set}", self._answering(self.entities)),
            Route("GET", "/{Set}/$count", self._answering(self.count)),
        ]

    @property
    def now(self) -> datetime:
        """The world's clock."""
        return self.world.now

    @now.setter
    def now(self, instant: datetime) -> None:
        self.world.now = instant

    @property
    def compress(self) -> bool:
        """Whether the world's switch asks for gzip."""
        return self.world.switches.compress

    def admit(self, request: Request) -> Response | None:
        """Check credentials, then the length of the address."""
        limit = self.world.switches.select_limit
        try:
            check_credentials(request)
        except Refusal as refusal:
            return refusal.response()
        if limit and len(request.target) > limit:
            return Refusal(414, f"The address is longer than {limit} characters.").response()
        return None

    def no_route(self, request: Request) -> Response:
        """Answer an unknown path."""
        path = request.path.removeprefix(self.prefix)
        return Refusal(404, f"Resource not found for the segment '{path}'.").response()

    def wrong_verb(self, request: Request, allowed: Sequence[str]) -> Response:
        """Answer a known path called with another method."""
        message = f"The requested resource does not support http method '{request.method}'."
        response = Refusal(405, message).response()
        response.headers.append(("Allow", ", ".join(allowed)))
        return response

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

    def service_document(self, request: Request) -> Response:
        """List the sets, forbidden ones too."""
        wanted = self._format(request, query.options(request))
        sets = [
            {"name": name, "kind": "EntitySet", "url": name}
            for name in model.served(self.world.switches)
        ]
        mark = "@" if self.world.switches.annotations == "4.01" else "@odata."
        document = {f"{mark}context": f"{wanted.root}/$metadata", "value": sets}
        return wanted.response([msgspec.json.encode(document)])

    def metadata(self, request: Request) -> Response:
        """Describe the entity model."""
        asked = query.options(request).get("$format")
        if asked not in {None, "xml", "application/xml"}:
            raise Refusal(415, f"The format '{asked}' is not supported.", "$format")
        if asked is None:
            formats.check_accepts_xml(request)
        switches = self.world.switches
        sets = model.served(switches).values()
        body = metadata.document(switches.metadata_style, sets)
        return Response(200, [body], [("OData-Version", self._version)], "application/xml")

    def entities(self, request: Request) -> Response:
        """Answer a page of a set."""
        one = self._set(request)
        options = query.options(request)
        wanted = self._format(request, options)
        token = options.pop(query.SKIPTOKEN, None)
        if token is None:
            size, applied = query.page_size(request, self.world.switches)
            asked = query.read_query(options, one.type, self.world.switches)
            walk = paging.first_page(one, asked, size)
            if applied:
                wanted.headers.append(("Preference-Applied", applied))
        elif options:
            raise Refusal(400, "A link must be followed as it is, without further options.")
        else:
            walk = self.tokens.take(token, one.name)
        return paging.answer(self.world, self.tokens, request, walk, wanted)

    def count(self, request: Request) -> Response:
        """Count the rows of a set that pass a filter; other options have no say."""
        one, switches = self._set(request), self.world.switches
        if switches.no_count:
            raise Refusal(switches.refusal_status, "'/$count' is not supported here.")
        text = query.options(request).get("$filter")
        given = {} if text is None else {"$filter": text}
        where = query.read_query(given, one.type, switches).where
        total = len(self.world.tables[one.table].view((), where))
        headers = [("OData-Version", self._version)]
        return Response(200, [str(total).encode()], headers, "text/plain")

    @property
    def _version(self) -> str:
        return self.world.switches.annotations

    def _set(self, request: Request) -> EntitySet:
        name = request.params["Set"]
        one = model.served(self.world.switches).get(name)
        if one is None:
            raise Refusal(404, f"Resource not found for the segment '{name}'.")
        if name in self.world.switches.forbidden:
            raise Refusal(403, f"You do not have permission to read {name}.")
        return one

    def _format(self, request: Request, options: dict[str, str]) -> Format:
        root = f"http://{request.headers.get('host', '127.0.0.1')}{self.prefix}"
        return formats.json_format(request, options, root, self._version)

    def _answering(self, operation: Callable[[Request], Response]) -> Handler:
        def handler(request: Request) -> Response:
            try:
                with self.world.lock:
                    formats.check_version(request)
                    return operation(request)
            except Refusal as refusal:
                return refusal.response()

        return handler
