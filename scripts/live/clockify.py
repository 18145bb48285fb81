"""What is asked of a real Clockify account: its first workspaces, with the key's own eyes."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from scripts.live.page import form, listed
from scripts.live.wire import Answer, Probe
from tap_clockify.bounds_zone import UTC, BoundsZone
from tap_clockify.change_feed import (
    ENTRY_TYPES,
    EVENTS,
    FEED_DELAY,
    LONGEST,
    PAGE_SIZES,
    Feeds,
    learn_zone,
)
from tap_clockify.client import PAGE_SIZE
from tap_clockify.hosts import credentials
from tap_clockify.permissions import PermittedStream
from tap_clockify.streams.reports import UserDayTotals
from tap_clockify.summaries import user_days
from taps_common.errors import ShapeError, TapError
from taps_common.http.request import Request
from taps_common.timestamps import from_text, midnight, to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from tap_clockify.tap import TapClockify
    from taps_common.http.request import Response
    from taps_common.sync.steps import Ask

WORKSPACES = 2
"""Workspaces that are asked about: each costs about sixty requests."""

REACH = (0, 30, 60, 90, 180, 365, 730)
"""Days ago that the windows of feeds end."""

MINUTE = timedelta(minutes=1)

ROUTE = "/workspaces/{workspaceId}"
ASSIGNMENTS = f"{ROUTE}/scheduling/assignments/all"


class Clockify(Probe):
    """Asks about some workspaces."""

    tap: TapClockify

    @cached_property
    def me(self) -> dict[str, Any]:
        """The owner of the key."""
        found = self.get("/user").json
        return found if isinstance(found, dict) else {}

    @cached_property
    def ids(self) -> list[str]:
        """Ids of the workspaces that are asked about."""
        return [*self.tap.account.workspaces][:WORKSPACES]

    def each(self, question: Callable[[str], Iterator[str]]) -> Iterator[str]:
        """Ask about each workspace, which a page calls by its number."""
        for number, ident in enumerate(self.ids, 1):
            yield from (f"workspace {number}: {finding}" for finding in question(ident))

    def of(self, workspace: str, path: str, *params: tuple[str, str], **values: str) -> Answer:
        """Ask for a path below a workspace."""
        return self.get(ROUTE + path, *params, values={"workspaceId": workspace, **values})

    @cached_property
    def now(self) -> datetime:
        """The present by Clockify's clock, to the second."""
        return self.session.now().replace(microsecond=0)

    def feed(
        self, workspace: str, event: str, days: int = 0, *, limit: str = "50", page: int = 0
    ) -> Answer:
        """Ask for a page of a feed: the thirty days that end so many days ago."""
        end = self.now - FEED_DELAY - timedelta(days=days)
        types = [("type", one) for one in ENTRY_TYPES]
        span = [("start", to_text(end - LONGEST)), ("end", to_text(end)), ("limit", limit)]
        return self.of(workspace, f"/entities/{event}", *types, *span, ("page", str(page)))

    def entries(self, workspace: str, *params: tuple[str, str]) -> list[dict[str, Any]]:
        """Ask for time entries of the key's owner."""
        path = "/user/{userId}/time-entries"
        return self.of(workspace, path, *params, userId=str(self.me.get("id"))).rows


def page_size(probe: Clockify) -> Iterator[str]:
    """What a page size above the maximum is answered."""

    def ask(workspace: str) -> Iterator[str]:
        for path in ("/tags", "/clients", "/users"):
            answer = probe.of(workspace, path, ("page-size", str(PAGE_SIZE + 1)))
            yield f"{path} with page-size {PAGE_SIZE + 1}: {answer}, {len(answer.rows)} rows"

    yield from probe.each(ask)


def _span(entry: dict[str, Any]) -> tuple[datetime, datetime] | None:
    interval = entry.get("timeInterval")
    if not isinstance(interval, dict) or not interval.get("start") or not interval.get("end"):
        return None
    return from_text(interval["start"]), from_text(interval["end"])


def windows(probe: Clockify) -> Iterator[str]:
    """What `end` of a window is compared with, in which zone bounds are read, and the order."""

    def ask(workspace: str) -> Iterator[str]:
        found = probe.entries(workspace, ("page-size", "50"))
        spans = {one["id"]: span for one in found if (span := _span(one))}
        starts = [start for start, _ in spans.values()]
        latest = "latest first" if starts == sorted(starts, reverse=True) else "in another order"
        yield f"{len(found)} entries come {latest}"
        long = [one for one, (start, end) in spans.items() if end - start > 2 * MINUTE]
        for ident in long[:1]:
            yield from _comes(probe, workspace, ident, *spans[ident])

    yield from probe.each(ask)


def _comes(
    probe: Clockify, workspace: str, ident: str, start: datetime, end: datetime
) -> Iterator[str]:
    """Ask for an entry by windows that begin before it, in each zone that bounds may be read in."""
    for whose, offset in _offsets(probe, workspace, start).items():
        since = ("start", _wall(start - MINUTE + offset))
        for name, until in (("its middle", (end - start) / 2), ("after it", end - start + MINUTE)):
            rows = probe.entries(workspace, since, ("end", _wall(start + until + offset)))
            comes = "comes" if any(row.get("id") == ident for row in rows) else "does not come"
            yield f"bounds by the clock of {whose}, from before an entry to {name}: it {comes}"


