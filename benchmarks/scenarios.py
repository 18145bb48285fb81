"""What is measured, as data; the comments say how long a scenario takes on two quiet cores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.contenders import (
    EXTRACT,
    LOAD,
    at_once,
    bare,
    bare_clip,
    clip,
    clip_with_ids,
    dlt,
    download,
    drifting,
    flattening,
    plain,
    plain_clip,
    tap,
)
from benchmarks.perform.clips_asked import CSV, JSON
from benchmarks.services import CLICKTIME, CLOCKIFY, PERFORM, Service

if TYPE_CHECKING:
    from benchmarks.contenders import Contender

MILLION = 1_000_000
"""Time entries."""

ODD = ("unknown", "description", "timeInterval.zone", "hourlyRate.currency")
"""Where an odd number stands: an unknown field and one of another type, at the top and inside."""


@dataclass(frozen=True)
class Scenario:
    """An account, and who reads it.

    Attributes:
        name: a word that `--only` takes.
        title: headline of its table.
        contenders: who takes part.
        service: whose account it is.
        members: members of Clockify's workspace; each one's time entries are a list of their own.
        entries: rows of the account, or of the clip.
        quick_entries: the same in a quick run.
        latency_ms: milliseconds that each request takes.
        rounds: how often each contender is measured that says nothing else; where it is 0, its one
            run is measured whose rows are counted, which costs time and no memory.
    """

    name: str
    title: str
    contenders: tuple[Contender, ...]
    service: Service = CLOCKIFY
    members: int | None = None
    entries: int = MILLION
    quick_entries: int = 20_000
    latency_ms: int = 0
    rounds: int = 3

    def rounds_of(self, contender: Contender) -> int:
        """Return how often a contender is measured besides the run whose rows are counted."""
        return self.rounds if contender.rounds is None else contender.rounds


SCENARIOS = (
    Scenario(  # 10 minutes
        name="members-40",
        title="No latency, 40 members",
        members=40,
        contenders=(
            tap(CLOCKIFY, 1),
            tap(CLOCKIFY),
            plain(CLOCKIFY, rounds=2),
            bare(CLOCKIFY),
            download(CLOCKIFY),
            dlt(CLOCKIFY, EXTRACT, rounds=2),
            dlt(CLOCKIFY, "extract to gzipped files (its default)", "--compressed", rounds=2),
            dlt(CLOCKIFY, LOAD, "--duckdb", rounds=0),
        ),
        rounds=5,
    ),
    Scenario(  # 5 minutes
        name="drift",
        title="No latency, 40 members, one odd field in each row of each page",
        members=40,
        entries=200_000,
        contenders=(tap(CLOCKIFY, 1), *(drifting(CLOCKIFY, path) for path in ODD)),
    ),
    Scenario(  # 1 minute
        name="flattening",
        title="No latency, 40 members, nested objects as columns",
        members=40,
        entries=200_000,
        contenders=(tap(CLOCKIFY, 1), flattening(CLOCKIFY)),
        rounds=9,
    ),
    Scenario(  # 3 minutes
        name="members-200",
        title="No latency, 200 members",
        members=200,
        contenders=(
            tap(CLOCKIFY, 1),
            tap(CLOCKIFY, 4),
            tap(CLOCKIFY, 16),
            plain(CLOCKIFY, rounds=0),
        ),
    ),
    Scenario(  # 6 minutes
        name="members-2000",
        title="No latency, 2,000 members",
        members=2_000,
        contenders=(
            tap(CLOCKIFY, 1),
            tap(CLOCKIFY, 1, members=40),
            plain(CLOCKIFY, rounds=0),
            bare(CLOCKIFY, rounds=2),
        ),
        rounds=5,
    ),
    Scenario(  # 3 minutes
        name="latency-20",
        title="20 ms per request, 200 members",
        members=200,
        latency_ms=20,
        contenders=(
            at_once(CLOCKIFY),
            tap(CLOCKIFY, 1),
            tap(CLOCKIFY, 4),
            tap(CLOCKIFY, 16),
            plain(CLOCKIFY, rounds=0),
        ),
    ),
    Scenario(  # 10 minutes
        name="latency-100",
        title="100 ms per request, 200 members",
        members=200,
        latency_ms=100,
        contenders=(
            at_once(CLOCKIFY),
            tap(CLOCKIFY, 1),
            tap(CLOCKIFY, 4),
            tap(CLOCKIFY, 8),
            tap(CLOCKIFY, 16),
            plain(CLOCKIFY, rounds=0),
            bare(CLOCKIFY, rounds=0),
            dlt(CLOCKIFY, f"8 threads, {EXTRACT}", "--threads=8", rounds=2),
        ),
    ),
    Scenario(  # 6 minutes; the sandbox takes 8 GB for this one
        name="memory",
        title="10,000,000 time entries, no latency, 40 members",
        members=40,
        entries=10 * MILLION,
        quick_entries=100_000,
        contenders=(tap(CLOCKIFY, 1), tap(CLOCKIFY)),
        rounds=0,
    ),
    Scenario(  # 3 minutes
        name="clicktime",
        title="ClickTime, no latency",
        service=CLICKTIME,
        entries=500_000,
        contenders=(
            tap(CLICKTIME, 1),
            tap(CLICKTIME),
            plain(CLICKTIME, rounds=2),
            bare(CLICKTIME),
        ),
        rounds=5,
    ),
    Scenario(  # 8 minutes
        name="clicktime-latency",
        title="ClickTime, 100 ms per request",
        service=CLICKTIME,
        entries=500_000,
        latency_ms=100,
        contenders=(
            at_once(CLICKTIME),
            tap(CLICKTIME, 1),
            tap(CLICKTIME, 4),
            tap(CLICKTIME, 8),
            tap(CLICKTIME, 16),
            plain(CLICKTIME, rounds=0),
            bare(CLICKTIME, rounds=0),
        ),
        rounds=2,
    ),
    Scenario(  # 2 minutes
        name="perform-csv",
        title="Perform, CSV of 82 MB",
        service=PERFORM,
        entries=200_000,
        contenders=(clip(CSV), clip_with_ids(CSV), plain_clip(CSV), bare_clip(CSV)),
    ),
    Scenario(  # 2 minutes
        name="perform-json",
        title="Perform, JSON array of 242 MB",
        service=PERFORM,
        entries=200_000,
        contenders=(clip(JSON), clip_with_ids(JSON), plain_clip(JSON), bare_clip(JSON)),
    ),
    Scenario(  # 4 minutes
        name="perform-big-csv",
        title="Perform, CSV of 2 GB",
        service=PERFORM,
        entries=4_900_000,
        quick_entries=100_000,
        contenders=(clip(CSV), clip_with_ids(CSV)),
        rounds=0,
    ),
    Scenario(  # 1 minute
        name="perform-big-json",
        title="Perform, JSON array of 1 GB",
        service=PERFORM,
        entries=830_000,
        quick_entries=100_000,
        contenders=(clip(JSON), clip_with_ids(JSON)),
        rounds=0,
    ),
)
