"""`python -m benchmarks.requests_table`: requests that tap-clockify sends, counted by the sandbox.

Beside them stand the fewest pages that could hold the data, and what other connectors' designs
take: their page sizes, one request per project and per member, worked out from the same account.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sandbox
from benchmarks.environments import ROOT
from sandbox.clockify.workspaces import ACCOUNTS
from tap_clockify.feed_trust import RUNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sandbox import Sandbox
    from sandbox.clockify.workspaces import WorkspaceData

State = dict[str, Any]

PAGE = 5_000
"""Rows of the largest page that Clockify sends (help, "How to retrieve more than 50 results")."""

CORE = (
    *("workspaces", "users", "user_memberships", "user_groups", "user_group_members", "clients"),
    *("projects", "project_memberships", "tags", "time_entries", "time_entry_tags"),
    *("time_entry_custom_fields", "tasks"),
)
ENTRIES = ("time_entries", "time_entry_tags", "time_entry_custom_fields")

REREADS = {"reread_changed": True}
TURNS = 30
"""Runs in which all months since 2017 had their turn, where a report has one at most."""

ALONE = "quiet, the feeds alone"
STAGES = ("full", "quiet, feeds and lists", ALONE)
"""A first run, those until the feeds have earned it, and those from then on."""

GROUPS = {
    "time-entries": "time entries",
    "batch": "time entries",
    "created": "feeds",
    "updated": "feeds",
    "deleted": "feeds",
    "tasks": "tasks",
    "detailed": "reports",
    "summary": "reports",
    "{userId}": "per member",
    "managers": "per member",
}
"""What a request is for, by the end of its route; all others are lists."""

COLUMNS = ("lists", "tasks", "time entries", "feeds", "reports", "per member")


@dataclass(frozen=True)
class Peer:
    """How another connector reads the same: tasks per project and time entries per member.

    Attributes:
        name: which one.
        lists: rows of a page of its lists.
        details: rows of a page of tasks and of time entries.
        bookmark: whether a later run asks for time entries since the last one only.
        source: where that can be looked up.
    """

    name: str
    lists: int
    details: int
    bookmark: bool
    source: str

    def requests(self, homes: Iterable[WorkspaceData], *, again: bool) -> int:
        """Return how many requests a run sends, the first one or a later one."""
        total = 1
        for data in homes:
            lists = (data.users, data.clients, data.projects, data.tags)
            total += sum(pages(len(one), self.lists) for one in lists)
            total += sum(pages(one, self.details) for one in tasks_of(data))
            quiet = again and self.bookmark
            total += sum(1 if quiet else pages(one, self.details) for one in entries_of(data))
        return total


PEERS = (
    Peer("Airbyte source-clockify 0.4", 50, 50, bookmark=False, source="its manifest"),
    Peer("tap-clockify 1.0.0 on PyPI", 100, 250, bookmark=False, source="its wheel"),
    Peer("tap-clockify of quantile, immuta", 100, 100, bookmark=True, source="their repositories"),
    Peer("PostHog's source", 1_000, 1_000, bookmark=True, source="its repository"),
)


@dataclass(frozen=True)
class Counted:
    """A run of the tap: what it asked for, and how many rows it sent to the target."""

    name: str
    asked: Counter[str]
    rows: int


def main() -> int:
    """Count, print markdown, return 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.requests_table")
    parser.add_argument("accounts", nargs="*", default=sorted(ACCOUNTS, reverse=True))
    parser.add_argument("--entries", type=int, help="time entries, instead of the account's own")
    options = parser.parse_args()
    for name in options.accounts:
        with sandbox.start(account=name, entries=options.entries) as running:
            for line in table(name, running, options.entries):
                print(line, flush=True)
    return 0


def table(name: str, running: Sandbox, entries: int | None) -> Iterable[str]:
    """Yield the lines of an account's table."""
    size = ACCOUNTS[name]
    homes = list(running.clockify.workspaces.values())
    yield (
        f"\n### {name}: {size.workspaces} workspace{'s' * (size.workspaces > 1)}, "
        f"{size.members:,} members, {size.projects:,} projects, {size.tasks:,} tasks, "
        f"{entries or size.entries:,} time entries in all, plan {size.plan}\n"
    )
    yield f"| run | requests | {' | '.join(COLUMNS)} | rows sent |"
    yield "| --- " * (3 + len(COLUMNS)) + "|"
    for run in runs(running, everything=name == "free"):
        by_group = " | ".join(f"{run.asked[one]:,}" for one in COLUMNS)
        yield f"| {run.name} | **{run.asked.total():,}** | {by_group} | {run.rows:,} |"
    yield f"\nFewest pages that hold the core, one per member at least: {fewest(homes):,}.\n"
    yield "| the same tables, designed as | first run | later run | by |"
    yield "| --- | --- | --- | --- |"
    for peer in PEERS:
        first, later = (peer.requests(homes, again=again) for again in (False, True))
        yield f"| {peer.name} | {first:,} | {later:,} | {peer.source} |"


