"""What the feeds of changes say."""

from typing import Annotated

from msgspec import Meta

from taps_common.records.row_types import Instant, Row

_DOCUMENT = "JSON text of what the feed says of it; what that holds differs by type."


class EntityChange(Row):
    """Something that was created or updated."""

    workspaceId: str
    change: Annotated[str, Meta(description="created or updated")]
    type: Annotated[str, Meta(description="Type of the entity, such as TIME_ENTRY.")]
    id: str
    at: Annotated[Instant, Meta(description="When it happened.")]
    createdAt: Instant | None = None
    updatedAt: Instant | None = None
    document: Annotated[str, Meta(description=_DOCUMENT)] | None = None


class EntityDeletion(Row):
    """Something that was deleted."""

    workspaceId: str
    type: Annotated[str, Meta(description="Type of the entity, such as TIME_ENTRY.")]
    id: Annotated[str, Meta(description="Id of the entity; never that of its bin.")]
    deletedAt: Instant
    deletionBinId: str | None = None
    document: Annotated[str, Meta(description=_DOCUMENT)] | None = None
