"""What `/` and `/api/v1/history` give, and to whom."""

from __future__ import annotations

import gzip
import http.client
import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from hawatch.exporter.app_page import prefers_page
from hawatch.exporter.history_view import history
from hawatch.history import HORIZON, History
from hawatch.snapshot import AdvertiserView
from tests import snapshots
from tests.serving import HANG, Served, served
from tests.snapshots import AT, EPOCH

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@dataclass(frozen=True)
class ShortPage:
    body: bytes = b"<!doctype html><title>hawatch</title>"
    etag: str = '"abc"'
    policy: str = "default-src 'none'; frame-ancestors 'none'"


def get(where: Served, target: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", where.port, timeout=HANG)
    try:
        connection.request(
            method, target, headers={name.replace("_", "-"): each for name, each in headers.items()}
        )
        response = connection.getresponse()
        body = response.read()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, body
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        (BROWSER, True),
        ("text/html", True),
        ("TEXT/HTML;q=0.3, text/plain;q=0.2", True),
        ("text/html;level=1;q=1.0, */*;q=0.1", True),
        ("", False),
        ("*/*", False),
        ("text/*", False),
        ("text/plain", False),
        ("text/html;q=0", False),
        ("text/html;q=0.5, text/plain", False),
        ("text/html;q=0.5, */*", False),
        ("text/html;q=oh", False),
        ("application/json, */*;q=0.1", False),
        (";;;,,,=q", False),
    ],
)
def test_a_page_is_for_who_would_rather_have_html(accept: str, page: bool) -> None:
    assert prefers_page(accept) is page


def test_a_browser_gets_the_page_and_a_shell_the_text(tmp_path: Path) -> None:
    with served(snapshots.split_brain(), tmp_path, page=ShortPage()) as where:
        code, headers, body = get(where, "/", Accept=BROWSER)
        assert (code, body) == (200, ShortPage.body)
        assert headers["content-type"] == "text/html; charset=utf-8"
        assert headers["content-security-policy"] == ShortPage.policy
        assert headers["cache-control"] == "no-cache"
        assert headers["vary"] == "Accept, Accept-Encoding"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        code, headers, body = get(where, "/", Accept="*/*")
        assert (code, headers["content-type"]) == (200, "text/plain; charset=utf-8")
        assert headers["vary"] == "Accept"
        assert b"split_brain" in body


def test_a_page_that_the_browser_has_is_not_sent_again(tmp_path: Path) -> None:
    with served(snapshots.steady(), tmp_path, page=ShortPage()) as where:
        etag = get(where, "/", Accept=BROWSER)[1]["etag"]
        code, headers, body = get(where, "/", Accept=BROWSER, If_None_Match=f'"old", {etag}')
        assert (code, body, headers["etag"]) == (304, b"", etag)
        assert get(where, "/", Accept=BROWSER, If_None_Match='"old"')[0] == 200


def test_the_head_of_the_page_has_no_body(tmp_path: Path) -> None:
    with served(snapshots.steady(), tmp_path, page=ShortPage()) as where:
        code, headers, body = get(where, "/", "HEAD", Accept=BROWSER)
        assert (code, body, headers["content-length"]) == (200, b"", str(len(ShortPage.body)))


def test_a_long_page_is_packed_for_who_can_unpack_it(tmp_path: Path) -> None:
    long = ShortPage(body=b"<!doctype html>" + b"<p>steady" * 1000)
    with served(snapshots.steady(), tmp_path, page=long) as where:
        for accepted in ("gzip, deflate, br", "br;q=1.0, GZIP;q=0.5"):
            _, headers, body = get(where, "/", Accept=BROWSER, Accept_Encoding=accepted)
            assert headers["content-encoding"] == "gzip"
            assert len(body) < len(long.body) / 10
            assert gzip.decompress(body) == long.body
        for refused in ("identity", "br", "gzip;q=0"):
            _, headers, body = get(where, "/", Accept=BROWSER, Accept_Encoding=refused)
            assert "content-encoding" not in headers
            assert body == long.body