def runs(running: Sandbox, *, everything: bool) -> Iterable[Counted]:
    """Run the tap in all ways; yield each run's requests."""
    since = f"{datetime.now(timezone.utc):%Y-%m}-01"
    ways: list[tuple[str, Sequence[str] | None, bool, dict[str, Any]]] = [
        ("core, INCREMENTAL", CORE, False, {}),
        ("core, INCREMENTAL, skip_unchanged", CORE, False, {"skip_unchanged": True}),
        ("core, INCREMENTAL, reread_changed", CORE, False, REREADS),
        ("core, LOG_BASED", CORE, True, {}),
    ]
    if everything:
        bounded = {"start_date": since}
        free = (*CORE, "detailed_report")
        ways.append((f"core and detailed_report since {since}", free, False, bounded))
        ways.append((f"all tables since {since}", None, False, bounded))
    for name, tables, by_log, settings in ways:
        state: State = {}
        for kind in STAGES if by_log else ("full", "quiet"):
            entries: list[str] = []
            for _ in range(RUNS if kind == ALONE else 0):  # the feeds earn it
                entries = an_entry_each(running, entries)
                state, _ = run_tap(running, tables, by_log=by_log, state=state, settings=settings)
            for _ in range(TURNS if everything and settings == REREADS and state else 0):
                state, _ = run_tap(running, tables, by_log=by_log, state=state, settings=settings)
            running.reset_requests()
            state, rows = run_tap(running, tables, by_log=by_log, state=state, settings=settings)
            yield Counted(f"{name}: {kind}", grouped(running), rows)


def an_entry_each(running: Sandbox, earlier: Sequence[str]) -> list[str]:
    """Have an entry made in each workspace, and earlier ones edited, an hour before a run."""
    world = running.clockify
    for ident in earlier:
        world.edit_entry(ident, description="edited")
    made = [world.insert_entry(ident, world.owner_id) for ident in world.workspaces]
    world.advance(3_600)
    return made


def run_tap(
    running: Sandbox,
    tables: Sequence[str] | None,
    *,
    by_log: bool,
    state: State,
    settings: dict[str, Any],
) -> tuple[State, int]:
    """Run the tap with these tables, or with all; return its last state and number of rows."""
    config = {
        "api_url": f"{running.url}/clockify/api/v1",
        "api_key": "sandbox-key",
        **settings,
    }
    command = [sys.executable, "-m", "tap_clockify"]
    with tempfile.TemporaryDirectory() as folder:
        files = {"config": config, "catalog": catalog(command, tables, by_log=by_log)}
        files |= {"state": state} if state else {}
        for name, held in files.items():
            path = Path(folder, name)
            path.write_text(json.dumps(held))
            command.append(f"--{name}={path}")
        with subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            assert process.stdout is not None
            last, rows = b"", 0
            for line in process.stdout:
                rows += line.startswith(b'{"type":"RECORD"')
                if line.startswith(b'{"type":"STATE"'):
                    last = line
        if process.returncode:
            raise RuntimeError(f"tap-clockify ended with {process.returncode}")
    found: State = json.loads(last)["value"]
    return found, rows


def catalog(command: list[str], tables: Sequence[str] | None, *, by_log: bool) -> dict[str, Any]:
    """Return what --discover prints, with these tables selected."""
    done = subprocess.run([*command, "--discover"], cwd=ROOT, capture_output=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    for stream in found["streams"]:
        name = stream["tap_stream_id"]
        (top,) = [one["metadata"] for one in stream["metadata"] if not one["breadcrumb"]]
        top["selected"] = tables is None or name in tables
        if name in ENTRIES:
            method = "LOG_BASED" if by_log else "INCREMENTAL"
            stream["replication_method"] = top["forced-replication-method"] = method
    return found


def grouped(running: Sandbox) -> Counter[str]:
    """Return what was asked, by what it was for."""
    ends = (request.route.rsplit("/", 1)[-1] for request in running.requests)
    return Counter(GROUPS.get(end, "lists") for end in ends)


def fewest(homes: Iterable[WorkspaceData]) -> int:
    """Return how many pages hold all rows of the core, tasks beside their projects."""
    total = 1
    for data in homes:
        lists = (data.users, data.user_groups, data.clients, data.projects, data.tags)
        total += sum(pages(len(one), PAGE) for one in lists)
        total += sum(pages(one, PAGE) for one in entries_of(data))
    return total


def entries_of(data: WorkspaceData) -> list[int]:
    """Return how many time entries each member has."""
    return [len(data.timesheets.get(user, ())) for user in data.users]


def tasks_of(data: WorkspaceData) -> list[int]:
    """Return how many tasks each project has."""
    counts = Counter(task.projectId for task in data.tasks.values())
    return [counts[project] for project in data.projects]


def pages(rows: int, size: int) -> int:
    """Return how many pages hold so many rows: one at least."""
    return max(1, -(-rows // size))


if __name__ == "__main__":
    sys.exit(main())
