"""Passkeys (WebAuthn): what a device is asked, and whether its answer is that of somebody whom the clinic knows.

A device signs only after a finger, a face or a code of its own: a passkey is two factors at once (ASVS 6.3.3).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, parse_authentication_credential_json
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from clinic.security.accounts import changed_one, hashed
from clinic.security.factors import ISSUER
from clinic.store.passkeys import Passkey, PasskeyChallenge
from clinic.store.users import User

ASKED_FOR = timedelta(minutes=5)
"""So long a device may take to answer; afterwards it is asked anew."""
LONGEST_ANSWER = 20_000


class Refused(Exception):
    """Why an answer opens nothing: for the log, never for who stands at the door."""

    def __init__(self, because: str) -> None:
        super().__init__(because)
        self.because = because


@dataclass(frozen=True, slots=True)
class Question:
    """What a device was asked to sign; the name is that of a passkey to be made with the answer."""

    id: int
    challenge: bytes
    name: str | None


@dataclass(frozen=True, slots=True)
class Site:
    """Where the clinic is, as configured, and the server's key; what a request says of its host is not believed."""

    origin: str
    key: str

    @property
    def rp_id(self) -> str:
        """The name for which a device keeps its keys."""
        return urlsplit(self.origin).hostname or ""

    def handle(self, user_id: int) -> bytes:
        """How a device knows an account: it tells nothing about whose it is."""
        return hmac.digest(self.key.encode(), f"passkeys of {user_id}".encode(), "sha256")


def ask(session: Session, token: str, now: datetime, name: str | None = None) -> bytes:
    """Something to sign in this session; what was asked before is void, and what nobody answered in time is dropped."""
    mine = PasskeyChallenge.token_hash == hashed(token)
    session.execute(delete(PasskeyChallenge).where(or_(mine, PasskeyChallenge.made_at < now - ASKED_FOR)))
    challenge = secrets.token_bytes(32)
    session.add(PasskeyChallenge(token_hash=hashed(token), challenge=challenge, made_at=now, name=name))
    return challenge


def asked(session: Session, token: str, now: datetime) -> Question | None:
    """What was asked last in this session, while it may still be answered."""
    mine = (PasskeyChallenge.token_hash == hashed(token), PasskeyChallenge.made_at >= now - ASKED_FOR)
    columns = select(PasskeyChallenge.id, PasskeyChallenge.challenge, PasskeyChallenge.name).where(*mine)
    row = session.execute(columns.order_by(PasskeyChallenge.id.desc()).limit(1)).one_or_none()
    return None if row is None else Question(row.id, row.challenge, row.name)


def spend(session: Session, token: str, now: datetime) -> Question:
    """The same, which is answered by this once: of two answers at the same time one counts."""
    question = asked(session, token, now)
    if question is None or not changed_one(session, delete(PasskeyChallenge).where(PasskeyChallenge.id == question.id)):
        raise Refused("passkey_not_asked")
    return question


def to_show(site: Site, challenge: bytes, own: Sequence[Passkey] = ()) -> str:
    """What a browser is asked: to show one of these passkeys, or whichever its owner has for this clinic."""
    return options_to_json(
        generate_authentication_options(
            rp_id=site.rp_id,
            challenge=challenge,
            timeout=milliseconds(ASKED_FOR),
            allow_credentials=described(own),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def to_make(site: Site, challenge: bytes, user: User, own: Sequence[Passkey]) -> str:
    """What a browser is asked: to make a passkey, on a device that holds none of this account yet."""
    return options_to_json(
        generate_registration_options(
            rp_id=site.rp_id,
            rp_name=ISSUER,
            user_id=site.handle(user.id),
            user_name=user.username,
            user_display_name=user.name,
            challenge=challenge,
            timeout=milliseconds(ASKED_FOR),
            attestation=AttestationConveyancePreference.NONE,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=described(own),
        )
    )


def milliseconds(length: timedelta) -> int:
    """As browsers count."""
    return length // timedelta(milliseconds=1)


def described(own: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    """Passkeys by what their devices call them."""
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.credential)) for one in own]


def made(site: Site, challenge: bytes, answer: str) -> Passkey:
    """The passkey that a device made, not yet anybody's."""
    try:
        new = verify_registration_response(
            credential=answer[:LONGEST_ANSWER],
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except Exception as problem:  # bytes from anybody: whatever reading them raises, they make nothing
        raise Refused("passkey_unfit") from problem
    return Passkey(
        credential=bytes_to_base64url(new.credential_id),
        public_key=new.credential_public_key,
        sign_count=new.sign_count,
    )


def read(answer: str) -> AuthenticationCredential | None:
    """What came from a browser; None when it is no answer at all."""
    try:
        return parse_authentication_credential_json(answer[:LONGEST_ANSWER])
    except Exception:  # as above
        return None


def found(session: Session, given: AuthenticationCredential | None) -> Passkey | None:
    """The passkey that an answer names; whether it is hers who gives it is asked next."""
    if given is None:
        return None
    return session.scalar(select(Passkey).where(Passkey.credential == bytes_to_base64url(given.raw_id)))


def owner(session: Session, answer: str) -> User | None:
    """Whose passkey an answer names."""
    passkey = found(session, read(answer))
    return None if passkey is None else session.get(User, passkey.user_id)


def check(session: Session, site: Site, token: str, answer: str, user: User | None, now: datetime) -> Passkey:
    """One of this person's passkeys, answering what this session asked, at the clinic's own address; else Refused."""
    question = spend(session, token, now)
    given = read(answer)
    passkey = found(session, given)
    if given is None or passkey is None:
        raise Refused("passkey_unknown")
    if user is None or passkey.user_id != user.id or given.response.user_handle not in (None, site.handle(user.id)):
        raise Refused("passkey_of_another")
    if not user.active:
        raise Refused("passkey_closed")
    count = signed_for(site, question.challenge, given, passkey)
    if not goes_on(session, passkey, count, now):
        raise Refused("passkey_copied")
    return passkey


def signed_for(site: Site, challenge: bytes, given: AuthenticationCredential, passkey: Passkey) -> int:
    """The device's count, when its owner unlocked it for this question at this address."""
    try:
        shown = verify_authentication_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=0,  # `goes_on` asks, so that of two copies at the same time one is found
            require_user_verification=True,
        )
    except Exception as problem:  # as above
        raise Refused("passkey_unfit") from problem
    return shown.new_sign_count


def goes_on(session: Session, passkey: Passkey, count: int, now: datetime) -> bool:
    """Whether the device counted on; one that falls back may be a copy (WebAuthn 3, 7.2 step 22)."""
    on = Passkey.sign_count < count if count else Passkey.sign_count == 0
    used = update(Passkey).where(Passkey.id == passkey.id, on).values(sign_count=count, used_at=now)
    return changed_one(session, used)
