from __future__ import annotations

import io
import json
import struct
from pathlib import Path
from typing import Any

import pytest

from hawatch import cli
from hawatch.wire.capture import PcapWriter
from tests import keepalived_frames as real
from tests.frames_by_hand import GROUP4, HOST4, authentication_header, carp, ethernet, ipv4, vrrp2, vrrp3

AT = 1_700_000_000_123_456_000
VIP = "192.0.2.100"
KEYS = [
    "number",
    "time",
    "src",
    "dst",
    "src_mac",
    "vlan",
    "ttl",
    "version",
    "type",
    "vrid",
    "priority",
    "interval_seconds",
    "auth_type",
    "addresses",
    "checksum",
    "trailing_bytes",
    "valid",
    "problems",
]


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    return tmp_path / "x.pcap"


def write(path: Path, *frames: bytes, link_type: int = 1) -> None:
    """Frames one second apart."""
    with path.open("wb") as stream:
        writer = PcapWriter(stream, link_type)
        for number, frame in enumerate(frames):
            writer.write(AT + number * 1_000_000_000, frame)


def decode(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, list[str], str]:
    code = cli.main(["decode", *map(str, words)])
    output = capsys.readouterr()
    return code, output.out.splitlines(), output.err


def objects(capsys: pytest.CaptureFixture[str], path: Path) -> list[dict[str, Any]]:
    code, lines, error = decode(capsys, path, "--json")
    assert (code, error) == (0, "")
    return [json.loads(line) for line in lines]


def test_a_line_says_who_told_whom_what(capsys: pytest.CaptureFixture[str], capture: Path) -> None:
    write(
        capture,
        real.V2_PASSWORD,
        real.GRATUITOUS_ARP,
        real.V3,
        real.V3_RESIGNATION,
        real.V3_IPV6,
        real.V2_AH,
        real.V2_WITHOUT_VIPS,
    )
    assert decode(capsys, capture) == (
        0,
        [
            (
                "    1  2023-11-14T22:13:20.123456Z  192.0.2.1 > 224.0.0.18          "
                "VRRPv2  vrid 51   prio 150  1s     pass  plain          192.0.2.100"
            ),
            (
                "    3  2023-11-14T22:13:22.123456Z  192.0.2.1 > 224.0.0.18          "
                "VRRPv3  vrid 51   prio 150  0.5s   -     pseudo_header  192.0.2.100 192.0.2.101"
            ),
            (
                "    4  2023-11-14T22:13:23.123456Z  192.0.2.1 > 224.0.0.18          "
                "VRRPv3  vrid 51   prio 0    0.5s   -     pseudo_header  192.0.2.100 192.0.2.101"
            ),
            (
                "    5  2023-11-14T22:13:24.123456Z  fe80::ff:fe00:a > ff02::12      "
                "VRRPv3  vrid 51   prio 150  1s     -     pseudo_header  fe80::100 2001:db8::100"
            ),
            (
                "    6  2023-11-14T22:13:25.123456Z  192.0.2.1 > 224.0.0.18          "
                "VRRPv2  vrid 51   prio 150  1s     ah    plain          192.0.2.100"
            ),
            (
                "    7  2023-11-14T22:13:26.123456Z  192.0.2.1 > 224.0.0.18          "
                "VRRPv2  vrid 51   prio 150  1s     none  plain          -"
            ),
        ],
        "",
    )


