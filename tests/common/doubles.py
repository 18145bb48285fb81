"""A clock that jumps, a tap over made-up answers, and a server that misbehaves on demand."""

from __future__ import annotations

import contextlib
import io
import json
import socket
import struct
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tap_clockify.tap import TapClockify
from taps_common.cli.command import RunFailedError
from taps_common.errors import InterruptedRunError
from taps_common.http.cost import Cost
from taps_common.http.request import Request, Response
from tests.common.runs import until

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NOW = datetime(2026, 9, 15, 12, 30, tzinfo=timezone.utc)


class FakeClock:
    """Jumps ahead instead of waiting, and keeps the waits."""

    def __init__(self) -> None:
        self.moment = NOW
        self.seconds = 1000.0
        self.waits: list[float] = []
        self.due: list[tuple[float, Callable[[], object]]] = []

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.seconds

    def wait(self, seconds: float, cancelled: threading.Event) -> None:
        self.waits.append(seconds)
        self.turn(seconds)

    def call_after(self, seconds: float, function: Callable[[], object]) -> None:
        self.due.append((seconds, function))

    def turn(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds
        self.moment += timedelta(seconds=seconds)


# -- a tap over made-up answers ------------------------------------------------------------------


@dataclass
class Answers:
    """Stands where the session does: made-up bodies, or errors, by path template.

    A value is a body, an error, a list of bodies (one per page), or a function of the request.
    """

    by_path: dict[str, Any]
    sent: list[Request] = field(default_factory=list)
    cancelled: threading.Event = field(default_factory=threading.Event)

    def send(self, request: Request) -> Response:
        if self.cancelled.is_set():
            raise InterruptedRunError("interrupted")
        self.sent.append(request)
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
        return Response(found, headers, Cost(requests=1, size=len(found)))

    def begin(self, request: Request) -> bool:
        return False

    def close(self) -> None:
        self.cancelled.set()

    def params(self, path: str) -> list[dict[str, str]]:
        """The query of each request to a path."""
        return [dict(request.params) for request in self.sent if request.path == path]


WORKSPACES = "/workspaces"
USERS = "/workspaces/{workspaceId}/users"
PROJECTS = "/workspaces/{workspaceId}/projects"
ENTRIES = "/workspaces/{workspaceId}/user/{userId}/time-entries"


def body(*rows: Mapping[str, Any]) -> bytes:
    return json.dumps(rows).encode()


def one_workspace(users: tuple[str, ...] = ("u1",)) -> dict[str, Any]:
    """What a tap asks for before it reads time entries."""
    return {WORKSPACES: body({"id": "w1"}), USERS: body(*({"id": user} for user in users))}


@dataclass
class Run:
    """What a run of a tap wrote, and how it ended."""

    messages: list[dict[str, Any]]
    lines: bytes
    error: BaseException | None = None

    def records(self, stream: str) -> list[dict[str, Any]]:
        return [
            message["record"]
            for message in self.messages
            if message["type"] == "RECORD" and message["stream"] == stream
        ]

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["type"] == kind]

    @property
    def state(self) -> dict[str, Any]:
        """The last state, as the next run gets it."""
        found: dict[str, Any] = self.of_type("STATE")[-1]["value"]
        return found


def catalog_of(tap: TapClockify, *streams: str) -> dict[str, Any]:
    """What discovery prints, with only these streams selected."""
    catalog = json.loads(tap.catalog_json_text)
    for entry in catalog["streams"]:
        for metadata in entry["metadata"]:
            if not metadata["breadcrumb"]:
                metadata["metadata"]["selected"] = entry["tap_stream_id"] in streams
    found: dict[str, Any] = catalog
    return found


def run_tap(
    clock: FakeClock,
    answers: Answers | dict[str, Any],
    catalog: dict[str, Any] | tuple[str, ...],
    *,
    state: dict[str, Any] | None = None,
    kind: type[TapClockify] = TapClockify,
    before: Callable[[TapClockify], object] | None = None,
    **config: object,
) -> Run:
    """Run a tap to its end over made-up answers; a tuple of names selects these streams.

    `before` is called with the tap before it reads.
    """
    settings = {"api_key": "key-secret", "max_concurrency": 1, **config}
    if isinstance(catalog, tuple):
        catalog = catalog_of(kind(config=dict(settings)), *catalog)
    tap = kind(config=settings, catalog=catalog, state=state)
    tap.clock = clock
    tap.__dict__["session"] = answers if isinstance(answers, Answers) else Answers(answers)
    if before:
        before(tap)
    raw = io.BytesIO()
    error: BaseException | None = None
    with contextlib.redirect_stdout(io.TextIOWrapper(raw, encoding="utf-8", write_through=True)):
        try:
            tap.sync_all()
        except (RunFailedError, SystemExit) as failure:
            error = failure
        lines = raw.getvalue()
    messages = [json.loads(line, parse_float=Decimal) for line in lines.splitlines()]
    return Run(messages, lines, error)


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
