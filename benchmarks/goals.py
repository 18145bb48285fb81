"""Which figures were promised, and what the measured scenarios say about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.contenders import (
    EXTRACT,
    bare,
    bare_clip,
    clip,
    clip_with_ids,
    dlt,
    drifting,
    flattening,
    plain,
    plain_clip,
    tap,
)
from benchmarks.perform.clips_asked import CSV, JSON
from benchmarks.report import Goal
from benchmarks.scenarios import ODD
from benchmarks.services import CLICKTIME, CLOCKIFY
from benchmarks.start_up import OPTIONS, PLAIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.loading import Loaded
    from benchmarks.reading import Result
    from benchmarks.start_up import Ended


def read(results: Mapping[str, Result]) -> Iterator[Goal]:
    """Return the goals of what was read."""
    yield from _clockify(results)
    yield from _latency(results)
    yield from _clicktime(results)
    yield from _perform(results)


def loaded(results: Mapping[str, Loaded]) -> Iterator[Goal]:
    """Return the goals of what was loaded, with the settings that are shipped."""
    for result in results.values():
        for loader in result.rounds:
            if loader.shipped:
                text = f"the tap's own time of a pipe into {loader.plugin}"
                limit = None if result.loading.name == "into-jsonl" else 10
                yield Goal(text, result.share(loader), limit, " %", at_most=True)


def started(result: Ended) -> Iterator[Goal]:
    """Return the goals of starting up."""
    for module in result.start_up.modules:
        if module != PLAIN:
            for option in OPTIONS:
                text = f"{module.replace('_', '-')} {option}, CPU, against the plain SDK tap"
                yield Goal(text, result.times(module, option), 1, " times", at_most=True)


def _clockify(results: Mapping[str, Result]) -> Iterator[Goal]:
    serial, usual = tap(CLOCKIFY, 1), tap(CLOCKIFY)
    speed = results.get("members-40")
    if speed:
        against = speed.times(serial, plain(CLOCKIFY))
        yield Goal("1 worker, against the plain SDK tap", against, 15, " times")
        against = speed.times(serial, bare(CLOCKIFY))
        yield Goal("1 worker, against the bare loop", against, 1, " times")
        against = speed.times(serial, dlt(CLOCKIFY, EXTRACT))
        yield Goal("1 worker, against dlt's extract, uncompressed", against, 2, " times")
        memory = results.get("memory")
        for how, contender, limit in (("1 worker", serial, 100), ("default settings", usual, None)):
            peak = speed.peak(contender)
            text = f"{how}, peak memory at {speed.rows:,} time entries"
            yield Goal(text, peak, limit, " MiB", at_most=True)
            if memory:
                text = f"{how}, peak memory at {memory.rows:,} time entries, against {speed.rows:,}"
                yield Goal(text, memory.peak(contender) / peak, 1.1, " times", at_most=True)
    if drift := results.get("drift"):
        for path in ODD:
            share = drift.cpu(drifting(CLOCKIFY, path)) / drift.cpu(serial)
            text = f"1 worker, CPU with an odd {path} in each row, against none"
            yield Goal(text, share, 3, " times", at_most=True)
    if flat := results.get("flattening"):
        share = flat.cpu_share(flattening(CLOCKIFY), serial)
        text = "1 worker, CPU with nested objects as columns, against none"
        yield Goal(text, share, 1.2, " times", at_most=True)
    if members := results.get("members-2000"):
        share = members.times(serial, tap(CLOCKIFY, 1, members=40))
        yield Goal("speed with 2,000 members, against 40", share, 0.8, " times")


def _latency(results: Mapping[str, Result]) -> Iterator[Goal]:
    if latency := results.get("latency-100"):
        most, eight = tap(CLOCKIFY, 16), tap(CLOCKIFY, 8)
        against = latency.times(most, plain(CLOCKIFY))
        yield Goal("100 ms, 16 workers, against the plain SDK tap", against, 14, " times")
        if limit := latency.limit(most):
            text = "100 ms, 16 workers, against the arithmetic limit"
            yield Goal(text, latency.wall(most) / limit, 1.5, " times", at_most=True)
        against = latency.times(eight, dlt(CLOCKIFY, f"8 threads, {EXTRACT}", "--threads=8"))
        text = "100 ms, 8 workers, against dlt's extract with 8 threads"
        yield Goal(text, against, 2, " times")


def _clicktime(results: Mapping[str, Result]) -> Iterator[Goal]:
    serial = tap(CLICKTIME, 1)
    if speed := results.get("clicktime"):
        against = speed.times(serial, plain(CLICKTIME))
        yield Goal("ClickTime: 1 worker, against the plain SDK tap", against, 6, " times")
        against = speed.times(serial, bare(CLICKTIME))
        yield Goal("ClickTime: 1 worker, against the bare loop", against, None, " times")
    if latency := results.get("clicktime-latency"):
        others = {"the plain SDK tap": plain(CLICKTIME), "1 worker": serial}
        for workers in (8, 16):
            for what, other in others.items():
                text = f"ClickTime: {workers} workers against {what}, 100 ms"
                yield Goal(text, latency.times(tap(CLICKTIME, workers), other), 5, " times")
        text = f"ClickTime: peak memory at {latency.rows:,} time entries, 16 workers"
        yield Goal(text, latency.peak(tap(CLICKTIME, 16)), None, " MiB")


def _perform(results: Mapping[str, Result]) -> Iterator[Goal]:
    for form, stream in (("CSV", CSV), ("JSON", JSON)):
        contenders = {"key declared": clip(stream), "ids for rows": clip_with_ids(stream)}
        if speed := results.get(f"perform-{form.lower()}"):
            for how, contender in contenders.items():
                against = speed.times(contender, plain_clip(stream))
                text = f"Perform: {form}, {how}, against the plain SDK tap"
                limit = 4 if contender == clip(stream) else None  # the plain tap gives no ids
                yield Goal(text, against, limit, " times")
                against = speed.times(contender, bare_clip(stream))
                text = f"Perform: {form}, {how}, against the bare loop"
                yield Goal(text, against, None, " times")
        if big := results.get(f"perform-big-{form.lower()}"):
            for how, contender in contenders.items():
                text = f"Perform: peak memory at {big.rows:,} rows of {form}, {how}"
                yield Goal(text, big.peak(contender), 150, " MiB", at_most=True)