def test_a_line_says_what_is_wrong(capsys: pytest.CaptureFixture[str], capture: Path) -> None:
    write(
        capture,
        ethernet(ipv4(vrrp2(VIP), ttl=64), (0x88A8, 200), (0x8100, 10)),
        ethernet(ipv4(vrrp3(VIP, pseudo=(HOST4, "192.0.2.7")), dst="192.0.2.2")),
        ethernet(ipv4(vrrp2(VIP, auth_type=254, summed_trailer=b"\x5a" * 30))),
        ethernet(ipv4(carp(vhid=51))),
        ethernet(ipv4(vrrp2(VIP)[:10])),
        ethernet(ipv4(b"")),
    )
    _, lines, _ = decode(capsys, capture)
    assert [line[36:] for line in lines] == [
        (
            "192.0.2.1 > 224.0.0.18         vlan 200.10  "
            "VRRPv2  vrid 51   prio 100  1s     none  plain          192.0.2.100  REFUSED: ttl is not 255"
        ),
        (
            "192.0.2.1 > 192.0.2.2           "
            "VRRPv3  vrid 51   prio 100  1s     -     bad            192.0.2.100  REFUSED: bad checksum"
        ),
        (
            "192.0.2.1 > 224.0.0.18          "
            "VRRPv2  vrid 51   prio 100  1s     md5   whole_payload  192.0.2.100  +30 bytes"
        ),
        "192.0.2.1 > 224.0.0.18          CARP    vhid 51   REFUSED: carp",
        "192.0.2.1 > 224.0.0.18          VRRP    vrid 51   REFUSED: address list cut short",
        "192.0.2.1 > 224.0.0.18          VRRP    vrid ?    REFUSED: VRRP header cut short",
    ]


def test_json_has_the_fields_of_the_interface(capsys: pytest.CaptureFixture[str], capture: Path) -> None:
    write(
        capture,
        ethernet(ipv4(vrrp3(VIP, pseudo=(HOST4, GROUP4), centiseconds=25, trailer=b"\1" * 28)), (0x8100, 10)),
    )
    (shown,) = objects(capsys, capture)
    assert list(shown) == KEYS
    assert shown == {
        "number": 1,
        "time": 1700000000.123456,
        "src": "192.0.2.1",
        "dst": "224.0.0.18",
        "src_mac": "02:00:00:00:00:0a",
        "vlan": [10],
        "ttl": 255,
        "version": 3,
        "type": 1,
        "vrid": 51,
        "priority": 100,
        "interval_seconds": 0.25,
        "auth_type": 0,
        "addresses": ["192.0.2.100"],
        "checksum": "pseudo_header",
        "trailing_bytes": 28,
        "valid": True,
        "problems": [],
    }


def test_json_never_takes_carp_for_vrrp(capsys: pytest.CaptureFixture[str], capture: Path) -> None:
    write(capture, ethernet(ipv4(carp(vhid=51))))
    (shown,) = objects(capsys, capture)
    assert list(shown) == [*KEYS, "vhid"]
    assert (shown["valid"], shown["problems"], shown["vhid"]) == (False, ["carp"], 51)
    assert (shown["version"], shown["vrid"], shown["priority"], shown["addresses"]) == (None,) * 4


def test_json_of_a_broken_frame_says_what_can_be_known(
    capsys: pytest.CaptureFixture[str], capture: Path
) -> None:
    write(capture, ethernet(ipv4(authentication_header(vrrp2(VIP)[:9]), protocol=51)))
    (shown,) = objects(capsys, capture)
    assert list(shown) == KEYS
    assert (shown["src"], shown["src_mac"], shown["ttl"]) == ("192.0.2.1", "02:00:00:00:00:0a", 255)
    assert (shown["version"], shown["type"], shown["vrid"], shown["priority"]) == (2, 1, 51, None)
    assert (shown["valid"], shown["problems"]) == (False, ["address list cut short"])


def test_a_frame_cut_by_the_capture_is_not_laid_to_the_sender(
    capsys: pytest.CaptureFixture[str], capture: Path
) -> None:
    whole = real.V2_PASSWORD
    record = struct.pack("<IIII", 0, 0, 40, len(whole)) + whole[:40]
    capture.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 40, 1) + record)
    (shown,) = objects(capsys, capture)
    assert shown["problems"] == ["IPv4 packet cut short", "frame cut by the capture"]


