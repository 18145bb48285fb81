"""The projects as they are now: tables, clock, switches, what was asked, what can change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypedDict

from sandbox.perform.bodies import MARKER
from sandbox.perform.clips import CLIPS, EVERY, FULL_USAGE, PROJECTS, address
from sandbox.perform.rows import WORK_DATE, rows
from sandbox.perform.site import DAY, NAMES, SIZES, Site
from sandbox.perform.switches import (
    FORM_NAMES,
    FORMATS,
    Form,
    Switches,
)
from sandbox.perform.tables import Column, Grid, Table
from sandbox.service import Clocked
from sandbox.switches import changed

Key = tuple[int, str]

BIG_KEY = "Row Key"
BLOCK = 600
"""Rows at most of the block that the big clips repeat."""


class Project(TypedDict):
    """A project as a tap is told about it."""

    name: str
    url: str
    username: str
    password: str
    date_format: str
    dataclips: dict[str, str]


class World(Clocked):
    """Two projects with their clips; every method is safe to call while the server answers.

    A clip's rows are made up when they are first looked at.
    """

    def __init__(
        self,
        *,
        size: str = "small",
        seed: int = 1,
        now: datetime | None = None,
        entries: int | None = None,
    ) -> None:
        super().__init__(now)
        chosen = SIZES[size]
        self._begun = self.now
        self._size = replace(chosen, usages=entries or chosen.usages)
        self._seed = seed
        self._sites: dict[int, Site] = {}
        self._tables: dict[Key, Table] = {}
        self._changed: dict[Key, datetime] = {}
        self._results: dict[Key, tuple[datetime, Grid]] = {}
        self.reset()

    def reset(self) -> None:
        """Forget all switches, and what was asked."""
        with self.lock:
            self.switches = Switches()
            self.default = Form()
            """How clips answer that have no form of their own."""
            self._own: dict[Key, dict[str, object]] = {(1, "big_json"): {"format": "array"}}
            self._stale: Counter[Key] = Counter()
            """How many requests found a clip stale."""
            self._last: dict[Key, datetime] = {}
            """When each was asked for last."""

    def urls(self, project: int) -> dict[str, str]:
        return {slug: self.path(project, slug) for slug in self.slugs(project)}

    def slugs(self, project: int) -> list[str]:
        """Return the clips of a project: the first one has the big ones if there are any."""
        big = project == PROJECTS[0] and self.switches.big_rows
        return list(EVERY if big else CLIPS)

    def path(self, project: int, slug: str) -> str:
        return f"/perform/projects/{project}/dataclips/{address(project, slug)}"

    def projects(self, base_url: str) -> list[Project]:
        """Return what a tap is configured with."""
        return [
            {
                "name": NAMES[project],
                "url": f"{base_url}/perform/projects/{project}",
                "username": self.switches.logins[project][0],
                "password": self.switches.logins[project][1],
                "date_format": FORMATS[self.switches.dates[project]],
                "dataclips": {slug: base_url + path for slug, path in self.urls(project).items()},
            }
            for project in PROJECTS
        ]

    def form(self, project: int, slug: str) -> Form:
        return changed(self.default, self._own.get((project, slug), {}))

    def switch(self, **values: object) -> None:
        """Set switches by name, those of all clips included; ValueError for a wrong one."""
        with self.lock:
            ours = {name: values.pop(name) for name in FORM_NAMES & values.keys()}
            for name, value in values.items():
                if isinstance(value, dict):  # projects that are not named stay as they are
                    named = {int(project): one for project, one in value.items()}
                    if strangers := named.keys() - set(PROJECTS):
                        raise ValueError(f"No such project: {strangers}.")
                    values[name] = getattr(self.switches, name) | named
            switches, self.default = changed(self.switches, values), changed(self.default, ours)
            self.switches = switches
            if "stale" in ours:
                self._stale.clear()

    def set_clip(self, slug: str, project: int | None = None, **values: object) -> None:
        with self.lock:
            if slug not in EVERY:
                raise KeyError(slug)
            chosen = PROJECTS if project is None else (project,)
            for one in chosen:
                own = {**self._own.get((one, slug), {}), **values}
                changed(self.default, own)
                self._own[one, slug] = own
            if "stale" in values:
                for one in chosen:
                    self._stale.pop((one, slug), None)

    def table(self, project: int, slug: str) -> Table:
        """Return the table of a clip that is not a window; KeyError for an unknown one."""
        key = (project, slug)
        if key not in self._tables:
            self._tables[key] = Table.of(rows(self.site(project), CLIPS[slug].name))
        return self._tables[key]

    def site(self, project: int) -> Site:
        """Return what the clips of a project have in common."""
        if project not in self._sites:
            self._sites[project] = Site(project, self._size, self._seed, self._begun)
        return self._sites[project]

    def grid(self, project: int, slug: str) -> Grid:
        """Return a clip's headings and rows as the project spells them now; a big clip's block."""
        clip = EVERY[slug]
        if clip.big:
            return _block(self.grid(project, FULL_USAGE))
        if clip.window:
            return self._window(project, clip.window)
        grid = self.table(project, slug).spelled(self.switches.dates[project])
        if not self.switches.cycle_hours:
            return grid
        known = self._results.get((project, slug))
        if known is None or self.now - known[0] >= timedelta(hours=self.switches.cycle_hours):
            known = self._results[project, slug] = (self.now, grid)
        return known[1]

    def served(self, project: int, slug: str) -> Grid:
        """Return a clip's headings, and the rows that its form does not withhold."""
        grid, body = self.grid(project, slug), self.form(project, slug).body
        return grid._replace(rows=[]) if body == "header_only" else grid

    def modified(self, project: int, slug: str) -> datetime:
        """Return when a clip's result last changed."""
        if self.switches.cycle_hours and (project, slug) in self._results:
            return self._results[project, slug][0]
        clip = EVERY[slug]
        source = FULL_USAGE if clip.window or clip.big else slug
        return self._changed.get((project, source), self._begun)

    def is_stale(self, project: int, slug: str) -> bool:
        """Return whether a request finds a clip stale, which is counted; windows never are."""
        clip, key, times = EVERY[slug], (project, slug), self.form(project, slug).stale
        hours = self.switches.dormant_hours
        slept = self.now - self._last.get(key, self.now)
        self._last[key] = self.now
        if hours and slept >= timedelta(hours=hours):
            del self._stale[key]
        if clip.window or clip.big or 0 <= times <= self._stale[key]:
            return False
        self._stale[key] += 1
        return True

    def _window(self, project: int, days: int) -> Grid:
        table = self.table(project, FULL_USAGE)
        place = table.place(WORK_DATE)
        first = (self.now.date() - days * DAY).isoformat()
        rows = [row for row in table.rows if (row[place] or "") > first]
        return Table(table.columns, rows).spelled(self.switches.dates[project])

    def edit_row(self, project: int, slug: str, row: int, cells: Mapping[str, object]) -> None:
        """Change cells of a row, by heading; dates are given as ISO text, None is blank."""
        with self._changing(project, slug) as table:
            table.edit(row, cells)

    def insert_row(self, project: int, slug: str, cells: Mapping[str, object]) -> int:
        with self._changing(project, slug) as table:
            return table.insert(cells)

    def copy_row(self, project: int, slug: str, row: int) -> int:
        with self._changing(project, slug) as table:
            table.rows.append(list(table.rows[row]))
            return len(table.rows) - 1

    def delete_row(self, project: int, slug: str, row: int) -> None:
        with self._changing(project, slug) as table:
            del table.rows[row]

    def shrink(self, project: int, slug: str, share: float) -> int:
        """Keep only a share of the rows, the first ones; return how many."""
        with self._changing(project, slug) as table:
            del table.rows[round(len(table.rows) * share) :]
            return len(table.rows)

    def shuffle(self, project: int, slug: str) -> None:
        """Put the rows in another order."""
        with self._changing(project, slug) as table:
            self.site(project).random("shuffle").shuffle(table.rows)

    def add_column(self, project: int, slug: str, heading: str, cell: str | None = None) -> None:
        """Add a column (`Heading` or `Heading:kind`) with the same cell in every row."""
        with self._changing(project, slug) as table:
            table.add_column(Column.of(heading), cell)

    @contextmanager
    def _changing(self, project: int, slug: str) -> Iterator[Table]:
        if CLIPS[slug].window:
            raise ValueError(f"{slug} is a window of {FULL_USAGE}: change that.")
        with self.lock:
            table = self.table(project, slug)
            self._changed[project, slug] = self.now
            yield table


def _block(usages: Grid) -> Grid:
    """Return rows with keys of their own; the marker stands for the block's repetition."""
    rows = [[f"{MARKER}-{number:04d}", *row] for number, row in enumerate(usages.rows[:BLOCK])]
    return Grid([BIG_KEY, *usages.headings], ["text", *usages.kinds], rows)
