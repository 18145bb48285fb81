"""The navigation of the site, as `mkdocs.yml` has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    Entry: TypeAlias = str | Mapping[str, "str | list[Entry]"]

INDEX = "Set-up"
"""Title of the page that a section begins with."""


class _Loader(yaml.SafeLoader):
    """Reads all but what names Python objects, which only mkdocs needs."""


_Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)


def navigation(root: Path) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield the sections of the site: their titles, and titles and files of their pages."""
    read = yaml.load((root / "mkdocs.yml").read_text(), _Loader)
    for section in read["nav"]:
        for title, inside in section.items():
            yield title, [*_pages(inside, title)]


def _pages(inside: str | list[Entry], title: str) -> Iterator[tuple[str, str]]:
    if isinstance(inside, str):
        yield title, inside
        return
    for entry in inside:
        if isinstance(entry, str):
            yield INDEX, entry
        else:
            for name, deeper in entry.items():
                yield from _pages(deeper, name)
