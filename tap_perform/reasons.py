"""Failures of several clips that have the same reason: one sentence says it for all of them."""

from __future__ import annotations

import re
from collections import defaultdict
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from taps_common.errors import NotAskedError, StatusError, TapError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FEW = 3
"""Names that stand before a sentence; all of them would hide it."""


class Alike(NamedTuple):
    """Clips that failed for the same reason.

    Attributes:
        names: of their tables.
        error: what happened to the first of them that was asked for.
    """

    names: list[str]
    error: TapError


def alike(failed: Iterable[tuple[str, TapError]]) -> Iterator[Alike]:
    """Yield failures of a project by their reasons, in the order in which these came first.

    Args:
        failed: names of tables, and why their clips failed.
    """
    groups: defaultdict[str, list[tuple[str, TapError]]] = defaultdict(list)
    for name, error in failed:
        groups[_reason_of(name, error)].append((name, error))
    for found in groups.values():
        asked = [error for _, error in found if not isinstance(error, NotAskedError)]
        yield Alike([name for name, _ in found], asked[0] if asked else found[0][1])


def _reason_of(name: str, error: TapError) -> str:
    """Return what is equal where the reason is: a project's credentials, else all but the name."""
    if isinstance(error, StatusError) and error.status == HTTPStatus.UNAUTHORIZED:
        return "credentials"
    return re.sub(rf"\b{re.escape(name)}\b", "", str(error))
