"""What `--check` says of a clip."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from taps_common.errors import NotReadyError, StatusError
from taps_common.http.cost import counted

if TYPE_CHECKING:
    from tap_perform.downloads import Download
    from taps_common.errors import TapError


def shape_of(one: Download) -> str:
    """Return what a clip's response is.

    Raises:
        TapError: there is none, or it is not a table.
    """
    table = one.table()
    return f"{table.form}, {len(table.headings):,} columns, {counted(table.rows, 'row')}"


def state_of(error: TapError) -> str:
    """Return in a word why a clip cannot be read."""
    if isinstance(error, NotReadyError):
        return "stale" if "is stale" in str(error) else "not ready"
    if not isinstance(error, StatusError):
        return "fails"
    words: dict[int, str] = {
        HTTPStatus.UNAUTHORIZED: "refused",
        HTTPStatus.FORBIDDEN: "forbidden",
        HTTPStatus.NOT_FOUND: "missing",
    }
    return words.get(error.status, "fails")
