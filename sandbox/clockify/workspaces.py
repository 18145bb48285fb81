"""One workspace's lists, and how many rows each size of the account has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.clockify.approvals import ApprovalRequest
    from sandbox.clockify.audit_log import AuditLogEntry
    from sandbox.clockify.blocks import Timesheet
    from sandbox.clockify.expenses import Expense, ExpenseCategory
    from sandbox.clockify.invoices import Invoice
    from sandbox.clockify.rows import (
        Client,
        CustomField,
        Holiday,
        Membership,
        Project,
        Tag,
        Task,
        User,
        UserGroupWithManagers,
        Workspace,
    )
    from sandbox.clockify.scheduling import Assignment, Milestone
    from sandbox.clockify.time_off_rows import (
        BalanceAssignment,
        TimeOffBalance,
        TimeOffPolicy,
        TimeOffRequest,
    )
    from sandbox.clockify.webhooks import SharedReport, Webhook


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


@dataclass
class WorkspaceData:
    """One workspace and all its lists, by id."""

    row: Workspace
    users: dict[str, User] = field(default_factory=dict)
    roles: dict[str, set[str]] = field(default_factory=dict)
    """OWNER, WORKSPACE_ADMIN, TEAM_MANAGER, PROJECT_MANAGER by user id."""
    user_groups: dict[str, UserGroupWithManagers] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    tags: dict[str, Tag] = field(default_factory=dict)
    custom_fields: dict[str, CustomField] = field(default_factory=dict)
    holidays: dict[str, Holiday] = field(default_factory=dict)
    expense_categories: dict[str, ExpenseCategory] = field(default_factory=dict)
    expenses: dict[str, Expense] = field(default_factory=dict)
    invoices: dict[str, Invoice] = field(default_factory=dict)
    time_off_policies: dict[str, TimeOffPolicy] = field(default_factory=dict)
    time_off_requests: dict[str, TimeOffRequest] = field(default_factory=dict)
    time_off_balances: dict[str, TimeOffBalance] = field(default_factory=dict)
    balance_assignments: dict[str, BalanceAssignment] = field(default_factory=dict)
    assignments: dict[str, Assignment] = field(default_factory=dict)
    milestones: dict[str, Milestone] = field(default_factory=dict)
    approval_requests: dict[str, ApprovalRequest] = field(default_factory=dict)
    webhooks: dict[str, Webhook] = field(default_factory=dict)
    shared_reports: dict[str, SharedReport] = field(default_factory=dict)
    audit_log: list[AuditLogEntry] = field(default_factory=list)
    """In no particular order."""
    timesheets: dict[str, Timesheet] = field(default_factory=dict)
    """By user id; a removed user's stays: only reports and `batch` still show it."""
    former: dict[str, User] = field(default_factory=dict)
    """Removed users, whose names reports still show."""

    def membership_lists(self) -> list[list[Membership]]:
        """Return the memberships of the workspace and of each project."""
        return [
            self.row.memberships,
            *(project.memberships for project in self.projects.values()),
        ]
