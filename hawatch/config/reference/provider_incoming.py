"""What comes in from a [[channel]] of kind http: replies, receipts, and the webhook that may bring them."""

from __future__ import annotations

from hawatch.config.provider import Call, Hash, Poll, ReplyForm, Verify, Webhook
from hawatch.config.provider_template import Template
from hawatch.config.reference.channels import ALLOW, PROXIES
from hawatch.config.reference.key import DURATION, EXPRESSION, TEXT, YES_OR_NO, Key, KeyTable, one_of, toml
from hawatch.config.reference.request import MAC, request

_NONE = Template("")
_POLL = Poll(call=Call(url=_NONE))
_REPLIES = ReplyForm(sender=_NONE, text=_NONE)
_WEBHOOK = Webhook(verify=Verify.PATH, secret="")
_FIELD = "path in a row"

_ROWS = Key(
    name="rows",
    form="path",
    meaning="leads to the list",
    otherwise="all of it is one row, or the list",
    example='"messages"',
)
REPLIES = (
    KeyTable(
        heading="[channel.replies]",
        about="How replies come in, by a webhook or by asking.",
        keys=(
            _ROWS,
            Key(
                name="time_format",
                form="`unix`, `unix_ms`, `iso`, or like `%Y-%m-%d`",
                meaning="how the time is written",
                default=toml(_REPLIES.time_format),
            ),
            Key(
                name="zone",
                form="a zone's name",
                meaning="where it names none",
                default=toml(_REPLIES.zone),
            ),
        ),
    ),
    KeyTable(
        heading="[channel.replies.fields]",
        about="Where it stands; one of `id` and `time` at the least.",
        keys=(
            Key(name="sender", form=_FIELD, meaning="who replies", needed=True, example='"from"'),
            Key(name="text", form=_FIELD, meaning="what", needed=True, example='"text"'),
            Key(
                name="id",
                form=_FIELD,
                meaning="by what it is known again",
                otherwise="`time`",
                example='"id"',
            ),
            Key(name="time", form=_FIELD, meaning="when", otherwise="when it came in", example='"time"'),
        ),
    ),
)
RECEIPTS = (
    KeyTable(
        heading="[channel.receipts]",
        about="How news of a message comes in; at least one of `delivered` and `failed`.",
        keys=(
            _ROWS,
            Key(
                name="sent",
                form=EXPRESSION,
                meaning="the words for: it has gone out",
                otherwise="none",
                example='"accepted"',
            ),
            Key(
                name="delivered",
                form=EXPRESSION,
                meaning="the words for: it has arrived",
                otherwise="none",
                example='"delivered"',
            ),
            Key(
                name="failed",
                form=EXPRESSION,
                meaning="the words for: it will not arrive",
                otherwise="none",
                example='"failed|expired"',
            ),
        ),
    ),
    KeyTable(
        heading="[channel.receipts.fields]",
        about="Where it stands: exactly one of `message` and `reference`.",
        keys=(
            Key(name="status", form=_FIELD, meaning="what came of it", needed=True, example='"status"'),
            Key(
                name="message",
                form=_FIELD,
                meaning="our own `{id}`",
                otherwise="`reference`",
                example='"client-ref"',
            ),
            Key(
                name="reference",
                form=_FIELD,
                meaning="the provider's name for the message",
                otherwise="`message`",
                example='"message-id"',
            ),
            Key(name="problem", form=_FIELD, meaning="what is wrong", otherwise="unsaid", example='"error"'),
        ),
    ),
)
_ASKING = (
    Key(
        name="every",
        form=DURATION,
        meaning="how often, while something is open",
        default=toml(_POLL.every),
    ),
    Key(
        name="queue",
        form=YES_OR_NO,
        meaning="each row is handed out once, to whoever asks first",
        default=toml(_POLL.queue),
    ),
)
POLLS = (
    *request("[channel.replies.poll]", "Replies are asked for.", *_ASKING),
    *request("[channel.receipts.poll]", "Receipts are asked for.", *_ASKING),
)
_OWN_WEBHOOK = "of kind http"
WEBHOOK = (
    KeyTable(
        heading="[channel.webhook]",
        only=_OWN_WEBHOOK,
        about="The provider calls `/hook/CHANNEL` on `listen.http`, by a proxy with TLS.",
        keys=(
            Key(
                name="verify",
                form=", ".join(f"`{each.value}`" for each in Verify if each is not Verify.TWILIO),
                meaning="how it is known",
                needed=True,
                example='"path"',
            ),
            Key(
                name="secret",
                form=TEXT,
                meaning="the name of a secret: the key, or the end of the path",
                needed=True,
                example='"hook"',
            ),
            Key(
                name="url",
                form="URL",
                meaning="what the provider calls; needed where it is signed",
                otherwise="not looked at",
                example='"https://ops.example.org/hook/sms"',
            ),
            Key(
                name="tolerance",
                form=DURATION,
                meaning="how old a signature may be",
                default=toml(_WEBHOOK.tolerance),
            ),
            ALLOW,
            PROXIES,
            Key(
                name="methods",
                form="list of `POST`, `GET`",
                meaning="how it may be called",
                default=toml(_WEBHOOK.methods),
            ),
            Key(name="answer", form=TEXT, meaning="what it is answered", otherwise="nothing", example='"ok"'),
            Key(
                name="answer_type",
                form=TEXT,
                meaning="the answer's content type",
                default=toml(_WEBHOOK.answer_type),
            ),
        ),
    ),
    KeyTable(
        heading="[channel.webhook]",
        only='with `verify = "hmac"`',
        about="A keyed hash in a header.",
        keys=(
            *MAC,
            Key(
                name="timestamp",
                form=TEXT,
                meaning="the header that stands for `{timestamp}`",
                otherwise="none",
                example='"X-Timestamp"',
            ),
        ),
    ),
    KeyTable(
        heading="[channel.webhook]",
        only='with `verify = "jwt"`',
        about="A signed token in a header.",
        keys=(
            Key(
                name="header",
                form=TEXT,
                meaning="in which header it is",
                default='"MessageBird-Signature-JWT"',
            ),
        ),
    ),
    KeyTable(
        heading="[channel.webhook]",
        only='with `verify = "vonage"`',
        about="A signature among the fields.",
        keys=(Key(name="hash", form=one_of(Hash), meaning="its hash", default=toml(_WEBHOOK.hash)),),
    ),
)

TABLES = (*REPLIES, *RECEIPTS, *POLLS, *WEBHOOK)
