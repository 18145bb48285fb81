"""Tables with columns of their own for custom fields that the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta

from tap_clockify.streams.members import Users
from tap_clockify.streams.projects import Projects
from tap_clockify.streams.time_entries import TimeEntries
from taps_common.errors import TapError
from taps_common.records.custom_columns import named_columns, with_columns
from taps_common.records.row_types import Json, row_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tap_clockify.client import ClockifyStream
    from taps_common.sync.stream import RecordStream

FIELDS: dict[type[ClockifyStream], str] = {
    TimeEntries: "customFieldValues",
    Projects: "customFields",
    Users: "customFields",
}
"""What holds the custom fields of a row, by table; of a project only if it is hydrated."""

_AsTheyCame = Annotated[
    Json,
    Meta(
        description="custom fields as they came; their form is not documented. Needs: the plan Pro."
    ),
]


def tables(
    kinds: Iterable[type[RecordStream]], config: Mapping[str, Any]
) -> tuple[type[RecordStream], ...]:
    """Return the tables, those with the columns that `custom_field_columns` names among them.

    Raises:
        TapError: it names a table without custom fields, or a column twice.
    """
    given: Mapping[str, Any] = config.get("custom_field_columns") or {}
    names = {str(kind.name): kind for kind in FIELDS}  # type: ignore[misc]  # set on every class
    if unknown := given.keys() - names.keys():
        raise TapError(
            f"custom_field_columns names {', '.join(sorted(unknown))}; there are custom fields of "
            f"{', '.join(names)}."
        )
    made: dict[str, type[RecordStream]] = {
        name: _with_columns(name, names[name], columns) for name, columns in given.items()
    }
    return tuple(made.get(str(kind.name), kind) for kind in kinds)  # type: ignore[misc]  # as above


def _with_columns(
    name: str, kind: type[ClockifyStream], given: Iterable[Any]
) -> type[ClockifyStream]:
    columns, row = named_columns(name, given), kind.row
    if not columns:
        return kind
    held = FIELDS[kind]
    if held not in row.__struct_fields__:
        row = row_type(row.__name__, [(held, _AsTheyCame, None)], row.__doc__ or "", base=row)
    return type(
        kind.__name__,
        (kind,),
        {
            "__doc__": kind.__doc__,
            "__module__": kind.__module__,
            "row": with_columns(row, columns),
            "needs": kind.needs | {held},
            "custom_columns": columns,
            "custom_fields": held,
        },
    )
