"""Coming in by a passkey: as the second step after a password, or alone, because it is two factors at once."""

from __future__ import annotations

from clinic.security import accounts, passkeys
from clinic.security.factors import Way
from clinic.security.passkeys import Refused, Site
from clinic.services.sign_in import Door, NotHalfWay, Step, come_in, waiting
from clinic.store.passkeys import passkeys_of


def ask_anybody(door: Door, token: str, site: Site) -> str:
    """What a browser is asked at the door, where nobody has said who she is."""
    challenge = passkeys.ask(door.session, token, door.now)
    door.session.commit()
    return passkeys.to_show(site, challenge)


def ask_half_way(door: Door, token: str, site: Site) -> str:
    """What a browser is asked after the password: one of her own passkeys."""
    _row, user = waiting(door, token)
    return ask_her(door, token, site, user.id)


def ask_her(door: Door, token: str, site: Site, user_id: int) -> str:
    """What a browser is asked in her session, also when she is about to sign."""
    challenge = passkeys.ask(door.session, token, door.now)
    door.session.commit()
    return passkeys.to_show(site, challenge, passkeys_of(door.session, user_id))


def alone(door: Door, token: str, site: Site, answer: str) -> Step:
    """In by a passkey alone; a refusal is counted as a wrong password is, and says as little.

    The right one lets in whatever strangers tried before, at both steps: what it signs is not guessed.
    Not where a passkey would take the place of more than a password: an account of the hospital's provider comes in
    there, and one whose password a manager took away begins with the code that she gave.
    """
    user = passkeys.owner(door.session, answer)
    counted = door.counters(user.username if user else "", user)
    try:
        passkeys.check(door.session, site, token, answer, user, door.now)
        if user is None or user.password_hash is None:
            raise Refused("passkey_without_password")
        if door.shut_to(user):
            raise Refused("demo_account")
    except Refused as refused:
        door.slow_down("passkey", counted, user)
        door.refuse("passkey", "passkey_wrong", counted, user, refused.because)
    return come_in(door, user, Way.PASSKEY_ALONE)


def second_step(door: Door, token: str, site: Site, answer: str) -> Step:
    """The second step: one of her passkeys in place of a code."""
    row, user = waiting(door, token)
    if row.new_seed is not None:
        raise NotHalfWay
    counted = door.beyond(user.username, user)
    try:
        passkeys.check(door.session, site, token, answer, user, door.now)
    except Refused as refused:
        door.slow_down("passkey", counted, user)
        door.refuse("passkey", "passkey_wrong", counted, user, refused.because)
    accounts.end_session(door.session, token, door.now, "second factor shown")
    return come_in(door, user, Way.PASSKEY)
