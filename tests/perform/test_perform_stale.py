"""Clips that are stale: asked early, waited for, and never taken for a table."""

from __future__ import annotations

import email.utils
import json
import signal
import subprocess
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

import sandbox
from tests.common.runs import NOW, PATIENCE, TurningClock, installed
from tests.perform.runs import FIRST, SECOND, Account, Copy

if TYPE_CHECKING:
    from pathlib import Path
    from threading import Event

    from tap_perform.tap import TapPerform
    from tests.common.runs import Run

VERSIONS: dict[str, Any] = {"emit_activate_version_messages": True}
TABLES = (
    *("equipment_item_export", "invoice_export", "other_resources_export"),
    *("purchase_order_export", "reporting_periods", "wbs_export"),
)
"""Small ones, in the order of the settings."""
LATE, EARLY = "docket_export", "wbs_export"
WAITS = [15, 22.5, 33.75, 50.625, 75.9375, 113.90625, 120, 120]
"""Seconds between two looks."""
FORMS = ("text", "sentence", "json", "json_errors", "html", "csv_heading", "csv_row", "json_row")
STATUSES = (200, 202, 404, 409, 500, 503)
BARE = ((202, "empty"), (204, "empty"), (409, "empty"), (503, "empty"))
"""Statuses that mean "later" without a word."""
ADVICE = (
    "A clip is stale at its first access and after disuse, and asking for it starts its refresh: "
    "run again later, or raise stale_timeout. If it never comes, as can be on large projects, ask "
    "Bentley's support."
)


@cache
def catalog(*streams: str) -> dict[str, Any]:
    """Return what is discovered of some clips, or of all, while all is well."""
    with sandbox.start(now=NOW, entries=300) as running:
        account = Account(running)
        return account.discovered(projects=account.projects(*streams))


def pair(account: Account, clock: TurningClock | None = None, **settings: Any) -> Run:
    """Read two tables with versions, of which the first may be late."""
    given = {
        "projects": account.projects(LATE, EARLY),
        "catalog": catalog(LATE, EARLY),
        **VERSIONS,
        **settings,
    }
    return account.run(clock=clock, **given)


def reasons(run: Run, table: str) -> list[str]:
    return [line for line in run.log.splitlines() if line.startswith(f"{table} failed")]


# -- that come in the end --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "form"), [*((status, form) for status in STATUSES for form in FORMS), *BARE]
)
def test_what_is_stale_a_few_times_arrives_once_and_the_ready_first(
    account: Account, status: int, form: str
) -> None:
    world, copy = account.world, Copy()
    for times, table in enumerate(reversed(TABLES)):
        world.set_clip(table, stale=times, stale_status=status, stale_form=form)
    clock = TurningClock(world.now)
    run = account.run(
        projects=account.projects(*TABLES),
        catalog=catalog(*TABLES),
        clock=clock,
        max_retries=0,
        **VERSIONS,
    )
    copy.load(run.ok())
    assert copy.differences(world, TABLES) == {}
    assert len(run.of("RECORD")) == sum(len(copy.rows(table)) for table in TABLES)
    assert list(run.counts()) == run.versioned == [*reversed(TABLES)]
    assert clock.waits == WAITS[:5]
    asked = account.asked()
    assert {*asked[:12]} == {(project, table) for project in (1, 2) for table in TABLES}
    for times, table in enumerate(reversed(TABLES)):
        assert asked.count((1, table)) == asked.count((2, table)) == times + 1


@pytest.mark.parametrize(
    ("header", "waits"),
    [
        ("90", [90, 90]),
        ("1", [15, 22.5]),
        ("20", [20, 22.5]),
        ("date", [70, 22.5]),
        ("soon", [15, 22.5]),
        ("100000", [600]),
    ],
)
def test_a_wait_that_the_service_asks_for_is_waited_up_to_the_timeout(
    account: Account, header: str, waits: list[float]
) -> None:
    now = account.world.now
    if header == "date":
        header = email.utils.format_datetime(now + timedelta(seconds=70), usegmt=True)
    account.world.set_clip(LATE, stale=len(waits), stale_retry_after=header, stale_status=503)
    clock = TurningClock(now)
    copy = Copy()
    copy.load(pair(account, clock).ok())
    assert clock.waits == waits
    assert copy.differences(account.world, (LATE, EARLY)) == {}


