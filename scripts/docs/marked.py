"""Parts of files that stand between two marks."""

from __future__ import annotations

import re


def between(text: str, begin: str, inner: str, end: str) -> str:
    """Return a text with something else between two marks.

    Raises:
        ValueError: the marks are not there.
    """
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"no line {begin.strip()!r}")
    return pattern.sub(lambda _: f"{begin}{inner}{end}", text)
