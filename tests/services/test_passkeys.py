"""Passkeys: made after both factors, two factors at once at the door, refused with one sentence whatever is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.errors import RuleBroken
from clinic.security import accounts, attempts, factors, passkeys
from clinic.security.passkeys import Refused, Site
from clinic.services import accounts as acts
from clinic.services import own_passkeys, passkey_sign_in, sign_in
from clinic.services.own_factor import Both
from clinic.services.sign_in import Door, NotHalfWay, Step
from clinic.services.work import Work
from clinic.store.audit import AuditEntry
from clinic.store.passkeys import Passkey, PasskeyChallenge, has_any, passkeys_of
from clinic.store.users import User, UserSession
from tests import apps
from tests.authenticator import EDDSA, ES256, RS256, Device
from tests.conftest import MONDAY_MORNING, account

Start = Callable[..., Work]
PASSWORD, KEY = "klaver en boterbloem", "k" * 32
SITE = Site("https://botwacht.example:8443", KEY)
HERE = "in her browser"


@pytest.fixture
def door(session: Session) -> Door:
    """The door on Monday morning."""
    return Door(session, MONDAY_MORNING, KEY, "10.0.0.1", "Firefox")


@dataclass
class Person:
    """Somebody with a password, an app and an open session."""

    door: Door
    start: Start
    role: str
    token: str

    @property
    def user(self) -> User:
        """Her account as it stands."""
        found = select(User).where(User.username == self.role)
        return self.door.session.scalars(found.execution_options(populate_existing=True)).one()

    def code(self) -> Both:
        """Both factors, the code on paper in place of the app's."""
        codes = factors.new_recovery_codes(self.door.session, self.user, KEY, self.door.now)
        self.door.session.commit()
        return Both(PASSWORD, codes[0], self.token, KEY)

    def options(self, name: str) -> str:
        """What her browser is asked once she has shown who she is; she pressed twice."""
        typed = self.code()
        for _pressed_twice in range(2):
            own_passkeys.begin(self.start(self.role), typed, name)
        found = own_passkeys.being_made(self.start(self.role), self.token, SITE)
        assert found
        assert found[0] == " ".join(name.split())
        return found[1]

    def has(self, device: Device, name: str = "werk-telefoon") -> Device:
        """Let her have a passkey on this device."""
        own_passkeys.finish(self.start(self.role), self.token, SITE, device.make(self.options(name)))
        return device

    def half_way(self) -> str:
        """After her password."""
        return sign_in.with_password(self.door, self.role, PASSWORD).token


def someone(door: Door, work: Start, role: str) -> Person:
    """With a password, an app, a session."""
    user = account(door.session, work(role).actor.role)
    accounts.set_password(user, PASSWORD)
    user.factor_seed, user.factor_since = apps.SEED, door.now
    token = accounts.open_session(door.session, user, door.now)
    door.session.commit()
    return Person(door, work, role, token)


@pytest.fixture
def nurse(door: Door, work: Start) -> Person:
    """A nurse."""
    return someone(door, work, "nurse")


def phone(**wrong: Any) -> Device:
    """A device whose browser stands at the clinic's address."""
    return Device(**{"origin": SITE.origin, **wrong})


def alone(door: Door, device: Device, site: Site = SITE, **other: bytes) -> Step:
    """Come in by a passkey and nothing else."""
    asked = passkey_sign_in.ask_anybody(door, HERE, SITE)
    return passkey_sign_in.alone(door, HERE, site, device.show(asked, **other))


def said(door: Door) -> list[tuple[str, Any]]:
    """What the log tells, the last line last."""
    lines = door.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    return [(line.action, line.details) for line in lines]


def test_a_passkey_of_the_made_up_clinic_opens_no_register_that_is_served_for_real(door: Door, nurse: Person) -> None:
    device = nurse.has(phone(), "telefoon")
    nurse.user.demo = True
    door.session.commit()
    with pytest.raises(RuleBroken, match="passkey_wrong"):
        alone(door, device)
    assert said(door)[-1] == ("session.sign_in_failed", {"because": "demo_account"})


