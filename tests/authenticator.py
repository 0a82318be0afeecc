"""A device that keeps passkeys, in software: it signs what a browser hands it, rightly or as a test wants it wrong."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
ES256, EDDSA, RS256 = -7, -8, -257
Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def new_key(algorithm: int) -> Key:
    """A key of one of the kinds that devices make."""
    if algorithm == EDDSA:
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm == RS256:
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class Device:
    """One passkey on one device, and the site at which its browser stands."""

    origin: str
    rp_id: str = ""
    """The name for which it signs; that of the origin unless a test says otherwise."""
    verified: bool = True
    """Whether it asked for a finger, a face or a code."""
    count: int = 0
    """How often it was used."""
    counts: bool = True
    """A passkey that is kept on several devices does not count, and says 0."""
    algorithm: int = ES256
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    handle: bytes | None = None

    def __post_init__(self) -> None:
        self.key = new_key(self.algorithm)
        self.rp_id = self.rp_id or self.origin.split("//")[1].partition(":")[0]

    def make(self, options: str) -> str:
        """Answer to `navigator.credentials.create()`."""
        asked = json.loads(options)
        self.handle = base64url_to_bytes(asked["user"]["id"])
        owned = bytes(16) + len(self.id).to_bytes(2) + self.id + cbor2.dumps(self.public())
        attested = {"fmt": "none", "attStmt": {}, "authData": self.data(ATTESTED) + owned}
        response = {"clientDataJSON": self.client("webauthn.create", asked), "attestationObject": cbor2.dumps(attested)}
        return self.said(response)

    def show(self, options: str, **other: bytes) -> str:
        """Answer to `navigator.credentials.get()`; `other` takes the place of a part of it."""
        if self.counts:
            self.count += 1
        client, data = self.client("webauthn.get", json.loads(options)), self.data()
        response = {"clientDataJSON": client, "authenticatorData": data, "signature": self.sign(data, client)}
        return self.said(response | ({"userHandle": self.handle} if self.handle else {}) | other)

    def said(self, response: dict[str, bytes]) -> str:
        """As the page's script writes it."""
        name, parts = bytes_to_base64url(self.id), {part: bytes_to_base64url(held) for part, held in response.items()}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": parts})

    def client(self, kind: str, asked: dict[str, Any]) -> bytes:
        """What the browser adds: where it stands, and what it was asked."""
        return json.dumps({"type": kind, "challenge": asked["challenge"], "origin": self.origin}).encode()

    def data(self, flags: int = 0) -> bytes:
        """What the device adds: for whom, whether its owner was there, how often."""
        flags |= PRESENT | (VERIFIED if self.verified else 0)
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def sign(self, data: bytes, client: bytes) -> bytes:
        """By the secret half."""
        signed = data + hashlib.sha256(client).digest()
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            return self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(signed)

    def public(self) -> dict[int, Any]:
        """The public half, as COSE writes it (RFC 9053)."""
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            point = self.key.public_key().public_numbers()
            return {1: 2, 3: ES256, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)}
        if isinstance(self.key, rsa.RSAPrivateKey):
            numbers = self.key.public_key().public_numbers()
            return {1: 3, 3: RS256, -1: numbers.n.to_bytes(256), -2: numbers.e.to_bytes(3)}
        return {1: 1, 3: EDDSA, -1: 6, -2: self.key.public_key().public_bytes_raw()}