def _wall(at: datetime) -> str:
    return to_text(at.replace(microsecond=0))


def _offsets(probe: Clockify, workspace: str, at: datetime) -> dict[str, timedelta]:
    """Return by how much the clocks are ahead of UTC that bounds may be read by, all different."""
    names = {"UTC": "UTC", "the account": (probe.me.get("settings") or {}).get("timeZone")}
    workspaces = probe.get("/workspaces").rows
    settings = next(
        (one.get("workspaceSettings") for one in workspaces if one.get("id") == workspace), None
    )
    names["the workspace"] = (settings or {}).get("timeZone")
    found: dict[str, timedelta] = {}
    for whose, name in names.items():
        try:
            offset = at.astimezone(ZoneInfo(str(name))).utcoffset() or timedelta()
        except (ZoneInfoNotFoundError, ValueError):
            continue
        if offset not in found.values():
            found[whose] = offset
    return found


def hydrated(probe: Clockify) -> Iterator[str]:
    """Whether hydrated projects hold all tasks."""

    def ask(workspace: str) -> Iterator[str]:
        projects = probe.of(workspace, "/projects", ("hydrated", "true"), ("page-size", "200"))
        yield f"hydrated: {projects}, {len(projects.rows)} projects"
        most = max(projects.rows, key=lambda one: len(one.get("tasks") or ()), default=None)
        if most is not None:
            own = probe.of(
                workspace,
                "/projects/{projectId}/tasks",
                ("page-size", "5000"),
                projectId=most["id"],
            )
            held = most.get("tasks") or []
            yield f"the project with most tasks holds {len(held)}, its own list {len(own.rows)}"
            missing = {*(own.rows or [{}])[0]} - {*(held or [{}])[0]}
            yield f"members that hydrated tasks lack: {listed(sorted(missing))}"

    yield from probe.each(ask)


def plan(probe: Clockify) -> Iterator[str]:
    """How what the plan lacks is refused, and how long windows may be."""

    def ask(workspace: str) -> Iterator[str]:
        known = probe.tap.account.workspaces[workspace]
        features = known.features or ()
        yield f"plan {known.featureSubscriptionType or 'unknown'}, {len(features)} features"
        for stream in probe.tap.all_streams:
            if (
                not isinstance(stream, PermittedStream)
                or stream.posted is not None
                or not stream.feature
            ):
                continue
            own = stream.service is None and stream.path != ASSIGNMENTS
            if own and set(_names(stream.path)) == {"workspaceId"}:
                answer = probe.of(workspace, stream.path.removeprefix(ROUTE), ("page-size", "1"))
                there = "has" if stream.feature in features else "lacks"
                yield f"{stream.name} ({stream.feature}, which the plan {there}): {answer}"
        for years in (1, 2, 10):
            span = [
                ("start", _wall(probe.now - timedelta(days=365 * years))),
                ("end", _wall(probe.now)),
            ]
            path = ASSIGNMENTS.removeprefix(ROUTE)
            answer = probe.of(workspace, path, *span, ("page-size", "1"))
            yield f"scheduling in a window of {years} years: {answer}"

    yield from probe.each(ask)


