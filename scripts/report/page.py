"""The page: one file without scripts, which asks nothing of any network.

Charts are SVG written here: what altair draws has fixed colours on a white ground. All that comes
from the database is escaped: names are what strangers wrote.
"""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from scripts.report.figures import PROJECTS, ROWS, Marts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from scripts.report.figures import Budget, Difference

STYLE = (Path(__file__).parent / "page.css").read_text()
WIDTH, HEIGHT = 720, 200
NAMES = 5
"""How many names a sentence holds."""

BY_DAY = {"user_day_totals", "attendance_report", "detailed_report"}
"""What adds up each day of each member."""

NO_PROOF = ("older total", "not compared", "priced otherwise")
"""States of the reconciliation that say nothing of whether all is there."""

EVER = 2000
"""The year in which budgets begin that never begin anew."""


def hours(seconds: int) -> str:
    """Return hours with two decimals."""
    return f"{(Decimal(seconds) / 3600).quantize(Decimal('0.01'), ROUND_HALF_UP):,}"


def money(amount: Decimal | None) -> str:
    """Return an amount with two decimals; nothing where it is not known."""
    return "" if amount is None else f"{amount.quantize(Decimal('0.01'), ROUND_HALF_UP):,}"


def percent(part: Decimal | int, whole: Decimal | int | None) -> str:
    """Return a share; nothing where there is no whole."""
    return f"{Decimal(part) * 100 / Decimal(whole):.1f} %" if whole else ""


