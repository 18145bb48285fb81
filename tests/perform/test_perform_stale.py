"""Clips that are stale: asked early, waited for, and never taken for a table."""

from __future__ import annotations

import email.utils
import json
import signal
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tap_perform.client import judge
from tap_perform.settings import Clip
from tests.common.doubles import Answer
from tests.common.runs import PATIENCE, TurningClock, installed
from tests.perform.clips import (
    BOTH,
    OTHER,
    QUAY,
    ROUTE,
    TABLE,
    VERSIONS,
    dockets,
    lines,
    reasons,
)
from tests.perform.runs import Copy

if TYPE_CHECKING:
    from pathlib import Path
    from threading import Event

    from tap_perform.tap import TapPerform
    from tests.common.runs import Run
    from tests.perform.clips import Clips
    from tests.perform.runs import Account

STALE = Answer(body=b"Dataclip is stale")
GOOD = Answer(body=dockets())
WAITS = [15, 22.5, 33.75, 50.625, 75.9375, 113.90625, 120, 120]
"""Seconds between two looks."""
ADVICE = (
    "A clip is stale at its first access and after disuse, and asking for it starts its refresh: "
    "run again later, or raise stale_timeout. If it never comes, as can be on large projects, ask "
    "Bentley's support."
)

# -- what is a message, and what is a table --------------------------------------------------------

MESSAGES = [
    "Data clip is STALE",
    '"dataclip stale"',
    '["dataclip stale"]',
    '{"reason": "dataclip stale"}',
    '{"error": {"code": "stale", "message": "Dataclip stale"}}',
    '{"error": "dataclip_stale"}',
    "DATACLIP_STALE",
    "DataclipStale",
    '{"success": false, "message": "dataclip stale"}',
    '{"message": "dataclip stale", "data": []}',
    "Status\r\ndataclip stale\r\n",
    "\ufeffdataclip stale\n",
    "The requested clip is stale; its dataclip is being refreshed",
    "Dataclip is stale.\nPlease try again later.\n",
    "Dataclip stale, please wait.\nTry again in 5 minutes, thanks.\n",
    "Dataclip stale\n\nIt is being refreshed.\nPlease try again later.\n",
    "<html><style>" + "x" * 5000 + "</style><p>dataclip stale</p></html>",
]
KNOWN = frozenset({"comment", "description"})


def judged(
    text: str, status: int = 200, known: frozenset[str] = KNOWN, codec: str = "utf-8"
) -> str | None:
    problem = judge(Clip("a", "b", "", "", ""), known, status, text.encode(codec))
    return problem.text if problem else None


@pytest.mark.parametrize("text", MESSAGES)
def test_a_message_is_one_whatever_its_words_and_its_status(text: str) -> None:
    for status in (200, 202, 400, 403, 404, 409, 410, 500, 502, 503):
        assert judged(text, status) == "is stale"
    assert judged(text, known=frozenset()) == "is stale", "nor where nothing is known of the clip"
    assert judged(text, 401) is None, "that is about the credentials"
    assert judged(text, codec="utf-16") == "is stale"
    assert judged(text, codec="utf-16-be") == "is stale"


@pytest.mark.parametrize("status", [202, 204, 409, 423, 425, 429, 503, 504])
def test_a_status_may_mean_later_without_a_word(status: int) -> None:
    assert str(status) in str(judged("", status))
    assert str(status) in str(judged("Busy", status))


@pytest.mark.parametrize("status", [200, 401, 404, 500])
def test_others_mean_it_only_if_they_say_so(status: int) -> None:
    assert judged("", status) is None


@pytest.mark.parametrize("words", ["dataclip stale", "Dataclip stale: try again later.\\nReally."])
@pytest.mark.parametrize("rows", [1, 2, 3])
def test_a_cell_that_says_stale_is_a_cell(words: str, rows: int) -> None:
    cell = words.replace("\\n", "\n")
    tables = [
        "Comment,By\r\n" + f'"{cell}",x\r\n' * rows,
        "Comment\r\n" + f'"{cell}"\r\n' * rows,
        json.dumps([{"Comment": cell}] * rows),
        json.dumps({"rows": [{"Comment": cell}] * rows}),
        json.dumps({"fields": ["Comment", "By"], "values": [[cell, "x"]] * rows}),
        "\n".join([json.dumps({"Comment": cell, "By": "x"})] * rows),
    ]
    for text in tables:
        assert judged(text) is None
        if rows > 1:  # a single one may be a message where nobody knows the columns
            assert judged(text, known=frozenset()) is None
        assert judged(text, 500) == "is stale", "an error has no table"
    assert judged("Other,By\r\n" + f"{words},x\r\n", known=frozenset()) == "is stale"
    assert judged("Comment\r\n" + "x" * 5000 + "dataclip stale\r\n", known=frozenset()) is None


# -- that come in the end --------------------------------------------------------------------------

