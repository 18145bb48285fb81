"""Where answers come from in tests: made-up ones, and a server that misbehaves on demand."""

from __future__ import annotations

import contextlib
import logging
import socket
import struct
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from taps_common.errors import InterruptedRunError
from taps_common.http.cost import Cost
from taps_common.http.limits import Limits
from taps_common.http.rate_limit import RateLimit
from taps_common.http.request import Request, Response, Service
from taps_common.http.session import Session
from tests.common.runs import PATIENCE, TurningClock, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
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
    spent: Cost = field(default_factory=Cost)
    waits_until: float = float("-inf")

    def send(self, request: Request, cost: Cost | None = None) -> Response:
        if self.cancelled.is_set():
            raise InterruptedRunError("interrupted")
        self.sent.append(request)
        cost = cost or Cost()
        cost.add(requests=1)
        self.spent.add(requests=1)
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


class Wire:
    """Sends bytes as they are to whoever asks anything, until they end or the asker leaves."""

    def __init__(self) -> None:
        self.answer: Callable[[], Iterable[bytes]] = tuple
        self.sent = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, contextlib.suppress(OSError):
            while connection.recv(65536):
                for part in self.answer():
                    connection.sendall(part)
                    self.sent += len(part)
                connection.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._socket.close()


def session_with(base_url: str, **options: Any) -> Session:
    """Return a session with a server; options are what differs from the ordinary."""
    credentials = options.pop("credentials", {"X-Api-Key": "key-secret"})
    service = Service(base_url, credentials, "Advice for {} and {}.".format, "api_url")
    ordinary: dict[str, Any] = {
        "user_agent": "tap-test/1",
        "limits": Limits(
            timeout=options.pop("timeout", PATIENCE),
            deadline=options.pop("deadline", 2 * PATIENCE),
            size=options.pop("max_bytes", 1 << 26),
        ),
        "max_retries": 2,
        "rate_limit": RateLimit(),
        "clock": TurningClock(),
        "logger": logging.getLogger("tap-test"),
    }
    return Session(service, **(ordinary | options))
