"""What stays as it is from run to run is a warning once, and a line of INFO from then on.

The state keeps digests of such lines of the last run, in `bookmarks.told.lines`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from taps_common.digests import digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def undated(name: str) -> str:
    """Return what a name is known by from run to run: columns may be named after days."""
    return re.sub(r"[0-9]+", "0", name)


class Told:
    """Knows which lines the last run said.

    Args:
        bookmarks: returns those of the state.
    """

    def __init__(self, bookmarks: Callable[[], dict[str, Any]]) -> None:
        self._bookmarks = bookmarks
        self._said: set[str] = set()

    def is_new(self, line: str) -> bool:
        """Return whether the last run did not say a line that this one says."""
        digest = digest_of(line, size=6)
        self._said.add(digest)
        return digest not in self._before()

    def any_new(self, lines: Iterable[str]) -> bool:
        """Return whether the last run did not say one of some lines; this one says all of them."""
        return bool([line for line in lines if self.is_new(line)])

    def keep(self, *, whole: bool) -> bool:
        """Note the lines of this run in the state; return whether they are others.

        Args:
            whole: whether all was read; otherwise lines of the last run may still hold.
        """
        before = self._before()
        lines = sorted(self._said if whole else {*self._said, *before})
        if lines == before:
            return False
        self._bookmarks()["told"] = {"lines": lines}
        return True

    def _before(self) -> list[str]:
        told = self._bookmarks().get("told", {})
        lines = told.get("lines", []) if isinstance(told, dict) else []
        return lines if isinstance(lines, list) else []