# --- history --------------------------------------------------------------------------------------


def test_the_last_hour_is_told_lane_by_lane_in_epoch_seconds(tmp_path: Path) -> None:
    heard = (AdvertiserView(node="lb01", heard=True), AdvertiserView(node="lb02", heard=False))
    steady = snapshots.steady()
    remembered = History()
    remembered.see(replace(steady, routers=(replace(steady.routers[0], advertisers=heard),)))
    split = snapshots.split_brain()
    judged = replace(split.routers[0].verdict, since=AT + 1.0)
    both = replace(split.routers[0], verdict=judged, advertisers=(heard[0], replace(heard[1], heard=True)))
    links = (snapshots.DOWN, snapshots.UNKNOWN)
    silent = replace(steady.peers[0], agent="silent", links=links)
    later = replace(split, routers=(both,), at=AT + 1.5, peers=(silent,))
    remembered.see(later)
    remembered.see(replace(later, at=AT + 10))
    with served(snapshots.steady(), tmp_path, past=remembered.past) as where:
        code, headers, body = get(where, "/api/v1/history")
        assert (code, headers["content-type"]) == (200, "application/json")
        told = json.loads(body)
    begin, end = EPOCH + 10 - HORIZON, EPOCH + 10
    router = {"instance": "VI_1", "vrid": 51, "family": "ipv4"}
    vip = {"kind": "vip", "instance": "VI_1", "vip": "192.168.136.100"}
    assert told == {
        "node": "lb01",
        "pair": "web",
        "from": begin,
        "to": end,
        "lanes": [
            {
                "kind": "verdict",
                **router,
                "spans": [
                    [begin, EPOCH + 1, "steady"],
                    [EPOCH + 1, end, "split_brain"],
                ],
            },
            {
                "kind": "advertiser",
                **router,
                "node": "lb01",
                "spans": [[begin, EPOCH, None], [EPOCH, end, True]],
            },
            {
                "kind": "advertiser",
                **router,
                "node": "lb02",
                "spans": [[begin, EPOCH, None], [EPOCH, EPOCH + 1.5, False], [EPOCH + 1.5, end, True]],
            },
            {**vip, "node": "lb01", "spans": [[begin, EPOCH, None], [EPOCH, end, True]]},
            {
                **vip,
                "node": "lb02",
                "spans": [[begin, EPOCH, None], [EPOCH, EPOCH + 1.5, False], [EPOCH + 1.5, end, True]],
            },
            {
                "kind": "agent",
                "peer": "lb02",
                "spans": [[begin, EPOCH, None], [EPOCH, EPOCH + 1.5, "up"], [EPOCH + 1.5, end, "silent"]],
            },
            {
                "kind": "link",
                "peer": "lb02",
                "link": "lan",
                "spans": [[begin, EPOCH, None], [EPOCH, EPOCH + 1.5, "up"], [EPOCH + 1.5, end, None]],
            },
            {
                "kind": "link",
                "peer": "lb02",
                "link": "serial",
                "spans": [[begin, EPOCH + 1.5, None], [EPOCH + 1.5, end, "down"]],
            },
        ],
    }


def test_a_lane_of_which_nothing_was_ever_known_is_not_shown() -> None:
    remembered = History()
    remembered.see(snapshots.indeterminate())
    past = remembered.past()
    assert past is not None
    lanes = history(past)["lanes"]
    assert isinstance(lanes, list)
    assert [lane["kind"] for lane in lanes] == ["verdict", "agent"]


def test_an_agent_that_remembers_nothing_says_so(tmp_path: Path) -> None:
    with served(snapshots.steady(), tmp_path) as where:
        assert get(where, "/api/v1/history")[::2] == (503, b"nothing is remembered\n")
