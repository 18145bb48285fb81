"""Webhooks and shared reports: what is sent out of a workspace.

A webhook carries `authToken`, a secret. `webhooks?type=SYSTEM` and shared reports filtered by an
unknown value end in 500 (live probes). Shared reports live on the reports host; the wire has more
of them than the description: filter, userId, workspaceId, and who sees one is told another way.
"""

from __future__ import annotations

from msgspec import structs

from sandbox.clockify.ask import Ask, Refusal, Shown
from sandbox.clockify.rows import SharedReport, Webhook

WANTED = ("ALL", "ALL_ADMIN", "CREATED_BY_ME", "SHARED_WITH_ME")


def webhooks(ask: Ask) -> list[Webhook]:
    if ask.request.value("type") == "SYSTEM":
        raise Refusal(500, 0, "Internal server error")
    return list(ask.data.webhooks.values())


def shared_reports(ask: Ask) -> list[Shown]:
    """List the caller's shared reports; admins may ask for all."""
    wanted = ask.request.value("sharedReportsFilter") or "ALL"
    if wanted not in WANTED:
        raise Refusal(500, 0, "Internal server error")
    reports = ask.data.shared_reports.values()
    return [_shown(ask, one) for one in reports if _is_wanted(ask, one, wanted)]


def _is_wanted(ask: Ask, report: SharedReport, wanted: str) -> bool:
    caller = ask.caller.user_id
    own = report.userId == caller
    shared = not own and (report.isPublic or caller in report.visibleToUsers)
    every = own or shared or ask.is_admin
    return {"CREATED_BY_ME": own, "SHARED_WITH_ME": shared}.get(wanted, every)


def _shown(ask: Ask, report: SharedReport) -> Shown:
    """Return a shared report as it is on the wire, or as it is described."""
    row: Shown = structs.asdict(report)
    data, users, groups = ask.data, report.visibleToUsers, report.visibleToUserGroups
    if not ask.world.documented_shared_reports:
        row["visibleToUsers"] = [{"userId": one} for one in users]
        row["visibleToUserGroups"] = [{"userGroupId": one} for one in groups]
        return row
    for name in ("filter", "userId", "workspaceId"):
        del row[name]
    row["visibleToUsers"] = [
        {"id": one, "name": data.users[one].name} for one in users if one in data.users
    ]
    row["visibleToUserGroups"] = [
        {"id": one, "name": data.user_groups[one].name} for one in groups if one in data.user_groups
    ]
    return row
