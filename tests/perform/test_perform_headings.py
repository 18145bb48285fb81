"""Headings that are odd, alike, absent or in another order than before."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.common.doubles import Answer

if TYPE_CHECKING:
    from tests.common.doubles import Server
    from tests.common.runs import Run
    from tests.perform.runs import Account


class Clip:
    """A clip of a server that answers with whatever a test has it say."""

    def __init__(self, account: Account, server: Server, **declared: Any) -> None:
        self._account, self._server = account, server
        project = {"name": "Quay", "username": "user", "password": "word"}
        clips = {"ours": {"url": f"{server.url}/clip", **declared}}
        self._projects = [{**project, "dataclips": clips}]

    def discover(self, text: str, **settings: Any) -> dict[str, Any]:
        self._server.script = [Answer(body=text.encode())] * 2
        return self._account.discovered(projects=self._projects, **settings)

    def read(self, text: str, **settings: Any) -> Run:
        self._server.script = [Answer(body=text.encode())] * 2
        return self._account.run(projects=self._projects, **settings)


def cells(run: Run) -> list[dict[str, Any]]:
    """Return rows without what the tap adds."""
    own = {"project", "_row_id"}
    return [
        {name: cell for name, cell in row.items() if name not in own}
        for row in run.ok().records("ours")
    ]


def test_a_heading_keeps_its_column_in_whatever_order_it_comes(
    account: Account, server: Server
) -> None:
    clip = Clip(account, server)
    catalog = clip.discover('[{"Name": "a", "NAME": "b", "Name": "c"}]')
    run = clip.read('[{"NAME": "e"}, {"Name": "d", "NAME": "f", "Name": "g"}]', catalog=catalog)
    assert cells(run) == [
        {"name": None, "name_2": "e", "name_3": None},
        {"name": "d", "name_2": "f", "name_3": "g"},
    ]


@pytest.mark.parametrize("heading", ["[Name]", "{Name}", "[a]", "[Null]"])
def test_a_heading_may_begin_with_a_bracket(account: Account, server: Server, heading: str) -> None:
    found = cells(Clip(account, server).read(f"{heading},B\r\n1,2\r\n"))
    assert found == [{heading.strip("[]{}").lower(): "1", "b": "2"}]


def test_every_unknown_column_is_kept_whatever_the_headings(
    account: Account, server: Server
) -> None:
    clip = Clip(account, server)
    catalog = clip.discover("Known\r\n1\r\n", on_new_column="extra")
    run = clip.read(
        "Known,x,x,x_2,Other One\r\n1,2,3,4,5\r\n", catalog=catalog, on_new_column="extra"
    )
    (row,) = cells(run)
    assert json.loads(row["_extra"]) == {"x": "2", "x_2": "3", "x_2_2": "4", "Other One": "5"}


def test_names_that_python_refuses_do_not_meet_others(account: Account, server: Server) -> None:
    run = Clip(account, server).read("\u0301,field_cc81,class\r\n1,2,3\r\n")
    assert cells(run) == [{"\u0301": "1", "field_cc81": "2", "class": "3"}]


def test_rows_without_any_cell_are_refused(account: Account, server: Server) -> None:
    clip = Clip(account, server)
    run = clip.read("[{}, {}]", catalog=clip.discover("a,b\r\n1,2\r\n"))
    assert run.code == 1
    assert "ours of Quay has none of the columns that the catalog has" in run.log
    assert run.of("RECORD") == []


def test_an_empty_json_list_has_the_columns_that_are_declared(
    account: Account, server: Server
) -> None:
    clip = Clip(account, server, primary_keys=["Id"], types={"Hours": "number"})
    catalog = clip.discover("[]")
    assert clip.read("[]", catalog=catalog).ok().of("RECORD") == []
    run = clip.read('[{"Id": "7", "Hours": "1.50", "Who": "x"}]', catalog=catalog)
    assert cells(run) == [{"id": "7", "hours": 1.5}]
    assert "the catalog does not know, left out until you discover again: 'Who'" in run.log


def test_rows_of_which_the_catalog_knows_no_column_are_refused(
    account: Account, server: Server
) -> None:
    clip = Clip(account, server)
    run = clip.read('[{"a": "1"}]', catalog=clip.discover("[]"))
    assert run.code == 1
    assert "catalog knows no column of dataclip ours of Quay yet: discover again" in run.log
    assert run.of("RECORD") == []
