"""`--suggest`: the setting `projects` with keys and types that hold for all rows there are."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import datetime
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Any

import yaml

from tap_perform.catalogue import CLIPS, documented_keys
from tap_perform.cells import narrowest, wider
from tap_perform.columns import columns_of, name_of
from tap_perform.inference import declarable
from tap_perform.settings import FOR_ALL_CLIPS
from taps_common.errors import TapError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tap_perform.downloads import Download
    from tap_perform.readers import Table

FORMATS = ("%d/%m/%Y", "%m/%d/%Y")
"""Spellings of dates that a project may be set to (help, "Project Settings")."""

_IDENTIFYING = {"uuid", "guid", "id", "key", "identifier", "reference", "ref", "code", "number"}
"""Words in the headings of columns that tell rows apart."""

_MOST_CANDIDATES = 8
"""Columns that are tried in pairs."""

_SLASHED = re.compile(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}")


class Survey:
    """What all rows of a clip have in common.

    Attributes:
        names: names of its columns.
        kinds: narrowest type of each column; None where all cells are blank.
        dates: the cells of each column that holds nothing but dates with slashes.
    """

    def __init__(self, table: Table, decimal_sign: str = ".") -> None:
        self.table = table
        kind = partial(narrowest, decimal_sign=decimal_sign)
        self.columns = columns_of(table.headings)
        kinds: list[str | None] = [None] * len(self.columns)
        dates: list[set[str] | None] = [set() for _ in self.columns]
        for cells in table:
            kinds = list(map(kind, kinds, cells))
            for place, cell in enumerate(cells):
                held = dates[place]
                if held is not None and cell:
                    dates[place] = held | {cell} if _SLASHED.fullmatch(cell) else None
        self.kinds = {one.name: kinds[one.position] for one in self.columns}
        self.dates = {one.name: held for one in self.columns if (held := dates[one.position])}

    def unique(self, keys: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
        """Return those of some combinations of columns that tell all rows apart, without blanks."""
        places = {one.name: one.position for one in self.columns}
        seen: dict[tuple[str, ...], set[int]] = {
            key: set() for key in keys if {*key} <= places.keys()
        }
        for cells in self.table:
            for key in list(seen):
                values = tuple([cells[places[name]] for name in key])
                digest = hash(values)
                if None in values or digest in seen[key]:
                    del seen[key]
                else:
                    seen[key].add(digest)
        return list(seen)


def suggested(
    projects: Sequence[Mapping[str, Any]], downloads: Sequence[Download]
) -> Iterator[str]:
    """Yield the lines of YAML: what was found as comments, then the setting.

    Args:
        projects: the setting as it is.
        downloads: the responses of all clips.
    """
    surveys: dict[str, dict[str, Survey]] = {}
    for one in downloads:
        try:
            surveys.setdefault(one.clip.stream, {})[one.clip.project] = Survey(
                one.table(), one.clip.decimal_sign
            )
        except TapError as error:
            yield f"# {one.clip}: nothing to go by: {error}"
    formats: dict[str, str | None] = {}
    for name in (project["name"] for project in projects):
        possible = date_formats(found[name] for found in surveys.values() if name in found)
        formats[name] = possible[0] if len(possible) == 1 else None
        if len(possible) > 1:
            yield f"# {name}: whether day or month comes first cannot be told: set date_format."
        if not possible:
            yield from _said_of_dates(name, surveys)
    clips = {stream: _declaration(stream, found, formats) for stream, found in surveys.items()}
    for stream, found in clips.items():
        rows = sum(one.table.rows for one in surveys[stream].values())
        yield f"# {stream}, {rows:,} row{'s' if rows != 1 else ''}: {_key_of(stream, found)}"
    yield "# A key that holds for these rows may not hold for later ones: use what you know."
    yield "# User names, passwords and values in the queries of addresses are left out: keep yours."
    block = {"projects": [_project(project, clips, formats) for project in projects]}
    yield yaml.dump(block, Dumper=_Plain, sort_keys=False, allow_unicode=True).rstrip()


def _key_of(stream: str, found: Mapping[str, Any]) -> str:
    """Say what tells rows apart."""
    if keys := found.get("primary_keys"):
        return f"key {', '.join(keys)}"
    known = CLIPS.get(stream)
    if known and known.keys and "primary_keys" not in found:
        return f"key {', '.join(known.keys)}, as documented"
    return "no key was found, each row gets an id"


class _Plain(yaml.SafeDumper):
    """Writes lists in full wherever they stand."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _project(
    project: Mapping[str, Any],
    clips: Mapping[str, dict[str, Any]],
    formats: Mapping[str, str | None],
) -> dict[str, Any]:
    """Return a project of the setting, what was found beside what it declares already."""
    dataclips = {}
    for stream, given in project["dataclips"].items():
        own: dict[str, Any] = {"url": given} if isinstance(given, str) else given
        found = clips.get(stream, {})
        types = {**found.get("types", {}), **(own.get("types") or {})}
        address = {"url": without_secrets(own["url"])}
        found = {**address, **found, **own, **address, "types": types}
        if not types:
            del found["types"]
        dataclips[stream] = found if len(found) > 1 else found["url"]
    kept = {name: project[name] for name in ("name", "url", *FOR_ALL_CLIPS) if project.get(name)}
    written = project.get("date_format") or formats[project["name"]]
    return {**kept, **({"date_format": written} if written else {}), "dataclips": dataclips}


