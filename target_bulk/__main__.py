"""`target-bulk`, which is also `python -m target_bulk`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command."""
    try:
        from target_bulk.target import TargetBulk  # noqa: PLC0415 - its libraries are optional
    except ModuleNotFoundError as error:
        sys.exit(
            f"{error.name} is missing: pip install '.[bulk]' in a clone of timecost-taps, or "
            "have Meltano install target-bulk (docs/bulk.md)."
        )
    TargetBulk.cli()


if __name__ == "__main__":
    main()
