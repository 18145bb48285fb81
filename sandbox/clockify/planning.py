"""Time off and scheduling.

Policies are ACTIVE ones unless asked for others. Requests are listed by POST only; WITHDRAWN is a
status but refused as a filter. Windows of scheduling are required (400/3001 without); totals are
asked for by POST, a single total is 200 with an empty body where there is nothing. Settled here:
the list of assignments shows drafts too, totals count published ones unless `statusFilter` says
otherwise, on every day of a period.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sandbox.clockify.ask import Ask, Shown, invalid
from sandbox.clockify.instants import DAY, HOUR, iso, seconds
from sandbox.clockify.rows import Assignment, BalanceAssignment, Period, TimeOffPolicy
from sandbox.clockify.workspaces import WORKING_DAYS

CAPACITY = 7 * HOUR
"""What a member works a day, seconds."""

PROJECT = {
    "projectName": "projectId.name",
    "projectColor": "projectId.color",
    "projectArchived": "projectId.archived",
    "projectBillable": "projectId.billable",
    "clientName": "projectId.clientName",
    "taskName": "taskId.name",
}
ASSIGNMENT = {**PROJECT, "userName": "userId.name", "clientId": "projectId.clientId"}


def touches(period: Period, start: int, end: int) -> bool:
    return period.start <= iso(end) and period.end >= iso(start)


def time_off_policies(ask: Ask) -> list[TimeOffPolicy]:
    status = ask.one_of("status", ("ACTIVE", "ARCHIVED", "ALL")) or "ACTIVE"
    return ask.ordered(
        one
        for one in ask.data.time_off_policies.values()
        if status == "ALL" or one.archived == (status == "ARCHIVED")
    )


def time_off_requests(ask: Ask) -> list[Shown]:
    """List requests, newest first; one bound of the period alone is ignored."""
    data, statuses = ask.data, set(ask.listed("statuses")) or {"ALL"}
    if not statuses <= {"PENDING", "APPROVED", "REJECTED", "ALL"}:
        raise invalid(f"Status type is not supported: {', '.join(sorted(statuses))}")
    window = ask.window() if ask.body.get("start") and ask.body.get("end") else None
    kept = [
        one
        for one in data.time_off_requests.values()
        if ask.sees(one.userId)
        and ("ALL" in statuses or one.status.statusType in statuses)
        and (window is None or touches(one.timeOffPeriod.period, *window))
    ]
    columns = {
        "policyName": "policyId.name",
        "timeUnit": "policyId.timeUnit",
        "userName": "userId.name",
        "userEmail": "userId.email",
        "requesterUserName": "requesterUserId.name",
    }
    return [
        {**ask.shown(one, **columns), "userTimeZone": ask.world.zone_of(one.userId)}
        for one in sorted(kept, key=lambda one: (one.createdAt, one.id), reverse=True)
    ]


def policy_balances(ask: Ask) -> list[Shown]:
    policy = ask.found(ask.data.time_off_policies, "policy")
    columns = {
        "userName": "userId.name",
        "policyName": "policyId.name",
        "policyTimeUnit": "policyId.timeUnit",
        "policyArchived": "policyId.archived",
    }
    return [
        {**ask.shown(one, **columns), "balance": one.total - one.used}
        for one in ask.data.time_off_balances.values()
        if one.policyId == policy.id and ask.sees(one.userId)
    ]


def balance_assignments(ask: Ask) -> list[BalanceAssignment]:
    """List what a balance was given for spans of time."""
    wanted = (ask.member().id, ask.found(ask.data.time_off_policies, "policy").id)
    given = ask.data.balance_assignments.values()
    return [one for one in given if (one.userId, one.policyId) == wanted]


def assignments(ask: Ask) -> list[Shown]:
    """List assignments that touch the window; members get their own."""
    window = ask.window()
    column = ask.one_of("sort-column", ("PROJECT", "USER", "ID"))
    name = {"PROJECT": "projectName", "USER": "userName"}.get(column or "", "id")
    kept = [one for one in ask.data.assignments.values() if touches(one.period, *window)]
    rows = [ask.shown(one, **ASSIGNMENT) for one in kept if ask.sees(one.userId)]
    for row in rows:
        del row["published"]
    return ask.sorted(rows, lambda row: (str(row[name]), row["id"]))


def _days(start: int, end: int) -> list[int]:
    """Return the midnights (UTC) of the days of a window."""
    return list(range(start - start % DAY, end + 1, DAY))


def _planned(ask: Ask, start: int, end: int) -> list[tuple[Assignment, list[int]]]:
    """Return the assignments that totals of a window count, each with its days inside."""
    statuses = ("PUBLISHED", "UNPUBLISHED", "ALL")
    status = ask.one_of("statusFilter", statuses, ask.body.get("statusFilter")) or "PUBLISHED"
    return [
        (one, _days(max(seconds(one.period.start), start), min(seconds(one.period.end), end)))
        for one in ask.data.assignments.values()
        if touches(one.period, start, end)
        and (status == "ALL" or one.published == (status == "PUBLISHED"))
    ]


def project_totals(ask: Ask) -> list[Shown]:
    """Sum up a window per project that has assignments in it."""
    start, end = ask.window()
    by_project: dict[str, list[tuple[Assignment, list[int]]]] = defaultdict(list)
    for one, days in _planned(ask, start, end):
        by_project[one.projectId].append((one, days))
    totals: list[Shown] = []
    for project_id, planned in by_project.items():
        busy = {day for _, days in planned for day in days}
        first = next((one for one, _ in planned if one.taskId in ask.data.tasks), planned[0][0])
        milestones = ask.data.milestones.values()
        totals.append(
            {
                "projectId": project_id,
                **ask.beside(first, **PROJECT, taskId="taskId.id"),
                "totalHours": sum(one.hoursPerDay * len(days) for one, days in planned),
                "assignments": [
                    {"date": iso(day), "hasAssignment": day in busy} for day in _days(start, end)
                ],
                "milestones": [one for one in milestones if one.projectId == project_id],
                "workspaceId": ask.data.row.id,
            }
        )
    return totals


def user_totals(ask: Ask) -> list[Shown]:
    """Sum up a window per member, day by day; members get their own."""
    start, end = ask.window()
    standing, planned = ask.data.standing(), _planned(ask, start, end)
    totals: list[Shown] = []
    for user in filter(lambda one: ask.sees(one.id), ask.data.users.values()):
        hours = dict.fromkeys(_days(start, end), 0.0)
        for one, days in planned:
            if one.userId == user.id:
                for day in days:
                    hours[day] += one.hoursPerDay
        totals.append(
            {
                "userId": user.id,
                "userName": user.name,
                "userImage": user.profilePicture,
                "userStatus": standing.get(user.id),
                "capacityPerDay": float(CAPACITY),
                "workingDays": ask.world.list_or_text(WORKING_DAYS),
                "totalHoursPerDay": [
                    {"date": iso(day), "totalHours": sum_} for day, sum_ in hours.items()
                ],
                "workspaceId": ask.data.row.id,
            }
        )
    return totals


def project_total(ask: Ask) -> Shown | None:
    wanted = ask.request.params["projectId"]
    return next((row for row in project_totals(ask) if row["projectId"] == wanted), None)


def user_total(ask: Ask) -> Shown | None:
    """Return the total of one member who is planned for something."""
    user_id = ask.member().id
    planned = {one.userId for one, _ in _planned(ask, *ask.window())}
    rows: Iterable[Shown] = user_totals(ask) if user_id in planned else ()
    return next((row for row in rows if row["userId"] == user_id), None)
