"""The exported metrics that no dashboard shows, each with its reason; a test holds this list against the code."""

from __future__ import annotations

from collections.abc import Mapping

UNUSED: Mapping[str, str] = {
    "hawatch_monitor_requests_total": "looked at when a tool shows no acknowledgement, beside the status",
    "hawatch_replies_put_aside_total": "looked at when an answer by mail is missed, beside the log that says why",
    "hawatch_virtual_service_real_servers": "for pairs that balance by LVS alone: docs/lvs.md has the expressions",
    "hawatch_webhooks_total": "looked at when a provider's answer is missed, beside the log that says what was refused",
}
