"""The least there is to the pages: take their bytes, and look for how many rows they hold.

Run with the API's base URL and a workspace's id.
"""

from __future__ import annotations

from benchmarks.clockify.bare_loop import bodies, lists

ROW = b'"timeInterval":'
"""What each time entry has once."""


def main() -> None:
    """Print how many time entries there are."""
    print(sum(body.count(ROW) for query in lists() for body in bodies(*query)))


if __name__ == "__main__":
    main()
