from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawatch.errors import DecodeError
from hawatch.wire import carp
from hawatch.wire.carp import CarpAnnouncement
from tests.frames_by_hand import carp as by_hand
from tests.frames_by_hand import rfc1071, vrrp2, vrrp3

SEVEN = [f"192.0.2.{number}" for number in range(1, 8)]
bytes_ = st.integers(0, 255)


def test_an_announcement_is_read() -> None:
    announcement = carp.decode(by_hand(vhid=51, advskew=128, advbase=1))
    assert announcement == CarpAnnouncement(vhid=51, advbase=1, advskew=128)
    assert announcement.interval_seconds == 1.5


@pytest.mark.parametrize(
    "payload",
    [
        vrrp2(*SEVEN),
        vrrp2(*SEVEN[:5]),  # 36 bytes too
        vrrp3(*SEVEN, pseudo=None),  # 36 bytes and 7 addresses
        by_hand()[:-1],
        by_hand() + b"\0",
        b"",
    ],
)
def test_vrrp_is_not_taken_for_carp(payload: bytes) -> None:
    assert not carp.is_carp(payload)
    with pytest.raises(DecodeError, match="not CARP"):
        carp.decode(payload)


@given(st.builds(CarpAnnouncement, vhid=bytes_, advbase=bytes_, advskew=bytes_, demotion=bytes_))
def test_what_is_encoded_is_decoded(announcement: CarpAnnouncement) -> None:
    assert carp.decode(carp.encode(announcement, counter=7, digest=b"d" * 20)) == announcement


def test_what_is_encoded_has_the_layout_and_the_checksum_of_openbsd() -> None:
    made = carp.encode(CarpAnnouncement(vhid=51, advbase=1, advskew=0), counter=42, digest=bytes(range(20)))
    assert made == by_hand()
    assert rfc1071(made) == 0


def test_a_digest_of_another_length_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="20 bytes"):
        carp.encode(CarpAnnouncement(vhid=1, advbase=1, advskew=0), digest=b"")
