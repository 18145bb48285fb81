"""Time entries."""

from tap_clockify.rows.common import Offset, Rate, Seconds, ZonedTimeInterval
from taps_common.records.row_types import Instant, Json, Row


class TimeInterval(ZonedTimeInterval):
    """When an entry ran; a running timer has no end and no duration.

    Two spellings of offsets are described.

    Attributes:
        timeZone: the zone of zonedStart, zonedEnd and the offsets. Example: Europe/Budapest.
            Empty: in lists of time entries, as far as is documented.
        zonedStart: when the entry began, there. Empty: as timeZone.
        zonedEnd: when the entry ended, there. Empty: as timeZone, and while the timer runs.
        offsetStart: how far timeZone was from UTC when the entry began. Example: 3600. Empty: as
            timeZone.
        offsetEnd: how far timeZone was from UTC when the entry ended. Example: 3600. Empty: as
            timeZone, and while the timer runs.
        offStart: offsetStart, where it comes by this name. Example: 3600. Empty: as timeZone.
        offEnd: offsetEnd, where it comes by this name. Example: 3600. Empty: as timeZone, and while
            the timer runs.
    """

    offStart: Offset | None = None
    offEnd: Offset | None = None


class CustomFieldValue(Row):
    """A custom field's value on a time entry.

    Attributes:
        customFieldId: the field. Joins: custom_fields.id.
        timeEntryId: the entry. Joins: time_entries.id.
        name: of the field. Example: PO number.
        type: of the field: TXT, NUMBER, DROPDOWN_SINGLE, DROPDOWN_MULTIPLE, CHECKBOX or LINK. The
            published description has what sourceType holds here.
        value: a number, a list of texts, true or false, or a text, as the field's type has it.
            Empty: where none was given.
        sourceType: where the value comes from: WORKSPACE, PROJECT or TIMEENTRY. Empty: where
            Clockify leaves it out.
    """

    customFieldId: str | None = None
    timeEntryId: str | None = None
    name: str | None = None
    type: str | None = None
    value: Json = None
    sourceType: str | None = None


class TimeEntry(Row):
    """Time one member recorded; a running timer has no end.

    Attributes:
        id: unique in all of Clockify. Example: 64c777ddd3fcab07cfbb210c.
        workspaceId: where the time was recorded. Joins: workspaces.id.
        userId: whose time it is. Joins: users.id.
        start: copy of timeInterval.start, at the top because it is the replication key.
            Example: 2026-01-31T08:00:00Z.
        end: copy of timeInterval.end. Example: 2026-01-31T09:30:00Z. Empty: while the timer runs.
        durationSeconds: from start to end. Example: 5400. Empty: while the timer runs.
        timeInterval: when the entry ran.
        description: what was done, as the member wrote it. Empty: where nothing was written.
        projectId: the project that the time is booked on. Empty: where none was chosen.
            Joins: projects.id.
        taskId: the task that the time is booked on. Empty: where none was chosen. Joins: tasks.id.
        tagIds: the entry's tags, one row each in time_entry_tags. Empty: where there are none.
            Joins: tags.id.
        billable: whether the time can be billed; what the project says does not matter here.
        isLocked: whether the entry can no longer be changed.
        type: REGULAR, BREAK, HOLIDAY or TIME_OFF.
        kioskId: the kiosk at which the time was recorded; kiosks are not read. Empty: where none
            was used.
        approvalRequestId: the approval request that holds the entry. Empty: as a rule, since lists
            were not seen with it; approval_request_entries has it. Needs: the plan Standard.
            Joins: approval_requests.id.
        hourlyRate: what an hour of the entry is billed at. Empty: seen where only the workspace,
            the member or the project has a rate.
        costRate: what an hour of the entry costs. Empty: where no such rate is known. Needs: the
            plan Pro.
        customFieldValues: the entry's custom fields, one row each in time_entry_custom_fields.
            Needs: the plan Pro.
        createdAt: when the entry was created, as a feed of changes says. Empty: unless a feed named
            it in the run that sent it, so always without LOG_BASED.
        updatedAt: when the entry was changed last, as a feed of changes says. Empty: as createdAt.
        _sdc_deleted_at: when the entry was deleted. Empty: while it exists, and always without
            LOG_BASED.
    """

    id: str
    workspaceId: str | None = None
    userId: str | None = None
    start: Instant | None = None
    end: Instant | None = None
    durationSeconds: Seconds | None = None
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
    createdAt: Instant | None = None
    updatedAt: Instant | None = None
    _sdc_deleted_at: Instant | None = None


class TimeEntryTag(Row):
    """A tag on a time entry.

    Attributes:
        workspaceId: the workspace of the entry. Joins: workspaces.id.
        userId: whose entry it is. Joins: users.id.
        timeEntryId: the entry. Joins: time_entries.id.
        tagId: the tag. Joins: tags.id.
        start: when the entry began. Example: 2026-01-31T08:00:00Z.
    """

    workspaceId: str | None
    userId: str | None
    timeEntryId: str
    tagId: str | None
    start: Instant | None


class TimeEntryCustomField(Row):
    """A custom field's value on a time entry, as text.

    Attributes:
        workspaceId: the workspace of the entry. Joins: workspaces.id.
        userId: whose entry it is. Joins: users.id.
        timeEntryId: the entry. Joins: time_entries.id.
        customFieldId: the field. Joins: custom_fields.id.
        name: of the field. Example: PO number.
        type: of the field: TXT, NUMBER, DROPDOWN_SINGLE, DROPDOWN_MULTIPLE, CHECKBOX or LINK. The
            published description has what sourceType holds here.
        sourceType: where the value comes from: WORKSPACE, PROJECT or TIMEENTRY. Empty: where
            Clockify leaves it out.
        value: a text as it is, anything else as its JSON text. Example: ["a","b"]. Empty: where
            none was given.
        start: when the entry began. Example: 2026-01-31T08:00:00Z.
    """

    workspaceId: str | None
    userId: str | None
    timeEntryId: str
    customFieldId: str | None
    name: str | None
    type: str | None
    sourceType: str | None
    value: str | None
    start: Instant | None
