"""Frozen records to plain JSON-able data and back, by their type hints; strict, so that drift is noticed.

A codec is compiled once per type. Fields that equal their default are left out; a union of records is told apart by
the class name under `type`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from hawatch.errors import DecodeError

TAG = "type"
T = TypeVar("T")
_Encode = Callable[[Any], Any]
_Decode = Callable[[object], Any]
_Record = type[Any]


@dataclass(frozen=True, slots=True)
class Codec(Generic[T]):
    """One type's way to plain data (`encode`) and back (`decode`, which raises DecodeError naming the path)."""

    encode: Callable[[T], Any]
    decode: Callable[[object], T]


@cache
def codec(hint: Any) -> Codec[Any]:
    """The codec of a type: a frozen dataclass, a union of them, or what their fields may hold.

    Those are bool, int, float, str, enums, tuples, frozensets, dicts by string, and any of these or None.
    TypeError for any other hint.
    """
    encode, decode = _compile(hint)
    name = getattr(hint, "__name__", "record")

    def strict(plain: object) -> Any:
        try:
            return decode(plain)
        except _MismatchError as mismatch:
            raise DecodeError(mismatch.told(name)) from None

    return Codec(encode=encode or _as_it_is, decode=strict)


class _MismatchError(Exception):
    """A value that does not fit; the path to it grows on the way up."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.path = ""

    def within(self, step: str) -> _MismatchError:
        """The same, seen from one level further up."""
        self.path = step + self.path
        return self

    def told(self, name: str) -> str:
        """The problem behind its whole path."""
        return f"{name}{self.path}: {self.problem}"


def _as_it_is(value: Any) -> Any:
    return value


def _compile(hint: Any) -> tuple[_Encode | None, _Decode]:
    """Encoder (None: the value is plain already) and decoder of a hint."""
    origin = get_origin(hint)
    if hint in _SCALARS:
        return None, _SCALARS[hint]
    if origin in {Union, UnionType}:
        return _compile_union(get_args(hint))
    if origin is tuple or origin is frozenset:
        return _compile_sequence(origin, get_args(hint))
    if origin is dict and get_args(hint)[0] is str:
        return _compile_dict(get_args(hint)[1])
    if isinstance(hint, type) and issubclass(hint, Enum):
        return attrgetter("_value_"), _enum_decoder(hint)
    if isinstance(hint, type) and is_dataclass(hint):
        return _record_encoder(hint, {}), _record_decoder(hint, frozenset())
    raise TypeError(f"no plain form for {hint!r}")


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", NoneType: "null"}
    return names.get(type(value), "a number")


def _exactly(kind: type, wanted: str) -> _Decode:
    def decode(plain: object) -> Any:
        if type(plain) is not kind:
            raise _MismatchError(f"{wanted} is wanted, not {_kind(plain)}")
        return plain

    return decode


def _decode_float(plain: object) -> Any:
    if type(plain) is float:
        return plain
    if type(plain) is not int:
        raise _MismatchError(f"a number is wanted, not {_kind(plain)}")
    try:
        return float(plain)
    except OverflowError:
        raise _MismatchError("the number is too large") from None


_SCALARS: dict[Any, _Decode] = {
    bool: _exactly(bool, "a boolean"),
    int: _exactly(int, "a whole number"),
    str: _exactly(str, "a string"),
    float: _decode_float,
    NoneType: _exactly(NoneType, "null"),
}


def _enum_decoder(enum: type[Enum]) -> _Decode:
    members = {member.value: member for member in enum}
    known = ", ".join(str(value) for value in members)

    def decode(plain: object) -> Any:
        member = members.get(plain) if isinstance(plain, (str, int)) else None
        if member is None:
            raise _MismatchError(f"one of {known} is wanted")
        return member

    return decode


def _compile_sequence(kind: type, args: tuple[Any, ...]) -> tuple[_Encode, _Decode]:
    if kind is tuple and (len(args) != 2 or args[1] is not ...):
        return _compile_fixed([_compile(each) for each in args])
    encode_one, decode_one = _compile(args[0])
    arrange: Callable[[Iterable[Any]], list[Any]] = sorted if kind is frozenset else list

    def encode(values: Any) -> list[Any]:
        return arrange(values) if encode_one is None else arrange(map(encode_one, values))

    def decode(plain: object) -> Any:
        return kind([_at(index, decode_one, each) for index, each in enumerate(_list(plain))])

    return encode, decode


def _compile_fixed(parts: list[tuple[_Encode | None, _Decode]]) -> tuple[_Encode, _Decode]:
    encoders = [encode or _as_it_is for encode, _ in parts]
    decoders = [decode for _, decode in parts]

    def encode(values: Any) -> list[Any]:
        return [one(value) for one, value in zip(encoders, values, strict=True)]

    def decode(plain: object) -> Any:
        values = _list(plain)
        if len(values) != len(decoders):
            raise _MismatchError(f"{len(decoders)} values are wanted, not {len(values)}")
        return tuple(_at(index, one, values[index]) for index, one in enumerate(decoders))

    return encode, decode


def _compile_dict(hint: Any) -> tuple[_Encode, _Decode]:
    encode_one, decode_one = _compile(hint)

    def encode(values: Any) -> dict[str, Any]:
        return {key: value if encode_one is None else encode_one(value) for key, value in values.items()}

    def decode(plain: object) -> Any:
        return {key: _field(key, decode_one, value) for key, value in _object(plain).items()}

    return encode, decode


def _list(plain: object) -> list[Any]:
    if not isinstance(plain, list):
        raise _MismatchError(f"a list is wanted, not {_kind(plain)}")
    return plain


def _object(plain: object) -> dict[str, Any]:
    if not isinstance(plain, dict):
        raise _MismatchError(f"an object is wanted, not {_kind(plain)}")
    return plain


def _at(index: int, decode: _Decode, plain: object) -> Any:
    try:
        return decode(plain)
    except _MismatchError as mismatch:
        raise mismatch.within(f"[{index}]") from None


def _field(name: str, decode: _Decode, plain: object) -> Any:
    try:
        return decode(plain)
    except _MismatchError as mismatch:
        raise mismatch.within(f".{name}") from None


def _compile_union(members: tuple[Any, ...]) -> tuple[_Encode | None, _Decode]:
    some = [each for each in members if each is not NoneType]
    encode, decode = _compile(some[0]) if len(some) == 1 else _compile_tagged(some)
    if len(some) == len(members):
        return encode, decode

    def encode_if_any(value: Any) -> Any:
        return None if value is None or encode is None else encode(value)

    def decode_if_any(plain: object) -> Any:
        return None if plain is None else decode(plain)

    return encode and encode_if_any, decode_if_any


def _compile_tagged(members: list[Any]) -> tuple[_Encode, _Decode]:
    for each in members:
        if not (isinstance(each, type) and is_dataclass(each)) or TAG in _names(each):
            raise TypeError(
                f"only records without a field {TAG!r} can be told apart by their class: {each!r}"
            )
    encoders = {each: _record_encoder(each, {TAG: each.__name__}) for each in members}
    decoders = {each.__name__: _record_decoder(each, frozenset({TAG})) for each in members}

    def encode(record: Any) -> dict[str, Any]:
        return encoders[type(record)](record)

    def decode(plain: object) -> Any:
        tag = _object(plain).get(TAG)
        chosen = decoders.get(tag) if isinstance(tag, str) else None
        if chosen is None:
            raise _MismatchError("missing" if tag is None else f"unknown {tag!r}").within(f".{TAG}")
        return chosen(plain)

    return encode, decode


def _names(record: _Record) -> list[str]:
    return [each.name for each in fields(record)]


def _default(each: Field[Any]) -> Any:
    return each.default if each.default_factory is MISSING else each.default_factory()


def _record_encoder(record: _Record, start: dict[str, str]) -> Callable[[Any], dict[str, Any]]:
    hints = get_type_hints(record)
    plan = [(each.name, _default(each), _compile(hints[each.name])[0]) for each in fields(record)]
    values_of = _values_getter([name for name, _, _ in plan])

    def encode(value: Any) -> dict[str, Any]:
        plain: dict[str, Any] = dict(start)
        for (name, default, encode_one), each in zip(plan, values_of(value), strict=True):
            if each is not default and each != default:
                plain[name] = each if encode_one is None else encode_one(each)
        return plain

    return encode


def _values_getter(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """One call for all fields, since it is the encoder's inner loop; attrgetter unpacks a single one."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda record: tuple(getattr(record, name) for name in names)


def _record_decoder(record: _Record, also: frozenset[str]) -> _Decode:
    hints = get_type_hints(record)
    plan = [(each.name, _default(each) is MISSING, _compile(hints[each.name])[1]) for each in fields(record)]
    known = also.union(_names(record))

    def decode(plain: object) -> Any:
        given = _object(plain)
        if not known.issuperset(given):
            raise _MismatchError("unknown key").within(f".{min(map(str, given.keys() - known))}")
        values = {}
        for name, required, decode_one in plan:
            if name in given:
                values[name] = _field(name, decode_one, given[name])
            elif required:
                raise _MismatchError("missing").within(f".{name}")
        return record(**values)

    return decode
