"""Scheduling: what is planned, and how it adds up."""

from tap_clockify.rows.common import Period
from taps_common.records.row_types import Instant, Number, Row


class Assignment(Row):
    """Work that is planned for one member.

    Attributes:
        id: unique in all of Clockify. Example: 74a687e29ae1f428e7ebe505.
        workspaceId: where the work is planned. Joins: workspaces.id.
        userId: who is to do the work. Joins: users.id.
        userName: Example: John Doe.
        projectId: the project. Joins: projects.id.
        projectName: Example: Software Development.
        projectColor: in which Clockify shows the project, RGB in hexadecimal. Example: #03A9F4.
        projectArchived: whether the project was put aside.
        projectBillable: whether work on the project is billable as a rule.
        clientId: the project's client. Empty: where it has none. Joins: clients.id.
        clientName: Example: Client X. Empty: where the project has no client.
        taskId: the task. Empty: where none was chosen. Joins: tasks.id.
        taskName: Example: Bugfixing. Empty: where no task was chosen.
        billable: whether the planned work is billable.
        hoursPerDay: how much work is planned for each day. Unit: hours. Example: 7.5.
        period: from when to when the work is planned.
        start: copy of period.start. Example: 2026-01-01T08:00:00Z.
        end: copy of period.end. Example: 2026-01-07T17:00:00Z.
        startTime: at which time of day it begins; the time zone is not documented. Unit: hh:mm:ss.
            Example: 10:00:00. Empty: where none was chosen.
        note: free text about it. Empty: where nothing was written.
    """

    id: str
    workspaceId: str | None = None
    userId: str | None = None
    userName: str | None = None
    projectId: str | None = None
    projectName: str | None = None
    projectColor: str | None = None
    projectArchived: bool | None = None
    projectBillable: bool | None = None
    clientId: str | None = None
    clientName: str | None = None
    taskId: str | None = None
    taskName: str | None = None
    billable: bool | None = None
    hoursPerDay: Number | None = None
    period: Period | None = None
    start: Instant | None = None
    end: Instant | None = None
    startTime: str | None = None
    note: str | None = None


class AssignmentDay(Row):
    """Whether a project has work planned for a day.

    Attributes:
        date: the day. Example: 2026-01-31T00:00:00Z.
        hasAssignment: whether work is planned for it.
    """

    date: Instant | None = None
    hasAssignment: bool | None = None


class Milestone(Row):
    """A day by which something of a project is due.

    Attributes:
        id: identifies the milestone. Example: 34a687e29ae1f428e7ebe303.
        workspaceId: where the project is. Joins: workspaces.id.
        projectId: the project. Joins: projects.id.
        name: Example: Q3.
        date: by when. Example: 2020-01-01T08:00:00Z.
    """

    id: str | None = None
    workspaceId: str | None = None
    projectId: str | None = None
    name: str | None = None
    date: Instant | None = None


class ProjectAssignmentTotal(Row):
    """What is planned and published for a project within the window.

    Attributes:
        projectId: the project. Joins: projects.id.
        workspaceId: where the project is. Joins: workspaces.id.
        projectName: Example: Software Development.
        projectColor: in which Clockify shows the project, RGB in hexadecimal. Example: #03A9F4.
        projectArchived: whether the project was put aside.
        projectBillable: whether work on the project is billable as a rule.
        clientName: Example: Client X. Empty: where the project has no client.
        taskId: a task; which one, if several are planned, is not documented. Joins: tasks.id.
        taskName: of taskId. Example: Bugfixing.
        totalHours: how much work is planned. Unit: hours. Example: 490.5.
        assignments: which days of the window have work planned.
        milestones: days by which something of the project is due.
    """

    projectId: str
    workspaceId: str = ""
    projectName: str | None = None
    projectColor: str | None = None
    projectArchived: bool | None = None
    projectBillable: bool | None = None
    clientName: str | None = None
    taskId: str | None = None
    taskName: str | None = None
    totalHours: Number | None = None
    assignments: list[AssignmentDay] | None = None
    milestones: list[Milestone] | None = None


class PlannedDay(Row):
    """Hours that are planned for a member on a day.

    Attributes:
        date: the day. Example: 2026-01-31T00:00:00Z.
        totalHours: how much work is planned for the day. Unit: hours. Example: 7.5.
    """

    date: Instant | None = None
    totalHours: Number | None = None


class UserCapacityTotal(Row):
    """What a member can work, and what is planned and published, within the window.

    Attributes:
        userId: the member. Joins: users.id.
        workspaceId: where the member works. Joins: workspaces.id.
        userName: Example: John Doe.
        userImage: address of the member's picture.
        userStatus: Example: ACTIVE.
        capacityPerDay: what the member can work a day. Unit: seconds. Example: 25200.
        workingDays: days of the week, such as MONDAY. A list, or its JSON text.
        totalHoursPerDay: what is planned, one row for each day in user_capacity_days.
    """

    userId: str
    workspaceId: str = ""
    userName: str | None = None
    userImage: str | None = None
    userStatus: str | None = None
    capacityPerDay: Number | None = None
    workingDays: list[str] | str | None = None
    totalHoursPerDay: list[PlannedDay] | None = None


class UserCapacityDay(Row):
    """Hours that are planned and published for a member on a day.

    Attributes:
        workspaceId: where the member works. Joins: workspaces.id.
        userId: the member. Joins: users.id.
        date: the day. Example: 2026-01-31T00:00:00Z.
        totalHours: how much work is planned for the day. Unit: hours. Example: 7.5.
    """

    workspaceId: str
    userId: str
    date: Instant | None
    totalHours: Number | None
