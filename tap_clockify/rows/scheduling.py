"""Scheduling: what is planned, and how it adds up."""

from typing import Annotated

from msgspec import Meta

from tap_clockify.rows.common import Period
from taps_common.records.row_types import Instant, Number, Row


class Assignment(Row):
    """Work that is planned for one member."""

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
    startTime: Annotated[str, Meta(description="Time of day, hh:mm:ss.")] | None = None
    note: str | None = None


class AssignmentDay(Row):
    """Whether a project has work planned for a day."""

    date: Instant | None = None
    hasAssignment: bool | None = None


class Milestone(Row):
    """A day by which something of a project is due."""

    id: str | None = None
    workspaceId: str | None = None
    projectId: str | None = None
    name: str | None = None
    date: Instant | None = None


class ProjectAssignmentTotal(Row):
    """What is planned and published for a project within the window."""

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
    """Hours that are planned for a member on a day."""

    date: Instant | None = None
    totalHours: Number | None = None


class UserCapacityTotal(Row):
    """What a member can work, and what is planned and published, within the window."""

    userId: str
    workspaceId: str = ""
    userName: str | None = None
    userImage: str | None = None
    userStatus: str | None = None
    capacityPerDay: Annotated[Number, Meta(description="In seconds: 25200 is 7 hours.")] | None = (
        None
    )
    workingDays: (
        Annotated[list[str] | str, Meta(description="Days of the week: a list, or its JSON text.")]
        | None
    ) = None
    totalHoursPerDay: list[PlannedDay] | None = None


class UserCapacityDay(Row):
    """Hours that are planned and published for a member on a day."""

    workspaceId: str
    userId: str
    date: Instant | None
    totalHours: Number | None
