"""What arrives: every clip of both projects, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.perform.runs import Copy

if TYPE_CHECKING:
    from tests.perform.runs import Account

FORMATS = ("csv", "array", "fields_values", "values_fields", "wrapped", "jsonlines")


@pytest.mark.parametrize("form", FORMATS)
def test_all_clips_of_two_projects_arrive(account: Account, form: str) -> None:
    account.world.switch(format=form)
    copy = Copy()
    run = copy.load(account.run().ok())
    assert len(copy.tables) == 28
    assert copy.differences(account.world) == {}
    assert sum(run.counts().values()) == sum(map(len, copy.tables.values()))
