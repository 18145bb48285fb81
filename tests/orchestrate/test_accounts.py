"""accounts.yml: what is wrong with it is named with its line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[2]
DAGS = ROOT / "orchestrate" / "dags"

GOOD = """\
accounts:
- name: acme
  tap: tap-clockify
  connection: timecost_acme
- name: blue
  tap: tap-perform
  connection: timecost_blue
  settings: {projects: [{name: Dock, dataclips: {wbs_export: "https://blue.example/1"}}]}
  pool: shared_key
"""


@pytest.fixture
def accounts(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(DAGS))
    import timecost_accounts  # noqa: PLC0415 - lies in Airflow's folder of DAGs

    return timecost_accounts


def test_an_account_needs_three_lines(accounts: Any, tmp_path: Path) -> None:
    path = tmp_path / "accounts.yml"
    path.write_text(GOOD)
    acme, blue = accounts.accounts_of(path)
    assert (acme.schema, acme.schedule, acme.pool, acme.enabled) == (
        "acme",
        "nightly",
        "timecost",
        True,
    )
    assert accounts.pools_of(path) == ["shared_key", "timecost"]
    assert accounts.plain(blue)["settings"]["projects"][0]["name"] == "Dock"


@pytest.mark.parametrize(
    ("only", "names"),
    [
        ([], ["due"]),
        (["off", "hourly"], ["hourly", "off"]),
        (["due"], ["due"]),
        (["other"], []),
    ],
)
def test_a_run_loads_what_is_due_or_what_it_is_asked_for(
    accounts: Any, only: list[str], names: list[str]
) -> None:
    own = {"tap": "tap-clockify", "connection": "c"}
    every = [
        accounts.Account("due", **own),
        accounts.Account("hourly", **own, schedule="hourly"),
        accounts.Account("off", **own, enabled=False),
    ]
    assert [one.name for one in accounts.to_load(every, "nightly", only)] == names


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("name: blue", "name: acme", 5, "name acme is that of line 2 too"),
        ("name: blue", "name: Blue", 5, "name Blue must be of the form"),
        ("name: blue", "name: 7", 5, "name must be a text"),
        ("  pool: shared_key", "  schema: acme", 5, "schema acme is that of line 2 too"),
        ("tap: tap-perform", "tap: tap-toggl", 6, "tap tap-toggl must be one of"),
        ("  connection: timecost_blue\n", "", 5, "the account lacks connection"),
        ("pool: shared_key", "poll: shared_key", 9, "poll is not a field; there are name"),
        ("pool: shared_key", "schedule: weekly", 9, "schedule weekly must be one of nightly"),
        ("pool: shared_key", 'expected_by: "25:00"', 9, "expected_by 25:00 must be of the form"),
        ("pool: shared_key", "select: time_entries", 9, "select must be a list of texts"),
        ("pool: shared_key", "select: [1]", 9, "select must be a list of texts"),
        ("pool: shared_key", "enabled: maybe", 9, "enabled must be true or false"),
        ("pool: shared_key", "tap: tap-clockify", 9, "tap comes twice"),
        ("name: Dock", "name: Dock, password: x-secret", 8, "password is a secret"),
        ("pool: shared_key", "pool: [", 10, "no YAML"),
        ("accounts:", "account:", 1, "there is no list `accounts:`"),
        ("- name: acme\n", "- acme\n- name: acme\n", 2, "an account is a mapping"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(
    accounts: Any, tmp_path: Path, old: str, new: str, line: int, says: str
) -> None:
    path = tmp_path / "accounts.yml"
    assert GOOD.count(old) == 1
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(accounts.AccountsError) as error:
        accounts.accounts_of(path)
    assert str(error.value).startswith(f"accounts.yml, line {line}: {says}")
    assert "x-secret" not in str(error.value)
    assert "timecost" in accounts.pools_of(path), "the DAG is there all the same, and says so"


def test_the_example_can_be_used(accounts: Any) -> None:
    assert accounts.accounts_of(ROOT / "orchestrate" / "accounts.yml")
