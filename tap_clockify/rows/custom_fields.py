"""Custom fields: what they are, in a workspace and in a project."""

from taps_common.records.row_types import Json, Row


class ProjectDefaultValue(Row):
    """What a custom field holds by default in one project."""

    projectId: str | None = None
    status: str | None = None
    value: Json = None


class CustomField(Row):
    """A custom field of time entries or of members (`entityType`)."""

    id: str
    workspaceId: str | None = None
    name: str | None = None
    type: str | None = None
    entityType: str | None = None
    status: str | None = None
    required: bool | None = None
    onlyAdminCanEdit: bool | None = None
    description: str | None = None
    placeholder: str | None = None
    allowedValues: list[str] | None = None
    workspaceDefaultValue: Json = None
    projectDefaultValues: list[ProjectDefaultValue] | None = None


class ProjectCustomField(Row):
    """A custom field as one project has it."""

    id: str
    workspaceId: str | None = None
    projectId: str = ""
    name: str | None = None
    type: str | None = None
    entityType: str | None = None
    status: str | None = None
    required: bool | None = None
    onlyAdminCanEdit: bool | None = None
    description: str | None = None
    placeholder: str | None = None
    allowedValues: list[str] | None = None
    workspaceDefaultValue: Json = None
    projectDefaultValues: list[ProjectDefaultValue] | None = None
