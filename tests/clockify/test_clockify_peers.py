"""Each table of other connectors has a table here."""

from __future__ import annotations

import pytest

from scripts.kondado import COLUMNS
from scripts.peers import PEERS, table
from tests.clockify.runs import discovered


def schemas() -> dict[str, dict[str, dict[str, object]]]:
    return {stream["tap_stream_id"]: stream["schema"] for stream in discovered()["streams"]}


@pytest.mark.parametrize("peer", PEERS)
def test_each_table_of_another_connector_has_one_here(peer: str) -> None:
    known = schemas()
    for theirs, ours in PEERS[peer].items():
        stream, *column = ours.split(".")
        assert stream in known, f"{peer}'s {theirs} has no table here"
        found: object = known.get(stream)
        for name in column:
            assert isinstance(found, dict)
            found = found.get("properties", {}).get(name)
        assert found, f"{peer}'s {theirs} is said to be in {ours}"


def test_the_number_of_tables() -> None:
    assert {peer: len(covered) for peer, covered in PEERS.items()} == {
        "tap-clockify on PyPI": 7,
        "immuta": 7,
        "quantile": 7,
        "hotglue": 7,
        "Airbyte": 7,
        "PostHog": 13,
        "Fivetran": 16,
        "Skyvia": 17,
        "Kondado": 9,
        "IngestData": 17,
        "dltHub's scaffold": 5,
    }


def test_each_column_of_kondado_is_in_the_table_that_covers_it() -> None:
    for theirs, columns in COLUMNS.items():
        assert {stream for stream, _ in columns.values()} == {PEERS["Kondado"][theirs]}


def test_the_documented_table_names_every_table_once() -> None:
    lines = table(["users", "workspaces", "tags", "webhooks"]).splitlines()
    assert lines[0].startswith(
        "| here | tap-clockify on PyPI, immuta, quantile, hotglue | Airbyte |"
    )
    users, workspaces, tags = (line.split(" | ") for line in lines[2:5])
    assert users[:3] == ["| `users`", "`users`", "`users`"]
    assert "`workspace`, `workspace_feature` (`features`)" in workspaces
    assert tags[-1] == "`tags` |"
    assert len({line.count(" | ") for line in lines[:5]}) == 1
    assert lines[5:] == ["", "Under no known name of theirs: `webhooks`."]
