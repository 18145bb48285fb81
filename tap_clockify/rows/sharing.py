"""What is sent out of a workspace: webhooks and shared reports."""

from taps_common.records.row_types import Json, Row


class Webhook(Row):
    """An address that is called when something happens; its token is never read.

    Attributes:
        id: unique in all of Clockify. Example: 76a687e29ae1f428e7ebe101.
        workspaceId: where things happen. Joins: workspaces.id.
        userId: whose webhook it is. Joins: users.id.
        name: Example: stripe.
        url: what is called. Example: https://example-clockify.com/stripeEndpoint.
        webhookEvent: what has to happen. Example: NEW_PROJECT.
        triggerSource: ids of what it has to happen to; triggerSourceType says of which kind.
            Example: ["54a687e29ae1f428e7ebe909"].
        triggerSourceType: the kind of triggerSource, such as PROJECT_ID, USER_ID or WORKSPACE_ID.
        enabled: whether it is switched on.
        deliveryEnabled: whether calls are sent; Clockify stops after too many failures.
        planEnabled: whether the plan allows it, what it is about and how many there are.
    """

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
    """A report with a link of its own.

    Attributes:
        id: unique in all of Clockify. Example: 60f91b3ffdaf031696ec61a8.
        workspaceId: where the report is. Joins: workspaces.id.
        userId: whose report it is. Joins: users.id.
        name: Example: Weekly 1.
        type: of the report, such as DETAILED, SUMMARY, WEEKLY or ATTENDANCE.
        link: address of the report.
        isPublic: whether everybody who has the link sees it.
        fixedDate: whether it is always of the same dates.
        reportAuthor: who made it. Joins: users.id.
        visibleToUsers: members who see it: a list of objects, or of ids. Its form is not known for
            sure.
        visibleToUserGroups: groups whose members see it: a list of objects, or of ids. Its form is
            not known for sure.
        filter: what the report is of, as its author chose; its members are not documented.
    """

    id: str
    workspaceId: str = ""
    userId: str | None = None  # on the wire only
    name: str | None = None
    type: str | None = None
    link: str | None = None
    isPublic: bool | None = None
    fixedDate: bool | None = None
    reportAuthor: str | None = None
    visibleToUsers: Json = None
    visibleToUserGroups: Json = None
    filter: dict[str, Json] | None = None  # on the wire only
