"""What one row of each table is.

Field names are the API's own. Amounts are integers in minor units of their currency (cents),
instants are UTC, durations are ISO-8601 texts such as `PT1H30M`. Fields that the published
description lacks and that were seen on the wire are marked.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from taps_common.rows import Instant, Json, Row

MinorUnits = Annotated[int, Meta(description="In minor units of the currency (cents).")]
IsoDuration = Annotated[str, Meta(description="ISO-8601 duration, such as PT1H30M.")]


class Rate(Row):
    """An amount of money per hour."""

    amount: MinorUnits | None = None
    currency: str | None = None


class Membership(Row):
    """A member's access to a workspace, a project or a group."""

    userId: str | None = None
    targetId: str | None = None
    membershipType: str | None = None
    membershipStatus: str | None = None
    hourlyRate: Rate | None = None
    costRate: Rate | None = None


class Currency(Row):
    """A currency that a workspace uses."""

    id: str | None = None
    code: str | None = None
    isDefault: bool | None = None


class Subdomain(Row):
    """The workspace's own web address."""

    name: str | None = None
    enabled: bool | None = None


class AutomaticLock(Row):
    """When past entries are locked by themselves."""

    changeDay: str | None = None
    dayOfMonth: int | None = None
    firstDay: str | None = None
    olderThanPeriod: str | None = None
    olderThanValue: int | None = None
    type: str | None = None


class EntityCreationPermissions(Row):
    """Who may create what: a text or an object, seen as both."""

    whoCanCreateProjectsAndClients: Json = None
    whoCanCreateTags: Json = None
    whoCanCreateTasks: Json = None


class Rounding(Row):
    """How times are rounded in reports."""

    minutes: str | None = None
    round: str | None = None


class WorkspaceSettings(Row):
    """Settings of a workspace."""

    activeBillableHours: bool | None = None
    adminOnlyPages: list[str] | str | None = None
    automaticLock: AutomaticLock | None = None
    canSeeTimeSheet: bool | None = None
    canSeeTracker: bool | None = None
    currencyFormat: str | None = None
    defaultBillableProjects: bool | None = None
    durationFormat: str | None = None
    entityCreationPermissions: EntityCreationPermissions | None = None
    forceDescription: bool | None = None
    forceProjects: bool | None = None
    forceTags: bool | None = None
    forceTasks: bool | None = None
    isProjectPublicByDefault: bool | None = None
    lockTimeEntries: Instant | None = None
    lockTimeZone: str | None = None
    multiFactorEnabled: bool | None = None
    numberFormat: str | None = None
    onlyAdminsCanChangeBillableStatus: bool | None = None
    onlyAdminsCreateProject: bool | None = None
    onlyAdminsCreateTag: bool | None = None
    onlyAdminsCreateTask: bool | None = None
    onlyAdminsSeeAllTimeEntries: bool | None = None
    onlyAdminsSeeBillableRates: bool | None = None
    onlyAdminsSeeDashboard: bool | None = None
    onlyAdminsSeePublicProjectsEntries: bool | None = None
    projectFavorites: bool | None = None
    projectGroupingLabel: str | None = None
    projectLabel: str | None = None
    projectPickerSpecialFilter: bool | None = None
    round: Rounding | None = None
    taskLabel: str | None = None
    timeRoundingInReports: bool | None = None
    timeTrackingMode: str | None = None
    trackTimeDownToSecond: bool | None = None
    workingDays: list[str] | str | None = None


class Workspace(Row):
    """A workspace that the key can see."""

    id: str
    name: str | None = None
    imageUrl: str | None = None
    cakeOrganizationId: str | None = None
    hourlyRate: Rate | None = None
    costRate: Rate | None = None
    memberships: list[Membership] | None = None
    currencies: list[Currency] | None = None
    features: list[str] | None = None
    featureSubscriptionType: str | None = None  # an object in the description, text on the wire
    subdomain: Subdomain | None = None
    workspaceSettings: WorkspaceSettings | None = None


class UserCustomFieldValue(Row):
    """A custom field's value on a member."""

    customFieldId: str | None = None
    customFieldName: str | None = None
    customFieldType: str | None = None
    userId: str | None = None
    value: Json = None


class SummaryReportSettings(Row):
    """How a member groups the summary report."""

    group: str | None = None
    subgroup: str | None = None


