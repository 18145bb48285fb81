"""`--reconcile`: rows that the service counts, and rows that were read."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from tap_clicktime.reconcile import months
from tap_clicktime.streams import EntityStream
from taps_common.cli.reconcile import Window, window_of
from taps_common.errors import TapError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.clicktime.runs import Account

UTC = timezone.utc
NOW = datetime(2026, 9, 15, 12, 30, tzinfo=UTC)
HEADING = "Rows of 2026-08-15 to 2026-09-14 (UTC) of sets that are read by a date, all of others."


def reconciled(account: Account, **settings: Any) -> tuple[list[str], str]:
    """Return what `--reconcile` says, from this process and at the sandbox's present."""
    lines: list[str] = []
    try:
        for line in account.tap(**settings).reconcile():
            lines.append(line)  # noqa: PERF402 - those before an error count
    except TapError as error:
        return lines, str(error)
    return lines, ""


def lose(monkeypatch: pytest.MonkeyPatch, table: str, lost: dict[str, Any]) -> None:
    """Have the tap lose a row of a table."""
    emit = EntityStream.emit

    def without_one(stream: EntityStream, rows: Sequence[Any], at: datetime) -> None:
        is_lost = stream.name == table and lost["ID"]
        emit(stream, [row for row in rows if is_lost != row.ID], at)

    monkeypatch.setattr(EntityStream, "emit", without_one)


def test_all_sets_are_counted_with_the_filter_that_they_are_read_with(account: Account) -> None:
    assert reconciled(account) == ([HEADING, "7 sets: 7 equal, 0 not counted, 0 differ"], "")
    (counted,) = account.asked("TimeEntries/$count")
    listed = [one for one in account.asked("TimeEntries") if "$select" in dict(one.query)]
    assert dict(counted.query)["$filter"] == dict(listed[0].query)["$filter"]
    assert "2026-08-15" in dict(counted.query)["$filter"]
    assert [len(one.query) for one in account.asked("Users/$count")] == [0]


def test_a_row_that_is_lost_is_named_by_set_and_month(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = account.world.rows("time_entries")
    lost = next(row for row in rows if "2026-08-20" < str(row["Date"])[:10] < "2026-08-31")
    lose(monkeypatch, "time_entries", lost)
    lines, sentence = reconciled(account)
    assert [line.split() for line in lines[1:-1]] == [
        ["set", "month", "ClickTime", "read", "differs", "by"],
        ["TimeEntries", "2026-08", *lines[2].split()[2:4], "-1"],
    ]
    assert lines[-1] == "7 sets: 6 equal, 0 not counted, 1 differs"
    assert sentence.startswith("1 of 7 sets differs from what ClickTime counts")


def test_a_row_of_a_set_without_a_date_is_named_by_the_set(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(monkeypatch, "users", account.world.rows("users")[0])
    lines, sentence = reconciled(account)
    assert lines[2].split() == ["Users", "all", "25", "24", "-1"]
    assert sentence


def test_more_rows_than_are_counted_differ_too(account: Account) -> None:
    account.fault("/Users/$count", "status", code=200, body="24", content_type="text/plain")
    lines, sentence = reconciled(account, entity_sets=["Users"])
    assert lines[2].split() == ["Users", "all", "24", "25", "+1"]
    assert sentence.startswith("1 of 1 sets differs")


def count_of(account: Account, *counts: int) -> None:
    """Have the service count the users so, one time after the other."""
    for count in counts:
        text = {"code": 200, "body": f"{count}", "content_type": "text/plain"}
        account.fault("/Users/$count", "status", times=1, **text)


@pytest.mark.parametrize(
    "counts",
    [
        pytest.param([24, 25], id="a row was added after the first count"),
        pytest.param([26, 25], id="one was deleted before it"),
        pytest.param([24, 27], id="two were added in the second read, one too late for it"),
    ],
)
def test_what_is_added_or_deleted_meanwhile_is_no_difference(
    account: Account, counts: list[int]
) -> None:
    count_of(account, *counts)
    lines, sentence = reconciled(account, entity_sets=["Users"])
    assert (lines[1:], sentence) == (["1 sets: 1 equal, 0 not counted, 0 differ"], "")


def test_a_set_that_changes_and_lacks_a_row_says_both_counts(account: Account) -> None:
    count_of(account, 27, 26)
    lines, sentence = reconciled(account, entity_sets=["Users"])
    note = "27 were counted before the read, 26 after it"
    assert lines[2].split() == ["Users", "all", "26", "25", "-1", *note.split()]
    assert sentence.startswith("1 of 1 sets differs")


def test_a_service_that_does_not_count_is_no_failure(account: Account) -> None:
    account.world.switch(no_count="refuse")
    lines, sentence = reconciled(account, entity_sets=["Users"])
    assert lines[1].startswith("  Users: 25 rows, not counted: GET /Users/$count at ")
    assert (lines[2:], sentence) == (["1 sets: 0 equal, 1 not counted, 0 differ"], "")


def test_a_count_that_takes_no_notice_of_the_window_is_none(account: Account) -> None:
    account.fault("/TimeEntries/$count", "status", code=200, body="300", content_type="text/plain")
    lines, sentence = reconciled(account, entity_sets=["TimeEntries"])
    assert lines[1].endswith("not counted: the service takes no notice of $filter where it counts.")
    assert sentence == ""


def test_a_set_that_may_not_be_read_is_left_out(account: Account) -> None:
    account.world.switch(forbidden=["Tasks"])
    lines, sentence = reconciled(account)
    assert lines[1].startswith("  Tasks: left out: the token's user may not read it")
    assert (lines[2], sentence) == ("7 sets: 6 equal, 1 not counted, 0 differ", "")


@pytest.mark.parametrize(
    ("start", "end", "window"),
    [
        (None, None, "2026-08-15 to 2026-09-14 (UTC)"),
        ("2020-01-01T00:00", None, "2026-08-15 to 2026-09-14 (UTC)"),
        ("2026-09-10T08:00", None, "2026-09-11 to 2026-09-14 (UTC)"),
        ("2020-01-01T00:00", "2021-01-01T00:00", "2020-01-01 to 2020-12-31 (UTC)"),
        (None, "2021-01-01T12:00", "2020-12-01 to 2020-12-31 (UTC)"),
        ("2026-09-01T00:00", "2027-01-01T00:00", "2026-09-01 to 2026-09-14 (UTC)"),
    ],
)
def test_the_window_is_of_full_days_that_are_over(
    start: str | None, end: str | None, window: str
) -> None:
    low, high = (
        datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None for text in (start, end)
    )
    assert str(window_of(low, high, NOW)) == window


def test_a_window_without_a_full_day_is_refused() -> None:
    with pytest.raises(TapError, match="no full day"):
        window_of(NOW, None, NOW)


def test_a_window_is_cut_into_months() -> None:
    window = Window(datetime(2025, 12, 31, tzinfo=UTC), datetime(2026, 2, 28, tzinfo=UTC))
    found = [(f"{low:%m-%d}", f"{high:%m-%d}") for low, high in months(window)]
    assert found == [("12-31", "01-01"), ("01-01", "02-01"), ("02-01", "02-28")]
