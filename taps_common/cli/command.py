"""The command line: the SDK's, `--check`, `--reconcile`, and sentences instead of tracebacks."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from importlib.metadata import metadata
from inspect import cleandoc
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar

import click
import msgspec
from click.exceptions import Exit
from singer_sdk.about import AboutInfo, TextFormatter
from singer_sdk.exceptions import ConfigValidationError, MappingError
from singer_sdk.plugin_base import SingerCommand

from taps_common.cli.given import as_sentence, check, json_file
from taps_common.cli.logs import keep_discreet
from taps_common.errors import Kind, SentenceError, TapError, coded
from taps_common.sdk import SdkTap, writing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typing_extensions import Self


EXIT_CODES = {
    Kind.QUOTA: 75,  # EX_TEMPFAIL
    Kind.AUTH: 77,  # EX_NOPERM
    Kind.PLAN: 77,
}
"""What a scheduler can act on, as `sysexits.h` has it; everything else is 1."""


class RunFailedError(click.ClickException):
    """A run that left something out.

    Args:
        text: its last lines, codes included.
        kind: what a person has to do; it decides the exit code, which is 1 for most.
    """

    def __init__(self, text: str, kind: Kind) -> None:
        super().__init__(text)
        self.exit_code = EXIT_CODES.get(kind, 1)  # type: ignore[misc]  # click asks the error

    @classmethod
    def of(cls, tap: str, kind: Kind, text: object) -> Self:
        """Return the error for one sentence, which gets its code here."""
        return cls(coded(tap, kind, text), kind)


@contextmanager
def one_sentence(tap: str) -> Iterator[None]:
    """Turn what is meant for a person into the command's last line, without a traceback."""
    try:
        yield
    except SentenceError as error:
        raise RunFailedError.of(tap, error.kind, error) from error
    except MappingError as error:  # quotes the settings at most
        raise RunFailedError.of(tap, Kind.SETTING, f"stream_maps: {error}") from error


@contextmanager
def settings_that_work() -> Iterator[None]:
    """Turn settings that cannot work into the command's last lines, a sentence each."""
    try:
        yield
    except ConfigValidationError as error:
        raise RunFailedError("\n".join(error.errors), Kind.SETTING) from error


class DescribedText(TextFormatter, format_name="text"):
    """The text of `--about` with what each setting does; being declared puts it in its place."""

    def format_about(self, about_info: AboutInfo) -> str:
        """Return the SDK's text, and after each setting its default and description."""
        text = super().format_about(about_info)
        for name, schema in about_info.settings["properties"].items():
            variable = f"    Environment Variable: {about_info.env_var_prefix}{name.upper()}\n"
            default = (
                f"    Default: {json.dumps(schema['default'])}\n" if "default" in schema else ""
            )
            described = f"    Description: {schema.get('description', '')}\n"
            text = text.replace(variable, f"{variable}{default}{described}")
        return text


def _help(tap: type[SdkTap]) -> str:
    """Return what `--help` begins with: the service, what is read of it, and where the docs are."""
    urls = dict(
        one.split(", ", 1) for one in metadata("timecost-taps").get_all("Project-URL") or ()
    )
    docs, service = urls.get("Documentation", "docs"), tap.name.removeprefix("tap-")
    return f"{cleandoc(tap.__doc__ or '')}\n\n\b\nDocumentation: {docs}/{service}/"


