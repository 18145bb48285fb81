"""Makes README.md's links absolute for those who read it in the package, as PyPI shows it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class Readme(MetadataHookInterface):
    """The readme: README.md with links to files of this version."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set it; the address stands in `project.urls` alone."""
        files = f"{metadata['urls']['Repository']}/blob/v{metadata['version']}/"
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": re.sub(r"\]\((?!https?:|#)", f"]({files}", text),
        }
