"""Members and groups."""

from tap_clockify.rows.common import IsoDuration, Membership, Rate, Seconds
from tap_clockify.rows.custom_fields import CustomField
from taps_common.records.row_types import Json, Row


class UserCustomFieldValue(Row):
    """A custom field's value on a member.

    Attributes:
        customFieldId: the field. Joins: custom_fields.id.
        customFieldName: Example: TIN.
        customFieldType: TXT, NUMBER, DROPDOWN_SINGLE, DROPDOWN_MULTIPLE, CHECKBOX or LINK.
        userId: the member. Joins: users.id.
        value: a number, a list of texts, true or false, or a text, as customFieldType has it.
            Example: 20231211-12345. Empty: where none was given.
    """

    customFieldId: str | None = None
    customFieldName: str | None = None
    customFieldType: str | None = None
    userId: str | None = None
    value: Json = None


class SummaryReportSettings(Row):
    """How a member groups the summary report.

    Attributes:
        group: what rows are grouped by. Example: PROJECT.
        subgroup: what rows of a group are grouped by. Example: CLIENT.
    """

    group: str | None = None
    subgroup: str | None = None


class UserSettings(Row):
    """A member's own settings.

    Attributes:
        alerts: a switch for alerts. What it does is not documented.
        approval: a switch for approvals. What it does is not documented.
        collapseAllProjectLists: a switch of the lists of projects. What it does is not documented.
        dashboardPinToTop: a switch of the dashboard. What it does is not documented.
        dashboardSelection: whose time the dashboard shows: ME or TEAM.
        dashboardViewType: what the dashboard is divided by: PROJECT or BILLABILITY.
        dateFormat: how the member sees dates. Example: MM/DD/YYYY.
        groupSimilarEntriesDisabled: whether similar entries stand one by one. Documented by its
            name only.
        invoiceReminders: a switch for reminders of invoices. What it does is not documented.
        isCompactViewOn: whether the member sees a compact page. Documented by its name only.
        lang: the language of the pages. Example: en.
        longRunning: a switch for timers that run for long. What it does is not documented.
        multiFactorEnabled: whether the member signs in with a second factor. Documented by its name
            only.
        myStartOfDay: the time at which the member's day begins. Example: 09:00.
        onboarding: a switch for newcomers. What it does is not documented.
        projectListCollapse: a number for the lists of projects. What it does is not documented.
            Example: 15.
        projectPickerTaskFilter: a switch for where a project is picked. What it does is not
            documented.
        pto: a switch for time off ("paid time off"). What it does is not documented.
        reminders: a switch for reminders. What it does is not documented.
        scheduledReports: a switch for reports that are sent regularly. What it does is not
            documented.
        scheduling: a switch for planned work. What it does is not documented.
        sendNewsletter: whether the member gets the newsletter. Documented by its name only.
        showOnlyWorkingDays: whether days off are hidden. Documented by its name only.
        summaryReportSettings: how the member groups the summary report.
        theme: how the pages look: DARK or DEFAULT.
        timeFormat: how the member sees times of day: HOUR12 or HOUR24.
        timeTrackingManual: whether the member enters time by hand, without a timer. Documented by
            its name only.
        timeZone: where the member's days begin and end. Example: Europe/Budapest.
        weekStart: the first day of the member's week, MONDAY to SUNDAY.
        weeklyUpdates: a switch for news of the week. What it does is not documented.
    """

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

    Attributes:
        id: the person, who has the same id in every workspace. Example: 5a0ab5acb07987125438b60f.
        workspaceId: the workspace whose member it is. Joins: workspaces.id.
        name: Example: John Doe.
        email: Example: johndoe@example.com.
        status: of the account, not in the workspace: ACTIVE, PENDING_EMAIL_VERIFICATION, DELETED,
            NOT_REGISTERED, LIMITED (kiosk) or LIMITED_DELETED.
        activeWorkspace: the workspace that the member works in at present, which the key may not
            see. Joins: workspaces.id.
        defaultWorkspace: the workspace that the member starts in, which the key may not see.
            Joins: workspaces.id.
        profilePicture: address of the picture.
            Example: https://www.url.com/profile-picture1234567890.png.
        memberships: what the member has access to, one row each in user_memberships.
        customFields: values of the workspace's custom fields for members. Needs: the plan Pro.
        roles: what the member manages; its form is not known for sure. Empty: as a rule, since it
            is not asked for.
        settings: the member's own settings. Empty: for members who were not onboarded yet.
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
    """A member's access to a workspace, a project or a group, from the list of members.

    Attributes:
        workspaceId: the workspace whose list of members has it. Joins: workspaces.id.
        userId: the member. Joins: users.id.
        targetId: what the member has access to: the id of a workspace, project or group, as
            membershipType says.
        membershipType: WORKSPACE, PROJECT or USERGROUP.
        membershipStatus: PENDING, ACTIVE, DECLINED or INACTIVE: a member who was deactivated in a
            workspace is INACTIVE there.
        hourlyRate: what an hour of the member is billed at there. Empty: where none is set.
        costRate: what an hour of the member costs there. Empty: where none is set. Needs: the plan
            Pro.
    """

    workspaceId: str
    userId: str | None
    targetId: str | None
    membershipType: str | None
    membershipStatus: str | None
    hourlyRate: Rate | None
    costRate: Rate | None


