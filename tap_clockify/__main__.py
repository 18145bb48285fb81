"""`tap-clockify`, which is also `python -m tap_clockify`."""

from __future__ import annotations

from taps_common.cli.start import importing, tells_version


def main() -> None:
    """Run the command."""
    if tells_version("tap-clockify"):
        return
    with importing():
        from tap_clockify.tap import TapClockify  # noqa: PLC0415 - takes half a second
    TapClockify.cli()


if __name__ == "__main__":
    main()