FORMS = ("text", "sentence", "json", "json_errors", "html", "csv_heading", "csv_row", "json_row")
SERVED = [*zip((200, 202, 404, 409, 500, 503, 200, 404), FORMS, strict=True)]
SERVED += [(status, "empty") for status in (202, 204, 409, 503)]
SLUGS = (
    *("applicable_rates", "attendance_export", "discussion", "docket_export", "invoice_export"),
    *("equipment_item_export", "other_resources_export", "person_export", "resource"),
    *("purchase_order_export", "reporting_periods", "wbs_export"),
)


def test_what_is_stale_a_few_times_arrives_once_and_the_ready_first(account: Account) -> None:
    world, copy = account.world, Copy()
    projects = account.projects(*SLUGS)
    catalog = account.discovered(projects=projects)
    account.reset()
    for place, (slug, (status, form)) in enumerate(zip(SLUGS, SERVED, strict=True)):
        world.set_clip(slug, stale=place // 2, stale_status=status, stale_form=form)
    clock = TurningClock(world.now)
    run = account.run(projects=projects, catalog=catalog, clock=clock, max_retries=0, **VERSIONS)
    copy.load(run.ok())
    assert copy.differences(world, SLUGS) == {}
    assert len(run.of("RECORD")) == sum(len(copy.rows(table)) for table in SLUGS)
    pairs = [{*run.versioned[place : place + 2]} for place in range(0, len(SLUGS), 2)]
    assert pairs == [{*SLUGS[place : place + 2]} for place in range(0, len(SLUGS), 2)]
    assert clock.waits == WAITS[:5]
    asked = account.asked()
    assert {*asked[: 2 * len(SLUGS)]} == {(project, slug) for project in (1, 2) for slug in SLUGS}
    for place, slug in enumerate(SLUGS):
        assert asked.count((1, slug)) == asked.count((2, slug)) == place // 2 + 1


def known(clips: Clips) -> dict[str, Any]:
    """Have two clips of two projects be good; return what is discovered of them."""
    for table in (TABLE, OTHER):
        clips.put(table, GOOD, of=BOTH)
    found = clips.discovered()
    clips.asked.clear()
    return found


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
    clips: Clips, header: str, waits: list[float]
) -> None:
    catalog = known(clips)
    if header == "date":
        then = clips.clock.time + timedelta(seconds=60 + 70)
        header = email.utils.format_datetime(then, usegmt=True)
    late = Answer(503, headers={"Retry-After": header})
    clips.put(TABLE, *[late] * len(waits), GOOD)
    run = clips.run(catalog=catalog).ok()
    assert run.counts() == {TABLE: 40, OTHER: 40}
    assert clips.clock.waits == waits
    assert f", waited {sum(waits):.1f} s" in run.log, "the table's last line says so (SAY-THE-COST)"


def test_a_wait_that_one_clip_asks_for_does_not_hold_up_another(clips: Clips) -> None:
    catalog = known(clips)
    clips.put(TABLE, Answer(503, headers={"Retry-After": "600"}), GOOD)
    clips.put(OTHER, STALE, STALE, GOOD)
    assert clips.run(catalog=catalog, **VERSIONS).ok().versioned == [OTHER, TABLE]


@pytest.mark.parametrize("infer", [False, True])
@pytest.mark.parametrize("discovered", [False, True])
def test_columns_and_types_of_a_stale_clip_are_waited_for(
    clips: Clips, infer: bool, discovered: bool
) -> None:
    catalog = known(clips) if discovered else None
    clips.put(TABLE, STALE, STALE, Answer(body=lines("Docket,Status", "D1,7")))
    run = clips.run(catalog=catalog, infer_types=infer).ok()
    row = next(one for one in run.records(TABLE) if one["project"] == QUAY)
    assert row["status"] == (7 if infer and not discovered else "7")


# -- that never come -------------------------------------------------------------------------------


def test_a_clip_that_stays_stale_fails_with_advice_and_the_others_arrive(clips: Clips) -> None:
    catalog = known(clips)
    clips.put(TABLE, STALE, of=BOTH)
    run = clips.run(catalog=catalog, **VERSIONS)
    assert run.code == 1
    assert run.error == (
        f"1 of 2 tables are incomplete ({TABLE}); the reasons stand above. The others were read."
    )
    assert reasons(run) == [
        f"{TABLE} failed (project {project}): GET dataclip {TABLE} of {project} at {clips.url} is "
        f"stale. It stayed so for 600 s (stale_timeout). {ADVICE}"
        for project in BOTH
    ]
    assert (run.counts(), run.versioned) == ({OTHER: 40}, [OTHER])
    assert TABLE not in run.state["bookmarks"]
    assert clips.clock.waits == [*WAITS, 600 - sum(WAITS)]
    assert clips.times(TABLE) == clips.times(TABLE, ROUTE) == len(clips.clock.waits) + 1
    assert clips.times(OTHER) == 1


