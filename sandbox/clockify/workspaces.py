"""One workspace's lists, what each plan includes, and how many rows each size of it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar, get_args, get_type_hints

import msgspec

from sandbox.clockify import rows
from sandbox.clockify.blocks import Timesheet


@dataclass(frozen=True)
class Size:
    """How much is made up, over the whole account.

    Attributes:
        members: people; without a plan all are in the main workspace, and four in the other.
        entries: time entries.
        projects: projects; without a plan those of the main workspace.
        tasks: tasks; None makes up to four per project.
        workspaces: workspaces; only with a plan there may be others than two.
        plan: the plan of all workspaces, which members, entries, projects and tasks are then
            divided among; None makes a full one on Enterprise and a small one on Free.
    """

    members: int
    entries: int
    projects: int
    tasks: int | None = None
    workspaces: int = 2
    plan: str | None = None


_FREE = ["TIME_TRACKING", "ONE_MONTH_RANGE_REPORTS", "FAVORITE_ENTRIES"]
_STANDARD = [
    *("TIME_TRACKING", "FAVORITE_ENTRIES", "ONE_YEAR_RANGE_REPORTS", "SHARED_REPORTS", "KIOSK"),
    *("TIME_OFF", "INVOICING", "APPROVAL", "ATTENDANCE_REPORT", "TASK_RATES"),
    *("ADD_TIME_FOR_OTHERS", "AUTOMATIC_LOCK", "BREAKS"),
]
_PRO = [
    *_STANDARD,
    *("EXPENSES", "SCHEDULING", "CUSTOM_FIELDS", "USER_CUSTOM_FIELDS", "LABOR_COST"),
    *("CLIENT_CURRENCY", "LIMITED_USERS", "RECURRING_ESTIMATES"),
]
_ENTERPRISE = [
    *(feature for feature in _PRO if feature != "ONE_YEAR_RANGE_REPORTS"),
    *("UNLIMITED_REPORTS", "AUDIT_LOG", "CUSTOM_SUBDOMAIN"),
    "ENHANCED_FORECASTING_2026",  # live accounts carry names the document does not list
]

PLANS: dict[str, tuple[str, list[str]]] = {
    "FREE": ("FREE", _FREE),
    "STANDARD": ("STANDARD_2021", _STANDARD),
    "PRO": ("PRO_2021", _PRO),
    "ENTERPRISE": ("ENTERPRISE_2021", _ENTERPRISE),
}
"""What the workspace says of itself on each plan: subscription type and features (help pages,
"Subscription plans"; shared reports are for any paid plan since 2026)."""

ACCOUNTS = {
    "free": Size(5, 30_000, 40, tasks=400, workspaces=1, plan="FREE"),
    "agency": Size(200, 1_000_000, 2_000, tasks=20_000, workspaces=3, plan="PRO"),
    "enterprise": Size(2_000, 1_000_000, 5_000, tasks=50_000, workspaces=1, plan="ENTERPRISE"),
}
"""Accounts of a shape, which requests are counted for."""

SIZES = {
    "small": Size(members=12, entries=1_500, projects=12),
    "medium": Size(members=100, entries=100_000, projects=120),
    "large": Size(members=200, entries=1_000_000, projects=400),
}

WORKING_DAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]

RowT = TypeVar("RowT", bound=msgspec.Struct)


def converted(row: Mapping[str, object], row_type: type[RowT], given: Mapping[str, object]) -> RowT:
    """Make a row; what was given must be fields of it."""
    unknown = given.keys() - set(row_type.__struct_fields__)
    if unknown:
        raise TypeError(f"{row_type.__name__} has no {', '.join(sorted(unknown))}.")
    return msgspec.convert(row, row_type)


@dataclass
class WorkspaceData:
    """One workspace and all its lists, by id."""

    row: rows.Workspace
    users: dict[str, rows.User] = field(default_factory=dict)
    roles: dict[str, set[str]] = field(default_factory=dict)
    """OWNER, WORKSPACE_ADMIN, TEAM_MANAGER, PROJECT_MANAGER by user id."""
    user_groups: dict[str, rows.UserGroup] = field(default_factory=dict)
    clients: dict[str, rows.Client] = field(default_factory=dict)
    projects: dict[str, rows.Project] = field(default_factory=dict)
    tasks: dict[str, rows.Task] = field(default_factory=dict)
    tags: dict[str, rows.Tag] = field(default_factory=dict)
    custom_fields: dict[str, rows.CustomField] = field(default_factory=dict)
    holidays: dict[str, rows.Holiday] = field(default_factory=dict)
    expense_categories: dict[str, rows.ExpenseCategory] = field(default_factory=dict)
    expenses: dict[str, rows.Expense] = field(default_factory=dict)
    invoices: dict[str, rows.Invoice] = field(default_factory=dict)
    time_off_policies: dict[str, rows.TimeOffPolicy] = field(default_factory=dict)
    time_off_requests: dict[str, rows.TimeOffRequest] = field(default_factory=dict)
    time_off_balances: dict[str, rows.TimeOffBalance] = field(default_factory=dict)
    balance_assignments: dict[str, rows.BalanceAssignment] = field(default_factory=dict)
    assignments: dict[str, rows.Assignment] = field(default_factory=dict)
    milestones: dict[str, rows.Milestone] = field(default_factory=dict)
    approval_requests: dict[str, rows.ApprovalRequest] = field(default_factory=dict)
    webhooks: dict[str, rows.Webhook] = field(default_factory=dict)
    shared_reports: dict[str, rows.SharedReport] = field(default_factory=dict)
    audit_log: list[rows.AuditLogEntry] = field(default_factory=list)
    """In no particular order."""
    timesheets: dict[str, Timesheet] = field(default_factory=dict)
    """By user id; a removed user's stays: only reports and `batch` still show it."""
    former: dict[str, rows.User] = field(default_factory=dict)
    """Removed users, whose names reports still show."""

    def add(self, table: str, row_id: str, **fields: object) -> None:
        """Put a row into one of the LISTS."""
        known = {"id": row_id, "workspaceId": self.row.id, **fields}
        getattr(self, table)[row_id] = converted(known, LISTS[table], fields)

    def timesheet(self, user_id: str) -> Timesheet:
        return self.timesheets.get(user_id) or Timesheet(())

    def membership_lists(self) -> list[list[rows.Membership]]:
        """Return the memberships of the workspace and of each project."""
        projects = self.projects.values()
        return [self.row.memberships, *(project.memberships for project in projects)]

    def standing(self) -> dict[str, str]:
        """Return the status that each member has in the workspace."""
        return {one.userId: one.membershipStatus for one in self.row.memberships}


LISTS: dict[str, type[rows.Row]] = {
    name: get_args(hint)[1]
    for name, hint in get_type_hints(WorkspaceData).items()
    if name not in {"row", "users", "roles", "audit_log", "timesheets", "former"}
}
"""Lists whose rows can be inserted, edited and deleted by id."""
