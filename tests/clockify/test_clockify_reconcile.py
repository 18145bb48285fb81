"""`--reconcile`: what Clockify adds up by member and day, and entries that were read."""

from __future__ import annotations

import contextlib
import io
import json
import urllib.request
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tap_clockify.moving_lists import Backwards
from tap_clockify.reconcile import Comparison, by_day, hours
from tap_clockify.tap import TapClockify
from taps_common.cli.reconcile import Window
from taps_common.errors import TapError
from tests.clockify.runs import catalog
from tests.common.runs import TurningClock, turning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.clockify.runs import Account


UTC = timezone.utc
ANN, BO = "5b715612b079875110791111", "5b715612b079875110792222"
WORK = "64a687e29ae1f428e7ebe303"
WINDOW = Window(datetime(2026, 1, 30, tzinfo=UTC), datetime(2026, 2, 2, tzinfo=UTC))
NOW = datetime(2026, 2, 2, 9, tzinfo=UTC)
BEGAN = NOW - timedelta(minutes=5)


class Case:
    """Records of a run, by hand."""

    def __init__(self) -> None:
        self.comparison = Comparison(WINDOW)
        self.put("workspaces", id=WORK, name="Work")
        for ident, name in ((ANN, "Ann"), (BO, "Bo")):
            self.member(ident, name)

    def put(self, table: str, **record: Any) -> None:
        self.comparison.take(table, msgspec.Raw(json.dumps(record).encode()))

    def member(self, ident: str, name: str, status: str = "ACTIVE") -> None:
        held = [{"targetId": WORK, "membershipStatus": status}]
        self.put("users", workspaceId=WORK, id=ident, name=name, memberships=held)

    def total(self, user: str, day: str, seconds: float) -> None:
        given = {"date": day, "duration": seconds, "userName": "named by the report"}
        self.put("user_day_totals", workspaceId=WORK, userId=user, **given)

    def entry(self, user: str, start: str, end: str | None, kind: str = "REGULAR") -> None:
        given = {"id": f"{user}{start}", "start": start, "end": end, "type": kind}
        self.put("time_entries", workspaceId=WORK, userId=user, **given)

    def said(self) -> tuple[list[str], str]:
        """Return the lines after the heading, and the sentence at the end."""
        lines: list[str] = []
        try:
            lines.extend(self.comparison.lines(BEGAN, NOW, {}))
        except TapError as error:
            return [*self._again()], str(error)
        return lines[1:], ""

    def _again(self) -> Iterator[str]:
        found = self.comparison.lines(BEGAN, NOW, {})
        next(found)
        for line in found:
            yield line
            if line.startswith(tuple("0123456789")):
                return


def test_days_that_agree_are_counted_and_not_shown() -> None:
    case = Case()
    case.total(ANN, "2026-01-30", 5400)
    case.entry(ANN, "2026-01-30T08:00:00Z", "2026-01-30T09:30:00Z")
    case.entry(ANN, "2026-01-30T08:00:00Z", "2026-01-30T09:30:00Z")  # it came twice
    case.entry(ANN, "2026-01-29T08:00:00Z", "2026-01-29T09:00:00Z")  # before the window
    case.total(ANN, "2026-02-02", 60)  # after it
    assert case.said() == (["1 day of 1 member: 1 equal, 0 explained, 0 differ"], "")


def test_days_that_differ_are_named_with_both_sides() -> None:
    case = Case()
    case.total(ANN, "2026-01-30", 9000)
    case.entry(ANN, "2026-01-30T08:00:00Z", "2026-01-30T09:30:00Z")
    case.entry(BO, "2026-01-31T08:00:00Z", "2026-01-31T08:00:01Z")
    lines, sentence = case.said()
    assert lines == [
        f"Work ({WORK}):",
        f"  {'member':<30}  day         Clockify     read  differs by",
        f"  Ann ({ANN})  2026-01-30   2:30:00  1:30:00    -1:00:00",
        f"  Bo ({BO})   2026-01-31   0:00:00  0:00:01    +0:00:01",
        "2 days of 2 members: 0 equal, 0 explained, 2 differ",
    ]
    assert sentence.startswith("2 of 2 days differ from what Clockify adds up")


def test_less_than_a_second_is_no_difference() -> None:
    case = Case()
    case.total(ANN, "2026-01-30", 5400)
    case.entry(ANN, "2026-01-30T08:00:00Z", "2026-01-30T09:30:00.7Z")
    assert case.said()[1] == ""


