"""`meltano` for one account: on its own, with its own secrets, to its end."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import signal
import subprocess
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, TypeAlias

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowFailException, AirflowRescheduleException
from airflow.sdk.log import mask_secret
from timecost_accounts import PROJECT, SECRETS
from timecost_target import TARGET, url_of

Account: TypeAlias = dict[str, Any]
"""An account as `timecost_accounts.plain` makes it."""

MELTANO = os.environ.get("TIMECOST_MELTANO", str(PROJECT / ".venv/bin/meltano"))
WORK = Path(os.environ.get("TIMECOST_WORK", "/var/lib/timecost"))
STATE = os.environ.get("TIMECOST_STATE", f"file://{WORK}/state")
LOADER = os.environ.get("TIMECOST_LOADER", "target-postgres")
URLS = {
    "target-postgres": ("TARGET_POSTGRES_SQLALCHEMY_URL", "postgresql+psycopg"),
    "target-bulk": ("TARGET_BULK_POSTGRES_URL", "postgresql"),
}
"""By loader: the variable with the database's address, and how that begins."""

PASSED = re.compile(
    r"PATH|HOME|LANG|TMPDIR|NO_PROXY|HTTPS?_PROXY|\w+_CA_BUNDLE|SSL_CERT_FILE|MELTANO_ENVIRONMENT"
    r"|(TARGET|AWS|AZURE|GOOGLE)_\w+",
    re.IGNORECASE,
)
"""Variables of the worker that runs get: the last ones are the loader's, and a bucket's."""

CODE = re.compile(r"(?:CLOCKIFY|CLICKTIME|PERFORM)-([A-Z]+): .*")
IN_VAIN = {"AUTH", "PLAN", "SETTING", "STATE", "SHRINK"}
"""Codes (docs/errors.md) after which nothing changes by itself."""

AGAIN = re.compile(r"run again at [\d:]+ UTC, in (\d+|a) minute")
VERDICT = re.compile(r"omplete: .*; ([\d,]+) rows? sent;.*? ([\d,]+) requests?,")
TABLE = re.compile(r"(?<!\S)(\w+) +([\d,]+) rows? +[\d,]+ requests? .* MiB .* s(?:  (.*))?$")

log = logging.getLogger("airflow.task")


@dataclass
class Ended:
    """How a command ended: its code and its last lines."""

    code: int
    lines: list[str]

    @property
    def kind(self) -> str:
        """The kind of failure that the tap's last coded line names (`AUTH`), or nothing."""
        return next((found[1] for found in map(CODE.search, reversed(self.lines)) if found), "")

    @property
    def sentence(self) -> str:
        """What a person has to know."""
        found = (found[0] for found in map(CODE.search, reversed(self.lines)) if found)
        return next(found, f"Meltano ended with {self.code}; the task's log says why.")

    @property
    def counts(self) -> dict[str, int]:
        """How many rows and requests it were, where the tap said so."""
        found = next(filter(None, map(VERDICT.search, reversed(self.lines))), None)
        numbers = [int(one.replace(",", "")) for one in found.groups()] if found else []
        return dict(zip(("rows", "requests"), numbers, strict=False))

    @property
    def tables(self) -> list[str]:
        """The tables of which rows were sent."""
        found = filter(None, map(TABLE.search, self.lines))
        own = (one for one in found if not re.match("listed only|read for", one[3] or ""))
        return [one[1] for one in own if one[2] != "0"]

    def error(self) -> Exception:
        """Return what a failure means to Airflow: come back later, fail at once, or try again."""
        if self.kind == "QUOTA":
            named = AGAIN.search(self.sentence)
            minutes = 60 if named is None else 1 if named[1] == "a" else int(named[1])
            return AirflowRescheduleException(
                datetime.now(timezone.utc) + timedelta(minutes=minutes)
            )
        if self.kind in IN_VAIN:
            return AirflowFailException(self.sentence)
        return RuntimeError(self.sentence)


def run(account: Account, *arguments: str) -> Ended:
    """Run `meltano` to its end; a signal that this task gets is handed on and waited for."""
    with subprocess.Popen(
        [MELTANO, *arguments],
        cwd=PROJECT,
        env=environment_of(account),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as child:
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        lines: deque[str] = deque(maxlen=1000)
        for line in child.stdout or ():
            log.info("%s", line.rstrip())
            lines.append(line.rstrip())
    return Ended(child.returncode, [*lines])


def own_folder(account: Account) -> Path:
    """Return the account's folder of Meltano: runs that share one mix up selection and state."""
    folder = WORK / account["name"]
    folder.mkdir(parents=True, exist_ok=True)
    for kind in ("extractors", "loaders"):
        if not (folder / kind).is_symlink():
            (folder / kind).symlink_to(PROJECT / ".meltano" / kind)
    return folder


def environment_of(account: Account) -> dict[str, str]:
    """Return all variables that a run finds. Secrets are looked up here, and masked in logs."""
    secret, target = Connection.get(account["connection"]), Connection.get(TARGET)
    hidden = {SECRETS[account["tap"]]: secret.password, **secret.extra_dejson}
    if account["tap"] == "tap-perform":
        hidden["username"] = secret.login
    url_variable, scheme = URLS[LOADER]
    url = url_of(target, scheme).render_as_string(hide_password=False)
    for value in (*_texts([*hidden.values()]), url, target.password):
        if value:
            mask_secret(value)
    tap, loader = (name.replace("-", "_").upper() for name in (account["tap"], LOADER))
    settings = {**account["settings"], **{n: value for n, value in hidden.items() if value}}
    select = {f"{tap}__SELECT": json.dumps(account["select"])} if account["select"] else {}
    return {
        **{name: value for name, value in os.environ.items() if PASSED.fullmatch(name)},
        **{
            f"{tap}_{n.upper()}": v if isinstance(v, str) else json.dumps(v)
            for n, v in settings.items()
        },
        **select,
        url_variable: url,
        f"{loader}_DEFAULT_TARGET_SCHEMA": account["schema"],
        "MELTANO_SYS_DIR_ROOT": str(own_folder(account)),
        "MELTANO_STATE_BACKEND_URI": STATE,
        "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
        "NO_COLOR": "1",
    }


def is_known_good(account: Account) -> bool:
    """Return whether the last load here went well with these settings: then nothing is to check."""
    good = own_folder(account) / "good"
    return good.exists() and good.read_text() == _digest(account)


def keep_good(account: Account, *, good: bool) -> None:
    """Remember whether a load went well."""
    (own_folder(account) / "good").write_text(_digest(account) if good else "")


def _digest(account: Account) -> str:
    given = json.dumps(environment_of(account), sort_keys=True)
    return hashlib.blake2b(given.encode(), digest_size=16).hexdigest()


def _texts(value: object) -> list[str]:
    """Return all texts in a value: Perform's projects may hold passwords at any depth."""
    if isinstance(value, dict):
        value = [*value.values()]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return [value] if isinstance(value, str) else []
