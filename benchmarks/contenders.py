"""Who takes part: the taps, and what one would pick instead."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from benchmarks.perform.clips_asked import IDS
from benchmarks.services import PERFORM, Service

if TYPE_CHECKING:
    from pathlib import Path


class Kind(Enum):
    """What kind of program a contender is, and what the tables call it."""

    TAP = "tap"
    PLAIN = "plain SDK tap"
    BARE = "bare loop: requests, orjson"
    DOWNLOAD = "bare download: requests; decodes and writes nothing"
    DLT = "dlt rest_api"

    @property
    def singer(self) -> bool:
        """Whether it is a tap, with settings and a catalog."""
        return self in {Kind.TAP, Kind.PLAIN}

    @property
    def tells(self) -> bool:
        """Whether it prints how many rows there were, instead of the rows."""
        return self in {Kind.DOWNLOAD, Kind.DLT}


@dataclass(frozen=True)
class Contender:
    """A program that reads all rows.

    Attributes:
        label: what the tables call it.
        kind: what kind of program it is.
        module: what `python -m` runs.
        workers: its requests on their way at once, where it has such a setting.
        table: the one table that it writes.
        arguments: what it is started with besides.
        members: members of the account that it reads, if not as many as the scenario says.
        latency_ms: milliseconds that its requests take, if not as many as the scenario says.
        flattened: whether it flattens what it writes.
        drift: dotted path of a field of each row that it reads which has no place there, if any.
        rounds: how often it is measured, if not as often as the scenario says.
        checkout: another checkout of this repository, `make .venv/.ready` done, whose tap it is.
    """

    label: str
    kind: Kind
    module: str
    workers: int | None = None
    table: str = "time_entries"
    arguments: tuple[str, ...] = ()
    members: int | None = None
    latency_ms: int | None = None
    flattened: bool = False
    drift: str | None = None
    rounds: int | None = field(default=None, compare=False)
    checkout: Path | None = None

    @property
    def account(self) -> tuple[int | None, int | None, str | None]:
        """What tells the account that it reads from others of its scenario."""
        return self.members, self.latency_ms, self.drift


def tap(service: Service, workers: int | None = None, members: int | None = None) -> Contender:
    """Return a service's tap with so many requests on their way at once, or its own default."""
    plural = "worker" if workers == 1 else "workers"
    how = "default settings" if workers is None else f"{workers} {plural}"
    label = f"tap-{service.name}, {how}{f', {members:,} members' if members else ''}"
    return Contender(label, Kind.TAP, f"tap_{service.name}", workers, members=members)


def beside(contender: Contender, checkout: Path) -> Contender:
    """Return the same tap of another checkout."""
    return replace(contender, label=f"{contender.label}, {checkout.name}", checkout=checkout)


def at_once(service: Service) -> Contender:
    """Return a service's tap with 16 workers where requests take no time: what the work takes."""
    most = tap(service, 16)
    return replace(most, label=f"{most.label}, no latency", latency_ms=0)


def drifting(service: Service, path: str) -> Contender:
    """Return a service's tap where one field of each row of each page has no place."""
    one = tap(service, 1)
    return replace(one, label=f"{one.label}, odd {path} in each row", drift=path)


def flattening(service: Service) -> Contender:
    """Return a service's tap that flattens nested objects."""
    one = tap(service, 1)
    return replace(one, label=f"{one.label}, flattened", flattened=True)


def plain(service: Service, rounds: int | None = None) -> Contender:
    """Return the plain SDK tap of a service; one request at a time."""
    module = f"benchmarks.{service.name}.plain_tap"
    return Contender(Kind.PLAIN.value, Kind.PLAIN, module, 1, rounds=rounds)


def bare(service: Service, rounds: int | None = None) -> Contender:
    """Return the bare loop over a service's pages; one request at a time."""
    module = f"benchmarks.{service.name}.bare_loop"
    return Contender(Kind.BARE.value, Kind.BARE, module, 1, rounds=rounds)


def download(service: Service) -> Contender:
    """Return the loop that only takes a service's pages."""
    module = f"benchmarks.{service.name}.download"
    return Contender(Kind.DOWNLOAD.value, Kind.DOWNLOAD, module, 1)


def dlt(service: Service, how: str, *arguments: str, rounds: int | None = None) -> Contender:
    """Return dlt's source of a service, by what the tables say of it."""
    module = f"benchmarks.{service.name}.dlt_source"
    label = f"{Kind.DLT.value}, {how}"
    return Contender(label, Kind.DLT, module, arguments=arguments, rounds=rounds)


def clip(table: str) -> Contender:
    """Return tap-perform with a clip of a declared key."""
    return Contender("tap-perform, key declared", Kind.TAP, "tap_perform", table=table)


def clip_with_ids(table: str) -> Contender:
    """Return tap-perform with a clip without a key, whose rows get ids."""
    return Contender("tap-perform, ids for rows", Kind.TAP, "tap_perform", table=table + IDS)


def plain_clip(table: str) -> Contender:
    """Return the plain SDK tap of a clip; it gives no ids."""
    return replace(plain(PERFORM), table=table)


def bare_clip(table: str) -> Contender:
    """Return the bare loop over a clip."""
    return replace(bare(PERFORM), table=table, arguments=(table,))


EXTRACT = "extract to uncompressed files"
LOAD = "extract, normalise, load into DuckDB"
