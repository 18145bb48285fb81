"""Long lists cut by date: each row once, whatever the dates, and wherever a run is cut off."""

from __future__ import annotations

import signal
from collections import Counter
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import sandbox
from tap_clicktime import query
from tap_clicktime.metadata import entity_sets
from tap_clicktime.slices import MOST, STEPS, Slice, cut
from taps_common.errors import InterruptedRunError
from tests.clicktime.odata import Service, declaration, holds
from tests.clicktime.runs import VERSIONS, Account, Copy, timestamp, true_rows
from tests.common.runs import NOW, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from taps_common.http.cost import Cost
    from taps_common.http.request import Request, Response

ENTRIES = ["time_entries", "time_entry_custom_fields"]
ONLY: dict[str, Any] = {"entity_sets": ["TimeEntries"]}


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=timezone.utc)


def assert_each_once(run: Run, ids: Sequence[object]) -> None:
    """Assert that a run brought each of these entries once, and nothing else."""
    found = Counter(row["ID"] for row in run.ok().records("time_entries"))
    wanted = Counter(ids)
    assert found == wanted, (wanted - found, found - wanted)


# -- where a list is cut ---------------------------------------------------------------------------

days = st.one_of(
    st.dates(),
    st.dates(date(2024, 1, 1), date(2027, 1, 1)),
    st.sampled_from([date.min, date.max, date(2026, 9, 15)]),
)
rows = st.one_of(st.none(), st.integers(0, 3000), st.integers(0, 10**7))
sizes = st.sampled_from([1, 7, 50, 1000, 100_000])


def borders_of(slices: Sequence[Slice]) -> list[datetime]:
    return [one.low for one in slices if one.low]


@given(days, days, rows, sizes)
@example(date.min, date.max, None, 1)
@example(date(2026, 9, 15), date(2026, 9, 15), None, 1)
@example(date(9999, 12, 30), date.max, None, 1)
@example(date(2024, 1, 1), date(2027, 1, 1), 3000, 50)
@example(date(2024, 1, 1), date(2027, 1, 1), 7 * 8 - 1, 7)
@example(date(2024, 1, 1), date(2027, 1, 1), 7 * 8, 7)
def test_slices_cover_all_days_and_none_twice(
    one: date, other: date, count: int | None, size: int
) -> None:
    first, last = midnight(min(one, other)), midnight(max(one, other))
    slices = cut(first, last, count, size)
    if one == other or (count is not None and count < 2 * 4 * size):
        assert slices == [], "only long lists are cut"
    if count is None and (last - first).days > 60:
        assert slices, "a list that is known to be long"
    if not slices:
        return
    assert slices[0].low is None, "open to what is dated earlier"
    assert slices[-1].high is None, "open to what is dated later"
    assert [before.high for before in slices[:-1]] == [after.low for after in slices[1:]]
    borders = borders_of(slices)
    assert len(borders) == len(slices) - 1 > 0
    assert all(before < after for before, after in pairwise(borders))
    assert all(first < border <= last for border in borders), "no slice is sure to be empty"
    assert all(border == midnight(border.date()) for border in borders)
    assert len({"none", *map(str, slices)}) == len(slices) + 1
    assert len(slices) <= MOST + 1
    if count is not None:
        assert len(slices) <= count // (4 * size) + 1, "slices of a few pages at least"


def test_a_list_is_long_with_two_slices_of_four_pages() -> None:
    ends = midnight(date(2026, 1, 1)), midnight(date(2026, 12, 31))
    assert cut(*ends, 2 * 4 * 7 - 1, 7) == []
    assert len(cut(*ends, 2 * 4 * 7, 7)) == 2


@given(
    st.dates(date(1990, 1, 1), date(2030, 1, 1)),
    st.integers(1, 5000),
    st.integers(0, 400),
    st.integers(0, 400),
)
def test_borders_stay_where_they_are_when_a_list_grows(
    first: date, length: int, before: int, after: int
) -> None:
    """An interrupted run finds its slices again: as long as the step is the same."""
    last = first + timedelta(days=length)
    grown = (first - timedelta(days=before), last + timedelta(days=after))
    steps = [
        next(step for step in STEPS if (end - begin).days + 1 <= step * MOST)
        for begin, end in ((first, last), grown)
    ]
    assume(steps[0] == steps[1])
    small = cut(midnight(first), midnight(last), None, 1000)
    large = cut(midnight(grown[0]), midnight(grown[1]), None, 1000)
    assert {*borders_of(small)} <= {*borders_of(large)}
    inner = {str(one) for one in small if one.low and one.high}
    assert inner <= {str(one) for one in large}
    assert all(border.toordinal() % steps[0] == 0 for border in borders_of(large))