def written(database: duckdb.DuckDBPyConnection) -> str:
    """Return the page of a database's marts."""
    marts = Marts(database)
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    sections = (
        _verdict(marts),
        _projects(marts),
        _billable(marts),
        _money(marts),
        _people(marts),
        _budgets(marts),
        _missing(marts),
        _progress(marts),
        _about(marts),
    )
    since, today = marts.window.since, marts.window.today
    return "\n".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Time and money until {today}</title><style>{STYLE}</style></head><body>",
            f"<header><h1>Time and money</h1><p>{since} to {today}, weeks from Monday</p></header>",
            "<main>",
            *sections,
            "</main></body></html>",
        )
    )


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; the first column names the row, the others are numbers unless it says so."""
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(one)}</td>" for one in rest)
        + "</tr>"
        for first, *rest in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def behind(content: str) -> str:
    """Return what is shown when asked for, and printed always."""
    return f"<details><summary>Show numbers</summary>{content}</details>"


def section(name: str, title: str, *parts: str) -> str:
    """Return a part of the page."""
    return f'<section id="{name}"><h2>{escape(title)}</h2>{"".join(parts)}</section>'


def bars(
    title: str,
    description: str,
    weeks: Sequence[date],
    series: Sequence[tuple[str, dict[date, int]]],
) -> str:
    """Return bars of weeks, one series on the other; each part says in words what it is."""
    totals = [sum(values.get(week, 0) for _, values in series) for week in weeks]
    top = max([*totals, 3600])
    step = WIDTH / max(len(weeks), 1)
    parts = []
    for place, week in enumerate(weeks):
        base = float(HEIGHT)
        for number, (name, values) in enumerate(series):
            if seconds := values.get(week, 0):
                height = seconds / top * HEIGHT
                base -= height
                parts.append(
                    f'<rect class="s{number}" x="{place * step:.1f}" y="{base:.1f}" '
                    f'width="{step * 0.86:.1f}" height="{height:.1f}">'
                    f"<title>{week}, {escape(name)}: {hours(seconds)} h</title></rect>"
                )
    ticks = "".join(
        f'<text x="{place * step:.1f}" y="{HEIGHT + 16}">{week:%d %b}</text>'
        for place, week in enumerate(weeks)
        if place % 8 == 0
    )
    legend = "".join(
        '<li><svg width="12" height="12" aria-hidden="true">'
        f'<rect class="s{number}" width="12" height="12"/></svg> {escape(name)}</li>'
        for number, (name, _) in enumerate(series)
    )
    return (
        f'<figure><svg class="chart" role="img" viewBox="0 -14 {WIDTH} {HEIGHT + 38}" '
        f'aria-label="{escape(title)}. {escape(description)}">'
        f'<line x1="0" y1="{HEIGHT}" x2="{WIDTH}" y2="{HEIGHT}"/>'
        f'<line class="faint" x1="0" y1="0" x2="{WIDTH}" y2="0"/>'
        f'<text x="0" y="-4">{hours(top)} h</text>{"".join(parts)}{ticks}</svg>'
        f"<figcaption>{escape(description)}</figcaption><ul class=legend>{legend}</ul></figure>"
    )


def meters(caption: str, rows: Sequence[tuple[str, Decimal | None, str]]) -> str:
    """Return a list of shares, each a bar with its words; a mark stands at 100 %."""
    most = max(
        [Decimal("1.2"), *(min(share, Decimal(2)) for _, share, _ in rows if share is not None)]
    )
    lines = []
    for name, share, words in rows:
        width = min(share or Decimal(0), most) / most * 200
        level = "over" if share is not None and share > 1 else "within"
        lines.append(
            f'<li><span class="name">{escape(name)}</span>'
            '<svg class="meter" viewBox="0 0 200 12" preserveAspectRatio="none" aria-hidden="true">'
            '<rect class="ground" width="200" height="12"/>'
            f'<rect class="{level}" width="{width:.1f}" height="12"/>'
            f'<rect class="mark" x="{200 / most:.1f}" width="1.5" height="12"/></svg>'
            f'<span class="words">{escape(words)}</span></li>'
        )
    return f'<ul class="meters" aria-label="{escape(caption)}">{"".join(lines)}</ul>'


def _verdict(marts: Marts) -> str:
    checked, wrong = marts.checked(), marts.differences()
    rows = sum(sum(states.values()) for states in checked.values())
    compared = rows - sum(states.get(one, 0) for states in checked.values() for one in NO_PROOF)
    unchecked = marts.unchecked()
    if not compared:
        kind = "unknown"
        words = (
            "Not checked: nothing was loaded that the service itself adds up. Select the table "
            "user_day_totals of tap-clockify."
        )
    elif wrong:
        kind, shown = "bad", _some(sorted({one.name for one in wrong}))
        words = (
            f"Do not rely on these figures yet: {len(wrong):,} of {compared:,} comparisons "
            f"with the service's own sums differ ({shown})."
        )
    else:
        by_day = not BY_DAY.isdisjoint(checked)
        kind = "good"
        extent = "Complete" if by_day and not unchecked else "As far as it can be checked"
        words = (
            f"{extent}: all {compared:,} comparisons with the service's own sums agree, "
            "to the second and to the cent."
        )
        if not by_day:
            words += " None is by day: select the table user_day_totals of tap-clockify."
    states = ("equal", "different", "missing here", "missing there", *NO_PROOF)
    parts = [f'<p class="verdict {kind}" role="status"><strong>{escape(words)}</strong></p>']
    if wrong:
        parts.append(_differences(wrong))
    parts.append(
        behind(
            table(
                "What was compared",
                ("checked by", *states),
                [
                    (check, *(f"{found.get(one, 0):,}" for one in states))
                    for check, found in checked.items()
                ],
            )
        )
    )
    if compared and unchecked:
        without = escape(_some(unchecked))
        parts.append(f"<p>Without sums of the service to compare with: {without}.</p>")
    if missing := marts.missing_tables():
        names = escape(_some(sorted({table for table, *_ in missing})))
        parts.append(f'<p>Not selected: {names}. <a href="#about">What is empty without</a>.</p>')
    if running := marts.running():
        parts.append(f"<p>Timers that still run, without hours so far: {running}.</p>")
    return section("verdict", "Can it be trusted?", *parts)


def _some(names: Sequence[str]) -> str:
    """Return names as a part of a sentence: the first, and how many there are."""
    more = len(names) - NAMES
    return ", ".join(names[:NAMES]) + (f" and {more} more" if more > 0 else "")


def _differences(wrong: Sequence[Difference]) -> str:
    more = f" The first {ROWS} of {len(wrong):,}." if len(wrong) > ROWS else ""
    return table(
        f"What differs, ours less theirs.{more}",
        ("who", "day", "checked by", "state", "seconds", "amount"),
        [
            (
                one.name,
                str(one.day),
                one.checked_by,
                one.state,
                "" if one.seconds is None else f"{one.seconds:,}",
                f"{money(one.amount)} {one.currency or ''}" if one.amount else "",
            )
            for one in wrong[:ROWS]
        ],
    )


def _projects(marts: Marts) -> str:
    by_project: defaultdict[str, dict[date, int]] = defaultdict(dict)
    for name, week, seconds in marts.project_weeks():
        by_project[name][week] = seconds
    ranked = sorted(by_project, key=lambda name: (-sum(by_project[name].values()), name))
    series = [(name, by_project[name]) for name in ranked[:PROJECTS]]
    if others := ranked[PROJECTS:]:
        rest: defaultdict[date, int] = defaultdict(int)
        for name in others:
            for week, seconds in by_project[name].items():
                rest[week] += seconds
        series.append((f"{len(others)} others", dict(rest)))
    weeks = [week for week in marts.weeks() if any(week in values for _, values in series)]
    total = sum(sum(values.values()) for values in by_project.values())
    return section(
        "projects",
        "Hours by project and week",
        bars(
            "Hours by project and week",
            f"{hours(total)} hours of work in {len(weeks)} weeks.",
            weeks,
            series,
        ),
        behind(
            table(
                "Hours by week",
                ("week from", *(name for name, _ in series), "all"),
                [
                    (
                        str(week),
                        *(hours(values.get(week, 0)) for _, values in series),
                        hours(sum(values.get(week, 0) for _, values in series)),
                    )
                    for week in weeks
                ],
            )
            + table(
                "Hours by project",
                ("project", "hours"),
                [(name, hours(sum(by_project[name].values()))) for name in ranked[: 3 * ROWS]],
            )
        ),
    )


def _billable(marts: Marts) -> str:
    found = marts.billable_weeks()
    tracked, billable = sum(row[1] for row in found), sum(row[2] for row in found)
    return section(
        "billable",
        "Billable share",
        bars(
            "Billable and other hours by week",
            f"{percent(billable, tracked) or 'Nothing'} of the hours is billable.",
            [week for week, *_ in found],
            [
                ("billable", {week: part for week, _, part in found}),
                ("not billable", {week: whole - part for week, whole, part in found}),
            ],
        ),
        behind(
            table(
                "Billable hours by week",
                ("week from", "hours", "billable", "share"),
                [
                    (str(week), hours(all_), hours(part), percent(part, all_))
                    for week, all_, part in found
                ],
            )
        ),
    )


def _money(marts: Marts) -> str:
    return section(
        "money",
        "What it is worth",
        table(
            "By client and currency. Worth is that of billable time in the weeks shown; "
            "not invoiced is of all time",
            ("client", "currency", "worth", "not invoiced", "entries without a rate"),
            [
                (
                    client,
                    currency if currency != "XXX" else "not known",
                    money(worth),
                    money(unbilled),
                    f"{without:,}",
                )
                for client, currency, worth, unbilled, without in marts.money()
            ],
        ),
    )


def _people(marts: Marts) -> str:
    people = marts.people()
    tracked, available = sum(one.tracked for one in people), sum(one.available for one in people)
    return section(
        "people",
        "People against capacity",
        f"<p>All together: {percent(tracked, available) or 'no capacity'}. The least used first; "
        "the mark is all of the capacity, without holidays and time off.</p>",
        meters(
            "Worked time by capacity",
            [
                (
                    one.name,
                    Decimal(one.tracked) / one.available if one.available else None,
                    percent(one.tracked, one.available) or "no capacity",
                )
                for one in people
            ],
        ),
        behind(
            table(
                "Hours by member",
                (
                    "member",
                    "available",
                    "worked",
                    "billable",
                    "worked by available",
                    "billable by available",
                ),
                [
                    (
                        one.name,
                        hours(one.available),
                        hours(one.tracked),
                        hours(one.billable),
                        percent(one.tracked, one.available),
                        percent(one.billable, one.available),
                    )
                    for one in people
                ],
            )
        ),
    )


def _budgets(marts: Marts) -> str:
    budgets = marts.budgets()
    if not budgets:
        return section("budgets", "Budgets", "<p>No project has a budget.</p>")
    return section(
        "budgets",
        "Budgets",
        "<p>The furthest first; the mark is all of the budget. "
        "When it runs out is said of work that goes on as in the last four weeks.</p>",
        meters(
            "Used by budget",
            [
                (one.name, one.share, f"{one.share * 100:.1f} %{_outlook(one, marts.today)}")
                for one in budgets[:ROWS]
            ],
        ),
        behind(
            table(
                "Budgets",
                (
                    "project",
                    "since",
                    "until",
                    "hours used",
                    "of",
                    "at the end",
                    "money used",
                    "of",
                    "at the end",
                    "currency",
                    "runs out on",
                ),
                [
                    (
                        one.name,
                        "always" if one.since.year == EVER else str(one.since),
                        str(one.ends or ""),
                        hours(one.used),
                        "" if one.budget is None else hours(one.budget),
                        "" if one.forecast is None else hours(one.forecast),
                        money(one.used_amount),
                        money(one.amount),
                        money(one.forecast_amount),
                        one.currency or "",
                        str(one.runs_out or ""),
                    )
                    for one in budgets[:ROWS]
                ],
            )
        ),
    )


def _outlook(budget: Budget, today: date) -> str:
    """Return when a budget is used up, as the end of a sentence; nothing where that is not near."""
    if budget.runs_out is None:
        return ""
    return f", {'ran' if budget.runs_out <= today else 'runs'} out on {budget.runs_out}"


def _missing(marts: Marts) -> str:
    late = sorted((one for one in marts.people() if one.missing), key=lambda one: -one.missing)
    if not late:
        return section("missing", "Missing time", "<p>Nobody's time is missing.</p>")
    return section(
        "missing",
        "Missing time",
        table(
            "Expected and not entered in the weeks shown, the most first",
            ("member", "hours missing", "days"),
            [(one.name, hours(one.missing), f"{one.days_missing:,}") for one in late],
        ),
    )


def _progress(marts: Marts) -> str:
    found = marts.progress()
    if not found:
        return section("progress", "Progress in Perform", "<p>Nothing of Perform was loaded.</p>")
    return section(
        "progress",
        "Progress in Perform",
        meters(
            "Earned by revised budget",
            [
                (
                    one.name,
                    one.earned / one.budget if one.budget and one.earned is not None else None,
                    percent(one.earned or 0, one.budget) or "not defined",
                )
                for one in found
            ],
        ),
        table(
            "Earned value, each activity at its last snapshot. "
            "An index is empty where it is not defined",
            (
                "project",
                "activities",
                "revised budget",
                "earned",
                "planned",
                "actual",
                "schedule index",
                "cost index",
            ),
            [
                (
                    one.name,
                    f"{one.activities:,}",
                    *(money(value) for value in (one.budget, one.earned, one.planned, one.actual)),
                    f"{one.earned / one.planned:.2f}"
                    if one.earned is not None and one.planned
                    else "",
                    f"{one.earned / one.actual:.2f}"
                    if one.earned is not None and one.actual
                    else "",
                )
                for one in found
            ],
        ),
    )


def _about(marts: Marts) -> str:
    missing = marts.missing_tables()
    parts = [
        (
            f"<p>Rows until {escape(marts.loaded_at())} UTC. Today is {marts.today}: the last day "
            f"on which something was loaded. DuckDB {escape(duckdb.__version__)}.</p>"
        ),
        table(
            "Accounts, and the zones of their days",
            ("account", "service", "zones"),
            marts.accounts(),
        ),
    ]
    if missing:
        parts.append(
            table(
                "Not selected, so empty here",
                ("table", "service", "what is empty"),
                missing,
            )
        )
    else:
        parts.append("<p>All tables that this page needs were selected.</p>")
    parts.append(
        "<p>Work is regular time: breaks, holidays and time off are none. Hours of entries over "
        "midnight count on each day. "
        "Amounts are seconds times rates; those without a rate are counted, not guessed.</p>"
    )
    return section("about", "What this is made of", *parts)
