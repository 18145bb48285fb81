"""What ClickTime sends and no column takes (RESCUE-NOT-NULL)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tap_clicktime.client import timestamp_of
from taps_common.records.row_types import RESCUED
from tests.clicktime.documents import document, thing
from tests.clicktime.runs import page, scripted
from tests.common.doubles import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.common.runs import Run

TYPES = document(
    thing(
        '<Property Name="Hours" Type="Edm.Double" Nullable="false"/>'
        '<Property Name="Rate" Type="Edm.Decimal"/>'
        '<Property Name="At" Type="Edm.DateTimeOffset"/>'
        '<Property Name="CustomFields" Type="Test.Free"/>'
    )
    + '<ComplexType Name="Free" OpenType="true"/>'
)


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


def read(server: Server, *rows: dict[str, Any], **settings: Any) -> Run:
    body = json.dumps({"@odata.count": len(rows), "value": rows}).encode()
    return scripted(server, body, declared=TYPES, **settings)


def kept(run: Run) -> list[Any]:
    texts = [row.get(RESCUED) for row in run.records("things")]
    return [text if text is None else json.loads(text) for text in texts]


def test_what_no_column_takes_is_kept_as_it_came(server: Server) -> None:
    run = read(
        server,
        {"Id": "1", "Hours": "NaN", "Rate": "-INF", "At": "yesterday", "New": 1.50},
        {"Id": "2", "Hours": "1.5", "Rate": 2, "@odata.etag": "W/1", "New@odata.type": "#Int32"},
    ).ok()
    assert kept(run) == [{"Hours": "NaN", "Rate": "-INF", "At": "yesterday", "New": 1.5}, None]
    first, second = run.records("things")
    assert (first["Hours"], first["Rate"], first["At"]) == (None, None, None)
    assert (second["Hours"], second["Rate"]) == (1.5, 2)


@pytest.mark.parametrize("number", ["NaN", "INF", "-INF"])
def test_numbers_that_json_does_not_have_are_kept(server: Server, number: str) -> None:
    run = read(server, {"Id": "1", "Hours": number}, {"Id": "2", "Hours": 1, "Rate": number}).ok()
    assert kept(run) == [{"Hours": number}, {"Rate": number}]


@pytest.mark.parametrize(
    ("came", "leaves"),
    [
        ("2024-03-10 02:30:00Z", "2024-03-10T02:30:00Z"),
        ("2024-03-10T02:30:00z", "2024-03-10T02:30:00Z"),
        ("2024-03-10t02:30:00.5z", "2024-03-10T02:30:00.5Z"),
        ("2024-03-10 04:30:00+0200", "2024-03-10T02:30:00Z"),
        ("2024-03-09 21:30:00-05", "2024-03-10T02:30:00Z"),
        ("2024-03-10 02:30:00", "2024-03-10T02:30:00"),
    ],
)
def test_other_forms_of_a_timestamp_are_read(server: Server, came: str, leaves: str) -> None:
    rows = [{"Id": str(number), "Hours": 1, "At": came} for number in range(2)]
    run = read(server, *rows).ok()
    assert [row["At"] for row in run.records("things")] == [leaves] * 2
    assert kept(run) == [None] * 2
    assert timestamp_of(came) == timestamp_of(leaves)


def test_what_is_no_timestamp_is_kept(server: Server) -> None:
    others = ["2024-03-10_02:30:00Z", "2024-02-30 02:30:00+01", "2024-03-10 2:30 PM", "20240310"]
    rows = [{"Id": str(n), "Hours": 1, "At": text} for n, text in enumerate(others)]
    run = read(server, *rows).ok()
    assert [row["At"] for row in run.records("things")] == [None] * 4
    assert kept(run) == [{"At": text} for text in others]


@pytest.mark.parametrize("text", ["1,5", "1.234,5", "1 500", "1.5 h"])
def test_a_text_that_is_not_a_number_is_kept(server: Server, text: str) -> None:
    columns = {"Things": [{"name": "Size", "type": "number"}]}
    row = {"Id": "1", "Hours": text, "Rate": text, "CustomFields": {"Size": text}}
    run = read(server, row, {"Id": "2", "Hours": 1}, custom_field_columns=columns).ok()
    first, _ = run.records("things")
    assert (first["Hours"], first["Rate"], first["CustomField_Size"]) == (None, None, None)
    assert kept(run)[0] == {"Hours": text, "Rate": text, "CustomField_Size": text}


def test_a_property_that_is_never_null_and_fits_in_no_row_fails_the_table(server: Server) -> None:
    rows = [{"Id": str(number), "Hours": "many", "Rate": 1} for number in range(3)]
    run = read(server, *rows)
    assert run.code == 1
    assert "no value of Hours, which the service says is never null" in run.log
    assert read(server, *rows, {"Id": "9", "Hours": 0}).code == 0
    without = [{**row, "Hours": 1, "Rate": "many"} for row in rows]
    assert read(server, *without).code == 0


def test_a_key_that_does_not_fit_in_one_row_is_not_said_to_fit_in_none(server: Server) -> None:
    declared = TYPES.replace(b'Name="Id" Type="Edm.String"', b'Name="Id" Type="Edm.Double"')
    assert declared != TYPES
    run = scripted(server, page({"Id": 0.1}, {"Id": "INF"}, {"Id": 3}), declared=declared)
    assert run.code == 1
    assert "a row whose Id is text" in run.log
    assert "no value of Id" not in run.log


def test_a_custom_field_that_is_not_of_its_columns_type_is_kept(server: Server) -> None:
    columns = {"Things": [{"name": "Size", "type": "number"}, {"name": "Day", "type": "date"}]}
    fields = [{"Size": "NaN", "Day": "x"}, {"Size": "2", "Day": "2026-01-31"}]
    rows = [
        {"Id": str(number), "Hours": 1, "CustomFields": one} for number, one in enumerate(fields)
    ]
    run = read(server, *rows, custom_field_columns=columns).ok()
    assert kept(run) == [{"CustomField_Size": "NaN", "CustomField_Day": "x"}, None]
    assert [row["CustomField_Size"] for row in run.records("things")] == [None, 2]
    run = read(server, *rows, custom_field_columns=columns, on_drift="fail")
    assert (run.code, run.records("things")) == (1, [])


def test_what_the_settings_leave_out_is_not_kept(server: Server) -> None:
    both = TYPES.replace(
        b'<Property Name="At"',
        b'<Property Name="CustomFieldsStr" Type="Edm.String"/><Property Name="At"',
    )
    row = {"Id": "1", "Hours": 1, "CustomFields": {"a": 1}, "CustomFieldsStr": '{"a":1}'}
    body = json.dumps({"@odata.count": 1, "value": [row]}).encode()
    run = scripted(server, body, declared=both, custom_fields="string").ok()
    assert kept(run) == [None]
    assert "unknown to this version" not in run.log
