"""Rules about how a file is written: what keepalived passes over, and what it reads otherwise than it looks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches

from hawatch.keepalived.blocks import Statement
from hawatch.keepalived.globals import KNOWN as GLOBAL_KEYWORDS
from hawatch.keepalived.groups import KNOWN as GROUP_KEYWORDS
from hawatch.keepalived.instance import KNOWN as INSTANCE_KEYWORDS
from hawatch.keepalived.keywords import OTHER_AUTHENTICATION
from hawatch.keepalived.lint.rule import Found
from hawatch.keepalived.lint.subject import Written
from hawatch.keepalived.parser import KNOWN as ROOT_KEYWORDS

_LEVELS = {
    "global_defs": GLOBAL_KEYWORDS,
    "vrrp_instance": INSTANCE_KEYWORDS,
    "vrrp_sync_group": GROUP_KEYWORDS,
}
_AUTHENTICATION = frozenset({"auth_type", "auth_pass"})
_PARAMETER = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)(?:\}|$)")
_SECRETIVE = re.compile("auth|pass|key|secret")
# What to write where keepalived would not run without it; the first word of the complaint, or what it ends with.
_WANTED = {
    "virtual_router_id": "virtual_router_id 51",
    "priority": "priority 100",
    "advert_int": "advert_int 1",
    "has no virtual_router_id": "virtual_router_id 51",
    "has no interface": "interface eth0",
}
# Old spellings, by the block they stand in, and what stands there today.
_DEPRECATED = {
    ("vrrp_instance", "lvs_sync_daemon_interface"): "lvs_sync_daemon eth0 VI_1, in global_defs",
    ("vrrp_instance", "linkbeat_use_polling"): "linkbeat_interfaces { eth0 }, at the root of the file",
    ("vrrp_instance", "vmac_garp_intvl"): "garp_extra_if",
    ("vrrp_instance", "native_ipv6"): "nothing: the first VIP decides on the family",
    ("vrrp_sync_group", "global_tracking"): "track_script { … } in the vrrp_sync_group",
    ("global_defs", "vrrp_vmac_garp_intvl"): "vrrp_garp_extra_if",
    ("global_defs", "lvs_process_name"): "checker_process_name",
}
# Keywords with one value, and without any: what stands behind is passed over.
_ONE_VALUE = frozenset(
    {
        "state", "interface", "virtual_router_id", "priority", "advert_int", "version", "preempt_delay",
        "mcast_src_ip", "unicast_src_ip", "mcast_dst_ip",
    }
)  # fmt: skip
_NO_VALUE = frozenset({"nopreempt", "dont_track_primary", "accept", "no_accept", "native_ipv6"})


def noted(remedy: str, *topics: str) -> Callable[[Written], Iterator[Found]]:
    """A rule that passes on what the parser has noted under these topics."""

    def look(written: Written) -> Iterator[Found]:
        for note in written.source.notes:
            if note.topic in topics:
                yield Found(note.where, note.text, remedy)

    return look


def refused(written: Written) -> Iterator[Found]:
    """What keepalived does not run with, but for VRIDs, which have a rule of their own."""
    error = written.source.refusal
    if error is None or re.match(r"virtual_router_id -?\d+ is not", error.problem):
        return
    first = error.problem.partition(" ")[0].rstrip(":")
    ending = next((each for each in _WANTED if error.problem.endswith(each)), first)
    yield Found(error.where, error.problem, _WANTED.get(ending, "correct this line"))


def stray_block(written: Written) -> Iterator[Found]:
    """A block where none is expected, with the keyword that was probably meant."""
    known = INSTANCE_KEYWORDS | GLOBAL_KEYWORDS | GROUP_KEYWORDS
    for note in written.source.notes:
        if note.topic == "stray_block":
            close = get_close_matches(note.text.partition(" ")[0], sorted(known), 1, 0.75)
            remedy = f"{close[0]} {{" if close else "delete the block with its braces"
            yield Found(note.where, f"{note.text}, and what follows is lost", remedy)


def unknown_keyword(written: Written) -> Iterator[Found]:
    """Words that keepalived only logs, with the word that was probably meant."""
    strays = {note.where for note in written.source.notes if note.topic == "stray_block"}
    for within, keywords, statements in _levels(written):
        for before, statement in zip([None, *statements], statements, strict=False):
            if statement.keyword not in keywords and statement.where not in strays:
                yield _unknown(statement, within, keywords, may_be_secret=_wants_secret(before))
    for instance in written.instances:
        for statement in instance.entries("authentication"):
            if statement.keyword not in _AUTHENTICATION | OTHER_AUTHENTICATION:
                yield _unknown_in_authentication(statement)


def _wants_secret(before: Statement | None) -> bool:
    """Whether a line lacks its password, so that the next one may be it."""
    return before is not None and len(before.words) == 1 and bool(_SECRETIVE.search(before.keyword))


def parameter_undefined(written: Written) -> Iterator[Found]:
    """A parameter that nothing defines: its name is taken for the value."""
    for _, _, statements in _levels(written):
        for statement in (each for top in statements for each in (top, *(top.body or ()))):
            if _SECRETIVE.search(statement.keyword) or statement.keyword.startswith(("notify", "script")):
                continue
            for name in filter(None, (_PARAMETER.search(word) for word in statement.words)):
                text = f"{name[0]} is defined nowhere above, so keepalived takes it as it stands"
                yield Found(statement.where, text, f"${name[1]}=VALUE, above this line")


def _levels(written: Written) -> Iterator[tuple[str, frozenset[str], list[Statement]]]:
    yield "at the root of the file", ROOT_KEYWORDS, list(written.source.statements)
    for block in written.source.statements:
        if block.keyword in _LEVELS:
            yield f"in {' '.join(block.words[:2])}", _LEVELS[block.keyword], block.body or []


def _unknown(statement: Statement, within: str, keywords: frozenset[str], *, may_be_secret: bool) -> Found:
    close = get_close_matches(statement.keyword, sorted(keywords), 1, 0.75)
    if close:
        values = () if _SECRETIVE.search(statement.keyword) else statement.words[1:]
        remedy = " ".join([close[0], *values])
    elif statement.keyword in _AUTHENTICATION:
        remedy = "move the line into authentication { … }"
    else:
        remedy = "delete the line, or move it to the block where keepalived knows it"
    hidden = may_be_secret and not close and statement.keyword not in _AUTHENTICATION
    word = "a word" if hidden else repr(statement.keyword)
    text = f"keepalived does not know {word} {within} and ignores it"
    return Found(statement.where, text + (f"; {close[0]} is meant" if close else ""), remedy)


def _unknown_in_authentication(statement: Statement) -> Found:
    """The word itself may be a password, so it is named only where it looks like a keyword."""
    close = get_close_matches(statement.keyword, sorted(_AUTHENTICATION), 1, 0.8)
    if not close:
        text = "keepalived does not know a word in authentication and ignores it"
        return Found(statement.where, text, "auth_pass PASSWORD, in one line")
    value = "PASS" if close[0] == "auth_type" else "PASSWORD"
    text = f"keepalived does not know {statement.keyword!r} in authentication; {close[0]} is meant"
    return Found(statement.where, text, f"{close[0]} {value}")


def deprecated(written: Written) -> Iterator[Found]:
    """Keywords that keepalived still takes and asks to replace."""
    for block in written.source.statements:
        if block.keyword == "vrrp_track_file":
            yield Found(block.where, "vrrp_track_file is an old word for track_file", "track_file")
        for statement in block.body or ():
            if today := _DEPRECATED.get((block.keyword, statement.keyword)):
                text = f"{statement.keyword} in {' '.join(block.words[:2])} is deprecated"
                yield Found(statement.where, text, today)


def keyword_repeated(written: Written) -> Iterator[Found]:
    """A keyword with one value that is said twice, with different values."""
    for instance in written.instances:
        for keyword in sorted(_ONE_VALUE - {"state"}):
            lines = instance.every(keyword)
            values = [each.words[1] for each in lines if len(each.words) > 1]
            if len(set(values)) > 1:
                text = f"{instance.name} says {keyword} {values[-2]} above and {values[-1]} here; this one counts"
                yield Found(lines[-1].where, text, f"keep one line: {keyword} {values[-1]}")


def words_behind(written: Written) -> Iterator[Found]:
    """Words behind a value, which keepalived passes over without one of its own."""
    for instance in written.instances:
        for statement in instance.block.body or ():
            counted = 2 if statement.keyword in _ONE_VALUE else 1 if statement.keyword in _NO_VALUE else 99
            if len(statement.words) > counted:
                kept, rest = statement.words[:counted], statement.words[counted:]
                text = f"only {' '.join(kept)!r} counts; {' '.join(rest)!r} behind it is passed over"
                yield Found(statement.where, text, " ".join(kept))
        for statement in instance.entries("authentication"):
            if statement.keyword == "auth_pass" and len(statement.words) > 2:
                text = f"auth_pass has {len(statement.words) - 1} words, and only the first is the password"
                yield Found(statement.where, text, 'auth_pass "PASSWORD", in quotes')
        for statement in instance.entries("unicast_peer"):
            if len(statement.words) > 1 and statement.words[1] not in {"min_ttl", "max_ttl"}:
                text = f"only {statement.keyword} counts; {statement.words[1]} behind it is passed over"
                yield Found(statement.where, text, f"one address a line: {statement.words[1]}")


def router_id_missing(written: Written) -> Iterator[Found]:
    """No router_id: the host's name stands in."""
    if written.instances and not any(each.keyword == "router_id" for each in written.globals):
        blocks = written.every("global_defs")
        text = "there is no router_id; keepalived calls this node by its host name in mail and SNMP"
        yield Found(blocks[0].where if blocks else written.name, text, "router_id lb01")
