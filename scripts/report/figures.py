"""What the page shows, read from the marts. A figure is shown as it is summed up here, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import duckdb

WEEKS = 52
PROJECTS = 7
"""How many projects have a colour of their own; all others share one."""

ROWS = 100
"""The longest list of what is wrong; the rest is counted."""

NAMED = """
    coalesce(project.name, 'No project')
    || case when (select count(distinct account) from marts.fct_time_entry) > 1
        then ' (' || coalesce(account.name, account.account) || ')' else '' end
"""
"""A project, with its account where there are several."""


@dataclass(frozen=True)
class Window:
    """The weeks that are shown, and the day that counts as today."""

    today: date
    since: date


class Difference(NamedTuple):
    """A row of the reconciliation that is not equal."""

    name: str
    checked_by: str
    day: date
    state: str
    seconds: int | None
    amount: Decimal | None
    currency: str | None


class Person(NamedTuple):
    """A member in the window."""

    name: str
    available: int
    tracked: int
    billable: int
    missing: int
    days_missing: int


class Budget(NamedTuple):
    """A project's budget in its last period."""

    name: str
    since: date
    budget: int | None
    used: int
    amount: Decimal | None
    used_amount: Decimal
    currency: str | None
    ends: date | None
    runs_out: date | None
    forecast: int | None
    forecast_amount: Decimal | None

    @property
    def share(self) -> Decimal:
        """Used by budget, of whichever is further."""
        shares = [Decimal(self.used) / self.budget if self.budget else Decimal(0)]
        shares += [self.used_amount / self.amount if self.amount else Decimal(0)]
        return max(shares)


class Progress(NamedTuple):
    """A project of Perform at the last snapshot of each activity."""

    name: str
    activities: int
    budget: Decimal | None
    earned: Decimal | None
    planned: Decimal | None
    actual: Decimal | None


