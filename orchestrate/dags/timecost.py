"""Every account of accounts.yml, each on its own: check, load, verify.

To add an account, add a block to accounts.yml and an Airflow connection with its key, as
docs/airflow.md says. Green means that each account that is due was loaded, and that its rows are in
the target. One that is not is red, with the tap's own sentence, and the others are loaded all the
same.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import (
    Asset,
    AssetAlias,
    CronTriggerTimetable,
    Param,
    dag,
    get_current_context,
    task,
    task_group,
)
from airflow.sdk.exceptions import AirflowFailException
from timecost_accounts import SCHEDULES, ZONE, AccountsError, accounts_of, plain, pools_of, to_load
from timecost_meltano import IN_VAIN, LOADER, Account, is_known_good, keep_good, run
from timecost_runs import begin, ended, note, refuse, tell
from timecost_target import database, make_views, not_arrived, prepare

LONGEST = timedelta(hours=6)
LOADED = AssetAlias("timecost_accounts")
"""Each account that was loaded adds an asset `timecost://<schema>`: dbt's DAG waits for these."""


@task(map_index_template="{{ account }}", execution_timeout=timedelta(minutes=15))
def check(account: Account) -> Account:
    """Try the key, once: one that is wrong is not right a minute later.

    Where the last load went well with the same settings it is left out: a load says the same of a
    key that was revoked since, and each check takes a start of Meltano and some of the quota.
    """
    began = begin(account)
    if not is_known_good(account):
        tried = run(account, "invoke", account["tap"], "--check")
        if tried.code and tried.kind in IN_VAIN:
            refuse(account, began, tried)
    return account


@task(
    map_index_template="{{ account }}",
    execution_timeout=LONGEST,
    retries=3,
    retry_exponential_backoff=True,
    max_retry_delay=timedelta(hours=1),
)
def load(account: Account) -> Account:
    """Load the account; return it with when that began, and the tables that got rows."""
    began = begin(account)
    again = ["--full-refresh"] if get_current_context()["params"]["full_refresh"] else []
    own = [
        f"--state-id-suffix={account['name']}",
        f"--timeout={int(LONGEST.total_seconds()) - 120}",
    ]
    note(account, began, "loading")  # what stays, where this process is killed
    loaded = run(account, "run", "--no-install", *again, *own, account["tap"], LOADER)
    keep_good(account, good=not loaded.code)
    if loaded.code:
        refuse(account, began, loaded)
    note(account, began, "loaded", **loaded.counts)
    return {**account, "began": began.isoformat(), "tables": loaded.tables}


@task(map_index_template="{{ account }}", outlets=[LOADED])
def verify(account: Account) -> None:
    """Look whether what was sent is in the target, and say so to whoever waits for it."""
    begin(account)
    began = datetime.fromisoformat(account["began"])
    with database() as target:
        lost = not_arrived(target, account["schema"], account["tables"], began)
    if lost:
        sentence = f"No row of {', '.join(lost)} arrived: look at the loader's lines in the log."
        note(account, began, "failed", sentence=sentence)
        raise AirflowFailException(sentence)
    note(account, began, "ok")
    get_current_context()["outlet_events"][LOADED].add(Asset(f"timecost://{account['schema']}"))


@task
def make_schemas() -> None:
    """Look at accounts.yml, and make what loaders that start together would all make."""
    try:
        accounts = accounts_of()
    except AccountsError as error:
        raise AirflowFailException(str(error)) from error
    with database() as target:
        prepare(target, [one.schema for one in accounts])


@task
def list_accounts(schedule: str, pool: str) -> list[Account]:
    """Return the accounts of a schedule and a pool, or those of them that the run was asked for."""
    only = get_current_context()["params"]["accounts"]
    return [plain(one) for one in to_load(accounts_of(), schedule, only) if one.pool == pool]


@task(trigger_rule="all_done")
def make_all_views() -> None:
    """Make one view for each table over all accounts."""
    with database() as target:
        make_views(target, accounts_of())


@task(trigger_rule="all_done")
def summary(*lists: list[Account] | None) -> None:
    """Say how each account ended, and fail if one is red; a message goes out where that is news."""
    if None in lists:
        sentence = "Nothing was loaded: make_schemas says why."
        tell([f"timecost: {sentence}"])
        raise AirflowFailException(sentence)
    due = [one for some in lists for one in some or ()]
    red, news = ended(due)
    tell(news)
    if red:
        said = "\n".join(red)
        raise AirflowFailException(f"{len(red)} of {len(due)} accounts are not loaded:\n{said}")


def timecost(schedule: str) -> None:
    """Make the DAG of a schedule."""

    @dag(
        dag_id=f"timecost_{schedule}",
        schedule=CronTriggerTimetable(
            SCHEDULES[schedule],
            timezone=ZONE,
            run_immediately=timedelta(0),  # False runs what was due up to 2.4 hours ago
        ),
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=timedelta(hours=23),
        default_args={"retries": 2, "retry_delay": timedelta(minutes=1)},
        doc_md=__doc__,
        tags=["timecost"],
        params={
            "accounts": Param([], type="array", description="Names of the only ones to load"),
            "full_refresh": Param(
                default=False, type="boolean", description="Read everything again"
            ),
        },
    )
    def every_account() -> None:
        first, views, lists, groups = make_schemas(), make_all_views(), [], []
        for pool in pools_of():

            @task_group(group_id=pool)
            def one_account(account: Account, pool: str = pool) -> None:
                checked = check.override(pool=pool)(account)
                verify.override(pool=pool)(load.override(pool=pool)(checked))

            due = list_accounts.override(task_id=f"list_{pool}")(schedule, pool)
            lists.append(due)
            first >> due
            groups.append(one_account.expand(account=due))
        groups >> views
        groups >> summary(*lists)

    every_account()


for name in SCHEDULES:
    timecost(name)
