"""The lab's modem codes short messages as the specification has them, so that what it tells can be believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.lab.modem.alphabet import BASIC, EXTENDED, from_septets, pack, to_septets, unpack
from deploy.lab.modem.pdu import deliver, read_submit, status_report

GSM_TEXTS = st.text(alphabet=[*BASIC.replace("\x1b", ""), *EXTENDED.values()])


@given(GSM_TEXTS)
def test_a_text_comes_out_of_its_octets_as_it_went_in(text: str) -> None:
    septets = to_septets(text)
    assert from_septets(unpack(pack(septets), len(septets))) == text


def test_septets_are_packed_as_in_the_well_known_example() -> None:
    assert pack(to_septets("hellohello")).hex() == "e8329bfd4697d9ec37"


def test_a_submit_of_one_part_is_read() -> None:
    # A reference PDU, checked by hand: SMSC of the SIM, no validity, to +46708251358, "hellohello".
    read = read_submit(bytes.fromhex("0001000b916407281553f800000ae8329bfd4697d9ec37"))
    assert (read.to, read.text, read.part.total, read.wants_report) == (
        "+46708251358",
        "hellohello",
        1,
        False,
    )


def test_something_else_than_a_submit_is_refused() -> None:
    with pytest.raises(ValueError, match="not an SMS-SUBMIT"):
        read_submit(bytes.fromhex("0004000b916407281553f800000ae8329bfd4697d9ec37"))


def test_a_received_text_has_number_zone_and_alphabet_where_they_belong() -> None:
    at = datetime(2026, 11, 27, 3, 12, 9, tzinfo=timezone(timedelta(hours=8)))
    (pdu,) = deliver("+8613800000001", "47", at, 1)
    assert pdu.hex() == "00" + "04" + "0d91683108000000f1" + "0000" + "62117230219023" + "02" + "b41b"


@pytest.mark.parametrize(("text", "parts"), [("x" * 160, 1), ("x" * 161, 2), ("裂" * 70, 1), ("裂" * 71, 2)])
def test_a_long_text_is_cut_where_the_network_cuts_it(text: str, parts: int) -> None:
    pdus = deliver("+8613800000001", text, datetime.now(UTC), 7)
    assert len(pdus) == parts
    assert all(len(pdu) <= 1 + 1 + 9 + 2 + 7 + 1 + 140 for pdu in pdus)


def test_a_status_report_names_the_message_it_speaks_of() -> None:
    pdu = status_report("+8613800000001", 117, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert pdu.hex() == "0006750d91683108000000f1" + 2 * "62102030405000" + "00"
