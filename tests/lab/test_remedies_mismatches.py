"""Live: the remedies of what differs between two nodes, carried out to the letter, end in a steady pair.

Each is an edit of keepalived.conf in a fixed form of words and a command. `Editor` does what the words say and knows
nothing of what is wrong; the command meets a stand-in for systemctl, since a lab's node has no systemd.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import pytest

from deploy.lab import conf
from deploy.lab.waiting import wait_until
from tests.lab.scene import HANG_GUARD, Scene, scene
from tests.lab.test_mismatch_causes import BOTH, ENDS, QUICK, UNICAST, WITH_PASSWORD
from tests.lab.test_remedies_hosts import give_systemctl

pytestmark = pytest.mark.lab

STEP = re.compile(
    r'(?P<verb>write|delete) (?:"(?P<text>[^"]+)"|the block (?P<block>\w+)|the (?P<secret>auth_pass) of (?P<of>\w+))'
)


@dataclass
class Editor:
    """The text of one keepalived.conf with one vrrp_instance, as an administrator would change it."""

    text: str

    def carry_out(self, words: str, other_file: str) -> None:
        """Every step of a remedy; they may say in which block, and a secret is looked up where it says."""
        inside = re.search(r"in the block (\w+)", words)
        for step in STEP.finditer(words):
            line = step["text"]
            if step["secret"]:
                found = re.search(rf"{step['secret']} \S+", other_file)
                assert found is not None
                line = found[0]
            if step["block"]:
                self.delete_block(step["block"])
            elif step["verb"] == "delete":
                self.delete_line(line)
            else:
                self.write_line(line, inside[1] if inside else None)

    def delete_line(self, start: str) -> None:
        """Lines that begin with these words."""
        kept = [line for line in self.text.splitlines() if not f"{line.strip()} ".startswith(f"{start} ")]
        self.text = "\n".join(kept) + "\n"

    def delete_block(self, name: str) -> None:
        """A block without others in it."""
        self.text, count = re.subn(rf"\n\s*{name} \{{[^}}]*\}}", "", self.text)
        assert count == 1

    def write_line(self, line: str, block: str | None) -> None:
        """In place of the line with the same keyword, or added to the block, which is made if it is not there."""
        keyword = line.split(maxsplit=1)[0]
        if len(line.split()) > 1:
            self.delete_line(keyword)
        if block is not None and f"{block} {{" not in self.text:
            self.write_after("vrrp_instance VI_1 {", f"{block} {{\n    }}")
        self.write_after(f"{block} {{" if block is not None else "vrrp_instance VI_1 {", line)

    def write_after(self, heading: str, line: str) -> None:
        """A new line behind this one."""
        assert self.text.count(heading) == 1
        self.text = self.text.replace(heading, f"{heading}\n    {line}")


def follow(pair: Scene, cause: str, *, told_on: str) -> None:
    """Do what the remedy says, as an agent prints it: the edit on the node that it names, then the command there."""

    def in_full() -> re.Match[str] | None:
        """Once the other agent has told what it calls its instance."""
        remedy = pair.must_know(cause, on=told_on)["remedy"]
        return re.fullmatch(r"on (\w+): in vrrp_instance VI_1 of (\S+) (.*); ([^;]*)", remedy)

    node, file, steps, command = wait_until(
        in_full, what=f"the remedy of {cause} in full", timeout=HANG_GUARD
    ).groups()
    other = next(name for name in pair.lab.topology.routers if name != node)
    path = pair.lab.node(node).path(file)
    editor = Editor(path.read_text())
    editor.carry_out(steps, pair.lab.node(other).path(file).read_text())
    path.write_text(editor.text)
    pair.lab.node(node).run(["sh", "-c", command])


CASES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "vrid": ("vrid_mismatch", QUICK, {"vrid": 52}),
    "version": ("version_mismatch", {"version": 2, "advert_int": 1}, {"version": 3}),
    "password": ("auth_mismatch", WITH_PASSWORD, {"auth_pass": "other"}),
    "no-password": ("auth_mismatch", WITH_PASSWORD, {"auth_pass": None}),
    "interval": ("advert_interval_mismatch", WITH_PASSWORD, {"advert_int": 2}),
    "one-vip-more": ("vip_list_mismatch", QUICK, {"vips": (f"{conf.VIP}/24", "10.0.0.101/24")}),
    "group": ("destination_mismatch", QUICK, {"mcast_dst_ip": "224.0.0.81"}),
    "unicast-source": ("source_address_wrong", UNICAST, {"unicast_src_ip": "10.0.0.62"}),
    "unicast": (
        "destination_mismatch",
        QUICK,
        {"unicast_src_ip": ENDS["lb02"], "unicast_peers": (ENDS["lb01"],)},
    ),
    "multicast": ("destination_mismatch", UNICAST, {"unicast_src_ip": None, "unicast_peers": ()}),
}


@pytest.mark.parametrize("case", CASES)
def test_what_differs_and_splits_is_mended_by_its_remedy(case: str) -> None:
    cause, common, fields = CASES[case]
    with scene(**common) as pair:
        give_systemctl(pair)
        pair.lab.node("lb02").add_address("10.0.0.62/24")
        pair.settle()
        pair.lab.keepalived("lb02").write_conf(replace(pair.confs["lb02"], **fields))  # type: ignore[type-var]
        pair.lab.keepalived("lb02").reload()
        pair.lab.truth.wait_holders(conf.VIP, BOTH)
        pair.await_verdict("split_brain")
        follow(pair, cause, told_on="lb01")
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
        # An owner that never heard the loser announces nothing when that one yields.
        pair.must_warn_of(also="stale_arp@lb01")


PEACEFUL: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "equal": ("equal_priority", QUICK, {"priority": 150}),
    "owners": ("duplicate_address_owner", {**QUICK, "priorities": (255, 100)}, {"priority": 255}),
    "unicast-peer": ("source_address_wrong", UNICAST, {"unicast_peers": ("10.0.0.77",)}),
}


@pytest.mark.parametrize("case", PEACEFUL)
def test_what_differs_in_peace_is_mended_by_its_remedy(case: str) -> None:
    cause, common, fields = PEACEFUL[case]
    with scene(**common) as pair:
        give_systemctl(pair)
        pair.settle()
        pair.lab.keepalived("lb02").write_conf(replace(pair.confs["lb02"], **fields))  # type: ignore[type-var]
        pair.lab.keepalived("lb02").reload()
        pair.must_warn_of(f"{cause}@lb02")
        follow(pair, cause, told_on="lb01")
        pair.must_warn_of()
        pair.lab.truth.wait_owner(conf.VIP, "lb01")
        pair.await_verdict("steady")
