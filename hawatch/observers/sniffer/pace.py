"""How fast a capture is read, so that a flood does not take the event loop."""

from __future__ import annotations

FRAMES_PER_WAKE = 64
RECORDS_PER_TURN = 64
PATIENT_WAKES = 16  # a thousand frames at once are a busy failover, not yet a flood
PAUSE_IN_FLOOD = 0.005  # seconds between two wakes
TURN_IN_FLOOD = 0.05  # seconds between two turns to the inbox
STATISTICS_EVERY = 1.0  # seconds
RETRY_EVERY = 1.0  # seconds; a missing or downed interface gives no event here
RECEIVE_BUFFER = 4 << 20  # bytes; the kernel gives up to net.core.rmem_max of them
