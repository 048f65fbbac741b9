"""What in the mail channels of hawatch.toml can be read, and will not work or is not safe on this host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hawatch.config import Config
from hawatch.config.mail import MailServer, Tls

_OTHERS = 0o007


def mail_warnings(config: Config) -> Iterator[str]:
    """One line each, with the path of the key."""
    for n, channel in enumerate(config.channels):
        if channel.mail is None:
            continue
        place = f"channel[{n}]"
        yield from _server(f"{place}.smtp", channel.mail.smtp)
        if channel.mail.imap is not None:
            yield from _server(f"{place}.imap", channel.mail.imap.server)
        if not Path(config.peer_link.key_file).exists() and config.peers and channel.mail.imap is not None:
            yield (
                f"{place}.imap: without {config.peer_link.key_file} each node takes answers to its own mails alone"
            )


def _server(place: str, server: MailServer) -> Iterator[str]:
    if server.tls is Tls.NONE and server.user is not None:
        yield f'{place}.tls: with "none" the password goes over the network as it is'
    for key, name in (("password_file", server.password_file), ("ca_file", server.ca_file)):
        if name is None:
            continue
        try:
            mode = Path(name).stat().st_mode
        except FileNotFoundError:
            yield f"{place}.{key}: {name} is not there"
        except OSError as error:
            yield f"{place}.{key}: {name}: {error.strerror}"
        else:
            if key == "password_file" and mode & _OTHERS:
                yield f"{place}.{key}: {name} can be read by everybody (chmod 640 {name})"
