"""`hawatch decode`: every VRRP frame of a capture file, one line each."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from hawatch.errors import DecodeError
from hawatch.wire.capture import CapturedFrame, read_capture
from hawatch.wire.frame import CarpFrame, MalformedVrrp, ProtocolFrame, VrrpFrame, decode_vrrp_frame
from hawatch.wire.link import LinkType
from hawatch.wire.vrrp import Advertisement

SUMMARY = "Show every VRRP frame of a capture file."

CARP = "carp"
_AUTH_NAMES = {0: "none", 1: "pass", 2: "ah", 254: "md5"}
_LINK_TYPES = frozenset(LinkType)


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("capture", metavar="CAPTURE", help="a pcap or pcapng file, or - for standard input")
    parser.add_argument("--json", action="store_true", help="one JSON object for each frame")
    parser.epilog = (
        "Each line ends in the reasons why a conforming receiver refuses the frame, if there are any.\n\n"
        "example:\n"
        "  tcpdump -i eth0 -c 10 -w vrrp.pcap 'ip proto 112'\n"
        "  hawatch decode vrrp.pcap"
    )


def run(args: argparse.Namespace) -> int:
    """Print the frames; raises DecodeError, after the readable ones, where the file cannot be read."""
    if args.capture == "-":
        _decode(sys.stdin.buffer, "standard input", as_json=args.json)
    else:
        with Path(args.capture).open("rb") as stream:
            _decode(stream, args.capture, as_json=args.json)
    return 0


def _decode(stream: BinaryIO, name: str, *, as_json: bool) -> None:
    unsupported: Counter[int] = Counter()
    total = shown = 0
    try:
        for captured in read_capture(stream, name):
            total += 1
            if captured.link_type not in _LINK_TYPES:
                unsupported[captured.link_type] += 1
                continue
            try:
                frame = decode_vrrp_frame(captured.data, captured.link_type)
            except DecodeError:  # not VRRP: a capture may hold anything else
                continue
            shown += 1
            print(json.dumps(fields(captured, frame)) if as_json else line(captured, frame))
    finally:
        sys.stdout.flush()  # before whatever standard error has to say
    if unsupported:
        kinds = ", ".join(f"{kind} ({count} frames)" for kind, count in sorted(unsupported.items()))
        raise DecodeError(f"{name}: left out frames of link types that are not supported: {kinds}")
    if not shown:
        print(f"hawatch: {name}: no VRRP among {total} frames", file=sys.stderr)


def fields(captured: CapturedFrame, frame: ProtocolFrame) -> dict[str, object]:
    """Give what `--json` prints of a frame: every key always, null for what the frame does not say.

    `vhid` is there for CARP only, whose own fields would mean nothing under VRRP's names.
    """
    packet = frame.packet
    shown: dict[str, object] = {
        "number": captured.number,
        "time": captured.time,
        "src": packet.src,
        "dst": packet.dst,
        "src_mac": frame.link.src_mac or None,
        "vlan": list(frame.link.vlans),
        "ttl": packet.ttl,
        "version": None,
        "type": None,
        "vrid": None,
        "priority": None,
        "interval_seconds": None,
        "auth_type": None,
        "addresses": None,
        "checksum": None,
        "trailing_bytes": None,
        "valid": False,
        "problems": list(problems(captured, frame)),
    }
    match frame:
        case VrrpFrame(advertisement=advertisement):
            shown |= {
                "version": advertisement.version,
                "type": advertisement.type,
                "vrid": advertisement.vrid,
                "priority": advertisement.priority,
                "interval_seconds": advertisement.interval_seconds,
                "auth_type": advertisement.auth_type,
                "addresses": list(advertisement.addresses),
                "checksum": advertisement.checksum,
                "trailing_bytes": advertisement.trailing_bytes,
                "valid": frame.valid,
            }
        case CarpFrame(announcement=announcement):
            shown["vhid"] = announcement.vhid
        case MalformedVrrp():
            shown |= {"version": frame.version, "type": frame.type, "vrid": frame.vrid}
    return shown


def problems(captured: CapturedFrame, frame: ProtocolFrame) -> tuple[str, ...]:
    """List why a VRRP receiver does not take the frame; a frame that the capture cut is not the sender's fault."""
    match frame:
        case VrrpFrame():
            return frame.problems
        case CarpFrame():
            return (CARP,)
        case MalformedVrrp():
            return (frame.reason, "frame cut by the capture") if captured.truncated else (frame.reason,)


def line(captured: CapturedFrame, frame: ProtocolFrame) -> str:
    """Give the line for people: when, from whom to whom, what, and what is wrong with it."""
    ends = f"{frame.packet.src} > {frame.packet.dst}"
    vlans = " vlan " + ".".join(map(str, frame.link.vlans)) if frame.link.vlans else ""
    reasons = problems(captured, frame)
    refused = "  REFUSED: " + ", ".join(reasons) if reasons else ""
    return f"{captured.number:>5}  {_clock(captured.time_ns)}  {ends:<30}{vlans}  {_said(frame)}{refused}"


def _said(frame: ProtocolFrame) -> str:
    match frame:
        case VrrpFrame(advertisement=advertisement):
            return _advertisement(advertisement)
        case CarpFrame(announcement=announcement):
            return f"CARP    vhid {announcement.vhid:<3}"
        case MalformedVrrp(vrid=vrid):
            return f"VRRP    vrid {'?' if vrid is None else vrid:<3}"


def _advertisement(said: Advertisement) -> str:
    auth = _AUTH_NAMES.get(said.auth_type, str(said.auth_type)) if said.version == 2 else "-"
    columns = (
        f"VRRPv{said.version}  vrid {said.vrid:<3}  prio {said.priority:<3}  {f'{said.interval_seconds:g}s':<6} "
        f"{auth:<4}  {said.checksum:<13}  {' '.join(said.addresses) or '-'}"
    )
    return f"{columns}  +{said.trailing_bytes} bytes" if said.trailing_bytes else columns


def _clock(time_ns: int | None) -> str:
    """Write a time in UTC with microseconds; a damaged one beyond the calendar as its seconds."""
    if time_ns is None:
        return f"{'-':<27}"
    seconds, fraction = divmod(time_ns, 1_000_000_000)
    try:
        moment = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    except (OverflowError, ValueError, OSError):
        moment = str(seconds)
    return f"{moment}.{fraction // 1000:06d}Z"
