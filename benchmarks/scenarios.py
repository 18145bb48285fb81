"""What is measured: contenders, accounts and targets, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Contender:
    """A program that reads all time entries and writes them as RECORD lines.

    Attributes:
        label: what the tables call it.
        module: what `python -m` runs.
        workers: its `max_concurrency`, where it has one.
    """

    label: str
    module: str
    workers: int | None = None


def clockify(workers: int) -> Contender:
    """Return tap-clockify with so many requests on their way at once."""
    plural = "worker" if workers == 1 else "workers"
    return Contender(f"tap-clockify, {workers} {plural}", "tap_clockify", workers)


DEFAULT = Contender("tap-clockify, default settings", "tap_clockify")
PLAIN = Contender("plain SDK tap", "benchmarks.plain_tap")
BARE = Contender("bare loop: requests, orjson", "benchmarks.bare_loop")


@dataclass(frozen=True)
class Scenario:
    """An account, and who reads it.

    Attributes:
        name: a word that `--only` takes.
        title: headline of its table.
        members: members of the workspace; each one's time entries are a list of their own.
        entries: time entries of the account.
        quick_entries: the same in a quick run.
        latency_ms: milliseconds that each request takes.
        contenders: who takes part.
        rounds: how often each contender is measured.
    """

    name: str
    title: str
    members: int
    entries: int
    quick_entries: int
    latency_ms: int
    contenders: tuple[Contender, ...]
    rounds: int


SCENARIOS = (
    Scenario(
        name="plain",
        title="No latency, 40 members",
        members=40,
        entries=200_000,
        quick_entries=20_000,
        latency_ms=0,
        contenders=(clockify(1), DEFAULT, PLAIN, BARE),
        rounds=5,
    ),
    Scenario(
        name="members",
        title="No latency, 2,000 members",
        members=2_000,
        entries=200_000,
        quick_entries=20_000,
        latency_ms=0,
        contenders=(clockify(1), PLAIN, BARE),
        rounds=2,
    ),
    Scenario(
        name="latency",
        title="100 ms per request, 200 members: about 200 requests",
        members=200,
        entries=200_000,
        quick_entries=20_000,
        latency_ms=100,
        contenders=(clockify(1), clockify(4), clockify(8), clockify(16), PLAIN, BARE),
        rounds=3,
    ),
    Scenario(
        name="few",
        title="100 ms per request, 40 members: about 80 requests, so that start-up and work count",
        members=40,
        entries=200_000,
        quick_entries=20_000,
        latency_ms=100,
        contenders=(clockify(1), clockify(8)),
        rounds=2,
    ),
    Scenario(
        name="memory",
        title="1,000,000 time entries, no latency, 40 members",
        members=40,
        entries=1_000_000,
        quick_entries=100_000,
        latency_ms=0,
        contenders=(DEFAULT,),
        rounds=3,
    ),
)
