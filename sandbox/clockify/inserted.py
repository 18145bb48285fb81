"""What an inserted row holds where its mutation does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.clockify.approvals import ApprovalRequest
from sandbox.clockify.expenses import Expense, ExpenseCategory
from sandbox.clockify.instants import iso, seconds
from sandbox.clockify.invoices import Invoice
from sandbox.clockify.rows import (
    Client,
    CustomField,
    Holiday,
    Project,
    Row,
    Tag,
    Task,
    UserGroupWithManagers,
)
from sandbox.clockify.scheduling import Assignment, Milestone
from sandbox.clockify.time_off_rows import (
    BalanceAssignment,
    TimeOffBalance,
    TimeOffPolicy,
    TimeOffRequest,
)
from sandbox.clockify.webhooks import SharedReport, Webhook

if TYPE_CHECKING:
    from sandbox.clockify.state import State
    from sandbox.clockify.workspaces import WorkspaceData

LISTS: dict[str, type[Row]] = {
    "user_groups": UserGroupWithManagers,
    "clients": Client,
    "projects": Project,
    "tasks": Task,
    "tags": Tag,
    "custom_fields": CustomField,
    "holidays": Holiday,
    "expense_categories": ExpenseCategory,
    "expenses": Expense,
    "invoices": Invoice,
    "time_off_policies": TimeOffPolicy,
    "time_off_requests": TimeOffRequest,
    "time_off_balances": TimeOffBalance,
    "balance_assignments": BalanceAssignment,
    "assignments": Assignment,
    "milestones": Milestone,
    "approval_requests": ApprovalRequest,
    "webhooks": Webhook,
    "shared_reports": SharedReport,
}
"""Lists whose rows can be inserted, edited and deleted by id."""

DAY = 86_400


def known(world: State, data: WorkspaceData, table: str, row_id: str) -> dict[str, object]:
    """Return what a new row needs: it is the owner's, it is of today."""
    now = seconds(world.now)
    today = now - now % DAY
    period = {"start": iso(today), "end": iso(today + DAY - 1)}
    common = {"id": row_id, "name": f"New {row_id[-6:]}", "workspaceId": data.row.id}
    owner: dict[str, object] = {"userId": world.owner_id}
    policy = {"policyId": next(iter(data.time_off_policies), "")}
    project = {"projectId": next(iter(data.projects), "")}
    special: dict[str, dict[str, object]] = {
        "custom_fields": {"type": "TXT"},
        "holidays": {"datePeriod": {"startDate": iso(now)[:10], "endDate": iso(now)[:10]}},
        "expenses": {**owner, "date": iso(now)[:10]},
        "invoices": {**owner, "issuedDate": iso(today), "dueDate": iso(today + 30 * DAY)},
        "time_off_requests": {
            **owner,
            **policy,
            "requesterUserId": world.owner_id,
            "createdAt": iso(now),
            "timeOffPeriod": {"period": period},
        },
        "time_off_balances": {**owner, **policy},
        "balance_assignments": {**owner, **policy, "dateRange": period},
        "assignments": {**owner, **project, "period": period},
        "milestones": {**project, "date": iso(today)},
        "approval_requests": {
            "creatorId": world.owner_id,
            "ownerId": world.owner_id,
            "dateRange": period,
            "status": {"updatedAt": iso(now)},
        },
        "webhooks": owner,
        "shared_reports": {**owner, "reportAuthor": world.owner_id},
    }
    return {**common, **special.get(table, {})}
