"""The SQL of the docs' pages of recipes."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from tests.e2e.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable

ELSEWHERE = "Pacific/Auckland"
"""A time zone for sessions in which days are not those of UTC."""
RECIPE = re.compile(r"^## (.+?)\n.*?^```sql\n(.+?)^```$", re.MULTILINE | re.DOTALL)


def questions() -> dict[str, str]:
    """Return the SQL over the marts, by the questions that it answers."""
    return dict(RECIPE.findall((ROOT / "docs" / "questions.md").read_text()))


def recipes(tap: str, database: str) -> dict[str, str]:
    """Return the recipes of a tap for a database, by their headings."""
    page = ROOT / "docs" / tap.removeprefix("tap-") / "recipes.md"
    found = RECIPE.findall(page.read_text())
    return {name: sql for name, sql in found if database in name or ", in " not in name}


def without_zones(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return rows in one order, and timestamps with a time zone as those without one."""
    found = [
        tuple(
            one.astimezone(timezone.utc).replace(tzinfo=None)
            if isinstance(one, datetime) and one.tzinfo
            else one
            for one in row
        )
        for row in rows
    ]
    return sorted(found, key=repr)
