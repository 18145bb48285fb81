"""`--suggest`: the setting `projects` with keys and types that hold for all rows there are."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING, Any

import yaml

from tap_perform.catalogue import CLIPS, documented_keys
from tap_perform.cells import wider
from tap_perform.columns import name_of
from tap_perform.fields import declarations
from tap_perform.inference import declarable
from tap_perform.settings import FOR_ALL_CLIPS
from tap_perform.survey import PLAIN, Signs, Survey, date_formats, signs_of
from taps_common.errors import Kind, TapError
from taps_common.http.cost import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tap_perform.downloads import Download

_IDENTIFYING = {"uuid", "guid", "id", "key", "identifier", "reference", "ref", "code", "number"}
"""Words in the headings of columns that tell rows apart."""

_MOST_CANDIDATES = 8
"""Columns that are tried in pairs."""


def suggested(
    projects: Sequence[Mapping[str, Any]], downloads: Sequence[Download]
) -> Iterator[str]:
    """Yield the lines of YAML: what was found as comments, then the setting.

    Args:
        projects: the setting as it is.
        downloads: the responses of all clips.

    Raises:
        TapError: some could not be read; what the others tell was yielded before.
    """
    surveys: dict[str, dict[str, Survey]] = {}
    unread = []
    for one in downloads:
        clip = one.clip
        try:
            surveys.setdefault(clip.stream, {})[clip.project] = _survey(one, downloads)
        except TapError as error:
            unread.append(f"{clip.stream} of {clip.project}")
            yield f"# {clip}: nothing to go by: {error}"
    spelled: dict[str, dict[str, str]] = {}
    for project in projects:
        name = project["name"]
        spelled[name] = {}
        yield from _look_at_signs(project, surveys, spelled[name])
        yield from _look_at_dates(name, surveys, spelled[name])
    formats = {name: found.get("date_format") for name, found in spelled.items()}
    yield from _misfits(surveys, formats)
    clips_found = {
        stream: _declaration(stream, found, formats) for stream, found in surveys.items()
    }
    for stream, suggestion in clips_found.items():
        yield from _documented_key_fails(surveys[stream], suggestion)
        rows = sum(one.table.rows for one in surveys[stream].values())
        yield f"# {stream}, {counted(rows, 'row')}: {_key_of(surveys[stream], suggestion)}"
    yield "# A key that holds for these rows may not hold for later ones: use what you know."
    yield "# User names, passwords and values in the queries of addresses are left out: keep yours."
    block = {"projects": [_project(one, clips_found, spelled[one["name"]]) for one in projects]}
    yield yaml.dump(block, Dumper=_Plain, sort_keys=False, allow_unicode=True).rstrip()
    if unread:
        raise TapError(
            f"{len(unread):,} of {len(downloads):,} dataclips could not be read, and nothing is "
            f"suggested for them: {', '.join(unread)}.",
            kind=Kind.PARTIAL,
        )


def _survey(one: Download, downloads: Iterable[Download]) -> Survey:
    """Look at all rows of a clip, whose types may be declared in any project.

    Raises:
        TapError: there is no table.
    """
    clip = one.clip
    same = (other.clip for other in downloads if other.clip.stream == clip.stream)
    declared = declarations(clip.stream, same).types
    types = {name_of(heading): kind for heading, kind in declared.items()}
    return Survey(clip, one.table(), types, Signs(clip.decimal_sign, clip.thousands_sign))


def _documented_key_fails(
    surveys: Mapping[str, Survey], suggestion: Mapping[str, Any]
) -> Iterator[str]:
    """Say where a documented key does not tell rows apart, if no other is declared."""
    clip = next(iter(surveys.values())).clip
    known = CLIPS.get(clip.stream)
    if _declared_key(surveys) is not None or not (known and "primary_keys" in suggestion):
        return
    if known.keys and (where := _not_unique(surveys, known.keys)):
        yield (
            f"# {clip.stream}: {' and '.join(known.keys)}, the documented key, repeats, is blank "
            f"or is missing in {', '.join(where)}: a run refuses that, and primary_keys is below."
        )


def _declared_key(surveys: Mapping[str, Survey]) -> tuple[str, ...] | None:
    """Return the headings of the key that the settings declare of a table, for all projects."""
    declared = (one.clip.primary_keys for one in surveys.values())
    return next((key for key in declared if key is not None), None)


def _not_unique(surveys: Mapping[str, Survey], headings: Sequence[str]) -> list[str]:
    """Return the projects whose rows a key does not tell apart."""
    key = tuple(map(name_of, headings))
    return [name for name, one in surveys.items() if one.table.rows and not one.unique([key])]


def _key_of(surveys: Mapping[str, Survey], found: Mapping[str, Any]) -> str:
    """Say what tells rows apart."""
    if declared := _declared_key(surveys):
        where = _not_unique(surveys, declared)
        but = f", but it repeats, is blank or is missing in {', '.join(where)}" if where else ""
        return f"key {', '.join(declared)}, as declared{but}"
    if keys := found.get("primary_keys"):
        return f"key {', '.join(keys)}"
    known = CLIPS.get(next(iter(surveys.values())).clip.stream)
    if known and known.keys and "primary_keys" not in found:
        return f"key {', '.join(known.keys)}, as documented"
    return "no key was found, each row gets an id" if declared is None else "no key, as declared"


class _Plain(yaml.SafeDumper):
    """Writes lists in full wherever they stand."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _project(
    project: Mapping[str, Any],
    clips: Mapping[str, dict[str, Any]],
    spelled: Mapping[str, str],
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
    return {**kept, **spelled, **kept, "dataclips": dataclips}


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


