"""JSON of any size: values are decoded one by one out of a sliding window of text."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from taps_common.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Read: TypeAlias = "Callable[[int], str]"
"""Returns that many characters of a body at most, none at its end."""

Decode: TypeAlias = "Callable[[str, int], tuple[Any, int]]"

Name: TypeAlias = "str | tuple[str, int]"
"""A heading of objects, with a number where one object has it more than once."""

CHUNK = 1 << 17
"""Characters that are read at a time."""
LONGEST = 1 << 24
"""Characters that one row, or one cell of CSV, may have."""


class RepeatedNameError(Exception):
    """An object has two members of one name."""


class Number(str):
    """The digits of a number, told from a text."""

    __slots__ = ()


class Pairs(list[tuple[str, Any]]):
    """The members of an object, equal names included."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise RepeatedNameError
    return found


def _decoder(number: type[str], **hooks: Any) -> Decode:  # noqa: ANN401 - json's own
    return json.JSONDecoder(
        parse_float=number, parse_int=number, parse_constant=str, strict=False, **hooks
    ).raw_decode


FAST = _decoder(str)
UNIQUE = _decoder(str, object_pairs_hook=_unique)
EXACT = _decoder(Number, object_pairs_hook=Pairs)
"""Ways to decode: the fastest; one that raises `RepeatedNameError`; one that keeps such members."""

_BLANK = re.compile(r"[ \t\n\r]*")
COMMA = re.compile(r"[ \t\n\r]*,[ \t\n\r]*")
_CLOSED = re.compile(r"[\]}]")
_NEAR_END = 16
"""An error so close to the end of the window may come from the cut alone."""


class Window:
    """The part of a body that is looked at."""

    def __init__(self, read: Read, decode: Decode) -> None:
        self._read = read
        self._decode = decode
        self._ended = False
        self._last = 0
        self.text, self.at = "", 0

    def more(self) -> bool:
        """Move on to what was not read yet and add text; False at the end of the body."""
        rest = self.text[self.at :]
        if len(rest) > LONGEST:
            raise ShapeError(f"The JSON holds a row of more than {LONGEST:,} characters.")
        piece = "" if self._ended else self._read(max(CHUNK, len(rest)))
        self._ended = not piece
        if piece:
            self.text, self.at = rest + piece, 0
        return bool(piece)

    def peek(self) -> str:
        """Skip blanks and return the next character, nothing at the end of the body."""
        while True:
            self.at = _BLANK.match(self.text, self.at).end()  # type: ignore[union-attr]  # fits anywhere
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""

    def skip(self, wanted: str) -> str:
        """Skip one of the wanted characters and return it."""
        found = self.peek()
        if found not in wanted or not found:
            self.fail(cut=not found)
        self.at += 1
        return found

    def value(self) -> Any:  # noqa: ANN401 - any JSON value
        """Return the value that begins here."""
        while True:
            try:
                found, end = self._decode(self.text, self.at)
            except json.JSONDecodeError as error:
                short = error.msg.startswith("Unterminated")
                short = short or error.pos > len(self.text) - _NEAR_END
                if not (short and self.more()):
                    self.fail(cut=short and not _CLOSED.search(self.text, error.pos))
            except RecursionError:
                raise ShapeError("The JSON is nested too deeply for a table.") from None
            else:
                if end + 3 > len(self.text) and self.more():  # a number may go on
                    continue
                self._last, self.at = self.at, end
                return found

    def complete(self) -> bool:
        """Skip the value that begins here if its end is in sight."""
        try:
            self.at = self._decode(self.text, self.at)[1]
        except (json.JSONDecodeError, RecursionError):
            return False
        return True

    def again(self) -> Any:  # noqa: ANN401 - any JSON value
        """Return the last value anew with its numbers marked and all of its members."""
        return EXACT(self.text, self._last)[0]

    def elements(self) -> Iterator[Any]:
        """Read the array that begins here."""
        self.skip("[")
        if self.peek() == "]":
            self.at += 1
            return
        while True:
            yield self.value()
            found = COMMA.match(self.text, self.at)
            if found and found.end() < len(self.text):
                self.at = found.end()
            elif self.skip(",]") == "]":
                return
            else:
                self.peek()

    def skip_array(self) -> None:
        """Skip the array that begins here."""
        for _ in self.elements():
            pass

    def members(self) -> Iterator[str]:
        """Yield the names of the object that begins here, each time before its value."""
        self.skip("{")
        mark = self.skip("}") if self.peek() == "}" else ","
        while mark == ",":
            if self.peek() not in {'"', ""}:
                self.fail(cut=False)
            name = self.value()
            self.skip(":")
            self.peek()
            yield name
            mark = self.skip(",}")

    def lines(self) -> Iterator[Any]:
        """Read values up to the end of the body."""
        while self.peek():
            yield self.value()

    def end(self) -> None:
        """Make sure that nothing follows."""
        if self.peek():
            raise ShapeError("The body goes on after the end of the JSON.")

    def fail(self, *, cut: bool) -> NoReturn:
        """Refuse what is here."""
        if cut:
            raise ShapeError("The JSON breaks off before its end: the body is not complete.")
        raise ShapeError("The body begins as JSON does but is not valid JSON.")


def kind_of(value: object) -> str:
    """Return what JSON calls a value's type, in words of a sentence."""
    return _KINDS.get(type(value), "a text or number")


_KINDS = {
    dict: "an object",
    Pairs: "an object",
    list: "a list",
    bool: "a truth value",
    type(None): "null",
}
