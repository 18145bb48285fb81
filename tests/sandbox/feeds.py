"""The feeds of changes, read as a patient client reads them into tables."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.clockify.ledger import TYPES

if TYPE_CHECKING:
    from tests.sandbox.conftest import Api

Rows = list[dict[str, Any]]


def entity_changes(api: Api) -> Rows:
    return [
        {
            "change": change,
            "type": row["documentCode"],
            "id": row["id"],
            "at": row["auditMetadata"][f"{change}At"],
            **row["auditMetadata"],
            "document": msgspec.json.encode(row).decode(),
        }
        for change in ("created", "updated")
        for row in _feed(api, change)
    ]


def entity_deletions(api: Api) -> Rows:
    return [
        {
            "type": row["documentCode"],
            "id": row["id"],
            "deletedAt": row["deletedAt"],
            "deletionBinId": row["deletionBinId"],
            "document": msgspec.json.encode(row["document"]).decode(),
        }
        for row in _feed(api, "deleted")
    ]


def _feed(api: Api, event: str) -> Rows:
    now = api.running.clockify.now
    query = {
        "type": ",".join(TYPES),
        "start": f"{now - timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}",
        "end": f"{now - timedelta(minutes=2):%Y-%m-%dT%H:%M:%SZ}",
        "limit": 10_000,
    }
    rows: Rows = api.get(f"{api.main}/entities/{event}", **query).json
    return rows
