"""The reference of hawatch.toml and actions.toml: every key that it has is taken, and every key taken is in it."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import hawatch.config
from docs import generate_configuration
from hawatch.config import load
from hawatch.config.reference import ACTIONS_TOML, HAWATCH_TOML, Key, KeyTable
from hawatch.config.table import Table
from hawatch.errors import ConfigError
from hawatch.helper import allowed, fence_table, give_up
from hawatch.helper.labels import LABEL
from tests.key_bases import BASES, FREE_ENTRIES, Doc, document

TABLES = pytest.mark.parametrize("table", HAWATCH_TOML, ids=lambda table: table.title)
KEYS = pytest.mark.parametrize(
    ("table", "key"),
    [
        pytest.param(table, key, id=f"{table.title} {key.name}")
        for table in HAWATCH_TOML
        for key in table.keys
    ],
)
ACTION_KEYS = pytest.mark.parametrize(
    ("table", "key"),
    [
        pytest.param(table, key, id=f"{table.title} {key.name}")
        for table in ACTIONS_TOML
        for key in table.keys
    ],
)
DOCUMENTED = {(table.path, key.name) for table in HAWATCH_TOML for key in table.keys}
HEADINGS = {table.path for table in HAWATCH_TOML}
FREE = {table.path for table in HAWATCH_TOML if table.free}
ASKING = {
    "has", "string", "optional", "checked", "boolean", "number", "choice", "one_of", "named", "strings", "words",
    "groups", "duration", "day", "table", "tables",
}  # fmt: skip
# Functions of the loader that are given a table and a key.
ASKING_FOR = {"pairs", "text_with_places", "_path", "_field"}


def value_of(text: str) -> Any:
    return tomllib.loads(f"value = {text}")["value"]


def taken(doc: Doc) -> Any:
    return load(document(doc), "hawatch.toml")


def refusal(doc: Doc) -> str:
    with pytest.raises(ConfigError) as refused:
        taken(doc)
    return str(refused.value)


def is_taken(doc: Doc) -> bool:
    try:
        taken(doc)
    except ConfigError:
        return False
    return True


# --- what is documented is taken ------------------------------------------------------------------


@TABLES
def test_every_table_has_a_base_to_try_its_keys_in(table: KeyTable) -> None:
    assert BASES[table.title]
    for base in BASES[table.title]:
        taken(base.doc)


def test_no_base_is_left_over() -> None:
    assert BASES.keys() == {table.title for table in HAWATCH_TOML}


@KEYS
def test_a_documented_key_is_taken_with_the_value_that_is_shown(table: KeyTable, key: Key) -> None:
    assert key.shown, "neither a default nor an example"
    values = value_of(key.shown)
    assert any(is_taken(base.with_key(key.name, values)) for base in BASES[table.title]), [
        refusal(base.with_key(key.name, values)) for base in BASES[table.title]
    ]


@KEYS
def test_nothing_else_is_taken_in_its_place(table: KeyTable, key: Key) -> None:
    for base in BASES[table.title]:
        assert "unknown key" in refusal(base.with_key(f"{key.name}_x", value_of(key.shown)))


@KEYS
def test_a_default_is_what_leaving_the_key_out_means(table: KeyTable, key: Key) -> None:
    assert [bool(key.default), key.needed, bool(key.otherwise)].count(True) == 1
    if key.default:
        bases = [base for base in BASES[table.title] if is_taken(base.without(key.name))]
        assert bases
        for base in bases:
            assert taken(base.without(key.name)) == taken(base.with_key(key.name, value_of(key.default)))


@KEYS
def test_what_is_called_needed_is_and_nothing_else(table: KeyTable, key: Key) -> None:
    without = [base.without(key.name) for base in BASES[table.title]]
    if key.needed:
        for doc in without:
            assert re.search(r"missing|neither|none of", refusal(doc))
    else:
        assert any(is_taken(doc) for doc in without)


@pytest.mark.parametrize(
    "table", [table for table in HAWATCH_TOML if table.free], ids=lambda table: table.title
)
def test_a_table_of_ones_own_keys_takes_any(table: KeyTable) -> None:
    for base in BASES[table.title]:
        taken(base.with_key(*FREE_ENTRIES[table.free]))


# --- what is taken is documented ------------------------------------------------------------------


def test_every_key_that_the_loader_asks_for_is_documented(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[tuple[str, str]] = set()
    has = Table.has

    def listening(self: Table, key: str) -> bool:
        asked.add((re.sub(r"\[\d+\]", "", self.path), key))
        return has(self, key)

    monkeypatch.setattr(Table, "has", listening)
    for bases in BASES.values():
        for base in bases:
            taken(base.doc)

    undocumented = {
        (path, key)
        for path, key in asked - DOCUMENTED
        if f"{path}.{key}".strip(".") not in HEADINGS and path not in FREE
    }
    assert undocumented == set()
    assert DOCUMENTED - asked == set()


def test_no_branch_of_the_loader_has_a_key_that_these_bases_miss() -> None:
    names = {key for _, key in DOCUMENTED} | {part for path in HEADINGS for part in path.split(".")}
    found = set(keys_in_the_source())
    assert len(found) > 100
    assert found - names == set()


def keys_in_the_source() -> Iterator[str]:
    """Every word by which the loader asks a table for something."""
    for path in sorted(Path(hawatch.config.__file__).parent.glob("loading*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            asks_by_method = isinstance(node.func, ast.Attribute) and node.func.attr in ASKING
            asks_by_function = isinstance(node.func, ast.Name) and node.func.id in ASKING_FOR
            place = 0 if asks_by_method else 1
            if (asks_by_method or asks_by_function) and len(node.args) > place:
                word = node.args[place]
                if isinstance(word, ast.Constant) and isinstance(word.value, str):
                    yield word.value


# --- actions.toml ---------------------------------------------------------------------------------


def actions_of(table: KeyTable, values: dict[str, Any], tmp_path: Path) -> allowed.Allowed:
    """What a file allows in which the table has these values, beside an action to undo with."""
    name = table.path.replace("NAME", "drain").replace("NODE", "lb02").split(".")
    other = {"command": ["/bin/true"]}
    doc: Doc = {"action": {"fill-cache": other, **({name[1]: values} if name[0] == "action" else {})}}
    if name[0] == "fence":
        doc["fence"] = {name[1]: values}
    if name[0] == "give_up":
        doc["give_up"] = {name[1]: {"track_file": "/run/web.track", **values}}
        if "fault_file" in values:
            del doc["give_up"][name[1]]["track_file"]
    path = tmp_path / "actions.toml"
    path.write_text(document(doc))
    return allowed.allowed(path)


def needed(table: KeyTable) -> dict[str, Any]:
    return {key.name: value_of(key.example) for key in table.keys if key.needed}


@pytest.fixture
def roots_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file counts as root's, whoever runs the tests."""

    def read(path: Path) -> dict[str, Any]:
        return tomllib.loads(path.read_text())

    monkeypatch.setattr(allowed, "_tables", read)


