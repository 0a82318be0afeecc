"""Load the demo clinic into an empty register: accounts, settings, practices, patients and their stories."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from clinic.demo import agenda, post, story
from clinic.demo.people import Person, person, test_bsns
from clinic.demo.table import OFTEN, ONCE
from clinic.security import accounts
from clinic.security.audit import Action
from clinic.security.permissions import Role
from clinic.services import items
from clinic.services.names import keys, sort_key
from clinic.services.work import Actor, Work, local_day
from clinic.store.patients import Patient, PatientName
from clinic.store.practices import Gp, Practice
from clinic.store.settings import ClinicSettings
from clinic.store.users import User
from clinic.web.units import now

SEED = 2026
BATCH = 100
PATIENTS = 300
MOST_STORIES = 2000  # beyond this the stories take too long and patients are made in bulk
DEMO_SIGN_INS: list[tuple[Role, str, str, str]] = [
    (Role.NURSE, "nurse", "klaver-en-boterbloem", "F. Bakker"),
    (Role.DOCTOR, "doctor", "duinen-in-de-regen", "dr. J. Visser"),
    (Role.SECRETARY, "secretary", "potlood-naast-papier", "S. de Groot"),
    (Role.MANAGER, "manager", "fietsen-over-de-dijk", "P. van Dam"),
    (Role.PRIVACY_OFFICER, "privacy", "slot-op-de-voordeur", "L. Hoekstra"),
]
FUNCTIONS = {
    Role.NURSE: "osteoporoseverpleegkundige",
    Role.DOCTOR: "internist",
    Role.SECRETARY: "secretariaat",
    Role.MANAGER: "afdelingshoofd",
    Role.PRIVACY_OFFICER: "functionaris gegevensbescherming",
}
PRACTICES = (
    ("Huisartsenpraktijk Terpwei", "01951000", "Terpwei", "1", "8598 AC", "Oudeterp", "secure_mail"),
    ("Gezondheidscentrum De Sluis", "01951001", "Vaartkade", "12", "9751 SB", "Waterhuizen", "post"),
    ("Huisartsen Duinrode", "01951002", "Duinroosstraat", "3", "1943 KL", "Duinrode", "edifact"),
    ("Praktijk Lindenoord", "01951003", "Lindelaan", "40", "7211 GE", "Lindenoord", "post"),
    ("Huisartsenpraktijk Zonder Adres", "01951004", None, None, None, None, "post"),
)
GPS = (("J.A.", "de", "Vries"), ("B.", None, "Jacobs"), ("R.", "van den", "Berg"), ("H.", None, "Smit"))


class NotEmpty(Exception):
    """The register already holds patients or accounts; the demo leaves it alone."""


def load(engine: Engine, patients: int = PATIENTS) -> None:
    """Fill an empty register with the demo clinic, in one transaction; raise NotEmpty otherwise."""
    moment = now()
    with Session(engine.execution_options(writes=True), expire_on_commit=False) as session:
        refuse_filled(session)
        cast = people(session, moment)
        gps = practices(session)
        rng = random.Random(SEED)  # noqa: S311 - made-up people, the same each time
        for batch in batches(session, rng, cast, gps, local_day(moment), patients):
            items.rebuild(session, batch, local_day(moment))
        agenda.book(session, cast, moment, local_day(moment))
        work = Work(session, cast.nurse, moment, local_day(moment))
        work.note(Action.IMPORTED, details={"demo": patients})
        work.commit()


def refuse_filled(session: Session) -> None:
    """A register with anybody in it is not for a demo."""
    for table in (User, Patient):
        if session.scalar(select(func.count()).select_from(table)):
            raise NotEmpty("The register is not empty; the demo clinic is only loaded into an empty one.")


def people(session: Session, moment: datetime) -> story.Cast:
    """One account per role, and the clinic's own data."""
    actors: dict[Role, Actor] = {}
    for role, username, password, name in DEMO_SIGN_INS:
        user = User(
            username=username, name=name, function=FUNCTIONS[role], role=role.value,
            may_authorise=role is Role.DOCTOR, language="nl", density="comfortable", single_keys=True, active=True,
            created_at=moment,
        )  # fmt: skip
        accounts.set_password(user, password)
        session.add(user)
        session.flush()
        actors[role] = Actor(user.id, user.name, user.function, role, user.may_authorise)
    session.add(
        ClinicSettings(
            id=1,
            hospital="Ziekenhuis Oudeterp",
            department="Osteoporosepolikliniek",
            street="Postbus 1",
            postcode_town="8598 ZZ Oudeterp",
            phone="0513 200000",
            phone_hours="werkdagen 8.30–12.00 uur",
            responsible_doctor_id=actors[Role.DOCTOR].id,
        )
    )
    return story.Cast(actors[Role.NURSE], actors[Role.DOCTOR], actors[Role.SECRETARY])


