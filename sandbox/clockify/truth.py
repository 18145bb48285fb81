"""The rows each table of a copy should hold now: those that are served, with their parents' ids.

Each table asks operations as the owner does, whole lists at once. What a plan lacks the feature of
has no rows. Totals and reports are of the world's `window` (bounds and times in UTC); a webhook's
token is a secret and no row holds it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Any

import msgspec

from sandbox.clockify import entity_changes
from sandbox.clockify.ask import Ask, Caller
from sandbox.clockify.blocks import Part
from sandbox.clockify.instants import DAY, HOUR, iso, seconds
from sandbox.clockify.ledger import ACTIONS, TYPES, Event
from sandbox.clockify.operations import BALANCE, OPERATIONS, PLANNED, W
from sandbox.clockify.workspaces import WorkspaceData
from sandbox.clockify.world import World
from sandbox.wire import Json, Request

Row = dict[str, Any]

PARENTS = {
    "userId": "users",
    "projectId": "projects",
    "invoiceId": "invoices",
    "policyId": "time_off_policies",
    "expenseId": "expenses",
}
"""The list that holds what a placeholder in a path stands for."""

EVER = {"start": "2000-01-01T00:00:00Z", "end": "2100-01-01T00:00:00Z"}
STATUSES = "ACTIVE,PENDING_EMAIL_VERIFICATION,NOT_REGISTERED,LIMITED,LIMITED_DELETED,DELETED"

_BY_PATH = {one.path: one for one in OPERATIONS}
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Source:
    """One workspace, as its owner reads it."""

    def __init__(self, world: World, data: WorkspaceData) -> None:
        self.world = world
        self.data = data
        self.caller = Caller(world.owner_id, tuple(world.workspaces))
        start, end = map(iso, world.window)
        self.window: Row = {"start": start, "end": end}

    def read(self, path: str, *parents: str, body: object = None, **query: object) -> list[Row]:
        """Return all rows of an operation, for each of the things that its path names.

        Args:
            path: the operation's.
            parents: placeholders of the path whose ids the rows get.
            body: what is sent.
            query: parameters, in the spelling of Python.
        """
        operation, rows = _BY_PATH[path], []
        if operation.feature and operation.feature not in self.data.row.features:
            return []
        pairs = [(name.replace("_", "-"), str(value)) for name, value in query.items()]
        sent = msgspec.json.encode(body or {})
        names = [name for name in re.findall(r"{(\w+)}", path) if name in PARENTS]
        for ids in product(*(getattr(self.data, PARENTS[name]) for name in names)):
            params = dict(zip(names, ids, strict=True))
            request = Request(operation.method, "", pairs, {}, sent, params=params)
            ask = Ask(self.world, request, self.caller, self.data, unlimited=True)
            context = {name: params[name] for name in parents}
            rows += [{**row, **context} for row in _plain(operation.answer(ask))]
        return rows


def _plain(answer: object) -> list[Row]:
    if isinstance(answer, Part):
        page = b"".join(answer.block.page(answer.first, answer.last))
        return msgspec.json.decode(page, type=list[Row])
    plain: list[Row] = msgspec.to_builtins(answer if isinstance(answer, list) else [answer])
    return plain


def rows(world: World, table: str) -> list[dict[str, Json]]:
    """Return the rows of one table; KeyError for an unknown one."""
    made = {**CORE, **FURTHER}[table]
    whole = table in {"workspaces", "current_user"}
    with world.lock:
        return [
            row if whole else {**row, "workspaceId": data.row.id}
            for data in world.workspaces.values()
            for row in made(Source(world, data))
        ]


def counts(world: World, *, everything: bool = False) -> dict[str, int]:
    """Return how many rows each table should hold.

    Args:
        world: the account.
        everything: whether the tables besides the core are counted as well.
    """
    tables = (*TABLES, *MORE_TABLES) if everything else TABLES
    return {table: len(rows(world, table)) for table in tables}


Table = Callable[[Source], Iterable[Row]]
"""What makes the rows of a table."""


def _of(path: str, *parents: str, **asked: object) -> Table:
    """Make a table of an operation's rows; see `Source.read`."""
    return lambda of: of.read(path, *parents, **asked)


def _with(rows: Table, **columns: Callable[[Row], object]) -> Table:
    """Add columns to a table."""
    return lambda of: [
        {**row, **{name: value(row) for name, value in columns.items()}} for row in rows(of)
    ]


def _length(interval: Row) -> int | None:
    """Return the seconds of an interval; None while it goes on."""
    return seconds(interval["end"]) - seconds(interval["start"]) if interval["end"] else None


def _in_seconds(rows: Table, **columns: str) -> Table:
    """Add columns of seconds to a table, made of the durations at these paths."""

    def made(of: Source) -> Iterator[Row]:
        for row in rows(of):
            found = {name: _at(row, path) for name, path in columns.items()}
            yield {**row, **{name: text and _duration(text) for name, text in found.items()}}

    return made


