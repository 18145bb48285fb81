"""A state of another account is refused; what may change in an account is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tap_perform.settings import clips_of, owner_of
from taps_common.errors import ShapeError
from taps_common.http.connections import place_of
from taps_common.sync.own_state import KEY, MOST_NAMED, Owner
from tests.common.made_up import IN_TURN, PROJECTS, USERS, WORKSPACES, body, run_tap

if TYPE_CHECKING:
    from tests.common.runs import Run

TABLES = ("workspaces", "projects")
WORKSPACE = "/workspaces/{workspaceId}"


def read(*workspaces: str, state: dict[str, Any] | None = None, **settings: Any) -> Run:
    """Run with a key that sees these workspaces."""
    rows = [{"id": one} for one in workspaces]
    answers = {WORKSPACES: body(*rows), PROJECTS: body({"id": "p"}), USERS: body()}
    return run_tap(answers, TABLES, state=state, **settings)


def test_a_state_of_another_account_is_refused_and_nothing_of_it_leaves() -> None:
    other = read("w1", "w2").ok().state
    run = read("w3", state=other, **IN_TURN)
    assert (run.code, run.kind) == (1, "STATE")
    assert "of other workspaces (w1, w2 at https://api.clockify.me:443) than" in run.error
    assert "(w3 at https://api.clockify.me:443)" in run.error
    assert "accept_state: true" in run.error
    assert run.output == b"", "a loader might empty a table at its SCHEMA"
    taken = read("w3", state=other, accept_state=True).ok()
    assert "accept_state: the state of another account is taken" in taken.log
    assert taken.state["bookmarks"][KEY]["ids"] == ["w3"]
    read("w3", state=taken.state).ok()


@pytest.mark.parametrize("settings", [{}, {"region": "euc1"}, {"accept_state": True}], ids=str)
@pytest.mark.parametrize(
    ("before", "now"), [("a", "ab"), ("ab", "a"), ("ab", "bc"), ("a", "a")], ids=str
)
def test_workspaces_come_and_go(before: str, now: str, settings: dict[str, Any]) -> None:
    run = read(*now, state=read(*before).ok().state, **settings).ok()
    assert run.state["bookmarks"][KEY]["ids"] == sorted({*before, *now}), "it speaks for all"
    assert "accept_state" not in run.log


def test_which_workspaces_are_read_makes_no_other_account() -> None:
    state = read("w1", "w2", workspace_ids=["w1"]).ok().state
    read("w1", "w2", workspace_ids=["w2"], state=state).ok()


def test_a_state_that_names_nobody_is_taken() -> None:
    state = read("w1").ok().state
    state["bookmarks"].pop(KEY)
    run = read("w2", state=state).ok()
    assert run.state["bookmarks"][KEY]["ids"] == ["w2"]


def test_a_run_that_reads_nothing_leaves_the_state_as_it_was() -> None:
    state = read("w1").ok().state
    run = run_tap({WORKSPACES: b"[7]"}, TABLES, state=state)
    assert run.code == 1
    assert run.of("STATE")[0]["value"] == state


def test_a_first_run_that_reads_nothing_owns_no_state() -> None:
    addon: dict[str, Any] = {"api_key": None, "addon_token": "t", **IN_TURN}
    one = {WORKSPACE: lambda request: _one(request.values["workspaceId"])}
    failed = run_tap(one, ("workspaces",), workspace_ids=["wrong"], **addon)
    assert failed.code != 0
    state = failed.of("STATE")[-1]["value"]
    right = run_tap(one, ("workspaces",), workspace_ids=["right"], state=state, **addon).ok()
    assert right.state["bookmarks"][KEY]["ids"] == ["right"]


def _one(ident: str) -> bytes | Exception:
    return ShapeError("no") if ident == "wrong" else body({"id": ident})[1:-1]


def test_a_message_names_some_ids_only() -> None:
    many = Owner("workspaces", "https://one", [f"w{number}" for number in range(9)])
    state: dict[str, Any] = {}
    many.keep(state, anew=False)
    said = Owner("workspaces", "https://one", ["x"]).refusal(state)
    assert said
    assert f"w{MOST_NAMED - 1}, 4 more at" in said
    assert "w5" not in said


@pytest.mark.parametrize(
    "same",
    [
        "https://acme.example/OData/",
        "HTTPS://ACME.example:443/odata",
        "http://acme.example/odata",
        "http://acme.example:80/odata",
        "https://acme.example//odata",
        "https://acme.example/%6fdata//",
    ],
)
def test_an_address_is_the_same_however_it_is_spelled(same: str) -> None:
    assert place_of(same) == place_of("https://acme.example/odata")
    assert place_of(same) != place_of("https://acme.example:8443/odata")
    assert place_of(same) != place_of("https://acme.example/odata/2")


# -- tap-perform -----------------------------------------------------------------------------------


def of_projects(**addresses: str) -> Owner:
    """Return the owner for projects by name, each with the address of a clip."""
    projects = [
        {"name": name, "username": "u", "password": "p", "dataclips": {"wbs_export": url}}
        for name, url in addresses.items()
    ]
    return owner_of(clips_of({"projects": projects}))


ONE = "https://acme.e7.example/projects/1/secret-of-one"
TWO = "https://acme.e7.example/projects/2/secret-of-two"
THEIRS = "https://other.e7.example/projects/1/secret-of-theirs"


def state_of(owner: Owner) -> dict[str, Any]:
    state: dict[str, Any] = {}
    owner.keep(state, anew=False)
    assert "secret" not in str(state)
    return state


@pytest.mark.parametrize(
    "now",
    [
        of_projects(Dock=ONE, Quay=TWO),
        of_projects(Harbour=ONE),
        of_projects(Dock="https://acme.e7.example/projects/1/a-new-address"),
    ],
)
def test_projects_come_and_go_and_get_other_names_or_addresses(now: Owner) -> None:
    assert now.refusal(state_of(of_projects(Dock=ONE))) is None


@pytest.mark.parametrize("now", [of_projects(Dock=THEIRS), of_projects(Quay=TWO)])
def test_another_project_is_another_account_whatever_its_name(now: Owner) -> None:
    said = now.refusal(state_of(of_projects(Dock=ONE)))
    assert said
    assert "Dock (acme.e7.example) at https://acme.e7.example:443" in said
    assert "secret" not in said
