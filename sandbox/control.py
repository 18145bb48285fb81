"""Control routes: health, the request log, faults, the clock, the truth and changes to it.

They are neither recorded nor subject to faults, latency or quota.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

import msgspec

from sandbox.faults import Faults
from sandbox.service import Service
from sandbox.wire import Json, Request, Response, json_response


@dataclass(frozen=True)
class RecordedRequest:
    """One request as it arrived; header values are left out, but that of Host."""

    method: str
    route: str
    path: str
    query: list[tuple[str, str]]
    target: str
    """Path and query as they came, still encoded."""
    service: str
    headers: tuple[str, ...]
    host: str
    """The host that the client took this for."""
    body: bytes
    at: float
    """When it came, by `time.monotonic`."""

    @property
    def authorized(self) -> bool:
        """Whether an Authorization header came."""
        return "authorization" in self.headers


class Control:
    """What can be seen and changed of a running sandbox."""

    def __init__(self, services: Sequence[Service]) -> None:
        self.services = {service.name: service for service in services}
        self.faults = Faults()
        self.requests: list[RecordedRequest] = []
        self._operations = {
            "GET /healthz": lambda _: {"status": "ok"},
            "GET /__requests": lambda _: self._counts(),
            "DELETE /__requests": lambda _: self.requests.clear(),
            "POST /__faults": lambda fields: self.faults.add(**fields),
            "DELETE /__faults": lambda _: self.faults.clear(),
            "GET /__clock": lambda _: {"now": next(iter(self.services.values())).world.now},
            "POST /__clock": self._move_clock,
        }

    def answer(self, request: Request) -> Response:
        """Answer one control request; what cannot be done is a 400 that says why."""
        try:
            fields: dict[str, Json] = msgspec.json.decode(request.body or b"{}", type=dict)
            operation = self._operations.get(f"{request.method} {request.path}")
            if operation is not None:
                return json_response(operation(fields) or {})
            return self._service(request, fields)
        except (KeyError, TypeError, ValueError) as error:
            return json_response({"error": f"{type(error).__name__}: {error}"}, 400)

    def _counts(self) -> dict[str, object]:
        counts = Counter(f"{one.method} {one.route or one.path}" for one in list(self.requests))
        return {"routes": counts, "total": sum(counts.values())}

    def _move_clock(self, fields: dict[str, Json]) -> dict[str, object]:
        now = parse_instant(str(fields["now"]))
        for service in self.services.values():
            service.world.now = now
        return {"now": now}

    def _service(self, request: Request, fields: dict[str, Json]) -> Response:
        """Answer `POST /__{service}`, `GET /__truth/{service}` or `GET /__truth/{service}/{t}`."""
        first, *rest = request.path.removeprefix("/__").split("/")
        if request.method == "POST" and first in self.services and not rest:
            result = self.services[first].act(str(fields.pop("action")), fields)
            return json_response({"result": result})
        if request.method == "GET" and first == "truth" and rest and rest[0] in self.services:
            service = self.services[rest[0]]
            return json_response(
                service.truth_rows(*rest[1:]) if rest[1:] else service.truth_counts()
            )
        return json_response({"error": "No such control route."}, 404)


def parse_instant(text: str) -> datetime:
    """Read an ISO instant; without an offset it is UTC (Python 3.10 does not read the Z)."""
    instant = datetime.fromisoformat(text.removesuffix("Z"))
    return instant if instant.tzinfo else instant.replace(tzinfo=timezone.utc)
