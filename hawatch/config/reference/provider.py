"""The keys of a [[channel]] of kind http: any provider of text messages that is reached over HTTP."""

from __future__ import annotations

from hawatch.config.reference.channels import CA_FILE, PROXY
from hawatch.config.reference.key import EXPRESSION, NAMES, TEXT, Key, KeyTable
from hawatch.config.reference.request import request

HTTP = KeyTable(
    heading="[[channel]]",
    only="of kind http",
    about="Any provider. Ready files for several are in deploy/providers; its tables follow.",
    keys=(
        Key(
            name="from",
            form=TEXT,
            meaning="what stands for `{from}`",
            otherwise="nothing",
            example='"+15005550006"',
        ),
        CA_FILE,
        PROXY,
    ),
)
SECRETS = KeyTable(
    heading="[channel.secrets]",
    about="The files with secrets; each is a place `{secret.NAME}`.",
    free="name and path",
)


def _answer(name: str, about: str) -> tuple[KeyTable, ...]:
    heading = f"[channel.send.{name}]"
    return (
        KeyTable(
            heading=heading,
            about=about,
            keys=(
                Key(
                    name="status",
                    form="list of numbers",
                    meaning="HTTP status codes",
                    otherwise="any" if name == "temporary" else "2xx",
                    example="[200, 202]",
                ),
                Key(
                    name="body",
                    form=EXPRESSION,
                    meaning="the whole body",
                    otherwise="any",
                    example='"(0: Accepted|3: Queued).*"',
                ),
            ),
        ),
        KeyTable(
            heading=f"[channel.send.{name}.json]",
            about="Paths into the answer's JSON.",
            free=f"path and {EXPRESSION}",
        ),
    )


SEND = (
    *request(
        "[channel.send]",
        "How a message goes out; needed.",
        Key(
            name="reference",
            form="path in the answer",
            meaning="the provider's name for the message",
            otherwise="it has none",
            example='"messages.0.id"',
        ),
        Key(
            name="problem",
            form="path in the answer",
            meaning="what is wrong, in the provider's words",
            otherwise="the status",
            example='"messages.0.error"',
        ),
    ),
    KeyTable(
        heading="[[channel.send.template]]",
        about="A text that the provider has approved; without any, the message's own text goes out.",
        keys=(
            Key(
                name="id", form=TEXT, meaning="its name there, `{template}`", needed=True, example='"1000001"'
            ),
            Key(
                name="occasions",
                form=NAMES,
                meaning="for which messages; the first that fits is taken",
                otherwise="all",
                example='["first", "worse"]',
            ),
        ),
    ),
    KeyTable(
        heading="[channel.send.template.variables]",
        about="Its variables, in their order.",
        free="name and text with places",
    ),
    *_answer("success", "What an answer looks like when the message was taken."),
    *_answer("temporary", "What it looks like when one may try again."),
)
TABLES = (HTTP, SECRETS, *SEND)
