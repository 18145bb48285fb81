"""What a client accepts, and the headers of what it gets."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from sandbox.clicktime.refusals import Refusal
from sandbox.wire import Response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.wire import Chunk, Request

Metadata = Literal["none", "minimal", "full"]

_LEVEL = re.compile(r";\s*(?:odata\.)?metadata\s*=\s*(none|minimal|full)", re.IGNORECASE)
_STRINGS = re.compile(r";\s*IEEE754Compatible\s*=\s*true", re.IGNORECASE)
_LEVELS: dict[str, Metadata] = {"none": "none", "minimal": "minimal", "full": "full"}


@dataclass
class Format:
    """How the answer to one request is spelled."""

    root: str
    """The service's address as the client knows it, without a slash at the end."""
    metadata: Metadata = "minimal"
    strings: bool = False
    """Whether the client takes Edm.Decimal and Edm.Int64 as strings."""
    version: str = "4.0"
    headers: list[tuple[str, str]] = field(default_factory=list)

    def response(self, chunks: Sequence[Chunk], *, strings: bool = False) -> Response:
        """Answer JSON."""
        content_type = f"application/json;odata.metadata={self.metadata};odata.streaming=true"
        if strings:
            content_type += ";IEEE754Compatible=true"
        headers = [("OData-Version", self.version), *self.headers]
        return Response(200, chunks, headers, content_type)


def json_format(request: Request, options: dict[str, str], root: str, version: str) -> Format:
    """Settle the format of a JSON answer; `$format` outweighs the Accept header."""
    asked = options.get("$format")
    if asked is not None:
        if not re.match(r"(json|application/json)\s*(;|$)", asked, re.IGNORECASE):
            raise Refusal(415, f"The format '{asked}' is not supported.", "$format")
        text = asked
    else:
        text = _accepted(request, ("application/json", "application/*", "*/*"))
    level = _LEVEL.search(text)
    return Format(
        root,
        _LEVELS[level[1].lower()] if level else "minimal",
        strings=bool(_STRINGS.search(text)),
        version=version,
    )


def check_accepts_xml(request: Request) -> None:
    """Refuse a client that does not take XML."""
    _accepted(request, ("application/xml", "application/*", "*/*"))


def check_version(request: Request) -> None:
    """Refuse a client that speaks only versions before 4.0."""
    maximum = request.headers.get("odata-maxversion", "4.0")
    if not maximum.startswith("4."):
        raise Refusal(400, f"OData-MaxVersion {maximum} is not supported.")


def _accepted(request: Request, wanted: Sequence[str]) -> str:
    """Return the item of the Accept header that names one of the media types."""
    header = request.headers.get("accept") or "*/*"
    for item in header.split(","):
        if item.partition(";")[0].strip().lower() in wanted:
            return item
    raise Refusal(406, f"Nothing of '{header}' can be produced.")
