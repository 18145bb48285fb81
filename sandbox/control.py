"""Control routes: health, the request log, faults, and changes to the worlds.

They are neither recorded nor subject to faults, latency or quota.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial

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
        self.faults = Faults()
        self.requests: list[RecordedRequest] = []
        self._operations: dict[str, Callable[[dict[str, Json]], object]] = {
            "GET /healthz": lambda _: {"status": "ok"},
            "GET /__requests": lambda _: self._counts(),
            "DELETE /__requests": lambda _: self.requests.clear(),
            "POST /__faults": lambda fields: self.faults.add(**fields),
            "DELETE /__faults": lambda _: self.faults.clear(),
            **{f"POST /__{one.name}": partial(_act, one) for one in services},
        }

    def answer(self, request: Request) -> Response:
        """Answer one control request; what cannot be done is a 400 that says why."""
        try:
            fields: dict[str, Json] = msgspec.json.decode(request.body or b"{}", type=dict)
            operation = self._operations.get(f"{request.method} {request.path}")
            if operation is None:
                return json_response({"error": "No such control route."}, 404)
            return json_response(operation(fields) or {})
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            return json_response({"error": f"{type(error).__name__}: {error}"}, 400)

    def _counts(self) -> dict[str, object]:
        counts = Counter(f"{one.method} {one.route or one.path}" for one in list(self.requests))
        return {"routes": counts, "total": sum(counts.values())}


def _act(service: Service, fields: dict[str, Json]) -> object:
    """Call a method of a service's world by name."""
    name = str(fields.pop("action"))
    if name.startswith("_"):
        raise ValueError(f"No such action: {name}.")
    return {"result": getattr(service.world, name)(**fields)}


def parse_instant(text: str) -> datetime:
    """Read an ISO instant; without an offset it is UTC (Python 3.10 does not read the Z)."""
    instant = datetime.fromisoformat(text.removesuffix("Z"))
    return instant if instant.tzinfo else instant.replace(tzinfo=timezone.utc)