class UserSettings(Row):
    """A member's own settings."""

    alerts: bool | None = None
    approval: bool | None = None
    collapseAllProjectLists: bool | None = None
    dashboardPinToTop: bool | None = None
    dashboardSelection: str | None = None
    dashboardViewType: str | None = None
    dateFormat: str | None = None
    groupSimilarEntriesDisabled: bool | None = None
    invoiceReminders: bool | None = None
    isCompactViewOn: bool | None = None
    lang: str | None = None
    longRunning: bool | None = None
    multiFactorEnabled: bool | None = None
    myStartOfDay: str | None = None
    onboarding: bool | None = None
    projectListCollapse: int | None = None
    projectPickerTaskFilter: bool | None = None
    pto: bool | None = None
    reminders: bool | None = None
    scheduledReports: bool | None = None
    scheduling: bool | None = None
    sendNewsletter: bool | None = None
    showOnlyWorkingDays: bool | None = None
    summaryReportSettings: SummaryReportSettings | None = None
    theme: str | None = None
    timeFormat: str | None = None
    timeTrackingManual: bool | None = None
    timeZone: str | None = None
    weekStart: str | None = None
    weeklyUpdates: bool | None = None


class User(Row):
    """A member of a workspace, whatever the status.

    `status` is that of the account; the status in the workspace is in `memberships`.
    """

    id: str
    workspaceId: str = ""
    name: str | None = None
    email: str | None = None
    status: str | None = None
    activeWorkspace: str | None = None
    defaultWorkspace: str | None = None
    profilePicture: str | None = None
    memberships: list[Membership] | None = None
    customFields: list[UserCustomFieldValue] | None = None
    settings: UserSettings | None = None


class UserMembership(Row):
    """A member's access to a workspace, a project or a group, from the list of members."""

    workspaceId: str
    userId: str | None
    targetId: str | None
    membershipType: str | None
    membershipStatus: str | None
    hourlyRate: Rate | None
    costRate: Rate | None


class TeamManager(Row):
    """A member who manages a group."""

    id: str | None = None
    name: str | None = None


class UserGroup(Row):
    """A group of members."""

    id: str
    workspaceId: str | None = None
    name: str | None = None
    userIds: list[str] | None = None
    teamManagers: list[TeamManager] | None = None


class UserGroupMember(Row):
    """A member in a group."""

    workspaceId: str | None
    userGroupId: str
    userId: str | None


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


class TimeInterval(Row):
    """When an entry ran; a running timer has no end and no duration."""

    start: Instant | None = None
    end: Instant | None = None
    duration: IsoDuration | None = None


class CustomFieldValue(Row):
    """A custom field's value on a time entry."""

    customFieldId: str | None = None
    timeEntryId: str | None = None
    name: str | None = None
    type: str | None = None
    value: Json = None
    sourceType: str | None = None


class TimeEntry(Row):
    """Time one member recorded; a running timer has no end."""

    id: str
    workspaceId: str | None = None
    userId: str | None = None
    start: Annotated[Instant, Meta(description="Copy of timeInterval.start.")] | None = None
    timeInterval: TimeInterval | None = None
    description: str | None = None
    projectId: str | None = None
    taskId: str | None = None
    tagIds: list[str] | None = None
    billable: bool | None = None
    isLocked: bool | None = None
    type: str | None = None
    kioskId: str | None = None
    approvalRequestId: str | None = None  # on the wire only
    hourlyRate: Rate | None = None
    costRate: Rate | None = None
    customFieldValues: list[CustomFieldValue] | None = None


class TimeEntryTag(Row):
    """A tag on a time entry."""

    workspaceId: str | None
    userId: str | None
    timeEntryId: str
    tagId: str | None
    start: Annotated[Instant, Meta(description="Start of the entry.")] | None


class TimeEntryCustomField(Row):
    """A custom field's value on a time entry, as text."""

    workspaceId: str | None
    userId: str | None
    timeEntryId: str
    customFieldId: str | None
    name: str | None
    type: str | None
    sourceType: str | None
    value: (
        Annotated[str, Meta(description="A text as it is, anything else as its JSON text.")] | None
    )
    start: Annotated[Instant, Meta(description="Start of the entry.")] | None