def test_a_wait_that_one_clip_asks_for_does_not_hold_up_another(account: Account) -> None:
    account.world.set_clip(LATE, stale=1, stale_retry_after="600")
    account.world.set_clip(EARLY, stale=2)
    copy = Copy()
    run = copy.load(pair(account).ok())
    assert run.versioned == [EARLY, LATE]
    assert copy.differences(account.world, (LATE, EARLY)) == {}


@pytest.mark.parametrize("stale", [0, 2])
@pytest.mark.parametrize("infer", [False, True])
def test_without_a_catalog_the_columns_of_a_stale_clip_are_waited_for(
    account: Account,
    stale: int,
    infer: bool,
) -> None:
    account.world.set_clip(LATE, stale=stale)
    copy = Copy()
    copy.load(pair(account, catalog=None, infer_types=infer).ok())
    assert copy.differences(account.world, (LATE, EARLY)) == {}


def test_types_are_inferred_of_a_clip_that_was_stale(account: Account) -> None:
    account.world.set_clip(LATE, stale=2)
    copy = Copy()
    copy.load(pair(account, infer_types=True).ok())
    assert copy.differences(account.world, (LATE, EARLY)) == {}


# -- that never come -------------------------------------------------------------------------------


def test_a_clip_that_stays_stale_fails_with_advice_and_all_others_arrive(account: Account) -> None:
    account.world.set_clip(LATE, stale=-1)
    clock = TurningClock(account.world.now)
    copy = Copy()
    run = copy.load(account.run(catalog=catalog(), clock=clock, **VERSIONS))
    assert run.code == 1
    assert run.error == (
        f"1 of 28 tables are incomplete ({LATE}); the reasons stand above. The others were read."
    )
    assert reasons(run, LATE) == [
        f"{LATE} failed (project {project}): GET dataclip {LATE} of {project} at "
        f"{account.running.url} is stale. It stayed so for 600 s (stale_timeout). {ADVICE}"
        for project in (FIRST, SECOND)
    ]
    others = {*copy.tables} - {LATE}
    assert copy.differences(account.world, others) == {}
    assert len(others) == 27
    assert sorted(run.versioned) == sorted(others)
    assert copy.rows(LATE) == []
    assert LATE not in run.state["bookmarks"]
    assert clock.waits == [*WAITS, 600 - sum(WAITS)]
    assert account.asked().count((1, LATE)) == len(clock.waits) + 1
    assert len(account.asked()) == 54 + 2 * (len(clock.waits) + 1)


def test_what_was_there_stays_while_a_clip_is_stale(account: Account) -> None:
    copy = Copy()
    before = copy.load(pair(account).ok())
    account.world.set_clip(LATE, stale=-1)
    account.world.advance(60)
    run = copy.load(pair(account, state=before.state))
    assert run.code == 1
    assert copy.differences(account.world, (LATE, EARLY)) == {}
    assert run.state["bookmarks"][LATE] == before.state["bookmarks"][LATE]


def test_one_project_that_stays_stale_keeps_the_table_from_a_version(account: Account) -> None:
    account.world.set_clip(LATE, 2, stale=-1)
    run = pair(account)
    assert run.code == 1
    assert [row["project"] for row in run.records(LATE)] == [FIRST] * 180
    assert run.versioned == [EARLY]
    (reason,) = reasons(run, LATE)
    assert f"(project {SECOND})" in reason
    assert not run.state["bookmarks"][LATE]