def _of(project: str, surveys: Mapping[str, Mapping[str, Survey]]) -> dict[str, Survey]:
    return {stream: found[project] for stream, found in surveys.items() if project in found}


def _look_at_signs(
    project: Mapping[str, Any], surveys: dict[str, dict[str, Survey]], spelled: dict[str, str]
) -> Iterator[str]:
    """Find the signs in a project's numbers, unless they are set, and look at those again."""
    name = project["name"]
    plain = {key: one for key, one in _of(name, surveys).items() if one.signs == PLAIN}
    possible = signs_of(list(plain.values()))
    if project.get("decimal_sign") or project.get("thousands_sign") or possible == [PLAIN]:
        return
    if len(possible) > 1:
        yield (
            f"# {name}: what stands before fractions and what between thousands cannot be told: "
            "set decimal_sign or thousands_sign."
        )
    if len(possible) == 1:
        (signs,) = possible
        pairs = (("decimal_sign", signs.decimal, "."), ("thousands_sign", signs.thousands, ""))
        spelled.update({setting: sign for setting, sign, usual in pairs if sign != usual})
        for stream, one in plain.items():
            surveys[stream][name] = Survey(one.clip, one.table, one.types, signs)


def _look_at_dates(
    project: str, surveys: Mapping[str, Mapping[str, Survey]], spelled: dict[str, str]
) -> Iterator[str]:
    """Find the format of a project's dates, or say why there is none."""
    found = _of(project, surveys)
    cells = {cell for one in found.values() for held in one.dates.values() for cell in held}
    possible = date_formats(cells)
    if len(possible) == 1:
        spelled["date_format"] = possible[0]
    elif possible:
        yield f"# {project}: whether day or month comes first cannot be told: set date_format."
    elif cells:
        yield from _said_of_dates(project, found)


def _said_of_dates(project: str, surveys: Mapping[str, Survey]) -> Iterator[str]:
    """Say which format reads which columns of a project."""
    columns: defaultdict[str, list[str]] = defaultdict(list)
    for stream, one in surveys.items():
        for column, heading, _ in one.columns:
            if cells := one.dates.get(column):
                possible = date_formats(cells)
                reading = " or ".join(possible) if possible else "none"
                columns[reading].append(f"{heading} of {stream}")
    parts = [f"{one} reads {', '.join(names)}" for one, names in columns.items()]
    yield f"# {project}: no date_format reads all dates: {'; '.join(parts)}."


_SETTINGS = {
    "date": "date_format",
    "date-time": "date_format",
    "time": "date_format",
    "integer": "decimal_sign, thousands_sign or null_values",
    "number": "decimal_sign, thousands_sign or null_values",
    "boolean": "null_values",
}
"""What may have to be set where values do not fit a type."""


def _misfits(
    surveys: Mapping[str, Mapping[str, Survey]], formats: Mapping[str, str | None]
) -> Iterator[str]:
    """Say of which declared and documented columns the values do not fit their type."""
    for one in (one for found in surveys.values() for one in found.values()):
        date_format = one.clip.date_format or formats[one.clip.project]
        if timed := [heading for name, heading, _ in one.columns if name in one.timed]:
            yield (
                f"# {one.clip}: {', '.join(timed)} {'holds' if len(timed) == 1 else 'hold'} times "
                "of day, which a date drops: date-time is below."
            )
        for column in one.columns:
            kind = "date-time" if column.name in one.timed else one.types.get(column.name)
            if kind in _SETTINGS and (bad := one.misfits(column, kind, date_format)):
                yield (
                    f"# {one.clip}: {bad:,} values of {column.heading} do not fit their type "
                    f"{kind}: set {_SETTINGS[kind]}, or another type."
                )


def _declaration(
    stream: str, surveys: Mapping[str, Survey], formats: Mapping[str, str | None]
) -> dict[str, Any]:
    """Return the types and the key of a table that nobody documents, by heading."""
    known = CLIPS.get(stream)
    documented = {*map(name_of, known.types)} if known else set()
    dated: set[str] = set()
    headings: dict[str, str] = {}
    kinds: dict[str, str | None] = {}
    timed: set[str] = set()
    for project, one in surveys.items():
        timed |= one.timed
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
    types |= {headings[name]: "date-time" for name in kinds if name in timed}
    found: dict[str, Any] = {"types": types} if types else {}
    texts = [name for name, kind in declared.items() if kind == "string" and name not in dated]
    dates = [name for name, kind in declared.items() if kind == "date"]
    if (declared_key := _declared_key(surveys)) is not None:
        found["primary_keys"] = list(declared_key)
    else:
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
