"""Clockify's streams, area by area, and the order in which they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clockify.streams import (
    approvals,
    audit_log,
    completed_windows,
    custom_fields,
    entity_changes,
    expenses,
    invoices,
    members,
    projects,
    reports,
    scheduling,
    sharing,
    time_entries,
    time_off,
    workspaces,
)
from taps_common.sync.stream import ChildStream

if TYPE_CHECKING:
    from taps_common.sync.stream import RecordStream

AREAS = (
    workspaces,
    members,
    projects,
    time_entries,
    custom_fields,
    expenses,
    invoices,
    time_off,
    approvals,
    scheduling,
    sharing,
    entity_changes,
    reports,
    audit_log,
    completed_windows,
)


def _turn(kind: type[RecordStream]) -> int:
    """Return when a stream is read; child streams come with their parents."""
    endpoint = kind.parent if issubclass(kind, ChildStream) else kind
    turn: int = endpoint.turn  # type: ignore[attr-defined]  # all are ClockifyStreams
    return turn


STREAMS: tuple[type[RecordStream], ...] = tuple(
    sorted((kind for area in AREAS for kind in area.STREAMS), key=_turn)
)
"""All streams, in the order in which they are read: what takes many requests comes last, so that a
quota leaves room for the rest."""
