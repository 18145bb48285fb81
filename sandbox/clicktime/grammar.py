"""The grammar of `$filter`: a text becomes a tree of comparisons.

Operators and keywords are spelled in lower case, literals as OData 4.0 has them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from sandbox.clicktime.edm import is_date, ticks, time_of_day
from sandbox.clicktime.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.clicktime.edm import Comparable

_PARTS = (
    ("enum", r"(?:[^\W\d]\w*\.)+[^\W\d]\w*'[^']*'"),
    ("duration", r"duration'[^']*'"),
    ("string", r"'(?:[^']|'')*'"),
    ("guid", r"[\da-fA-F]{8}-(?:[\da-fA-F]{4}-){3}[\da-fA-F]{12}(?!\w)"),
    ("instant", r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?(?:Z|[+-]\d\d:\d\d)(?!\w)"),
    ("date", r"\d{4}-\d\d-\d\d(?!\w)"),
    ("time", r"\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?(?!\w)"),
    ("number", r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])|-?INF(?!\w)|NaN(?!\w)"),
    ("word", r"[^\W\d]\w*(?:/[^\W\d]\w*)*"),
    ("open", r"\("),
    ("close", r"\)"),
    ("comma", r","),
    ("space", r"[ \t]+"),
)
_TOKEN = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _PARTS))

COMPARISONS = frozenset({"eq", "ne", "gt", "ge", "lt", "le"})
_NOT_OFFERED = frozenset({"in", "has", "add", "sub", "mul", "div", "divby", "mod", "any", "all"})


class Token(NamedTuple):
    """A piece of the text and where it begins."""

    kind: str
    text: str
    start: int


@dataclass(frozen=True)
class Literal:
    """A constant; its kind says what it can be compared with. NaN compares as null does."""

    kind: str
    value: Comparable | None


@dataclass(frozen=True)
class Path:
    """A property, or a member of one: CustomFields/Region."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Operation:
    """An operator with what it applies to; `not` has one operand."""

    operator: str
    operands: tuple[Node, ...]


Node: TypeAlias = "Literal | Path | Operation"


def parse(text: str) -> Node:
    """Parse an expression; Refusal 400 where it is wrong, 501 where it asks for too much."""
    reader = _Reader(text)
    node = reader.disjunction()
    if reader.token.kind != "end":
        raise reader.wrong()
    return node


class _Reader:
    """Reads one expression from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = _tokens(text)
        self._next = 0
        self.skip_spaces()

    @property
    def token(self) -> Token:
        return self._tokens[self._next]

    def wrong(self) -> Refusal:
        at = self.token
        return Refusal(400, f"Syntax error at position {at.start} in '{self.text}'.", "$filter")

    def take(self) -> Token:
        token = self.token
        self._next += 1
        return token

    def skip_spaces(self) -> bool:
        skipped = self.token.kind == "space"
        self._next += skipped
        return skipped

    def operator(self, wanted: frozenset[str]) -> str | None:
        """Take an operator that stands between spaces, or nothing."""
        token = self._tokens[self._next + (self.token.kind == "space")]
        if token.kind != "word" or token.text not in wanted | _NOT_OFFERED:
            return None
        if not self.skip_spaces():
            raise self.wrong()
        self.take()
        if token.text in _NOT_OFFERED:
            raise Refusal(501, f"The operator '{token.text}' is not implemented.", "$filter")
        if not self.skip_spaces():
            raise self.wrong()
        return token.text

    def disjunction(self) -> Node:
        """Read operands joined by `or`, each of them joined by `and`, and the spaces behind."""
        node = self._joined("or", lambda: self._joined("and", self.comparison))
        self.skip_spaces()
        return node

    def _joined(self, operator: str, operand: Callable[[], Node]) -> Node:
        operands = [operand()]
        while self.operator(frozenset({operator})):
            operands.append(operand())
        return operands[0] if len(operands) == 1 else Operation(operator, tuple(operands))

    def comparison(self) -> Node:
        left = self.unary()
        operator = self.operator(COMPARISONS)
        return left if operator is None else Operation(operator, (left, self.unary()))

    def unary(self) -> Node:
        """Read `not`, which binds tighter than a comparison, or a single term."""
        token = self.take()
        if token.kind == "word" and token.text == "not":
            if not self.skip_spaces() and self.token.kind != "open":
                raise self.wrong()
            return Operation("not", (self.unary(),))
        if token.kind == "open":
            self.skip_spaces()
            node = self.disjunction()
            if self.token.kind != "close":
                raise self.wrong()
            self.take()
            return node
        self._next -= 1
        return self.term()

    def term(self) -> Node:
        token = self.token
        if token.kind == "word":
            self.take()
            if self.token.kind == "open":
                raise Refusal(501, f"The function '{token.text}' is not implemented.", "$filter")
            return _KEYWORDS.get(token.text) or Path(tuple(token.text.split("/")))
        if token.kind not in {"enum", *_VALUES}:
            raise self.wrong()
        try:
            literal = _literal(token)
        except (ValueError, ArithmeticError):
            raise self.wrong() from None
        self.take()
        return literal


_KEYWORDS: dict[str, Node] = {
    "null": Literal("null", None),
    "true": Literal("boolean", value=True),
    "false": Literal("boolean", value=False),
}


def _literal(token: Token) -> Literal:
    """Read a constant; ValueError or ArithmeticError where it only looks like one."""
    kind, text = token.kind, token.text
    if kind == "enum":
        name, member, _ = text.split("'")
        return Literal(name.rpartition(".")[2], member)
    return Literal(kind, _VALUES[kind](text))


def _string(text: str) -> str:
    return text[1:-1].replace("''", "'")


def _number(text: str) -> Decimal | None:
    return None if text == "NaN" else Decimal(text.replace("INF", "Infinity"))


def _date(text: str) -> str:
    if not is_date(text):
        raise ValueError(text)
    return text


_VALUES: dict[str, Callable[[str], Comparable | None]] = {
    "string": _string,
    "number": _number,
    "instant": ticks,
    "date": _date,
    "time": time_of_day,
    "guid": str,
    "duration": str,
}


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            message = f"Syntax error at position {position} in '{text}'."
            raise Refusal(400, message, "$filter")
        tokens.append(Token(str(match.lastgroup), match[0], position))
        position = match.end()
    return [*tokens, Token("end", "", position), Token("end", "", position)]
