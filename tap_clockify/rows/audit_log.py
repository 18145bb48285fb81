"""The audit log."""

from taps_common.records.row_types import Instant, Row


class AuditLogEntry(Row):
    """Something that a member did, kept for a year by Clockify.

    Attributes:
        _row_id: digest of workspaceId, timestamp, userId, action, content and previousContent, and
            the number among entries that are alike: entries have no id of their own.
        workspaceId: where it was done. Joins: workspaces.id.
        timestamp: when it was done. Example: 2025-05-01T11:15:00Z.
        action: what was done. Example: CREATE_PROJECT.
        userId: who did it. Joins: users.id.
        userName: Example: John Doe.
        userEmail: Example: johndoe@example.com.
        content: what was changed, as it is now; JSON text. Example: {"projectName":"New Project"}.
        previousContent: what was changed, as it was; JSON text. Empty: where there was nothing
            before.
    """

    _row_id: str = ""
    workspaceId: str = ""
    timestamp: Instant | None = None
    action: str | None = None
    userId: str | None = None
    userName: str | None = None
    userEmail: str | None = None
    content: str | None = None
    previousContent: str | None = None
