"""Time entries."""

from typing import Annotated

from msgspec import Meta

from tap_clockify.rows.common import Offset, Rate, ZonedTimeInterval
from taps_common.records.row_types import Instant, Json, Row

_FROM_FEED = "As the feed of changes says, of entries that it named; with LOG_BASED only."


class TimeInterval(ZonedTimeInterval):
    """When an entry ran; a running timer has no end and no duration.

    Two spellings of offsets are described.
    """

    offStart: Offset | None = None
    offEnd: Offset | None = None


class CustomFieldValue(Row):
    """A custom field's value on a time entry."""

    customFieldId: str | None = None
    timeEntryId: str | None = None
    name: str | None = None
    type: str | None = None
    value: Json = None
    sourceType: str | None = None


class TimeEntry(Row):
    """Time one member recorded; a running timer has no end."""

    id: str
    workspaceId: str | None = None
    userId: str | None = None
    start: Annotated[Instant, Meta(description="Copy of timeInterval.start.")] | None = None
    timeInterval: TimeInterval | None = None
    description: str | None = None
    projectId: str | None = None
    taskId: str | None = None
    tagIds: list[str] | None = None
    billable: bool | None = None
    isLocked: bool | None = None
    type: str | None = None
    kioskId: str | None = None
    approvalRequestId: str | None = None  # on the wire only
    hourlyRate: Rate | None = None
    costRate: Rate | None = None
    customFieldValues: list[CustomFieldValue] | None = None
    createdAt: Annotated[Instant, Meta(description=_FROM_FEED)] | None = None
    updatedAt: Annotated[Instant, Meta(description=_FROM_FEED)] | None = None
    _sdc_deleted_at: Annotated[Instant, Meta(description="When it was deleted.")] | None = None


class TimeEntryTag(Row):
    """A tag on a time entry."""

    workspaceId: str | None
    userId: str | None
    timeEntryId: str
    tagId: str | None
    start: Annotated[Instant, Meta(description="Start of the entry.")] | None


class TimeEntryCustomField(Row):
    """A custom field's value on a time entry, as text."""

    workspaceId: str | None
    userId: str | None
    timeEntryId: str
    customFieldId: str | None
    name: str | None
    type: str | None
    sourceType: str | None
    value: (
        Annotated[str, Meta(description="A text as it is, anything else as its JSON text.")] | None
    )
    start: Annotated[Instant, Meta(description="Start of the entry.")] | None
