"""Switches that are set by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, TypeVar

import msgspec

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")


def changed(switches: T, values: Mapping[str, object]) -> T:
    """Return switches with some values changed; ValueError for an unknown name or a wrong value."""
    known = asdict(switches)
    if unknown := values.keys() - known:
        wrong = ", ".join(sorted(unknown))
        raise ValueError(f"No such switch: {wrong}; there are {', '.join(known)}.")
    return msgspec.convert({**known, **values}, type(switches))
