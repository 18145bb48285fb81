"""`llms.txt`: the pages of the site for programs that read text (https://llmstxt.org)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scripts.docs.navigation import navigation

if TYPE_CHECKING:
    from pathlib import Path


def llms(root: Path, texts: dict[Path, str]) -> str:
    """Return the list of pages, each with its first sentence.

    Args:
        root: the repository.
        texts: pages that are written from the code, and may not be on the disk yet.
    """
    lines = [
        "# Singer taps for time and cost tracking",
        "",
        "> tap-clockify, tap-clicktime and tap-perform read time and costs into a warehouse.",
        "> Every page is Markdown at the address that is given here.",
    ]
    for section, pages in navigation(root):
        lines += ["", f"## {section}", ""]
        for title, name in pages:
            page = root / name
            text = texts[page] if page in texts else page.read_text()
            lines.append(f"- [{title}]({name}): {first_sentence(text)}")
    return "\n".join(lines) + "\n"


def first_sentence(page: str) -> str:
    """Return the first sentence of a page as plain text."""
    for block in page.split("\n\n")[1:]:
        text = " ".join(block.split())
        if re.match(r"[A-Z`]", text):
            plain = re.sub(r"\[([^\]]*)\]\([^)]*\)|[*`]", lambda found: found[1] or "", text)
            return re.split(r"(?<=[.:])\s", plain, maxsplit=1)[0].rstrip(":")
    raise ValueError("a page without a sentence")
