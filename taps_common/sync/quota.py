"""The hour's requests in the state, so that the next run knows what this one sent.

They stand in `bookmarks.quota.sent`, by minute: `{"2026-01-31T12:00:00Z": 17}`. The SDK and Meltano
keep it like the bookmark of a stream, and it has 61 entries at most.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from taps_common.timestamps import from_text, to_text

if TYPE_CHECKING:
    from collections.abc import Iterable

Bookmarks: TypeAlias = "dict[str, dict[str, Any]]"

MINUTE = timedelta(minutes=1)

LAST = MINUTE - timedelta(milliseconds=1)
"""How far into its minute a request is taken to have been sent: as late as that can be."""


def ages_in(bookmarks: Bookmarks, now: datetime) -> list[float]:
    """Return how many seconds ago the state's requests were sent, each at the end of its minute.

    What the state dates later than the present (a clock was set back) counts as sent just now.
    """
    sent = bookmarks.get("quota", {}).get("sent", {})
    ages = []
    for text, count in sent.items() if isinstance(sent, dict) else ():
        try:
            age = (now - from_text(text) - LAST).total_seconds()
            ages += [max(0.0, age)] * int(count)
        except (TypeError, ValueError):  # not ours
            continue
    return ages


def keep(bookmarks: Bookmarks, ages: Iterable[float], now: datetime) -> bool:
    """Note in the state how many seconds ago requests were sent; return whether that is new."""
    timestamps = (now - timedelta(seconds=age) for age in ages)
    sent = Counter(to_text(timestamp.replace(second=0, microsecond=0)) for timestamp in timestamps)
    if bookmarks.get("quota", {}).get("sent", {}) == sent:
        return False
    bookmarks["quota"] = {"sent": dict(sorted(sent.items()))}
    return True
