"""Where Clockify's published description and tap-clockify differ, and what explains it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.clockify.published import (
    Operation,
    Schema,
    around,
    operations,
    request_of,
    route_of,
    rows_in,
    undeclared,
)
from tap_clockify.client import ClockifyStream
from tap_clockify.tap import TapClockify

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

W = "/workspaces/{}"

OTHERWISE: dict[str, str] = {
    f"GET {W}/entities/created": "entity_changes",  # beside what was updated
    f"POST {W}/time-entries/batch": "time_entries",  # entries that changed
    # one row of a list, or the same rows asked for in another way
    f"GET {W}/time-entries/{{}}": "time_entries",
    f"GET {W}/time-entries/status/in-progress": "time_entries",
    f"GET {W}/scheduling/assignments/projects/totals": "project_assignment_totals",
    f"GET {W}/scheduling/assignments/projects/totals/{{}}": "project_assignment_totals",
    f"GET {W}/scheduling/assignments/users/{{}}/totals": "user_capacity_totals",
    f"GET {W}/holidays/in-period": "holidays",
    f"GET {W}/time-off/balance/user/{{}}": "time_off_balances",
    f"POST {W}/invoices/info": "invoices",
    f"POST {W}/users/info": "users",
    f"GET {W}/addons/{{}}/webhooks": "webhooks",  # an add-on's own: nothing lists add-ons
}
"""Operation that no table is read from as a whole -> the table with its rows."""

NOT_READ: dict[str, str] = {
    f"GET {W}/expenses/{{}}/files/{{}}": "a file: a receipt",
    f"GET {W}/invoices/{{}}/export": "a file: the invoice as a PDF",
    f"GET {W}/invoices/settings": "how invoices look: labels, and what new ones begin with",
    f"GET {W}/templates": "deprecated: week templates of the timesheet",
    f"GET {W}/templates/{{}}": "deprecated: week templates of the timesheet",
    f"GET {W}/webhooks/{{}}/statuses": "what was sent to a webhook, not what is recorded",
    f"POST {W}/webhooks/{{}}/logs": "what was sent to a webhook, not what is recorded",
    "GET /shared-reports/{}": "sums of what other tables have in full",
    f"POST {W}/reports/weekly": "sums of what other tables have in full",
}
"""Operation that no table has the rows of, and why."""

ANY = "any JSON value: other forms are seen than described"

CORRECTIONS: dict[str, str] = {
    "detailed_report.get_id": "evidently a getter's name, for what is _id on the wire",
    "expense_report.invoicingInfo.*": ANY,
    "entity_deletions.response": "an envelope in the description, a list on the wire",
    "expenses.categoryId": "of a single expense; the list has it as category.id",
    "expenses.projectId": "of a single expense; the list has it as project.id",
    "expenses.taskId": "of a single expense; the list has it as task.id",
    "invoices.daysOverdue": "of POST invoices/info only, and another one each day: see dueDate",
    "shared_reports.visibleToUserGroups.*": ANY,
    "shared_reports.visibleToUsers.*": ANY,
    "user_day_totals.children": "the days of a member, which are the rows",
    "user_day_totals.clientName": "of a group of projects only",
    "user_day_totals.days": "the days of a member, which are the rows",
    "user_day_totals.id": "the member is userId, the day is date",
    "user_day_totals.name": "the member is userName, the day is date",
    "user_day_totals.nameLowerCase": "the member is userName, the day is date",
    "webhooks.authToken": "a secret",
    "workspaces.featureSubscriptionType.*": "an object in the description, text on the wire",
}
"""Documented property that a row type has not, or not as described, and why."""

SUMS = {
    *("totals", "dailyTotals", "weeklyTotals", "total", "count"),
    *("workspaceWebhookCount", "chart"),
}
"""What stands beside lists: sums of the rows, charts of them, and how many there are."""


def streams() -> dict[str, ClockifyStream]:
    """Return the tables that are read by requests of their own, by name."""
    found = TapClockify(config={}, validate_config=False).all_streams
    return {stream.name: stream for stream in found if isinstance(stream, ClockifyStream)}


def tables_of(found: Iterable[Operation]) -> dict[str, ClockifyStream]:
    """Return the table that has the rows of an operation, by route."""
    known = streams()
    own = {route_of(request_of(stream)): stream for stream in known.values()}
    single = {one.route: own.get(one.route.removesuffix("/{}")) for one in found}
    rows = {route: stream for route, stream in single.items() if stream is not None}
    return rows | own | {route: known[table] for route, table in OTHERWISE.items()}


def missing_properties(published: Schema) -> set[str]:
    """Return the documented properties that the row types of their tables do not declare."""
    found = operations(published)
    tables = tables_of(found)
    return {
        path
        for one in found
        if (stream := tables.get(one.route))
        for path in undeclared(
            rows_in(one.answer, envelope(stream), published), stream.row, published, stream.name
        )
    }


def beside_lists(published: Schema) -> set[str]:
    """Return the names of documented properties that stand beside lists."""
    found = operations(published)
    tables = tables_of(found)
    return {
        path.rpartition(".")[2]
        for one in found
        if (stream := tables.get(one.route))
        for path in around(one.answer, envelope(stream), published)
    }


def envelope(stream: ClockifyStream) -> tuple[str, ...]:
    """Return the members that lead to the rows, in the spelling of the description."""
    return stream.envelopes[0] if stream.envelopes else ()


def unexplained(published: Schema) -> Iterator[tuple[str, list[str]]]:
    """Yield what a description has more and less than the taps and this module know.

    Each with a heading; nothing if all is explained.
    """
    found = operations(published)
    routes = {one.route for one in found}
    tables = tables_of(found)
    yield from _both("operations", routes - tables.keys(), NOT_READ)
    yield "Operations that tables are read from, and that are gone", sorted(tables.keys() - routes)
    yield from _both("properties of rows", missing_properties(published), CORRECTIONS)
    yield from _both("members beside lists", beside_lists(published), SUMS)
    yield "Parameters that are sent, and that are not described", sorted(_not_described(found))


def _both(what: str, found: set[str], explained: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    known = {*explained}
    yield f"New {what}, not read", sorted(found - known)
    yield f"Explained {what} that are gone, or read now", sorted(known - found)


def _not_described(found: Iterable[Operation]) -> Iterator[str]:
    described = {one.route: one.parameters for one in found}
    for stream in streams().values():
        route = route_of(request_of(stream))
        names = {name for name, _ in stream.params}
        if stream.paged and stream.posted is None:
            names |= {"page", stream.size_name}
        yield from (f"{route}: {one}" for one in names - described.get(route, names))
