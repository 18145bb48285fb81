"""Holidays and time off."""

from __future__ import annotations

from tap_clockify import rows
from tap_clockify.gates import GatedStream
from tap_clockify.streams.workspaces import Listed

LARGEST_PAGE = 200
"""Documented maximum of the routes of time off."""


class Holidays(GatedStream):
    """Holidays, whoever they are for."""

    name = "holidays"
    row = rows.Holiday
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/holidays"
    paged = False
    feature = "TIME_OFF"


class TimeOffPolicies(Listed, GatedStream):
    """Kinds of absence, archived ones included."""

    name = "time_off_policies"
    row = rows.TimeOffPolicy
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/time-off/policies"
    params = (("status", "ALL"),)
    page_size = LARGEST_PAGE
    feature = "TIME_OFF"
