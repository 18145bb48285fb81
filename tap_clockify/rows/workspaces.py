"""Workspaces."""

from tap_clockify.rows.common import Membership, Rate
from taps_common.records.row_types import Instant, Json, Row


class Currency(Row):
    """A currency that a workspace uses.

    Attributes:
        id: identifies the currency in the workspace. Example: 5b641568b07987035750505e.
        code: ISO 4217 code. Example: USD.
        isDefault: whether amounts are in it where no other currency was chosen.
    """

    id: str | None = None
    code: str | None = None
    isDefault: bool | None = None


class Subdomain(Row):
    """The workspace's own web address.

    Attributes:
        name: what stands before clockify.me. Example: coolcompany. Empty: without a subdomain.
        enabled: whether the address is in use.
    """

    name: str | None = None
    enabled: bool | None = None


class AutomaticLock(Row):
    """When past entries are locked by themselves.

    Attributes:
        changeDay: a day of the week; what happens on it is not documented. Example: FRIDAY.
        dayOfMonth: a day of the month; what happens on it is not documented. Example: 15.
        firstDay: a day of the week; what it is the first of is not documented. Example: MONDAY.
        olderThanPeriod: the unit of olderThanValue: DAYS, WEEKS or MONTHS.
        olderThanValue: how old entries are that get locked. Unit: as olderThanPeriod says.
            Example: 5.
        type: WEEKLY, MONTHLY or OLDER_THAN.
    """

    changeDay: str | None = None
    dayOfMonth: int | None = None
    firstDay: str | None = None
    olderThanPeriod: str | None = None
    olderThanValue: int | None = None
    type: str | None = None


class EntityCreationPermissions(Row):
    """Who may create what: a text or an object, seen as both.

    Attributes:
        whoCanCreateProjectsAndClients: ADMINS, ADMINS_AND_PROJECT_MANAGERS or EVERYONE; in an
            object it is the member value.
        whoCanCreateTags: ADMINS, ADMINS_AND_PROJECT_MANAGERS or EVERYONE; in an object it is the
            member value.
        whoCanCreateTasks: ADMINS, ADMINS_AND_PROJECT_MANAGERS or EVERYONE; in an object it is the
            member value.
    """

    whoCanCreateProjectsAndClients: Json = None
    whoCanCreateTags: Json = None
    whoCanCreateTasks: Json = None


class Rounding(Row):
    """How times are rounded in reports.

    Attributes:
        minutes: to how many minutes, as text. Example: 15.
        round: in which direction. Example: Round to nearest.
    """

    minutes: str | None = None
    round: str | None = None