def explained(case: Case) -> str:
    lines, sentence = case.said()
    assert sentence == "", lines
    (reason,) = {line.partition("explained: ")[2] for line in lines if "explained: " in line}
    return reason


@pytest.mark.parametrize(
    ("seconds", "explains"),
    [
        (12 * 3600, True),
        (12 * 3600 + 1, False),
        (12 * 3600 - 300, True),  # as long as the read took
        (12 * 3600 - 302, False),
        (3 * 3600, True),  # until midnight
        (3 * 3600 + 1, False),
        (3600, False),  # an entry that is lost
    ],
)
def test_a_running_timer_explains_what_it_has_run(seconds: int, *, explains: bool) -> None:
    case = Case()
    case.entry(ANN, "2026-02-01T21:00:00Z", None)  # twelve hours
    case.total(ANN, "2026-02-01", seconds)
    if explains:
        assert explained(case) == "a timer is running"
    else:
        assert "differ" in case.said()[1]


def test_a_running_timer_does_not_explain_that_more_was_read() -> None:
    case = Case()
    case.entry(ANN, "2026-02-01T21:00:00Z", None)
    case.entry(ANN, "2026-02-01T08:00:00Z", "2026-02-01T09:00:00Z")
    assert "differ" in case.said()[1]


def test_an_entry_over_midnight_is_explained_where_the_totals_split_it() -> None:
    case = Case()
    case.entry(ANN, "2026-01-29T23:00:00Z", "2026-01-31T01:00:00Z")  # before the window, two nights
    case.total(ANN, "2026-01-30", 24 * 3600)
    case.total(ANN, "2026-01-31", 3600)
    assert explained(case) == "an entry over midnight, which Clockify splits here"
    case.total(ANN, "2026-01-31", 3601)
    assert "differ" in case.said()[1]


@pytest.mark.parametrize(
    ("rounds", "seconds", "is_explained"),
    [(True, 7200, True), (True, 7201, False), (False, 7200, False)],
)
def test_rounding_explains_a_step_per_entry(
    rounds: bool,
    seconds: int,
    is_explained: bool,
) -> None:
    case = Case()
    settings = {"timeRoundingInReports": rounds, "round": {"minutes": "15", "round": "Round up"}}
    case.put("workspaces", id=WORK, name="Work", workspaceSettings=settings)
    for hour in ("08", "10"):
        case.entry(ANN, f"2026-01-30T{hour}:00:00Z", f"2026-01-30T{hour}:45:00Z")
    case.total(ANN, "2026-01-30", seconds)
    if is_explained:
        assert explained(case) == "reports of the workspace round to 15 minutes"
    else:
        assert "differ" in case.said()[1]


def test_breaks_are_explained_where_the_totals_leave_them_out() -> None:
    case = Case()
    case.entry(ANN, "2026-01-30T08:00:00Z", "2026-01-30T12:00:00Z")
    case.entry(ANN, "2026-01-30T12:00:00Z", "2026-01-30T12:30:00Z", "BREAK")
    case.total(ANN, "2026-01-30", 4 * 3600)
    assert explained(case) == "breaks, holidays or time off, which Clockify leaves out here"


def test_members_who_are_not_active_are_explained_if_no_entry_of_them_comes() -> None:
    case = Case()
    case.member(BO, "Bo", "INACTIVE")
    case.total(BO, "2026-01-30", 3600)
    case.total("5b715612b079875110793333", "2026-01-30", 3600)  # in no list
    assert explained(case) == "not an active member, whose entries Clockify does not list"
    case.entry(BO, "2026-01-31T08:00:00Z", "2026-01-31T09:00:00Z")
    case.total(BO, "2026-01-31", 3600)
    assert "1 of 3 days differs" in case.said()[1]


def test_members_who_cannot_be_listed_are_not_called_inactive() -> None:
    case = Case()
    case.comparison = Comparison(WINDOW)
    case.total(ANN, "2026-01-30", 3600)
    lines, sentence = case.said()
    assert "named by the report" in lines[2]
    assert sentence


def test_a_name_cannot_steer_a_terminal() -> None:
    case = Case()
    case.member(ANN, "\x1b[2JAnn\n")
    case.total(ANN, "2026-01-30", 3600)
    assert case.said()[0][2].startswith("  ?[2JAnn? (")


