"""The files that a command is given: JSON of the right shape, or a sentence that says what is not.

State files are written by runs and edited by people. What is checked is what these taps read of
them; other keys are left as they are.
"""

from __future__ import annotations

import io
import json
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Annotated, Any, TypeAlias

import click
import msgspec

from taps_common.errors import Kind, cleaned, coded
from taps_common.timestamps import from_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


class _Timestamp:
    """A text that `from_text` takes."""


def _read(kind: type, value: object) -> object:
    assert kind is _Timestamp  # noqa: S101 - no other type is not msgspec's own
    try:
        from_text(str(value))
    except ValueError:
        raise ValueError("Expected a timestamp") from None
    return _Timestamp()


_Ids: TypeAlias = list[str]
_Timestamps: TypeAlias = dict[str, _Timestamp]


class _Unfinished(msgspec.Struct):
    start: _Timestamp | None = None
    end: _Timestamp | None = None
    since: _Timestamp | None = None
    cursor: str = ""
    began: _Timestamp | None = None
    version: int | None = None
    done: _Ids = []
    latest: _Timestamp | None = None
    open: _Timestamps = {}
    stalled: int = 0
    rows: dict[str, int] | None = None


class _Activated(msgspec.Struct):
    rows: int
    settings: str = ""
    empty: bool = False


class _Clip(msgspec.Struct):
    rows: int | None = None
    digest: str | None = None


class _Scope(msgspec.Struct):
    """The entry of a table, or of a partition in it; what the SDK and all taps keep there."""

    context: dict[str, Any] = {}
    replication_key: str | None = None
    replication_key_value: str | None = None
    known: _Ids = []
    unfinished: _Timestamps = {}
    walk: _Unfinished | None = None
    first: _Timestamp | None = None
    compared: _Timestamp | None = None
    recent: _Ids = []
    seen: _Ids = []
    digests: dict[str, str] = {}
    activated: dict[str, _Activated] = {}
    clips: dict[str, _Clip] = {}
    bounds_zones: dict[str, _Ids] = {}
    feed_pages: dict[str, int] = {}
    gone: _Timestamps = {}
    missing: _Timestamps = {}
    service: str = ""
    ids: _Ids = []
    addresses: _Ids = []


class _Table(_Scope):
    partitions: list[_Scope] = []
    sent: str | dict[str, Annotated[int, msgspec.Meta(ge=0, le=100_000)]] = ""


class _State(msgspec.Struct):
    bookmarks: dict[str, Any] = {}  # each is looked at by itself, so that a message names it


class _Metadata(msgspec.Struct):
    breadcrumb: list[str]
    metadata: dict[str, Any]


class _Schema(msgspec.Struct):
    properties: dict[str, _Schema] = {}


class _Stream(msgspec.Struct):
    tap_stream_id: str
    schema: _Schema
    metadata: list[_Metadata] = []
    key_properties: list[str] | None = None
    replication_key: str | None = None
    replication_method: str | None = None


class _Catalog(msgspec.Struct):
    streams: list[_Stream]


def is_known(entry: dict[str, Any]) -> bool:
    """Return whether the entry of a table in a state has anything that the taps keep there."""
    return not entry.keys().isdisjoint(_Table.__struct_fields__)


_SHAPES: dict[str, tuple[Any, str]] = {
    "state": (_State, "Correct it, or run once without it, which reads everything."),
    "catalog": (_Catalog, "Print it anew with --discover."),
    "config": (dict[str, Any], "It is an object of settings and their values."),
}
"""What a file holds, and what to do where it does not, by its option."""

_SELECTION = "selection"

_DEEPEST = 100
"""Levels of a file; what Python reads may be nested too deep for it to copy or write."""


def json_file(option: str, given: IO[str], tap: str, settings: Collection[str] = ()) -> IO[str]:
    """Return an option's file as it was, if it can be used by a tap of that name and settings.

    Raises:
        UsageError: it cannot.
    """
    with as_sentence(option, given.name, tap):
        text = given.read()
        check(option, text, settings)
    return io.StringIO(text)


