"""Messages that come where a table should: what tells them from a table of few rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tap_perform.columns import name_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet

SAYING = {"error", "errors", "message", "messages", "detail", "details", "title", "status", "code"}
"""Names under which messages stand, in lower case."""

NOTES = SAYING | {"warning", "warnings", "notice", "notices", "hints"}
"""Names of lists that stand beside rows, mostly without an item."""

_ERRORS = {"error", "errors", "error_code", "error_message", "error_description", "sqlstate"}
"""Names of columns that a table of few columns has only if it is a message."""

_HEADINGS = {
    *(SAYING | _ERRORS),
    *("exception", "hint", "info", "notice", "output", "reason", "response", "result", "results"),
    *("status_code", "success", "warning", "warnings"),
}

_MOST_ROWS = 5
"""Rows that a message has at most."""
_MOST_COLUMNS = 4
"""Columns that a message has at most, if one of them is called an error."""

_SENTENCE = re.compile(
    r"""(?ix)
    \b (?: please | sorry | denied | try\ again | timed\ out | went\ wrong | being\ refreshed
         | not\ (?: ready | found | permitted | authori[sz]ed ) | unavailable | unauthori[sz]ed
         | sqlstate ) \b
    | \b no \ (?: data | rows? | records? | results? | entries ) \b
    | ^\W* (?: error | fatal | exception | warning | notice ) \s* :
    | \w+ \W+ \w+ \W+ \w{4,} [.!]+ \s* $
    """
)
"""What a sentence has that a heading has not; abbreviations (`Ref. No.`) end in few letters."""

_GOES_ON = re.compile(r"\s+[a-z]")
"""How a sentence goes on after a comma."""


def proves(headings: Sequence[str], known: AbstractSet[str]) -> bool:
    """Return whether headings show that a body is the expected table and not a message.

    Args:
        headings: of the body.
        known: names of columns that the table is known to have; one of them is enough, but of those
            that a message may have as well it takes all.
    """
    names = {*map(name_of, headings)}
    return bool(names & known - _HEADINGS) or (bool(known) and names.issuperset(known))


def says_nothing(value: object) -> bool:
    """Return whether a member of a JSON object is null, false, empty or zero."""
    return not value or value in ("0", "false")


def is_list_of_messages(name: str, rows: int) -> bool:
    """Return whether a list in a JSON object holds messages, as far as its name and size tell."""
    return name.lower() in NOTES and rows <= _MOST_ROWS


def is_message(
    headings: Sequence[str], rows: int, *, csv: bool, cells: Iterable[str | None] = ()
) -> bool:
    """Return whether what was read as a table is a message, as far as headings and size tell.

    Args:
        headings: of the table.
        rows: how many there are.
        csv: whether it is CSV.
        cells: those of the table, which tell where there is but one.
    """
    names = {*map(name_of, headings)}
    if not headings or rows > _MOST_ROWS:
        return False
    if csv and not rows and _is_line_of_text(headings):
        return True
    if names <= _HEADINGS or (names & _ERRORS and len(headings) <= _MOST_COLUMNS):
        return True
    lines = [*headings, *filter(None, cells)] if rows == len(headings) == 1 else headings
    return any(map(_SENTENCE.search, lines))


def _is_line_of_text(headings: Sequence[str]) -> bool:
    goes_on = any(map(_GOES_ON.match, headings)) and any(" " in one.strip() for one in headings)
    return len(headings) == 1 or goes_on
