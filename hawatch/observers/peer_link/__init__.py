"""Agent to agent, authenticated, over every link: reports once a second and on a change; letters until acknowledged."""

from hawatch.observers.peer_link.observer import PeerLink
from hawatch.observers.peer_link.post import Post

__all__ = ["PeerLink", "Post"]
