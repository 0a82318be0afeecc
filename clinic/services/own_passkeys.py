"""What a person does with her own passkeys: make one after both factors, take one away, sign with one."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.exc import IntegrityError

from clinic.domain.errors import RuleBroken
from clinic.security import accounts as doors
from clinic.security import passkeys
from clinic.security.audit import Action
from clinic.security.passkeys import Refused, Site
from clinic.services.accounts import ask_again, confirmed, found, not_she, noted, slow_down
from clinic.services.own_factor import Both, asked_both
from clinic.services.work import Work
from clinic.store.passkeys import Passkey, passkeys_of
from clinic.store.users import User

LONGEST_NAME = 40


def own(work: Work) -> Sequence[Passkey]:
    """Hers, the first one first."""
    return passkeys_of(work.session, work.actor.id)


def begin(work: Work, typed: Both, name: str) -> None:
    """Let a passkey of this name be made in this session, for some minutes; pressed twice it is one."""
    name = " ".join(name.split())
    question = passkeys.asked(work.session, typed.token, work.now)
    if question is not None and name and question.name == name:
        return
    if not 0 < len(name) <= LONGEST_NAME:
        raise RuleBroken("name", "passkey_name", longest=LONGEST_NAME)
    if name.lower() in {one.name.lower() for one in own(work)}:
        raise RuleBroken("name", "passkey_name_taken")
    user = asked_both(work, typed)
    passkeys.ask(work.session, typed.token, work.now, name)
    work.note(Action.SESSION_CONFIRMED, subject=f"user:{user.id}")
    work.commit()


def being_made(work: Work, token: str, site: Site) -> tuple[str, str] | None:
    """The name of the passkey that is being made in this session, and what the browser is asked for it."""
    question = passkeys.asked(work.session, token, work.now)
    if question is None or question.name is None:
        return None
    user = work.session.get_one(User, work.actor.id)
    return question.name, passkeys.to_make(site, question.challenge, user, own(work))


def finish(work: Work, token: str, site: Site, answer: str) -> Passkey:
    """Keep what the device made; it opens her account from now on."""
    user = found(work, work.actor.id)
    try:
        question = passkeys.spend(work.session, token, work.now)
        if question.name is None:
            raise Refused("passkey_not_asked")
        passkey = passkeys.made(site, question.challenge, answer)
        passkey.user_id, passkey.name, passkey.added_at = user.id, question.name, work.now
        keep(work, passkey)
    except Refused as refused:
        work.note(Action.SIGN_IN_FAILED, subject=f"user:{user.id}", details={"because": refused.because})
        work.commit()
        raise RuleBroken("passkey", "passkey_not_made") from refused
    noted(work, user, {"passkey": [None, passkey.name]})
    return passkey


def keep(work: Work, passkey: Passkey) -> None:
    """A device's number stands once in the register, and a name once among somebody's passkeys."""
    try:
        with work.session.begin_nested():
            work.session.add(passkey)
    except IntegrityError as problem:
        raise Refused("passkey_known") from problem


def remove(work: Work, passkey_id: int, password: str, token: str) -> None:
    """It opens nothing from now on; whoever came in with it elsewhere is out. One that is gone already is removed."""
    user = found(work, work.actor.id)
    ask_again(work, user, password, "password")
    passkey = work.session.get(Passkey, passkey_id)
    if passkey is None:
        return
    if passkey.user_id != user.id:
        raise LookupError(passkey_id)
    work.session.delete(passkey)
    doors.end_all_sessions(work.session, user.id, work.now, "passkey removed", but=token)
    noted(work, user, {"passkey": [passkey.name, None]})


def sign(work: Work, token: str, site: Site, answer: str, field: str) -> None:
    """Make sure that it is she who signs, by a passkey in place of her password; guessing is slowed down alike.

    It is written down and kept at once: whatever comes of what she signs, this answer counts no second time.
    Whoever has no password here is asked at the hospital's provider, as `ask_again` has it.
    """
    user = work.session.get_one(User, work.actor.id)
    if user.password_hash is None:
        return confirmed(work, field)
    slow_down(work, user, field)
    try:
        passkeys.check(work.session, site, token, answer, user, work.now)
    except Refused as refused:
        not_she(work, user, refused.because)
        raise RuleBroken(field, "passkey_wrong") from refused
    work.note(Action.SESSION_CONFIRMED, subject=f"user:{user.id}")
    work.commit()
