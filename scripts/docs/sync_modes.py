"""What each table sees: new rows, edits and deletions, and how many requests that takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from scripts.docs.overview import method_of
from tap_clicktime.streams import EntityStream
from tap_clockify.client import ClockifyStream
from taps_common.sync.completed_windows import CompletedWindows
from taps_common.sync.stream import ChildStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from taps_common.sync.stream import RecordStream


class Seen(NamedTuple):
    """When a change arrives."""

    new: str
    edits: str
    deletions: str


EACH_RUN = "next run"
WITH_VERSIONS = "next run, with table versions"
WITH_REFRESH = "next full refresh, with table versions"
LOOK_BACK = "next run, if dated within `lookback_days`"
LATER = "next run, if dated within `lookback_days` or later"

LISTS = Seen(EACH_RUN, EACH_RUN, WITH_VERSIONS)
OF_LISTS = {
    "invoices": Seen(
        EACH_RUN, "next run, if it shows in the list; else full refresh", WITH_VERSIONS
    ),
    "assignments": Seen(EACH_RUN, EACH_RUN, f"{WITH_VERSIONS} and neither date set"),
    "user_capacity_days": Seen(EACH_RUN, EACH_RUN, "never"),
}
"""Full tables that differ from others."""

BY_CHANGES = Seen(EACH_RUN, "next run, of any age", "next run, as `_sdc_deleted_at`")
ITEMS_BY_CHANGES = Seen(
    EACH_RUN,
    "next run, of any age",
    "[by a query](#tags-and-custom-fields-that-were-taken-off-an-entry)",
)
BY_DATE = {
    "time_off_requests": Seen(
        EACH_RUN, "next run: of status, and all within `lookback_days`", WITH_REFRESH
    ),
    "approval_requests": Seen(
        EACH_RUN,
        "next run: of status, and all within `lookback_days`; rejected ones: full refresh",
        WITH_REFRESH,
    ),
    "entity_changes": Seen(EACH_RUN, "each is a row", "never: rows are events"),
    "entity_deletions": Seen(EACH_RUN, "there are none", "never: rows are events"),
    "detailed_report": Seen(LATER, LOOK_BACK, "never"),
    "user_day_totals": Seen(LATER, LOOK_BACK, "never"),
    "attendance_report": Seen(LATER, LOOK_BACK, "never"),
    "expense_report": Seen(LATER, LOOK_BACK, "never"),
    "audit_log": Seen(EACH_RUN, "there are none", "never: rows are events"),
}
"""Tables of Clockify that are read from a bookmark on."""

DATED = Seen(LATER, LOOK_BACK, WITH_REFRESH)
STAMPED = Seen(EACH_RUN, EACH_RUN, WITH_REFRESH)
"""ClickTime's tables that are read from a bookmark on."""

REQUESTS = {
    "time_entries": (
        "first: one per member and 5,000 entries; then three, and one per 100 that changed"
    ),
    "tasks": "none where projects bring them, else one per project",
    "users": "one per 5,000 rows",
    "invoices": "one per 5,000 rows, and one per invoice that is new or changed",
    "entity_changes": "two per window: what was created, what was updated",
    "entity_deletions": "one per window",
    "detailed_report": "one per 1,000 rows and 31 days (or a year, if the plan allows it)",
    "user_day_totals": "one per 31 days (or a year, if the plan allows it)",
    "attendance_report": "one per 200 rows and 31 days (or a year, if the plan allows it)",
    "expense_report": "one per 1,000 rows and 31 days (or a year, if the plan allows it)",
    "audit_log": "one per 50 rows and 29 days",
    "member_profiles": "one per member",
    "user_managers": "one per member",
    "project_custom_fields": "one per project",
    "invoice_payments": "one per invoice",
    "time_off_balances": "one per policy and 200 rows",
    "balance_assignments": "one per member and policy",
}
"""Requests to Clockify that are not one per page of a list."""


def sync_table(tables: Iterable[RecordStream], link: Callable[[str], str]) -> str:
    """Return when new rows, edits and deletions of each table arrive.

    Raises:
        KeyError: nothing is said of a table that is read from a bookmark on.
    """
    lines = [
        "| table | replication | new rows | edits | deletions | requests |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for table in tables:
        seen = seen_of(table)
        name = f"[`{table.name}`]({link(table.name)})"
        cells = [name, method_of(table), *seen, requests_of(table)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def seen_of(table: RecordStream) -> Seen:
    """Return when changes of a table arrive."""
    if isinstance(table, CompletedWindows):
        return Seen(EACH_RUN, "there are none", "never: what a row says stays true")
    endpoint = table.endpoint
    if table.replication_method == "FULL_TABLE":
        return OF_LISTS.get(table.name) or OF_LISTS.get(endpoint.name, LISTS)
    if table.replication_method == "LOG_BASED":
        return ITEMS_BY_CHANGES if isinstance(table, ChildStream) else BY_CHANGES
    if isinstance(endpoint, EntityStream):
        return STAMPED if endpoint.follows_changes else DATED
    return BY_DATE[endpoint.name]


def requests_of(table: RecordStream) -> str:
    """Return how many requests a table takes, in each workspace of Clockify."""
    if isinstance(table, ChildStream):
        return f"none: comes with `{table.endpoint.name}`"
    if isinstance(table, EntityStream):
        return "one per page, and [what proves it complete](requests.md)"
    if isinstance(table, ClockifyStream):
        paged = f"one per {table.page_size:,} rows" if table.paged else "one"
        return REQUESTS.get(table.name, paged)
    if isinstance(table, CompletedWindows):
        return "none: comes with the tables that it tells of"
    return "one per project, and more while it is stale"
