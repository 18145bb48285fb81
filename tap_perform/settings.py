"""Projects and clips as the settings name them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timezone
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit

from tap_perform.cells import TYPES
from tap_perform.columns import name_of
from tap_perform.csv_reader import DELIMITERS
from taps_common.digests import digest_of
from taps_common.http.connections import address_of, place_of
from taps_common.sync.own_state import Owner

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FOR_ALL_CLIPS = (
    *("date_format", "decimal_sign", "thousands_sign", "null_values", "allow_unterminated"),
)
"""What a project may say for all of its clips."""
_DECIMAL_SIGNS = {".": "a dot", ",": "a comma"}
_THOUSANDS_SIGNS = {**_DECIMAL_SIGNS, " ": "a space", "'": "an apostrophe"}
_CLIP_KEYS = {
    *("url", "primary_keys", "columns", "types", "delimiter", "encoding", "records_path"),
    *FOR_ALL_CLIPS,
}
_PROJECT_KEYS = {"name", "url", "username", "password", "dataclips", *FOR_ALL_CLIPS}
_MISSING = (
    "projects is missing: list your projects with name, username, password and dataclips (a stream "
    "name and the address that Perform shows under Settings, Dataclips)."
)
_STREAM = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Clip:
    """One dataclip of one project.

    Attributes:
        stream: name of its table.
        project: name of its project.
        url: its address, without credentials.
        username: who asks for it.
        password: the secret that goes with the name.
        primary_keys: headings of its key within the project, as declared; empty means that no
            column tells rows apart, None that nothing is declared.
        columns: its headings, if they are declared; then discovery asks for nothing.
        types: declared types of its columns, by heading.
        date_format: how its dates are spelled, in the signs of `strptime`; None is ISO.
        delimiter: what stands between two cells; None is found out.
        encoding: of its text; None is found out.
        records_path: names that lead to the list of rows in a JSON object.
        decimal_sign: what stands before the fraction of a number.
        thousands_sign: what may stand between groups of digits.
        null_values: cells that are blank.
        allow_unterminated: whether its last line needs no line end where nothing else says that the
            body is complete.
    """

    stream: str
    project: str
    url: str
    username: str
    password: str
    primary_keys: tuple[str, ...] | None = None
    columns: tuple[str, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)
    date_format: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    records_path: tuple[str, ...] = ()
    decimal_sign: str = "."
    thousands_sign: str = ""
    null_values: tuple[str, ...] = ()
    allow_unterminated: bool = False

    def __str__(self) -> str:
        return f"dataclip {self.stream} of {self.project}"


def clips_of(config: Mapping[str, Any]) -> list[Clip]:
    """Return all clips that the settings name, project by project.

    Raises:
        ValueError: a setting cannot work; `errors_of` says which.
    """
    return [clip for project in config["projects"] for clip in _clips(project, config)]


def owner_of(clips: Sequence[Clip]) -> Owner:
    """Return whose state a run goes on with.

    A project that was renamed is known by the addresses of its clips, one whose clips have new
    addresses by its name and their host.
    """
    urls = {clip.url: clip for clip in clips}
    return Owner(
        "projects",
        ", ".join(sorted({address_of(url) for url in urls})),
        sorted({f"{clip.project} ({place_of(url, path=False)})" for url, clip in urls.items()}),
        sorted(digest_of(url, size=6) for url in urls),
    )


def _clips(project: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[Clip]:
    for stream, given in project["dataclips"].items():
        own: Mapping[str, Any] = {"url": given} if isinstance(given, str) else given
        spelled = {
            name: one[name]
            for one in (project, own)
            for name in FOR_ALL_CLIPS
            if one.get(name) is not None
        }
        spelled["null_values"] = tuple(spelled.get("null_values", ()))
        url, user, password = _without_userinfo(_address(project, own["url"]))
        keys = own.get("primary_keys")
        yield Clip(
            stream=stream,
            project=project["name"],
            url=url,
            username=project.get("username") or config.get("username") or user,
            password=project.get("password") or config.get("password") or password,
            primary_keys=None if keys is None else tuple(keys),
            columns=tuple(own.get("columns") or ()),
            types=own.get("types") or {},
            delimiter=own.get("delimiter"),
            encoding=own.get("encoding"),
            records_path=tuple(own["records_path"].split(".")) if own.get("records_path") else (),
            **spelled,
        )


def _address(project: Mapping[str, Any], url: str) -> str:
    """Return a clip's address; one without a host starts from the project's."""
    return urljoin(f"{project.get('url') or ''}/", url.strip())


def _without_userinfo(url: str) -> tuple[str, str, str]:
    """Return an address without the user and the password that people paste with it."""
    parts = urlsplit(url)
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return bare, unquote(parts.username or ""), unquote(parts.password or "")


def errors_of(config: Mapping[str, Any]) -> list[str]:
    """Return one sentence for each thing in `projects` that cannot work; no secret is quoted."""
    projects = config.get("projects")
    if not isinstance(projects, list) or not projects:
        return [_MISSING]
    errors: list[str] = []
    names: list[str] = []
    for number, project in enumerate(projects, 1):
        if not isinstance(project, dict) or not isinstance(project.get("name"), str):
            entry = f"entry {number} of {len(projects)} (counted from 1)"
            errors.append(f"projects: {entry} must be an object with a name.")
            continue
        where = f"project {project['name']}"
        names.append(project["name"])
        errors += _unknown(where, project, _PROJECT_KEYS)
        errors += _spelling_errors(where, project)
        errors += _clip_errors(where, project, config)
    if twice := {name for name in names if names.count(name) > 1}:
        errors.append(f"projects: two are named {', '.join(sorted(twice))}; rows would mix.")
    return errors or list(_contradictions(clips_of(config)))


def _contradictions(clips: Sequence[Clip]) -> Iterator[str]:
    """Say where projects declare one table differently."""
    for stream in dict.fromkeys(clip.stream for clip in clips):
        ours = [clip for clip in clips if clip.stream == stream]
        keys = {clip.primary_keys for clip in ours if clip.primary_keys is not None}
        if len({frozenset(map(name_of, key)) for key in keys}) > 1:
            yield f"dataclip {stream}: its primary_keys must be the same in all projects."
        types = {(name_of(head), kind) for clip in ours for head, kind in clip.types.items()}
        names = [name for name, _ in types]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"dataclip {stream}: the type of {name} must be the same in all projects."


def _clip_errors(
    where: str, project: Mapping[str, Any], config: Mapping[str, Any]
) -> Iterator[str]:
    clips = project.get("dataclips")
    if not isinstance(clips, dict) or not clips:
        yield f"{where} has no dataclips: name each with its address."
        return
    for stream, given in clips.items():
        place = f"{where}, dataclip {stream}"
        own = {"url": given} if isinstance(given, str) else given
        if not _STREAM.fullmatch(stream):
            yield f"{place}: the name must be made of a-z, 0-9 and _, beginning with a letter."
        if not isinstance(own, dict) or not isinstance(own.get("url"), str):
            yield f"{place} must be an address, or an object with a url."
            continue
        yield from _unknown(place, own, _CLIP_KEYS)
        yield from _url_errors(place, project, own["url"])
        yield from _declaration_errors(place, own)
        signs = [
            own.get(name) or project.get(name) or usual
            for name, usual in (("decimal_sign", "."), ("thousands_sign", ""))
        ]
        if signs[0] == signs[1]:
            yield f"{place}: decimal_sign (a dot unless set) and thousands_sign must differ."
    yield from _credential_errors(where, project, config)


def _credential_errors(
    where: str, project: Mapping[str, Any], config: Mapping[str, Any]
) -> Iterator[str]:
    """Say what a project lacks that none of its addresses has, once for all its clips."""
    if ":" in str(project.get("username") or config.get("username") or ""):
        yield f"{where}: the username must not hold a colon, which separates the password."
    addresses = [
        str(given.get("url") if isinstance(given, dict) else given)
        for given in project["dataclips"].values()
    ]
    named = all(re.match(r"[a-z]+://[^/]+@", address.strip()) for address in addresses)
    lacking = [
        name
        for name in ("username", "password")
        if not (project.get(name) or config.get(name) or named)
    ]
    if lacking:
        both = " and ".join(lacking)
        yield (
            f"{where} has no {both}: generate dataclip credentials in Perform, and set {both} for "
            "the project, or for all of them."
        )


def _unknown(place: str, given: Mapping[str, Any], known: set[str]) -> Iterator[str]:
    for name in sorted(given.keys() - known):
        near = get_close_matches(name, sorted(known), n=1)
        instead = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}."
        yield f"{place}: {name} is not a setting; {instead}"


def _url_errors(place: str, project: Mapping[str, Any], url: str) -> Iterator[str]:
    try:
        parts = urlsplit(_address(project, url))
        usable = parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.scheme not in {"http", "https"}:
        yield f"{place}: the url must be an address that begins with https://."
    elif parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
        yield f"{place}: the url must begin with https://, or anyone on the way reads the password."


def _declaration_errors(place: str, own: Mapping[str, Any]) -> Iterator[str]:
    types = {} if own.get("types") is None else own["types"]
    if not isinstance(types, dict):
        yield f"{place}: types must map headings to types."
        types = {}
    for heading, kind in types.items():
        if kind not in TYPES:
            yield f"{place}: the type of {heading} must be one of {', '.join(TYPES)}."
    for name in ("primary_keys", "columns"):
        headings = own.get(name) or []
        if not isinstance(headings, list) or not all(isinstance(one, str) for one in headings):
            yield f"{place}: {name} must be a list of headings."
    yield from _spelling_errors(place, own)
    path = own.get("records_path")
    if path is not None and not (isinstance(path, str) and all(path.split("."))):
        yield f"{place}: records_path must be names with dots between them, such as data.rows."
    if own.get("delimiter") not in {None, *DELIMITERS}:
        yield f"{place}: delimiter must be one of a comma, a semicolon, a tab or |."
    if isinstance(own.get("encoding"), str):
        try:
            "".encode(own["encoding"])
        except LookupError:
            yield f"{place}: encoding {own['encoding']} is unknown."


def _spelling_errors(place: str, given: Mapping[str, Any]) -> Iterator[str]:
    """Say what a project or a clip has of `FOR_ALL_CLIPS` that cannot work."""
    yield from _format_errors(place, given.get("date_format"))
    for name, signs in (("decimal_sign", _DECIMAL_SIGNS), ("thousands_sign", _THOUSANDS_SIGNS)):
        if given.get(name) not in {None, *signs}:
            yield f"{place}: {name} must be one of {', '.join(signs.values())}."
    nulls = given.get("null_values") or []
    if not isinstance(nulls, list) or not all(isinstance(one, str) for one in nulls):
        yield f"{place}: null_values must be a list of texts."
    if given.get("allow_unterminated") not in {None, True, False}:
        yield f"{place}: allow_unterminated must be true or false."


def _format_errors(place: str, date_format: object) -> Iterator[str]:
    """Say whether a format could never read a date."""
    if date_format is None:
        return
    try:
        usable = isinstance(date_format, str) and "%" in date_format
        timestamp = datetime(2000, 1, 31, tzinfo=timezone.utc)
        datetime.strptime(timestamp.strftime(str(date_format)), str(date_format))  # noqa: DTZ007 - a try
    except (ValueError, re.error):
        usable = False
    if not usable:
        yield (
            f"{place}: date_format must be made of the signs of strptime, such as %d/%m/%Y or "
            f"%m/%d/%Y, not {date_format!r}."
        )
