"""A small OData service that stands where the session does: one set, whose dates are of any type.

It filters, sorts, counts and pages as the standard says (OData URL Conventions 4.01, 5.1).
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from tap_clicktime.tap import TapClickTime
from taps_common.http.cost import Cost
from taps_common.http.request import Response
from tests.clicktime.runs import timestamp
from tests.common.runs import NOW, Run, State, TurningClock, run_in_process, select, turning

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from taps_common.http.request import Request

_COMPARISON = re.compile(r"Date (ge|lt|eq|ne) ('[^']*'|[^ )]+)")
_BRACKETS = re.compile(r"\(([^()]*)\)")
_ROOT = "https://made.up"


def declaration(kind: str, *, nullable: bool = True) -> bytes:
    """Return the `$metadata` of a service whose TimeEntries have dates of some type."""
    return f"""<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
      <edmx:DataServices><Schema Namespace="S" xmlns="http://docs.oasis-open.org/odata/ns/edm">
      <EntityType Name="E"><Key><PropertyRef Name="ID"/></Key>
      <Property Name="ID" Type="Edm.Int32" Nullable="false"/>
      <Property Name="Date" Type="{kind}" Nullable="{str(nullable).lower()}"/></EntityType>
      <EntityContainer Name="C"><EntitySet Name="TimeEntries" EntityType="S.E"/>
      </EntityContainer></Schema></edmx:DataServices></edmx:Edmx>""".encode()


def comparable(date: str) -> Any:
    """Return what a date is compared by: texts are texts, timestamps are points in time."""
    try:
        return timestamp(date)
    except ValueError:
        return date


def holds(condition: str, date: str | None, kind: str = "Edm.Date") -> bool:
    """Return whether a `$filter` lets a row with this date through."""

    def compared(found: re.Match[str]) -> str:
        operator, literal = found.groups()
        if literal == "null":
            return str((date is None) == (operator == "eq"))
        assert literal.startswith("'") == (kind == "Edm.String"), "a literal of another type"
        if date is None:
            return "False"
        point = comparable if kind == "Edm.DateTimeOffset" else str
        ours, theirs = point(date), point(literal.strip("'"))
        return str(ours >= theirs if operator == "ge" else ours < theirs)

    truth = _COMPARISON.sub(compared, condition)
    while "(" in truth:
        truth = _BRACKETS.sub(lambda inner: str(_either(inner[1])), truth)
    return _either(truth)


def _either(text: str) -> bool:
    return any("False" not in part for part in text.split(" or "))


@dataclass
class Service:
    """The service.

    Attributes:
        dates: the dates of its rows, whose ids are their places.
        kind: the type of the dates.
        nullable: whether a row may lack it.
        filters: whether it heeds `$filter`.
        first_questions: the conditions of the questions that began a partition, not a list of keys.
        asked: how many requests came.
    """

    dates: Sequence[str | None]
    kind: str = "Edm.Date"
    nullable: bool = True
    filters: bool = True
    first_questions: list[str] = field(default_factory=list)
    asked: int = 0
    cancelled: threading.Event = field(default_factory=threading.Event)
    spent: Cost = field(default_factory=Cost)
    waits_until: float = float("-inf")
    _links: dict[str, dict[str, str]] = field(default_factory=dict)
    _tokens: count[int] = field(default_factory=count)
    _now: datetime = NOW

    def send(self, request: Request, cost: Cost | None = None) -> Response:
        """Answer a request."""
        self.asked += 1
        (cost or Cost()).add(requests=1)
        if request.path == "/$metadata":
            return Response(declaration(self.kind, nullable=self.nullable), {})
        if request.link:
            options = self._links[request.link]
        else:
            options = dict(request.params)
            if not options.keys() & {"$top", "$skip"} and options.get("$select") != "ID":
                self.first_questions.append(options.get("$filter", ""))
        found = [
            {"ID": number, "Date": date}
            for number, date in enumerate(self.dates)
            if not self.filters or holds(options.get("$filter", ""), date, self.kind)
        ]
        point = comparable if self.kind == "Edm.DateTimeOffset" else str
        by_date = options.get("$orderby", "").startswith("Date")
        if by_date:
            found.sort(
                key=lambda row: (row["Date"] is not None, point(str(row["Date"] or "0001-01-01"))),
                reverse="desc" in options["$orderby"],
            )
        page: dict[str, Any] = {"@odata.count": len(found)} if "$count" in options else {}
        begin = int(options.get("$skip", 0))
        size = int(options.get("$top") or request.headers["Prefer"].rpartition("=")[2])
        page["value"] = found[begin : begin + size]
        if "$top" not in options and begin + size < len(found):
            link = page["@odata.nextLink"] = f"{_ROOT}/TimeEntries?$skiptoken={next(self._tokens)}"
            self._links[link] = options | {"$skip": str(begin + size)}
        return Response(json.dumps(page).encode(), {}, url=f"{_ROOT}/TimeEntries")

    def now(self) -> datetime:
        """Return the present of the run."""
        return self._now

    def close(self) -> None:
        """Nothing is open."""

    def run(
        self,
        *,
        state: State | None = None,
        now: datetime = NOW,
        tables: Iterable[str] | None = None,
        **settings: Any,
    ) -> Run:
        """Run the tap over it, of some tables or of those that are selected unless one asks."""
        self._now = now
        kind = type("Over", (turning(TapClickTime, TurningClock(now)),), {"session": self})
        config = {"service_url": _ROOT, "api_token": "t", "entity_sets": ["TimeEntries"]} | settings
        catalog = None
        if tables is not None:
            catalog = select(json.loads(kind(config=config).catalog_json_text), tables, without=())
        return run_in_process(kind, config, catalog=catalog, state=state)
