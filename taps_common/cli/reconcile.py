"""`--reconcile`: what a service adds up or counts, against what a run of the same tap reads."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from singer_sdk.singerlib import Catalog

from taps_common.errors import TapError
from taps_common.sdk import LineWriter
from taps_common.timestamps import before, midnight, midnight_from, to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from typing import TypeAlias, TypeVar

    from taps_common.cli.tap import ApiTap

    Row: TypeAlias = tuple[str, ...]
    Take: TypeAlias = Callable[[str, msgspec.Raw], None]
    T = TypeVar("T", bound=ApiTap)

DAYS = timedelta(days=31)
"""How much is compared where the settings do not say it: what one report may cover on any plan."""

DAY = timedelta(days=1)

AS_READ = {
    *("batch_config", "stream_maps", "stream_map_config", "faker_config", "json_columns"),
    *("flattening_enabled", "flattening_max_depth", "flattening_separator"),
    *("flattening_max_key_length", "emit_activate_version_messages", "skip_unchanged"),
    "reread_changed",
}
"""Settings that decide in which form rows leave, and which of them: rows are compared as read."""


class Window(NamedTuple):
    """Whole days of UTC.

    Attributes:
        low: the first midnight.
        high: the midnight after the last day.
    """

    low: datetime
    high: datetime

    def __str__(self) -> str:
        return f"{self.low:%Y-%m-%d} to {self.high - DAY:%Y-%m-%d} (UTC)"


def window_of(start: datetime | None, end: datetime | None, now: datetime) -> Window:
    """Return what is compared: from `start_date` to `end_date` where both are set, else 31 days.

    These are the days before `end_date`, or the last full ones, and none before `start_date`.

    Raises:
        TapError: there is no full day in it.
    """
    today = midnight(now)
    high = min(midnight(end), today) if end else today
    low = before(high, DAYS)
    if start:
        first = midnight_from(start)
        low = first if end else max(low, first)
    window = Window(low, high)
    if window.low >= window.high:
        raise TapError(
            "Between start_date and end_date there is no full day that is over: set others to "
            "compare what was read."
        )
    return window


class _Line(msgspec.Struct):
    type: str
    stream: str = ""
    record: msgspec.Raw = msgspec.Raw()


_decoder = msgspec.json.Decoder(_Line)


class RecordReader(LineWriter):
    """Hands the records of a run over, and writes nothing."""

    def __init__(self, take: Take) -> None:
        super().__init__()
        self._take = take

    def _write(self, lines: bytes) -> None:
        for line in lines.splitlines():
            message = _decoder.decode(line)
            if message.type == "RECORD":
                self._take(message.stream, message.record)


def chosen(catalog: Catalog, columns: Mapping[str, Collection[str] | None]) -> Catalog:
    """Return a catalog in which these tables are selected, and nothing else.

    Args:
        catalog: what there is.
        columns: the columns that are wanted, by table; None for those that it selects.
    """
    found = Catalog.from_dict(catalog.to_dict())
    for name, entry in found.items():
        entry.metadata.root.selected = name in columns
        wanted = columns.get(name)
        for crumb, metadata in entry.metadata.items():
            if wanted is not None and len(crumb) == 2:  # noqa: PLR2004 - a column, nothing in it
                metadata.selected = crumb[1] in wanted
    return found


def discovered(tap: ApiTap) -> Catalog:
    """Return what a tap discovers, whatever catalog it was given."""
    return Catalog.from_dict(type(tap)(config=_settings(tap), is_second=True).catalog_dict)


def read(tap: T, catalog: Catalog, take: Take, window: Window | None = None) -> T:
    """Run a second tap of the same kind and settings to its end, without a state; return it.

    Args:
        tap: whose settings they are.
        catalog: what is read.
        take: gets each record, and the name of its table.
        window: what part of the tables is read, if not all.

    Raises:
        RunFailedError: something could not be read.
    """
    config = _settings(tap)
    if window:
        config |= {"start_date": to_text(window.low), "end_date": to_text(window.high)}
    second = type(tap)(
        config=config, catalog=catalog, message_writer=RecordReader(take), is_second=True
    )
    second.sync_all()
    return second


def _settings(tap: ApiTap) -> dict[str, object]:
    """Return the settings of a tap that decide what is read; it warned of unknown ones itself."""
    known = tap.config_jsonschema["properties"].keys() - AS_READ
    return {name: value for name, value in tap.config.items() if name in known}


def printable(text: str) -> str:
    """Return a name as a terminal may be shown it."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def table_of(headings: Row, rows: Sequence[Row]) -> Iterator[str]:
    """Yield a table with a line per row: two columns of text, then numbers.

    A cell beyond the headings is a note on the row.
    """
    columns = len(headings)
    widths = [max(len(row[at]) for row in (headings, *rows)) for at in range(columns)]
    for row in (headings, *rows):
        left = [f"{cell:<{width}}" for cell, width in zip(row[:2], widths[:2], strict=True)]
        right = [f"{cell:>{width}}" for cell, width in zip(row[2:columns], widths[2:], strict=True)]
        yield "  ".join(["", *left, *right, *row[columns:]]).rstrip()
