"""What is asked of the agent for a picture: the status, the incidents that it names, and the last hour."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hawatch.cli.agent_socket import ask_agent, look_up, tell_agent
from hawatch.cli.columns import printable
from hawatch.cli.watching.view import Deed, Json, Picture, Wish
from hawatch.cli.watching.words import Words
from hawatch.errors import AgentUnreachableError, HawatchError

SNOOZE_SECONDS = 1800
MOST_INCIDENTS = 8


def ask_status(socket: Path) -> Json:
    """The status, without control characters: a name may come from another host. AgentUnreachableError."""
    status: Json = clean(ask_agent(socket, "/api/v1/status"))
    return status


def ask_incidents(socket: Path, status: Json) -> dict[str, Json]:
    """Those that the status names, by the names it uses; one that the agent does not give is left out."""
    names = dict.fromkeys(
        str(each["incident"]) for each in status["virtual_routers"] if each.get("incident") is not None
    )
    found: dict[str, Json] = {}
    for name in list(names)[:MOST_INCIDENTS]:
        try:
            found[name] = clean(look_up(socket, f"/api/v1/incidents/{quote(name, safe='')}"))
        except HawatchError:
            continue
    return found


def ask_history(socket: Path) -> Json | None:
    """The last hour; None from an agent that does not tell of it."""
    try:
        history: Json = clean(ask_agent(socket, "/api/v1/history"))
    except AgentUnreachableError:
        return None
    return history


def first_picture(socket: Path, at: float) -> Picture:
    """All of it, heard at `at`. AgentUnreachableError when no agent answers."""
    status = ask_status(socket)
    return Picture(status=status, at=at, incidents=ask_incidents(socket, status), history=ask_history(socket))


def tell(socket: Path, wish: Wish, name: str | None, words: Words) -> str:
    """Have a wish done; the sentence on what came of it. HawatchError with the agent's reason when it was not."""
    body: dict[str, Any] = {} if name is None else {"as": name}
    if wish.deed is Deed.SNOOZE:
        body["seconds"] = SNOOZE_SECONDS
    incident = clean(
        tell_agent(socket, f"/api/v1/incidents/{quote(wish.incident, safe='')}/{wish.deed}", body)
    )
    return words.say(f"done_{wish.deed}", id=wish.incident, who=incident.get("acknowledged_by"))


def clean(value: Any) -> Any:
    """The same without control characters; line ends stay."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {printable(str(key)): clean(each) for key, each in value.items()}
    return [clean(each) for each in value] if isinstance(value, list) else value
