"""Custom fields of a workspace and of its projects."""

from __future__ import annotations

from tap_clockify.permissions import PermittedStream, PerRowStream
from tap_clockify.rows import custom_fields as rows
from tap_clockify.streams.projects import Projects


class CustomFields(PermittedStream):
    """Custom fields of time entries and of members."""

    name = "custom_fields"
    row = rows.CustomField
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/custom-fields"
    paged = False
    feature = "CUSTOM_FIELDS"


class ProjectCustomFields(PerRowStream):
    """Custom fields as each project has them."""

    name = "project_custom_fields"
    row = rows.ProjectCustomField
    primary_keys = ("projectId", "id")
    path = "/workspaces/{workspaceId}/projects/{projectId}/custom-fields"
    from_route = ("workspaceId", "projectId")
    paged = False
    feature = "CUSTOM_FIELDS"
    parent = Projects
    parent_id = "projectId"


STREAMS = (CustomFields, ProjectCustomFields)
