"""Clients, projects, tasks and tags."""

from tap_clockify.rows.common import IsoDuration, Membership, MinorUnits, Rate
from taps_common.records.row_types import Row


class Client(Row):
    """A client."""

    id: str
    workspaceId: str | None = None
    name: str | None = None
    archived: bool | None = None
    address: str | None = None
    email: str | None = None
    note: str | None = None
    ccEmails: list[str] | None = None
    currencyId: str | None = None
    currencyCode: str | None = None


class Estimate(Row):
    """A project's estimate of time, in its older form."""

    estimate: IsoDuration | None = None
    type: str | None = None


class TimeEstimate(Row):
    """A project's estimate of time."""

    active: bool | None = None
    estimate: IsoDuration | None = None
    includeNonBillable: bool | None = None
    resetOption: str | None = None
    type: str | None = None


class BudgetEstimate(Row):
    """A project's estimate of money."""

    active: bool | None = None
    estimate: MinorUnits | None = None
    includeExpenses: bool | None = None
    resetOption: str | None = None
    type: str | None = None


class EstimateReset(Row):
    """When a recurring estimate starts anew."""

    interval: str | None = None
    month: str | None = None
    dayOfMonth: int | None = None
    dayOfWeek: str | None = None
    hour: int | None = None


class Project(Row):
    """A project, archived ones included."""

    id: str
    workspaceId: str | None = None
    name: str | None = None
    clientId: str | None = None  # on the wire only
    clientName: str | None = None  # on the wire only
    archived: bool | None = None
    billable: bool | None = None
    public: bool | None = None
    template: bool | None = None
    color: str | None = None
    note: str | None = None
    duration: IsoDuration | None = None
    hourlyRate: Rate | None = None
    costRate: Rate | None = None
    estimate: Estimate | None = None
    timeEstimate: TimeEstimate | None = None
    budgetEstimate: BudgetEstimate | None = None
    estimateReset: EstimateReset | None = None  # on the wire only
    memberships: list[Membership] | None = None


class ProjectMembership(Row):
    """A member's access to a project, from the list of projects."""

    workspaceId: str | None
    projectId: str
    userId: str | None
    targetId: str | None
    membershipType: str | None
    membershipStatus: str | None
    hourlyRate: Rate | None
    costRate: Rate | None


class Task(Row):
    """A task of a project, done ones included."""

    id: str
    workspaceId: str = ""
    projectId: str | None = None
    name: str | None = None
    status: str | None = None
    active: bool | None = None
    assigneeId: str | None = None
    assigneeIds: list[str] | None = None
    userGroupIds: list[str] | None = None
    estimate: IsoDuration | None = None
    duration: IsoDuration | None = None
    billable: bool | None = None
    budgetEstimate: MinorUnits | None = None
    hourlyRate: Rate | None = None
    costRate: Rate | None = None


class Tag(Row):
    """A tag, archived ones included."""

    id: str
    workspaceId: str | None = None
    name: str | None = None
    archived: bool | None = None
