"""A split at night, fenced by two people: real keepalived, real smsd, fence_ipmilan against OpenIPMI's ipmi_sim."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from deploy.lab import LabError, Topology, conf
from deploy.lab.actions import ACTIONS, LAB_ACTIONS
from deploy.lab.process import Process
from deploy.lab.waiting import wait_until
from tests.bmc import PASSWORD, USER, Bmc
from tests.integration.conftest import Tell
from tests.lab.night import BOTH, OnCall, Person, Phone, night
from tests.lab.scene import HANG_GUARD

ANNA = Person("anna", "+8613800000001", permissions=("ack", "act", "fence"))
BO = Person("bo", "+8613800000002", language="zh", permissions=("ack", "act", "fence"))
WITH_BMC = Topology(hosts=("client", "gateway", "bmc"))
SECRET = "/etc/hawatch/fence-lb02.password"
DIRECTORY = "/run/bmc"
BMC = Bmc(directory=DIRECTORY, address="0.0.0.0")
FENCE = f"""
[fence.lb02]
agent = "/usr/sbin/fence_ipmilan"
options = {{ ip = "{WITH_BMC.ipv4("bmc")}", username = "{USER}", lanplus = true, cipher = 3 }}
password_file = "{SECRET}"
"""


class Machine:
    """lb02's hardware and its BMC: while it is plugged in, everything on it ends at once without power."""

    def __init__(self, on_call: OnCall, bmc: Process) -> None:
        self.bmc = bmc
        self.lab = on_call.pair.lab
        self.modem = on_call.modems["lb02"]
        self.node = self.lab.node("lb02")
        self.power = self.lab.node("bmc").path(f"{DIRECTORY}/power")
        self.calls = self.lab.node("bmc").path(f"{DIRECTORY}/calls")
        self.runs = True

    @contextmanager
    def plugged_in(self) -> Iterator[None]:
        """The BMC has its power."""
        done = threading.Event()
        thread = threading.Thread(target=self._live, args=(done,))
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def switched(self) -> list[str]:
        """What the BMC was told to switch, in order."""
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        return [line for line in lines if line.startswith("set power")]

    def _live(self, done: threading.Event) -> None:
        while not done.wait(0.02):
            has_power = self.power.read_text().strip() == "1"
            if self.runs and not has_power:
                self._dies()
            elif has_power and not self.runs:
                self._boots()

    def _dies(self) -> None:
        self.runs = False
        self.node.link_down()
        for each in (self.lab.agent("lb02"), self.lab.helper("lb02"), self.modem):
            each.kill()
        self.lab.keepalived("lb02").kill_both()
        with suppress(LabError):
            self.node.run(["ip", "address", "del", f"{conf.VIP}/24", "dev", "eth0"])

    def _boots(self) -> None:
        self.runs = True
        self.node.link_up()
        self.lab.keepalived("lb02").start()
        self.modem.start()
        self.lab.helper("lb02").start()
        self.lab.agent("lb02").start()


@contextmanager
def fenced_night(*people: Person) -> Iterator[tuple[OnCall, Machine]]:
    """A night in which lb01 may cut the power of lb02, by a BMC whose machine is not plugged in yet."""
    with night(*people, topology=WITH_BMC) as on_call:
        lab = on_call.pair.lab
        bmc = lab.node("bmc")
        bmc.run(["mkdir", "-p", f"{DIRECTORY}/state"])
        for name, text in BMC.files().items():
            bmc.write(f"{DIRECTORY}/{name}", text)
        simulator = bmc.popen(BMC.argv, name="ipmi_sim")
        lab.node("lb01").write(SECRET, f"{PASSWORD}\n")
        lab.node("lb01").path(SECRET).chmod(0o600)
        lab.node("lb01").write(ACTIONS, LAB_ACTIONS + FENCE)
        await_fence(on_call)
        yield on_call, Machine(on_call, simulator)


def await_fence(on_call: OnCall) -> None:
    """Wait until both agents know that lb01 may fence."""

    def look() -> bool | None:
        known = [
            {ability["name"] for each in on_call.records(node, "abilities") for ability in each["abilities"]}
            for node in BOTH
        ]
        return True if all("fence-lb02" in names for names in known) else None

    wait_until(look, what="the fence device on both nodes", timeout=HANG_GUARD)


def number_of(text: str, what: str) -> str:
    """What to reply for a line of the menu."""
    (line,) = [each for each in text.replace(", ", "\n").splitlines() if what in each]
    return line.partition("=")[0].split(". ")[-1]


