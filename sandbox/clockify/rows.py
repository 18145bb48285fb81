"""The rows the API answers with, in the API's spelling.

Money is in minor units (cents), durations are ISO 8601, instants are UTC. A field that may be null
on the wire says so; no key is ever left out.
"""

from __future__ import annotations

import msgspec

from sandbox.clockify.settings import UserSettings, WorkspaceSettings  # noqa: TC001 - msgspec

Value = None | bool | int | float | str | list[str]
"""What a custom field can hold."""


class Row(msgspec.Struct, kw_only=True):
    """Anything with an id."""

    id: str


class Rate(msgspec.Struct):
    """Money per hour."""

    amount: int
    currency: str


class Membership(msgspec.Struct, kw_only=True):
    """One user's place in a workspace, project or group (targetId)."""

    userId: str
    targetId: str
    membershipType: str
    membershipStatus: str = "ACTIVE"
    hourlyRate: Rate | None = None
    costRate: Rate | None = None


class Currency(Row, kw_only=True):
    """A currency a workspace uses."""

    code: str
    isDefault: bool


class Subdomain(msgspec.Struct):
    """Where an Enterprise workspace lives."""

    name: str | None
    enabled: bool


class Workspace(Row, kw_only=True):
    """A tenant: members, settings and the features of its plan."""

    name: str
    imageUrl: str | None
    cakeOrganizationId: str | None
    hourlyRate: Rate | None
    costRate: Rate | None
    memberships: list[Membership]
    currencies: list[Currency]
    features: list[str]
    featureSubscriptionType: str
    subdomain: Subdomain | None
    workspaceSettings: WorkspaceSettings


class UserCustomFieldValue(msgspec.Struct, kw_only=True):
    """What a user-level custom field holds for one member."""

    customFieldId: str
    customFieldName: str
    customFieldType: str
    userId: str
    value: Value


class User(Row, kw_only=True):
    """A member; status is the account's, the workspace's own is in memberships."""

    email: str | None
    name: str | None
    memberships: list[Membership] = []
    profilePicture: str | None = None
    activeWorkspace: str | None = None
    defaultWorkspace: str | None = None
    settings: UserSettings | None = None
    status: str = "ACTIVE"
    customFields: list[UserCustomFieldValue] = []


class UserGroup(Row, kw_only=True):
    """Members under one name."""

    name: str
    workspaceId: str
    userIds: list[str] = []


class TeamManager(Row, kw_only=True):
    """Who manages a group."""

    name: str | None


class UserGroupWithManagers(UserGroup, kw_only=True):
    """A group as `includeTeamManagers=true` shows it."""

    teamManagers: list[TeamManager] | None = None


class Client(Row, kw_only=True):
    """Whom projects are done for."""

    name: str
    workspaceId: str
    archived: bool = False
    address: str | None = None
    email: str | None = None
    ccEmails: list[str] | None = None
    note: str | None = None
    currencyId: str | None = None
    currencyCode: str | None = None


class Estimate(msgspec.Struct, frozen=True):
    """The older form of a project's estimate."""

    estimate: str = "PT0S"
    type: str = "AUTO"


class TimeEstimate(msgspec.Struct, kw_only=True):
    """Hours a project may take."""

    active: bool = True
    estimate: str
    includeNonBillable: bool = True
    resetOption: str | None = None
    type: str = "MANUAL"


class BudgetEstimate(msgspec.Struct, kw_only=True):
    """Money a project may cost, in minor units."""

    active: bool = True
    estimate: int
    includeExpenses: bool = False
    resetOption: str | None = None
    type: str = "MANUAL"


class EstimateReset(msgspec.Struct, kw_only=True):
    """When recurring estimates start anew."""

    interval: str = "MONTHLY"
    month: str | None = None
    dayOfMonth: int | None = None
    dayOfWeek: str | None = None
    hour: int = 0


class Project(Row, kw_only=True):
    """What time is booked on."""

    name: str
    workspaceId: str
    hourlyRate: Rate | None = None
    clientId: str | None = None
    clientName: str | None = None
    billable: bool = True
    memberships: list[Membership] = []
    color: str = "#03A9F4"
    estimate: Estimate = Estimate()
    archived: bool = False
    duration: str = "PT0S"
    note: str | None = None
    costRate: Rate | None = None
    timeEstimate: TimeEstimate | None = None
    budgetEstimate: BudgetEstimate | None = None
    estimateReset: EstimateReset | None = None
    template: bool = False
    public: bool = True


class Task(Row, kw_only=True):
    """A part of a project."""

    name: str
    projectId: str
    assigneeIds: list[str] = []
    assigneeId: str | None = None
    userGroupIds: list[str] = []
    estimate: str | None = None
    status: str = "ACTIVE"
    budgetEstimate: int | None = None
    billable: bool = True
    hourlyRate: Rate | None = None
    costRate: Rate | None = None
    duration: str | None = None


class Tag(Row, kw_only=True):
    """A label for time entries."""

    name: str
    workspaceId: str
    archived: bool = False


class ProjectDefaultValue(msgspec.Struct, kw_only=True):
    """A custom field's default in one project."""

    projectId: str
    status: str = "VISIBLE"
    value: Value


class CustomField(Row, kw_only=True):
    """A field a workspace added to time entries or users."""

    name: str
    workspaceId: str
    type: str
    entityType: str = "TIMEENTRY"
    status: str = "VISIBLE"
    required: bool = False
    onlyAdminCanEdit: bool = False
    description: str | None = None
    placeholder: str | None = None
    allowedValues: list[str] = []
    workspaceDefaultValue: Value = None
    projectDefaultValues: list[ProjectDefaultValue] = []


class DatePeriod(msgspec.Struct):
    """First and last day, yyyy-MM-dd."""

    startDate: str
    endDate: str


class Holiday(Row, kw_only=True):
    """A day off for some or all members."""

    name: str
    workspaceId: str
    datePeriod: DatePeriod
    occursAnnually: bool = True
    everyoneIncludingNew: bool = True
    userIds: list[str] = []
    userGroupIds: list[str] = []
    automaticTimeEntryCreation: bool = False
    projectId: str | None = None
    taskId: str | None = None


class HydratedTask(Task, kw_only=True):
    """A task inside a hydrated project."""

    favorite: bool = False


class ProjectCurrency(Row, kw_only=True):
    """The currency a project is billed in."""

    code: str


class HydratedProject(Project, kw_only=True):
    """A project with what belongs to it inline."""

    tasks: list[HydratedTask]
    client: Client | None
    currency: ProjectCurrency
    customFields: list[CustomField]
    favorite: bool = False


class TimeInterval(msgspec.Struct, gc=False):
    """When; a running timer has neither end nor duration."""

    start: str
    end: str | None
    duration: str | None


class CustomFieldValue(msgspec.Struct, kw_only=True, gc=False):
    """What a custom field holds for one time entry."""

    customFieldId: str
    timeEntryId: str
    value: Value
    name: str
    type: str
    sourceType: str | None


class TimeEntry(Row, kw_only=True, gc=False):
    """Time one member recorded."""

    description: str | None
    tagIds: list[str] | None
    userId: str
    billable: bool
    taskId: str | None
    projectId: str | None
    workspaceId: str
    timeInterval: TimeInterval
    customFieldValues: list[CustomFieldValue] | None
    type: str
    kioskId: str | None
    hourlyRate: Rate | None
    costRate: Rate | None
    isLocked: bool
