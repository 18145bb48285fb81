"""The truth of the tables besides the core: field by field as on the wire, parents' ids added.

What a plan lacks the feature of has no rows. Totals and reports are of the world's `window` (bounds
and times in UTC); a webhook's token is a secret and no row holds it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

from sandbox.clockify import (
    approvals,
    audit_log,
    entity_changes,
    expenses,
    invoices,
    members,
    reports,
    scheduling,
    time_off,
    webhooks,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.clockify.workspaces import WorkspaceData
    from sandbox.clockify.world import World
    from sandbox.wire import Json

Row = dict[str, "Json"]

UTC = ZoneInfo("UTC")

APPROVAL = {"approvalRequestId": "id", "updatedAt": "updatedAt"}
"""What rows inside an approval request have of it."""


def rows(world: World, data: WorkspaceData, table: str) -> list[Row]:
    """Return the rows of one table in one workspace; KeyError for an unknown one."""
    feature, table_rows, _key = _TABLES[table]
    if feature and feature not in data.row.features:
        return []
    found = table_rows(world, data)
    if table == "current_user":
        return found
    return [{**row, "workspaceId": data.row.id} for row in found]


def _plain(values: Iterable[msgspec.Struct]) -> list[Row]:
    plain: list[Row] = msgspec.to_builtins(list(values))
    return plain


def _nested(parents: Iterable[Row], name: str, **context: str) -> list[Row]:
    """Unwind a list of each parent; context: child's column = parent's."""
    return [
        {**child, **{column: parent[source] for column, source in context.items()}}
        for parent in parents
        for child in _objects(parent[name])
    ]


def _objects(children: Json) -> list[Row]:
    listed = children if isinstance(children, list) else []
    return [child for child in listed if isinstance(child, dict)]


def _current_user(world: World, data: WorkspaceData) -> list[Row]:
    """Return the key's owner, once: of the first workspace, with every membership."""
    return _plain([data.users[world.owner_id]]) if data.row.id == world.main_id else []


def _member_profiles(world: World, data: WorkspaceData) -> list[Row]:
    users = data.users.values()
    return [{**members.profile(world, data, user), "userId": user.id} for user in users]


def _user_managers(_world: World, data: WorkspaceData) -> list[Row]:
    return [
        {**row, "userId": user_id}
        for user_id in data.users
        for row in _plain(members.managers(data, user_id))
    ]


def _workspace_memberships(_world: World, data: WorkspaceData) -> list[Row]:
    return _plain(data.row.memberships)


def _workspace_currencies(_world: World, data: WorkspaceData) -> list[Row]:
    return _plain(data.row.currencies)


def _custom_fields(_world: World, data: WorkspaceData) -> list[Row]:
    return _plain(data.custom_fields.values())


def _project_custom_fields(_world: World, data: WorkspaceData) -> list[Row]:
    return [
        {**row, "projectId": project_id}
        for project_id in data.projects
        for row in _plain(members.project_custom_fields(data, project_id))
    ]


def _expenses(world: World, data: WorkspaceData) -> list[Row]:
    return _plain(expenses.listed(world, data, one) for one in data.expenses.values())


def _expense_categories(_world: World, data: WorkspaceData) -> list[Row]:
    """Return archived ones too."""
    return _plain(data.expense_categories.values())


def _invoices(world: World, data: WorkspaceData) -> list[Row]:
    return [invoices.detailed(world, data, one) for one in data.invoices.values()]


def _invoice_items(world: World, data: WorkspaceData) -> list[Row]:
    return _nested(_invoices(world, data), "items", invoiceId="id")


def _invoice_payments(_world: World, data: WorkspaceData) -> list[Row]:
    return [
        {**row, "invoiceId": invoice.id}
        for invoice in data.invoices.values()
        for row in _plain(invoice.payments)
    ]


def _holidays(_world: World, data: WorkspaceData) -> list[Row]:
    return _plain(data.holidays.values())


def _time_off_policies(_world: World, data: WorkspaceData) -> list[Row]:
    """Return archived ones too."""
    return _plain(data.time_off_policies.values())


def _time_off_requests(world: World, data: WorkspaceData) -> list[Row]:
    """Add when each changed last."""
    return [
        {
            **time_off.shown_request(world, data, one),
            "changedAt": max(one.createdAt, one.status.changedAt or ""),
        }
        for one in data.time_off_requests.values()
    ]


def _time_off_balances(_world: World, data: WorkspaceData) -> list[Row]:
    """Return those of members under policies that are there."""
    return [
        time_off.shown_balance(data, one)
        for one in data.time_off_balances.values()
        if one.userId in data.users and one.policyId in data.time_off_policies
    ]


def _balance_assignments(_world: World, data: WorkspaceData) -> list[Row]:
    return _plain(
        one
        for one in data.balance_assignments.values()
        if one.userId in data.users and one.policyId in data.time_off_policies
    )


def _assignments(_world: World, data: WorkspaceData) -> list[Row]:
    """Return those of every time: a wide window shows them all."""
    return [scheduling.shown(data, one) for one in data.assignments.values()]


def _project_assignment_totals(world: World, data: WorkspaceData) -> list[Row]:
    return scheduling.project_totals(data, *world.window)


def _user_capacity_totals(world: World, data: WorkspaceData) -> list[Row]:
    return scheduling.user_totals(world, data, *world.window)


def _user_capacity_days(world: World, data: WorkspaceData) -> list[Row]:
    totals = _user_capacity_totals(world, data)
    return _nested(totals, "totalHoursPerDay", userId="userId")


