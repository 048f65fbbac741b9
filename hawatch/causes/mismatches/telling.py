"""A difference between two members in words: values, what follows from it, and what to write where."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hawatch.causes.mismatches.comparison import Authentication
from hawatch.situation.agreement import UNICAST
from hawatch.situation.node import Node
from hawatch.situation.ownership import talkers_of
from hawatch.situation.router import RouterState
from hawatch.verdict import Cause
from hawatch.wire.family import Family
from hawatch.wire.report import ReportedSettings
from hawatch.wire.vrrp import ChecksumForm

CONFIG_FILE = "/etc/keepalived/keepalived.conf"
RELOAD = "systemctl reload keepalived"
_REFUSED = "each throws the advertisements of the other away"

EFFECTS: Mapping[Cause, str] = {
    Cause.VRID_MISMATCH: "neither takes the other for a member of the same virtual router",
    Cause.VERSION_MISMATCH: _REFUSED,
    Cause.AUTH_MISMATCH: _REFUSED,
    Cause.ADVERT_INTERVAL_MISMATCH: _REFUSED,
    Cause.VIP_LIST_MISMATCH: "keepalived up to 2.3.2 throws such advertisements away, and a takeover moves only a part",
    Cause.DESTINATION_MISMATCH: "what the one sends is not what the other listens to",
    Cause.CHECKSUM_FORM_MISMATCH: "who does not expect the other's form throws the advertisements away",
}
FOLLOWED = (
    "in version 3 a backup follows the MASTER's, so a takeover is late or early depending on who that was"
)


def place(router: RouterState, node: Node, name: str) -> str:
    """Where in a node's configuration this virtual router is: by its name on this node, by its VIPs on another."""
    files = node.config.files if node.config is not None else ()
    if name == node.name:
        return f"vrrp_instance {router.config.instance} of {files[0] if files else CONFIG_FILE}"
    address = next((vip.address for vip in router.config.vips), "")
    return f"the vrrp_instance of {address or f'VRID {router.config.vrid}'} in {CONFIG_FILE}"


def edit(router: RouterState, node: Node, name: str, what: str) -> str:
    """A remedy that is an edit of keepalived.conf and a reload."""
    return f"on {name}: in {place(router, node, name)} {what}; {RELOAD}"


def show(value: object) -> str:
    """A value as people read it; of a password, that there is one."""
    match value:
        case Authentication():
            return value.type
        case frozenset():
            return ", ".join(sorted(map(str, value))) or "none"
        case float():
            return f"{value:g} s"
        case ChecksumForm():
            return _FORMS[value]
    return str(value)


_FORMS = {
    ChecksumForm.PLAIN: "without pseudo header",
    ChecksumForm.PSEUDO_HEADER: "with pseudo header",
    ChecksumForm.PSEUDO_HEADER_MULTICAST: "with the pseudo header of multicast",
}


def contrast(thing: str, right_name: str, right: object, wrong_name: str, wrong: object) -> str:
    """Both values in one clause, each with its node."""
    if isinstance(right, Authentication) and isinstance(wrong, Authentication):
        if right.type == wrong.type:
            return f"{right_name} and {wrong_name} have different passwords (auth_pass)"
        return f"{right_name} authenticates with type {right.type} and {wrong_name} with type {wrong.type}"
    if isinstance(right, frozenset) and isinstance(wrong, frozenset):
        parts = ((wrong_name, right - wrong), (right_name, wrong - right))
        missing = [f"{name} lacks {show(addresses)}" for name, addresses in parts if addresses]
        return f"the VIPs of {right_name} and {wrong_name} differ: {' and '.join(missing)}"
    return f"{right_name} has {thing} {show(right)}, {wrong_name} {show(wrong)}"


