"""One workspace's lists, and how many rows each size of the account has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.clockify.blocks import Timesheet
    from sandbox.clockify.rows import (
        Client,
        CustomField,
        Holiday,
        Membership,
        Project,
        Tag,
        Task,
        User,
        UserGroupWithManagers,
        Workspace,
    )


@dataclass(frozen=True)
class Size:
    """How much is made up."""

    members: int
    entries: int
    projects: int


SIZES = {
    "small": Size(members=12, entries=1_500, projects=12),
    "medium": Size(members=100, entries=100_000, projects=120),
    "large": Size(members=200, entries=1_000_000, projects=400),
}


@dataclass
class WorkspaceData:
    """One workspace and all its lists, by id."""

    row: Workspace
    users: dict[str, User] = field(default_factory=dict)
    roles: dict[str, set[str]] = field(default_factory=dict)
    """OWNER, WORKSPACE_ADMIN, TEAM_MANAGER, PROJECT_MANAGER by user id."""
    user_groups: dict[str, UserGroupWithManagers] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    tags: dict[str, Tag] = field(default_factory=dict)
    custom_fields: dict[str, CustomField] = field(default_factory=dict)
    holidays: dict[str, Holiday] = field(default_factory=dict)
    timesheets: dict[str, Timesheet] = field(default_factory=dict)
    """By user id; a removed user's stays but nobody can ask for it."""

    def membership_lists(self) -> list[list[Membership]]:
        """Return the memberships of the workspace and of each project."""
        return [
            self.row.memberships,
            *(project.memberships for project in self.projects.values()),
        ]
