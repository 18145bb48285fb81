"""What `--check` says: who the key is, what it sees, what is left out, what a run costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tap_clockify.change_feed import EVENTS
from tap_clockify.client import PAGE_SIZE, ClockifyStream, is_forbidden
from tap_clockify.feed_trust import RUNS
from tap_clockify.hosts import api_url
from tap_clockify.permissions import ROLE_UNKNOWN, PermittedStream, PerRowStream
from tap_clockify.streams.entity_changes import Feed
from tap_clockify.streams.expenses import ExpenseCategories
from tap_clockify.streams.members import Users
from tap_clockify.streams.month_totals import requests_of
from tap_clockify.streams.projects import Projects, Tasks
from tap_clockify.streams.reports import UserDayTotals
from tap_clockify.windows import WindowedStream
from taps_common.errors import StatusError
from taps_common.http.cost import counted
from taps_common.sync.completed_windows import CompletedWindows
from taps_common.sync.steps import Bounds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_clockify.account import Account
    from taps_common.cli.tap import ApiTap
    from taps_common.sync.steps import Scope

ROLES = ("OWNER", "WORKSPACE_ADMIN", "TEAM_MANAGER", "PROJECT_MANAGER")
"""Roles that the list of workspaces can be filtered by; owners are not counted as admins there."""

FREE_QUOTA = 30
"""Requests an hour that a new workspace on the free plan has (help, "API limitations", 2026)."""

PAID_RATE = 50
"""Requests a second that paid plans allow (as above)."""

FREE_PLAN = (
    *("workspaces", "workspace_memberships", "workspace_currencies", "workspace_features"),
    *("users", "user_memberships", "user_groups", "user_group_members"),
    *("clients", "projects", "project_memberships", "tags", "time_entries", "time_entry_tags"),
)
"""The tables of the selection `free-plan`: a request per list and per member, none per project."""

OTHER_LISTS = 2
"""Lists of the free plan that the core lacks: user groups and tags."""


class _Workspace(NamedTuple):
    """How many requests a workspace takes, at least.

    Attributes:
        plan: its plan.
        members: whose entries are read, by one each.
        projects: how many there are.
        tasks: for the tasks of its projects.
        others: for the tables besides the core.
    """

    plan: str
    members: int
    projects: int
    tasks: int
    others: int

    @property
    def lists(self) -> int:
        """For the lists of the core: members, projects and clients."""
        return 1 + _pages(self.members) + _pages(self.projects)

    @property
    def core(self) -> int:
        """For a first run of the core."""
        return self.lists + self.members + self.tasks

    @property
    def by_changes(self) -> int:
        """For a later run of the core that reads time entries by what changed alone."""
        return self.lists + len(EVENTS) + (self.tasks if self.tasks > 1 else 0)


def lines(tap: ApiTap, account: Account) -> Iterator[str]:
    """Return the lines; a request per role, and the lists of members and of projects.

    Raises:
        TapError: Clockify cannot be read.
    """
    me = account.me()
    yield f"{tap.name} {tap.plugin_version} at {api_url(tap.config)}"
    yield f"Key of {me.name or 'a member without a name'} ({me.email or me.id})"
    roles = {} if account.is_addon else {role: account.with_role(role) for role in ROLES}
    tap.connect()
    found: dict[str, _Workspace] = {}
    for ident, workspace in account.workspaces.items():
        one = found[ident] = _workspace(tap, account, {"workspaceId": ident})
        own = " and ".join(role for role, ids in roles.items() if ids and ident in ids)
        plain = ROLE_UNKNOWN if None in roles.values() else "plain member"
        role = "add-on" if account.is_addon else own or plain
        yield (
            f"  {workspace.name} ({ident}): {role}, plan {one.plan}, "
            f"{one.members:,} members, {one.projects:,} projects, at least {one.core:,} requests"
        )
        yield from _left_out(tap, account, {"workspaceId": ident})
    yield from _of_runs(tap, account, found)
    yield from _against_the_plans(tap, account, found)


def _workspace(tap: ApiTap, account: Account, scope: Scope) -> _Workspace:
    members = _members(tap, scope)
    projects = len(tap.engine.ids(tap.stream_of(Projects), scope))
    tasks = _for_tasks(tap, account, scope, projects)
    others = _others(tap, scope, members, projects)
    plan = account.workspaces[scope["workspaceId"]].featureSubscriptionType or "unknown"
    return _Workspace(plan, members, projects, tasks, others)


def _of_all(account: Account, found: Mapping[str, _Workspace]) -> tuple[int, int, int]:
    """Return what all workspaces take at least: the core, at first and later, and the others."""
    every = found.values()
    themselves = len(found) if account.is_addon else 1  # an add-on asks for each
    owner = 1 if account.is_addon else 2  # and roles
    return (
        themselves + sum(one.core for one in every),
        themselves + sum(one.by_changes for one in every),
        owner + sum(one.others for one in every),
    )


def _of_runs(tap: ApiTap, account: Account, found: Mapping[str, _Workspace]) -> Iterator[str]:
    """Return how many requests a first run and later ones take."""
    core, alone, others = _of_all(account, found)
    yield (
        "Whatever is selected, these figures are of the core. "
        f"A first run of the tables of the selection core sends at least {core:,} requests: one "
        "per list, one per member (time entries), one to see whether all tasks come with their "
        "projects (one per project where they do not), and one more for every further "
        f"{PAGE_SIZE:,} rows of a list or a member."
    )
    both = alone + sum(one.members for one in found.values())
    incremental = both - len(EVENTS) * len(found)
    yield (
        f"Later runs of these tables send at least {both:,} until Clockify's feeds of changes have "
        f"told all new time entries in {RUNS} runs, and an edit, and at least {alone:,} from then "
        f"on. Runs without new entries do not count; each says how far that is. It is {both:,} "
        f"again once in {tap.config['verify_days']:g} days (verify_days), and while no edit was "
        "told for as long. With replication method INCREMENTAL each sends at least "
        f"{incremental:,}."
    )
    if tap.config["reread_changed"]:
        totals, bounds = tap.stream_of(UserDayTotals), _bounds(tap)
        compared = sum(requests_of(totals, {"workspaceId": one}, bounds) for one in found)
        yield (
            f"reread_changed adds {compared:,} to each run, for totals by member and month, and "
            "one per member and months in a row that differ."
        )
    yield (
        f"All other tables take at least {others:,} more: one per list, one per project (custom "
        "fields), two per member (profile, managers), one per month (reports and audit_log, from "
        "start_date on), and besides these one per invoice that changed, one per invoice "
        "(payments), one per policy (balances), one per member and policy "
        "(balance_assignments), and up to four once to find out how feeds of changes read times."
    )


def _against_the_plans(
    tap: ApiTap, account: Account, found: Mapping[str, _Workspace]
) -> Iterator[str]:
    """Return how long a full run takes in what the plans allow, and the settings for that."""
    not_paid = ("FREE", "unknown", "SELF_HOSTED")
    free = {ident: one for ident, one in found.items() if one.plan.startswith("FREE")}
    paid = {ident: one for ident, one in found.items() if not one.plan.startswith(not_paid)}
    quota = tap.config.get("max_requests_per_hour")
    if quota:
        core, _, others = _of_all(account, found)
        yield (
            f"At {quota:,} requests an hour (max_requests_per_hour) the core tables take "
            f"{_time(core, quota)}, all tables {_time(core + others, quota)}."
        )
    else:
        yield from _on_free_plans(account, free)
        yield from _on_paid_plans(account, paid)
    if free or (quota and len(paid) < len(found)):
        named = _of_plan(account, free or found)[0]
        where = f" on the free plan{named}" if named else ""
        yield (
            f"This check sent {tap.session.spent.requests:,} requests, which count towards this "
            f"hour{where} too. A run does not know of them: begin it in an hour, or Clockify may "
            "refuse some of its requests for a while (429)."
        )


def _on_free_plans(account: Account, free: Mapping[str, _Workspace]) -> Iterator[str]:
    """Return how long all tables, and those of `free-plan`, take on the free plan."""
    if not free:
        return
    every = 1 + sum(one.core + one.others for one in free.values())
    few = 1 + sum(one.lists + OTHER_LISTS + one.members for one in free.values())
    where, names, ids = _of_plan(account, free)
    yield (
        f"On the free plan{where} all tables take at least {every:,} requests, and a new "
        f"workspace allows {FREE_QUOTA} an hour: {_time(every, FREE_QUOTA)}. The selection "
        f"free-plan takes {few:,}: {_time(few, FREE_QUOTA)}. Paste this{names}:"
    )
    yield from _block(
        {
            "workspace_ids": ids,
            "max_requests_per_hour": FREE_QUOTA,
            "on_quota": "wait  # or stop, to run again each hour",
        }
    )
    yield "    select:"
    yield from (f"    - {table}.*" for table in FREE_PLAN)


def _on_paid_plans(account: Account, paid: Mapping[str, _Workspace]) -> Iterator[str]:
    """Return how long all tables take on a paid plan, or a trial of one."""
    if not paid:
        return
    where, names, ids = _of_plan(account, paid)
    requests = 1 + sum(one.core + one.others for one in paid.values())
    yield (
        f"A paid plan{where} allows {PAID_RATE} requests a second: all tables take "
        f"{counted(-(-requests // PAID_RATE), 'second')} at least. To use that, paste this{names}:"
    )
    rate = {"max_concurrency": 16, "max_requests_per_second": PAID_RATE}
    yield from _block({"workspace_ids": ids, **rate})


def _of_plan(account: Account, ids: Mapping[str, object]) -> tuple[str, str, str | None]:
    """Return which workspaces are meant, in words, and as `workspace_ids`: nothing where all are.

    Others need an extractor of their own: its settings hold for each workspace that it reads.
    """
    if len(ids) == len(account.workspaces):
        return "", "", None
    named = ", ".join(account.workspaces[ident].name or ident for ident in ids)
    return f" ({named})", f" into an extractor for {named} alone", f"[{', '.join(ids)}]"


def _block(settings: Mapping[str, object]) -> Iterator[str]:
    """Return settings as they stand in the extractor of a `meltano.yml`."""
    yield "    config:"
    for name, value in settings.items():
        if value is not None:
            yield f"      {name}: {value}"


def _time(requests: int, quota: int) -> str:
    """Return how long requests take at so many an hour, in words."""
    hours = -(-requests // quota)
    return "less than an hour" if hours <= 1 else f"{hours:,} hours"


def _members(tap: ApiTap, scope: Scope) -> int:
    """Return how many members' entries are read in a workspace."""
    try:
        return len(tap.engine.ids(tap.stream_of(Users), scope))
    except StatusError as error:
        if not is_forbidden(error):
            raise
        return 1  # the key's owner


