"""Time entries of a member, by their ids, and those that are running.

Settled here as the documents are silent: `batch` leaves unknown ids out, answers newest start
first and refuses members who name somebody else's entry.
"""

from __future__ import annotations

from sandbox.clockify.ask import Ask, access_denied, invalid
from sandbox.clockify.blocks import Part
from sandbox.clockify.rows import Tag, TimeEntry


def time_entries(ask: Ask) -> Part | list[TimeEntry]:
    """List a member's time entries, newest start first.

    The window is read as wall clock of the caller's zone, whatever offset its bounds carry.
    """
    sheet, zone = ask.data.timesheet(ask.member().id), ask.world.zone_of(ask.caller.user_id)
    given = [(name, ask.request.value(name)) for name in ("start", "end")]
    start, end = (None if text is None else ask.instant(name, text, zone) for name, text in given)
    window = sheet.window(start, end)
    if not ask.request.flag("in-progress"):
        return Part(sheet, *window)
    return [one for one in sheet.entries()[slice(*window)] if one.timeInterval.end is None]


def batch(ask: Ask) -> list[TimeEntry]:
    """Return time entries by their ids."""
    ids, most = ask.listed("timeEntryIds"), ask.world.batch_limit
    if not ids:
        raise invalid("timeEntryIds must not be empty")
    if most and len(ids) > most:
        raise invalid(f"timeEntryIds must hold at most {most} ids: {len(ids)}")
    found: list[TimeEntry] = []
    for user_id, sheet in ask.data.timesheets.items():
        for entry_id in dict.fromkeys(ids):
            entry = sheet.entry(entry_id)
            if entry is None:
                continue
            if not ask.sees(user_id):
                raise access_denied()
            found.append(entry)
    found.sort(key=lambda one: one.timeInterval.start, reverse=True)
    return found


def tags_of(ask: Ask, entry: TimeEntry) -> list[Tag]:
    """Return the tags of an entry that are there."""
    tags = ask.data.tags
    return [tags[one] for one in entry.tagIds or () if one in tags]


def in_progress(ask: Ask) -> list[TimeEntry]:
    """List running time entries, newest start first."""
    sheets = [ask.data.timesheet(one) for one in ask.data.users if ask.sees(one)]
    running = [
        entry
        for sheet in sheets
        if b'"end":null' in sheet.body
        for entry in sheet.entries()
        if entry.timeInterval.end is None
    ]
    return sorted(running, key=lambda one: (one.timeInterval.start, one.id), reverse=True)
