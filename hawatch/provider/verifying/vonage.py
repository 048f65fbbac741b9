"""The parameter `sig` of Vonage's SMS webhooks: a hash over all others, sorted, with `&` and `=` in values as `_`.

Source: "Signing messages" (developer.vonage.com/getting-started/concepts/signing-messages).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from hawatch.config.provider import Hash

_HASHES = {Hash.SHA1: hashlib.sha1, Hash.SHA256: hashlib.sha256, Hash.SHA512: hashlib.sha512}


def vonage_signature(fields: Mapping[str, str], key: str, how: Hash) -> str:
    """What `sig` holds, in small letters; `fields` are all parameters but `sig`."""
    told = "".join(
        f"&{name}={fields[name].replace('&', '_').replace('=', '_')}" for name in sorted(fields)
    ).encode()
    if how is Hash.MD5HASH:
        return hashlib.md5(told + key.encode(), usedforsecurity=False).hexdigest()
    return hmac.new(key.encode(), told, _HASHES[how]).hexdigest()