def test_a_split_is_fenced_by_two_people_and_believed_when_the_node_is_seen_to_be_gone(told: Tell) -> None:
    with fenced_night(ANNA, BO) as (on_call, machine):
        pair, anna, bo = on_call.pair, on_call.phone(ANNA), on_call.phone(BO)
        with machine.plugged_in(), pair.lab.firewall.drop_vrrp_inbound("lb02"):
            pair.await_verdict("split_brain")
            text = anna.must_read("SPLIT BRAIN VI_1", "cut the power of lb02").text
            bo.must_read("裂脑", "切断lb02电源")
            anna.replies(number_of(text, "cut the power of lb02"))
            asked = anna.must_read("cut the power of lb02 (by lb01)", "then a second person is asked")
            assert len(asked.nonce) == 6
            anna.replies(asked.nonce)
            anna.must_read("a second person must agree first", "bo")
            second = bo.must_read("anna要求由lb01切断lb02电源")
            assert len(second.nonce) == 6
            assert machine.switched() == []
            bo.replies(second.nonce)
            answered = pair.lab.now()
            (deed,) = await_deed(on_call, "done")
            told(
                "fence_ipmilan: lb02 seen to be gone after the second person's answer",
                pair.lab.now() - answered,
            )
            assert machine.switched() == ["set power 0"]
            done = anna.must_read("lb02 is off (anna+bo): lb01 alone holds 10.0.0.100", "only lb01 answers")
            told("its text on the telephone", pair.lab.now() - answered)
            bo.must_read("lb02已断电（anna、bo），10.0.0.100仅lb01持有")
            assert deed["gone"]["silent"] > 0.9
            pair.lab.truth.wait_owner(conf.VIP, "lb01")
            pair.await_verdict("degraded", on=("lb01",))
        with machine.plugged_in():
            anna.replies(done.undo)
            back = anna.must_read("power lb02 on (by lb01)")
            anna.replies(back.nonce)
            anna.must_read("Done: power lb02 on (by lb01)")
            assert machine.switched() == ["set power 0", "set power 1"]
            pair.await_verdict("steady", on=("lb01",))
            anna.must_read("OVER")
        over = on_call.await_state("lb01", "resolved")
        assert not any(PASSWORD in entry["text"] for entry in over["timeline"])


def test_a_fence_device_that_is_silent_or_lies_is_not_believed() -> None:
    with fenced_night(ANNA, BO) as (on_call, machine):
        pair, anna, bo = on_call.pair, on_call.phone(ANNA), on_call.phone(BO)
        with pair.lab.firewall.drop_vrrp_inbound("lb02"):
            pair.await_verdict("split_brain")
            number = number_of(anna.must_read("SPLIT BRAIN VI_1").text, "cut the power of lb02")
            bo.must_read("裂脑")
            machine.bmc.kill()
            agreed(anna, bo, number)
            anna.must_read("Not done: cut the power of lb02", "the fence device does not say that it is on")
            bo.must_read("不执行：由lb01切断lb02电源", "隔离设备未确认通电")
            machine.bmc = pair.lab.node("bmc").popen(BMC.argv, name="ipmi_sim")
            agreed(anna, bo, number)
            anna.must_read("FAILED: the fence device says lb02 is off, but it still advertises")
            bo.must_read("失败：隔离设备称lb02已断电，但它仍在发通告")
            assert machine.switched() == ["set power 0"]
            agreed(anna, bo, number)
            anna.must_read("Not done: cut the power of lb02", "the fence device says it is off already")
            assert machine.switched() == ["set power 0"]


def agreed(anna: Phone, bo: Phone, number: str) -> None:
    """Anna asks and confirms, and Bo agrees."""
    anna.replies(number)
    anna.replies(anna.must_read("then a second person is asked").nonce)
    bo.replies(bo.must_read("anna要求由lb01切断lb02电源").nonce)


def await_deed(on_call: OnCall, state: str) -> list[dict[str, dict[str, float]]]:
    """lb01's deeds, once the last of them stands so."""

    def look() -> list[dict[str, dict[str, float]]] | None:
        deeds = on_call.records("lb01", "deed")
        return deeds if deeds and deeds[-1].get("state") == state else None

    try:
        return wait_until(look, what=f"a deed that is {state}", timeout=HANG_GUARD)
    except LabError as error:
        raise AssertionError(
            f"{error}: {on_call.records('lb01', 'deed')}\n{on_call.pair.account()}"
        ) from None