def test_a_link_without_macs_has_none(capsys: pytest.CaptureFixture[str], capture: Path) -> None:
    write(capture, ipv4(vrrp2(VIP)), link_type=101)
    (shown,) = objects(capsys, capture)
    assert (shown["src_mac"], shown["valid"]) == (None, True)


def test_a_password_is_not_shown(capsys: pytest.CaptureFixture[str], capture: Path) -> None:
    write(capture, ethernet(ipv4(vrrp2(VIP, auth_type=1, auth_data=b"Hush!\0\0\0"))))
    for words in ([capture], [capture, "--json"]):
        _, lines, _ = decode(capsys, *words)
        assert len(lines) == 1
        assert "Hush" not in lines[0]


def test_a_truncated_capture_shows_its_whole_frames_and_ends_with_2(
    capsys: pytest.CaptureFixture[str], capture: Path
) -> None:
    write(capture, real.V2_PASSWORD, real.V3, real.V3)
    capture.write_bytes(capture.read_bytes()[:-1])
    code, lines, error = decode(capsys, capture)
    assert (code, len(lines)) == (2, 2)
    assert error == f"hawatch: {capture}: cut short at byte {capture.stat().st_size}, in frame 3\n"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "empty, not a capture"),
        (b"# a text\n", "neither pcap nor pcapng"),
        (None, "No such file or directory"),
    ],
)
def test_what_cannot_be_read_is_named_in_one_line(
    capsys: pytest.CaptureFixture[str], capture: Path, content: bytes | None, complaint: str
) -> None:
    if content is not None:
        capture.write_bytes(content)
    assert decode(capsys, capture) == (2, [], f"hawatch: {capture}: {complaint}\n")


def test_a_directory_is_no_capture(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert decode(capsys, tmp_path) == (2, [], f"hawatch: {tmp_path}: Is a directory\n")


def test_an_unsupported_link_type_is_an_error_and_not_an_empty_answer(
    capsys: pytest.CaptureFixture[str], capture: Path
) -> None:
    write(capture, b"radio", b"radio", link_type=127)
    assert decode(capsys, capture) == (
        2,
        [],
        f"hawatch: {capture}: left out frames of link types that are not supported: 127 (2 frames)\n",
    )


def test_a_capture_without_vrrp_says_so_and_is_no_error(
    capsys: pytest.CaptureFixture[str], capture: Path
) -> None:
    write(capture, real.GRATUITOUS_ARP, real.ICMP_REFUSAL)
    assert decode(capsys, capture) == (0, [], f"hawatch: {capture}: no VRRP among 2 frames\n")


def test_standard_input_is_read_as_a_dash(
    capsys: pytest.CaptureFixture[str], capture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(capture, real.V3)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(capture.read_bytes())))
    code, lines, error = decode(capsys, "-")
    assert (code, len(lines), error) == (0, 1, "")


def test_times_that_are_missing_or_beyond_the_calendar_are_shown(
    capsys: pytest.CaptureFixture[str], capture: Path
) -> None:
    def block(kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        return struct.pack("<II", kind, 12 + len(body)) + body + struct.pack("<I", 12 + len(body))

    size = len(real.V3)
    whole_seconds = struct.pack("<HHBxxx", 9, 1, 0)  # if_tsresol: units of a second
    capture.write_bytes(
        block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
        + block(1, struct.pack("<HHI", 1, 0, 0) + whole_seconds)
        + block(3, struct.pack("<I", size) + real.V3)
        + block(6, struct.pack("<IIIII", 0, 0xFFFFFFFF, 0, size, size) + real.V3)
    )
    _, lines, _ = decode(capsys, capture)
    assert lines[0].startswith("    1  -                            192.0.2.1 > ")
    assert lines[1].startswith("    2  18446744069414584320.000000Z  192.0.2.1 > ")
    assert [shown["time"] for shown in objects(capsys, capture)] == [None, 18446744069414584320.0]


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, _ = decode(capsys, "--help")
    assert code == 0
    assert "  hawatch decode vrrp.pcap" in lines
