"""Control routes: health, the request log, faults, the clock, the truth and changes to it.

They are neither recorded nor subject to faults, latency or quota.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import msgspec

from sandbox.wire import json_response

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.server import Server
    from sandbox.wire import Json, Request, Response, Service


def answer(server: Server, request: Request) -> Response:
    """Answer one control request; what cannot be done is a 400 that says why."""
    try:
        return _dispatch(server, request)
    except (KeyError, TypeError, ValueError) as error:
        return json_response({"error": f"{type(error).__name__}: {error}"}, 400)


def parse_instant(text: str) -> datetime:
    """Read an ISO instant; without an offset it is UTC (Python 3.10 does not read the Z)."""
    instant = datetime.fromisoformat(text.removesuffix("Z"))
    return instant if instant.tzinfo else instant.replace(tzinfo=timezone.utc)


def _dispatch(server: Server, request: Request) -> Response:
    operation = _OPERATIONS.get(f"{request.method} {request.path}", _service_route)
    return operation(server, request)


def _health(_server: Server, _request: Request) -> Response:
    return json_response({"status": "ok"})


def _count_requests(server: Server, _request: Request) -> Response:
    counts = Counter(f"{one.method} {one.route or one.path}" for one in list(server.requests))
    return json_response({"routes": counts, "total": sum(counts.values())})


def _forget_requests(server: Server, _request: Request) -> Response:
    server.requests.clear()
    return json_response({})


def _add_fault(server: Server, request: Request) -> Response:
    server.faults.add(**_fields(request))
    return json_response({})


def _clear_faults(server: Server, _request: Request) -> Response:
    server.faults.clear()
    return json_response({})


def _clock(server: Server, _request: Request) -> Response:
    return json_response({"now": server.services[0].now})


def _move_clock(server: Server, request: Request) -> Response:
    now = parse_instant(str(_fields(request)["now"]))
    for service in server.services:
        service.now = now
    return json_response({"now": now})


def _service_route(server: Server, request: Request) -> Response:
    services: dict[str, Service] = {service.name: service for service in server.services}
    first, *rest = request.path.removeprefix("/__").split("/")
    if request.method == "POST" and first in services and not rest:
        fields = _fields(request)
        result = services[first].act(str(fields.pop("action")), fields)
        return json_response({"result": result})
    if request.method == "GET" and first == "truth" and rest and rest[0] in services:
        service, *table = (services[rest[0]], *rest[1:])
        return json_response(service.truth_rows(table[0]) if table else service.truth_counts())
    return json_response({"error": "No such control route."}, 404)


def _fields(request: Request) -> dict[str, Json]:
    return msgspec.json.decode(request.body, type=dict)


_OPERATIONS: dict[str, Callable[[Server, Request], Response]] = {
    "GET /healthz": _health,
    "GET /__requests": _count_requests,
    "DELETE /__requests": _forget_requests,
    "POST /__faults": _add_fault,
    "DELETE /__faults": _clear_faults,
    "GET /__clock": _clock,
    "POST /__clock": _move_clock,
}
