"""Where answers come from in tests: made-up ones, and a server that misbehaves on demand."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from taps_common.errors import InterruptedRunError
from taps_common.http.cost import Cost
from taps_common.http.request import Request, Response
from tests.common.runs import TurningClock, until

if TYPE_CHECKING:
    from datetime import datetime

    from taps_common.clock import Clock

FakeClock = TurningClock


# -- in the place of the session ------------------------------------------------------------------


@dataclass
class Answers:
    """Stands where the session does: made-up bodies, or errors, by path template.

    A value is a body, an error, a list of bodies (one per page), or a function of the request.
    """

    by_path: dict[str, Any]
    sent: list[Request] = field(default_factory=list)
    cancelled: threading.Event = field(default_factory=threading.Event)
    clock: Clock = field(default_factory=TurningClock)

    def send(self, request: Request, cost: Cost | None = None) -> Response:
        if self.cancelled.is_set():
            raise InterruptedRunError("interrupted")
        self.sent.append(request)
        cost = cost or Cost()
        cost.add(requests=1)
        found = self.by_path.get(request.path, b"[]")
        if callable(found):
            found = found(request)
        last = None
        if isinstance(found, list):
            page = int(dict(request.params)["page"])
            last = page >= len(found)
            found = found[page - 1]
        if isinstance(found, Exception):
            raise found
        headers = {} if last is None else {"Last-Page": str(last).lower()}
        cost.add(size=len(found))
        return Response(found, headers)

    def now(self) -> datetime:
        return self.clock.now()

    def close(self) -> None:
        self.cancelled.set()

    def params(self, path: str) -> list[dict[str, str]]:
        """The query of each request to a path."""
        return [dict(request.params) for request in self.sent if request.path == path]


# -- a server that misbehaves on demand ----------------------------------------------------------


@dataclass
class Answer:
    """What the server sends; `cut` leaves that many bytes of the body out, `reset` all of it."""

    status: int = 200
    body: bytes = b"[]"
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0
    reset: bool = False


@dataclass
class Seen:
    """A request as the server got it."""

    target: str
    headers: dict[str, str]
    port: int


class Server:
    """Gives scripted answers in order, then empty lists (or echoes); keeps the requests."""

    def __init__(self) -> None:
        self.script: list[Answer] = []
        self.seen: list[Seen] = []
        self.echo = False
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
                """Say nothing."""

            def do_GET(self) -> None:
                owner.seen.append(
                    Seen(self.path, dict(self.headers.items()), self.client_address[1])
                )
                owner.answer(self)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        answer = self.script.pop(0) if self.script else Answer()
        if self.echo:
            answer.body = f'["{handler.path}"]'.encode()
        if answer.reset:
            linger = struct.pack("ii", 1, 0)
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            handler.connection.shutdown(socket.SHUT_RD)
            handler.close_connection = True
            return
        handler.send_response(answer.status)
        headers = {"Content-Length": str(len(answer.body)), **answer.headers}
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        with contextlib.suppress(BrokenPipeError):  # who asked did not wait for it
            handler.wfile.write(answer.body[: len(answer.body) - answer.cut])
        handler.close_connection = bool(answer.cut)

    def targets(self, number: int) -> list[str]:
        """Wait until so many requests came; return what was asked."""
        until(lambda: len(self.seen) >= number)
        return [seen.target for seen in self.seen]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
