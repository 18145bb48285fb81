"""Workspaces, their members and groups, and what a workspace says of one member.

A member's `status` is the account's; the workspace's own is in the memberships, which come only
when asked for. A profile has no id. Managers are the team managers of a member's groups.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import structs

from sandbox.clockify.ask import Ask, Shown, unconvertible
from sandbox.clockify.rows import User, Workspace
from sandbox.clockify.workspaces import WORKING_DAYS

LISTED = ("ACTIVE", "PENDING_EMAIL_VERIFICATION", "NOT_REGISTERED")
"""LIMITED (kiosk) and deleted accounts are only listed when asked for."""


def user(ask: Ask) -> User:
    kind = "ALL" if ask.request.flag("include-memberships") else "NONE"
    return _with_memberships(ask.data.users[ask.caller.user_id], kind)


def workspaces(ask: Ask) -> list[Workspace]:
    """Return the workspaces of the key's owner, by role if asked so."""
    user_id, wanted = ask.caller.user_id, set(_several(ask, "roles"))
    homes = [ask.world.workspaces[one] for one in ask.caller.workspace_ids]
    return [
        data.row
        for data in homes
        if user_id in data.users and (not wanted or wanted & data.roles.get(user_id, set()))
    ]


def users(ask: Ask) -> list[User]:
    """List members by account status and by their standing in the workspace."""
    request, standing = ask.request, ask.data.standing()
    accounts, status = _several(ask, "account-statuses") or LISTED, request.value("status")
    kind = request.value("memberships") or "NONE"
    kept = [
        _with_memberships(one, kind)
        for one in ask.data.users.values()
        if one.status in accounts and status in {None, "ALL", standing.get(one.id)}
    ]
    return ask.ordered(kept, "email")


def _several(ask: Ask, name: str) -> Sequence[str]:
    """Return the values of a parameter that may have several, as `several_values` has it."""
    given = [value for key, value in ask.request.query if key == name]
    several = len(given) > 1
    refused = {
        "joined": several,
        "single": several or any("," in value for value in given),
    }
    if refused.get(ask.world.several_values):
        raise unconvertible(name, ",".join(given))
    values = ask.request.values(name)
    return {"first": values[:1], "last": values[-1:]}.get(ask.world.several_values, values)


def _with_memberships(one: User, kind: str) -> User:
    """Copy a user with the memberships of one kind, ALL or NONE of them."""
    kept = [held for held in one.memberships if kind in {"ALL", held.membershipType}]
    return structs.replace(one, memberships=kept)


def user_groups(ask: Ask) -> list[Shown]:
    """List groups; `teamManagers` only when asked for."""
    rows: list[Shown] = msgspec.to_builtins(ask.ordered(ask.data.user_groups.values()))
    if not ask.request.flag("includeTeamManagers"):
        for row in rows:
            del row["teamManagers"]
    return rows


def managers(ask: Ask) -> list[User]:
    """Return the team managers of a member's groups; they come without memberships."""
    user_id, data = ask.member().id, ask.data
    groups = [group for group in data.user_groups.values() if user_id in group.userIds]
    ids = {manager.id for group in groups for manager in group.teamManagers or ()}
    found = [_with_memberships(one, "NONE") for one in data.users.values() if one.id in ids]
    return ask.ordered(found, "id")


def profile(ask: Ask) -> Shown:
    one, world = ask.member(), ask.world
    return {
        "email": one.email,
        "name": one.name,
        "imageUrl": one.profilePicture,
        "hasPassword": one.status == "ACTIVE",
        "hasPendingApprovalRequest": any(
            request.ownerId == one.id and request.status.state == "PENDING"
            for request in ask.data.approval_requests.values()
        ),
        "weekStart": one.settings["weekStart"] if one.settings else "MONDAY",
        "workCapacity": "PT7H",
        "workingDays": world.list_or_text(WORKING_DAYS),
        "workspaceNumber": sum(one.id in data.users for data in world.workspaces.values()),
        "userCustomFieldValues": [
            {
                "customFieldId": value.customFieldId,
                "name": value.customFieldName,
                "type": value.customFieldType,
                "sourceType": "USER" if value.value else "WORKSPACE",
                "userId": value.userId,
                "value": value.value,
                "customField": ask.data.custom_fields.get(value.customFieldId),
            }
            for value in one.customFields
        ],
    }
