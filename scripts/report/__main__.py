"""Make a page of the marts."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import duckdb

from scripts.report.page import written


def main() -> int:
    """Write the page; 1 where there are no marts."""
    parser = argparse.ArgumentParser(prog="python -m scripts.report", description=__doc__)
    parser.add_argument("source", type=Path, metavar="FILE.duckdb", help="where the marts are")
    parser.add_argument("page", type=Path, nargs="?", metavar="PAGE.html", help="what is written")
    given = parser.parse_args()
    source: Path = given.source
    page: Path = given.page or source.with_suffix(".html")
    if not source.is_file():
        print(f"{source} is not there. Load something first, and run `dbt build`.", file=sys.stderr)
        return 1
    with duckdb.connect(str(source), read_only=True) as database:
        try:
            html = written(database)
        except duckdb.CatalogException:
            print(f"{source} has no marts: run `dbt build` (docs/marts.md).", file=sys.stderr)
            return 1
    page.write_text(html, encoding="utf-8")
    print(f"{page}, {len(html.encode()) / 1024:.0f} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
