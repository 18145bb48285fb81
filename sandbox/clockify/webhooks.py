"""Webhooks and shared reports: what is sent out of a workspace.

A webhook carries `authToken`, a secret. `webhooks?type=SYSTEM` and shared reports filtered by an
unknown value end in 500 (live probes). Shared reports live on the reports host, spell their page
size `pageSize` and ignore `page-size`; the wire has more than the description: filter, userId,
workspaceId, and who sees a report is told another way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from sandbox.clockify.access import Refusal
from sandbox.clockify.blocks import Block
from sandbox.clockify.instants import iso
from sandbox.clockify.operations import REPORTS, Ask, Operation
from sandbox.clockify.paging import Envelope, Sizes, paged
from sandbox.clockify.rows import Row
from sandbox.wire import json_response

if TYPE_CHECKING:
    from sandbox.clockify.maker import Maker
    from sandbox.clockify.workspaces import WorkspaceData
    from sandbox.clockify.world import World
    from sandbox.wire import Json, Response

DAY = 86_400
SECRET = "whsec"  # noqa: S105 - how every made-up token begins
SIZES = Sizes(name="pageSize", header=False)


class Webhook(Row, kw_only=True):
    """Whom to call when something happens."""

    name: str
    url: str = "https://hooks.example.test/new"
    userId: str = ""
    workspaceId: str
    webhookEvent: str = "NEW_PROJECT"
    triggerSource: list[str] = msgspec.field(default_factory=list)
    triggerSourceType: str = "WORKSPACE_ID"
    enabled: bool = True
    deliveryEnabled: bool = True
    planEnabled: bool = True
    authToken: str = f"{SECRET}-new"


class SharedReport(Row, kw_only=True):
    """A report with a link of its own."""

    name: str
    workspaceId: str
    userId: str = ""
    type: str = "DETAILED"
    link: str | None = None
    isPublic: bool = True
    fixedDate: bool = False
    reportAuthor: str | None = None
    visibleToUsers: list[str] = msgspec.field(default_factory=list)
    visibleToUserGroups: list[str] = msgspec.field(default_factory=list)
    filter: dict[str, object] = msgspec.field(default_factory=dict)


def fill(make: Maker, data: WorkspaceData) -> None:
    """Make up webhooks and shared reports."""
    events = ("NEW_PROJECT", "TIMER_STOPPED", "INVOICE_UPDATED")
    for number, event in enumerate(events):
        project = next(iter(data.projects))
        webhook = Webhook(
            id=make.dated_id(make.now - (50 - number) * DAY),
            name=f"Hook {number + 1}",
            url=f"https://hooks.example.test/{number}?a=1&b=2",
            userId=make.owner_id,
            workspaceId=data.row.id,
            webhookEvent=event,
            triggerSource=[project] if number else [data.row.id],
            triggerSourceType="PROJECT_ID" if number else "WORKSPACE_ID",
            enabled=number != 1,
            authToken=f"{SECRET}-{make.dated_id(make.now)}",
        )
        data.webhooks[webhook.id] = webhook
    for number in range(9):
        author = make.writers[number % 2 % len(make.writers)]
        report_id = make.dated_id(make.now - (40 - number) * DAY)
        public = number % 2 == 0
        data.shared_reports[report_id] = SharedReport(
            id=report_id,
            name=f"Report {number + 1} für alle" if number % 3 else f"Report {number + 1}",
            workspaceId=data.row.id,
            userId=author,
            type=("DETAILED", "WEEKLY", "SUMMARY", "EXPENSE_DETAILED", "ATTENDANCE")[number % 5],
            link=f"https://app.example.test/shared/{report_id}" if public else None,
            isPublic=public,
            fixedDate=number % 3 == 0,
            reportAuthor=author,
            visibleToUsers=[] if public else make.writers[: number % 4 + 1],
            visibleToUserGroups=[] if public else list(data.user_groups)[:2],
            filter={
                "dateRangeStart": iso(make.now - (30 + number) * DAY),
                "dateRangeEnd": iso(make.now - number * DAY),
                "exportType": "JSON",
            },
        )


def shown(world: World, data: WorkspaceData, report: SharedReport) -> dict[str, Json]:
    """Return a shared report as it is on the wire, or as it is described."""
    row: dict[str, Json] = msgspec.to_builtins(report)
    if not world.documented_shared_reports:
        users: list[Json] = [{"userId": one} for one in report.visibleToUsers]
        groups: list[Json] = [{"userGroupId": one} for one in report.visibleToUserGroups]
        return {**row, "visibleToUsers": users, "visibleToUserGroups": groups}
    for name in ("filter", "userId", "workspaceId"):
        del row[name]
    return {
        **row,
        "visibleToUsers": [
            {"id": one, "name": data.users[one].name}
            for one in report.visibleToUsers
            if one in data.users
        ],
        "visibleToUserGroups": [
            {"id": one, "name": data.user_groups[one].name}
            for one in report.visibleToUserGroups
            if one in data.user_groups
        ],
    }


def _webhooks(ask: Ask) -> Response:
    """Return every webhook; unpaged."""
    if ask.request.value("type") == "SYSTEM":
        raise Refusal(500, 0, "Internal server error")
    rows = list(ask.data.webhooks.values())
    return json_response({"webhooks": rows, "workspaceWebhookCount": len(rows)})


def _shared_reports(ask: Ask) -> Response:
    """List the caller's shared reports; admins may ask for all."""
    wanted = ask.request.value("sharedReportsFilter") or "ALL"
    caller = ask.asking.user_id
    if wanted not in {"ALL", "ALL_ADMIN", "CREATED_BY_ME", "SHARED_WITH_ME"}:
        raise Refusal(500, 0, "Internal server error")
    kept = [
        one
        for one in ask.data.shared_reports.values()
        if _is_wanted(one, wanted, caller, is_admin=ask.is_admin)
    ]
    rows = [msgspec.json.encode(shown(ask.world, ask.data, one)) for one in kept]
    envelope = Envelope("reports", "count")
    return paged(ask.world, ask.request, Block(rows), sizes=SIZES, envelope=envelope)


def _is_wanted(report: SharedReport, wanted: str, caller: str, *, is_admin: bool) -> bool:
    own = report.userId == caller
    shared = not own and (report.isPublic or caller in report.visibleToUsers)
    if wanted == "CREATED_BY_ME":
        return own
    if wanted == "SHARED_WITH_ME":
        return shared
    return own or shared or is_admin


OPERATIONS = (
    Operation("GET", "/webhooks", _webhooks, admins=True),
    Operation("GET", "/shared-reports", _shared_reports, "SHARED_REPORTS", base=REPORTS),
)
