"""A port of the host's loopback that leads into a node: for a browser, which cannot be handed an open socket."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

from deploy.lab import network
from deploy.lab.node import Node

CONNECT_TIMEOUT = 5.0  # seconds
CHUNK = 65536


@contextlib.contextmanager
def relay(node: Node, port: int) -> Iterator[int]:
    """The host's port, as long as the context lasts; who connects while nobody answers in the node is let go."""
    listener = socket.create_server(("127.0.0.1", 0))
    accepting = threading.Thread(target=_accept, args=(listener, node.pid, port), name="lab-relay")
    accepting.start()
    try:
        yield listener.getsockname()[1]
    finally:
        # close() alone would not wake accept().
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        accepting.join()
        listener.close()


def _accept(listener: socket.socket, pid: int, port: int) -> None:
    open_sockets: list[socket.socket] = []
    threads: list[threading.Thread] = []
    while True:
        try:
            near, _ = listener.accept()
        except OSError:
            break
        try:
            far = network.connect(pid, "127.0.0.1", port, timeout=CONNECT_TIMEOUT)
        except OSError:
            near.close()
            continue
        far.settimeout(None)
        open_sockets += [near, far]
        for source, sink in ((near, far), (far, near)):
            threads.append(threading.Thread(target=_pump, args=(source, sink), name="lab-relay-pump"))
            threads[-1].start()
    for each in open_sockets:
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        thread.join()
    for each in open_sockets:
        each.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    """Until the source ends; its end is passed on to both."""
    with contextlib.suppress(OSError):
        while chunk := source.recv(CHUNK):
            sink.sendall(chunk)
    for each in (source, sink):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
