"""Answers that say "dataclip stale", in whatever words, and tables that hold these words."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

import sandbox
from tests.common.doubles import Answer
from tests.common.runs import NOW
from tests.perform.runs import FIRST, Account, Copy

if TYPE_CHECKING:
    from tests.common.doubles import Server
    from tests.common.runs import Run

VERSIONS: dict[str, Any] = {"emit_activate_version_messages": True}
TABLE = "docket_export"


@cache
def catalog(table: str) -> dict[str, Any]:
    """Return what is discovered of a clip while all is well."""
    with sandbox.start(now=NOW, entries=300) as running:
        account = Account(running)
        return account.discovered(projects=account.projects(table))


def answered(account: Account, server: Server, answer: Answer, **settings: Any) -> Run:
    """Read one table of one project, which always gets the same answer."""
    found = catalog(TABLE)
    server.script = [answer] * 30
    clip = {TABLE: f"{server.url}/clip"}
    project = {"name": FIRST, "username": "user", "password": "word", "dataclips": clip}
    return account.run(projects=[project], catalog=found, **VERSIONS, **settings)


def reason(run: Run) -> str:
    (found,) = [line for line in run.log.splitlines() if line.startswith(f"{TABLE} failed")]
    return found


# -- messages --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Data clip is STALE",
        '"dataclip stale"',
        '["dataclip stale"]',
        '{"reason": "dataclip stale"}',
        '{"error": {"code": "stale", "message": "Dataclip stale"}}',
        "Status\r\ndataclip stale\r\n",
        "\ufeffdataclip stale\n",
        "The requested clip is stale; its dataclip is being refreshed",
    ],
)
def test_a_message_in_other_words_is_a_message(account: Account, server: Server, text: str) -> None:
    run = answered(account, server, Answer(body=text.encode()))
    assert "is stale. It stayed so" in reason(run)
    assert (run.code, run.records(TABLE), run.versioned) == (1, [], [])


@pytest.mark.parametrize(
    "text",
    [
        "Dataclip is stale.\nPlease try again later.\n",
        "Dataclip stale, please wait.\nTry again in 5 minutes, thanks.\n",
        "Dataclip stale\n\nIt is being refreshed.\nPlease try again later.\n",
        "Error\r\n\r\nThe service is busy.\r\n",
    ],
)
def test_a_message_of_several_lines_is_no_table(
    account: Account, server: Server, text: str
) -> None:
    run = answered(account, server, Answer(body=text.encode()))
    assert (run.code, run.records(TABLE), run.versioned) == (1, [], [])
    assert reason(run)


MACHINE = ('{"error": "dataclip_stale"}', "DATACLIP_STALE", "DataclipStale")
OTHERS = (
    '{"success": false, "message": "dataclip stale"}',
    '{"message": "dataclip stale", "data": []}',
)
LONG_PAGE = "<html><style>" + "x" * 5000 + "</style><p>dataclip stale</p></html>"


@pytest.mark.parametrize("text", OTHERS)
@pytest.mark.parametrize("status", [400, 403, 404, 410, 500, 502])
def test_an_error_that_says_so_is_stale_whatever_its_status(
    account: Account, server: Server, status: int, text: str
) -> None:
    run = answered(account, server, Answer(status, body=text.encode()))
    assert "is stale. It stayed so" in reason(run)
    assert (run.code, run.records(TABLE), run.versioned) == (1, [], [])


@pytest.mark.parametrize(
    ("status", "text"),
    [
        *((status, text) for status in (200, 404) for text in (*MACHINE, LONG_PAGE)),
        *((200, text) for text in OTHERS),
    ],
)
def test_other_spellings_of_the_message_are_waited_for(
    account: Account, server: Server, status: int, text: str
) -> None:
    run = answered(account, server, Answer(status, body=text.encode()))
    assert "is stale. It stayed so" in reason(run)
    assert (run.code, run.records(TABLE), run.versioned) == (1, [], [])


# -- tables ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["csv", "array", "fields_values", "wrapped", "jsonlines"])
@pytest.mark.parametrize("rows", [1, 2, 3])
@pytest.mark.parametrize("words", ["dataclip stale", "Dataclip stale: try again later.\nReally."])
def test_a_cell_that_says_stale_is_a_cell(
    account: Account, form: str, rows: int, words: str
) -> None:
    world, found = account.world, catalog("discussion")
    for project in (1, 2):
        world.shrink(project, "discussion", rows / 240)
        for row in range(rows):
            world.edit_row(project, "discussion", row, {"Comment": words})
    world.switch(format=form)
    copy = Copy()
    run = account.run(projects=account.projects("discussion"), catalog=found, **VERSIONS).ok()
    copy.load(run)
    assert len(copy.rows("discussion")) == 2 * rows
    assert copy.differences(world, ("discussion",)) == {}
    assert run.versioned == ["discussion"]


@pytest.mark.parametrize(
    "text",
    [
        "Description\r\ndataclip stale\r\n",
        '[{"Description": "dataclip stale"}]',
        '{"rows": [{"Description": "dataclip stale"}]}',
    ],
)
def test_the_only_cell_of_a_table_of_one_column_is_a_cell(
    account: Account, server: Server, text: str
) -> None:
    (row,) = answered(account, server, Answer(body=text.encode())).records(TABLE)
    assert row["description"] == "dataclip stale"
