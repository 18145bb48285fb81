"""`$metadata` documents: of known servers, and small ones; what a tap makes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_clicktime.csdl import Document
from tap_clicktime.tap import TapClickTime
from taps_common.records.row_types import RESCUED
from tests.common.doubles import Answers

if TYPE_CHECKING:
    from tap_clicktime.metadata import EntitySet

FOLDER = Path(__file__).parent / "metadata"
STYLES = sorted(path.stem for path in FOLDER.glob("*.xml"))
BODIES = {style: (FOLDER / f"{style}.xml").read_bytes() for style in STYLES}
SETTINGS = {"service_url": "https://clicktime.example/odata", "api_token": "token-secret"}
ANY = {"type": ["string", "number", "boolean", "array", "object", "null"]}

EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
EDM = "http://docs.oasis-open.org/odata/ns/edm"
KEY = '<Key><PropertyRef Name="Id"/></Key><Property Name="Id" Type="Edm.String" Nullable="false"/>'
THINGS = '<EntitySet Name="Things" EntityType="Test.Thing"/>'


def document(types: str, sets: str = THINGS, *, edmx: str = EDMX, edm: str = EDM) -> bytes:
    """Return a document with one schema, called Test."""
    return (
        f'<edmx:Edmx Version="4.0" xmlns:edmx="{edmx}"><edmx:DataServices>'
        f'<Schema Namespace="Test" xmlns="{edm}">{types}'
        f'<EntityContainer Name="Container">{sets}</EntityContainer>'
        "</Schema></edmx:DataServices></edmx:Edmx>"
    ).encode()


def thing(properties: str = "", *, key: str = KEY) -> str:
    """Return an entity type."""
    return f'<EntityType Name="Thing">{key}{properties}</EntityType>'


def tap_over(body: bytes, **config: Any) -> TapClickTime:
    """Return a tap whose service declares this, and whose texts come from there alone."""

    class Over(TapClickTime):
        session = Answers({"/$metadata": body})  # type: ignore[assignment]  # made-up answers

        def _live(self, described: Document) -> list[EntitySet]:
            return super()._live(Document())

    return Over(config=SETTINGS | config)


def catalog_of(tap: TapClickTime) -> dict[str, dict[str, Any]]:
    """Return what `--discover` prints, by table."""
    entries = json.loads(tap.catalog_json_text)["streams"]
    assert all(entry["schema"]["type"] == "object" for entry in entries)
    assert all(entry["schema"]["properties"].pop(RESCUED) for entry in entries), "in each table"
    return {
        entry["tap_stream_id"]: {
            "key_properties": entry["key_properties"],
            "replication_method": entry["replication_method"],
            "replication_key": entry.get("replication_key"),
            "properties": entry["schema"]["properties"],
        }
        for entry in entries
    }


def things(types: str, sets: str = THINGS) -> dict[str, Any]:
    """Return the table of the set Things."""
    return catalog_of(tap_over(document(types, sets)))["things"]


def columns(properties: str, types: str = "") -> dict[str, Any]:
    """Return the columns of a type besides its key."""
    found: dict[str, Any] = things(thing(properties) + types)["properties"]
    assert found.pop("Id") == {"type": "string"}
    return found
