"""What a row type's docstring says: of a row, and of its fields under `Attributes:`.

An entry is prose, then parts with a label in the order of `LABELS`. It is parsed when a schema is
asked for: some 25 microseconds a type.
"""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LABELS = ("Unit", "Example", "Empty", "Needs", "Joins")

LABEL = re.compile(rf"(?:^|(?<=\s))({'|'.join(LABELS)}): ")
"""The label of a part of an entry."""

_ENTRY = re.compile(r"^ {4}(\w+): *", re.MULTILINE)


def about(row: type) -> str:
    """Return what a row is: the first paragraph of the docstring."""
    return _parsed(row.__doc__ or "")[0]


def entries(row: type) -> dict[str, str]:
    """Return what is said of the fields, by name, those of base classes included.

    The underscore behind the name of a field that Python keeps for itself (`break_`) goes.
    """
    found: dict[str, str] = {}
    for one in reversed(row.__mro__):
        found |= _parsed(one.__doc__ or "")[1]
    return found


def joined(entry: str, of_type: str) -> str:
    """Return an entry with what its type says, which goes before the parts with a label."""
    if not of_type:
        return entry
    part = LABEL.search(entry)
    end = part.start() if part else len(entry)
    return " ".join(text for text in (entry[:end].strip(), of_type, entry[end:]) if text)


@cache
def _parsed(doc: str) -> tuple[str, Mapping[str, str]]:
    text, _, attributes = inspect.cleandoc(doc).partition("\n\nAttributes:\n")
    _, *found = _ENTRY.split(attributes)
    names = (name.removesuffix("_") for name in found[::2])
    return (
        " ".join(text.split("\n\n", maxsplit=1)[0].split()),
        dict(zip(names, (" ".join(one.split()) for one in found[1::2]), strict=True)),
    )
