"""Records to plain data and back."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from enum import Enum, StrEnum
from timeit import repeat
from typing import Annotated, Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch import evidence
from hawatch.errors import DecodeError
from hawatch.evidence import AdvertisementHeard, Evidence, Tick, VipHeld
from hawatch.keepalived.model import KeepalivedConfig
from hawatch.plain import COLUMNS, Codec, codec
from hawatch.wire.family import Family

EVIDENCE: Codec[Evidence] = codec(Evidence)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Size(Enum):
    BIG = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    name: str
    weight: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    colour: Colour
    sizes: tuple[Size, ...] = ()
    pair: tuple[int, str] = (0, "")
    leaf: Leaf | None = None
    leaves: tuple[Leaf, ...] = ()
    marks: frozenset[str] = frozenset()
    by_name: dict[str, Leaf] | None = None
    sure: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    only: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fruit:
    name: str
    ripe: bool | None
    weight: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    fruits: Annotated[tuple[Fruit, ...], COLUMNS]


BASKET = codec(Basket)
PEAR, APPLE = Fruit(name="pear", ripe=True), Fruit(name="apple", ripe=True)


TREE = Tree(
    colour=Colour.RED,
    sizes=(Size.BIG,),
    pair=(3, "x"),
    leaf=Leaf(name="a", weight=0.5),
    leaves=(Leaf(name="b"),),
    marks=frozenset({"y", "x"}),
    by_name={"c": Leaf(name="c")},
    sure=False,
)


def test_a_record_becomes_plain_data_without_what_is_default() -> None:
    assert codec(Tree).encode(TREE) == {
        "colour": "red",
        "sizes": [1],
        "pair": [3, "x"],
        "leaf": {"name": "a", "weight": 0.5},
        "leaves": [{"name": "b"}],
        "marks": ["x", "y"],
        "by_name": {"c": {"name": "c"}},
        "sure": False,
    }
    assert codec(Tree).encode(Tree(colour=Colour.BLUE)) == {"colour": "blue"}
    assert codec(Alone).encode(Alone()) == {}


def test_it_comes_back_equal_through_json() -> None:
    for record in (TREE, Tree(colour=Colour.BLUE)):
        back = codec(Tree).decode(json.loads(json.dumps(codec(Tree).encode(record))))
        assert back == record
        assert isinstance(back, Tree)
        assert type(back.colour) is Colour


@pytest.mark.parametrize(
    ("fruits", "plain"),
    [
        ((), []),
        ((PEAR,), [{"name": "pear", "ripe": True}]),
        ((PEAR, APPLE), {"name": ["pear", "apple"], "ripe": True}),
        ((PEAR, PEAR), {"name": ["pear", "pear"], "ripe": True}),
        (
            (PEAR, replace(APPLE, ripe=None, weight=0.5)),
            {"name": ["pear", "apple"], "ripe": [True, None], "weight": [0.0, 0.5]},
        ),
    ],
)
def test_records_in_columns_say_once_what_they_have_in_common(
    fruits: tuple[Fruit, ...], plain: object
) -> None:
    assert BASKET.encode(Basket(fruits=fruits)) == {"fruits": plain}
    assert BASKET.decode({"fruits": plain}) == Basket(fruits=fruits)


fruits = st.builds(
    Fruit,
    name=st.sampled_from(["pear", "apple"]),
    ripe=st.none() | st.booleans(),
    weight=st.sampled_from([0.0, 0.5]) | st.floats(allow_nan=False),
)


@given(st.lists(fruits, max_size=5).map(tuple))
def test_any_records_come_back_out_of_columns_as_they_come_out_of_a_list(some: tuple[Fruit, ...]) -> None:
    in_a_list = {"fruits": [codec(Fruit).encode(each) for each in some]}
    in_columns = json.loads(json.dumps(BASKET.encode(Basket(fruits=some))))
    assert BASKET.decode(in_columns) == BASKET.decode(in_a_list) == Basket(fruits=some)


@pytest.mark.parametrize(
    ("plain", "expected"),
    [
        ({}, "Basket.fruits: lists of one length are wanted"),
        ({"name": "pear", "ripe": True}, "Basket.fruits: lists of one length are wanted"),
        ({"name": ["pear"], "ripe": [True, None]}, "Basket.fruits: lists of one length are wanted"),
        ({"name": ["pear", 3], "ripe": True}, "Basket.fruits[1].name: a string is wanted, not a number"),
        ({"name": ["pear"]}, "Basket.fruits[0].ripe: missing"),
        ({"name": ["pear"], "ripe": True, "age": 1}, "Basket.fruits[0].age: unknown key"),
        ("pear", "Basket.fruits: a list is wanted, not a string"),
    ],
)
def test_columns_that_do_not_fit_are_named_by_their_path(plain: object, expected: str) -> None:
    with pytest.raises(DecodeError) as raised:
        BASKET.decode({"fruits": plain})
    assert raised.value.reason == expected


def test_records_with_parts_of_their_own_cannot_be_told_in_columns() -> None:
    with pytest.raises(TypeError, match="scalars"):
        codec(Annotated[tuple[Tree, ...], COLUMNS])


def test_records_of_a_union_are_told_apart_by_their_class() -> None:
    plain = EVIDENCE.encode(VipHeld(at=2.5, address="10.0.0.1", held=None))

    assert plain == {"type": "VipHeld", "at": 2.5, "address": "10.0.0.1", "held": None}
    assert EVIDENCE.decode(plain) == VipHeld(at=2.5, address="10.0.0.1", held=None)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"colour": None}, "Tree.colour: one of red, blue is wanted"),
        ({"colour": ["red"]}, "Tree.colour: one of red, blue is wanted"),
        ({"leaf": {"weight": 1}}, "Tree.leaf.name: missing"),
        ({"leaf": {"name": "a", "wieght": 1}}, "Tree.leaf.wieght: unknown key"),
        ({"leaves": [{"name": "a"}, {"name": 3}]}, "Tree.leaves[1].name: a string is wanted, not a number"),
        ({"leaves": {}}, "Tree.leaves: a list is wanted, not an object"),
        ({"leaf": []}, "Tree.leaf: an object is wanted, not a list"),
        ({"leaf": {"name": "a", "weight": "heavy"}}, "Tree.leaf.weight: a number is wanted, not a string"),
        ({"leaf": {"name": "a", "weight": True}}, "Tree.leaf.weight: a number is wanted, not a boolean"),
        ({"leaf": {"name": "a", "weight": 10**400}}, "Tree.leaf.weight: the number is too large"),
        ({"pair": [1]}, "Tree.pair: 2 values are wanted, not 1"),
        ({"pair": [1.0, "x"]}, "Tree.pair[0]: a whole number is wanted, not a number"),
        ({"by_name": {"x": {"name": 1}}}, "Tree.by_name.x.name: a string is wanted, not a number"),
        ({"sure": 1}, "Tree.sure: a boolean is wanted, not a number"),
    ],
)
def test_what_does_not_fit_is_named_by_its_path(change: dict[str, Any], expected: str) -> None:
    plain = {**codec(Tree).encode(TREE), **change}

    with pytest.raises(DecodeError) as raised:
        codec(Tree).decode(plain)
    assert raised.value.reason == expected


@pytest.mark.parametrize("plain", [{}, {"type": "Nothing"}, {"type": 3}, [], None, "Tick"])
def test_a_record_of_no_known_class_is_refused(plain: object) -> None:
    with pytest.raises(DecodeError):
        EVIDENCE.decode(plain)


def test_a_type_without_a_plain_form_is_refused_when_the_codec_is_made() -> None:
    for hint in (object, bytes, int | str, set[int], Leaf | str):
        with pytest.raises(TypeError):
            codec(hint)


@pytest.mark.parametrize("record", get_args(Evidence), ids=lambda record: record.__name__)
def test_every_kind_of_evidence_has_a_codec_of_its_own(record: type[Any]) -> None:
    assert record.__name__ in evidence.__dict__
    with pytest.raises(DecodeError, match=r"^\w+\.at: missing$"):
        EVIDENCE.decode({"type": record.__name__})
    assert "type" not in {each.name for each in fields(record)}


_floats = st.floats(allow_nan=False, allow_infinity=False)
_texts = st.text()


@given(
    st.builds(
        AdvertisementHeard,
        at=_floats,
        first_at=_floats,
        interval_seconds=_floats,
        count=st.integers(),
        family=st.sampled_from(Family),
        auth_fingerprint=st.none() | _texts,
        addresses=st.lists(_texts).map(tuple),
        problems=st.lists(_texts).map(tuple),
        vlans=st.lists(st.integers(0, 4095)).map(tuple),
    )
)
def test_any_advertisement_comes_back_as_it_was(heard: AdvertisementHeard) -> None:
    assert EVIDENCE.decode(json.loads(json.dumps(EVIDENCE.encode(heard)))) == heard


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["Tick", "VipHeld", "ipv4", ""]),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["type", "at", "address", "held", "x"]), inner)
    ),
)


@given(_json)
def test_any_plain_data_is_a_record_or_refused(plain: object) -> None:
    for each in (EVIDENCE, codec(KeepalivedConfig), codec(Tree), BASKET):
        try:
            record = each.decode(plain)
        except DecodeError as refused:
            assert_one_line(refused.reason)
        else:
            assert each.encode(record) is not None


def assert_one_line(text: str) -> None:
    assert text
    assert len(text.splitlines()) == 1


def test_encoding_costs_little_beside_json() -> None:
    """Both in the same loop on the same machine, so that a busy one slows both."""
    heard = AdvertisementHeard(
        at=1.5,
        first_at=1.0,
        count=3,
        interface="eth0",
        outgoing=False,
        src="10.0.0.2",
        dst="224.0.0.18",
        src_mac="52:54:00:00:00:02",
        ttl=255,
        family=Family.IPV4,
        version=2,
        vrid=51,
        priority=100,
        interval_seconds=1.0,
        auth_type=1,
        auth_fingerprint="0011223344556677",
        addresses=("10.0.0.100",),
        checksum="plain",
        ip_id=7,
    )
    plain = EVIDENCE.encode(heard)

    encoding = min(repeat(lambda: EVIDENCE.encode(heard), number=500, repeat=7))
    serializing = min(repeat(lambda: json.dumps(plain), number=500, repeat=7))
    assert encoding < 3 * serializing


def test_a_tick_is_one_short_line() -> None:
    assert json.dumps(EVIDENCE.encode(Tick(at=12.5))) == '{"type": "Tick", "at": 12.5}'
