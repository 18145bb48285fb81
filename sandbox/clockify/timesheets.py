"""Made-up time entries: a few hours a day backwards from now, with every quirk at a fixed place."""

from __future__ import annotations

import random
from collections.abc import Iterator

import msgspec
from msgspec import structs

from sandbox.clockify.blocks import Timesheet
from sandbox.clockify.instants import DAY, HOUR, duration, iso
from sandbox.clockify.rows import (
    CustomField,
    CustomFieldValue,
    Task,
    TimeEntry,
    TimeInterval,
    User,
    Value,
)
from sandbox.clockify.workspaces import WorkspaceData

WORKDAY = 10 * HOUR
DAYS = 600
"""How far back entries reach before a day takes several."""
LOCKED_AFTER = 60 * DAY

ODD_DESCRIPTIONS = (
    "Überprüfung der Anlage, Straße 12 🚧",
    'He said "done"\nthen left\ttwice',
    "line\u2028separator and paragraph\u2029separator",
    "back\\slash / slash, semi;colon, 'single' and a comma, too",
    "日本語の説明",
    "x" * 3000,
    "",
)


class Diary:
    """What one workspace's entries refer to."""

    def __init__(self, data: WorkspaceData, now: int, seed: int) -> None:
        self.workspace_id = data.row.id
        self.projects = list(data.projects.values())
        self.tasks: dict[str, list[Task]] = {project_id: [] for project_id in data.projects}
        for task in data.tasks.values():
            self.tasks[task.projectId].append(task)
        self.tag_ids = list(data.tags)
        fields = data.custom_fields.values()
        self.fields = [field for field in fields if field.entityType == "TIMEENTRY"]
        self.now = now
        self.seed = seed
        self.recorded = dict.fromkeys(data.projects, 0)
        """Seconds of the entries that were written, by project."""

    def timesheet(self, user: User, ordinal: int, count: int, first_number: int) -> Timesheet:
        """Write one member's entries; first_number makes the ids unique over the account."""
        encoder = msgspec.json.Encoder()
        rng = random.Random(f"{self.seed}/{self.workspace_id}/{user.id}")
        sheet: list[tuple[int, bytes]] = []
        for index, (start, end) in enumerate(self._hours(rng, ordinal, count)):
            number = first_number + index
            made = min(start, self.now) - HOUR  # what is planned was made before, too
            entry_id = f"{made & 0xFFFFFFFF:08x}{self.seed & 0xFFFFFF:06x}{number:010x}"
            entry = self._entry(rng, entry_id, user, index, start, end)
            sheet.append((start, encoder.encode(entry)))
        return Timesheet(sheet)

    def _hours(
        self, rng: random.Random, ordinal: int, count: int
    ) -> Iterator[tuple[int, int | None]]:
        """Yield start and end, newest first; every fifth member has a future and a running entry.

        The owner (ordinal 0) has two entries with the same start.
        """
        special = ordinal % 5 == 0 and count > 3
        if special:
            yield self.now + 2 * DAY, self.now + 2 * DAY + HOUR
            yield self.now - 25 * 60, None
            yield self.now - 3 * DAY // 2, self.now - 3 * DAY // 2 + HOUR
        per_day = max(1, -(-count // DAYS))
        slot = WORKDAY // per_day
        midnight = self.now - self.now % DAY
        for index in range(3 if special else 0, count):
            day, place = divmod(index, per_day)
            begin = midnight - (day + 1) * DAY + 7 * HOUR + (per_day - 1 - place) * slot
            start = begin + int(rng.random() * slot * 0.4)
            if special and index == 3:
                start = self.now - 3 * DAY // 2
            yield start, start + max(1, int(slot * (0.1 + rng.random() * 0.4)))

    def _entry(
        self,
        rng: random.Random,
        entry_id: str,
        user: User,
        index: int,
        start: int,
        end: int | None,
    ) -> TimeEntry:
        project = self.projects[int(rng.random() * len(self.projects))]
        interval = TimeInterval(start=iso(start))
        if end is not None:
            interval.end, interval.duration = iso(end), duration(end - start)
        bare = TimeEntry(
            id=entry_id,
            userId=user.id,
            workspaceId=self.workspace_id,
            timeInterval=interval,
            isLocked=start < self.now - LOCKED_AFTER,
        )
        if index % 17 == 4:
            return bare
        self.recorded[project.id] += end - start if end is not None else 0
        tasks = self.tasks[project.id]
        task = tasks[int(rng.random() * len(tasks))] if tasks and index % 3 else None
        return structs.replace(
            bare,
            description=_description(index),
            tagIds=self._tags(rng, index),
            billable=project.billable,
            taskId=task.id if task else None,
            projectId=project.id,
            customFieldValues=[
                CustomFieldValue(
                    customFieldId=field.id,
                    timeEntryId=entry_id,
                    value=_value(rng, field, index + place),
                    name=field.name,
                    type=field.type,
                    sourceType=(None, "WORKSPACE", "PROJECT")[(index + place) % 3],
                )
                for place, field in enumerate(self.fields)
                if (index + place) % 5 == 0
            ],
            type=_type(index),
            kioskId=f"{self.workspace_id[:20]}0f0f" if user.status == "LIMITED" else None,
            hourlyRate=(task and task.hourlyRate) or project.hourlyRate,
            costRate=project.costRate,
        )

    def _tags(self, rng: random.Random, index: int) -> list[str] | None:
        if index % 4 == 1:
            return None
        first = int(rng.random() * len(self.tag_ids))
        wanted = (0, 1, 1, 2, 3)[index % 5]
        return [self.tag_ids[(first + place) % len(self.tag_ids)] for place in range(wanted)]


def _description(index: int) -> str:
    if index % 13 == 2:
        return ODD_DESCRIPTIONS[index // 13 % len(ODD_DESCRIPTIONS)]
    return f"Review the plan with the team and write down what is left to do (#{index})"


def _type(index: int) -> str:
    for divisor, rest, name in ((29, 6, "BREAK"), (31, 9, "HOLIDAY"), (37, 12, "TIME_OFF")):
        if index % divisor == rest:
            return name
    return "REGULAR"


def _value(rng: random.Random, field: CustomField, index: int) -> Value:
    """Make up a value of the field's type; some are null."""
    if index % 35 == 30:
        return None
    if field.type == "NUMBER":
        return (0.1, 12, 3.75, 1_000_000, -2.5, 0)[int(rng.random() * 6)]
    if field.type == "CHECKBOX":
        return rng.random() < 0.5
    if field.type == "DROPDOWN_MULTIPLE":
        return field.allowedValues[int(rng.random() * 2) :]
    if field.type == "DROPDOWN_SINGLE":
        return field.allowedValues[int(rng.random() * len(field.allowedValues))]
    ticket = f"T-{int(rng.random() * 10_000):04d}"
    return f"https://example.test/{ticket}?a=1&b=2" if field.type == "LINK" else ticket