@pytest.mark.parametrize("algorithm", [ES256, RS256, EDDSA])
def test_a_passkey_is_two_factors_and_lets_in_alone(door: Door, nurse: Person, algorithm: int) -> None:
    device = nurse.has(phone(algorithm=algorithm), "  werk-\n telefoon ")
    assert said(door)[-1] == ("account.changed", {"changes": {"passkey": [None, "werk- telefoon"]}})
    assert has_any(door.session, nurse.user.id)
    step = alone(replace(door, now=door.now + timedelta(hours=1)), device)
    row = door.session.get_one(UserSession, accounts.hashed(step.token))
    assert (step.whole, row.whole, row.user_id, row.address) == (True, True, nurse.user.id, "10.0.0.1")
    assert said(door)[-1] == ("session.signed_in", {"second_factor": "passkey alone"})
    kept = door.session.scalars(select(Passkey).execution_options(populate_existing=True)).one()
    assert (kept.sign_count, kept.added_at, kept.used_at) == (1, door.now, door.now + timedelta(hours=1))
    assert door.session.scalars(select(PasskeyChallenge)).all() == []


def test_what_a_browser_is_asked(door: Door, nurse: Person) -> None:
    first = nurse.has(phone(), "eerste")
    making = json.loads(nurse.options("tweede"))
    assert making["rp"] == {"name": "Botwacht", "id": "botwacht.example"}
    assert making["attestation"] == "none"
    assert making["authenticatorSelection"]["userVerification"] == "required"
    assert making["authenticatorSelection"]["residentKey"] == "preferred"
    assert {-7, -8, -257} <= {one["alg"] for one in making["pubKeyCredParams"]}
    assert [one["id"] for one in making["excludeCredentials"]] == [json.loads(first.said({}))["id"]]
    anybody = json.loads(passkey_sign_in.ask_anybody(door, HERE, SITE))
    assert (anybody["rpId"], anybody["userVerification"]) == ("botwacht.example", "required")
    assert anybody.get("allowCredentials", []) == []
    hers = json.loads(passkey_sign_in.ask_half_way(door, nurse.half_way(), SITE))
    assert [one["id"] for one in hers["allowCredentials"]] == [json.loads(first.said({}))["id"]]
    assert len({making["challenge"], anybody["challenge"], hers["challenge"]}) == 3
    assert len(hers["challenge"]) >= 43  # 256 bits


def test_a_passkey_stands_for_the_code_after_the_password(door: Door, nurse: Person) -> None:
    device, token = nurse.has(phone()), nurse.half_way()
    step = passkey_sign_in.second_step(door, token, SITE, device.show(passkey_sign_in.ask_half_way(door, token, SITE)))
    assert step.whole
    assert said(door)[-1] == ("session.signed_in", {"second_factor": "passkey"})
    for do in (passkey_sign_in.ask_half_way, lambda *gone: passkey_sign_in.second_step(*gone, "{}")):
        with pytest.raises(NotHalfWay):
            do(door, token, SITE)


def test_who_has_no_app_yet_sets_one_up_first(door: Door, nurse: Person) -> None:
    nurse.has(phone())
    user = nurse.user
    user.factor_seed = user.factor_since = None
    door.session.commit()
    token = nurse.half_way()
    with pytest.raises(NotHalfWay):
        passkey_sign_in.second_step(door, token, SITE, "{}")


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "another site's page": ({"origin": "https://botwacht.example.evil"}, "passkey_unfit"),
    "a page of another port": ({"origin": "https://botwacht.example"}, "passkey_unfit"),
    "a key made for another site": ({"rp_id": "evil.example"}, "passkey_unfit"),
    "nobody unlocked the device": ({"verified": False}, "passkey_unfit"),
    "a number that nobody has": ({"id": b"somebody else's device"}, "passkey_unknown"),
    "the account of another": ({"handle": b"another"}, "passkey_of_another"),
}