def practices(session: Session) -> list[Gp]:
    """Practices with a few GPs each; the last has no address."""
    gps = []
    for number, (name, agb, street, house, postcode, town, channel) in enumerate(PRACTICES):
        practice = Practice(
            name=name, agb=agb, street=street, house_number=house, postcode=postcode, town=town, channel=channel,
            phone=f"0513 2001{number:02}",
        )  # fmt: skip
        initials, prefix, family = GPS[number % len(GPS)]
        gps.append(
            Gp(practice=practice, initials=initials, prefix=prefix, family_name=family, agb=f"019900{number:02}")
        )
    session.add_all(gps)
    session.flush()
    return gps


def batches(
    session: Session, rng: random.Random, cast: story.Cast, gps: list[Gp], today: date, count: int
) -> Iterator[list[Patient]]:
    """The patients with their stories, some at a time."""
    common, weights = zip(*OFTEN, strict=True)
    bsns = test_bsns()
    batch: list[Patient] = []
    for number in range(count):
        patient = register(session, person(rng, number, today), number, next(bsns, None), rng.choice(gps[:4]))
        patient.registered_on = today.replace(year=today.year - 8, day=1)
        situation = ONCE[number] if number < len(ONCE) else rng.choices(common, weights)[0]
        session.flush()
        height = 1720 if patient.sex == "male" else 1620
        told = story.Story(
            session, patient, cast, rng, today,
            height=height + rng.randint(-80, 80), weight=rng.randint(520, 880) * 100,
        )  # fmt: skip
        situation(told)
        post.write(told)
        batch.append(patient)
        if len(batch) == BATCH or number == count - 1:
            session.flush()
            yield batch
            batch = []


def register(session: Session, who: Person, number: int, bsn: str | None, gp: Gp) -> Patient:
    """Write a made-up person into the register."""
    patient = Patient(
        number=f"{7000001 + number}", bsn=bsn, no_bsn_because=None if bsn else "Testnummers op",
        initials=who.initials, own_prefix=who.own_prefix, own_name=who.own_name,
        partner_prefix=who.partner_prefix, partner_name=who.partner_name, name_order=who.name_order,
        birth_date=who.birth_date, birth_precision="day", sex=who.sex, street=who.street,
        house_number=who.house_number, postcode=who.postcode, town=who.town, phone=who.phone, gp=gp,
        status="active", needs_wheelchair=number % 37 == 5, hard_of_hearing=number % 29 == 3,
        needs_interpreter="Turks" if who.own_name == "Yıldız" else None, nothing_planned=False, facts_version=0,
        registered_on=who.birth_date, sort_key="",
    )  # fmt: skip
    patient.sort_key = sort_key(patient)
    session.add(patient)
    session.flush()
    session.add_all(PatientName(patient_id=patient.id, key=key) for key in keys(patient))
    return patient


def sign_ins() -> str:
    """How to sign in to the demo, and that these accounts are for the demo alone."""
    lines = [f"  {role.value:<16} {username:<10} {password}" for role, username, password, _ in DEMO_SIGN_INS]
    return "\n".join(["Sign-ins of the demo clinic, made up and for the demo alone:", *lines])