some_days = st.dates(date(2026, 1, 1), date(2026, 12, 31))
timestamps = st.builds(
    lambda day, time, digits, zone: f"{day}T{time}{digits}{zone}",
    some_days,
    st.sampled_from(["00:00:00", "23:59:59", "12:30:00"]),
    st.sampled_from(["", ".1234567", ".9999999", ".000000000001"]),
    st.sampled_from(["Z", "+14:00", "-11:30"]),
)
VALUES = {
    "Edm.Date": st.one_of(some_days, st.just(date.min), st.just(date.max)).map(str),
    "Edm.DateTimeOffset": st.one_of(
        timestamps, st.sampled_from(["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z"])
    ),
    "Edm.String": st.one_of(
        some_days.map(str), timestamps, st.sampled_from(["", "none", "0001-01-01", "9999-12-31"])
    ),
}


@pytest.mark.parametrize("kind", VALUES)
@given(st.data())
def test_each_row_is_in_exactly_one_slice(kind: str, data: st.DataObject) -> None:
    (one,) = entity_sets(declaration(kind))
    values = data.draw(st.lists(st.one_of(st.none(), VALUES[kind]), min_size=1, max_size=8))
    ends = sorted(data.draw(st.tuples(some_days, some_days)))
    slices = [*cut(midnight(ends[0]), midnight(ends[1]), None, 1000), Slice()]
    assume(len(slices) > 1)
    conditions = [
        query.between(one, "Date", part.low, part.high) or "Date eq null" for part in slices
    ]
    for value in values:
        passed = [condition for condition in conditions if holds(condition, value, kind)]
        assert len(passed) == 1, (value, passed)


# -- whole reads by slices, over a service with dates of any type ----------------------------------

DAYS = [None if n % 20 == 7 else f"{date(2026, 3, 1) + timedelta(n * 2 // 3)}" for n in range(300)]
"""Two hundred days, with a date for most rows."""

FAR = [
    ["0001-01-01", "2999-12-31"],
    ["1753-01-01", "1899-12-30", "1900-01-01", "1970-01-01"],
    ["9999-12-28"],
    ["9999-12-31"],
    ["0001-01-01", "9999-12-31"],
]


@pytest.mark.parametrize("far", [[], *FAR], ids=",".join)
def test_a_long_list_is_read_by_slices_and_each_row_once(far: list[str]) -> None:
    service = Service([*DAYS, *far])
    assert_each_once(service.run(page_size=7), range(300 + len(far)))
    asked = service.first_questions
    assert len(asked) == len(set(asked))
    is_cut = "9999-12-31" not in far  # no date lies after it, to see whether the service filters
    assert (len(asked) > 2) == ("Date eq null" in asked) == is_cut


def test_rows_on_the_borders_of_slices_are_read_once() -> None:
    service = Service(DAYS)
    service.run(page_size=7).ok()
    words = {word for condition in service.first_questions for word in condition.split()}
    borders = sorted(word for word in words if word[:2] == "20")
    assert len(borders) > 3
    around = [
        f"{date.fromisoformat(border) + timedelta(days=shift)}"
        for border in borders
        for shift in (-1, 0, 1)
    ]
    service = Service([*DAYS, *around])
    assert_each_once(service.run(page_size=7), range(300 + len(around)))
    assert {*borders} <= {word for one in service.first_questions for word in one.split()}


@pytest.mark.parametrize(
    "dates",
    [
        ["2026-09-01"],
        [None],
        ["0001-01-01"],
        ["2030-01-01"],
        ["2026-09-01", "2026-09-02"],
        DAYS[:50],
    ],
    ids=len,
)
def test_a_list_of_few_rows_or_dates_is_not_cut(dates: list[str | None]) -> None:
    service = Service((dates * 300)[:300] if len(dates) < 3 else dates)
    assert_each_once(service.run(page_size=7), range(len(service.dates)))
    assert len(service.first_questions) <= (1 if len(dates) != 2 else 3)


