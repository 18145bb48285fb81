"""What is sent out of a workspace: webhooks and shared reports."""

from typing import Annotated

from msgspec import Meta

from taps_common.records.row_types import Json, Row

Audience = Annotated[
    Json,
    Meta(description="Who sees it: a list of objects, or of ids. Its form is not known for sure."),
]


class Webhook(Row):
    """An address that is called when something happens; its token is never read."""

    id: str
    workspaceId: str | None = None
    userId: str | None = None
    name: str | None = None
    url: str | None = None
    webhookEvent: str | None = None
    triggerSource: list[str] | None = None
    triggerSourceType: str | None = None
    enabled: bool | None = None
    deliveryEnabled: bool | None = None
    planEnabled: bool | None = None


class SharedReport(Row):
    """A report with a link of its own."""

    id: str
    workspaceId: str = ""
    userId: str | None = None  # on the wire only
    name: str | None = None
    type: str | None = None
    link: str | None = None
    isPublic: bool | None = None
    fixedDate: bool | None = None
    reportAuthor: str | None = None
    visibleToUsers: Audience = None
    visibleToUserGroups: Audience = None
    filter: dict[str, Json] | None = None  # on the wire only
