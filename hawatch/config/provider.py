"""What hawatch.toml says of a channel that is a provider of text messages, reached over HTTP; times are seconds.

Secrets are named here by their files only. JSON bodies are kept as JSON text, in which every string is a Template.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hawatch.config.provider_template import Template

Pairs = tuple[tuple[str, Template], ...]
NOTHING = Template("")
TWILIO_API = "https://api.twilio.com"


class Auth(StrEnum):
    """How a request says who asks."""

    NONE = "none"
    BASIC = "basic"
    BEARER = "bearer"


class Scheme(StrEnum):
    """How a request is signed: as Aliyun wants it (ACS3), as Tencent Cloud does (TC3), or a plain HMAC."""

    ALIYUN = "aliyun"
    TENCENT = "tencent"
    HMAC = "hmac"


class Hash(StrEnum):
    """What an HMAC is made with; `md5hash` is Vonage's oldest form, a hash with the secret at the end."""

    MD5HASH = "md5hash"
    SHA1 = "sha1"
    SHA256 = "sha256"
    SHA512 = "sha512"


class Encoding(StrEnum):
    """How the bytes of an HMAC are written."""

    HEX = "hex"
    BASE64 = "base64"


class Verify(StrEnum):
    """By what a webhook is known: a signature, or nothing but a secret at the end of its path."""

    PATH = "path"
    HMAC = "hmac"
    JWT = "jwt"
    VONAGE = "vonage"
    TWILIO = "twilio"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mac:
    """A keyed hash in a header: over which text (`{body}`, `{url}`, `{query}`, `{timestamp}`, …), and how written."""

    header: str
    over: Template
    hash: Hash = Hash.SHA256
    encoding: Encoding = Encoding.HEX
    prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """How a request is signed: `id` names the key where the scheme wants that, `service` is Tencent's, `mac` HMAC's."""

    scheme: Scheme
    key: Template
    id: Template = NOTHING
    service: str = ""
    mac: Mac | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request: at most one of `form` and `json` is its body."""

    url: Template
    method: str = "POST"
    headers: Pairs = ()
    query: Pairs = ()
    form: Pairs = ()
    json: str | None = None
    auth: Auth = Auth.NONE
    user: Template = NOTHING
    password: Template = NOTHING
    signing: Signing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What an answer looks like: each field (a path into its JSON) and the body as a whole match their expressions.

    `status` None: any.
    """

    status: tuple[int, ...] | None = None
    fields: tuple[tuple[str, str], ...] = ()
    body: str | None = None

    @property
    def says_something(self) -> bool:
        """Whether it tells one answer from another."""
        return self.status is not None or bool(self.fields) or self.body is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A text that the provider has approved: its name there, for which occasions (none: all), and its variables."""

    id: str
    occasions: frozenset[str] = frozenset()
    variables: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """How a message goes out. Without `wordings` its own text does.

    `success` and `temporary` judge the answer; `reference` and `problem` are where it has the provider's name for the
    message, and what is wrong (paths into its JSON).
    """

    call: Call
    wordings: tuple[Wording, ...] = ()
    success: Match = Match()
    temporary: Match = Match()
    reference: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """A list that is asked for every so often; a `queue` hands out each row once, to whoever asks first."""

    call: Call
    every: float = 10.0
    queue: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyForm:
    """Where replies stand in a webhook or a list: `rows` leads to them, the others are read from each row.

    `time` is written as `time_format` says (unix, unix_ms, iso, or strptime's), in `zone` where it names none.
    """

    sender: Template
    text: Template
    id: Template | None = None
    time: Template | None = None
    time_format: str = "iso"
    zone: str = "UTC"
    rows: str = ""
    poll: Poll | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptForm:
    """Where receipts stand: `message` is our own id if the provider gives it back, else `reference` is the provider's.

    `sent`, `delivered` and `failed` are expressions for its words; other words mean nothing.
    """

    status: Template
    message: Template | None = None
    reference: Template | None = None
    problem: Template | None = None
    sent: str | None = None
    delivered: str | None = None
    failed: str | None = None
    rows: str = ""
    poll: Poll | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """What may be posted to `/hook/CHANNEL`: how it is known, from where it may come, and what it is answered.

    `url` is what the provider calls it by. `secret` names the file of the key or of the path's end. `allow` and
    `proxies` are networks; only those proxies are believed when they name another caller. `tolerance` bounds the age of
    a signature that says when it was made.
    """

    verify: Verify
    secret: str
    url: str | None = None
    mac: Mac | None = None
    hash: Hash = Hash.SHA256
    timestamp: str | None = None
    tolerance: float = 300.0
    header: str = ""
    allow: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    methods: tuple[str, ...] = ("POST",)
    answer: str = ""
    answer_type: str = "text/plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Twilio:
    """An account at Twilio. Exactly one of `sender` (a number) and `service` (a messaging service) is set.

    `poll` seconds between two looks at the list of what came in while something is open or an answer awaited; 0: never.
    `validity` is how long Twilio may try to deliver.
    """

    account: str
    token_file: str
    sender: str | None = None
    service: str | None = None
    base_url: str = TWILIO_API
    ca_file: str | None = None
    proxy: str | None = None
    poll: float = 10.0
    validity: int = 3600
    webhook: Webhook | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpProvider:
    """Any provider: how messages go out, and how replies and receipts come in. `secrets` are names and files."""

    send: Send
    sender: str = ""
    secrets: tuple[tuple[str, str], ...] = ()
    ca_file: str | None = None
    proxy: str | None = None
    replies: ReplyForm | None = None
    receipts: ReceiptForm | None = None
    webhook: Webhook | None = None