@pytest.mark.parametrize(
    ("start_date", "end_date"),
    [
        ("2026-07-01", None),
        (None, "2026-08-01"),
        ("2026-04-15T12:00:00Z", "2026-08-20T12:00:00Z"),
        ("2026-08-09", "2026-08-09"),
        ("2030-01-01", None),
        (None, "2020-01-01"),
        ("0001-01-01", "9999-12-31"),
        (None, "9999-12-31T12:00:00Z"),
    ],
)
def test_slices_keep_to_the_dates_of_the_settings(
    start_date: str | None, end_date: str | None
) -> None:
    service = Service(DAYS)
    run = service.run(page_size=7, start_date=start_date, end_date=end_date, **VERSIONS)
    low, high = start_date or "", (end_date or "9999")[:10]
    if "T" in low:  # the day has begun before noon
        low = f"{date.fromisoformat(low[:10]) + timedelta(days=1)}"
    assert_each_once(run, [n for n, day in enumerate(DAYS) if day is None or low <= day <= high])
    assert run.versioned == [], "nothing is known of what lies outside"


TIMES = ("00:00:00Z", "23:59:59.9999999Z", "01:30:00+02:00", "22:30:00-02:00", "12:00:00.5Z")


def test_dates_that_are_timestamps() -> None:
    stamps = [day and f"{day}T{TIMES[n % 5]}" for n, day in enumerate(DAYS)]
    stamps += ["0001-01-01T00:00:00Z", "2030-01-01T00:00:00Z"]
    service = Service(stamps, "Edm.DateTimeOffset")
    run = service.run(page_size=7)
    assert_each_once(run, range(302))
    assert run.schema("time_entries")["Date"]["format"] == "date-time"
    assert len(service.first_questions) > 3
    mark = run.state["bookmarks"]["time_entries"]["replication_key_value"]
    assert mark == "2026-09-15T12:30:00Z"
    service.dates = [*stamps, "2026-09-15T12:29:59Z", "2026-09-15T12:30:00Z"]
    tomorrow = NOW + timedelta(days=1)
    later = service.run(page_size=7, state=run.state, now=tomorrow, lookback_days=0)
    zero = stamps[300]
    now = [n for n, at in enumerate(service.dates) if at in {None, zero} or timestamp(at) >= NOW]
    assert_each_once(later, now)
    assert 0 < len(now) < 100


@pytest.mark.parametrize(
    "spell",
    [
        lambda _, day: f"{day}T00:00:00",
        lambda number, day: f"{day}T08:00:00Z" if number % 2 else day,
        lambda _, day: f"{day} 00:00",
        *(
            lambda number, day, odd=odd: odd if number % 10 == 3 else day
            for odd in ("", "unknown", "31.12.2026", "9999-99-99")
        ),
    ],
)
def test_dates_that_are_texts(spell: Callable[[int, str], str]) -> None:
    service = Service([day and spell(n, day) for n, day in enumerate(DAYS)], "Edm.String")
    assert_each_once(service.run(page_size=7), range(300))


def test_dates_that_are_always_there() -> None:
    service = Service([day or "2026-08-01" for day in DAYS], nullable=False)
    run = service.run(page_size=7)
    assert_each_once(run, range(300))
    assert len(service.first_questions) > 3
    service.run(page_size=7, state=run.state).ok()
    assert not any("null" in one for one in service.first_questions), "there are none to ask for"
    service = Service(service.dates, nullable=False, filters=False)
    assert_each_once(service.run(page_size=7), range(300))
    assert service.first_questions == [""], "a service that does not filter is not asked in slices"


@pytest.mark.parametrize(
    "switches",
    [
        {"no_count": "ignore"},
        {"no_count": "refuse"},
        {"no_filter": "ignore"},
        {"no_filter": "refuse"},
        {"no_orderby": "ignore"},
        {"no_orderby": "refuse"},
        {"no_filter": "ignore", "no_orderby": "ignore", "no_count": "ignore"},
        {"no_select": "ignore", "no_orderby": "refuse"},
        {"hidden": {"TimeEntries": ["Date"]}},
        {"numbers": "string", "annotations": "4.01"},
        {"value_tokens": True, "empty_pages": True},
    ],
    ids=str,
)
def test_services_that_lack_an_option_lose_nothing(
    account: Account, switches: dict[str, Any]
) -> None:
    account.world.switch(**switches)
    run = account.run(page_size=7, **ONLY)
    assert_each_once(run, [row["ID"] for row in true_rows(account.world, "time_entries")])
    asked = [one.get("$filter", "") for one in account.first_questions("TimeEntries")]
    if "no_filter" in switches:
        assert not [one for one in asked if "lt" in one or "null" in one]
    elif {"no_count", "numbers", "value_tokens"} & switches.keys():
        assert len(asked) > 2, "it filters and sorts: that is enough"