def test_nothing_is_waited_for_with_a_timeout_of_0(account: Account) -> None:
    account.world.set_clip(LATE, stale=-1)
    clock = TurningClock(account.world.now)
    run = pair(account, clock, stale_timeout=0)
    assert run.code == 1
    assert sum(clock.waits) == 0
    assert len(account.asked()) <= 6
    assert run.versioned == [EARLY]
    assert ADVICE in reasons(run, LATE)[0]


@pytest.mark.parametrize(("status", "says"), [(200, "with nothing"), (404, "404"), (500, "500")])
def test_an_empty_answer_that_means_nothing_else_is_no_stale_clip(
    account: Account, status: int, says: str
) -> None:
    account.world.set_clip(LATE, stale=-1, stale_status=status, stale_form="empty")
    run = pair(account)
    assert run.code == 1
    assert f"answered {says}" in reasons(run, LATE)[0]
    assert run.versioned == [EARLY]
    assert run.records(LATE) == []


def test_without_a_catalog_a_clip_that_stays_stale_is_waited_for_once(account: Account) -> None:
    account.world.set_clip(LATE, stale=-1)
    clock = TurningClock(account.world.now)
    assert pair(account, clock, catalog=None).code == 1
    assert sum(clock.waits) == 600


@pytest.mark.parametrize("broken", [{"stale": -1}, {"refuse": 404}, {"body": "html"}])
def test_without_a_catalog_what_cannot_be_told_is_left_out_and_the_run_fails(
    account: Account, broken: dict[str, Any]
) -> None:
    account.world.set_clip(LATE, **broken)
    copy = Copy()
    run = copy.load(pair(account, catalog=None))
    assert run.code == 1
    assert f"1 of 2 tables are incomplete ({LATE})" in run.error
    assert run.versioned == [EARLY]
    assert copy.differences(account.world, (EARLY,)) == {}


# -- interrupted -----------------------------------------------------------------------------------


class Alarm(TurningClock):
    """A clock that interrupts the run when it waits for the second time."""

    tap: TapPerform

    def wait(self, seconds: float, cancelled: Event) -> None:
        super().wait(seconds, cancelled)
        if len(self.waits) == 2:
            self.tap.interrupt(signal.SIGTERM)


def test_an_interrupted_wait_ends_the_run_and_keeps_what_was_read(account: Account) -> None:
    account.world.set_clip(LATE, stale=-1)
    clock = Alarm(account.world.now)
    copy = Copy()

    def wind(tap: TapPerform) -> None:
        clock.tap = tap

    run = copy.load(pair(account, clock, before=wind))
    assert run.code == 128 + signal.SIGTERM
    assert clock.waits == WAITS[:2]
    assert account.asked().count((1, LATE)) == 2
    assert run.versioned == [EARLY]
    assert copy.differences(account.world, (EARLY,)) == {}
    assert [*run.state["bookmarks"]] == [EARLY]


def test_a_signal_wakes_a_command_that_waits(account: Account, tmp_path: Path) -> None:
    (tmp_path / "catalog.json").write_text(json.dumps(catalog(LATE, EARLY)))
    account.world.set_clip(LATE, stale=-1, stale_retry_after="3000")
    options = ["--catalog", str(tmp_path / "catalog.json")]
    environment = account.environment(
        projects=account.projects(LATE, EARLY), stale_timeout=10 * PATIENCE
    )
    with (
        (tmp_path / "lines.jsonl").open("wb") as lines,
        subprocess.Popen(
            [installed(account.name), *options],
            stdout=lines,
            stderr=subprocess.PIPE,
            env=environment,
        ) as running,
    ):
        assert running.stderr is not None
        assert any(b"asking again in 3000 s" in line for line in running.stderr)
        running.send_signal(signal.SIGTERM)
        assert running.wait(PATIENCE) == 128 + signal.SIGTERM
        assert b"Traceback" not in running.stderr.read()
    last = (tmp_path / "lines.jsonl").read_text().splitlines()[-1]
    assert [*json.loads(last)["value"]["bookmarks"]] == [EARLY]
