"""`$filter`: an expression becomes a test of rows; what is unknown (null) does not pass.

Operators and keywords are spelled in lower case, literals as OData 4.0 has them. `not`, functions
and arithmetic are not offered (501).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from sandbox.clicktime.edm import (
    CUSTOM_FIELDS,
    ENUMS,
    Comparable,
    EntityType,
    Row,
    day,
    ticks,
    time_of_day,
)
from sandbox.clicktime.protocol import Refusal

Getter: TypeAlias = Callable[[Row], Comparable | None]
Test: TypeAlias = Callable[[Row], bool]

_ORDERINGS: dict[str, Callable[[Comparable, Comparable], object]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_COMPARISONS = frozenset({"eq", "ne", *_ORDERINGS})
_NOT_OFFERED = frozenset({"in", "has", "add", "sub", "mul", "div", "divby", "mod", "any", "all"})

_TIME = r"\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?"
_TOKENS = {
    "enum": r"(?:[^\W\d]\w*\.)+[^\W\d]\w*'[^']*'",
    "string": r"'(?:[^']|'')*'",
    "instant": rf"\d{{4}}-\d\d-\d\dT{_TIME}(?:Z|[+-]\d\d:\d\d)(?!\w)",
    "date": r"\d{4}-\d\d-\d\d(?!\w)",
    "time": rf"{_TIME}(?!\w)",
    "number": r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])|-?INF(?!\w)|NaN(?!\w)",
    "operator": rf"[ \t]+(?:{'|'.join(sorted({'or', 'and'} | _COMPARISONS | _NOT_OFFERED))})[ \t]+",
    "call": r"not[ \t]|[^\W\d]\w*\(",
    "word": r"[^\W\d]\w*(?:/[^\W\d]\w*)*",
    "open": r"\([ \t]*",
    "close": r"[ \t]*\)",
}
_TOKEN = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _TOKENS.items()))

_LITERALS: dict[str, Callable[[str], Comparable | None]] = {
    "string": lambda text: text[1:-1].replace("''", "'"),
    "number": lambda t: None if t == "NaN" else Decimal(t.replace("INF", "Infinity")),
    "instant": ticks,
    "date": day,
    "time": time_of_day,
}
"""How a constant is read; NaN compares as null does."""

_KEYWORDS = {"null": ("null", None), "true": ("boolean", True), "false": ("boolean", False)}


@dataclass(frozen=True)
class Filter:
    """A checked filter; equal texts are equal filters."""

    text: str
    names: frozenset[str] = field(compare=False)
    """The properties it looks at."""
    test: Test = field(compare=False)


@dataclass(frozen=True)
class _Operand:
    kind: str
    """string, number, date, ..., the name of an enumeration, or null."""
    get: Getter
    constant: bool = False


def compile_filter(text: str, entity: EntityType) -> Filter:
    """Check a filter against a type; Refusal 400 where it is wrong, 501 where it asks too much."""
    reader = _Reader(text.strip(" \t"), entity)
    test = _test(reader.disjunction())
    if reader.kind != "end":
        raise reader.wrong()
    return Filter(text, frozenset(reader.names), test)


class _Reader:
    """Reads one expression from left to right."""

    def __init__(self, text: str, entity: EntityType) -> None:
        self.text = text
        self.entity = entity
        self.names: set[str] = set()
        self._position = self._end = 0
        self.kind = self.token = ""
        self._advance()

    def wrong(self) -> Refusal:
        message = f"Syntax error at position {self._position} in '{self.text}'."
        return Refusal(400, message, "$filter")

    def _advance(self) -> str:
        """Step to the next token; return the one that was passed."""
        passed, self._position = self.token, self._end
        if self._end == len(self.text):
            self.kind, self.token = "end", ""
            return passed
        match = _TOKEN.match(self.text, self._end)
        if match is None:
            raise self.wrong()
        self.kind, self.token, self._end = str(match.lastgroup), match[0].strip(), match.end()
        return passed

    def _operator(self, *wanted: str) -> str | None:
        if self.kind == "operator" and self.token in _NOT_OFFERED:
            raise Refusal(501, f"The operator '{self.token}' is not implemented.", "$filter")
        return self._advance() if self.kind == "operator" and self.token in wanted else None

    def disjunction(self) -> _Operand:
        return self._joined("or", lambda: self._joined("and", self._comparison))

    def _joined(self, name: str, operand: Callable[[], _Operand]) -> _Operand:
        operands = [operand()]
        while self._operator(name):
            operands.append(operand())
        if len(operands) == 1:
            return operands[0]
        tests, decide = list(map(_test, operands)), any if name == "or" else all
        return _Operand("boolean", lambda row: decide(test(row) for test in tests))

    def _comparison(self) -> _Operand:
        left = self._term()
        name = self._operator(*_COMPARISONS)
        return left if name is None else _Operand("boolean", _compared(name, left, self._term()))

    def _term(self) -> _Operand:
        """Read brackets, a name or a constant."""
        kind, text = self.kind, self._advance()
        if kind == "call":
            raise Refusal(501, f"'{text}' is not implemented.", "$filter")
        if kind == "open":
            inner = self.disjunction()
            if self.kind != "close":
                raise self.wrong()
            self._advance()
            return inner
        if kind == "word":
            return _constant(*_KEYWORDS[text]) if text in _KEYWORDS else self._path(text.split("/"))
        if kind == "enum":
            name, member, _ = text.split("'")
            return _constant(name.rpartition(".")[2], member)
        try:
            return _constant(kind, _LITERALS[kind](text))
        except (KeyError, ValueError, ArithmeticError):
            raise self.wrong() from None

    def _path(self, names: list[str]) -> _Operand:
        """Read a property; of CustomFields only whether it is null can be asked."""
        name, *keys = names
        found = self.entity.find(name)
        if found is None or keys:
            message = f"Could not find '{'/'.join(names)}' on type '{self.entity.name}'."
            raise Refusal(400, message, "$filter")
        self.names.add(name)
        if found.type == CUSTOM_FIELDS:
            return _Operand(found.type, lambda row: None if row[name] is None else True)
        return _Operand(found.kind, found.comparable)


def _constant(kind: str, value: Comparable | None) -> _Operand:
    return _Operand(kind, lambda _row: value, constant=True)


def _test(operand: _Operand) -> Test:
    if operand.kind not in {"boolean", "null"}:
        raise Refusal(400, "The filter expression must be a boolean value.", "$filter")
    return lambda row: operand.get(row) is True


def _compared(name: str, left: _Operand, right: _Operand) -> Test:
    left, right = _member_of_enum(left, right), _member_of_enum(right, left)
    kinds = {left.kind, right.kind}
    if len(kinds - {"null"}) > 1 or (CUSTOM_FIELDS in kinds and "null" not in kinds):
        shown = f"'{left.kind}' and '{right.kind}' for operator kind '{name}'"
        raise Refusal(400, f"Incompatible types were detected: {shown}.", "$filter")
    get_left, get_right = left.get, right.get
    if name in {"eq", "ne"}:
        wanted = name == "eq"
        return lambda row: (get_left(row) == get_right(row)) is wanted
    compare = _ORDERINGS[name]

    def test(row: Row) -> bool:
        one, other = get_left(row), get_right(row)
        if one is None or other is None:
            return False
        return bool(compare(one, other))

    return test


def _member_of_enum(operand: _Operand, other: _Operand) -> _Operand:
    """Turn a member's name, with or without its type, into the member's place."""
    if not operand.constant or operand.kind not in {other.kind, "string"}:
        return operand
    members = ENUMS.get(other.kind)
    if members is None:
        return operand
    name = operand.get({})
    if name not in members:
        raise Refusal(400, f"'{name}' is not a member of {other.kind}.", "$filter")
    return _constant(other.kind, members.index(str(name)))
