"""`--reconcile`: rows in the bodies of clips, and rows that leave, of two downloads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_perform.streams import ClipStream
from tap_perform.tap import TapPerform
from taps_common.errors import TapError
from tests.common.runs import turning
from tests.perform.clips import BOTH, OTHER, QUAY, ROUTE, TABLE, dockets

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import pytest

    from tests.perform.clips import Clips


def reconciled(
    clips: Clips, catalog: dict[str, Any] | None = None, **settings: Any
) -> tuple[list[list[str]], str]:
    """Return what `--reconcile` says, a list of cells per line but for the last, and its error."""
    kind = turning(TapPerform, clips.clock)
    lines: list[str] = []
    error = ""
    try:
        for line in kind(config=clips.config(**settings), catalog=catalog).reconcile():
            lines.append(line)  # noqa: PERF402 - those before an error count
    except TapError as failed:
        error = str(failed)
    return [line.split() for line in lines[1:-1]], error or lines[-1]


def test_a_misspelled_variable_is_warned_of_once(
    clips: Clips, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MELTANO_EXTRACTOR_NAME", "tap-perform")
    monkeypatch.setenv("TAP_PERFORM_PASWORD", "x")
    clips.put(TABLE, dockets())
    reconciled(clips)
    assert sum("TAP_PERFORM_PASWORD is not a setting" in one for one in caplog.messages) == 1


def test_what_leaves_is_what_the_bodies_hold(clips: Clips) -> None:
    clips.put(TABLE, dockets(), of=BOTH)
    clips.put(OTHER, dockets(3))
    found, last = reconciled(clips, skip_unchanged=True)
    assert [row[:4] for row in found] == [
        [TABLE, QUAY, "20", "20"],
        [OTHER, QUAY, "3", "3"],
        [TABLE, ROUTE, "20", "20"],
    ]
    assert last == "3 clips: 3 equal, 0 of all changed between two downloads, 0 differ"


def test_clips_that_are_not_selected_are_not_asked_for(clips: Clips) -> None:
    clips.put(TABLE, dockets())
    clips.put(OTHER, dockets(3))
    chosen = clips.discovered()
    for stream in chosen["streams"]:
        (top,) = (one for one in stream["metadata"] if not one["breadcrumb"])
        top["metadata"]["selected"] = stream["tap_stream_id"] == TABLE
    before = clips.times(OTHER)
    found, _ = reconciled(clips, chosen)
    assert [row[0] for row in found] == [TABLE]
    assert clips.times(OTHER) == before


def test_two_downloads_that_differ_are_said_and_no_failure(clips: Clips) -> None:
    before, after = dockets(), dockets(status="Closed")
    clips.put(TABLE, before, before, after)  # the first one for its headings
    ((*_, read, digest, note), *_), last = noted(reconciled(clips))
    assert (read, note[:8]) == ("20", "another ")
    assert "20 rows, digest " in note
    assert digest not in note
    assert last == "1 clips: 1 equal, 1 of all changed between two downloads, 0 differ"


def noted(said: tuple[list[list[str]], str]) -> tuple[list[list[str]], str]:
    """Return the same with the words of a note in one cell."""
    rows, last = said
    return [[*row[:5], " ".join(row[5:])] for row in rows], last


def test_the_order_of_rows_is_no_difference(clips: Clips) -> None:
    heading, *rows = dockets().splitlines(keepends=True)
    body = b"".join([heading, *rows])
    clips.put(TABLE, body, body, b"".join([heading, *reversed(rows)]))
    clips.declared[TABLE] = {"primary_keys": ["Docket"]}
    assert reconciled(clips)[1].endswith("0 of all changed between two downloads, 0 differ")


def test_a_row_that_is_lost_is_missed(clips: Clips, monkeypatch: pytest.MonkeyPatch) -> None:
    clips.put(TABLE, dockets())
    clips.put(OTHER, dockets(3))
    emit = ClipStream.emit

    def without_one(stream: ClipStream, rows: Sequence[Any], at: datetime) -> None:
        emit(stream, rows[1:] if stream.name == OTHER else rows, at)

    monkeypatch.setattr(ClipStream, "emit", without_one)
    found, last = reconciled(clips)
    assert [row[2:4] for row in found] == [["20", "20"], ["3", "2"]]
    assert last.startswith("Of 1 of 2 clips other rows leave than their bodies have")
