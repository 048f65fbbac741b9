"""The keys of a request to a provider: [channel.send] and every poll have them."""

from __future__ import annotations

from hawatch.config.provider import Auth, Encoding, Hash, Scheme
from hawatch.config.reference.key import FILLED, TEXT, Key, KeyTable, one_of, toml

_METHODS = "`GET`, `POST`, `PUT`"


def request(heading: str, about: str, *more: Key) -> tuple[KeyTable, ...]:
    """A table that describes a request, and the tables below it."""
    path = heading.strip("[]")
    return (
        KeyTable(
            heading=heading,
            about=about,
            keys=(
                Key(
                    name="url",
                    form=FILLED,
                    meaning="where to; scheme and host are fixed",
                    needed=True,
                    example='"https://sms.example.org/send"',
                ),
                Key(name="method", form=_METHODS, meaning="how", default='"POST"'),
                Key(
                    name="json",
                    form="table",
                    meaning="the body as JSON, each string a text with places",
                    otherwise="none",
                    example='{ to = "{from}" }',
                ),
                Key(name="auth", form=one_of(Auth), meaning="who asks", default=toml(Auth.NONE)),
                *more,
            ),
        ),
        KeyTable(
            heading=f"[{path}]",
            only='with `auth = "basic"`',
            about="A name and a password.",
            keys=(
                Key(name="user", form=FILLED, meaning="the name", needed=True, example='"hawatch"'),
                Key(
                    name="password",
                    form=FILLED,
                    meaning="the password",
                    needed=True,
                    example='"{secret.password}"',
                ),
            ),
        ),
        KeyTable(
            heading=f"[{path}]",
            only='with `auth = "bearer"`',
            about="A token.",
            keys=(Key(name="token", form=FILLED, meaning="it", needed=True, example='"{secret.token}"'),),
        ),
        KeyTable(heading=f"[{path}.headers]", about="HTTP headers.", free="name and text with places"),
        KeyTable(
            heading=f"[{path}.query]", about="What is added to the URL.", free="name and text with places"
        ),
        KeyTable(
            heading=f"[{path}.form]",
            about="The body as a form; not beside `json`.",
            free="name and text with places",
        ),
        KeyTable(
            heading=f"[{path}.sign]",
            about="How the request is signed.",
            keys=(
                Key(name="scheme", form=one_of(Scheme), meaning="whose way", needed=True, example='"hmac"'),
                Key(
                    name="key",
                    form=FILLED,
                    meaning="the key",
                    needed=True,
                    example='"{secret.key}"',
                ),
            ),
        ),
        KeyTable(
            heading=f"[{path}.sign]",
            only="with the scheme aliyun or tencent",
            about="Which key it is.",
            keys=(
                Key(name="id", form=FILLED, meaning="the key's name", needed=True, example='"{secret.id}"'),
            ),
        ),
        KeyTable(
            heading=f"[{path}.sign]",
            only="with the scheme tencent",
            about="Of which product.",
            keys=(Key(name="service", form=TEXT, meaning="its name", needed=True, example='"sms"'),),
        ),
        KeyTable(
            heading=f"[{path}.sign]",
            only="with the scheme hmac",
            about="A keyed hash in a header.",
            keys=MAC,
        ),
    )


MAC = (
    Key(name="header", form=TEXT, meaning="in which header it is", needed=True, example='"X-Signature"'),
    Key(
        name="over",
        form=FILLED,
        meaning="of what: `{body}`, `{url}`, `{query}`, and the time of signing",
        default='"{body}"',
    ),
    Key(name="hash", form=one_of(Hash), meaning="the hash", default=toml(Hash.SHA256)),
    Key(name="encoding", form=one_of(Encoding), meaning="how it is written", default=toml(Encoding.HEX)),
    Key(name="prefix", form=TEXT, meaning="what stands before it", otherwise="nothing", example='"sha256="'),
)
