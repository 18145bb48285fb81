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

import msgspec

from scripts.docs.navigation import navigation

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "output" / "pages"
SITE = ROOT / "output" / "site"
CACHE = ROOT / ".cache"

MERMAID = "11.16.0"
SCRIPT = "package/dist/mermaid.min.js"

LINK = re.compile(r"\]\(([^)\s#:]+)((?:#[^)\s]*)?)\)")


def stage() -> None:
    """Put the pages into a folder of their own, as they are in the repository."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    shutil.copytree(ROOT / "docs", SOURCE / "docs")
    for _, listed in navigation(ROOT):
        for _, name in listed:
            page = SOURCE / name
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(page_text(name))


def page_text(name: str) -> str:
    """Return a page whose links to what the site has not, such as code, lead to the repository."""
    pages = {ROOT / name for _, listed in navigation(ROOT) for _, name in listed}

    def linked(link: re.Match[str]) -> str:
        path, anchor = link.groups()
        file = (ROOT / name).parent.joinpath(path).resolve()
        if file in pages or file.is_relative_to(ROOT / "docs") or not file.exists():
            return link[0]
        kind = "tree" if file.is_dir() else "blob"
        return f"]({repository()}/{kind}/main/{file.relative_to(ROOT)}{anchor})"

    return LINK.sub(linked, (ROOT / name).read_text())


def repository() -> str:
    """Return the address that a browser finds the repository at."""
    project = msgspec.toml.decode((ROOT / "pyproject.toml").read_bytes())["project"]
    address: str = project["urls"]["Repository"]
    return address


def build() -> None:
    """Write the site, whose links and anchors all lead somewhere."""
    stage()
    mkdocs = Path(sys.executable).with_name("mkdocs")
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}  # the theme's end of support, known
    done = subprocess.run(
        [str(mkdocs), "build", "--strict"],  # and not --quiet, which hides what is counted
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    for page in SOURCE.rglob("*.md"):
        shutil.copy(page, SITE / page.relative_to(SOURCE))
    shutil.copy(ROOT / "llms.txt", SITE)


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
