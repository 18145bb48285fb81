"""Clients, projects, tasks and tags."""

from tap_clockify.rows.common import IsoDuration, Membership, MinorUnits, Rate, Seconds
from taps_common.records.row_types import Row


class Client(Row):
    """A client.

    Attributes:
        id: unique in all of Clockify. Example: 44a687e29ae1f428e7ebe305.
        workspaceId: where the client is. Joins: workspaces.id.
        name: Example: Client X.
        archived: whether it was put aside; such rows stay in the table.
        address: as one text. Example: Ground Floor, ABC Bldg., Palo Alto, California, USA 94020.
            Empty: where none was given.
        email: Example: clientx@example.com. Empty: where none was given.
        note: free text about the client. Empty: where nothing was written.
        ccEmails: further addresses that invoices are sent to. Empty: where none were given.
        currencyId: the client's currency. Needs: the plan Pro. Joins: workspace_currencies.id.
        currencyCode: ISO 4217 code of the client's currency. Example: USD. Needs: the plan Pro.
    """

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
    """A project's estimate of time, in its older form.

    Attributes:
        estimate: how much time the project should take.
        type: AUTO or MANUAL.
    """

    estimate: IsoDuration | None = None
    type: str | None = None


class TimeEstimate(Row):
    """A project's estimate of time.

    Attributes:
        active: whether the estimate is in use.
        estimate: how much time the project should take.
        includeNonBillable: whether what is not billable counts, too.
        resetOption: how often it starts anew: WEEKLY, MONTHLY or YEARLY. Empty: where it does not.
        type: AUTO or MANUAL.
    """

    active: bool | None = None
    estimate: IsoDuration | None = None
    includeNonBillable: bool | None = None
    resetOption: str | None = None
    type: str | None = None


class BudgetEstimate(Row):
    """A project's estimate of money.

    Attributes:
        active: whether the estimate is in use.
        estimate: how much money the project should take. Example: 600000.
        includeExpenses: whether expenses count, too.
        resetOption: how often it starts anew: WEEKLY, MONTHLY or YEARLY. Empty: where it does not.
        type: AUTO or MANUAL.
    """

    active: bool | None = None
    estimate: MinorUnits | None = None
    includeExpenses: bool | None = None
    resetOption: str | None = None
    type: str | None = None


class EstimateReset(Row):
    """When a recurring estimate starts anew.

    Attributes:
        interval: how often: WEEKLY, MONTHLY or YEARLY.
        month: in which month, JANUARY to DECEMBER.
        dayOfMonth: on which day of the month.
        dayOfWeek: on which day of the week, MONDAY to SUNDAY.
        hour: at which hour of the day; the time zone is not documented.
    """

    interval: str | None = None
    month: str | None = None
    dayOfMonth: int | None = None
    dayOfWeek: str | None = None
    hour: int | None = None


class Project(Row):
    """A project, archived ones included.

    Attributes:
        id: unique in all of Clockify. Example: 5b641568b07987035750505e.
        workspaceId: where the project is. Joins: workspaces.id.
        name: Example: Software Development.
        clientId: for whom the work is. Empty: where the project has no client. Joins: clients.id.
        clientName: Example: Client X. Empty: where the project has no client.
        archived: whether it was put aside; such rows stay in the table.
        billable: whether work on the project is billable as a rule; what counts is in the entry.
        public: whether the project is open to members beside those in memberships.
        template: whether other projects are made after it.
        color: in which Clockify shows it, RGB in hexadecimal. Example: #03A9F4.
        note: free text about the project. Empty: where nothing was written.
        duration: how much time was recorded on the project.
        durationSeconds: duration as a number. Example: 216000.
        hourlyRate: what an hour on the project is billed at where nothing nearer to an entry has a
            rate. Empty: where none is set.
        costRate: what an hour on the project costs where nothing nearer to an entry has a rate.
            Empty: where none is set. Needs: the plan Pro.
        estimate: how much time the project should take, in the older form of timeEstimate.
        estimateSeconds: estimate.estimate as a number. Example: 216000.
        timeEstimate: how much time the project should take. Empty: where nobody estimated it.
        timeEstimateSeconds: timeEstimate.estimate as a number. Example: 216000. Empty: as
            timeEstimate.
        budgetEstimate: how much money the project should take. Empty: where nobody estimated it.
        estimateReset: when estimates start anew. Empty: where they do not.
        memberships: who has access, one row each in project_memberships.
    """

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
    durationSeconds: Seconds | None = None
    hourlyRate: Rate | None = None
    costRate: Rate | None = None
    estimate: Estimate | None = None
    estimateSeconds: Seconds | None = None
    timeEstimate: TimeEstimate | None = None
    timeEstimateSeconds: Seconds | None = None
    budgetEstimate: BudgetEstimate | None = None
    estimateReset: EstimateReset | None = None  # on the wire only
    memberships: list[Membership] | None = None