class Marts:
    """The marts of a database."""

    def __init__(self, database: duckdb.DuckDBPyConnection) -> None:
        self._database = database
        today = self._one("select max(today) from marts.dim_account")
        self.today: date = today or date(2000, 1, 1)
        monday = self.today - timedelta(days=self.today.weekday())
        self.window = Window(self.today, monday - timedelta(weeks=WEEKS - 1))

    def _rows(self, sql: str) -> list[tuple[object, ...]]:
        window = {"since": self.window.since, "today": self.window.today}
        used = {name: value for name, value in window.items() if f"${name}" in sql}
        return self._database.execute(sql, used).fetchall()

    def _one(self, sql: str) -> date | None:
        row = self._database.execute(sql).fetchone()
        return row[0] if row else None

    def checked(self) -> dict[str, dict[str, int]]:
        """Return how many rows were compared, by what, and what came of it."""
        found: dict[str, dict[str, int]] = {}
        for check, state, count in self._rows("""
            select checked_by, state, count(*) from marts.mart_reconciliation
            group by 1, 2 order by 1
        """):
            found.setdefault(str(check), {})[str(state)] = int(str(count))
        return found

    def differences(self) -> list[Difference]:
        """Return the rows that are neither equal nor too old to tell, newest first."""
        rows = self._rows("""
            select coalesce(member_name, document, '?'), checked_by, day, state,
                seconds_difference, amount_difference, currency
            from marts.mart_reconciliation
            where state in ('different', 'missing here', 'missing there')
            order by day desc, 1, 2
        """)
        return [Difference(*row) for row in rows]  # type: ignore[arg-type]

    def unchecked(self) -> list[str]:
        """Return the accounts of which the service adds up nothing that was loaded."""
        rows = self._rows("""
            select name from marts.dim_account as account
            where not exists (
                select 1 from marts.mart_reconciliation as one
                where one.account = account.account
                    and one.state not in ('not compared', 'priced otherwise')
            )
            order by 1
        """)
        return [str(name) for (name,) in rows]

    def weeks(self) -> list[date]:
        """Return the Mondays of the window."""
        return [self.window.since + timedelta(weeks=number) for number in range(WEEKS)]

    def project_weeks(self) -> list[tuple[str, date, int]]:
        """Return worked seconds by project and week."""
        return self._rows(f"""
            select {NAMED}, cast(date_trunc('week', daily.day) as date),
                cast(sum(daily.seconds) as bigint)
            from marts.mart_hours_daily as daily
            left join marts.dim_project as project on project.project_key = daily.project_key
            left join marts.dim_account as account on account.account = daily.account
            where daily.kind = 'regular' and daily.day between $since and $today
            group by 1, 2 order by 1, 2
        """)  # type: ignore[return-value]

    def billable_weeks(self) -> list[tuple[date, int, int]]:
        """Return worked and billable seconds by week."""
        return self._rows("""
            select cast(date_trunc('week', day) as date), cast(sum(seconds) as bigint),
                cast(sum(case when is_billable then seconds else 0 end) as bigint)
            from marts.mart_hours_daily
            where kind = 'regular' and day between $since and $today
            group by 1 order by 1
        """)  # type: ignore[return-value]

    def running(self) -> int:
        """Return how many timers still ran."""
        ((count,),) = self._rows("select count(*) from marts.fct_time_entry where is_running")
        return int(str(count))

    def money(self) -> list[tuple[str, str, Decimal, Decimal, int]]:
        """Return worth in the window and what is not invoiced, by client and currency.

        The last figure is how many entries have no rate.
        """
        return self._rows("""
            with money as (
                select client_key, currency, bill_amount as worth, 0 as uninvoiced, 0 as unrated
                from marts.mart_hours_daily where day between $since and $today
                union all
                select client_key, currency, 0, amount, entries_without_rate
                from marts.mart_unbilled
            )
            select coalesce(client.name, 'No client'), money.currency,
                sum(worth), sum(uninvoiced), cast(sum(unrated) as bigint)
            from money
            left join marts.dim_client as client on client.client_key = money.client_key
            group by 1, 2
            having sum(worth) <> 0 or sum(uninvoiced) <> 0 or sum(unrated) <> 0
            order by 2, 4 desc, 1
        """)  # type: ignore[return-value]

    def people(self) -> list[Person]:
        """Return members with time or capacity in the window, the least used first."""
        rows = self._rows("""
            select member.name,
                cast(sum(day.expected_seconds) as bigint),
                cast(sum(day.tracked_seconds) as bigint),
                cast(sum(day.billable_seconds) as bigint),
                cast(coalesce(sum(missing.missing_seconds), 0) as bigint),
                count(missing.day)
            from marts.fct_member_day as day
            join marts.dim_member as member on member.member_key = day.member_key
            left join marts.mart_missing_time as missing
                on missing.member_key = day.member_key and missing.day = day.day
            where day.day between $since and $today
            group by day.member_key, member.name
            having sum(day.expected_seconds) > 0 or sum(day.tracked_seconds) > 0
            order by member.name
        """)
        people = [Person(*row) for row in rows]  # type: ignore[arg-type]
        return sorted(people, key=lambda one: one.tracked / one.available if one.available else 9)

    def budgets(self) -> list[Budget]:
        """Return the last period of each budget, the furthest first."""
        rows = self._rows(f"""
            select {NAMED}, burn.period, burn.budget_seconds, burn.used_seconds,
                burn.budget_amount, burn.used_amount, burn.currency,
                burn.period_end, burn.runs_out_on, burn.forecast_seconds, burn.forecast_amount
            from marts.mart_budget_burn as burn
            join marts.dim_project as project on project.project_key = burn.project_key
            left join marts.dim_account as account on account.account = burn.account
            where burn.period <= $today
            qualify row_number() over (
                partition by burn.project_key order by burn.period desc
            ) = 1
        """)
        budgets = [Budget(*row) for row in rows]  # type: ignore[arg-type]
        return sorted(budgets, key=lambda one: (-one.share, one.name))

    def progress(self) -> list[Progress]:
        """Return Perform's projects: sums of each activity's last snapshot."""
        rows = self._rows("""
            with latest as (
                select * from marts.mart_earned_value where day <= $today
                qualify row_number() over (
                    partition by account, activity_key order by day desc
                ) = 1
            )
            select account.name, count(*), sum(revised_budget_cost),
                sum(earned), sum(planned), sum(actual)
            from latest
            join marts.dim_account as account on account.account = latest.account
            group by 1 order by 1
        """)
        return [Progress(*row) for row in rows]  # type: ignore[arg-type]

    def missing_tables(self) -> list[tuple[str, str, str]]:
        """Return table (or column), tap and what is empty without it."""
        return self._rows("""
            select table_name || case when column_name = '' then '' else '.' || column_name end,
                tap, empty_without_it
            from marts._coverage order by 2, 1
        """)  # type: ignore[return-value]

    def accounts(self) -> list[tuple[str, str, str]]:
        """Return name, tap and zones of each account."""
        return self._rows("""
            select account.name, account.tap,
                coalesce(string_agg(distinct member.zone, ', ' order by member.zone), '')
            from marts.dim_account as account
            left join marts.dim_member as member on member.account = account.account
            group by 1, 2 order by 2, 1
        """)  # type: ignore[return-value]

    def loaded_at(self) -> str:
        """Return when the newest row was read."""
        ((newest,),) = self._rows("select max(loaded_at) from marts.fct_time_entry")
        return str(newest or "never")[:16]