def _for_tasks(tap: ApiTap, account: Account, scope: Scope, projects: int) -> int:
    """Return how many requests the tasks of a workspace take besides the list of projects.

    That list has them only where the table is selected.
    """
    kept = account.hydrated_tasks.get(scope["workspaceId"])
    came = not tap.stream_of(Tasks).selected if kept is None else kept.came
    return 1 if came else projects


def _left_out(tap: ApiTap, account: Account, scope: Scope) -> Iterator[str]:
    """Return what a run will not read of a workspace, one line per reason: selected tables only."""
    if account.administers(scope["workspaceId"]) is False:
        yield (
            "    left out: time entries of other members, which only the key of an owner or admin "
            "can read"
        )
    reasons: dict[str, list[str]] = {}
    for table in tap.all_streams:
        stream = None if isinstance(table, CompletedWindows) else table.endpoint
        if table.selected and isinstance(stream, PermittedStream):
            reason = stream.not_allowed(scope)
            partly = None if reason else stream.partial(scope)
            text = f"left out: {{}}: {reason}" if reason else f"in part: {{}}: {partly}"
            if reason or partly:
                reasons.setdefault(text, []).append(table.name)
            if not reason and (sentence := stream.missing_setting()):
                reasons.setdefault(f"will fail: {{}}: {sentence}", []).append(table.name)
    for text, names in reasons.items():
        yield f"    {text.format(', '.join(names))}"


def _others(tap: ApiTap, scope: Scope, people: int, projects: int) -> int:
    """Return how many requests the tables besides the core take in a workspace, at least."""
    known: dict[type[ClockifyStream], int] = {Users: people, Projects: projects}
    bounds, count = _bounds(tap), OTHER_LISTS
    for stream in tap.all_streams:
        if not isinstance(stream, PermittedStream) or stream.not_allowed(scope):
            continue
        if isinstance(stream, PerRowStream):
            count += known.get(stream.parent, 0)
        elif isinstance(stream, WindowedStream):
            count += len(stream.slices(scope, bounds))
        elif isinstance(stream, Feed):
            count += len(stream.events) * len(stream.slices(bounds))
        elif isinstance(stream, ExpenseCategories):
            count += len(stream.kinds)
        else:
            count += 1
    return count


def _bounds(tap: ApiTap) -> Bounds:
    return Bounds(tap.start_date, tap.start_date, tap.end_date, tap.clock.now(), frozenset())


def _pages(rows: int) -> int:
    return max(1, -(-rows // PAGE_SIZE))
