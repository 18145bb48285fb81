"""What is measured: contenders, accounts and targets, as data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from benchmarks.perform.clips_asked import CSV, IDS, JSON
from benchmarks.services import CLICKTIME, CLOCKIFY, PERFORM, Service


class Kind(Enum):
    """What kind of program a contender is, and what the tables call it."""

    TAP = "tap"
    PLAIN = "plain SDK tap"
    BARE = "bare loop: requests, orjson"
    PARSER = "bare loop: requests, csv.reader; writes nothing"


@dataclass(frozen=True)
class Contender:
    """A program that reads all rows and writes them as RECORD lines; a parser only counts them.

    Attributes:
        label: what the tables call it.
        kind: what kind of program it is.
        module: what `python -m` runs.
        workers: its `max_concurrency`, where it has one.
        table: the one table that it writes.
    """

    label: str
    kind: Kind
    module: str
    workers: int | None = None
    table: str = "time_entries"


def tap(service: Service, workers: int | None = None) -> Contender:
    """Return a service's tap with so many requests on their way at once, or its own default."""
    plural = "worker" if workers == 1 else "workers"
    how = "default settings" if workers is None else f"{workers} {plural}"
    return Contender(f"tap-{service.name}, {how}", Kind.TAP, f"tap_{service.name}", workers)


def plain(service: Service) -> Contender:
    """Return the plain SDK tap of a service."""
    return Contender(Kind.PLAIN.value, Kind.PLAIN, f"benchmarks.{service.name}.plain_tap")


def bare(service: Service) -> Contender:
    """Return the bare loop over a service's pages."""
    return Contender(Kind.BARE.value, Kind.BARE, f"benchmarks.{service.name}.bare_loop")


def clip(table: str) -> Contender:
    """Return tap-perform with a clip of a declared key."""
    return Contender("tap-perform, key declared", Kind.TAP, "tap_perform", table=table)


def clip_with_ids(table: str) -> Contender:
    """Return tap-perform with a clip without a key, whose rows get ids."""
    return Contender("tap-perform, ids for rows", Kind.TAP, "tap_perform", table=table + IDS)


def plain_clip(table: str) -> Contender:
    """Return the plain SDK tap of a clip; it gives no ids."""
    return replace(plain(PERFORM), table=table)


PARSER = Contender(Kind.PARSER.value, Kind.PARSER, "benchmarks.perform.bare_loop", table=CSV)
"""What only parses CSV."""


@dataclass(frozen=True)
class Scenario:
    """An account, and who reads it.

    Attributes:
        name: a word that `--only` takes.
        title: headline of its table.
        service: whose account it is.
        members: members of Clockify's workspace; each one's time entries are a list of their own.
        entries: rows of the account, or of the clip.
        quick_entries: the same in a quick run.
        latency_ms: milliseconds that each request takes.
        contenders: who takes part.
        rounds: how often each contender is measured; where it is 0, each runs once only, its rows
            counted meanwhile, which costs time: it is memory that is measured.
    """

    name: str
    title: str
    service: Service
    members: int | None
    entries: int
    quick_entries: int
    latency_ms: int
    contenders: tuple[Contender, ...]
    rounds: int


SCENARIOS = (
    Scenario(
        name="plain",
        title="No latency, 40 members",
        service=CLOCKIFY,
        members=40,
        entries=200_000,
        quick_entries=20_000,
        latency_ms=0,
        contenders=(tap(CLOCKIFY, 1), tap(CLOCKIFY), plain(CLOCKIFY), bare(CLOCKIFY)),
        rounds=5,
    ),
    Scenario(
        name="members",
        title="No latency, 2,000 members",
        service=CLOCKIFY,
        members=2_000,
        entries=200_000,
        quick_entries=20_000,
        latency_ms=0,
        contenders=(tap(CLOCKIFY, 1), plain(CLOCKIFY), bare(CLOCKIFY)),
        rounds=2,
    ),
    Scenario(
        name="latency",
        title="100 ms per request, 200 members: about 200 requests",
        service=CLOCKIFY,
        members=200,
        entries=200_000,
        quick_entries=20_000,
        latency_ms=100,
        contenders=(
            tap(CLOCKIFY, 1),
            tap(CLOCKIFY, 4),
            tap(CLOCKIFY, 8),
            tap(CLOCKIFY, 16),
            plain(CLOCKIFY),
            bare(CLOCKIFY),
        ),
        rounds=3,
    ),
    Scenario(
        name="few",
        title="100 ms per request, 40 members: about 80 requests, so that start-up and work count",
        service=CLOCKIFY,
        members=40,
        entries=200_000,
        quick_entries=20_000,
        latency_ms=100,
        contenders=(tap(CLOCKIFY, 1), tap(CLOCKIFY, 8)),
        rounds=2,
    ),
    Scenario(
        name="memory",
        title="1,000,000 time entries, no latency, 40 members",
        service=CLOCKIFY,
        members=40,
        entries=1_000_000,
        quick_entries=100_000,
        latency_ms=0,
        contenders=(tap(CLOCKIFY),),
        rounds=3,
    ),
    Scenario(
        name="clicktime",
        title="ClickTime, no latency",
        service=CLICKTIME,
        members=None,
        entries=200_000,
        quick_entries=20_000,
        latency_ms=0,
        contenders=(
            tap(CLICKTIME, 1),
            tap(CLICKTIME),
            plain(CLICKTIME),
            bare(CLICKTIME),
        ),
        rounds=5,
    ),
    Scenario(
        name="clicktime-latency",
        title="ClickTime, 100 ms per request: about 500 requests",
        service=CLICKTIME,
        members=None,
        entries=500_000,
        quick_entries=50_000,
        latency_ms=100,
        contenders=(
            tap(CLICKTIME, 1),
            tap(CLICKTIME),
            tap(CLICKTIME, 8),
            tap(CLICKTIME, 16),
            plain(CLICKTIME),
            bare(CLICKTIME),
        ),
        rounds=2,
    ),
    Scenario(
        name="perform-csv",
        title="Perform, CSV of 82 MB",
        service=PERFORM,
        members=None,
        entries=200_000,
        quick_entries=20_000,
        latency_ms=0,
        contenders=(clip(CSV), clip_with_ids(CSV), plain_clip(CSV), PARSER),
        rounds=5,
    ),
    Scenario(
        name="perform-json",
        title="Perform, JSON array of 242 MB",
        service=PERFORM,
        members=None,
        entries=200_000,
        quick_entries=20_000,
        latency_ms=0,
        contenders=(clip(JSON), clip_with_ids(JSON), plain_clip(JSON)),
        rounds=5,
    ),
    Scenario(
        name="perform-big-csv",
        title="Perform, CSV of 2 GB",
        service=PERFORM,
        members=None,
        entries=4_900_000,
        quick_entries=100_000,
        latency_ms=0,
        contenders=(clip(CSV), clip_with_ids(CSV)),
        rounds=0,
    ),
    Scenario(
        name="perform-big-json",
        title="Perform, JSON array of 1 GB",
        service=PERFORM,
        members=None,
        entries=830_000,
        quick_entries=100_000,
        latency_ms=0,
        contenders=(clip(JSON), clip_with_ids(JSON)),
        rounds=0,
    ),
)
