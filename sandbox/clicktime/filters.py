"""`$filter` over rows: names and types are checked first, then each row is true, false or null."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from sandbox.clicktime.edm import CUSTOM_FIELDS, ENUMS
from sandbox.clicktime.grammar import COMPARISONS, Literal, Operation, Path, parse
from sandbox.clicktime.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.clicktime.edm import Comparable, EntityType, Row
    from sandbox.clicktime.grammar import Node

    Getter: TypeAlias = Callable[[Row], Comparable | None]
    Test: TypeAlias = Callable[[Row], bool | None]


@dataclass(frozen=True)
class Filter:
    """A checked filter."""

    text: str
    names: frozenset[str]
    """The properties it looks at."""
    test: Test


@dataclass(frozen=True)
class _Operand:
    kind: str
    """string, number, date, ..., the name of an enumeration, null, or any (a free key)."""
    get: Getter
    constant: bool = False


def compile_filter(text: str, entity: EntityType) -> Filter:
    """Check a filter against a type; Refusal 400 if it does not fit."""
    compiler = _Compiler(entity)
    test = compiler.test(parse(text))
    return Filter(text, frozenset(compiler.names), test)


class _Compiler:
    """Turns a tree into functions of a row."""

    def __init__(self, entity: EntityType) -> None:
        self.entity = entity
        self.names: set[str] = set()

    def test(self, node: Node) -> Test:
        if not isinstance(node, Operation):
            return self._truth(node)
        if node.operator in COMPARISONS:
            left, right = (self._operand(one) for one in node.operands)
            return _comparison(node.operator, left, right)
        tests = [self.test(one) for one in node.operands]
        if node.operator == "not":
            return _negation(tests[0])
        return _junction(tests, decisive=node.operator == "or")

    def _truth(self, node: Literal | Path) -> Test:
        operand = self._operand(node)
        if operand.kind not in {"boolean", "any", "null"}:
            raise Refusal(400, "The filter expression must be a boolean value.", "$filter")

        def test(row: Row) -> bool | None:
            value = operand.get(row)
            return value if isinstance(value, bool) else None

        return test

    def _operand(self, node: Node) -> _Operand:
        if isinstance(node, Operation):
            return _Operand("boolean", self.test(node))
        if isinstance(node, Literal):
            value = node.value
            return _Operand(node.kind, lambda _row: value, constant=True)
        return self._member(node) if len(node.names) > 1 else self._property(node.names[0])

    def _property(self, name: str) -> _Operand:
        found = self.entity.find(name)
        if found is None:
            message = f"Could not find a property named '{name}' on type '{self.entity.name}'."
            raise Refusal(400, message, "$filter")
        self.names.add(name)
        if found.type == CUSTOM_FIELDS:
            return _Operand(found.type, lambda row: None if row[name] is None else True)
        return _Operand(found.kind, found.comparable)

    def _member(self, path: Path) -> _Operand:
        """Read a free key; those that a row lacks are null."""
        first, *rest = path.names
        found = self.entity.find(first)
        if found is None or found.type != CUSTOM_FIELDS or len(rest) > 1:
            message = f"Could not find the path '{'/'.join(path.names)}'."
            raise Refusal(400, message, "$filter")
        self.names.add(first)

        def get(row: Row) -> Comparable | None:
            fields = row[first]
            value = fields.get(rest[0]) if isinstance(fields, dict) else None
            return value if isinstance(value, (str, bool, int, float)) else None

        return _Operand("any", get)


def _comparison(name: str, left: _Operand, right: _Operand) -> Test:
    left, right = _member_of_enum(left, right), _member_of_enum(right, left)
    kinds = {left.kind, right.kind}
    if len(kinds - {"null", "any"}) > 1 or (CUSTOM_FIELDS in kinds and "null" not in kinds):
        shown = f"'{left.kind}' and '{right.kind}' for operator kind '{name}'"
        raise Refusal(400, f"Incompatible types were detected: {shown}.", "$filter")
    get_left, get_right = left.get, right.get
    if name in {"eq", "ne"}:
        wanted = name == "eq"
        return lambda row: _equal(get_left(row), get_right(row)) is wanted
    compare = _ORDERINGS[name]

    def test(row: Row) -> bool:
        one, other = get_left(row), get_right(row)
        if one is None or other is None or not _alike(one, other):
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
    place = members.index(str(name))
    return _Operand(other.kind, lambda _row: place)


def _alike(one: Comparable, other: Comparable) -> bool:
    """Tell whether two values can be compared; a free key's value can be anything."""
    return _family(one) is _family(other)


def _family(value: Comparable) -> type:
    if isinstance(value, bool):
        return bool
    return str if isinstance(value, str) else Decimal


def _equal(one: Comparable | None, other: Comparable | None) -> bool:
    if one is None or other is None:
        return one is other
    return _alike(one, other) and one == other


_ORDERINGS: dict[str, Callable[[Comparable, Comparable], object]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}


def _negation(test: Test) -> Test:
    def negated(row: Row) -> bool | None:
        value = test(row)
        return None if value is None else not value

    return negated


def _junction(tests: Sequence[Test], *, decisive: bool) -> Test:
    """Join tests by `or` (True decides) or by `and` (False decides)."""

    def joined(row: Row) -> bool | None:
        unknown = False
        for test in tests:
            value = test(row)
            if value is decisive:
                return decisive
            unknown = unknown or value is None
        return None if unknown else not decisive

    return joined
