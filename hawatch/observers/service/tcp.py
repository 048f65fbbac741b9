"""Does something accept connections on a TCP port?"""

from __future__ import annotations

import asyncio
import contextlib
import socket

from hawatch.observers.service.result import Result, fails, unknown, works


async def check_tcp(target: str, timeout: float) -> Result:  # noqa: ASYNC109 - a time-out is a result here
    """Connect to `host:port` ([host]:port for IPv6) and close again."""
    host, _, port = target.rpartition(":")
    if not host or not port.isdigit():
        return unknown(f"{target!r} is not host:port")
    try:
        async with asyncio.timeout(timeout):
            _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    except TimeoutError:
        return fails(f"no connection to {target} in {timeout:g} s")
    except socket.gaierror as error:
        return unknown(f"{host}: {error.strerror}")
    except OSError as error:
        return fails(f"{target}: {error.strerror or error}")
    except (OverflowError, UnicodeError) as error:
        return unknown(f"{target}: {error}")
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return works(f"{target} accepts connections")
