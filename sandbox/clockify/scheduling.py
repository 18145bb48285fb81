"""Scheduling: assignments and the totals per project and per member.

Windows are required (400/3001 without). Totals are asked for by POST, 200 a page at most; a single
total is 200 with an empty body where there is nothing. Settled here: the list shows drafts too,
totals count published assignments unless `statusFilter` says otherwise, on every day of a period.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from sandbox.clockify.access import Refusal
from sandbox.clockify.blocks import Block
from sandbox.clockify.instants import iso, seconds
from sandbox.clockify.operations import Ask, Operation, one_of
from sandbox.clockify.paging import Sizes, paged
from sandbox.clockify.plans import WORKING_DAYS
from sandbox.clockify.rows import Row
from sandbox.clockify.time_off_rows import Period
from sandbox.wire import Response, json_response

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.clockify.maker import Maker
    from sandbox.clockify.workspaces import WorkspaceData
    from sandbox.clockify.world import World
    from sandbox.wire import Json

DAY = 86_400
HOUR = 3_600
CAPACITY = 7 * HOUR
"""What a member works a day, seconds."""
TOTALS = Sizes(name="pageSize", maximum=200, header=False)

Row_ = dict[str, "Json"]


class Assignment(Row, kw_only=True):
    """Work planned for one member; names are filled in when it is shown."""

    workspaceId: str
    userId: str
    projectId: str
    taskId: str | None = None
    billable: bool = True
    hoursPerDay: float = 7.5
    period: Period
    startTime: str | None = None
    note: str | None = None
    published: bool = True
    """Not on the wire."""


class Milestone(Row, kw_only=True):
    """A day by which something is due."""

    name: str
    workspaceId: str
    projectId: str
    date: str


def fill(make: Maker, data: WorkspaceData) -> None:
    """Make up assignments around now and a few milestones."""
    projects = list(data.projects.values())
    for number in range(make.count(40)):
        project = projects[number % len(projects)]
        tasks = [task.id for task in data.tasks.values() if task.projectId == project.id]
        start = make.now - make.now % DAY + (number % 13 - 6) * 5 * DAY + 8 * HOUR
        assignment = Assignment(
            id=make.dated_id(make.now - number * 3 * DAY - DAY),
            workspaceId=data.row.id,
            userId=make.writers[number * 7 % len(make.writers)],
            projectId=project.id,
            taskId=tasks[0] if tasks and number % 2 else None,
            billable=project.billable,
            hoursPerDay=(7.5, 4.0, 2.25)[number % 3],
            period=Period(iso(start), iso(start + (number % 6) * DAY + 9 * HOUR)),
            startTime="10:00:00" if number % 3 else None,
            note=f"Bring plan {number} & tools" if number % 4 else None,
            published=number % 5 != 3,
        )
        data.assignments[assignment.id] = assignment
    for number, project in enumerate(projects[:3]):
        milestone = Milestone(
            id=make.dated_id(make.now - 90 * DAY),
            name=f"Q{number + 1}",
            workspaceId=data.row.id,
            projectId=project.id,
            date=iso(make.now - make.now % DAY + (number - 1) * 10 * DAY),
        )
        data.milestones[milestone.id] = milestone


def shown(data: WorkspaceData, assignment: Assignment) -> Row_:
    """Return an assignment with the names of what it refers to."""
    project = data.projects.get(assignment.projectId)
    task = data.tasks.get(assignment.taskId or "")
    user = data.users.get(assignment.userId)
    row: Row_ = msgspec.to_builtins(assignment)
    del row["published"]
    return {
        **row,
        "userName": user.name if user else None,
        "projectName": project.name if project else None,
        "projectColor": project.color if project else None,
        "projectArchived": project.archived if project else True,
        "projectBillable": project.billable if project else False,
        "clientId": project.clientId if project else None,
        "clientName": project.clientName if project else None,
        "taskName": task.name if task else None,
    }


def within(assignments: Iterable[Assignment], start: int, end: int) -> list[Assignment]:
    """Keep the assignments whose period touches a window."""
    first, last = iso(start), iso(end)
    return [one for one in assignments if one.period.start <= last and one.period.end >= first]


def _assignments(ask: Ask) -> Response:
    """List assignments that touch the window; members get their own."""
    start, end = ask.window()
    column = one_of("sort-column", ask.request.value("sort-column"), ("PROJECT", "USER", "ID"))
    name = {"PROJECT": "projectName", "USER": "userName"}.get(column or "", "id")
    looked_for = (ask.request.value("name") or "").lower()
    rows = [
        row
        for one in within(ask.data.assignments.values(), start, end)
        if ask.sees(one.userId)
        for row in [shown(ask.data, one)]
        if looked_for in f"{row['projectName']} {row['taskName']}".lower()
    ]
    descending = ask.request.value("sort-order") == "DESCENDING"
    rows.sort(key=lambda row: (str(row[name]), str(row["id"])), reverse=descending)
    return paged(ask.world, ask.request, Block([msgspec.json.encode(row) for row in rows]))


def days(start: int, end: int) -> list[int]:
    """Return the midnights (UTC) of the days of a window."""
    return list(range(start - start % DAY, end + 1, DAY))


def _worked(assignment: Assignment, start: int, end: int) -> list[int]:
    """Return the days of an assignment inside a window."""
    first, last = seconds(assignment.period.start), seconds(assignment.period.end)
    return days(max(first, start), min(last, end))


def project_totals(
    data: WorkspaceData, start: int, end: int, status: str = "PUBLISHED"
) -> list[Row_]:
    """Sum up a window per project that has assignments in it."""
    totals: list[Row_] = []
    for project in data.projects.values():
        planned = [one for one in _counted(data, start, end, status) if one.projectId == project.id]
        if not planned:
            continue
        busy = {day for one in planned for day in _worked(one, start, end)}
        task = next((data.tasks[one.taskId] for one in planned if one.taskId in data.tasks), None)
        due = [one for one in data.milestones.values() if one.projectId == project.id]
        totals.append(
            {
                "projectId": project.id,
                "projectName": project.name,
                "projectColor": project.color,
                "projectArchived": project.archived,
                "projectBillable": project.billable,
                "clientName": project.clientName,
                "taskId": task.id if task else None,
                "taskName": task.name if task else None,
                "totalHours": sum(
                    one.hoursPerDay * len(_worked(one, start, end)) for one in planned
                ),
                "assignments": [
                    {"date": iso(day), "hasAssignment": day in busy} for day in days(start, end)
                ],
                "milestones": [msgspec.to_builtins(one) for one in due],
                "workspaceId": data.row.id,
            }
        )
    return totals


def user_totals(
    world: World, data: WorkspaceData, start: int, end: int, status: str = "PUBLISHED"
) -> list[Row_]:
    """Sum up a window per member, day by day."""
    standing = {one.userId: one.membershipStatus for one in data.row.memberships}
    planned = _counted(data, start, end, status)
    working: list[Json] = [*WORKING_DAYS]
    totals: list[Row_] = []
    for user in data.users.values():
        hours = dict.fromkeys(days(start, end), 0.0)
        for one in planned:
            if one.userId == user.id:
                for day in _worked(one, start, end):
                    hours[day] += one.hoursPerDay
        totals.append(
            {
                "userId": user.id,
                "userName": user.name,
                "userImage": user.profilePicture,
                "userStatus": standing.get(user.id),
                "capacityPerDay": float(CAPACITY),
                "workingDays": msgspec.json.encode(working).decode()
                if world.text_lists
                else working,
                "totalHoursPerDay": [
                    {"date": iso(day), "totalHours": sum_} for day, sum_ in hours.items()
                ],
                "workspaceId": data.row.id,
            }
        )
    return totals


def _counted(data: WorkspaceData, start: int, end: int, status: str) -> list[Assignment]:
    wanted = {"PUBLISHED": {True}, "UNPUBLISHED": {False}}.get(status, {True, False})
    kept = within(data.assignments.values(), start, end)
    return [one for one in kept if one.published in wanted]


def _status(ask: Ask) -> str:
    given = ask.body.get("statusFilter")
    text = None if given is None else str(given)
    return one_of("statusFilter", text, ("PUBLISHED", "UNPUBLISHED", "ALL")) or "PUBLISHED"


def _page(ask: Ask, rows: list[Row_], name: str) -> Response:
    looked_for = str(ask.body.get("search") or "").lower()
    kept = [row for row in rows if looked_for in str(row[name]).lower()]
    block = Block([msgspec.json.encode(row) for row in kept])
    return paged(ask.world, ask.request, block, sizes=TOTALS, body=ask.body)


def _project_totals(ask: Ask) -> Response:
    start, end = ask.body_window()
    return _page(ask, project_totals(ask.data, start, end, _status(ask)), "projectName")


def _user_totals(ask: Ask) -> Response:
    start, end = ask.body_window()
    rows = user_totals(ask.world, ask.data, start, end, _status(ask))
    wanted = ask.body.get("userFilter")
    ids = wanted.get("ids") if isinstance(wanted, dict) else None
    kept = [
        row for row in rows if ask.sees(str(row["userId"])) and (not ids or row["userId"] in ids)
    ]
    return _page(ask, kept, "userName")


def _one_project_total(ask: Ask) -> Response:
    rows = project_totals(ask.data, *ask.window())
    return _single(row for row in rows if row["projectId"] == ask.request.params["projectId"])


def _one_user_total(ask: Ask) -> Response:
    user_id = ask.request.params["userId"]
    if user_id not in ask.data.users:
        raise Refusal(400, 501, f"User with id {user_id} doesn't belong to Workspace")
    start, end = ask.window()
    planned = {one.userId for one in _counted(ask.data, start, end, "PUBLISHED")}
    rows = user_totals(ask.world, ask.data, start, end)
    return _single(row for row in rows if row["userId"] == user_id and user_id in planned)


def _single(rows: Iterable[Row_]) -> Response:
    row = next(iter(rows), None)
    return Response(200) if row is None else json_response(row)


ASSIGNMENTS = "/scheduling/assignments"

OPERATIONS = (
    Operation("GET", ASSIGNMENTS + "/all", _assignments, "SCHEDULING"),
    Operation("POST", ASSIGNMENTS + "/projects/totals", _project_totals, "SCHEDULING"),
    Operation(
        "GET", ASSIGNMENTS + "/projects/totals/{projectId}", _one_project_total, "SCHEDULING"
    ),
    Operation("POST", ASSIGNMENTS + "/user-filter/totals", _user_totals, "SCHEDULING"),
    Operation("GET", ASSIGNMENTS + "/users/{userId}/totals", _one_user_total, "SCHEDULING"),
)