def test_what_was_there_stays_while_a_clip_is_stale(clips: Clips) -> None:
    catalog = known(clips)
    before = clips.run(catalog=catalog, **VERSIONS).ok()
    clips.put(TABLE, STALE)
    run = clips.run(catalog=catalog, state=before.state, **VERSIONS)
    assert (run.code, run.versioned, run.counts()) == (1, [OTHER], {OTHER: 40, TABLE: 20})
    (reason,) = reasons(run)
    assert f"(project {QUAY})" in reason
    assert run.state["bookmarks"][TABLE] == before.state["bookmarks"][TABLE]


def test_nothing_is_waited_for_with_a_timeout_of_0(clips: Clips) -> None:
    catalog = known(clips)
    clips.put(TABLE, STALE, of=BOTH)
    run = clips.run(catalog=catalog, stale_timeout=0, **VERSIONS)
    assert (run.code, run.versioned, sum(clips.clock.waits)) == (1, [OTHER], 0)
    assert len(clips.asked) <= 6
    assert ADVICE in reasons(run)[0]


def test_without_a_catalog_a_clip_that_stays_stale_is_waited_for_once(clips: Clips) -> None:
    known(clips)
    clips.put(TABLE, STALE, of=BOTH)
    assert clips.run().code == 1
    assert sum(clips.clock.waits) == 600


MESSAGE = Answer(body=b"error,code\nquery timed out,57014")


@pytest.mark.parametrize("broken", [STALE, MESSAGE, Answer(404), Answer(body=b"<html>")])
def test_without_a_catalog_what_cannot_be_told_is_left_out_and_the_run_fails(
    clips: Clips, broken: Answer
) -> None:
    known(clips)
    clips.put(TABLE, broken, of=BOTH)
    run = clips.run(**VERSIONS)
    assert (run.code, run.counts(), run.versioned) == (1, {OTHER: 40}, [OTHER])
    assert f"1 of 2 tables are incomplete ({TABLE})" in run.error
    assert {message["stream"] for message in run.of("SCHEMA")} == {OTHER}


def test_columns_that_only_another_project_tells(clips: Clips) -> None:
    known(clips)
    clips.put(TABLE, MESSAGE)
    run = clips.run(**VERSIONS)
    said = f"{TABLE} of {QUAY}: only other projects tell the columns: dataclip {TABLE} of {QUAY}"
    assert said in run.log
    assert (run.code, run.counts(), run.versioned) == (1, {TABLE: 20, OTHER: 40}, [OTHER])
    clips.put(TABLE, MESSAGE, of=BOTH)
    clips.put(OTHER, MESSAGE, of=BOTH)
    run = clips.run()
    assert (run.code, run.messages) == (1, [])
    assert "a message rather than a table" in run.error


# -- interrupted -----------------------------------------------------------------------------------


class Alarm(TurningClock):
    """A clock that interrupts the run when it waits for the second time."""

    tap: TapPerform

    def wait(self, seconds: float, cancelled: Event) -> None:
        super().wait(seconds, cancelled)
        if len(self.waits) == 2:
            self.tap.interrupt(signal.SIGTERM)


def interrupted(clips: Clips, **settings: Any) -> Run:
    clock = clips.clock = Alarm()

    def wind(tap: TapPerform) -> None:
        clock.tap = tap

    return clips.run(before=wind, **settings)


def test_an_interrupted_wait_ends_the_run_and_keeps_what_was_read(clips: Clips) -> None:
    catalog = known(clips)
    clips.put(TABLE, STALE)
    run = interrupted(clips, catalog=catalog, **VERSIONS)
    assert run.code == 128 + signal.SIGTERM
    assert clips.clock.waits == WAITS[:2]
    assert clips.times(TABLE) == 2
    assert (run.versioned, len(run.records(OTHER))) == ([OTHER], 40)
    assert {*run.state["bookmarks"]} == {OTHER, "_account"}


def test_a_signal_wakes_a_command_that_waits(account: Account, tmp_path: Path) -> None:
    projects = account.projects(TABLE, "wbs_export")
    (tmp_path / "catalog.json").write_text(json.dumps(account.discovered(projects=projects)))
    account.world.set_clip(TABLE, stale=-1, stale_retry_after="3000")
    options = ["--catalog", str(tmp_path / "catalog.json")]
    environment = account.environment(projects=projects, stale_timeout=10 * PATIENCE)
    with (
        (tmp_path / "lines.jsonl").open("wb") as output,
        subprocess.Popen(
            [installed(account.name), *options],
            stdout=output,
            stderr=subprocess.PIPE,
            env=environment,
        ) as running,
    ):
        assert running.stderr is not None
        assert any(b"asking again in " in line for line in running.stderr)
        running.send_signal(signal.SIGTERM)
        assert running.wait(PATIENCE) == 128 + signal.SIGTERM
        assert b"Traceback" not in running.stderr.read()
    last = (tmp_path / "lines.jsonl").read_text().splitlines()[-1]
    assert {*json.loads(last)["value"]["bookmarks"]} == {"wbs_export", "_account"}
