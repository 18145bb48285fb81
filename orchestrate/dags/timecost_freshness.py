"""Is every account loaded by the time at which it is expected? The target knows.

It looks at what is in the target, not at other DAGs: an account that nothing loads any more does
not fail either. Best it runs in another Airflow than the loads; docs/airflow.md has the same
question for cron.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from airflow.sdk import CronTriggerTimetable, dag, task
from airflow.sdk.exceptions import AirflowFailException
from timecost_accounts import ZONE, Account, accounts_of
from timecost_runs import last_loads, tell

EVERY = timedelta(hours=1)


def due_at(account: Account, now: datetime) -> datetime:
    """Return the last time at which a load was expected."""
    today = datetime.combine(now, time.fromisoformat(account.expected_by), now.tzinfo)
    return today if today <= now else today - timedelta(days=1)


@task(retries=1)
def look() -> None:
    """Fail if an account has no load of the day before the time that it is expected by."""
    now, late, news = datetime.now(ZoneInfo(ZONE)), [], []
    loads = last_loads()
    for one in accounts_of():
        if not (one.enabled and one.expected_by):
            continue
        due, last = due_at(one, now), loads.get(one.name)
        if last is None or last < due - timedelta(days=1):
            line = f"{one.name}: expected by {due:%d %B %H:%M}, last loaded {last or 'never'}"
            late.append(line)
            news += [f"{one.owner}: {line}"] if now - due < EVERY else []
    tell(news)
    if late:
        raise AirflowFailException(f"{len(late)} accounts are late:\n" + "\n".join(late))


@dag(
    dag_id="timecost_freshness",
    schedule=CronTriggerTimetable("5 * * * *", timezone=ZONE),
    catchup=False,
    doc_md=__doc__,
    tags=["timecost"],
)
def freshness() -> None:
    """Look every hour."""
    look()


freshness()
