"""What the settings pages of a workspace and of a user hold, in the API's spelling."""

from __future__ import annotations

import msgspec


class AutomaticLock(msgspec.Struct, kw_only=True):
    """When entries are locked by themselves."""

    changeDay: str = "FRIDAY"
    dayOfMonth: int = 15
    firstDay: str = "MONDAY"
    olderThanPeriod: str = "DAYS"
    olderThanValue: int = 60
    type: str = "OLDER_THAN"


class EntityCreationPermissions(msgspec.Struct, kw_only=True):
    """Who may create what: the wire has both a string and an object with `value`."""

    whoCanCreateProjectsAndClients: str | dict[str, str]
    whoCanCreateTags: str | dict[str, str]
    whoCanCreateTasks: str | dict[str, str]


class Rounding(msgspec.Struct):
    """How reports round; minutes is a text."""

    minutes: str
    round: str


class WorkspaceSettings(msgspec.Struct, kw_only=True):
    """Everything the settings page of a workspace offers."""

    activeBillableHours: bool = True
    adminOnlyPages: list[str]
    automaticLock: AutomaticLock | None
    canSeeTimeSheet: bool = True
    canSeeTracker: bool = True
    currencyFormat: str = "CURRENCY_SPACE_VALUE"
    defaultBillableProjects: bool = True
    durationFormat: str = "FULL"
    entityCreationPermissions: EntityCreationPermissions
    forceDescription: bool = False
    forceProjects: bool = False
    forceTags: bool = False
    forceTasks: bool = False
    isProjectPublicByDefault: bool = True
    lockTimeEntries: str | None
    lockTimeZone: str | None
    multiFactorEnabled: bool = False
    numberFormat: str = "COMMA_PERIOD"
    onlyAdminsCanChangeBillableStatus: bool = False
    onlyAdminsCreateProject: bool = True
    onlyAdminsCreateTag: bool = False
    onlyAdminsCreateTask: bool = False
    onlyAdminsSeeAllTimeEntries: bool = True
    onlyAdminsSeeBillableRates: bool = True
    onlyAdminsSeeDashboard: bool = False
    onlyAdminsSeePublicProjectsEntries: bool = False
    projectFavorites: bool = True
    projectGroupingLabel: str = "client"
    projectLabel: str = "project"
    projectPickerSpecialFilter: bool = False
    round: Rounding
    taskLabel: str = "task"
    timeRoundingInReports: bool = False
    timeTrackingMode: str = "DEFAULT"
    trackTimeDownToSecond: bool = True
    workingDays: list[str]


class SummaryReportSettings(msgspec.Struct, frozen=True):
    """How a user's summary report groups."""

    group: str = "PROJECT"
    subgroup: str = "TIME_ENTRY"


class UserSettings(msgspec.Struct, kw_only=True):
    """A user's preferences; timeZone is what time windows are read in."""

    alerts: bool = True
    approval: bool = False
    collapseAllProjectLists: bool = False
    dashboardPinToTop: bool = False
    dashboardSelection: str = "ME"
    dashboardViewType: str = "PROJECT"
    dateFormat: str = "MM/DD/YYYY"
    groupSimilarEntriesDisabled: bool = False
    invoiceReminders: bool = False
    isCompactViewOn: bool = False
    lang: str = "EN"
    longRunning: bool = True
    multiFactorEnabled: bool = False
    myStartOfDay: str = "09:00"
    onboarding: bool = False
    projectListCollapse: int = 50
    projectPickerTaskFilter: bool = False
    pto: bool = True
    reminders: bool = False
    scheduledReports: bool = True
    scheduling: bool = False
    sendNewsletter: bool = False
    showOnlyWorkingDays: bool = False
    summaryReportSettings: SummaryReportSettings = SummaryReportSettings()
    theme: str = "DEFAULT"
    timeFormat: str = "HOUR24"
    timeTrackingManual: bool = False
    timeZone: str = "UTC"
    weekStart: str = "MONDAY"
    weeklyUpdates: bool = False