def what_to_write(
    router: RouterState, node: Node, cause: Cause, right: object, wrong: object, other: str
) -> str:
    """The edit that makes the wrong value the right one, which is that of the node `other`."""
    if right == UNICAST:
        return f'write "{address_of(router, node, other)}" in the block unicast_peer'
    return f"{_EDITS[cause](router, right, wrong, other)}, as on {other}"


def address_of(router: RouterState, node: Node, name: str) -> str:
    """From where a node speaks, to be listed as a unicast_peer: as configured, as heard, or as its devices have."""
    ipv6 = router.config.family is Family.IPV6
    if name == node.name:
        heard, source = router.own.src if router.own.heard_at is not None else "", router.config.source
        others = node.own_addresses() - set(node.held)
    else:
        member = node.members.find(name=name)
        talker = next(iter(talkers_of(router, member)), None) if member is not None else None
        said = _settings_of(router, node, name)
        heard, source = talker.src if talker is not None else "", said.source if said is not None else None
        others = frozenset(member.addresses) if member is not None else frozenset()
    fitting = sorted(address for address in others if (":" in address) == ipv6)
    return source or heard or next(iter(fitting), f"the address of {name}")


def _settings_of(router: RouterState, node: Node, name: str) -> ReportedSettings | None:
    member = node.members.find(name=name)
    heard = member.routers.get((router.config.family, router.config.vrid)) if member is not None else None
    return heard.router.settings if heard is not None else None


def _number(keyword: str) -> Callable[[RouterState, object, object, str], str]:
    def write(_router: RouterState, right: object, _wrong: object, _other: str) -> str:
        return f'write "{keyword} {right:g}"' if isinstance(right, float) else f'write "{keyword} {right}"'

    return write


def _authentication(_router: RouterState, right: object, wrong: object, other: str) -> str:
    if not isinstance(right, Authentication) or not isinstance(wrong, Authentication):
        return ""
    if right.type == "none":
        return "delete the block authentication"
    if right.type == wrong.type:
        return (
            f"write the auth_pass of {other} in the block authentication (its first eight characters count)"
        )
    return f'write "auth_type {right.type.upper()}" and write the auth_pass of {other} in the block authentication'


def _vips(router: RouterState, right: object, wrong: object, _other: str) -> str:
    if not isinstance(right, frozenset) or not isinstance(wrong, frozenset):
        return ""
    lengths = {vip.address: f"{vip.address}/{vip.prefix_length}" for vip in router.config.all_vips}
    missing = [lengths.get(address, address) for address in sorted(right - wrong)]
    surplus = [lengths.get(address, address) for address in sorted(wrong - right)]
    words = [f'write "{each}"' for each in missing] + [f'delete "{each}"' for each in surplus]
    return f"{' and '.join(words)} in the block virtual_ipaddress"


def _destination(_router: RouterState, right: object, wrong: object, _other: str) -> str:
    if wrong == UNICAST:
        return 'delete "unicast_src_ip" and delete the block unicast_peer'
    return f'write "mcast_dst_ip {right}"'


def _checksum(_router: RouterState, right: object, wrong: object, _other: str) -> str:
    old = ChecksumForm.PSEUDO_HEADER_MULTICAST
    option = "old_unicast_checksum" if old in (right, wrong) else "v3_checksum_as_v2"
    wanted = right in (old, ChecksumForm.PLAIN) and wrong is not old
    return f'write "{option}"' if wanted else f'delete "{option}"'


_EDITS: Mapping[Cause, Callable[[RouterState, object, object, str], str]] = {
    Cause.VRID_MISMATCH: _number("virtual_router_id"),
    Cause.VERSION_MISMATCH: _number("version"),
    Cause.AUTH_MISMATCH: _authentication,
    Cause.ADVERT_INTERVAL_MISMATCH: _number("advert_int"),
    Cause.VIP_LIST_MISMATCH: _vips,
    Cause.DESTINATION_MISMATCH: _destination,
    Cause.CHECKSUM_FORM_MISMATCH: _checksum,
}
