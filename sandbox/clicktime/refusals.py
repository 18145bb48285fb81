"""Who is let in, and how the facade refuses: the error object of the OData JSON format."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

import msgspec

from sandbox.wire import Response

if TYPE_CHECKING:
    from sandbox.wire import Request

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
    415: "UnsupportedMediaType",
    501: "NotImplemented",
}


class Refusal(Exception):  # noqa: N818 - an answer, not an error
    """A request that is answered with an error body."""

    def __init__(self, status: int, message: str, target: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.target = target

    def response(self) -> Response:
        """Return the error as an OData error object."""
        error = {"code": _CODES[self.status], "message": self.message, "details": []}
        if self.target is not None:
            error["target"] = self.target
        headers = [("OData-Version", "4.0")]
        if self.status == 401:
            headers.append(("WWW-Authenticate", 'Basic realm="ClickTime", Token'))
        return Response(self.status, (msgspec.json.encode({"error": error}),), headers)


def check_credentials(request: Request) -> None:
    """Let in who brings the token, by itself or as the password of the user clicktime."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    given = given.strip()
    if scheme.lower() == "token" and given == TOKEN:
        return
    if scheme.lower() == "basic" and _decoded(given) == f"{USER_NAME}:{TOKEN}":
        return
    raise Refusal(401, "Authorization has been denied for this request.")


def _decoded(text: str) -> str | None:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