@ACTION_KEYS
@pytest.mark.usefixtures("roots_own")
def test_a_documented_key_of_actions_toml_is_taken(table: KeyTable, key: Key, tmp_path: Path) -> None:
    values = needed(table)
    if key.name == "command6":
        values["command"] = value_of(key.example)
    shown = actions_of(table, {**values, key.name: value_of(key.shown)}, tmp_path)
    if key.default:
        assert shown == actions_of(table, values, tmp_path)
    with pytest.raises(ConfigError, match="unknown key"):
        actions_of(table, {**values, f"{key.name}_x": value_of(key.shown)}, tmp_path)
    if key.needed:
        del values[key.name]
        with pytest.raises(ConfigError, match=key.name):
            actions_of(table, values, tmp_path)


def test_every_key_that_actions_toml_takes_is_documented() -> None:
    action, fence, file = (
        {key.name for key in table.keys if not LABEL.fullmatch(key.name)} for table in ACTIONS_TOML
    )
    assert action == allowed._KEYS
    assert fence == fence_table._KEYS
    assert file == give_up._KEYS


# --- the document ---------------------------------------------------------------------------------


def test_the_document_is_up_to_date() -> None:
    path = generate_configuration.PLACE
    text = path.read_text(encoding="utf-8")
    assert text == generate_configuration.renewed(text), "run `make docs`"


def test_the_example_of_the_document_is_taken() -> None:
    text = generate_configuration.PLACE.read_text(encoding="utf-8")
    example = re.search(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert example is not None
    load(example[1], "docs/configuration.md")
