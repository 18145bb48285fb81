"""Builds the site: `python -m scripts.docs.site`, with `--serve` to read it at a local address.

The pages are those of `docs/`, and the few of the repository that they link to. Each is in the site
as Markdown too. Nothing is fetched when it is read: Mermaid's script comes from npm at build time.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tarfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from scripts.docs.navigation import navigation

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SOURCE = ROOT / "output" / "docs"
SITE = ROOT / "output" / "site"
CACHE = ROOT / ".cache"

MERMAID = "11.16.0"
SCRIPT = "package/dist/mermaid.min.js"

LINK = re.compile(r"\[([^\]]*)\]\(([^)\s#]+)(#[^)\s]*)?\)")


def stage() -> None:
    """Put the pages into one folder, as mkdocs takes them."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    shutil.copytree(DOCS, SOURCE)
    for _, pages in navigation(ROOT):
        for _, name in pages:
            if not (DOCS / name).exists():
                (SOURCE / name).parent.mkdir(exist_ok=True)
                shutil.copy(ROOT / name, SOURCE / name)
    for page in SOURCE.rglob("*.md"):
        inside = page.relative_to(SOURCE)
        origin = DOCS / inside if (DOCS / inside).exists() else ROOT / inside
        page.write_text(LINK.sub(partial(_link, origin=origin, page=page), page.read_text()))


def _link(link: re.Match[str], *, origin: Path, page: Path) -> str:
    """Return a link as it leads from a page of the site: to another one, or nowhere."""
    text, path, anchor = link.groups(default="")
    if re.match(r"[a-z]+:", path):
        return link[0]
    target = (origin.parent / path).resolve()
    places = [
        SOURCE / target.relative_to(folder)
        for folder in (DOCS, ROOT)
        if target.is_relative_to(folder)
    ]
    for place in places:
        if place.is_file():
            climb = "../" * len(page.relative_to(SOURCE).parts[1:])
            return f"[{text}]({climb}{place.relative_to(SOURCE)}{anchor})"
    return text


def build() -> None:
    """Write the site, whose links and anchors all lead somewhere."""
    stage()
    mkdocs = Path(sys.executable).with_name("mkdocs")
    command = [str(mkdocs), "build", "--strict", "--quiet"]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}  # the theme's end of support, known
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    if done.returncode:
        sys.exit(done.returncode)
    for page in SOURCE.rglob("*.md"):
        shutil.copy(page, SITE / page.relative_to(SOURCE))


def add_mermaid() -> None:
    """Put the script that draws diagrams into the site."""
    package = CACHE / f"mermaid-{MERMAID}.tgz"
    if not package.exists():
        npm = shutil.which("npm")
        if npm is None:
            sys.exit(
                "npm is not there: install Node.js, which brings the script that draws diagrams."
            )
        CACHE.mkdir(exist_ok=True)
        command = [npm, "pack", "--silent", f"--pack-destination={CACHE}", f"mermaid@{MERMAID}"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (SITE / "assets").mkdir(exist_ok=True)
    with tarfile.open(package) as archive:
        script = archive.extractfile(SCRIPT)
        assert script
        (SITE / "assets" / "mermaid.min.js").write_bytes(script.read())


class Handler(SimpleHTTPRequestHandler):
    """Serves files, and says nothing of it."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its base's name
        """Say nothing."""


def serve(port: int) -> None:
    """Serve the site on this machine until Ctrl-C."""
    with ThreadingHTTPServer(("127.0.0.1", port), partial(Handler, directory=str(SITE))) as server:
        print(
            f"The docs are at http://127.0.0.1:{server.server_port}/ (Ctrl-C ends it)", flush=True
        )
        server.serve_forever()


def main() -> None:
    """Build the site, and serve it if that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", action="store_true", help="with diagrams, until Ctrl-C")
    parser.add_argument("--port", type=int, default=8000)
    given = parser.parse_args()
    build()
    if given.serve:
        add_mermaid()
        serve(given.port)


if __name__ == "__main__":
    main()
