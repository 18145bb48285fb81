"""The audit log."""

from typing import Annotated

from msgspec import Meta

from taps_common.records.row_types import Instant, Row

_ROW_ID = (
    "Digest of workspaceId, timestamp, userId, action, content and previousContent, and the number "
    "among entries that are alike: entries have no id of their own."
)


class AuditLogEntry(Row):
    """Something that a member did, kept for a year by Clockify."""

    _row_id: Annotated[str, Meta(description=_ROW_ID)] = ""
    workspaceId: str = ""
    timestamp: Annotated[Instant, Meta(description="When it was done, UTC.")] | None = None
    action: str | None = None
    userId: str | None = None
    userName: str | None = None
    userEmail: str | None = None
    content: (
        Annotated[str, Meta(description="JSON text of what was changed, as it is now.")] | None
    ) = None
    previousContent: (
        Annotated[str, Meta(description="JSON text of what was changed, as it was.")] | None
    ) = None
