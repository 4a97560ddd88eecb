"""Other issuers' identity tokens (RS256): signed by the issuer's key, and not over."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64decode
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

Claims = dict[str, Any]
_CLOCKS_APART_SECONDS = 60


class BadTokenError(Exception):
    """Why a token is not believed."""


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _parsed(token: str) -> tuple[Claims, Claims, bytes]:
    try:
        header, claims, signature = token.split(".")
        parsed = json.loads(_decoded(header)), json.loads(_decoded(claims))
        if not all(isinstance(each, dict) for each in parsed):
            raise ValueError("not objects")
        return *parsed, _decoded(signature)
    except ValueError:
        raise BadTokenError("the subject token is not a JSON Web Token") from None


def unverified_claims(token: str) -> Claims:
    """What a token says, true or not: only to find out whose keys to ask.

    Raises:
        BadTokenError: when it is no token.
    """
    return _parsed(token)[1]


def _is_signed(key: Claims, text: bytes, signature: bytes) -> bool:
    try:
        n, e = (int.from_bytes(_decoded(key[name]), "big") for name in ("n", "e"))
        rsa.RSAPublicNumbers(e, n).public_key().verify(signature, text, padding.PKCS1v15(), hashes.SHA256())
    except (KeyError, TypeError, ValueError, InvalidSignature):
        return False
    return True


def verified_claims(token: str, keys: list[Claims]) -> Claims:
    """What a token says, once it is sure who said it and that it still holds.

    Args:
        token: the JSON Web Token.
        keys: the issuer's public keys, as in a JSON Web Key Set.

    Raises:
        BadTokenError: for another algorithm, key or time.
    """
    header, claims, signature = _parsed(token)
    if header.get("alg") != "RS256":
        raise BadTokenError("the subject token's algorithm is not RS256")
    text = token.rpartition(".")[0].encode()
    fitting = [key for key in keys if key.get("kid") == header.get("kid") or "kid" not in header]
    if not any(_is_signed(key, text, signature) for key in fitting):
        raise BadTokenError("the subject token's signature is not by its issuer's key")
    now, expires, begins = time.time(), claims.get("exp"), claims.get("nbf", 0)
    if not isinstance(expires, int | float) or expires <= now:
        raise BadTokenError(f"the subject token has expired{_apart(now, expires, 'ago')}")
    if not isinstance(begins, int | float) or begins > now + _CLOCKS_APART_SECONDS:
        raise BadTokenError(f"the subject token is not valid yet{_apart(begins, now, 'to go')}")
    return claims


def _apart(later: Any, earlier: Any, how: str) -> str:
    """What tells a slow run from a wrong clock."""
    if not all(isinstance(each, int | float) for each in (later, earlier)):
        return ": its time is missing"
    return f" ({later - earlier:.0f} s {how}): ask for a fresh one just before, and compare the clocks"