def test_spans_are_cut_at_midnights() -> None:
    start = datetime(2026, 1, 30, 23, 30, tzinfo=UTC)
    found = [(f"{at}", f"{part}") for at, part in by_day(start, start + timedelta(hours=25))]
    assert found == [
        ("2026-01-30", "0:30:00"),
        ("2026-01-31", "1 day, 0:00:00"),
        ("2026-02-01", "0:30:00"),
    ]


def test_hours_have_no_days() -> None:
    assert hours(timedelta(hours=1030, seconds=5)) == "1,030:00:05"
    assert hours(timedelta(seconds=-3599.6)) == "-1:00:00"


# -- whole runs ------------------------------------------------------------------------------------


def reconciled(
    account: Account, given: dict[str, Any] | None = None, **settings: Any
) -> tuple[list[str], str]:
    """Return what `--reconcile` says, from this process and at the sandbox's present."""
    kind = turning(TapClockify, TurningClock(account.world.now))
    tap = kind(config=account.config(**settings), catalog=given)
    lines: list[str] = []
    output = io.StringIO()
    try:
        with contextlib.redirect_stdout(output):
            for line in tap.reconcile():
                lines.append(line)  # noqa: PERF402 - those before an error count
    except TapError as error:
        return lines, str(error)
    finally:
        assert output.getvalue() == ""
    return lines, ""


def served(account: Account, user: str) -> list[dict[str, Any]]:
    """Return a member's entries of September, latest first, as the list has them."""
    main = account.world.main.row.id
    url = f"{account.url}/workspaces/{main}/user/{user}/time-entries?start=2026-09-01T00:00:00Z"
    key = {"X-Api-Key": "sandbox-key"}
    with urllib.request.urlopen(
        urllib.request.Request(f"{url}&page-size=5000", headers=key)
    ) as got:
        found: list[dict[str, Any]] = json.load(got)
    return [one for one in found if one["timeInterval"]["end"] and day_of(one) < "2026-09-15"]


def serve(account: Account, user: str, entries: list[dict[str, Any]]) -> None:
    """Have the list of a member's entries hold these."""
    headers = {"Last-Page": "true"}
    body = {"body": json.dumps(entries), "code": 200, "headers": headers}
    account.fault(f"{account.world.main.row.id}/user/{user}/time-entries", "status", **body)


SEPTEMBER: dict[str, Any] = {"start_date": "2026-09-01", "end_date": "2026-09-14"}


def busiest(account: Account) -> str:
    """Return the member with most entries."""
    world = account.world
    users = world.main.timesheets
    return max(users, key=lambda user: len(world.entries(world.main.row.id, user)))


def test_an_account_agrees_with_what_is_read_of_it(account: Account) -> None:
    lines, sentence = reconciled(account)
    assert sentence == ""
    assert lines[0] == "Hours of 2026-08-15 to 2026-09-14 (UTC); amounts are not compared."
    assert lines[1].endswith("288 equal, 0 explained, 0 differ")
    assert lines[2:] == []


@pytest.mark.parametrize(
    "form",
    [
        {"stream_maps": {"time_entries": {"start": "'2000-01-01'"}}},
        {"flattening_enabled": True, "flattening_max_depth": 1},
        {"json_columns": "text", "skip_unchanged": True},
    ],
)
def test_the_form_in_which_rows_leave_does_not_matter(
    shared: Account, form: dict[str, Any]
) -> None:
    assert reconciled(shared, **form) == reconciled(shared)


def test_months_are_not_compared_as_well(account: Account) -> None:
    def asked(**settings: Any) -> list[str]:
        account.reset()
        reconciled(account, **settings)
        return sorted(account.templates())

    assert asked(reread_changed=True) == asked()


def test_the_catalog_does_not_matter(shared: Account) -> None:
    assert reconciled(shared, catalog(["tags"])) == reconciled(shared)


