"""What the catalog says of each column, nested ones included."""

from __future__ import annotations

from tests.clockify.runs import discovered
from tests.common.descriptions import described, faults_of

SCHEMAS = {one["tap_stream_id"]: one["schema"] for one in discovered()["streams"]}


def test_each_column_is_described() -> None:
    assert faults_of(SCHEMAS) == []
    said = dict(described(SCHEMAS["approval_requests"], "approval_requests"))
    assert said["approval_requests.entries.task.id"] == "the task. Joins: tasks.id."


def test_descriptions_say_more_than_names() -> None:
    said = {"clientName": "the name of the client of an entry.", "id": "the id. Example: 1."}
    columns = {name: {"description": text} for name, text in said.items()}
    assert faults_of({"time_entries": {"properties": columns}}) == [
        "time_entries.clientName: only repeats the name"
    ]
