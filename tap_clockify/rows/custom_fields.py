"""Custom fields: what they are, in a workspace and in a project."""

from taps_common.records.row_types import Json, Row


class ProjectDefaultValue(Row):
    """What a custom field holds by default in one project.

    Attributes:
        projectId: the project. Joins: projects.id.
        status: of the field in that project: VISIBLE, INVISIBLE or INACTIVE.
        value: what the field holds there unless something else is given, as its type has it.
    """

    projectId: str | None = None
    status: str | None = None
    value: Json = None


class CustomField(Row):
    """A custom field of time entries or of members (`entityType`).

    Attributes:
        id: unique in all of Clockify. Example: 44a687e29ae1f428e7ebe305.
        workspaceId: where the field is. Joins: workspaces.id.
        name: Example: location.
        type: TXT, NUMBER, DROPDOWN_SINGLE, DROPDOWN_MULTIPLE, CHECKBOX or LINK.
        entityType: what it is a field of: TIMEENTRY or USER.
        status: VISIBLE, INVISIBLE or INACTIVE.
        required: whether a value must be given.
        onlyAdminCanEdit: whether only admins can change it.
        description: what the field is for. Example: This field contains a location. Empty: where
            nothing was written.
        placeholder: what is shown where no value is. Example: Location. Empty: where nothing was
            written.
        allowedValues: what there is to choose from. Example: ["New York", "London"].
        workspaceDefaultValue: what the field holds unless something else is given, as its type has
            it. Empty: where it has no default.
        projectDefaultValues: what it holds by default in projects that have a default of their own.
    """

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
    """A custom field as one project has it.

    Attributes:
        id: the field. Joins: custom_fields.id.
        workspaceId: where the field is. Joins: workspaces.id.
        projectId: the project that was asked for its fields. Joins: projects.id.
        name: Example: location.
        type: TXT, NUMBER, DROPDOWN_SINGLE, DROPDOWN_MULTIPLE, CHECKBOX or LINK.
        entityType: what it is a field of: TIMEENTRY or USER.
        status: VISIBLE, INVISIBLE or INACTIVE; projectDefaultValues has the status by project.
        required: whether a value must be given.
        onlyAdminCanEdit: whether only admins can change it.
        description: what the field is for. Example: This field contains a location. Empty: where
            nothing was written.
        placeholder: what is shown where no value is. Example: Location. Empty: where nothing was
            written.
        allowedValues: what there is to choose from. Example: ["New York", "London"].
        workspaceDefaultValue: what the field holds unless something else is given, as its type has
            it. Empty: where it has no default.
        projectDefaultValues: what it holds by default in projects that have a default of their own.
    """

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
