"""The server: a threaded HTTP/1.1 listener on 127.0.0.1 in front of the imitated services."""

from __future__ import annotations

import contextlib
import gzip
import socket
import socketserver
import threading
import time
from collections.abc import Sequence
from email.utils import format_datetime
from functools import partial
from io import BufferedReader

from sandbox.control import Control, RecordedRequest
from sandbox.faults import Drop, after_answer, before_answer
from sandbox.service import Handler, Refused, Service
from sandbox.wire import Request, Response, json_response, read_request, send_response

__all__ = ["RecordedRequest", "Server"]

COMPRESS_ABOVE = 1024
"""Bytes; smaller bodies go out as they are."""


class Server(socketserver.ThreadingTCPServer):
    """One thread per connection; routing, the request log, faults and latency."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, services: Sequence[Service], latency_ms: float) -> None:
        super().__init__(("127.0.0.1", port), _Connection)
        self.services = services
        self.latency = latency_ms / 1000
        self.control = Control(services)
        self.faults, self.requests = self.control.faults, self.control.requests
        self.closing = threading.Event()
        self.connections: set[socket.socket] = set()

    def answer(self, request: Request) -> Response:
        """Find who answers a request, and let them; raises Drop when nobody is to answer."""
        if request.path == "/healthz" or request.path.startswith("/__"):
            return self.control.answer(request)
        service = next((one for one in self.services if _is_below(one, request.path)), None)
        if service is None:
            return json_response({"message": "No such service in the sandbox."}, 404)
        handler = _route(service, request)
        self.requests.append(_recorded(service, request))
        if self.latency:
            self.closing.wait(self.latency)
        fault = self.faults.take(request.method, request.path)
        response = before_answer(fault, self.closing.wait) if fault else None
        if response is None:
            response = _answered(service, handler, request)
            response = after_answer(fault, response) if fault else response
        response.headers.append(("Date", format_datetime(service.world.now, usegmt=True)))
        return _compressed(request, response) if service.compress else response

    def stop(self) -> None:
        """Stop listening and hang up on every client, waiting ones included."""
        self.closing.set()
        self.shutdown()
        self.server_close()
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """Let clients go away silently; anything else is a fault of the sandbox and is shown."""
        del request, client_address
        raise  # noqa: PLE0704 - called by socketserver inside its except block


class _Connection(socketserver.BaseRequestHandler):
    server: Server
    request: socket.socket

    def handle(self) -> None:
        self.server.connections.add(self.request)
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with self.request.makefile("rb") as reader:
                while self._exchange(reader):
                    pass
        except (ConnectionError, Drop, OSError):
            pass
        finally:
            self.server.connections.discard(self.request)

    def _exchange(self, reader: BufferedReader) -> bool:
        """Serve one request; return whether the connection stays open."""
        request = read_request(reader)
        if request is None:
            return False
        close = request.headers.get("connection", "").lower() == "close"
        response = self.server.answer(request)
        send_response(self.request, response, close=close)
        return not (close or response.closes or self.server.closing.is_set())


def _answered(service: Service, handler: Handler, request: Request) -> Response:
    """Let a service answer while its world stands still."""
    try:
        with service.world.lock:
            return service.admit(request) or handler(request)
    except Refused as refused:
        return refused.response()


def _is_below(service: Service, path: str) -> bool:
    return path == service.prefix or path.startswith(service.prefix + "/")


def _route(service: Service, request: Request) -> Handler:
    """Match the path, note the template and its values on the request."""
    segments = request.path[len(service.prefix) :].split("/")
    allowed: list[str] = []
    for route in service.routes:
        params = _matched(route.template.split("/"), segments)
        if params is None:
            continue
        request.route, request.params = service.prefix + route.template, params
        if route.method == request.method:
            return route.handler
        allowed.append(route.method)
    return partial(_wrong_verb, service, allowed) if allowed else service.no_route


def _wrong_verb(service: Service, allowed: Sequence[str], request: Request) -> Response:
    response = service.wrong_verb(request)
    response.headers.append(("Allow", ", ".join(allowed)))
    return response


def _matched(template: list[str], segments: list[str]) -> dict[str, str] | None:
    if len(template) != len(segments):
        return None
    params: dict[str, str] = {}
    for expected, given in zip(template, segments, strict=True):
        if expected.startswith("{"):
            params[expected[1:-1]] = given
        elif expected != given:
            return None
    return params


def _recorded(service: Service, request: Request) -> RecordedRequest:
    return RecordedRequest(
        method=request.method,
        route=request.route,
        path=request.path,
        query=request.query,
        target=request.target,
        service=service.name,
        headers=tuple(request.headers),
        host=request.headers.get("host", ""),
        body=request.body,
        at=time.monotonic(),
    )


def _compressed(request: Request, response: Response) -> Response:
    accepted = "gzip" in request.headers.get("accept-encoding", "")
    if accepted and response.length > COMPRESS_ABOVE and not response.cut:
        response.put(gzip.compress(response.body, compresslevel=1))
        response.headers.append(("Content-Encoding", "gzip"))
    return response
