"""Does a web server answer with a success?"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from hawatch.errors import innermost
from hawatch.observers.service.result import Result, fails, unknown, works

SUCCESS_BELOW = 400


async def check_http(threads: ThreadPoolExecutor, url: str, timeout: float) -> Result:  # noqa: ASYNC109
    """GET the URL; a status below 400, redirections followed, is up.

    The time-outs of requests are those of single waits, so that the whole needs one of its own.
    """
    answer = asyncio.get_running_loop().run_in_executor(threads, _get, url, timeout)
    done, _ = await asyncio.wait({answer}, timeout=3 * timeout)
    if done:
        return answer.result()
    answer.cancel()
    return unknown(f"{url}: no complete answer in {3 * timeout:g} s")


def _get(url: str, timeout: float) -> Result:
    import requests

    with requests.Session() as session:
        session.trust_env = False  # no proxies, and no passwords from somebody's netrc
        try:
            with session.get(url, timeout=(timeout, timeout), stream=True) as response:
                said = f"{url}: {response.status_code} {response.reason}"
                return works(said) if response.status_code < SUCCESS_BELOW else fails(said)
        except requests.exceptions.SSLError as error:
            return unknown(f"{url}: no secure connection ({_root_cause(error)})")
        except requests.exceptions.Timeout:
            return fails(f"{url}: no answer in {timeout:g} s")
        except requests.exceptions.ConnectionError as error:
            unresolved = "NameResolutionError" in repr(error) or "Name or service not known" in repr(error)
            said = f"{url}: {_root_cause(error)}"
            return unknown(said) if unresolved else fails(said)
        except (requests.exceptions.RequestException, ValueError) as error:
            return unknown(f"{url}: {_root_cause(error)}")


def _root_cause(error: BaseException) -> str:
    """The innermost reason."""
    cause = innermost(error)
    return getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
