"""An issuer of OIDC tokens: a signing key, its public half, and signed tokens."""

from __future__ import annotations

import json
import os
import time
import uuid
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

Claims = dict[str, Any]

LIFETIME_SECONDS = 300


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _number(value: int) -> str:
    return _encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


@dataclass(frozen=True)
class Issuer:
    """Who vouches for the identity of a workflow's run."""

    url: str
    """The tokens' `iss`, below which discovery and keys are."""
    key_file: Path
    """The private key; made at its first use, readable by its owner alone."""

    def _key(self) -> rsa.RSAPrivateKey:
        if not self.key_file.exists():
            self._make_key()
        key = serialization.load_pem_private_key(self.key_file.read_bytes(), password=None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return key

    def _make_key(self) -> None:
        fresh = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self.key_file.parent.mkdir(parents=True, exist_ok=True)
        draft = self.key_file.with_name(f"{self.key_file.name}.{uuid.uuid4().hex}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as output:
            output.write(fresh)
        try:
            # Never over another's key: whoever is first has made the one.
            os.link(draft, self.key_file)
        except FileExistsError:
            return
        finally:
            draft.unlink()

    def keys(self) -> Claims:
        """The public keys as a JSON Web Key Set (RFC 7517)."""
        numbers = self._key().public_key().public_numbers()
        fields = {"e": _number(numbers.e), "kty": "RSA", "n": _number(numbers.n)}
        # The key's thumbprint (RFC 7638) is its id.
        canonical = json.dumps(fields, separators=(",", ":"), sort_keys=True).encode()
        kid = _encoded(sha256(canonical).digest())
        return {"keys": [{**fields, "alg": "RS256", "use": "sig", "kid": kid}]}

    def discovery(self, claims: list[str]) -> Claims:
        """The document at `.well-known/openid-configuration`.

        Args:
            claims: names of claims that tokens carry besides the standard ones.
        """
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/jwks",
            "subject_types_supported": ["public", "pairwise"],
            "response_types_supported": ["id_token"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid"],
            "claims_supported": ["sub", "aud", "exp", "iat", "iss", "jti", "nbf", *claims],
        }

    def mint(self, claims: Claims, lifetime: int = LIFETIME_SECONDS) -> str:
        """A signed RS256 token.

        Args:
            claims: at least `sub` and `aud`; `iss`, `iat`, `nbf`, `exp` and `jti` are added where missing.
            lifetime: seconds until it expires; negative makes one that has.
        """
        issued = int(time.time())
        times = {"iat": issued, "nbf": issued - 60, "exp": issued + lifetime}
        whole = {"iss": self.url, **times, "jti": str(uuid.uuid4()), **claims}
        header = {"alg": "RS256", "typ": "JWT", "kid": self.keys()["keys"][0]["kid"]}
        parts = [_encoded(json.dumps(each, separators=(",", ":")).encode()) for each in (header, whole)]
        text = ".".join(parts)
        return f"{text}.{_encoded(self._key().sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"