def test_a_service_whose_links_expire_and_that_does_not_filter_is_given_up(
    account: Account,
) -> None:
    """Each new beginning is the very beginning: that has to end some time."""
    account.world.switch(no_filter="ignore", token_ttl=2)
    run = account.run(page_size=50, before=lambda tap: stop_after(tap, 60), **ONLY)
    assert run.code == 1
    assert len(account.asked("TimeEntries")) < 60


# -- cut off, and begun again ----------------------------------------------------------------------

SIZE = 5
CUT: dict[str, Any] = {"page_size": SIZE, "max_concurrency": 1, "max_retries": 0, **ONLY}


@pytest.fixture(scope="module")
def steady() -> Iterator[Account]:
    """A company of 80 time entries that does not change."""
    with sandbox.start(now=NOW, entries=80) as running:
        yield Account(running)


@pytest.fixture(scope="module")
def twin() -> Iterator[Account]:
    """The same company on another server, which no late request of a run before can reach."""
    with sandbox.start(now=NOW, entries=80) as running:
        yield Account(running)


@pytest.fixture
def few(start: Callable[..., Account]) -> Account:
    """The same company for one test, which may change it."""
    return start(entries=80)


def stop_after(tap: Any, requests: int, *, stop: str = "error") -> None:
    """Have a tap stopped when it sent some requests for entries."""
    sent = 0
    send = tap.session.send

    def sending(request: Request, cost: Cost | None = None) -> Response:
        nonlocal sent
        if "TimeEntries" in str(request):
            sent += 1
            if sent > requests and stop == "error":
                raise InterruptedRunError("interrupted")
            if sent == requests + 1:
                tap.interrupt(signal.SIGTERM)
        found: Response = send(request, cost)
        return found

    tap.session.send = sending


def cut_off(account: Account, after: int = 14, **settings: Any) -> Run:
    """Return a run that one broken answer cut off."""
    account.fault("/TimeEntries", "reset", after=after)
    run = account.run(**CUT | settings)
    account.mended()
    assert run.code == 1
    return run


def done_slices(state: dict[str, Any], table: str = "time_entries") -> list[str]:
    under_way = state.get("bookmarks", {}).get(table, {}).get("walk") or {}
    return list(under_way.get("done", []))


def in_slice(name: str, day: str | None) -> bool:
    if name == "none":
        return day is None
    low, _, high = name.partition("..")
    return day is not None and low <= day < (high or "a")


THOROUGH = [pytest.param(how, marks=pytest.mark.thorough) for how in ("reset", "signal")]


@pytest.mark.parametrize("how", ["error", *THOROUGH])
def test_a_load_that_is_cut_off_anywhere_goes_on_with_the_slices_that_are_left(
    steady: Account, twin: Account, how: str
) -> None:
    steady.reset()
    steady.run(**CUT).ok()
    whole = len(steady.asked("TimeEntries"))
    kept_slices = []
    for after in range(whole):
        held = Copy()
        if how == "reset":
            first = held.load(cut_off(steady, after, **VERSIONS))
        else:
            first = held.load(
                steady.run(
                    before=lambda tap, n=after: stop_after(tap, n, stop=how),  # type: ignore[misc]  # a default
                    **CUT,
                    **VERSIONS,
                )
            )
        assert first.code == (143 if how == "signal" else 1), after
        assert not first.versioned, "nothing may be called deleted yet"
        entries = first.state["bookmarks"].get("time_entries", {})
        assert "replication_key_value" not in entries, "a bookmark does not speak for a part"
        done = done_slices(first.state)
        assert done == done_slices(first.state, "time_entry_custom_fields")
        twin.reset()
        moved: dict[str, Any] = {"accept_state": True, "state": first.state}  # another address
        second = held.load(twin.run(**moved, page_size=SIZE, **ONLY, **VERSIONS).ok())
        assert held.differences(twin.world, ENTRIES) == {}, after
        dates = {row["Date"] for row in second.records("time_entries")}
        assert not any(in_slice(name, day) for name in done for day in dates), after
        assert len(twin.asked("TimeEntries")) <= whole, after
        mark = second.state["bookmarks"]["time_entries"]
        assert mark["replication_key_value"] == "2026-09-15T12:30:00Z"
        assert done_slices(second.state) == []
        assert sorted(second.versioned) == ENTRIES
        kept = {message["version"] for run in (first, second) for message in run.of("RECORD")}
        assert len(kept) == 1 or not done, "rows of both runs are of one version"
        kept_slices.append(len(done))
    assert max(kept_slices) > 2, "all slices that were read, not only the first"
    if how != "reset":
        assert kept_slices == sorted(kept_slices), "the later it ends, the more is done"
    assert sum(map(bool, kept_slices)) > whole // 3


