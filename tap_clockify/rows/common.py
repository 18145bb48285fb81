"""What rows of several areas hold."""

from typing import Annotated

from msgspec import Meta

from taps_common.records.row_types import Instant, Number, Row

MinorUnits = Annotated[
    Number, Meta(description="In minor units of the currency (cents), possibly with a fraction.")
]
IsoDuration = Annotated[str, Meta(description="ISO-8601 duration, such as PT1H30M.")]


class Rate(Row):
    """An amount of money per hour."""

    amount: MinorUnits | None = None
    currency: str | None = None


class Membership(Row):
    """A member's access to a workspace, a project or a group."""

    userId: str | None = None
    targetId: str | None = None
    membershipType: str | None = None
    membershipStatus: str | None = None
    hourlyRate: Rate | None = None
    costRate: Rate | None = None


class Period(Row):
    """From one time to another."""

    start: Instant | None = None
    end: Instant | None = None


class ProjectInfo(Row):
    """What other rows show of a project."""

    id: str | None = None
    name: str | None = None
    clientId: str | None = None
    clientName: str | None = None
    color: str | None = None


class TaskInfo(Row):
    """What other rows show of a task."""

    id: str | None = None
    name: str | None = None


WallClock = Annotated[str, Meta(description="Wall clock of timeZone.")]
Offset = Annotated[int, Meta(description="Seconds from UTC.")]


class ZonedTimeInterval(Row):
    """When an entry ran, in UTC and in its member's zone."""

    start: Instant | None = None
    end: Instant | None = None
    duration: IsoDuration | None = None
    timeZone: str | None = None
    zonedStart: WallClock | None = None
    zonedEnd: WallClock | None = None
    offsetStart: Offset | None = None
    offsetEnd: Offset | None = None