class ProjectMembership(Row):
    """A member's access to a project, from the list of projects.

    Attributes:
        workspaceId: where the project is. Joins: workspaces.id.
        projectId: the project. Joins: projects.id.
        userId: the member. Joins: users.id.
        targetId: what the member has access to; the id of the project where membershipType is
            PROJECT.
        membershipType: WORKSPACE, PROJECT or USERGROUP.
        membershipStatus: PENDING, ACTIVE, DECLINED or INACTIVE.
        hourlyRate: what an hour of the member on the project is billed at. Empty: where none is
            set.
        costRate: what an hour of the member on the project costs. Empty: where none is set.
            Needs: the plan Pro.
    """

    workspaceId: str | None
    projectId: str
    userId: str | None
    targetId: str | None
    membershipType: str | None
    membershipStatus: str | None
    hourlyRate: Rate | None
    costRate: Rate | None


class Task(Row):
    """A task of a project, done ones included.

    Attributes:
        id: unique in all of Clockify. Example: 57a687e29ae1f428e7ebe107.
        workspaceId: where the task is. Joins: workspaces.id.
        projectId: the project that the task is a part of. Joins: projects.id.
        name: Example: Bugfixing.
        status: ACTIVE or DONE.
        active: whether work on the task goes on. Documented by its name only; status says the same.
        assigneeId: one of assigneeIds; which one is not documented. Joins: users.id.
        assigneeIds: who is to do the task. Joins: users.id.
        userGroupIds: groups whose members are to do the task. Joins: user_groups.id.
        estimate: how much time the task should take. Empty: where nobody estimated it.
        estimateSeconds: estimate as a number. Example: 7200. Empty: where nobody estimated it.
        duration: how much time was recorded on the task.
        durationSeconds: duration as a number. Example: 5400.
        billable: whether work on the task is billable as a rule; what counts is in the entry.
        budgetEstimate: how much money the task should take. Example: 10000. Empty: where nobody
            estimated it.
        hourlyRate: what an hour on the task is billed at where the entry has no rate. Empty: where
            none is set. Needs: the plan Standard.
        costRate: what an hour on the task costs where the entry has no rate. Empty: where none is
            set. Needs: the plan Pro.
    """

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
    estimateSeconds: Seconds | None = None
    duration: IsoDuration | None = None
    durationSeconds: Seconds | None = None
    billable: bool | None = None
    budgetEstimate: MinorUnits | None = None
    hourlyRate: Rate | None = None
    costRate: Rate | None = None


class Tag(Row):
    """A tag, archived ones included.

    Attributes:
        id: unique in all of Clockify. Example: 21s687e29ae1f428e7ebe404.
        workspaceId: where the tag is. Joins: workspaces.id.
        name: Example: Sprint1.
        archived: whether it was put aside; such rows stay in the table.
    """

    id: str
    workspaceId: str | None = None
    name: str | None = None
    archived: bool | None = None
