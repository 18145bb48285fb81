"""`python -m tap_clockify`."""

from tap_clockify.tap import TapClockify

TapClockify.cli()
