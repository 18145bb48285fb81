"""Which tables there are, with which columns: from the catalog, the settings, or the headings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tap_perform.catalogue import CLIPS, documented_columns, documented_keys
from tap_perform.columns import RESERVED, name_of, some
from tap_perform.fields import declarations, fields_from, fields_in, named
from tap_perform.inference import types_of
from tap_perform.reasons import FEW, alike
from tap_perform.tables import clip_stream
from taps_common.errors import TapError

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterable, Mapping, Sequence

    from singer_sdk.singerlib.catalog import CatalogEntry

    from tap_perform.downloads import Downloads
    from tap_perform.fields import Declared, Field
    from tap_perform.settings import Clip
    from tap_perform.streams import ClipStream


@dataclass
class Tables:
    """What was found.

    Attributes:
        known: the tables, in the order of the settings.
        unread: why a clip has no table, by its name.
    """

    known: list[type[ClipStream]] = field(default_factory=list)
    unread: dict[str, TapError] = field(default_factory=dict)


def documented(*, extra: bool) -> list[type[ClipStream]]:
    """Return the tables of the self-service clips, with the columns that are documented."""
    tables = []
    for stream in CLIPS:
        declared = declarations(stream, ())
        fields = fields_from([documented_columns(stream)], declared.types)
        tables.append(clip_stream(stream, fields, documented_keys(stream), declared, extra=extra))
    return tables


def needing_a_look(clips: Iterable[Clip]) -> list[Clip]:
    """Return the clips whose columns only their headings can tell."""
    return [clip for clip in clips if not clip.columns]


@dataclass
class Discovery:
    """Finds the tables.

    Attributes:
        clips: the clips of the settings.
        catalog: entries by name, if a catalog was given.
        downloads: clips that were asked for; those whose columns nobody declares are among them.
        infer: whether undeclared types are found in all rows of what was downloaded.
        extra: whether unknown columns are kept in one of their own.
        logger: takes what was found.
    """

    clips: Sequence[Clip]
    catalog: Mapping[str, CatalogEntry] | None
    downloads: Downloads
    infer: bool
    extra: bool
    logger: logging.Logger
    _untold: list[tuple[Clip, TapError]] = field(default_factory=list)

    def tables(self) -> Tables:
        """Return the tables, and why others cannot be told."""
        found = Tables()
        for stream in dict.fromkeys(clip.stream for clip in self.clips):
            declared = declarations(stream, self._clips(stream))
            try:
                fields, keys = self._columns(stream, declared)
            except TapError as error:
                found.unread[stream] = error
                continue
            if self.infer and self.catalog is None:
                fields = self._inferred(stream, fields, declared)
            found.known.append(clip_stream(stream, fields, keys, declared, extra=self.extra))
        self._report_untold()
        return found

    def _report_untold(self) -> None:
        """Say which projects tell no columns of tables that others have."""
        for project in dict.fromkeys(clip.project for clip, _ in self._untold):
            failed = [(one.stream, why) for one, why in self._untold if one.project == project]
            for names, why in alike(failed):
                self.logger.warning(
                    "%s of %s: only other projects tell the columns: %s",
                    *(some(names, most=FEW), project, why),
                )

    def _clips(self, stream: str) -> list[Clip]:
        return [clip for clip in self.clips if clip.stream == stream]

    def _columns(self, stream: str, declared: Declared) -> tuple[list[Field], Sequence[str]]:
        """Return the columns of a table and the names of those of its key.

        Raises:
            TapError: nothing tells them, or what is declared is not there.
        """
        if self.catalog is not None:
            return self._columns_in_catalog(stream, declared)
        headings = self._headings(stream)
        if not any(headings):  # an empty JSON list has none
            key = _documented_key(stream) if declared.keys is None else declared.keys
            headings = [list(dict.fromkeys((*key, *declared.types)))]
        fields = fields_from(headings, declared.types)
        return fields, _keys(stream, headings, fields, declared)

    def _columns_in_catalog(
        self, stream: str, declared: Declared
    ) -> tuple[list[Field], Sequence[str]]:
        """Return the columns that the catalog names, and those of its key.

        Raises:
            TapError: the catalog lacks the table, or has another key than the settings.
        """
        entry = (self.catalog or {}).get(stream)
        if entry is None:
            raise TapError(
                f"{stream} is not in the catalog: discover again, or take it out of projects."
            )
        keys = [name for name in entry.key_properties or () if name not in RESERVED]
        fields = fields_in(entry)
        own = declared.keys
        if own is not None and {name for one in own for name in named(one, fields)[:1]} != {*keys}:
            raise TapError(
                f"The catalog has {' and '.join(keys) or 'no column'} as the key of {stream}, the "
                "settings have another: discover again."
            )
        types = {one.name: one.type for one in fields}
        other = {
            name
            for heading, kind in declared.types.items()
            for name in named(heading, fields)
            if types[name] != kind
        }
        if other:
            self.logger.warning(
                "%s: the catalog's types hold, the settings have others for %s: discover again",
                *(stream, ", ".join(sorted(other))),
            )
        return fields, keys

    def _headings(self, stream: str) -> list[Sequence[str]]:
        """Return the headings of each project whose clip can be told.

        Raises:
            TapError: there is none.
        """
        found: list[Sequence[str]] = [clip.columns for clip in self._clips(stream) if clip.columns]
        errors: list[tuple[Clip, TapError]] = []
        for one in self.downloads.of(stream):
            if one.clip.columns:
                continue
            try:
                headings = one.headings()
            except TapError as error:
                errors.append((one.clip, error))
                continue
            found.append(headings)
            missing = one.expected.documented.difference(map(name_of, headings))
            if headings and missing:
                self.logger.warning(
                    "%s lacks %d columns that Bentley documents: %s",
                    *(one.clip, len(missing), some(sorted(missing))),
                )
        if not found:
            raise errors[0][1]
        self._untold += errors
        return found

    def _inferred(self, stream: str, fields: Sequence[Field], declared: Declared) -> list[Field]:
        """Return the columns with the narrowest types that hold all rows, and say which."""
        typed_by_name = {name for heading in declared.types for name in named(heading, fields)}
        undeclared = {one.name for one in fields} - typed_by_name
        tables = []
        for one in self.downloads.of(stream):
            try:
                tables.append((one.table(), one.clip.decimal_sign))
            except TapError:  # said when the table's turn comes
                continue
        types = types_of(stream, tables, {one.name: one.heading for one in fields})
        typed = [
            replace(one, type=types.get(one.name, "string")) if one.name in undeclared else one
            for one in fields
        ]
        told = {
            one.heading: one.type
            for one in typed
            if one.name in undeclared and one.type != "string"
        }
        if told:
            self.logger.info("%s: types found in all rows, to be declared: %s", stream, told)
        return typed


def _documented_key(stream: str) -> tuple[str, ...]:
    known = CLIPS.get(stream)
    return known.keys if known else ()


def _keys(
    stream: str, headings: Sequence[Sequence[str]], fields: Sequence[Field], declared: Declared
) -> Sequence[str]:
    """Return the declared key, or the documented one: a project without it fails at its turn.

    Raises:
        TapError: a column of it is nowhere.
    """
    if declared.keys is None:
        keys = documented_keys(stream)
        there = {name_of(heading) for one in headings for heading in one}
        if lacking := [name for name in keys if name not in there]:
            raise TapError(
                f"{stream} has no column {', '.join(lacking)}, by which Bentley tells its "
                "rows apart: name other columns in primary_keys, or none ([]) for an id per row."
            )
        return keys
    found = {heading: named(heading, fields)[:1] for heading in declared.keys}
    if absent := [heading for heading, names in found.items() if not names]:
        raise TapError(
            f"{stream} has no column {', '.join(absent)}, which primary_keys names; it has "
            f"{', '.join(one.heading for one in fields) or 'none'}."
        )
    return list(dict.fromkeys(name for names in found.values() for name in names))