def _at(row: Row, path: str) -> Any:  # noqa: ANN401 - JSON
    value: Any = row
    for name in path.split("."):
        value = None if value is None else value[name]
    return value


def _duration(text: str) -> int:
    """Return the seconds of a duration such as PT1H30M."""
    parts = re.findall(r"(\d+)([HMS])", text)
    return sum(int(number) * {"H": HOUR, "M": 60, "S": 1}[unit] for number, unit in parts)


def _within(rows: Table, name: str, column: str = "", **context: str) -> Table:
    """Make a table of a list that each row has.

    Args:
        rows: those that have the list.
        name: the list's.
        column: what holds its items, where they are no objects.
        context: a column, and where the row has it.
    """
    return lambda of: [
        {
            **({column: child} if column else child),
            **{to: parent[source] for to, source in context.items()},
        }
        for parent in rows(of)
        for child in parent[name] or ()
    ]


def _text(row: Row) -> str | None:
    """Return a value as it is if it is a string or null, another as its compact JSON text."""
    value: str | None = row["value"]
    return value if isinstance(value, (str, type(None))) else _ENCODER.encode(value).decode()


def _current_user(of: Source) -> list[Row]:
    """Return the key's owner, once: of the first workspace, with every membership."""
    is_main = of.data.row.id == of.world.main_id
    return of.read("/user", include_memberships="true") if is_main else []


def _expense_categories(of: Source) -> list[Row]:
    path = W + "/expenses/categories"
    return [row for archived in ("true", "false") for row in of.read(path, archived=archived)]


def _user_totals(of: Source) -> list[Row]:
    return of.read(PLANNED + "/user-filter/totals", body=of.window)


def _webhooks(of: Source) -> Iterator[Row]:
    for row in of.read(W + "/webhooks"):
        yield {name: value for name, value in row.items() if name != "authToken"}


def _changes(*events: Event) -> Table:
    """Make a table of what a first reading of the feeds brings: 30 days, less 2 minutes."""

    def rows(of: Source) -> Iterator[Row]:
        now, home = seconds(of.world.now), of.data.row.id
        for event in events:
            for one in of.world.ledger.happened(home, event, TYPES, now - 30 * DAY, now - 120):
                row = entity_changes.row(of.world, event, one)
                kept = {"id": one.row_id, "type": one.kind}
                if event == "deleted":
                    kept |= {name: row[name] for name in ("deletedAt", "deletionBinId")}
                else:
                    kept |= {"change": event, "at": iso(one.at), **row["auditMetadata"]}
                document = row["document"] if event == "deleted" else row
                yield {**kept, "document": msgspec.json.encode(document).decode()}

    return rows


def _report(path: str) -> Table:
    """Make a table of a report; ids stand under the name that was observed, too."""

    def rows(of: Source) -> Iterator[Row]:
        start, end = map(iso, of.world.report_window)
        body = {"dateRangeStart": start, "dateRangeEnd": end, "timeZone": "UTC"}
        for row in of.read(path, body={**body, "detailedFilter": {}, "attendanceFilter": {}}):
            yield {**row, "_id": row["id"]} if "id" in row else row

    return rows


def _detailed_report(of: Source) -> Iterator[Row]:
    """Yield entries with their start at the top, instants in the spelling of other routes."""
    for row in _report(W + "/reports/detailed")(of):
        interval = row["timeInterval"]
        bounds = {name: interval[name].replace("+00:00", "Z") for name in ("start", "end")}
        length = {"durationSeconds": _length(bounds)}
        yield {**row, "timeInterval": {**interval, **bounds}, **bounds, **length}


def _user_day_totals(of: Source) -> Iterator[Row]:
    """Yield what the entries of each member and day add up to."""
    totals: dict[tuple[str, str], Row] = {}
    for row in _report(W + "/reports/detailed")(of):
        day = row["timeInterval"]["start"][:10]
        empty = {"userId": row["userId"], "userName": row["userName"], "date": day, "duration": 0}
        total = totals.setdefault((row["userId"], day), empty)
        total["duration"] += row["timeInterval"]["duration"]
        if "amount" in row:
            amount = round(total.get("amount", 0) + row["amount"], 2)
            total |= {"amount": amount, "amounts": [{"type": "EARNED", "value": amount}]}
    yield from totals.values()


def _ran(rows: Table) -> Table:
    """Add the columns of an interval to a table."""
    return _with(
        rows,
        start=lambda row: row["timeInterval"]["start"],
        end=lambda row: row["timeInterval"]["end"],
        durationSeconds=lambda row: _length(row["timeInterval"]),
    )


