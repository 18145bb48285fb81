"""accounts.yml: which accounts there are. What is wrong with it is named with its line."""

from __future__ import annotations

import os
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

PROJECT = Path(os.environ.get("TIMECOST_PROJECT", "/opt/timecost"))
"""The Meltano project."""

ACCOUNTS = Path(os.environ.get("TIMECOST_ACCOUNTS", PROJECT / "orchestrate/accounts.yml"))
SCHEDULES = {"nightly": "15 2 * * *", "hourly": "30 6-20 * * *"}
ZONE = "UTC"
"""The time zone of the schedules, and of `expected_by`."""

SECRETS = {"tap-clockify": "api_key", "tap-clicktime": "api_token", "tap-perform": "password"}
"""The setting that a connection's password is, by tap."""

NEVER_HERE = {"api_key", "addon_token", "api_token", "password"}
DEFAULT_POOL = "timecost"
FORMS = {
    "name": re.compile("[a-z][a-z0-9_]{0,40}"),
    "schema": re.compile("[a-z][a-z0-9_]{0,60}"),
    "pool": re.compile("[a-z][a-z0-9_]{0,60}"),
    "expected_by": re.compile("([01][0-9]|2[0-3]):[0-5][0-9]"),
}


class AccountsError(Exception):
    """accounts.yml cannot be used; the text names the line."""


@dataclass(frozen=True)
class Account:
    """One account: nothing in it is secret.

    Attributes:
        name: its name in Airflow, in the state id and in the column `account` of the views.
        tap: which tap reads it.
        connection: id of the Airflow connection that holds its secrets.
        select: Meltano's rules of selection; none takes those of meltano.yml.
        settings: settings of the tap that are not secret.
        schedule: name of one of the DAG's schedules.
        pool: Airflow pool of its tasks; accounts that share a quota share one with a slot.
        schema: the target's schema; the name unless set.
        owner: whom a message names.
        expected_by: time of day by which a load of the day has to be there.
        enabled: whether it is loaded.
    """

    name: str
    tap: str
    connection: str
    select: list[str] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    schedule: str = "nightly"
    pool: str = DEFAULT_POOL
    schema: str = ""
    owner: str = ""
    expected_by: str = ""
    enabled: bool = True


TEXT: tuple[type, str] = (str, "a text")
KINDS: Mapping[str, tuple[type, str]] = {
    "select": (list, "a list of texts"),
    "settings": (dict, "a mapping"),
    "enabled": (bool, "true or false"),
}
CHOICES: Mapping[str, Mapping[str, str]] = {"tap": SECRETS, "schedule": SCHEDULES}
REQUIRED = ("name", "tap", "connection")


def accounts_of(path: Path = ACCOUNTS) -> list[Account]:
    """Return all accounts.

    Raises:
        AccountsError: the file cannot be used.
    """
    found: list[Account] = []
    lines: dict[tuple[str, str], int] = {}
    for line, fields in _entries(path):
        values = {name: value for name, (_, value) in fields.items()}
        for name, (at, value) in fields.items():
            if wrong := _wrong(name, value):
                raise _error(path, at, wrong)
        if lacking := [name for name in REQUIRED if name not in fields]:
            raise _error(path, line, f"the account lacks {' and '.join(lacking)}")
        account = Account(**{"schema": values["name"], **values})
        for unique in ("name", "schema"):
            key = (unique, getattr(account, unique))
            if key in lines:
                raise _error(path, line, f"{unique} {key[1]} is that of line {lines[key]} too")
            lines[key] = line
        found.append(account)
    return found


def pools_of(path: Path = ACCOUNTS) -> list[str]:
    """Return the pools that accounts name, whatever else is wrong with the file."""
    try:
        named = {fields["pool"][1] for _, fields in _entries(path) if "pool" in fields}
    except (AccountsError, OSError):
        named = set()
    return sorted({one for one in named if not _wrong("pool", one)} | {DEFAULT_POOL})


def to_load(accounts: Sequence[Account], schedule: str, only: Collection[str]) -> list[Account]:
    """Return the enabled accounts of a schedule, or the only ones that a run was asked for."""
    if only:
        return [one for one in accounts if one.name in only]
    return [one for one in accounts if one.enabled and one.schedule == schedule]


def plain(account: Account) -> dict[str, Any]:
    """Return an account as a mapped task gets it."""
    return asdict(account)


def _entries(path: Path) -> Iterator[tuple[int, dict[str, tuple[int, Any]]]]:
    """Yield the line of each account, and its fields, each with its line and value."""
    with path.open(encoding="utf-8") as file:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(file)  # C: a thousand take 0.1 s
        try:
            root = loader.get_single_node()
            top = root.value if isinstance(root, yaml.MappingNode) else []
            lists = [value for key, value in top if key.value == "accounts"]
            if not lists or not isinstance(lists[0], yaml.SequenceNode):
                raise _error(path, 1, "there is no list `accounts:`")
            for node in lists[0].value:
                line = node.start_mark.line + 1
                if not isinstance(node, yaml.MappingNode):
                    raise _error(path, line, "an account is a mapping: name, tap, connection")
                fields: dict[str, tuple[int, Any]] = {}
                for key, value in node.value:
                    name, at = str(key.value), key.start_mark.line + 1
                    if name in fields:
                        raise _error(path, at, f"{name} comes twice")
                    fields[name] = (at, loader.construct_object(value, deep=True))
                yield line, fields
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise _error(path, mark.line + 1 if mark else 1, f"no YAML: {error.problem}") from error


def _wrong(name: str, value: Any) -> str | None:  # noqa: ANN401 - whatever somebody wrote
    """Return why a field cannot be used, or None; no value of a setting is quoted."""
    if name not in Account.__dataclass_fields__:
        return f"{name} is not a field; there are {', '.join(Account.__dataclass_fields__)}"
    kind, called = KINDS.get(name, TEXT)
    rules: list[object] = value if name == "select" and isinstance(value, list) else []
    if not isinstance(value, kind) or not all(isinstance(rule, str) for rule in rules):
        return f"{name} must be {called}"
    if name in FORMS and not FORMS[name].fullmatch(str(value)):
        return f"{name} {value} must be of the form {FORMS[name].pattern}"
    if name in CHOICES and value not in CHOICES[name]:
        return f"{name} {value} must be one of {', '.join(CHOICES[name])}"
    secret = _secret_in(value) if name == "settings" else None
    return f"{secret} is a secret: it belongs into the Airflow connection" if secret else None


def _secret_in(value: object) -> str | None:
    if isinstance(value, dict):
        named = [str(name) for name in value if name in NEVER_HERE]
        return next(iter([*named, *filter(None, map(_secret_in, value.values()))]), None)
    if isinstance(value, list):
        return next(filter(None, map(_secret_in, value)), None)
    return None


def _error(path: Path, line: int, what: str) -> AccountsError:
    return AccountsError(f"{path.name}, line {line}: {what}.")
