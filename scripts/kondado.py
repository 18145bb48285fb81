"""Where the tables and columns of Kondado's Clockify connector are found in this tap.

Kondado documents its columns in lower case, with two underscores (in places one, or none) for
nesting. Here each documented name stands beside the stream and the path of the property with the
same content; a dot leads into an object, `[]` into the objects of a list.
"""

from __future__ import annotations

Mapping = dict[str, dict[str, tuple[str, str]]]

_RATE = {"hourlyrate__currency": "hourlyRate.currency", "hourlyrate__amount": "hourlyRate.amount"}

_WORKSPACES = {
    "id": "id",
    "name": "name",
    "imageurl": "imageUrl",
    "featuresubscriptiontype": "featureSubscriptionType",
    **_RATE,
    "canseetimesheet": "workspaceSettings.canSeeTimeSheet",
    "automaticlock__firstday": "workspaceSettings.automaticLock.firstDay",
    "automaticlock__olderthanvalue": "workspaceSettings.automaticLock.olderThanValue",
    "automaticlock__changeday": "workspaceSettings.automaticLock.changeDay",
    "automaticlock__olderthanperiod": "workspaceSettings.automaticLock.olderThanPeriod",
    "automaticlock__type": "workspaceSettings.automaticLock.type",
    "automaticlock__dayofmonth": "workspaceSettings.automaticLock.dayOfMonth",
    "isprojectpublicbydefault": "workspaceSettings.isProjectPublicByDefault",
    "projectfavorites": "workspaceSettings.projectFavorites",
    "onlyadminscreatetag": "workspaceSettings.onlyAdminsCreateTag",
    "forcetags": "workspaceSettings.forceTags",
    "onlyadminscreateproject": "workspaceSettings.onlyAdminsCreateProject",
    "tracktimedowntosecond": "workspaceSettings.trackTimeDownToSecond",
    "timeroundinginreports": "workspaceSettings.timeRoundingInReports",
    "timetrackingmode": "workspaceSettings.timeTrackingMode",
    "onlyadminsseebillablerates": "workspaceSettings.onlyAdminsSeeBillableRates",
    "onlyadminsseepublicprojectsentries": "workspaceSettings.onlyAdminsSeePublicProjectsEntries",
    "onlyadminscreatetask": "workspaceSettings.onlyAdminsCreateTask",
    "projectpickerspecialfilter": "workspaceSettings.projectPickerSpecialFilter",
    "forceprojects": "workspaceSettings.forceProjects",
    "canseetracker": "workspaceSettings.canSeeTracker",
    "projectgroupinglabel": "workspaceSettings.projectGroupingLabel",
    "forcetasks": "workspaceSettings.forceTasks",
    "forcedescription": "workspaceSettings.forceDescription",
    "defaultbillableprojects": "workspaceSettings.defaultBillableProjects",
    "locktimeentries": "workspaceSettings.lockTimeEntries",
    "onlyadminsseealltimeentries": "workspaceSettings.onlyAdminsSeeAllTimeEntries",
    "onlyadminsseedashboard": "workspaceSettings.onlyAdminsSeeDashboard",
    "round__minutes": "workspaceSettings.round.minutes",
    "round__round": "workspaceSettings.round.round",
}

_PROJECTS = {
    "id": "id",
    "archived": "archived",
    "name": "name",
    "color": "color",
    "billable": "billable",
    "clientid": "clientId",
    "timeestimate__active": "timeEstimate.active",
    "timeestimate__estimate": "timeEstimate.estimate",
    "timeestimate__type": "timeEstimate.type",
    "timeestimate__resetoption": "timeEstimate.resetOption",
    "note": "note",
    "public": "public",
    "workspaceid": "workspaceId",
    "template": "template",
    **_RATE,
    "duration": "duration",
    "estimate__estimate": "estimate.estimate",
    "estimate__type": "estimate.type",
    "clientname": "clientName",
    "costrate__currency": "costRate.currency",
    "costrate__amount": "costRate.amount",
}

_USERS = {
    "id": "id",
    "status": "status",
    "profilepicture": "profilePicture",
    "name": "name",
    "activeworkspace": "activeWorkspace",
    "settings__timetrackingmanual": "settings.timeTrackingManual",
    "settings__groupsimilarentriesdisabled": "settings.groupSimilarEntriesDisabled",
    "settings__dashboardviewtype": "settings.dashboardViewType",
    "settings__dateformat": "settings.dateFormat",
    "settings__weekstart": "settings.weekStart",
    "settings__iscompactviewon": "settings.isCompactViewOn",
    "settings__longrunning": "settings.longRunning",
    "summaryreportsettingsgroup": "settings.summaryReportSettings.group",
    "summaryreportsettingssubgroup": "settings.summaryReportSettings.subgroup",
    "settings__dashboardpintotop": "settings.dashboardPinToTop",
    "settings__weeklyupdates": "settings.weeklyUpdates",
    "settings__sendnewsletter": "settings.sendNewsletter",
    "settings__mystartofday": "settings.myStartOfDay",
    "settings__timeformat": "settings.timeFormat",
    "settings__timezone": "settings.timeZone",
    "settings__dashboardselection": "settings.dashboardSelection",
    "settings__projectlistcollapse": "settings.projectListCollapse",
    "settings__collapseallprojectlists": "settings.collapseAllProjectLists",
    "defaultworkspace": "defaultWorkspace",
    "email": "email",
}


def _in(stream: str, columns: dict[str, str]) -> dict[str, tuple[str, str]]:
    return {column: (stream, path) for column, path in columns.items()}


COLUMNS: Mapping = {
    "workspaces": _in("workspaces", _WORKSPACES),
    "projects": _in("projects", _PROJECTS),
    "clients": _in(
        "clients",
        {
            "id": "id",
            "archived": "archived",
            "workspaceid": "workspaceId",
            "address": "address",
            "name": "name",
        },
    ),
    "users": _in("users", _USERS),
    "users_memberships": _in(
        "user_memberships",
        {
            "user_id": "userId",
            "costrate": "costRate",
            "targetid": "targetId",
            "membershipstatus": "membershipStatus",
            "membershiptype": "membershipType",
            "hourlyrate_amount": "hourlyRate.amount",
            "hourlyrate_currency": "hourlyRate.currency",
        },
    ),
    "user_groups": _in("user_groups", {"id": "id", "workspaceid": "workspaceId", "name": "name"}),
    "tags": _in(
        "tags",
        {"id": "id", "archived": "archived", "workspaceid": "workspaceId", "name": "name"},
    ),
    "time_entries": _in(
        "time_entries",
        {
            "id": "id",
            "timeinterval__duration": "timeInterval.duration",
            "timeinterval_start": "timeInterval.start",
            "timeinterval_end": "timeInterval.end",
            "islocked": "isLocked",
            "workspaceid": "workspaceId",
            "description": "description",
            "taskid": "taskId",
            "billable": "billable",
            "projectid": "projectId",
            "userid": "userId",
        },
    ),
    "time_entries_tags": _in("time_entry_tags", {"timeentry_id": "timeEntryId", "tag_id": "tagId"}),
}
"""Documented table -> documented column -> our stream and the path of the property."""