def _approval_requests(world: World, data: WorkspaceData) -> list[Row]:
    """Return those of the states that are listed, id and moment of change beside the body."""
    return [
        {
            **approvals.shown(world, data, one),
            "id": one.id,
            "updatedAt": one.status.updatedAt,
        }
        for one in data.approval_requests.values()
        if one.status.state in approvals.LISTED
    ]


def _approval_request_entries(world: World, data: WorkspaceData) -> list[Row]:
    return _nested(_approval_requests(world, data), "entries", **APPROVAL)


def _approval_request_expenses(world: World, data: WorkspaceData) -> list[Row]:
    return _nested(_approval_requests(world, data), "expenses", **APPROVAL)


def _webhooks(_world: World, data: WorkspaceData) -> list[Row]:
    hidden = "authToken"
    rows_ = _plain(data.webhooks.values())
    return [{name: row[name] for name in row if name != hidden} for row in rows_]


def _shared_reports(world: World, data: WorkspaceData) -> list[Row]:
    return [webhooks.shown(world, data, one) for one in data.shared_reports.values()]


def _audit_log(world: World, data: WorkspaceData) -> list[Row]:
    return _plain(audit_log.kept(world, data))


def _detailed_report(world: World, data: WorkspaceData) -> list[Row]:
    """Return entries with their start at the top, instants in the spelling of other routes."""
    found = []
    for row in reports.detailed(
        data, *world.report_window, UTC, documented=world.documented_reports
    ):
        interval: Row = {**_objects([row["timeInterval"]])[0]}
        for name in ("start", "end"):
            interval[name] = str(interval[name]).replace("+00:00", "Z")
        found.append({**_identified(row), "timeInterval": interval, "start": interval["start"]})
    return found


def _attendance_report(world: World, data: WorkspaceData) -> list[Row]:
    return reports.attendance(data, *world.report_window, UTC)


def _expense_report(world: World, data: WorkspaceData) -> list[Row]:
    found = reports.expenses(data, *world.report_window, documented=world.documented_reports)
    return [_identified(row) for row in found]


def _identified(row: Row) -> Row:
    """Return a report's row with its id under the name that was observed, too."""
    return {**row, "_id": row.get("_id", row.get("id"))}


Table = tuple["str | None", "Callable[[World, WorkspaceData], list[Row]]", tuple[str, ...]]

_TABLES: dict[str, Table] = {
    "current_user": (None, _current_user, ("id",)),
    "member_profiles": (None, _member_profiles, ("workspaceId", "userId")),
    "user_managers": (None, _user_managers, ("workspaceId", "userId", "id")),
    "workspace_memberships": (None, _workspace_memberships, ("workspaceId", "userId")),
    "workspace_currencies": (None, _workspace_currencies, ("workspaceId", "id")),
    "custom_fields": ("CUSTOM_FIELDS", _custom_fields, ("id",)),
    "project_custom_fields": ("CUSTOM_FIELDS", _project_custom_fields, ("projectId", "id")),
    "expenses": ("EXPENSES", _expenses, ("id",)),
    "expense_categories": ("EXPENSES", _expense_categories, ("id",)),
    "invoices": ("INVOICING", _invoices, ("id",)),
    "invoice_items": ("INVOICING", _invoice_items, ("invoiceId", "order")),
    "invoice_payments": ("INVOICING", _invoice_payments, ("invoiceId", "id")),
    "holidays": ("TIME_OFF", _holidays, ("id",)),
    "time_off_policies": ("TIME_OFF", _time_off_policies, ("id",)),
    "time_off_requests": ("TIME_OFF", _time_off_requests, ("id",)),
    "time_off_balances": ("TIME_OFF", _time_off_balances, ("id",)),
    "balance_assignments": ("TIME_OFF", _balance_assignments, ("id",)),
    "assignments": ("SCHEDULING", _assignments, ("id",)),
    "project_assignment_totals": (
        "SCHEDULING",
        _project_assignment_totals,
        ("workspaceId", "projectId"),
    ),
    "user_capacity_totals": ("SCHEDULING", _user_capacity_totals, ("workspaceId", "userId")),
    "user_capacity_days": ("SCHEDULING", _user_capacity_days, ("workspaceId", "userId", "date")),
    "approval_requests": ("APPROVAL", _approval_requests, ("id",)),
    "approval_request_entries": (
        "APPROVAL",
        _approval_request_entries,
        ("approvalRequestId", "id"),
    ),
    "approval_request_expenses": (
        "APPROVAL",
        _approval_request_expenses,
        ("approvalRequestId", "id"),
    ),
    "webhooks": (None, _webhooks, ("id",)),
    "shared_reports": ("SHARED_REPORTS", _shared_reports, ("id",)),
    "entity_changes": (
        None,
        lambda world, data: entity_changes.truth(world, data.row.id, "created", "updated"),
        ("workspaceId", "change", "type", "id", "at"),
    ),
    "entity_deletions": (
        None,
        lambda world, data: entity_changes.truth(world, data.row.id, "deleted"),
        ("workspaceId", "type", "id", "deletedAt"),
    ),
    "audit_log": ("AUDIT_LOG", _audit_log, ()),
    "detailed_report": (None, _detailed_report, ("workspaceId", "_id")),
    "attendance_report": (
        "ATTENDANCE_REPORT",
        _attendance_report,
        ("workspaceId", "userId", "date"),
    ),
    "expense_report": ("EXPENSES", _expense_report, ("workspaceId", "_id")),
}
"""The feature a table needs, its rows, its key (none: rows are told apart by all they hold)."""

TABLES = tuple(_TABLES)
KEYS: dict[str, tuple[str, ...]] = {table: key for table, (_, _, key) in _TABLES.items()}
