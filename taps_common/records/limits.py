"""How much JSON is read at once (BOUNDED)."""

from __future__ import annotations

from taps_common.errors import ShapeError

AT_ONCE = 1024 * 1024
"""Bytes that are read at once without a look at what is in them."""

MOST_VALUES = 2_000_000
"""Values that are read at once: each takes up to a hundred bytes, whatever it takes in JSON. The
largest answer that is allowed has about as many, if it is a list of time entries."""


def check_values(body: bytes) -> None:
    """Refuse JSON that holds too many values to be read at once.

    Raises:
        ShapeError: it does.
    """
    if len(body) > AT_ONCE and body.count(b",") > MOST_VALUES:
        raise ShapeError(f"more than {MOST_VALUES:,} values in one piece")
