"""What ends a load, in one sentence without values of the data."""

from __future__ import annotations

import click
from singer_sdk.exceptions import MissingKeyPropertiesError, RecordsWithoutSchemaException


class LoadError(click.ClickException):
    """What cannot be loaded; the text is the command's last line, the exit code 1."""


class RefusedError(LoadError):
    """A database refused what it got, and does not say why without values of it."""


class UnknownStreamError(LoadError, RecordsWithoutSchemaException):
    """A record without a SCHEMA before it."""


class MissingKeyError(LoadError, MissingKeyPropertiesError):
    """A record without its key."""
