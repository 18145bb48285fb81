"""Made-up time entries: two a day and user, backwards from the present."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.clicktime import custom

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.clicktime.account import Builder
    from sandbox.clicktime.edm import Row, Value

DAY = timedelta(days=1)
PER_DAY = 2
SPAN = 120
"""Days over which a small number of entries is spread."""
AHEAD = 3
"""Days from now on which the first entries of a user lie: planned time."""

COMMENTS = (
    None,
    "",
    "Überprüfung der Anlage, Straße 12 🚧",
    'He said "done"\nthen left\ttwice',
    "line\u2028separator and paragraph\u2029separator",
    "back\\slash / slash, semi;colon, 'single' and a comma, too",
    "日本語の説明",
    "x" * 2000,
)
QUARTERS = 33
HOURS = (
    *(Decimal(quarter) / 4 for quarter in range(QUARTERS)),
    *(Decimal("7.3333"), Decimal("0.0166666666666666667")),
)
RATES = tuple(Decimal(2550 + 125 * step) / 100 for step in range(20))
BREAKS = (None, Decimal(0), Decimal("0.5"))
STARTS = tuple(f"{7 + step // 4:02d}:{15 * (step % 4):02d}:00.0000000" for step in range(20))
ENDS = tuple(f"{11 + step // 4:02d}:{15 * (step % 4):02d}:59.5000000" for step in range(20))
WITHOUT_DATE = 211
"""Every so many entries one has no date, but for large companies only the first few."""
FEW = 2_500


def entries(
    builder: Builder, users: Sequence[Row], jobs: Sequence[Row], tasks: Sequence[Row]
) -> Iterator[Row]:
    """Yield the entries user by user, the newest first."""
    rng = builder.rng
    job_ids, task_ids = [job["ID"] for job in jobs], [task["ID"] for task in tasks]
    each = -(-builder.size.entries // len(users))
    step = DAY * max(1, SPAN * PER_DAY // each)
    newest = builder.today + AHEAD * DAY
    days = [(newest - step * day).isoformat() for day in range(each // PER_DAY + 1)]
    for number in range(builder.size.entries):
        place = number % each
        draw = int(rng.random() * 1_000_000)
        timed = draw % 3 == 0
        fields = custom.of_entry(number)
        undated = number % WITHOUT_DATE == WITHOUT_DATE - 1 and number < FEW
        hours = HOURS[draw % QUARTERS if number % 50 else QUARTERS + number // 50 % 2]
        values: dict[str, Value] = {
            "ID": builder.new_id(),
            "UserID": users[number // each]["ID"],
            "JobID": job_ids[draw % len(job_ids)],
            "TaskID": task_ids[draw % len(task_ids)] if draw % 10 else None,
            "Date": None if undated else days[place // PER_DAY],
            "Hours": hours,
            "BreakTime": BREAKS[draw % 3],
            "StartTime": STARTS[draw % 20] if timed else None,
            "EndTime": ENDS[draw % 20] if timed else None,
            "Comment": _comment(number, draw),
            "BillingRate": RATES[draw % 20] if draw % 7 else None,
            "CostRate": RATES[draw % 19] if draw % 5 else None,
            "CustomFields": fields,
            "CustomFieldsStr": custom.entry_text(number),
            "ModifiedDate": builder.instant(place // PER_DAY, number) if draw % 31 else None,
        }
        yield values


def _comment(number: int, draw: int) -> str | None:
    if number % 13 == 2:
        return COMMENTS[number // 13 % len(COMMENTS)]
    return f"Prepared the quarterly report and talked it through with the team (#{draw})"
