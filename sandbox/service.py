"""What the imitated services have in common: a clock, routes, refusals, changes by name."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TypeAlias

from sandbox.wire import Request, Response

Handler: TypeAlias = Callable[[Request], Response]


class Refused(Exception):  # noqa: N818 - an answer, not an error
    """A request that is answered with an error."""

    def response(self) -> Response:
        raise NotImplementedError


class Clocked:
    """A service's data and its clock, which stands still where it is given, until it is moved."""

    def __init__(self, now: datetime | None) -> None:
        self.lock = threading.RLock()
        """Held while a request is answered."""
        self._given = now
        self._moved = timedelta()

    @property
    def now(self) -> datetime:
        return (self._given or datetime.now(timezone.utc)).replace(microsecond=0) + self._moved

    def advance(self, seconds: float) -> None:
        self._moved += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Route:
    """One operation of a service; the template is relative to the service's prefix."""

    method: str
    template: str
    handler: Handler


class Service:
    """One imitated API; what it refuses, it may raise as well."""

    name: str
    prefix: str
    routes: Sequence[Route]
    world: Clocked

    @property
    def compress(self) -> bool:
        """Whether bodies above 1 KiB are gzipped for clients that accept it."""
        return False

    def admit(self, request: Request) -> Response | None:
        """Check credentials and quota; an answer here replaces the handler's."""

    def no_route(self, request: Request) -> Response:
        """Answer a path below the prefix that no route matches."""
        raise NotImplementedError

    def wrong_verb(self, request: Request) -> Response:
        """Answer a known path called with another method."""
        raise NotImplementedError