@pytest.mark.parametrize(("wrong", "because"), WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_refused_with_one_sentence_counted_and_written_down(
    door: Door, nurse: Person, wrong: dict[str, Any], because: str
) -> None:
    device = nurse.has(phone())
    for name, value in wrong.items():
        setattr(device, name, value)
    with pytest.raises(RuleBroken, match="passkey_wrong"):
        alone(door, device)
    assert said(door)[-1] == ("session.sign_in_failed", {"because": because})
    token = nurse.half_way()
    with pytest.raises(RuleBroken, match="passkey_wrong"):
        passkey_sign_in.second_step(door, token, SITE, device.show(passkey_sign_in.ask_half_way(door, token, SITE)))
    assert said(door)[-1] == ("session.sign_in_failed", {"because": because})
    assert attempts.too_many(door.session, {"nurse|second factor": 1}, door.now)


def test_the_signature_of_another_key_opens_nothing(door: Door, nurse: Person) -> None:
    hers = nurse.has(phone())
    with pytest.raises(RuleBroken, match="passkey_wrong"):
        alone(door, phone(id=hers.id, handle=hers.handle))
    assert said(door)[-1] == ("session.sign_in_failed", {"because": "passkey_unfit"})


def test_a_passkey_of_a_colleague_is_no_second_step(door: Door, nurse: Person, work: Start) -> None:
    theirs = someone(door, work, "doctor").has(phone())
    token = nurse.half_way()
    with pytest.raises(RuleBroken, match="passkey_wrong"):
        passkey_sign_in.second_step(door, token, SITE, theirs.show(passkey_sign_in.ask_half_way(door, token, SITE)))
    assert said(door)[-1] == ("session.sign_in_failed", {"because": "passkey_of_another"})


def test_what_was_asked_is_answered_once_in_its_own_session_and_in_time(door: Door, nurse: Person) -> None:
    device = nurse.has(phone(counts=False))
    asked = passkey_sign_in.ask_anybody(door, HERE, SITE)
    answer = device.show(asked)
    with pytest.raises(RuleBroken, match="passkey_wrong"):
        passkey_sign_in.alone(door, "in another browser", SITE, answer)
    assert passkey_sign_in.alone(door, HERE, SITE, answer).whole
    with pytest.raises(RuleBroken, match="passkey_wrong"):
        passkey_sign_in.alone(door, HERE, SITE, answer)
    late = replace(door, now=door.now + passkeys.ASKED_FOR + timedelta(seconds=1))
    slow = device.show(passkey_sign_in.ask_anybody(door, HERE, SITE))
    with pytest.raises(RuleBroken, match="passkey_wrong"):
        passkey_sign_in.alone(late, HERE, SITE, slow)
    older = device.show(passkey_sign_in.ask_anybody(door, "a window", SITE))
    passkey_sign_in.ask_anybody(door, "a window", SITE)
    with pytest.raises(RuleBroken, match="passkey_wrong"):
        passkey_sign_in.alone(door, "a window", SITE, older)
    reasons = [details["because"] for action, details in said(door) if action == "session.sign_in_failed"]
    assert reasons == ["passkey_not_asked"] * 3 + ["passkey_unfit"]
    passkey_sign_in.ask_anybody(late, HERE, SITE)
    assert len(door.session.scalars(select(PasskeyChallenge)).all()) == 1, "what nobody answered is dropped"


@pytest.mark.parametrize(
    ("held", "count", "opens"),
    [(0, 0, True), (0, 1, True), (7, 8, True), (7, 7, False), (7, 6, False), (7, 0, False), (2**31, 2**32 - 1, True)],
)
def test_a_device_that_counts_back_may_be_a_copy(door: Door, nurse: Person, held: int, count: int, opens: bool) -> None:
    device = nurse.has(phone(count=held, counts=False))
    device.count = count
    if opens:
        assert alone(door, device).whole
    else:
        with pytest.raises(RuleBroken, match="passkey_wrong"):
            alone(door, device)
        assert said(door)[-1] == ("session.sign_in_failed", {"because": "passkey_copied"})
    stands = door.session.scalar(select(Passkey.sign_count))
    assert stands == (count if opens else held)


def test_a_closed_account_and_one_without_a_password_open_by_no_passkey(door: Door, nurse: Person, work: Start) -> None:
    device = nurse.has(phone())
    nurse.user.password_hash = None  # a manager gave a code, or she comes in by the hospital's provider
    door.session.commit()
    with pytest.raises(RuleBroken, match="passkey_wrong"):
        alone(door, device)
    assert said(door)[-1] == ("session.sign_in_failed", {"because": "passkey_without_password"})
    manager = work("manager")
    acts.deactivate(manager, nurse.user.id)
    with pytest.raises(RuleBroken, match="passkey_wrong"):
        alone(door, device)
    assert said(door)[-1] == ("session.sign_in_failed", {"because": "passkey_closed"})


def test_failures_count_as_those_with_a_password_do(door: Door, nurse: Person) -> None:
    device = nurse.has(phone())
    right = device.show(passkey_sign_in.ask_anybody(door, HERE, SITE))
    for _again in range(attempts.TRIES):
        with pytest.raises(RuleBroken, match="passkey_wrong"):
            passkey_sign_in.alone(door, "elsewhere", SITE, right)
    with pytest.raises(RuleBroken, match="sign_in_wait"):
        passkey_sign_in.alone(door, "elsewhere", SITE, right)
    with pytest.raises(RuleBroken, match="sign_in_both"):
        sign_in.with_password(door, "nurse", PASSWORD)
    known = replace(door, device="her browser", knows=frozenset({nurse.user.id}))
    assert alone(known, device).whole


def test_no_stranger_who_fails_keeps_out_who_shows_a_passkey(door: Door, nurse: Person) -> None:
    device = nurse.has(phone())
    half = sign_in.with_password(door, "nurse", PASSWORD).token
    full = door.counters("nurse", nurse.user) | door.counters("", None) | door.beyond("nurse", nurse.user)
    for _again in range(attempts.MOST_AT_ADDRESS):
        attempts.remember(door.session, full, door.now)
    door.session.commit()
    asked = passkey_sign_in.ask_half_way(door, half, SITE)
    assert passkey_sign_in.second_step(door, half, SITE, device.show(asked)).whole
    assert alone(door, device).whole


@given(st.one_of(st.text(max_size=80), st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8),
                 lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=8), part, max_size=3)
                 ).map(json.dumps)))  # fmt: skip