class TeamManager(Row):
    """A member who manages a group.

    Attributes:
        id: the member who manages. Joins: users.id.
        name: Example: Jane Doe.
    """

    id: str | None = None
    name: str | None = None


class UserGroup(Row):
    """A group of members.

    Attributes:
        id: unique in all of Clockify. Example: 76a687e29ae1f428e7ebe101.
        workspaceId: where the group is. Joins: workspaces.id.
        name: Example: development_team.
        userIds: who is in the group, one row each in user_group_members. Joins: users.id.
        teamManagers: who manages the members of the group.
    """

    id: str
    workspaceId: str | None = None
    name: str | None = None
    userIds: list[str] | None = None
    teamManagers: list[TeamManager] | None = None


class UserGroupMember(Row):
    """A member in a group.

    Attributes:
        workspaceId: where the group is. Joins: workspaces.id.
        userGroupId: the group. Joins: user_groups.id.
        userId: the member. Joins: users.id.
    """

    workspaceId: str | None
    userGroupId: str
    userId: str | None


class CurrentUser(Row):
    """The owner of the key, with all memberships.

    Attributes:
        id: the person, who has the same id in every workspace. Example: 5a0ab5acb07987125438b60f.
        name: Example: John Doe.
        email: Example: johndoe@example.com.
        status: of the account: ACTIVE, PENDING_EMAIL_VERIFICATION, DELETED, NOT_REGISTERED, LIMITED
            (kiosk) or LIMITED_DELETED.
        activeWorkspace: the workspace that the owner works in at present. Joins: workspaces.id.
        defaultWorkspace: the workspace that the owner starts in. Joins: workspaces.id.
        profilePicture: address of the picture.
            Example: https://www.url.com/profile-picture1234567890.png.
        memberships: what the owner has access to, in all workspaces.
        customFields: values of custom fields for members. Needs: the plan Pro.
        roles: what the owner manages; its form is not known for sure. Empty: as a rule, since it is
            not asked for.
        settings: the owner's own settings.
    """

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
    """A member who manages another one, by way of a group.

    Attributes:
        id: the manager. Joins: users.id.
        workspaceId: where one manages the other. Joins: workspaces.id.
        userId: the member who is managed. Joins: users.id.
        name: of the manager. Example: Jane Doe.
        email: of the manager. Example: janedoe@example.com.
        status: of the manager's account: ACTIVE, PENDING_EMAIL_VERIFICATION, DELETED,
            NOT_REGISTERED, LIMITED (kiosk) or LIMITED_DELETED.
        activeWorkspace: the workspace that the manager works in at present, which the key may not
            see. Joins: workspaces.id.
        defaultWorkspace: the workspace that the manager starts in, which the key may not see.
            Joins: workspaces.id.
        profilePicture: address of the picture.
            Example: https://www.url.com/profile-picture1234567890.png.
        memberships: what the manager has access to, if Clockify sends it here; user_memberships has
            it.
        customFields: values of the workspace's custom fields for members. Needs: the plan Pro.
        roles: what the manager manages; its form is not known for sure. Empty: as a rule, since it
            is not asked for.
        settings: the manager's own settings. Empty: for members who were not onboarded yet.
    """

    id: str
    workspaceId: str = ""
    userId: str = ""
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
    """A custom field's value on a member's profile, with the field itself.

    Attributes:
        customFieldId: the field. Joins: custom_fields.id.
        name: of the field. Example: location.
        type: of the field: TXT, NUMBER, DROPDOWN_SINGLE, DROPDOWN_MULTIPLE, CHECKBOX or LINK.
        sourceType: where the value comes from: WORKSPACE, as a default, or USER.
        userId: the member. Joins: users.id.
        value: a number, a list of texts, true or false, or a text, as the field's type has it.
            Empty: where none was given.
        customField: the field itself, as in custom_fields.
    """

    customFieldId: str | None = None
    name: str | None = None
    type: str | None = None
    sourceType: str | None = None
    userId: str | None = None
    value: Json = None
    customField: CustomField | None = None


class MemberProfile(Row):
    """A member's profile: working days, capacity, custom fields.

    Attributes:
        workspaceId: the workspace that the profile is of. Joins: workspaces.id.
        userId: the member. Joins: users.id.
        name: Example: John Doe.
        email: Example: johndoe@example.com.
        imageUrl: address of the picture. Example: https://www.url.com/imageurl-1234567890.jpg.
        hasPassword: whether the member can sign in with a password.
        hasPendingApprovalRequest: whether something that the member handed in waits for a decision.
        weekStart: the first day of the member's week, MONDAY to SUNDAY.
        workCapacity: what the member works a day.
        workCapacitySeconds: workCapacity as a number. Example: 25200.
        workingDays: days of the week, such as MONDAY. A list, or its JSON text.
        workspaceNumber: how many workspaces the member belongs to. Example: 3.
        userCustomFieldValues: values of the workspace's custom fields for members. Needs: the plan
            Pro.
    """

    workspaceId: str = ""
    userId: str = ""
    name: str | None = None
    email: str | None = None
    imageUrl: str | None = None
    hasPassword: bool | None = None
    hasPendingApprovalRequest: bool | None = None
    weekStart: str | None = None
    workCapacity: IsoDuration | None = None
    workCapacitySeconds: Seconds | None = None
    workingDays: list[str] | str | None = None
    workspaceNumber: int | None = None
    userCustomFieldValues: list[ProfileCustomFieldValue] | None = None