def _names(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def approvals(probe: Clockify) -> Iterator[str]:
    """Whether pending requests have an `updatedAt`."""

    def ask(workspace: str) -> Iterator[str]:
        answer = probe.of(
            workspace, "/approval-requests", ("status", "PENDING"), ("page-size", "50")
        )
        held = [row.get("approvalRequest", row) for row in answer.rows]
        stated = sum(bool((one.get("status") or {}).get("updatedAt")) for one in held)
        yield f"pending: {answer}, {len(held)} requests, {stated} of them with updatedAt"

    yield from probe.each(ask)


def summary(probe: Clockify) -> Iterator[str]:
    """How the summary report names days, and whether they add up to what members have."""

    def ask(workspace: str) -> Iterator[str]:
        stream = probe.tap.stream_of(UserDayTotals)
        until = midnight(probe.now)
        since, last = stream.bounds_of((until - stream.span, until))
        dates = {"dateRangeStart": since, "dateRangeEnd": last, "timeZone": "UTC"}
        body = json.dumps({**dates, "exportType": "JSON", **stream.filter({})}).encode()
        route, at = stream.path, {"workspaceId": workspace}
        answer = probe.ask(Request(route, at, body=body, service=stream.service))
        groups = answer.json.get("groupOne") if isinstance(answer.json, dict) else None
        yield f"31 days: {answer}, groups are {form(groups)}"
        for member in groups[:1] if isinstance(groups, list) else ():
            yield f"a member has {listed(sorted(member))}"
            for day in (member.get("children") or member.get("days") or ())[:1]:
                yield f"a day has {listed(f'{name}: {form(day[name])}' for name in sorted(day))}"
        try:
            yield f"{len(json.loads(user_days(answer.body)))} days of members can be read"
        except ShapeError as error:
            yield f"not read: {error}"

    yield from probe.each(ask)


def feeds(probe: Clockify) -> Iterator[str]:
    """Codes, pages and reach of the feeds, and what a deletion holds."""

    def ask(workspace: str) -> Iterator[str]:
        for event in EVENTS:
            first, second = (probe.feed(workspace, event, page=n) for n in (0, 1))
            same = "the same as" if first.rows and first.rows == second.rows else "not"
            yield f"{event}: {first}, {len(first.rows)} rows; page 1: {second}, {same} page 0"
            members = Counter(name for row in first.rows for name in row)
            yield f"{event}, members: {listed(sorted(members))}"
        for limit in PAGE_SIZES:
            answer = probe.feed(workspace, "created", limit=limit)
            yield f"created, limit {limit}: {answer}, {len(answer.rows)} rows"
        for days in REACH:
            answers = {event: probe.feed(workspace, event, days) for event in EVENTS}
            told = [f"{event} {one}, {len(one.rows)} rows" for event, one in answers.items()]
            yield f"thirty days that end {days} days ago: {'; '.join(told)}"
        for row in probe.feed(workspace, "deleted").rows[:1]:
            document = row.get("document")
            inner = document if isinstance(document, dict) else {}
            named = [name for name in ("id", "_id") if name in inner]
            alike = any(inner[name] == row.get("id") for name in named)
            yield f"a deletion's document is {form(document)} of {listed(sorted(inner))}"
            yield f"its own id {'is' if alike else 'is not'} the row's"

    yield from probe.each(ask)


def batch(probe: Clockify) -> Iterator[str]:
    """How many entries are read by their ids at once."""

    def ask(workspace: str) -> Iterator[str]:
        ids = [row["id"] for row in probe.entries(workspace, ("page-size", "1000"))]
        for most in (50, 100, 200, 500, 1000):
            if most == 50 or len(ids) >= most:  # noqa: PLR2004 - the smallest
                some = ids[:most]
                body = json.dumps({"timeEntryIds": some}).encode()
                path = f"{ROUTE}/time-entries/batch"
                answer = probe.ask(Request(path, {"workspaceId": workspace}, body=body))
                yield f"{len(some)} ids: {answer}, {len(answer.rows)} rows"

    yield from probe.each(ask)


def restores(probe: Clockify) -> Iterator[str]:
    """Whether entries that were deleted and are there again caused an event."""

    def ask(workspace: str) -> Iterator[str]:
        gone = {
            _entry_of(row): row.get("deletedAt") for row in probe.feed(workspace, "deleted").rows
        }
        there = {row.get("id") for row in probe.entries(workspace, ("page-size", "1000"))}
        restored = gone.keys() & there
        yield f"{len(gone)} deleted in thirty days, {len(restored)} of them are there again"
        for event in ("created", "updated"):
            named = {_entry_of(row) for row in probe.feed(workspace, event, limit="200").rows}
            yield f"{len(restored & named)} of those are named by {event}"

    yield from probe.each(ask)


def _entry_of(row: dict[str, Any]) -> str:
    document = row.get("document")
    inner = document if isinstance(document, dict) else {}
    return str(inner.get("id") or inner.get("_id") or row.get("id"))


def zone(probe: Clockify) -> Iterator[str]:
    """In which zone the feeds read bounds."""

    def ask(workspace: str) -> Iterator[str]:
        kept: dict[str, list[str]] = {}
        owners = (probe.me.get("settings") or {}).get("timeZone")
        bounds = BoundsZone(kept, workspace, lambda: owners)
        feeds = Feeds({"workspaceId": workspace}, PAGE_SIZES[-1], bounds, {})
        steps = learn_zone(feeds, probe.now - FEED_DELAY)
        try:
            _answer(probe, steps)
        except TapError as error:
            yield f"not found out: {type(error).__name__}"
            return
        fits = kept.get(workspace)
        if fits is None:
            yield "nothing was created in thirty days, which would show it"
        else:
            is_utc = "is" if owners in {UTC, None} else "is not"
            both = [name for name, fit in (("UTC", UTC), ("the owner's", owners)) if fit in fits]
            yield f"bounds are read in {' or '.join(both) or 'neither'}; the owner's {is_utc} UTC"

    yield from probe.each(ask)


def _answer(probe: Clockify, steps: Generator[Ask, Response, None]) -> None:
    with suppress(StopIteration):
        step = next(steps)
        while True:
            step = steps.send(probe.session.send(replace(step.request, patient=False)))


def limits(probe: Clockify) -> Iterator[str]:
    """What was seen of limits."""
    yield from probe.limits()


QUESTIONS: dict[str, Callable[[Clockify], Iterator[str]]] = {
    "page size": page_size,
    "windows": windows,
    "hydrated": hydrated,
    "plan": plan,
    "approvals": approvals,
    "summary": summary,
    "feeds": feeds,
    "batch": batch,
    "restores": restores,
    "zone of feeds": zone,
    "limits": limits,
}


def secrets(tap: TapClockify) -> list[str]:
    """Return what must not be on the page."""
    return [*credentials(tap.config).values(), *(tap.config.get("workspace_ids") or ())]
