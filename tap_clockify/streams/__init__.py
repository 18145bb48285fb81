"""Clockify's tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clockify.streams.members import UserGroupMembers, UserGroups, UserMemberships, Users
from tap_clockify.streams.projects import Clients, ProjectMemberships, Projects, Tags, Tasks
from tap_clockify.streams.time_entries import TimeEntries, TimeEntryCustomFields, TimeEntryTags
from tap_clockify.streams.workspaces import Listed, Workspaces

if TYPE_CHECKING:
    from taps_common.stream import Table

__all__ = ["TABLES", "Listed", "Projects", "Users", "Workspaces"]

TABLES: tuple[type[Table], ...] = (
    Workspaces,
    Users,
    UserMemberships,
    UserGroups,
    UserGroupMembers,
    Clients,
    Projects,
    ProjectMemberships,
    Tags,
    TimeEntries,
    TimeEntryTags,
    TimeEntryCustomFields,
    Tasks,  # one request per project: last, so that a quota leaves room for the entries
)
"""All tables, in the order in which they are read."""
