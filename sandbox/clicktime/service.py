"""The routes of the OData facade: service document, `$metadata`, sets and their counts."""

from __future__ import annotations

import msgspec

from sandbox.clicktime import metadata, paging, protocol, query
from sandbox.clicktime.model import EntitySet
from sandbox.clicktime.protocol import Refusal
from sandbox.clicktime.world import World
from sandbox.service import Route, Service
from sandbox.wire import Request, Response


class ClickTime(Service):
    """The routes over one world."""

    name = "clicktime"
    prefix = "/clicktime/odata"

    def __init__(self, world: World) -> None:
        self.world: World = world
        self.tokens = paging.Tokens()
        operations = {
            "": self.service_document,
            "/": self.service_document,
            "/$metadata": self.metadata,
            "/{Set}": self.entities,
            "/{Set}/$count": self.count,
        }
        self.routes = [Route("GET", template, answer) for template, answer in operations.items()]

    @property
    def compress(self) -> bool:
        return self.world.switches.compress

    def admit(self, request: Request) -> Response | None:
        """Check credentials, the length of the address, the version."""
        protocol.check_credentials(request)
        protocol.check_length(request, self.world.switches.select_limit)
        protocol.check_version(request)
        return None

    def no_route(self, request: Request) -> Response:
        return _unknown(request.path.removeprefix(self.prefix)).response()

    def wrong_verb(self, request: Request) -> Response:
        message = f"The requested resource does not support http method '{request.method}'."
        return Refusal(405, message).response()

    def service_document(self, request: Request) -> Response:
        """List the sets, forbidden ones too."""
        wanted = self._format(request)
        sets = [{"name": name, "kind": "EntitySet", "url": name} for name in self.world.sets]
        document = {f"{wanted.mark}context": f"{wanted.root}/$metadata", "value": sets}
        return wanted.response([msgspec.json.encode(document)])

    def metadata(self, request: Request) -> Response:
        protocol.accepted(request, "application/xml")
        body = metadata.document(self.world.switches.metadata_style, [*self.world.sets.values()])
        return self._plain(body, "application/xml")

    def entities(self, request: Request) -> Response:
        one = self._set(request)
        options = query.options(request)
        wanted = self._format(request)
        token = options.pop(query.SKIPTOKEN, None)
        if token is None:
            size, applied = query.page_size(request, self.world.switches)
            asked = query.read_query(options, one.type, self.world.switches)
            read = paging.Read(one, asked, size, position=asked.skip, remaining=asked.top)
            if applied:
                wanted.headers.append(("Preference-Applied", applied))
        elif options:
            raise Refusal(400, "A link must be followed as it is, without further options.")
        else:
            read = self.tokens.take(token, one.name)
        return paging.answer(self.world, self.tokens, read, wanted)

    def count(self, request: Request) -> Response:
        """Count the rows of a set that pass a filter; other options have no say."""
        one, switches = self._set(request), self.world.switches
        if switches.no_count:
            raise Refusal(switches.refusal_status, "'/$count' is not supported here.")
        options = query.options(request)
        given = {"$filter": options["$filter"]} if "$filter" in options else {}
        where = query.read_query(given, one.type, switches).where
        total = len(self.world.tables[one.table].view((), where))
        return self._plain(str(total).encode(), "text/plain")

    def _plain(self, body: bytes, content_type: str) -> Response:
        version: str = self.world.switches.annotations
        return Response(200, [body], [("OData-Version", version)], content_type)

    def _set(self, request: Request) -> EntitySet:
        name = request.params["Set"]
        if name not in self.world.sets:
            raise _unknown(name)
        if name in self.world.switches.forbidden:
            raise Refusal(403, f"You do not have permission to read {name}.")
        return self.world.sets[name]

    def _format(self, request: Request) -> protocol.Format:
        root = f"http://{request.headers.get('host', '127.0.0.1')}{self.prefix}"
        return protocol.json_format(request, root, self.world.switches.annotations)


def _unknown(segment: str) -> Refusal:
    return Refusal(404, f"Resource not found for the segment '{segment}'.")
