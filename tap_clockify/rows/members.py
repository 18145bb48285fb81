"""Members and groups."""

from typing import Annotated

from msgspec import Meta

from tap_clockify.rows.common import Membership, Rate
from tap_clockify.rows.custom_fields import CustomField
from taps_common.records.row_types import Json, Row


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
    roles: Json = None
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


class CurrentUser(Row):
    """The owner of the key, with all memberships."""

    id: str
    name: str | None = None
    email: str | None = None
    status: str | None = None
    activeWorkspace: str | None = None
    defaultWorkspace: str | None = None
    profilePicture: str | None = None
    memberships: list[Membership] | None = None
    customFields: list[UserCustomFieldValue] | None = None
    roles: Json = None
    settings: UserSettings | None = None


class UserManager(Row):
    """A member who manages another one, by way of a group."""

    id: str
    workspaceId: str = ""
    userId: Annotated[str, Meta(description="The member who is managed.")] = ""
    name: str | None = None
    email: str | None = None
    status: str | None = None
    activeWorkspace: str | None = None
    defaultWorkspace: str | None = None
    profilePicture: str | None = None
    memberships: list[Membership] | None = None
    customFields: list[UserCustomFieldValue] | None = None
    roles: Json = None
    settings: UserSettings | None = None


class ProfileCustomFieldValue(Row):
    """A custom field's value on a member's profile, with the field itself."""

    customFieldId: str | None = None
    name: str | None = None
    type: str | None = None
    sourceType: str | None = None
    userId: str | None = None
    value: Json = None
    customField: CustomField | None = None


class MemberProfile(Row):
    """A member's profile: working days, capacity, custom fields."""

    workspaceId: str = ""
    userId: str = ""
    name: str | None = None
    email: str | None = None
    imageUrl: str | None = None
    hasPassword: bool | None = None
    hasPendingApprovalRequest: bool | None = None
    weekStart: str | None = None
    workCapacity: (
        Annotated[str, Meta(description="Work a day: an ISO-8601 duration, such as PT7H.")] | None
    ) = None
    workingDays: (
        Annotated[list[str] | str, Meta(description="Days of the week: a list, or its JSON text.")]
        | None
    ) = None
    workspaceNumber: (
        Annotated[int, Meta(description="How many workspaces the member belongs to.")] | None
    ) = None
    userCustomFieldValues: list[ProfileCustomFieldValue] | None = None
