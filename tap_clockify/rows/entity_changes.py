"""What the feeds of changes say."""

from taps_common.records.row_types import Instant, Row


class EntityChange(Row):
    """Something that was created or updated.

    Attributes:
        workspaceId: where it happened. Joins: workspaces.id.
        change: created or updated.
        type: of what changed. Example: TIME_ENTRY.
        id: of what changed; the table that has it goes by type. Example: 64c777ddd3fcab07cfbb210c.
        at: when it happened. Example: 2026-01-31T08:00:00Z.
        createdAt: when it was created. Empty: where the feed leaves it out.
        updatedAt: when it was updated last. Empty: where the feed leaves it out.
        document: JSON text of what the feed says of it; what that holds differs by type.
    """

    workspaceId: str
    change: str
    type: str
    id: str
    at: Instant
    createdAt: Instant | None = None
    updatedAt: Instant | None = None
    document: str | None = None


class EntityDeletion(Row):
    """Something that was deleted.

    Attributes:
        workspaceId: where it happened. Joins: workspaces.id.
        type: of what was deleted. Example: TIME_ENTRY.
        id: of what was deleted, never that of its bin; the table that had it goes by type.
            Example: 64c777ddd3fcab07cfbb210c.
        deletedAt: when it happened. Example: 2026-01-31T08:00:00Z.
        deletionBinId: what Clockify keeps it under after that. Empty: where the feed leaves it out.
        document: JSON text of what the feed says of it; what that holds differs by type.
    """

    workspaceId: str
    type: str
    id: str
    deletedAt: Instant
    deletionBinId: str | None = None
    document: str | None = None
