"""The keys of a [[channel]] of kind twilio of hawatch.toml."""

from __future__ import annotations

from hawatch.config.provider import TWILIO_API, Twilio
from hawatch.config.reference.channels import ALLOW, CA_FILE, PROXIES, PROXY
from hawatch.config.reference.key import DURATION, PATH, TEXT, Key, KeyTable, toml

_TWILIO = Twilio(account="", token_file="")

TWILIO = KeyTable(
    heading="[[channel]]",
    only="of kind twilio",
    about="An account at Twilio: exactly one of `from` and `service`.",
    keys=(
        Key(
            name="account",
            form=TEXT,
            meaning="its SID",
            needed=True,
            example='"AC00000000000000000000000000000000"',
        ),
        Key(
            name="token_file",
            form=PATH,
            meaning="the auth token",
            needed=True,
            example='"/etc/hawatch/twilio.token"',
        ),
        Key(
            name="from",
            form="number",
            meaning="who messages are from",
            otherwise="`service`",
            example='"+15005550006"',
        ),
        Key(
            name="service",
            form=TEXT,
            meaning="the SID of a messaging service",
            otherwise="`from`",
            example='"MG00000000000000000000000000000000"',
        ),
        Key(name="base_url", form="URL", meaning="another region's API", default=toml(TWILIO_API)),
        CA_FILE,
        PROXY,
        Key(
            name="poll",
            form=DURATION,
            meaning="how often replies are looked up while something is open; `0`: never",
            default=toml(_TWILIO.poll),
        ),
        Key(
            name="validity",
            form=DURATION,
            meaning="how long Twilio may try; 10h at the most",
            default=toml(float(_TWILIO.validity)),
        ),
    ),
)
TWILIO_WEBHOOK = KeyTable(
    heading="[channel.webhook]",
    only="of kind twilio",
    about="Replies at once, where Twilio reaches `listen.http`, by a proxy with TLS.",
    keys=(
        Key(
            name="url",
            form="URL",
            meaning="what Twilio calls, exactly as in its console",
            needed=True,
            example='"https://ops.example.org/hook/twilio"',
        ),
        ALLOW,
        PROXIES,
    ),
)

TABLES = (TWILIO, TWILIO_WEBHOOK)