def without_secrets(url: str) -> str:
    """Return an address as it is given, without its user and the values in its query."""
    address, mark, fragment = _USER.sub(r"\1", url).partition("#")
    path, question, query = address.partition("?")
    return f"{path}{question}{'&'.join(map(_hidden, query.split('&')))}{mark}{fragment}"


def _hidden(member: str) -> str:
    """Return a member of a query without its value; one without a name is a value."""
    name, mark, value = member.partition("=")
    if not mark:
        return "***" if name else ""
    return f"{name}={'***' if value else ''}"


_USER = re.compile(r"^(\s*[a-z]+://)[^/?#]*@", re.IGNORECASE)


# -- types -----------------------------------------------------------------------------------------


def date_formats(surveys: Iterable[Survey]) -> list[str]:
    """Return the formats that read all dates with slashes of a project; none if there are none."""
    cells = {cell for one in surveys for held in one.dates.values() for cell in held}
    return [one for one in FORMATS if cells and all(_reads(one, cell) for cell in cells)]


def _said_of_dates(project: str, surveys: Mapping[str, Mapping[str, Survey]]) -> Iterator[str]:
    """Say in which columns of a project days come first and in which months, if both do."""
    columns: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    of_project = {name: found[project] for name, found in surveys.items() if project in found}
    for stream, one in of_project.items():
        for column, heading, _ in one.columns:
            if cells := one.dates.get(column):
                formats = [form for form in FORMATS if all(_reads(form, cell) for cell in cells)]
                columns[tuple(formats)].append(f"{heading} of {stream}")
    day, month, neither = (", ".join(columns[one]) for one in (FORMATS[:1], FORMATS[1:], ()))
    parts = [f"the day comes first in {day}"] if day else []
    parts += [f"the month in {month}"] if month else []
    parts += [f"now this, now that, or neither, in {neither}"] if neither else []
    if parts:
        yield f"# {project}: no date_format reads all dates: {'; '.join(parts)}."


def _reads(date_format: str, cell: str) -> bool:
    try:
        datetime.strptime(cell, date_format)  # noqa: DTZ007 - a try
    except ValueError:
        return False
    return True


def _declaration(
    stream: str, surveys: Mapping[str, Survey], formats: Mapping[str, str | None]
) -> dict[str, Any]:
    """Return the types and the key of a table that nobody documents, by heading."""
    known = CLIPS.get(stream)
    documented = {*map(name_of, known.types)} if known else set()
    dated: set[str] = set()
    headings: dict[str, str] = {}
    kinds: dict[str, str | None] = {}
    for project, one in surveys.items():
        for name, heading, _ in one.columns:
            headings.setdefault(name, heading)
            dated |= {name} & one.dates.keys()
            is_date = name in one.dates and formats[project]
            kinds[name] = wider(kinds.get(name), "date" if is_date else one.kinds[name])
    declared = {name: declarable(stream, headings[name], kind) for name, kind in kinds.items()}
    types = {
        headings[name]: kind
        for name, kind in declared.items()
        if kind != "string" and name_of(headings[name]) not in documented
    }
    found: dict[str, Any] = {"types": types} if types else {}
    texts = [name for name, kind in declared.items() if kind == "string" and name not in dated]
    dates = [name for name, kind in declared.items() if kind == "date"]
    key = _key(list(surveys.values()), documented_keys(stream), texts, dates)
    if key is not None:
        found["primary_keys"] = [headings[name] for name in key]
    return found


# -- keys ------------------------------------------------------------------------------------------


def _key(
    surveys: Sequence[Survey],
    documented: Sequence[str],
    texts: Sequence[str],
    dates: Sequence[str],
) -> Sequence[str] | None:
    """Return the key that holds in all projects; None keeps the documented one, or a row's id.

    It is the first text that tells all rows apart, or a pair of a column that is called so and
    another, or a day.
    """
    if documented and _hold(surveys, [tuple(documented)]):
        return None
    if single := _hold(surveys, [(name,) for name in texts]):
        return single[0]
    likely = [name for name in texts if not _IDENTIFYING.isdisjoint(name.split("_"))]
    pairs = combinations([*likely[:_MOST_CANDIDATES], *dates[:2]], 2)
    both = _hold(surveys, [pair for pair in pairs if pair[0] in likely])
    return both[0] if both else [] if documented else None


def _hold(surveys: Sequence[Survey], keys: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    for one in surveys:
        keys = one.unique(keys) if keys and one.table.rows else keys
    return keys if any(one.table.rows for one in surveys) else []
