"""Types and keys that hold for all rows that are there: what the tap would declare."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from tap_perform.catalogue import CLIPS
from tap_perform.cells import narrowest
from tap_perform.columns import columns_of, name_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tap_perform.readers import Table


_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|#")
_NAMES_OF_TEXTS = {
    *("id", "ids", "uuid", "guid", "code", "codes", "number", "numbers", "no", "nr", "#", "year"),
    *("years", "phone", "phones", "telephone", "tel", "mobile", "fax", "postcode", "zip"),
}
"""Words in the headings of columns whose digits are not a quantity."""


def declarable(stream: str, heading: str, kind: str | None) -> str:
    """Return the type that a column may be declared as, of whose cells all are of a kind.

    What Bentley documents as text, and what a name says to be one, stays one: the first `01.02`
    would not fit.

    Args:
        stream: name of the table.
        heading: of the column.
        kind: the narrowest type that holds all cells; None if all are blank.
    """
    known = CLIPS.get(stream)
    documented = map(name_of, known.texts if known else ())
    words = map(str.lower, _WORDS.findall(heading))
    if name_of(heading) in documented or (
        kind in {"integer", "number"} and not _NAMES_OF_TEXTS.isdisjoint(words)
    ):
        return "string"
    return kind or "string"


def types_of(
    stream: str, tables: Iterable[tuple[Table, str]], headings: Mapping[str, str]
) -> dict[str, str]:
    """Return the narrowest type of each column that holds all cells of all projects, by name.

    Args:
        stream: name of the table.
        tables: what the projects' clips hold, each with its decimal sign.
        headings: of the columns, by name.
    """
    types: dict[str, str | None] = {}
    for table, decimal_sign in tables:
        kind_of = partial(narrowest, decimal_sign=decimal_sign)
        names = [column.name for column in columns_of(table.headings, headings)]
        found = [types.get(name) for name in names]
        for cells in table:
            found = list(map(kind_of, found, cells))
        types |= dict(zip(names, found, strict=True))
    return {
        name: declarable(stream, headings.get(name, name), kind) for name, kind in types.items()
    }
