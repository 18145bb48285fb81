"""`tap-clockify`, which is also `python -m tap_clockify`."""

from __future__ import annotations

from taps_common.cli.start import run


def main() -> None:
    """Run the command."""
    run("tap_clockify.tap:TapClockify")


if __name__ == "__main__":
    main()
