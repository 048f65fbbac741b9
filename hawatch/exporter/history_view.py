"""The last hour as the dict that `/api/v1/history` gives; docs/interface.md has the keys, which are a promise."""

from __future__ import annotations

import json
from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

from hawatch.exporter.packing import packed
from hawatch.exporter.status import JsonDict
from hawatch.history import HORIZON, Lane, LaneKind, Past, Subject

_FIELDS = {
    LaneKind.VERDICT: ("instance", "vrid", "family"),
    LaneKind.ADVERTISER: ("instance", "vrid", "family", "node"),
    LaneKind.VIP: ("instance", "vip", "node"),
    LaneKind.LINK: ("peer", "link"),
    LaneKind.AGENT: ("peer",),
}


def history_response(request: Request, past: Past) -> Response:
    """As JSON; with many virtual routers it is long."""
    text = json.dumps(history(past), ensure_ascii=False, separators=(",", ":"))
    body, packing = packed(request, text.encode("utf-8", "backslashreplace"))
    headers = {"vary": "Accept-Encoding", **packing}
    return Response(body, media_type="application/json", headers=headers)


def history(past: Past) -> JsonDict:
    """Every lane of which anything was known; times are epoch seconds."""
    return {
        "node": past.node,
        "pair": past.pair,
        "from": _epoch(past.at - HORIZON, past),
        "to": _epoch(past.at, past),
        "lanes": list(_lanes(past)),
    }


def _lanes(past: Past) -> Iterator[JsonDict]:
    for subject, lane in past.lanes:
        if not lane.is_unknown(past.at - HORIZON):
            yield {**_subject(subject), "spans": _spans(lane, past)}


def _subject(subject: Subject) -> JsonDict:
    fields = {name: getattr(subject, name) for name in _FIELDS[subject.kind]}
    return {"kind": subject.kind.value, **fields}


def _spans(lane: Lane, past: Past) -> list[list[object]]:
    spans = lane.spans(past.at - HORIZON, past.at)
    return [[_epoch(start, past), _epoch(end, past), value] for start, end, value in spans]


def _epoch(at: float, past: Past) -> float:
    return round(at + past.wall_minus_monotonic, 3)
