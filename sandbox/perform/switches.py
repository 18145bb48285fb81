"""How the service behaves where nothing is public: one switch per open question."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Literal, TypeAlias

from sandbox.perform.clips import PROJECTS

Format: TypeAlias = Literal[
    "csv", "array", "fields_values", "values_fields", "wrapped", "jsonlines"
]
Oddity: TypeAlias = Literal[
    "duplicate_headings",
    "blank_headings",
    "short_rows",
    "long_rows",
    "title_line",
    "footer_line",
]
StaleForm: TypeAlias = Literal[
    "text", "sentence", "json", "json_errors", "html", "csv_heading", "csv_row", "json_row", "empty"
]

DATES: TypeAlias = Literal["iso", "dmy", "mdy"]
FORMATS: dict[str, str] = {"iso": "%Y-%m-%d", "dmy": "%d/%m/%Y", "mdy": "%m/%d/%Y"}
"""How a tap is told about each."""


@dataclass
class Form:
    """How one clip answers; the defaults of all clips are set with `World.switch`."""

    format: Format = "csv"
    json_cells: Literal["text", "typed"] = "text"
    """typed writes numbers, of the same digits, and true or false."""
    json_blank: Literal["null", "empty", "absent"] = "null"
    """absent leaves blank cells out of objects."""
    json_ascii: bool = False
    json_indent: bool = False
    r"""ascii writes other characters as \uXXXX; indent puts white space between all tokens."""

    delimiter: Literal[",", ";", "\t", "|"] = ","
    encoding: Literal["utf-8", "utf-8-sig", "utf-16"] = "utf-8"
    line_end: Literal["\r\n", "\n"] = "\r\n"
    last_line_end: bool = True
    quoting: Literal["minimal", "all"] = "minimal"

    content_type: str = "right"
    """right, missing, or the type to state whatever the body is."""
    disposition: bool = False
    """The answer names a file."""

    framing: Literal["length", "chunked", "close"] = "length"
    piece: int = 65_536
    """Bytes of a chunk, and of a write to the socket."""
    gzip: Literal["", "accepted", "always"] = ""
    etag: bool = False
    last_modified: bool = False
    """Either answers 304 to requests that bring it back."""

    oddities: list[Oddity] = field(default_factory=list)
    """Lines that are no rows are CSV's only; surplus cells have no place in objects."""
    body: Literal["", "header_only", "empty", "html"] = ""
    """What is served instead of the rows, with status 200; header_only is an empty table."""
    cut: Literal["", "half", "between_rows"] = ""
    """Where the body breaks off; length or last chunk tell, closing does not."""

    redirect: Literal["", "host"] = ""
    """Where a good answer is fetched: at a signed address of another host (localhost for
    127.0.0.1 and the other way round)."""
    refuse: int = 0
    """A status (403, 404, 429, 503, ...) to answer instead; 0 answers normally."""

    stale: int = 0
    """How many requests find the clip stale; -1 = all. Windows are never stale."""
    stale_status: int = 200
    stale_form: StaleForm = "text"
    stale_retry_after: str = ""


@dataclass
class Switches:
    """What concerns all clips, or a project; the latter by its number."""

    denial: Literal["challenge", "plain", "page"] = "challenge"
    """How wrong credentials are answered: 401 with WWW-Authenticate, 401 without, a
    login page with 200."""
    logins: dict[int, tuple[str, str]] = field(
        default_factory=lambda: dict.fromkeys(PROJECTS, ("sandbox", "sandbox"))
    )
    """User and password."""
    dates: dict[int, DATES] = field(default_factory=lambda: {1: "iso", 2: "mdy"})
    cycle_hours: float = 0
    """How long a backgrounded clip keeps a result by the sandbox's clock; 0 = no time at all."""
    dormant_hours: float = 0
    """After how long without requests a clip is stale anew, by the sandbox's clock; 0 = never."""
    storage: Literal["any", "strict"] = "any"
    """strict refuses requests to signed addresses that carry credentials too."""
    big_rows: int = 0
    """Rows of `big_csv` and `big_json`; 0 = they do not exist."""


FORM_NAMES = frozenset(one.name for one in fields(Form))