WORKSPACES = _of(W)
PROJECTS = _in_seconds(
    _of(W + "/projects"),
    durationSeconds="duration",
    estimateSeconds="estimate.estimate",
    timeEstimateSeconds="timeEstimate.estimate",
)
USERS = _of(W + "/users", memberships="ALL", account_statuses=STATUSES)
USER_GROUPS = _of(W + "/user-groups", includeTeamManagers="true")
ENTRIES = _ran(_of(W + "/user/{userId}/time-entries"))
ENTRY = {"timeEntryId": "id", "userId": "userId", "start": "start"}
INVOICES = _of(W + "/invoices/{invoiceId}")
SUMS = ("approvedTime", "pendingTime", "trackedTime", "billableTime", "breakTime")
APPROVALS = _with(
    _in_seconds(_of(W + "/approval-requests"), **{f"{name}Seconds": name for name in SUMS}),
    id=lambda row: row["approvalRequest"]["id"],
    updatedAt=lambda row: row["approvalRequest"]["status"]["updatedAt"],
)
APPROVAL = {"approvalRequestId": "id", "updatedAt": "updatedAt"}

CORE: dict[str, Table] = {
    "workspaces": WORKSPACES,
    "users": USERS,
    "user_groups": USER_GROUPS,
    "clients": _of(W + "/clients"),
    "projects": PROJECTS,
    "tasks": _in_seconds(
        _of(W + "/projects/{projectId}/tasks"),
        estimateSeconds="estimate",
        durationSeconds="duration",
    ),
    "tags": _of(W + "/tags"),
    "time_entries": ENTRIES,
    "user_memberships": _within(USERS, "memberships"),
    "project_memberships": _within(PROJECTS, "memberships", projectId="id"),
    "user_group_members": _within(USER_GROUPS, "userIds", "userId", userGroupId="id"),
    "time_entry_tags": _within(ENTRIES, "tagIds", "tagId", **ENTRY),
    "time_entry_custom_fields": _with(_within(ENTRIES, "customFieldValues", **ENTRY), value=_text),
}
FURTHER: dict[str, Table] = {
    "current_user": _current_user,
    "member_profiles": _in_seconds(
        _of(W + "/member-profile/{userId}", "userId"), workCapacitySeconds="workCapacity"
    ),
    "user_managers": _of(W + "/users/{userId}/managers", "userId"),
    "workspace_memberships": _within(WORKSPACES, "memberships"),
    "workspace_currencies": _within(WORKSPACES, "currencies"),
    "workspace_features": _within(WORKSPACES, "features", "feature"),
    "custom_fields": _of(W + "/custom-fields"),
    "project_custom_fields": _of(W + "/projects/{projectId}/custom-fields", "projectId"),
    "expenses": _of(W + "/expenses"),
    "expense_categories": _expense_categories,
    "invoices": INVOICES,
    "invoice_items": _within(INVOICES, "items", invoiceId="id"),
    "invoice_payments": _of(W + "/invoices/{invoiceId}/payments", "invoiceId"),
    "holidays": _of(W + "/holidays"),
    "time_off_policies": _of(W + "/time-off/policies", status="ALL"),
    "time_off_requests": _with(
        _of(W + "/time-off/requests"),
        changedAt=lambda row: max(row["createdAt"], row["status"]["changedAt"] or ""),
        start=lambda row: row["timeOffPeriod"]["period"]["start"],
        end=lambda row: row["timeOffPeriod"]["period"]["end"],
    ),
    "time_off_balances": _of(BALANCE + "/policy/{policyId}"),
    "balance_assignments": _of(BALANCE + "/assignment/user/{userId}/policy/{policyId}"),
    "assignments": _with(
        _of(PLANNED + "/all", start=EVER["start"], end=EVER["end"]),
        start=lambda row: row["period"]["start"],
        end=lambda row: row["period"]["end"],
    ),
    "project_assignment_totals": lambda of: of.read(PLANNED + "/projects/totals", body=of.window),
    "user_capacity_totals": _user_totals,
    "user_capacity_days": _within(_user_totals, "totalHoursPerDay", userId="userId"),
    "approval_requests": APPROVALS,
    "approval_request_entries": _ran(_within(APPROVALS, "entries", **APPROVAL)),
    "approval_request_expenses": _within(APPROVALS, "expenses", **APPROVAL),
    "webhooks": _webhooks,
    "shared_reports": _of(W + "/shared-reports"),
    "entity_changes": _changes("created", "updated"),
    "entity_deletions": _changes("deleted"),
    "audit_log": _of(W + "/audit-log", body={"actions": ACTIONS, "authors": {}, **EVER}),
    "detailed_report": _detailed_report,
    "user_day_totals": _user_day_totals,
    "attendance_report": _report(W + "/reports/attendance"),
    "expense_report": _report(W + "/reports/expenses/detailed"),
}

TABLES, MORE_TABLES = tuple(CORE), tuple(FURTHER)
"""The core, and the tables besides."""
