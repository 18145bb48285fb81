"""What rows of several areas hold."""

from typing import Annotated

from msgspec import Meta

from taps_common.records.row_types import Instant, Number, Row

MinorUnits = Annotated[
    Number,
    Meta(description="Unit: minor units of the currency (cents), possibly with a fraction."),
]
IsoDuration = Annotated[str, Meta(description="Unit: ISO-8601 duration, such as PT1H30M.")]
Seconds = Annotated[Number, Meta(description="Unit: seconds.")]


class Rate(Row):
    """An amount of money per hour.

    Attributes:
        amount: what an hour is worth. Example: 10500.
        currency: ISO 4217 code. Example: USD.
    """

    amount: MinorUnits | None = None
    currency: str | None = None


class Membership(Row):
    """A member's access to a workspace, a project or a group.

    Attributes:
        userId: the member. Joins: users.id.
        targetId: what the member has access to: the id of a workspace, project or group, as
            membershipType says.
        membershipType: WORKSPACE, PROJECT or USERGROUP.
        membershipStatus: PENDING, ACTIVE, DECLINED or INACTIVE, there.
        hourlyRate: what an hour of the member is billed at there. Empty: where none is set.
        costRate: what an hour of the member costs there. Empty: where none is set. Needs: the plan
            Pro.
    """

    userId: str | None = None
    targetId: str | None = None
    membershipType: str | None = None
    membershipStatus: str | None = None
    hourlyRate: Rate | None = None
    costRate: Rate | None = None


class Period(Row):
    """From one time to another.

    Attributes:
        start: where it begins. Example: 2026-01-01T08:00:00Z.
        end: where it ends. Example: 2026-01-07T17:00:00Z.
    """

    start: Instant | None = None
    end: Instant | None = None


class ProjectInfo(Row):
    """What other rows show of a project.

    Attributes:
        id: the project. Joins: projects.id.
        name: Example: Software Development.
        clientId: the project's client. Empty: where it has none. Joins: clients.id.
        clientName: Example: Client X. Empty: where the project has no client.
        color: in which Clockify shows the project, RGB in hexadecimal. Example: #03A9F4.
    """

    id: str | None = None
    name: str | None = None
    clientId: str | None = None
    clientName: str | None = None
    color: str | None = None


class TaskInfo(Row):
    """What other rows show of a task.

    Attributes:
        id: the task. Joins: tasks.id.
        name: Example: Bugfixing.
    """

    id: str | None = None
    name: str | None = None


WallClock = Annotated[str, Meta(description="Unit: wall clock of timeZone.")]
Offset = Annotated[int, Meta(description="Unit: seconds from UTC.")]


class ZonedTimeInterval(Row):
    """When an entry ran, in UTC and in its member's zone.

    Attributes:
        start: when the entry began. Example: 2026-01-31T08:00:00Z.
        end: when the entry ended. Empty: while the timer runs.
        duration: from start to end. Empty: while the timer runs.
        timeZone: the zone of zonedStart, zonedEnd and the offsets. Example: Europe/Budapest.
            Empty: where Clockify leaves it out.
        zonedStart: when the entry began, there. Empty: where Clockify leaves it out.
        zonedEnd: when the entry ended, there. Empty: where Clockify leaves it out, and while the
            timer runs.
        offsetStart: how far timeZone was from UTC when the entry began. Example: 3600. Empty: where
            Clockify leaves it out.
        offsetEnd: how far timeZone was from UTC when the entry ended. Example: 3600. Empty: where
            Clockify leaves it out, and while the timer runs.
    """

    start: Instant | None = None
    end: Instant | None = None
    duration: IsoDuration | None = None
    timeZone: str | None = None
    zonedStart: WallClock | None = None
    zonedEnd: WallClock | None = None
    offsetStart: Offset | None = None
    offsetEnd: Offset | None = None