def test_no_bytes_at_all_break_the_reading(text: str) -> None:
    assert passkeys.read(text) is None
    with pytest.raises(Refused, match="passkey_unfit"):
        passkeys.made(SITE, b"x" * 32, text)


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature", "userHandle"])
@pytest.mark.parametrize("bad", [b"", b"\x00", b"\xff" * 200, b"{}"])
def test_a_part_that_is_something_else_is_refused(door: Door, nurse: Person, part: str, bad: bytes) -> None:
    device = nurse.has(phone())
    with pytest.raises(RuleBroken, match="passkey_wrong"):
        alone(door, device, **{part: bad})


@pytest.mark.parametrize(
    ("name", "code"), [(" ", "passkey_name"), ("x" * 41, "passkey_name"), ("Werk-Telefoon", "passkey_name_taken")]
)
def test_a_passkey_has_a_name_of_its_own(nurse: Person, name: str, code: str) -> None:
    nurse.has(phone())
    with pytest.raises(RuleBroken, match=code):
        own_passkeys.begin(nurse.start("nurse"), nurse.code(), name)


def test_both_factors_are_asked_before_one_is_made(door: Door, nurse: Person) -> None:
    right = nurse.code()
    for wrong, code in ((replace(right, password="geraden"), "password_wrong"),
                        (replace(right, code="000000"), "factor_wrong")):  # fmt: skip
        with pytest.raises(RuleBroken, match=code):
            own_passkeys.begin(nurse.start("nurse"), wrong, "werk-telefoon")
    assert own_passkeys.being_made(nurse.start("nurse"), nurse.token, SITE) is None
    passkey_sign_in.ask_her(door, nurse.token, SITE, nurse.user.id)
    assert own_passkeys.being_made(nurse.start("nurse"), nurse.token, SITE) is None


def not_made(nurse: Person, answer: str, because: str) -> None:
    """It is refused, and the log says why."""
    with pytest.raises(RuleBroken, match="passkey_not_made"):
        own_passkeys.finish(nurse.start("nurse"), nurse.token, SITE, answer)
    assert said(nurse.door)[-1] == ("session.sign_in_failed", {"because": because})


