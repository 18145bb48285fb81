"""Which headings a clip should have, and what is refused because it has others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_perform.catalogue import documented_columns
from tap_perform.columns import name_of
from tap_perform.message_bodies import proves
from taps_common.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_perform.fields import Field
    from tap_perform.settings import Clip

_WAY_OUT = (
    "it is a message or another table. If it is right, discover again and run once with "
    "on_new_headings at 'accept', or give the clip a better name in dataclips."
)


@dataclass(frozen=True)
class Expected:
    """What is known of a clip's headings before its body comes, as names of columns.

    Attributes:
        known: columns that are declared, documented, in the catalog, or were in the last run's
            body.
        documented: columns that Bentley documents, one of which has to be there; none where a
            catalog says what the clip has.
        declared: columns of the settings or the catalog, which stand for documented ones too.
        last: columns of the body that the last run sent.
        accept: whether any headings are taken (`on_new_headings`).
    """

    known: frozenset[str] = frozenset()
    documented: frozenset[str] = frozenset()
    declared: frozenset[str] = frozenset()
    last: frozenset[str] = frozenset()
    accept: bool = False

    @classmethod
    def of(
        cls,
        clip: Clip,
        fields: Iterable[Field],
        *,
        discovering: bool,
        last: Iterable[str],
        accept: bool,
    ) -> Expected:
        """Return what is known of a clip.

        Args:
            clip: the clip.
            fields: its columns in the catalog.
            discovering: whether no catalog was given, so that documented columns count.
            last: names of the columns that the last run's state has of it.
            accept: whether any headings are taken.
        """
        before = frozenset(last)
        if clip.columns:  # they are all that it has
            columns = frozenset(map(name_of, clip.columns))
            return cls(known=columns, declared=columns, last=before, accept=accept)
        own = (*clip.types, *(clip.primary_keys or ()), *(one.heading for one in fields))
        declared = frozenset(map(name_of, own))
        told = documented_columns(clip.stream) if discovering else ()
        documented = frozenset(map(name_of, told))
        known = declared | documented | before
        return cls(known, documented, declared, before, accept)

    def check(self, headings: Sequence[str]) -> None:
        """Make sure that headings are those of the clip; an empty JSON list has none.

        Raises:
            ShapeError: they are a title, none is a documented one, or fewer than half of the last
                run's are there. The sentence goes on after the clip's name.
        """
        if self.accept or not headings:
            return
        if _is_title(headings) and not proves(headings, self.known):
            filled = len([*filter(str.strip, headings)])
            raise ShapeError(
                f"has {filled:,} of {len(headings):,} headings in its first line, and blank cells "
                "for the others: it is a title or a comment before the headings. Take it out in "
                "Perform; if the line is right, declare its headings in columns."
            )
        names = {*map(name_of, headings)}
        if self.documented and not proves(headings, self.documented | self.declared):
            raise ShapeError(f"has none of the columns that Bentley documents: {_WAY_OUT}")
        if len(still := names & self.last) * 2 < len(self.last):
            raise ShapeError(
                f"has {len(still):,} of the {len(self.last):,} columns of the last run: {_WAY_OUT}"
            )


def _is_title(headings: Sequence[str]) -> bool:
    """Return whether a line of headings is a title or a comment, filled up with blank cells.

    One blank heading before one that is not may be that of numbered rows.
    """
    filled = [*map(bool, map(str.strip, headings))]
    return filled.count(True) * 2 <= len(filled) and filled not in ([False, True], [False])
