"""Frozen records to plain JSON-able data and back, by their type hints; strict, so that drift is noticed.

A codec is compiled once per type. Fields that equal their default are left out; a union of records is told apart by
the class name under `type`. Several records of a tuple that is annotated with COLUMNS are one object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from hawatch.errors import DecodeError
from hawatch.plain.strict import (
    SCALARS,
    Decode,
    MismatchError,
    a_list,
    an_object,
    at_index,
    enum_decoder,
    in_field,
)

TAG = "type"
COLUMNS = "columns"
"""Of a tuple of records with scalars for fields: under each name what all of them have in common, once, or else a list
with the value of each. The first field is always a list."""
T = TypeVar("T")
_Encode = Callable[[Any], Any]
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
        except MismatchError as mismatch:
            raise DecodeError(mismatch.told(name)) from None

    return Codec(encode=encode or _as_it_is, decode=strict)


def _as_it_is(value: Any) -> Any:
    return value


def _compile(hint: Any) -> tuple[_Encode | None, Decode]:
    """Encoder (None: the value is plain already) and decoder of a hint."""
    origin = get_origin(hint)
    if hint in SCALARS:
        return None, SCALARS[hint]
    if origin in {Union, UnionType}:
        return _compile_union(get_args(hint))
    if origin is Annotated and COLUMNS in hint.__metadata__:
        return _compile_columns(hint.__origin__)
    if origin is tuple or origin is frozenset:
        return _compile_sequence(origin, get_args(hint))
    if origin is dict and get_args(hint)[0] is str:
        return _compile_dict(get_args(hint)[1])
    if isinstance(hint, type) and issubclass(hint, Enum):
        return attrgetter("_value_"), enum_decoder(hint)
    if isinstance(hint, type) and is_dataclass(hint):
        return _record_encoder(hint, {}), _record_decoder(hint, frozenset())
    raise TypeError(f"no plain form for {hint!r}")


def _compile_sequence(kind: type, args: tuple[Any, ...]) -> tuple[_Encode, Decode]:
    if kind is tuple and (len(args) != 2 or args[1] is not ...):
        return _compile_fixed([_compile(each) for each in args])
    encode_one, decode_one = _compile(args[0])
    arrange: Callable[[Iterable[Any]], list[Any]] = sorted if kind is frozenset else list

    def encode(values: Any) -> list[Any]:
        return arrange(values) if encode_one is None else arrange(map(encode_one, values))

    def decode(plain: object) -> Any:
        return kind([at_index(index, decode_one, each) for index, each in enumerate(a_list(plain))])

    return encode, decode


def _compile_columns(hint: Any) -> tuple[_Encode, Decode]:
    """One record alone, and none, are a list as usual; a list of any number is read, too."""
    record = get_args(hint)[0]
    hints, defaults = get_type_hints(record), [(each.name, _default(each)) for each in fields(record)]
    values_of = _values_getter([name for name, _ in defaults])
    encode_list, decode_list = _compile_sequence(tuple, get_args(hint))
    if any(_compile(hints[name])[0] is not None for name, _ in defaults):
        raise TypeError(f"only records of scalars can be told in columns: {record!r}")

    def encode(records: Any) -> Any:
        if len(records) < 2:
            return encode_list(records)
        plain: dict[str, Any] = {}
        for (name, default), column in zip(defaults, zip(*map(values_of, records), strict=True), strict=True):
            if not plain or column.count(column[0]) < len(column):
                plain[name] = list(column)
            elif column[0] != default:
                plain[name] = column[0]
        return plain

    def decode(plain: object) -> Any:
        return decode_list(_rows(plain) if isinstance(plain, dict) else plain)

    return encode, decode


def _rows(plain: dict[str, Any]) -> list[dict[str, Any]]:
    columns = {name: each for name, each in plain.items() if isinstance(each, list)}
    if len({len(each) for each in columns.values()}) != 1:
        raise MismatchError("lists of one length are wanted")
    alike = {name: each for name, each in plain.items() if name not in columns}
    return [alike | dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _compile_fixed(parts: list[tuple[_Encode | None, Decode]]) -> tuple[_Encode, Decode]:
    encoders = [encode or _as_it_is for encode, _ in parts]
    decoders = [decode for _, decode in parts]

    def encode(values: Any) -> list[Any]:
        return [one(value) for one, value in zip(encoders, values, strict=True)]

    def decode(plain: object) -> Any:
        values = a_list(plain)
        if len(values) != len(decoders):
            raise MismatchError(f"{len(decoders)} values are wanted, not {len(values)}")
        return tuple(at_index(index, one, values[index]) for index, one in enumerate(decoders))

    return encode, decode


def _compile_dict(hint: Any) -> tuple[_Encode, Decode]:
    encode_one, decode_one = _compile(hint)

    def encode(values: Any) -> dict[str, Any]:
        return {key: value if encode_one is None else encode_one(value) for key, value in values.items()}

    def decode(plain: object) -> Any:
        return {key: in_field(key, decode_one, value) for key, value in an_object(plain).items()}

    return encode, decode


def _compile_union(members: tuple[Any, ...]) -> tuple[_Encode | None, Decode]:
    some = [each for each in members if each is not NoneType]
    encode, decode = _compile(some[0]) if len(some) == 1 else _compile_tagged(some)
    if len(some) == len(members):
        return encode, decode

    def encode_if_any(value: Any) -> Any:
        return None if value is None or encode is None else encode(value)

    def decode_if_any(plain: object) -> Any:
        return None if plain is None else decode(plain)

    return encode and encode_if_any, decode_if_any


def _compile_tagged(members: list[Any]) -> tuple[_Encode, Decode]:
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
        tag = an_object(plain).get(TAG)
        chosen = decoders.get(tag) if isinstance(tag, str) else None
        if chosen is None:
            raise MismatchError("missing" if tag is None else f"unknown {tag!r}").within(f".{TAG}")
        return chosen(plain)

    return encode, decode


def _names(record: _Record) -> list[str]:
    return [each.name for each in fields(record)]


def _default(each: Field[Any]) -> Any:
    return each.default if each.default_factory is MISSING else each.default_factory()


def _record_encoder(record: _Record, start: dict[str, str]) -> Callable[[Any], dict[str, Any]]:
    hints = get_type_hints(record, include_extras=True)
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


def _record_decoder(record: _Record, also: frozenset[str]) -> Decode:
    hints = get_type_hints(record, include_extras=True)
    plan = [(each.name, _default(each) is MISSING, _compile(hints[each.name])[1]) for each in fields(record)]
    known = also.union(_names(record))

    def decode(plain: object) -> Any:
        given = an_object(plain)
        if not known.issuperset(given):
            raise MismatchError("unknown key").within(f".{min(map(str, given.keys() - known))}")
        values = {}
        for name, required, decode_one in plan:
            if name in given:
                values[name] = in_field(name, decode_one, given[name])
            elif required:
                raise MismatchError("missing").within(f".{name}")
        return record(**values)

    return decode
