"""Keys are never null in any schema: what `--discover` prints of all three taps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

CATALOGS = sorted((Path(__file__).parents[2] / "catalogs").glob("tap-*.json"))


def nullable_keys(streams: list[dict[str, Any]]) -> list[str]:
    """Return the columns of keys that may be null."""
    return [
        f"{one['stream']}.{name}"
        for one in streams
        for name in one["key_properties"]
        if "null" in one["schema"]["properties"][name]["type"]
    ]


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.stem)
def test_no_key_may_be_null(path: Path) -> None:
    streams = json.loads(path.read_text(encoding="utf-8"))["streams"]
    assert any(one["key_properties"] for one in streams)
    assert nullable_keys(streams) == []
