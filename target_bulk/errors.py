"""What ends a load, in one sentence without values of the data."""

from __future__ import annotations

import click


class LoadError(click.ClickException):
    """What cannot be loaded; the text is the command's last line, the exit code 1."""
