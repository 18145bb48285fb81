"""Tasks that come with a list of hydrated projects, and whether they are all there are."""

from __future__ import annotations

from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from tap_clockify.object_ids import CLOCKS_DIFFER, by_id, created_by_id
from taps_common.http.bodies import PIECE
from taps_common.http.spool import room

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from tap_clockify.object_ids import Object


ADDED = frozenset({"tasks", "client", "customFields", "currency", "favorite"})
"""What a hydrated project has more than a plain one (a real account's responses, 2023)."""


class _Project(msgspec.Struct, gc=False):
    id: str
    tasks: msgspec.Raw = msgspec.Raw(b"")


class _Task(msgspec.Struct, gc=False):
    status: object = None


class _Place(NamedTuple):
    """Where a project's tasks stand in the file, and how many there are."""

    begin: int
    end: int
    number: int


_projects = msgspec.json.Decoder(list[_Project])
_tasks = msgspec.json.Decoder(list[_Task])


class HydratedTasks:
    """The tasks of one workspace as its projects brought them; a file holds all but a little.

    Args:
        listed: when the projects were listed: a task that was made since is not missed.

    Attributes:
        done: whether a task among them is done: then done ones are not left out.
    """

    def __init__(self, listed: datetime) -> None:
        self._listed = listed
        self._seen = self._odd = False
        self.done = False
        self._places: dict[str, _Place] = {}
        self._file = SpooledTemporaryFile(max_size=PIECE)  # noqa: SIM115 - it outlives the method

    def add(self, page: bytes) -> None:
        """Keep the tasks of some projects.

        Raises:
            TapError: they do not fit on the disk.
        """
        try:
            for project in _projects.decode(page):
                tasks = bytes(project.tasks)
                self._seen = self._seen or bool(tasks)
                if project.id not in self._places:
                    self._keep(project.id, tasks if tasks not in {b"", b"null"} else b"[]")
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._odd = True

    @property
    def came(self) -> bool:
        """Whether projects had the member that holds tasks, and all of it could be read."""
        return self._seen and not self._odd

    def _keep(self, ident: str, tasks: bytes) -> None:
        known = _tasks.decode(tasks)
        self.done = self.done or any(task.status == "DONE" for task in known)
        begin = self._file.tell()
        if known:
            with room():
                self._file.write(tasks)
        self._places[ident] = _Place(begin, self._file.tell(), len(known))

    @property
    def busiest(self) -> str:
        """Id of the project with most tasks, whose own list shows whether any are left out."""
        return max(sorted(self._places), key=lambda one: self._places[one].number)

    def lacks(self, ident: str, own: Mapping[str, Object]) -> str | None:
        """Return what a project's own list of tasks has that did not come with it, in words.

        Args:
            ident: the project.
            own: the tasks of its list, by their ids.

        Raises:
            ShapeError: a task that came has no id.
        """
        came = by_id(self._tasks_of(self._places[ident]))
        missing = [id_ for id_ in own if id_ not in came and not _is_new(id_, self._listed)]
        if missing:
            return f"{len(missing):,} of {len(own):,} tasks"
        both = [(task, came[id_]) for id_, task in own.items() if id_ in came]
        names = {name for task, there in both for name in task.keys() - there.keys()}
        names |= _filled(task for task, _ in both) - _filled(there for _, there in both)
        return f"the fields {', '.join(sorted(names))} of tasks" if names else None

    def pages(self) -> Iterator[bytes]:
        """Return all tasks, in the order of the projects, in pages of about a megabyte."""
        page: list[bytes] = []
        size = 0
        for place in self._places.values():
            if place.number:
                page.append(self._tasks_of(place).strip()[1:-1])
                size += place.end - place.begin
            if size >= PIECE:
                yield b"[%b]" % b",".join(page)
                page, size = [], 0
        if page:
            yield b"[%b]" % b",".join(page)

    def close(self) -> None:
        """Remove the file."""
        self._file.close()

    def __del__(self) -> None:
        """Remove the file of a run that ended before it was used."""
        self._file.close()

    def _tasks_of(self, place: _Place) -> bytes:
        if not place.number:
            return b"[]"
        self._file.seek(place.begin)
        return self._file.read(place.end - place.begin)


def _filled(tasks: Iterable[Object]) -> set[str]:
    """Return the names of fields that hold something in any task."""
    empty = {b"null", b"[]", b"{}"}
    return {name for task in tasks for name, value in task.items() if bytes(value) not in empty}


def _is_new(ident: str, listed: datetime) -> bool:
    created = created_by_id(ident)
    return created is not None and created >= listed - CLOCKS_DIFFER