def test_what_a_device_makes_wrongly_or_unasked_is_not_kept(door: Door, nurse: Person, work: Start) -> None:
    theirs = someone(door, work, "doctor").has(phone())
    for device, because in ((phone(verified=False), "passkey_unfit"),
                            (phone(origin="https://evil.example"), "passkey_unfit"),
                            (phone(id=theirs.id), "passkey_known")):  # fmt: skip
        asked = nurse.options("werk-telefoon")
        not_made(nurse, device.make(asked), because)
        not_made(nurse, phone().make(asked), "passkey_not_asked")  # it was answered
    passkey_sign_in.ask_her(door, nurse.token, SITE, nurse.user.id)
    not_made(nurse, "{}", "passkey_not_asked")  # that was to show one
    assert not has_any(door.session, nurse.user.id)


def test_one_is_removed_after_the_password_and_who_came_in_elsewhere_is_out(
    door: Door, nurse: Person, work: Start
) -> None:
    device, theirs = nurse.has(phone()), someone(door, work, "doctor")
    elsewhere = alone(door, device).token
    mine = passkeys_of(door.session, nurse.user.id)[0].id
    with pytest.raises(RuleBroken, match="password_wrong"):
        own_passkeys.remove(work("nurse"), mine, "geraden", nurse.token)
    with pytest.raises(LookupError):
        own_passkeys.remove(work("doctor"), mine, PASSWORD, theirs.token)
    for _pressed_twice in range(2):
        own_passkeys.remove(work("nurse"), mine, PASSWORD, nurse.token)
    assert said(door)[-1] == ("account.changed", {"changes": {"passkey": ["werk-telefoon", None]}})
    open_ones = accounts.sessions_of(door.session, nurse.user.id, door.now - timedelta(hours=1))
    assert [row.token_hash for row in open_ones] == [accounts.hashed(nurse.token)]
    assert door.session.get_one(UserSession, accounts.hashed(elsewhere)).end_reason == "passkey removed"
    with pytest.raises(RuleBroken, match="passkey_wrong"):
        alone(door, device)


def test_a_manager_who_resets_the_second_factor_takes_the_passkeys_away_and_the_log_names_them(
    door: Door, nurse: Person, work: Start
) -> None:
    devices = [nurse.has(phone(), name) for name in ("telefoon", "computer")]
    acts.new_factor_code(work("manager"), nurse.user.id, "0a1b-2c3d-4e5f-6071")
    changes = {"second_factor": [None, "one-time code"], "passkey": ["telefoon, computer", None]}
    assert said(door)[-1] == ("account.changed", {"changes": changes})
    for device in devices:
        with pytest.raises(RuleBroken, match="passkey_wrong"):
            alone(door, device)


def test_who_signs_may_show_a_passkey_once_for_each(door: Door, nurse: Person, work: Start) -> None:
    device = nurse.has(phone())
    answer = device.show(passkey_sign_in.ask_her(door, nurse.token, SITE, nurse.user.id))
    doctor = someone(door, work, "doctor")
    with pytest.raises(RuleBroken, match="passkey_wrong"):
        own_passkeys.sign(work("doctor"), doctor.token, SITE, answer, "password")
    own_passkeys.sign(work("nurse"), nurse.token, SITE, answer, "password")
    assert said(door)[-1] == ("session.confirmed", None)
    for _again in range(attempts.TRIES):
        with pytest.raises(RuleBroken, match="passkey_wrong"):
            own_passkeys.sign(work("nurse"), nurse.token, SITE, answer, "password")
    with pytest.raises(RuleBroken, match="password_wait"):
        own_passkeys.sign(work("nurse"), nurse.token, SITE, answer, "password")


def test_who_comes_in_by_the_hospital_signs_there(door: Door, nurse: Person, work: Start) -> None:
    device = nurse.has(phone())
    user = nurse.user
    user.subject, user.password_hash = "https://id.example 1", None
    door.session.commit()
    answer = device.show(passkey_sign_in.ask_her(door, nurse.token, SITE, nurse.user.id))
    with pytest.raises(RuleBroken, match="confirm_first"):
        own_passkeys.sign(work("nurse"), nurse.token, SITE, answer, "password")
