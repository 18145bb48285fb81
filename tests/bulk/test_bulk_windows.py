"""What `completed_windows` and `_sdc_deleted_at` say is gone."""

from __future__ import annotations

import pytest

from tests.bulk.places import Message, Place, record, schema

pytestmark = pytest.mark.xdist_group("bulk")  # one server of PostgreSQL

AT = {"type": ["string", "null"], "format": "date-time"}
ENTRIES = {
    **schema(
        "time_entries", id="string", workspaceId="string", userId="string", start=AT,
        _sdc_deleted_at=AT,
    ),
    "bookmark_properties": ["start"],
}  # fmt: skip
TAGS = schema("time_entry_tags", ["timeEntryId", "tagId"], timeEntryId="string", tagId="string")
WINDOWS = schema(
    "completed_windows", ["stream", "workspaceId", "userId", "from", "to"],
    stream="string", workspaceId="string", userId="string", **{"from": AT, "to": AT, "readAt": AT},
)  # fmt: skip
ALL = [ENTRIES, TAGS, WINDOWS]


def at(hour: int) -> str:
    return f"2026-01-31T{hour:02}:00:00Z"


def entry(ident: str, start: str, hour: int, user: str = "u", **more: object) -> Message:
    row = record("time_entries", id=ident, workspaceId="w", userId=user, start=start, **more)
    return {**row, "time_extracted": at(hour)}


def tag(ident: str, name: str, hour: int) -> Message:
    return {**record("time_entry_tags", timeEntryId=ident, tagId=name), "time_extracted": at(hour)}


def window(first: str, last: str, hour: int, user: str = "*", workspace: str = "w") -> Message:
    span = {"from": first, "to": last, "readAt": at(hour)}
    table = {"stream": "time_entries", "workspaceId": workspace, "userId": user}
    return record("completed_windows", **table, **span)


@pytest.fixture(params=[True, False])
def hard(request: pytest.FixtureRequest, place: Place) -> bool:
    place.settings = {"apply_windows": True, "hard_delete": request.param}
    return bool(request.param)


def live(place: Place, table: str, hard: bool) -> list[str]:
    """Return what is not gone, and make sure that what is gone is gone in the way that is set."""
    rows = place.rows(table, "*", '1, "_sdc_extracted_at"')
    assert not hard or not any(row["_sdc_deleted_at"] for row in rows)
    return [[*row.values()][1 if table == "time_entry_tags" else 0]
            for row in rows if not row["_sdc_deleted_at"]]  # fmt: skip


JAN, FEB, MAR = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"


@pytest.mark.parametrize("rows", [1, 3, 100])
def test_what_lies_in_a_window_and_did_not_come_is_gone(
    place: Place, hard: bool, rows: int
) -> None:
    place.settings["batch_size_rows"] = rows
    first = [
        entry("early", JAN, 1),
        entry("a", FEB, 1),
        entry("b", FEB, 1, "v"),
        entry("c", MAR, 1),
    ]
    place.load(*ALL, *first, tag("a", "x", 1), tag("b", "y", 1), tag("b", "z", 1))
    assert live(place, "time_entries", hard) == ["a", "b", "c", "early"]
    place.load(*ALL, entry("b", FEB, 3, "v"), tag("b", "y", 3), window(FEB, MAR, 3))
    assert live(place, "time_entries", hard) == ["b", "c", "early"]
    assert live(place, "time_entry_tags", hard) == ["y"]
    place.load(*ALL, entry("a", MAR, 4), tag("a", "w", 4))
    assert live(place, "time_entries", hard) == ["a", "b", "c", "early"]
    assert live(place, "time_entry_tags", hard) == ["w", "y"]


def test_a_window_is_of_a_member_and_a_workspace(place: Place, hard: bool) -> None:
    place.load(*ALL, entry("a", FEB, 1), entry("b", FEB, 1, "v"))
    place.load(*ALL, window(FEB, MAR, 3, workspace="another"), window(FEB, MAR, 3, "v"))
    assert live(place, "time_entries", hard) == ["a"]


def test_windows_of_tables_that_are_not_here(place: Place, hard: bool) -> None:
    place.load(WINDOWS, window(FEB, MAR, 3))
    assert live(place, "completed_windows", hard) == ["time_entries"]


def test_rows_that_the_tap_says_are_deleted(place: Place, hard: bool) -> None:
    place.load(*ALL, entry("a", FEB, 1), entry("b", FEB, 1), tag("a", "x", 1), tag("b", "y", 1))
    place.load(*ALL, entry("a", FEB, 2, _sdc_deleted_at=at(2)))
    assert live(place, "time_entries", hard) == ["b"]
    assert live(place, "time_entry_tags", hard) == ["y"]


def test_tags_that_were_taken_off(place: Place, hard: bool) -> None:
    place.load(*ALL, entry("a", FEB, 1), tag("a", "x", 1), tag("a", "y", 1))
    place.load(*ALL, entry("a", FEB, 2), tag("a", "y", 2))
    assert live(place, "time_entry_tags", hard) == ["y"]
    place.load(*ALL, entry("a", FEB, 3), tag("a", "x", 3))
    assert live(place, "time_entry_tags", hard) == ["x"]


def test_windows_of_dates(place: Place, hard: bool) -> None:
    """As ClickTime's: without a workspace, and children with another column of the key."""
    day = {"type": ["string", "null"], "format": "date"}
    entries = schema("time_entries", ["ID"], ID="string", Date=day)
    entries["bookmark_properties"] = ["Date"]
    fields = schema("time_entry_custom_fields", ["TimeEntryID", "Name"], TimeEntryID="string",
                    Name="string")  # fmt: skip
    parts = schema("completed_windows", ["stream", "from", "to"], stream="string",
                   **{"from": AT, "to": AT, "readAt": AT})  # fmt: skip
    rows: list[Message] = [
        record("time_entries", ID=one, Date=f"2026-02-0{number + 1}")
        for number, one in enumerate("abc")
    ] + [record("time_entry_custom_fields", TimeEntryID=one, Name="x") for one in "abc"]
    tables = (entries, fields, parts)
    place.load(*tables, *({**row, "time_extracted": at(1)} for row in rows))
    again = [{**row, "time_extracted": at(3)} for row in rows if "c" in row["record"].values()]
    part = {"from": "2026-02-02T00:00:00Z", "to": MAR, "readAt": at(3)}
    place.load(*tables, *again, record("completed_windows", stream="time_entries", **part))
    assert live(place, "time_entries", hard) == ["a", "c"]
    kept = [row for row in place.rows("time_entry_custom_fields") if not row["_sdc_deleted_at"]]
    assert [row["TimeEntryID"] for row in kept] == ["a", "c"]


def test_nothing_is_applied_unless_it_is_asked_for(place: Place) -> None:
    place.settings = {"hard_delete": True}
    place.load(*ALL, entry("a", FEB, 1), entry("b", FEB, 1, _sdc_deleted_at=at(1)))
    place.load(*ALL, window(FEB, MAR, 3))
    assert place.column("time_entries", "id") == ["a", "b"]
