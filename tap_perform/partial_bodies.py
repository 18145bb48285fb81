"""Answers that say themselves that they are a part of the table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tap_perform.json_window import Pairs
from tap_perform.message_bodies import says_nothing
from taps_common.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CUT = re.compile(
    r"(?:is|was|rows?|results?|data)*(?:truncated|incomplete|partial|timedout)|hasmore\w*|more"
    r"|(?:more|next)(?:rows|results|pages|data|available)|hasnext\w*"
    r"|\w*limit(?:was)?(?:reached|exceeded|hit)"
)
"""Members that say that rows are missing, unless they are false."""
_NEXT = re.compile(
    r"(?:odata)?next(?:page)?(?:url|link|href|uri|cursor|token|offset|marker|key|id|number)?"
    r"|continuation(?:token|key|url)?"
)
"""Members that lead to further rows, unless they are null."""
_WHOLE = re.compile(r"(?:is)?(?:success(?:ful)?|succeeded|ok|complete[d]?|finished|done)")
"""Members that say that rows are missing if they are false."""
_STATES = (
    *("error", "failed", "failure", "partial", "incomplete", "truncated", "timeout", "running"),
)
"""What a status says if rows are missing."""
_ROWS = re.compile(
    r"(?:odata)?(?:total|full|overall)(?:(?:row|record|item)?count|rows|records|results|items|size)?"
    r"|(?:odata)?(?:rows?|records?|results?|items?)?count|(?:rows?|records?|results?|items?)total"
    r"|n(?:um(?:ber)?(?:of)?)?(?:rows|records|results|items)"
)
"""Members that count the rows of the table."""
_PAGES = re.compile(r"(?:total|num(?:ber)?(?:of)?|last|current)?pages?(?:count|total)?")
"""Members that count pages, or say which one it is."""
_SUMS = re.compile(r"sum|total|aggregat|stat")
"""How objects begin whose numbers are sums of cells."""
_DIGITS = re.compile(r"[0-9]{1,18}")
_LEADS_ON = re.compile(r"""(?i)\brel\s*=\s*["']?[^"',;]*\bnext\b""")
"""The header `Link` where there is a next page."""

_LACKS = "rows are missing"
_WAY_OUT = (
    "have the whole table sent in one answer (a higher limit, or CSV), or ask Bentley's support."
)


def refuse_part(members: Mapping[str, object], rows: int) -> None:
    """Make sure that no member beside the rows says that there are others.

    Args:
        members: what stands beside the list of rows, numbers as their digits.
        rows: how many rows there are.

    Raises:
        ShapeError: one does; the sentence names it.
    """
    for name, value in _flat(members):
        if what := _said(re.sub(r"[\W_]", "", name.lower()), value, rows):
            raise ShapeError(f"The answer says that {what} (`{name}`): {_WAY_OUT}")


def refuse_part_in(headers: Mapping[str, str], rows: int) -> None:
    """Make sure that no header says that there are other rows; see `refuse_part`.

    Raises:
        ShapeError: one does.
    """
    own = {name[2:]: value for name, value in headers.items() if name.lower().startswith("x-")}
    leads = {"next": "Link"} if _LEADS_ON.search(headers.get("Link", "")) else {}
    refuse_part({**own, **leads}, rows)


def _said(called: str, value: object, rows: int) -> str | None:
    """Return how a member says that rows are missing; None if it does not."""
    spelled = value.lower() if isinstance(value, str) else value
    if _CUT.fullmatch(called) or _NEXT.fullmatch(called):
        return None if says_nothing(spelled) else _LACKS
    if _WHOLE.fullmatch(called):
        return _LACKS if spelled is False or spelled in ("false", "0") else None
    if called in {"status", "state"}:
        return _LACKS if spelled in _STATES else None
    number = int(spelled) if isinstance(spelled, str) and _DIGITS.fullmatch(spelled) else 0
    if _ROWS.fullmatch(called) and number > rows:
        return f"there are {number:,} rows, but holds {rows:,}"
    return "it is one page of several" if _PAGES.fullmatch(called) and number > 1 else None


def _flat(members: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Yield members, and those of objects inside of them after their own."""
    for name, value in members.items():
        yield name, value
        if isinstance(value, (dict, Pairs)) and not _SUMS.match(name.lower()):
            yield from _flat(dict(value))
