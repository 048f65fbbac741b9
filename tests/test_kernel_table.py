from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hawatch.observers.vip.kernel_table import Assignment, KernelTable, Link
from hawatch.observers.vip.netlink import apply

VIP = "192.0.2.100"
LO = Link(index=1, name="lo", carrier=True, mac="00:00:00:00:00:00")
ETH0 = Link(index=2, name="eth0", carrier=True, mac="02:00:00:00:00:01")
VMAC = Link(index=9, name="vrrp.51", carrier=True, mac="00:00:5e:00:01:33")


class FakeMessage(dict[str, object]):
    """A netlink message as pyroute2 hands it out: fields by key, attributes by name."""

    def get_attr(self, name: str) -> object:
        return self.get(name)


def table_with(*assignments: Assignment) -> KernelTable:
    table = KernelTable()
    for link in (LO, ETH0, VMAC):
        table.put_link(link)
    for assignment in assignments:
        table.put(assignment)
    return table


def on(link: Link, address: str = VIP, prefix_length: int = 24, *, usable: bool = True) -> Assignment:
    return Assignment(index=link.index, address=address, prefix_length=prefix_length, usable=usable)


def test_holders_are_named_with_the_oldest_device_first() -> None:
    table = table_with(on(VMAC), on(ETH0), on(LO))
    assert table.holders(VIP, loopback=True) == ("lo", "eth0", "vrrp.51")
    assert table.holders(VIP, loopback=False) == ("eth0", "vrrp.51")
    assert table.holders("192.0.2.1", loopback=True) == ()


def test_an_address_that_is_being_detected_or_has_failed_is_not_held() -> None:
    table = table_with(on(ETH0, usable=False))
    assert table.holders(VIP, loopback=True) == ()
    assert table.addresses_of(ETH0.index) == ()
    table.put(on(ETH0))
    assert table.holders(VIP, loopback=True) == ("eth0",)


def test_addresses_keep_the_kernels_order_and_are_told_once() -> None:
    table = table_with(on(ETH0, "192.0.2.1"), on(ETH0, VIP, 24), on(ETH0, VIP, 32), on(VMAC, "192.0.2.7"))
    assert table.addresses_of(ETH0.index) == ("192.0.2.1", VIP)


def test_a_device_takes_its_addresses_with_it() -> None:
    table = table_with(on(ETH0), on(VMAC))
    table.remove_link(ETH0.index)
    assert table.holders(VIP, loopback=True) == ("vrrp.51",)
    assert table.link_named("eth0") is None


def test_removing_what_is_not_there_is_no_fault() -> None:
    table = table_with()
    table.remove(on(ETH0))
    table.remove_link(77)
    assert table.holders(VIP, loopback=True) == ()


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([LO, ETH0, VMAC]), st.sampled_from([24, 32]))))
def test_an_address_is_held_exactly_where_its_last_event_added_it(
    events: list[tuple[bool, Link, int]],
) -> None:
    table, expected = table_with(), set()
    for added, link, prefix_length in events:
        if added:
            table.put(on(link, prefix_length=prefix_length))
            expected.add((link.name, prefix_length))
        else:
            table.remove(on(link, prefix_length=prefix_length))
            expected.discard((link.name, prefix_length))
    assert set(table.holders(VIP, loopback=True)) == {name for name, _ in expected}


def test_of_a_point_to_point_address_the_local_end_counts() -> None:
    table = table_with()
    message = FakeMessage(event="RTM_NEWADDR", index=2, prefixlen=32, flags=0x80)
    message.update(IFA_LOCAL=VIP, IFA_ADDRESS="192.0.2.200", IFA_FLAGS=0x80)
    assert apply(table, message) == VIP
    assert table.holders(VIP, loopback=False) == ("eth0",)


def test_a_kernel_without_the_flags_attribute_is_understood() -> None:
    table = table_with()
    for flags, holders in (
        (0x48, ()),
        (0x20, ("eth0",)),
    ):  # tentative and failed; deprecated, as keepalived makes them
        apply(
            table,
            FakeMessage(event="RTM_NEWADDR", index=2, prefixlen=128, flags=flags, IFA_ADDRESS="2001:db8::1"),
        )
        assert table.holders("2001:db8::1", loopback=False) == holders


def test_a_link_has_carrier_when_it_is_up_running_and_has_its_lower_layer() -> None:
    for flags, carrier in ((0x11043, True), (0x1003, False), (0x11003, False), (0x10042, False)):
        table = KernelTable()
        message = FakeMessage(event="RTM_NEWLINK", family=0, index=2, flags=flags, IFLA_IFNAME="eth0")
        assert apply(table, message) is None
        link = table.link_named("eth0")
        assert link is not None
        assert link.carrier is carrier


def test_a_bridges_word_about_its_port_deletes_no_device() -> None:
    table = table_with()
    apply(table, FakeMessage(event="RTM_DELLINK", family=7, index=2))
    assert table.link_named("eth0") == ETH0
    apply(table, FakeMessage(event="RTM_DELLINK", family=0, index=2))
    assert table.link_named("eth0") is None


def test_other_messages_change_nothing() -> None:
    table = table_with(on(ETH0))
    assert apply(table, FakeMessage(event="RTM_NEWNEIGH", family=2)) is None
    assert table.holders(VIP, loopback=False) == ("eth0",)