class OtherFileError(Exception):
    """A file that belongs to another option; its text is which."""


def _kind_of(value: object, settings: Collection[str]) -> str | None:
    """Return which option a file belongs to, as far as it shows that."""
    if isinstance(value, list):
        return _SELECTION if value and all(isinstance(one, str) for one in value) else None
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("streams"), list):
        return "catalog"
    if isinstance(value.get("bookmarks"), dict):
        return "state"
    return "config" if value.keys() & {*settings} else None


def _belongs(what: str, tap: str) -> str:
    """Return what a file is, and where it goes."""
    if what == _SELECTION:
        return (
            f"these are Meltano's rules of selection, for meltano config set {tap} _select "
            "--from-file. A catalog lists tables with their columns: --discover prints one, and "
            "catalogs/singer has ready ones"
        )
    names = {
        "config": "these are settings",
        "catalog": "this is a catalog",
        "state": "this is a state",
    }
    return f"{names[what]}, for --{what}"


def check(option: str, text: str, settings: Collection[str]) -> None:
    """Make sure that the text of a file can be used.

    Args:
        option: such as `state`, without dashes.
        text: what the file holds.
        settings: names of the tap's settings.

    Raises:
        OtherFileError: it belongs to another option.
        ValueError: it is not JSON, or has another shape (`ValidationError`).
        RecursionError: it is nested too deep.
    """
    shape, _ = _SHAPES[option]
    if not text.strip():
        raise msgspec.ValidationError("it is empty: whoever wrote it saved nothing")
    value = json.loads(text, parse_constant=_no_number)
    if _is_deeper(value, _DEEPEST):
        raise RecursionError
    if (what := _kind_of(value, settings)) not in {None, option}:
        raise OtherFileError(str(what))
    found = msgspec.convert(value, shape)
    if isinstance(found, _State) and {*value} - {"currently_syncing"} and "bookmarks" not in value:
        raise msgspec.ValidationError(
            "it holds no bookmarks; of a STATE message or of meltano state get, give what is in "
            "value or singer_state"
        )
    for name, table in found.bookmarks.items() if isinstance(found, _State) else ():
        try:
            msgspec.convert(table, _Table, dec_hook=_read)
        except msgspec.ValidationError as error:
            raise msgspec.ValidationError(f"{cleaned(name)}: {error}") from error


@contextmanager
def as_sentence(option: str, name: str, tap: str) -> Iterator[None]:
    """Say what is wrong with an option's file.

    Args:
        option: such as `state`, without dashes.
        name: what the file is called.
        tap: name of the tap.

    Raises:
        UsageError: whatever is.
    """
    kind = Kind.STATE if option == "state" else Kind.SETTING
    file, advice = coded(tap, kind, f"--{option}: {name}"), _SHAPES[option][1]
    try:
        yield
    except OtherFileError as error:
        raise click.UsageError(f"{file}: {_belongs(str(error), tap)}.") from error
    except msgspec.ValidationError as error:  # names keys and types, no values
        raise click.UsageError(f"{file}: {_shown(str(error))}. {advice}") from error
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{file}: not UTF-8. {advice}") from error
    except ValueError as error:
        several = option == "state" and _has_several(error)
        why = _SEVERAL if several else f"not valid JSON ({error})."
        raise click.UsageError(f"{file}: {why}") from error
    except RecursionError as error:
        raise click.UsageError(f"{file}: nested too deep. {advice}") from error
    except OSError as error:
        raise click.UsageError(f"{file}: {error.strerror}.") from error


_SEVERAL = "it has more than one state: give its last line only (tail -n 1)."


def _has_several(error: ValueError) -> bool:
    """Return whether another object follows the first one, as in what a loader printed."""
    if not isinstance(error, json.JSONDecodeError) or error.msg != "Extra data":
        return False
    return error.doc[error.pos : error.pos + 1] == "{"


def _shown(text: str) -> str:
    return text.replace("`", "").replace("$.", "").replace("$", "the file")


def _is_deeper(value: object, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(one, levels - 1) for one in inner)


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is not a number")
