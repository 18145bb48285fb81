"""What a workspace says about one member: the profile and who manages them.

A profile has no id. Managers are the team managers of a member's groups, as full users.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import structs

from sandbox.clockify.access import Refusal
from sandbox.clockify.blocks import Block
from sandbox.clockify.filters import ordered
from sandbox.clockify.operations import Ask, Operation
from sandbox.clockify.paging import paged, unpaged
from sandbox.clockify.plans import WORKING_DAYS
from sandbox.wire import json_response

if TYPE_CHECKING:
    from sandbox.clockify.rows import CustomField, User
    from sandbox.clockify.workspaces import WorkspaceData
    from sandbox.clockify.world import World
    from sandbox.wire import Json, Response


def profile(world: World, data: WorkspaceData, user: User) -> dict[str, Json]:
    """Return a member's profile."""
    pending = any(
        one.ownerId == user.id and one.status.state == "PENDING"
        for one in data.approval_requests.values()
    )
    working: list[Json] = [*WORKING_DAYS]
    return {
        "email": user.email,
        "name": user.name,
        "imageUrl": user.profilePicture,
        "hasPassword": user.status == "ACTIVE",
        "hasPendingApprovalRequest": pending,
        "weekStart": user.settings.weekStart if user.settings else "MONDAY",
        "workCapacity": "PT7H",
        "workingDays": msgspec.json.encode(working).decode() if world.text_lists else working,
        "workspaceNumber": sum(user.id in one.users for one in world.workspaces.values()),
        "userCustomFieldValues": [
            {
                "customFieldId": value.customFieldId,
                "name": value.customFieldName,
                "type": value.customFieldType,
                "sourceType": "USER" if value.value else "WORKSPACE",
                "userId": value.userId,
                "value": value.value,  # type: ignore[dict-item]  # any JSON
                "customField": msgspec.to_builtins(data.custom_fields.get(value.customFieldId)),
            }
            for value in user.customFields
        ],
    }


def managers(data: WorkspaceData, user_id: str) -> list[User]:
    """Return the team managers of a member's groups; they come without memberships."""
    ids = {
        manager.id
        for group in data.user_groups.values()
        if user_id in group.userIds
        for manager in group.teamManagers or ()
    }
    return [
        structs.replace(data.users[one], memberships=[]) for one in sorted(ids & set(data.users))
    ]


def project_custom_fields(data: WorkspaceData, project_id: str) -> list[CustomField]:
    """Return the time entry fields as one project has them: with its own default only."""
    return [
        structs.replace(
            field,
            projectDefaultValues=[
                one for one in field.projectDefaultValues if one.projectId == project_id
            ],
        )
        for field in data.custom_fields.values()
        if field.entityType == "TIMEENTRY"
    ]


def _profile(ask: Ask) -> Response:
    user_id = ask.member(ask.request.params["userId"])
    return json_response(profile(ask.world, ask.data, ask.data.users[user_id]))


def _managers(ask: Ask) -> Response:
    user_id = ask.member(ask.request.params["userId"])
    rows = ordered(managers(ask.data, user_id), ask.request, "id")
    return paged(ask.world, ask.request, Block.of(rows))


def _project_custom_fields(ask: Ask) -> Response:
    """List a project's fields; unpaged."""
    project_id = ask.request.params["projectId"]
    if project_id not in ask.data.projects:
        raise Refusal(400, 501, f"Project with id {project_id} doesn't belong to Workspace")
    status = ask.request.value("status")
    kind = ask.request.value("entity-type")
    kept = [
        field
        for field in project_custom_fields(ask.data, project_id)
        if status in {None, field.status} and kind in {None, field.entityType}
    ]
    return unpaged(Block.of(kept))


OPERATIONS = (
    Operation("GET", "/member-profile/{userId}", _profile),
    Operation("GET", "/users/{userId}/managers", _managers),
    Operation(
        "GET", "/projects/{projectId}/custom-fields", _project_custom_fields, "CUSTOM_FIELDS"
    ),
)