class WorkspaceSettings(Row):
    """Settings of a workspace.

    Attributes:
        activeBillableHours: whether the workspace uses billable hours.
        adminOnlyPages: pages that only admins see: PROJECT, TEAM, REPORTS. A list, or its JSON
            text.
        automaticLock: when past entries are locked by themselves. Empty: where they are not.
        canSeeTimeSheet: whether members see the timesheet.
        canSeeTracker: whether members see the time tracker.
        currencyFormat: where the currency stands: CURRENCY_SPACE_VALUE, VALUE_SPACE_CURRENCY,
            CURRENCY_VALUE or VALUE_CURRENCY.
        defaultBillableProjects: whether new projects are billable.
        durationFormat: how Clockify's pages show durations: FULL (hh:mm:ss), COMPACT (h:mm) or
            DECIMAL (h.hh).
        entityCreationPermissions: who may create projects, clients, tags and tasks.
        forceDescription: whether time entries must have a description.
        forceProjects: whether time entries must have a project.
        forceTags: whether time entries must have a tag.
        forceTasks: whether time entries must have a task.
        isProjectPublicByDefault: whether new projects are public.
        lockTimeEntries: a time up to which entries are locked; documented by its name and an
            example only. Example: 2024-02-25T23:00:00Z.
        lockTimeZone: the time zone of such a lock; documented by its name and an example only.
            Example: Europe/Belgrade.
        multiFactorEnabled: whether two-factor authentication is on.
        numberFormat: what separates thousands, then decimals: COMMA_PERIOD, PERIOD_COMMA,
            QUOTATION_MARK_PERIOD or SPACE_COMMA.
        onlyAdminsCanChangeBillableStatus: whether plain members are kept from saying what is
            billable.
        onlyAdminsCreateProject: whether plain members are kept from creating projects.
        onlyAdminsCreateTag: whether plain members are kept from creating tags.
        onlyAdminsCreateTask: whether plain members are kept from creating tasks.
        onlyAdminsSeeAllTimeEntries: whether plain members see their own time entries only.
        onlyAdminsSeeBillableRates: whether billable rates are hidden from plain members.
        onlyAdminsSeeDashboard: whether the dashboard is hidden from plain members.
        onlyAdminsSeePublicProjectsEntries: whether others' entries on public projects are hidden
            from plain members.
        projectFavorites: whether members can mark projects as favourites.
        projectGroupingLabel: the workspace's own word for what groups projects. Example: Project
            Label.
        projectLabel: the workspace's own word for a project.
        projectPickerSpecialFilter: whether the special filter is on where a project is picked; what
            it filters is not documented.
        round: to what, and in which direction, reports round.
        taskLabel: the workspace's own word for a task.
        timeRoundingInReports: whether reports round times.
        timeTrackingMode: DEFAULT or STOPWATCH_ONLY.
        trackTimeDownToSecond: whether durations have seconds; deprecated for durationFormat.
        workingDays: days of the week, such as MONDAY. A list, or its JSON text.
    """

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
    """A workspace that the key can see.

    Attributes:
        id: unique in all of Clockify. Example: 64a687e29ae1f428e7ebe303.
        name: Example: Cool Company.
        imageUrl: address of the workspace's picture. Empty: where it has none.
        cakeOrganizationId: the organisation at CAKE.com, which makes Clockify.
            Example: 67d471fb56aa9668b7bfa295.
        hourlyRate: what an hour is billed at where nothing nearer to an entry has a rate.
            Empty: where none is set.
        costRate: what an hour costs where nothing nearer to an entry has a rate. Empty: where none
            is set. Needs: the plan Pro.
        memberships: who belongs to the workspace, one row each in workspace_memberships.
        currencies: what the workspace uses, one row each in workspace_currencies.
        features: what the plan includes, one row each in workspace_features. Example: ["TIME_OFF",
            "INVOICING"].
        featureSubscriptionType: the plan. Example: STANDARD_2021.
        subdomain: the workspace's own web address. Needs: the plan Enterprise.
        workspaceSettings: what is set for everybody in the workspace.
    """

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


class WorkspaceMembership(Row):
    """A member's access to a workspace, from the list of workspaces.

    Attributes:
        workspaceId: the workspace whose row has it. Joins: workspaces.id.
        userId: the member. Joins: users.id.
        targetId: what the member has access to; the id of the workspace where membershipType is
            WORKSPACE.
        membershipType: WORKSPACE, PROJECT or USERGROUP.
        membershipStatus: PENDING, ACTIVE, DECLINED or INACTIVE: a deactivated member is INACTIVE.
        hourlyRate: what an hour of the member is billed at. Empty: where the member has no rate.
        costRate: what an hour of the member costs. Empty: where the member has no such rate.
            Needs: the plan Pro.
    """

    workspaceId: str
    userId: str | None
    targetId: str | None
    membershipType: str | None
    membershipStatus: str | None
    hourlyRate: Rate | None
    costRate: Rate | None


class WorkspaceCurrency(Row):
    """A currency that a workspace uses.

    Attributes:
        workspaceId: the workspace that uses it. Joins: workspaces.id.
        id: identifies the currency in the workspace. Example: 5b641568b07987035750505e.
        code: ISO 4217 code. Example: USD.
        isDefault: whether amounts are in it where no other currency was chosen.
    """

    workspaceId: str
    id: str | None
    code: str | None
    isDefault: bool | None


class WorkspaceFeature(Row):
    """A feature that the plan of a workspace includes.

    Attributes:
        workspaceId: the workspace that has it. Joins: workspaces.id.
        feature: its name; the published list of names is not complete. Example: TIME_OFF.
    """

    workspaceId: str
    feature: str