class CommandTap(SdkTap):
    """A tap with a command line.

    Attributes:
        discovers_first: whether `--check` needs the tables; what cannot be discovered ends it. It
            then speaks of those that a catalog selects.
        is_check: whether this is `--check`: then no quota is waited for.
    """

    discovers_first: ClassVar[bool] = True

    def __init__(self, *, is_check: bool = False, **options: Any) -> None:  # noqa: ANN401 - the SDK's own
        self.is_check = is_check  # the SDK may discover at once
        super().__init__(**options)

    def check(self) -> Iterator[str]:
        """Return the lines of `--check`: who the key is, what it sees, what a run will cost."""
        raise NotImplementedError

    def reconcile(self) -> Iterator[str]:
        """Return the lines of `--reconcile`: where the service has more or less than is read.

        Raises:
            TapError: somewhere it has, or it cannot be compared.
        """
        raise NotImplementedError

    @property
    def catalog_json_text(self) -> str:
        """The catalog as indented JSON; the SDK's own way takes 20 times as long."""
        return msgspec.json.format(msgspec.json.encode(self.catalog_dict), indent=2).decode()

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """Return the command line: the SDK's, `--check` and `--reconcile`."""
        command = super().get_singer_command()
        assert isinstance(command, SingerCommand)  # noqa: S101 - narrows the type, cannot fail
        keep_discreet(cls.logger)
        command.help = _help(cls)
        command.excepthook = sys.excepthook  # type: ignore[assignment]  # or it takes that back
        for option in command.params:
            if option.name in {"catalog", "state"}:
                option.type, option.metavar = click.STRING, "FILE"
        command.params += [
            click.Option(
                ["--check"],
                is_flag=True,
                help="Verify credentials and reach, and say what a run will read and cost.",
            ),
            click.Option(
                ["--reconcile"],
                is_flag=True,
                help="Read once and print where that differs from what the service adds up.",
            ),
        ]
        return command

    @classmethod
    def invoke(cls, *, check: bool = False, reconcile: bool = False, **options: Any) -> None:  # noqa: ANN401 - the SDK's own
        """Run the tap, or `--check` or `--reconcile`, which end with a run's codes."""
        if reconcile:
            cls.print_lines(options, lambda tap: tap.reconcile(), runs=True)
        elif check:
            cls.print_lines(options, lambda tap: tap.check())
        else:
            for name in ("state", "catalog"):
                options[name] = cls._file(name, options.get(name))
            with one_sentence(cls.name), settings_that_work():
                super().invoke(**options)

    @classmethod
    def print_lines(
        cls,
        options: dict[str, Any],
        of: Callable[[Self], Iterator[str]],
        mark: str = "",
        *,
        runs: bool = False,
    ) -> None:
        """Print what a tap has to say to a person; end with a run's code if it cannot.

        Args:
            options: the options of the command.
            of: returns the lines.
            mark: stands before the sentence that it ends with.
            runs: whether that takes a run, so that the tables are needed and a quota is waited for.
        """
        given = options["config"]
        discovers = runs or cls.discovers_first
        chosen = options.get("catalog") if discovers else None
        file = cls._file("catalog", chosen)
        try:
            with settings_that_work():
                tap = cls(
                    config=given.config,
                    catalog=file and json.load(file),
                    parse_env_config=given.parse_env,
                    setup_mapper=discovers,  # the SDK does so to know the tables
                    is_check=not runs,
                )
            for line in of(tap):
                cls._print(line)
        except TapError as error:
            cls._print(mark + coded(cls.name, error.kind, error))
            sys.exit(EXIT_CODES.get(error.kind, 1))

    @classmethod
    def _file(cls, option: str, name: str | None) -> IO[str] | None:
        """Return the content of the file of `--catalog` or `--state`, if one was named.

        It is closed by then: a discovery that fails ends the command without closing anything.

        Raises:
            UsageError: it cannot be opened or used.
        """
        if name is None:
            return None
        with as_sentence(option, name, cls.name), click.open_file(name, encoding="utf-8") as file:
            return json_file(option, file, cls.name, cls._settings())

    @classmethod
    def _settings(cls) -> list[str]:
        return [*cls.config_jsonschema["properties"]]

    @classmethod
    def _print(cls, line: str) -> None:
        with one_sentence(cls.name), writing():
            click.echo(line)

    @classmethod
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> Any:  # noqa: ANN401 - the SDK's own
        """Read the config files, or the environment where none is named.

        A file that cannot be read ends the command with a sentence.
        """
        for name in value:
            if name != "ENV":
                with as_sentence("config", name, cls.name):
                    check("config", Path(name).read_text(encoding="utf-8"), cls._settings())
        return super().cb_config(ctx, param, value or ("ENV",))

    @classmethod
    def cb_discover(cls, ctx: click.Context, param: click.Option, value: bool) -> None:  # noqa: ARG003, FBT001 - the SDK's own
        """Run `--discover`; what cannot be read ends it with a sentence."""
        if not value:
            return
        given = ctx.params["config"]
        with one_sentence(cls.name), settings_that_work(), writing():
            tap = cls(
                config=given.config,
                parse_env_config=given.parse_env,
                validate_config=cls.dynamic_catalog,
                setup_mapper=False,
            )
            tap.run_discovery()
        ctx.exit()

    @classmethod
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """Run `--test`, and say when it ended well; otherwise a sentence says why not."""
        with one_sentence(cls.name), settings_that_work():
            try:
                super().cb_test(ctx, param, value)
            except Exit:
                cls.logger.info("--test ended well.")
                raise
