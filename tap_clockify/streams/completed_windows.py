"""Parts of tables that were read to their end."""

from __future__ import annotations

from tap_clockify.rows import completed_windows as rows
from taps_common.sync import completed_windows


class CompletedWindows(completed_windows.CompletedWindows):
    """Windows of time that were read to their end, so that what is gone can be told."""

    row = rows.CompletedWindow
    primary_keys = ("stream", "workspaceId", "userId", "from", "to")
    partition = "userId"
    turn = 99  # its rows follow those of the tables


STREAMS = (CompletedWindows,)
