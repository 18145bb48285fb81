"""The SQL of the docs' pages of recipes."""

from __future__ import annotations

import re

from tests.e2e.conftest import ROOT

RECIPE = re.compile(r"^## (.+?)\n.*?^```sql\n(.+?)^```$", re.MULTILINE | re.DOTALL)


def questions() -> dict[str, str]:
    """Return the SQL over the marts, by the questions that it answers."""
    return dict(RECIPE.findall((ROOT / "docs" / "questions.md").read_text()))


def recipes(tap: str, database: str) -> dict[str, str]:
    """Return the recipes of a tap for a database, by their headings."""
    page = ROOT / "docs" / tap.removeprefix("tap-") / "recipes.md"
    found = RECIPE.findall(page.read_text())
    return {name: sql for name, sql in found if database in name or ", in " not in name}
