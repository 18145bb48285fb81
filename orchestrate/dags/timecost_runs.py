"""What the runs of accounts said: rows in the target, lines of the summary, and messages."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

from airflow.sdk import Connection, get_current_context
from airflow.sdk.exceptions import AirflowNotFoundException
from sqlalchemy import text
from timecost_target import OWN, database

if TYPE_CHECKING:
    from collections.abc import Sequence

    from timecost_meltano import Account, Ended

ALERTS = "timecost_alerts"
"""Id of the Airflow connection to whoever is told."""

log = logging.getLogger("airflow.task")

NOTE = f"""
insert into {OWN}.runs
values (:account, :run, :schedule, :began, now(), :state, :rows, :requests, :sentence)
on conflict (account, run) do update set ended = now(), state = excluded.state,
    row_count = coalesce(excluded.row_count, runs.row_count),
    requests = coalesce(excluded.requests, runs.requests), sentence = excluded.sentence
"""

HISTORY = f"""
select account, state, row_count, requests, sentence,
    round(extract(epoch from ended - began) / 60, 1) as minutes,
    lag(state) over (partition by account order by ended) as before, run
from {OWN}.runs
"""


def begin(account: Account) -> datetime:
    """Name a mapped task by its account; return the present."""
    get_current_context()["account"] = account["name"]
    return datetime.now(timezone.utc)


def note(account: Account, began: datetime, state: str, **more: str | int) -> None:
    """Note how far the account is, or how it ended."""
    own = {"account": account["name"], "schedule": account["schedule"], "began": began}
    none = {"rows": None, "requests": None, "sentence": None}
    with database() as target:
        target.execute(text(NOTE), {**none, **own, "run": _run(), "state": state, **more})


def refuse(account: Account, began: datetime, ended: Ended) -> None:
    """Note a failure, and raise what it means to Airflow."""
    error = ended.error()
    state = "waits" if ended.kind == "QUOTA" else "failed"
    note(account, began, state, sentence=ended.sentence, **ended.counts)
    raise error


def ended(accounts: Sequence[Account]) -> tuple[list[str], list[str]]:
    """Return a line for each account that is not loaded, and those lines that are news.

    News are the first failure, and the first load after failures. All lines are logged.
    """
    query = text(f"select * from ({HISTORY}) as h where run = :run")
    with database() as target:
        rows = {row["account"]: row for row in target.execute(query, {"run": _run()}).mappings()}
    red, news = [], []
    for one in sorted(accounts, key=lambda account: account["name"]):
        row = rows.get(one["name"], {"state": "did not run", "before": "ok"})
        good = row["state"] == "ok"
        figures = (row.get(name) for name in ("row_count", "minutes", "requests", "sentence"))
        told = ["" if figure is None else str(figure) for figure in figures]
        line = " | ".join([one["name"], row["state"], *told])
        log.log(logging.INFO if good else logging.ERROR, "%s", line)
        if not good:
            red.append(line)
        if good != (row["before"] in {"ok", None}):
            news.append(f"{one['owner']}: {'loaded again: ' if good else ''}{line}")
    return red, news


def last_loads() -> dict[str, datetime]:
    """Return by account when it was last loaded, and found to be."""
    query = f"select account, max(ended) from {OWN}.runs where state = 'ok' group by account"
    with database() as target:
        return dict(map(tuple, target.execute(text(query)).all()))


def tell(lines: Sequence[str]) -> None:
    """Post lines to the webhook that is the password of the connection `timecost_alerts`."""
    if not lines:
        return
    try:
        address = Connection.get(ALERTS).password
    except AirflowNotFoundException:
        log.warning("Nobody is told, since there is no connection %s.", ALERTS)
        return
    body = json.dumps({"text": "\n".join(lines)}).encode()
    request = Request(address, body, {"Content-Type": "application/json"})  # noqa: S310 - an admin's
    urlopen(request, timeout=30).close()  # noqa: S310


def _run() -> str:
    named = get_current_context()["dag_run"]
    return f"{named.dag_id} {named.run_id}"