def test_any_state_that_was_written_serves_to_go_on(
    steady: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a target keeps when the tap is killed: the messages up to some STATE."""
    monkeypatch.setattr("taps_common.sync.checkpoints.STATE_EVERY", 0.0)
    run = steady.run(page_size=SIZE, **ONLY, **VERSIONS).ok()
    lines = run.output.splitlines(keepends=True)
    states = [number for number, line in enumerate(lines) if b'"STATE"' in line]
    assert len(states) > 4
    counts = set()
    for number in states:
        kept = Run(b"".join(lines[: number + 1]), "", 0, number=run.number)
        held = Copy()
        held.load(kept)
        rest = held.load(steady.run(page_size=SIZE, state=kept.state, **ONLY, **VERSIONS).ok())
        assert held.differences(steady.world, ENTRIES) == {}, number
        counts.add(len(rest.records("time_entries")))
    assert len(counts) > 2, "the later it was killed, the less is left"


def test_a_load_goes_on_although_rows_came_in_meanwhile(few: Account) -> None:
    world = few.world
    held = Copy()
    first = held.load(cut_off(few))
    done = done_slices(first.state)
    assert done
    world.advance(3600)
    for day in ("2026-09-20", "2026-09-15", "2019-01-01", None):
        world.insert_entry(Date=day)
    second = held.load(few.run(page_size=SIZE, state=first.state, **ONLY).ok())
    third = held.load(few.run(page_size=SIZE, state=second.state, **ONLY).ok())
    late = {"2019-01-01"} if any(in_slice(name, "2019-01-01") for name in done) else set()
    missing = {row["ID"]: row["Date"] for row in true_rows(world, "time_entries")}
    for row in held.rows("time_entries"):
        missing.pop(row["ID"])
    assert set(missing.values()) <= late, "dated long before the look-back, into a slice done"
    assert done_slices(third.state) == []


@pytest.mark.parametrize("size", [2, 8, 1000])
def test_a_load_goes_on_with_pages_of_another_size(steady: Account, size: int) -> None:
    """Other pages are cut at other borders; nothing may fall between the old ones and the new."""
    held = Copy()
    first = held.load(cut_off(steady))
    assert done_slices(first.state)
    held.load(steady.run(page_size=size, state=first.state, **ONLY).ok())
    assert held.differences(steady.world, ENTRIES) == {}


def test_slices_that_lost_too_many_rows_are_all_read_again(few: Account) -> None:
    """No bookmark before the version is active: nothing would ask for the rest again."""
    given: dict[str, Any] = {**ONLY, "page_size": 3, **VERSIONS}
    state = few.run(**given).ok().state
    for name in ("replication_key", "replication_key_value"):
        del state["bookmarks"]["time_entries"][name]
    for row in true_rows(few.world, "time_entries")[5:]:
        few.world.delete_entry(row["ID"])
    for _ in range(2):
        run = few.run(state=state, **given)
        state = run.state
        assert (run.code, run.versioned) == (1, []), "nor what is made of the same pages"
        assert "time_entries shrank from 80 to 5 rows" in run.log
        assert "replication_key_value" not in state["bookmarks"]["time_entries"]
    assert "time_entries" in few.run(state=state, max_shrink=100, **given).ok().versioned