def test_a_hidden_entry_and_an_edited_one_are_named_by_member_and_day(account: Account) -> None:
    user = busiest(account)
    hidden, *rest = served(account, user)
    edited = next(one for one in rest if one["timeInterval"]["start"][:10] != day_of(hidden))
    end = datetime.fromisoformat(edited["timeInterval"]["end"].replace("Z", "+00:00"))
    later = (end + timedelta(minutes=30)).isoformat().replace("+00:00", "Z")
    changed = {**edited, "timeInterval": {**edited["timeInterval"], "end": later}}
    serve(account, user, [changed if one is edited else one for one in rest])
    lines, sentence = reconciled(account, **SEPTEMBER)
    shown = [line for line in lines if user in line]
    assert {line.split()[-4] for line in shown} == {day_of(hidden), day_of(edited)}
    by_day = {line.split()[-4]: line.split()[-1] for line in shown}
    assert by_day[day_of(edited)] == "+0:30:00"
    assert by_day[day_of(hidden)] == hours(-length(hidden))
    assert lines[-1].endswith("0 explained, 2 differ")
    assert sentence.startswith("2 of ")


def day_of(entry: dict[str, Any]) -> str:
    return str(entry["timeInterval"]["start"][:10])


def length(entry: dict[str, Any]) -> timedelta:
    start, end = (
        datetime.fromisoformat(entry["timeInterval"][name].replace("Z", "+00:00"))
        for name in ("start", "end")
    )
    return end - start


def test_an_entry_that_the_tap_loses_is_missed(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = busiest(account)
    lost = served(account, user)[0]
    take = Backwards.take

    def without_one(backwards: Backwards, rows: Any) -> Any:
        return [row for row in take(backwards, rows) if row.id != lost["id"]]

    monkeypatch.setattr(Backwards, "take", without_one)
    lines, sentence = reconciled(account, **SEPTEMBER)
    (line,) = (line for line in lines if user in line)
    assert (line.split()[-4], line.split()[-1]) == (day_of(lost), hours(-length(lost)))
    assert "1 of " in sentence


def test_members_whose_entries_are_not_to_be_had_are_explained(account: Account) -> None:
    user = busiest(account)
    refusal = {"code": 501, "message": "User doesn't belong to Workspace"}
    account.fault(f"user/{user}/time-entries", "status", code=400, body=json.dumps(refusal))
    account.fault("/users", "replace", field="memberships.membershipStatus", value="INACTIVE")
    lines, sentence = reconciled(account, **SEPTEMBER)
    assert sentence == ""
    of_user = [line for line in lines if user in line]
    assert of_user
    assert all("explained: not an active member" in line for line in of_user)


def test_nothing_is_compared_where_something_could_not_be_read(account: Account) -> None:
    account.fault(f"user/{busiest(account)}/time-entries", "status", code=400)
    run = account.command("--config", "ENV", "--reconcile", **SEPTEMBER)
    assert (run.code, run.output) == (1, b"")
    assert "CLOCKIFY-PARTIAL: 1 of 4 tables are incomplete (time_entries)" in run.log


def test_the_key_of_a_plain_member_compares_the_members_own_entries(shared: Account) -> None:
    lines, sentence = reconciled(shared, api_key="sandbox-member-key")
    assert lines[1].partition(" of ")[2].startswith("1 member: ")
    assert sentence == ""


def test_totals_that_are_not_to_be_had_compare_nothing(account: Account) -> None:
    account.fault("/reports/summary", "status", code=403)
    lines, sentence = reconciled(account, **SEPTEMBER)
    assert (lines, sentence.partition(":")[0]) == ([], "Clockify's totals are not to be had")


def test_a_workspace_without_totals_is_left_out(account: Account) -> None:
    main, other = account.world.workspaces
    account.fault(f"{other}/reports/summary", "status", code=403)
    lines, sentence = reconciled(account)
    assert lines[1].startswith(f"Side project ({other}): left out: ")
    assert (lines[2].endswith(" 0 explained, 0 differ"), sentence) == (True, "")
    account.fault(f"{main}/reports/summary", "status", code=200, body='{"groupOne": []}')
    lines, sentence = reconciled(account)
    assert {line for line in lines if other in line} == {lines[1]}
    assert "differ from" in sentence


def test_the_command_prints_the_table_and_ends_with_one(account: Account) -> None:
    user = busiest(account)
    serve(account, user, served(account, user)[1:])
    run = account.command("--config", "ENV", "--reconcile", **SEPTEMBER)
    assert run.code == 1
    *_, summary, last = run.output.decode().splitlines()
    assert summary.endswith("1 differs")
    assert last.startswith("CLOCKIFY-DIFFERS: 1 of ")
    account.mended()
    run = account.command("--config", "ENV", "--reconcile", **SEPTEMBER)
    assert (run.code, run.output.decode().count("\n")) == (0, 2)
