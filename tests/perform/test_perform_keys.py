"""Keys and types that are declared: of which column, and what is the same key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.common.doubles import Answer

if TYPE_CHECKING:
    from tests.common.doubles import Server
    from tests.common.runs import Run
    from tests.perform.runs import Account


def clip(account: Account, server: Server, text: str, **declared: Any) -> Run:
    """Read one clip of one project, its headings looked at first."""
    server.script = [Answer(body=text.encode())] * 2
    project = {"name": "Quay", "username": "user", "password": "word"}
    clips = {"ours": {"url": f"{server.url}/clip", **declared}}
    return account.run(projects=[{**project, "dataclips": clips}])


def test_a_key_by_the_heading_project_is_that_column(account: Account, server: Server) -> None:
    run = clip(account, server, "Project,B\r\n1,2\r\n3,4\r\n", primary_keys=["Project"]).ok()
    (schema,) = run.of("SCHEMA", "ours")
    assert schema["key_properties"] == ["project", "project_2"]
    assert [row["project_2"] for row in run.records("ours")] == ["1", "3"]


@pytest.mark.parametrize(
    ("declared", "key"), [(["A"], ["a_2"]), (["a"], ["a"]), (["a", "A", "a"], ["a", "a_2"])]
)
def test_headings_that_differ_in_case_are_told_apart(
    account: Account, server: Server, declared: list[str], key: list[str]
) -> None:
    types = {"A": "integer"}
    run = clip(account, server, "a,A\r\nx,1\r\ny,2\r\n", primary_keys=declared, types=types).ok()
    (schema,) = run.of("SCHEMA", "ours")
    assert schema["key_properties"] == ["project", *key]
    assert [(row["a"], row["a_2"]) for row in run.records("ours")] == [("x", 1), ("y", 2)]


def test_a_key_that_no_column_has_is_named(account: Account, server: Server) -> None:
    run = clip(account, server, "a,b\r\n1,2\r\n", primary_keys=["???"])
    assert run.code == 1
    assert "ours has no column ???, which primary_keys names; it has a, b." in run.said


@pytest.mark.parametrize(("kind", "cells"), [("integer", ("1", "01")), ("number", ("1.0", "1.00"))])
def test_equal_values_of_a_key_are_one_key(
    account: Account, server: Server, kind: str, cells: tuple[str, str]
) -> None:
    text = f"a,b\r\n{cells[0]},x\r\n{cells[1]},y\r\n"
    run = clip(account, server, text, primary_keys=["a"], types={"a": kind}).ok()
    assert "1 rows have the key of another" in run.log


def test_blanks_alone_are_no_value(account: Account, server: Server) -> None:
    run = clip(account, server, "a,b\r\n ,  \r\n", types={"a": "integer"}).ok()
    assert [(row["a"], row["b"]) for row in run.records("ours")] == [(None, "  ")]
