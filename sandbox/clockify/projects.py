"""Clients, projects, tasks, tags, custom fields and holidays.

Without their parameters archived rows and DONE tasks are listed too. `hydrated` projects have what
belongs to them inline, of which the description says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import structs

from sandbox.clockify.ask import Ask, Shown, unconvertible
from sandbox.clockify.rows import CustomField, Project, Task


def projects(ask: Ask) -> list[Project] | list[Shown]:
    """List projects, hydrated ones when asked for."""
    rows = ask.ordered(ask.kept(ask.data.projects.values(), archived="archived"))
    if not ask.request.flag("hydrated") or ask.world.hydrated_ignored:
        return rows
    if ask.world.hydrated_refused:
        raise unconvertible("hydrated", "true")
    return _hydrated(ask, rows)


def _hydrated(ask: Ask, rows: Iterable[Project]) -> list[Shown]:
    world, data = ask.world, ask.data
    tasks: dict[str, list[Shown]] = {}
    for task in data.tasks.values():
        if not (world.hydrated_omits_done and task.status == "DONE"):
            shown = {**structs.asdict(task), "favorite": False}
            tasks.setdefault(task.projectId, []).append(shown)
    currency = next(one for one in data.row.currencies if one.isDefault)
    found: list[Shown] = [
        {
            **structs.asdict(row),
            "tasks": tasks.get(row.id, []),
            "client": data.clients.get(row.clientId or ""),
            "currency": {"id": currency.id, "code": currency.code},
            "customFields": _of_entries(ask),
            "favorite": False,
        }
        for row in rows
    ]
    if lacking := world.hydrated_lacks:
        inner = [task for one in tasks.values() for task in one]
        for shown in found if lacking == "tasks" else inner:
            del shown[lacking]
    return found


def tasks(ask: Ask) -> list[Task]:
    project_id = ask.found(ask.data.projects, "project").id
    active = ask.request.flag("is-active")
    theirs = [one for one in ask.data.tasks.values() if one.projectId == project_id]
    return ask.ordered(one for one in theirs if active in {None, one.status == "ACTIVE"})


def _of_entries(ask: Ask) -> list[CustomField]:
    return [one for one in ask.data.custom_fields.values() if one.entityType == "TIMEENTRY"]


def project_custom_fields(ask: Ask) -> list[CustomField]:
    """List the time entry fields as one project has them: with its own default only."""
    project_id = ask.found(ask.data.projects, "project").id
    own = [
        structs.replace(
            one,
            projectDefaultValues=[
                default for default in one.projectDefaultValues if default.projectId == project_id
            ],
        )
        for one in _of_entries(ask)
    ]
    return ask.kept(own, status="status", entityType="entity-type")


def project_info(ask: Ask, project_id: str | None) -> Shown | None:
    """Return what other rows show of a project; what is gone is null."""
    project = ask.data.projects.get(project_id or "")
    if project is None:
        return None
    shown = ("id", "name", "clientId", "clientName", "color")
    return {name: getattr(project, name) for name in shown}


def task_info(ask: Ask, task_id: str | None) -> Shown | None:
    task = ask.data.tasks.get(task_id or "")
    return {"id": task.id, "name": task.name} if task else None
