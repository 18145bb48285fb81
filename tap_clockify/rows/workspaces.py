"""Workspaces."""

from tap_clockify.rows.common import Membership, Rate
from taps_common.records.row_types import Instant, Json, Row


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


class WorkspaceMembership(Row):
    """A member's access to a workspace, from the list of workspaces."""

    workspaceId: str
    userId: str | None
    targetId: str | None
    membershipType: str | None
    membershipStatus: str | None
    hourlyRate: Rate | None
    costRate: Rate | None


class WorkspaceCurrency(Row):
    """A currency that a workspace uses."""

    workspaceId: str
    id: str | None
    code: str | None
    isDefault: bool | None


class WorkspaceFeature(Row):
    """A feature that the plan of a workspace includes."""

    workspaceId: str
    feature: str
