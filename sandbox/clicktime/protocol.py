"""The protocol around the rows: who is let in, what a client accepts, how it is refused."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from sandbox.service import Refused
from sandbox.wire import Chunk, Request, Response

TOKEN = "sandbox-token"  # noqa: S105 - a made-up token
USER_NAME = "clicktime"

_CODES = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    406: "NotAcceptable",
    410: "Gone",
    414: "UriTooLong",
    500: "InternalServerError",
    501: "NotImplemented",
}
_LEVEL = re.compile(r";\s*(?:odata\.)?metadata\s*=\s*(none|minimal|full)", re.IGNORECASE)
_STRINGS = re.compile(r";\s*IEEE754Compatible\s*=\s*true", re.IGNORECASE)


class Refusal(Refused):
    """An error object; the target is the option at fault."""

    def __init__(self, status: int, message: str, target: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.target = target

    def response(self) -> Response:
        error = {"code": _CODES[self.status], "message": self.message, "details": []}
        if self.target is not None:
            error["target"] = self.target
        headers = [("OData-Version", "4.0")]
        if self.status == 401:
            headers.append(("WWW-Authenticate", 'Basic realm="ClickTime", Token'))
        return Response(self.status, (msgspec.json.encode({"error": error}),), headers)


@dataclass
class Format:
    """How the JSON answer to one request is spelled."""

    root: str
    """The service's address as the client knows it, without a slash at the end."""
    version: str = "4.0"
    metadata: Literal["none", "minimal", "full"] = "minimal"
    strings: bool = False
    """Edm.Decimal and Edm.Int64 are strings."""
    headers: list[tuple[str, str]] = field(default_factory=list)

    @property
    def mark(self) -> str:
        """What names of annotations begin with."""
        return "@" if self.version == "4.01" else "@odata."

    def response(self, chunks: Sequence[Chunk]) -> Response:
        content_type = f"application/json;odata.metadata={self.metadata};odata.streaming=true"
        content_type += ";IEEE754Compatible=true" * self.strings
        headers = [("OData-Version", self.version), *self.headers]
        return Response(200, chunks, headers, content_type)


def json_format(request: Request, root: str, version: str) -> Format:
    text = accepted(request, "application/json")
    level = _LEVEL.search(text)
    made = Format(root, version, strings=bool(_STRINGS.search(text)))
    if level:
        made.metadata = msgspec.convert(level[1].lower(), Literal["none", "minimal", "full"])
    return made


def accepted(request: Request, wanted: str) -> str:
    """Return the item of the Accept header that takes a media type; Refusal 406 if none does."""
    header = request.headers.get("accept") or "*/*"
    for item in header.split(","):
        if item.partition(";")[0].strip().lower() in {wanted, "application/*", "*/*"}:
            return item
    raise Refusal(406, f"Nothing of '{header}' can be produced.")


def check_version(request: Request) -> None:
    """Refuse a client that speaks only versions before 4.0."""
    maximum = request.headers.get("odata-maxversion", "4.0")
    if not maximum.startswith("4."):
        raise Refusal(400, f"OData-MaxVersion {maximum} is not supported.")


def check_credentials(request: Request) -> None:
    """Let in who brings the token, by itself or as the password of the user clicktime."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    pair = f"{USER_NAME}:{TOKEN}"
    expected = {"token": TOKEN, "basic": base64.b64encode(pair.encode()).decode()}
    if given.strip() != expected.get(scheme.lower()):
        raise Refusal(401, "Authorization has been denied for this request.")


def check_length(request: Request, limit: int) -> None:
    """Refuse an address of more characters; 0 is no limit."""
    if limit and len(request.target) > limit:
        raise Refusal(414, f"The address is longer than {limit} characters.")
