"""Load the demo clinic into an empty register: accounts, settings, practices, patients and their stories."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from clinic.demo import agenda, hospital, twice
from clinic.demo.people import Person, person, test_bsns
from clinic.demo.stage import Cast, Stage, one_transaction
from clinic.demo.story import Story
from clinic.demo.table import OFTEN, ONCE
from clinic.domain.vocabulary import Sex
from clinic.security import accounts
from clinic.security.audit import Action
from clinic.security.permissions import Role
from clinic.services import duties, figures, items, mandates, practices, settings
from clinic.services.duties import PutOnDuty
from clinic.services.mandates import Give
from clinic.services.patients import PatientDetails
from clinic.services.work import Actor, Work
from clinic.store.absences import MANDATED
from clinic.store.patients import Patient
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
COLLEAGUE = ("postma", "J. Postma")
"""A second nurse, with whose letters the first one helps; nobody signs in by her name."""
LOGO = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 44">
<path d="M4 34Q30-6 56 34" fill="none" stroke="#0a5d6b" stroke-width="7" stroke-linecap="round"/>
<path d="M18 38Q30 18 42 38" fill="none" stroke="#c9822b" stroke-width="6" stroke-linecap="round"/></svg>"""
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


def load(engine: Engine, patients: int = PATIENTS, counted: bool = True) -> None:
    """Fill an empty register with the demo clinic, in one transaction, and count; raise NotEmpty otherwise."""
    moment = now()
    with one_transaction(engine) as session:
        refuse_filled(session)
        actors = people(session, moment)
        told = (actors[Role.NURSE], actors[Role.DOCTOR], actors[Role.SECRETARY])
        stage = Stage.at(session, Cast(*told, colleague=account(session, moment, Role.NURSE, *COLLEAGUE)), moment)
        name_clinic(stage.on(opened_on(stage.today), actors[Role.MANAGER]), actors[Role.DOCTOR].id)
        gps = list(book_of_gps(stage.on(opened_on(stage.today), stage.cast.secretary)))
        for batch in batches(stage, gps, patients):
            bring_up_to(session, batch, stage.today)
        agenda.book(stage)
        hospital.old_list(stage, actors[Role.MANAGER])
        hospital.send(stage, actors[Role.MANAGER])
        twice.register(stage)
        week = (stage.today, stage.today + timedelta(6))
        duties.put(
            stage.on(stage.today, actors[Role.MANAGER]), PutOnDuty(actors[Role.DOCTOR].id, "+31513200101", *week)
        )
        for about in MANDATED:
            mandate = Give(about, actors[Role.DOCTOR].id, stage.today, None)
            mandates.give(stage.on(stage.today, actors[Role.MANAGER]), mandate)
        work = stage.on(stage.today, stage.cast.nurse)
        work.note(Action.IMPORTED, details={"demo": patients})
        work.commit()
    if counted:
        figures.run(engine, now)


def refuse_filled(session: Session) -> None:
    """A register with anybody in it is not for a demo."""
    for table in (User, Patient):
        if session.scalar(select(func.count()).select_from(table)):
            raise NotEmpty("The register is not empty; the demo clinic is only loaded into an empty one.")


def opened_on(today: date) -> date:
    """The day on which the made-up clinic began."""
    return today.replace(year=today.year - 8, day=1)


def people(session: Session, moment: datetime) -> dict[Role, Actor]:
    """One account per role, with a password that is told."""
    return {
        role: account(session, moment, role, username, name, password)
        for role, username, password, name in DEMO_SIGN_INS
    }


def account(
    session: Session, moment: datetime, role: Role, username: str, name: str, password: str | None = None
) -> Actor:
    """One account; without a password nobody comes in by it."""
    user = User(
        username=username, name=name, function=FUNCTIONS[role], role=role.value,
        may_authorise=role in (Role.DOCTOR, Role.NURSE), language="nl", density="comfortable",
        single_keys=True, active=True, created_at=moment, demo=True,
    )  # fmt: skip
    if password is not None:
        accounts.set_password(user, password)
    session.add(user)
    session.flush()
    return Actor(user.id, user.name, user.function, role, user.may_authorise)


def name_clinic(work: Work, responsible: int) -> None:
    """How letters name the clinic."""
    empty = settings.current(work.session)
    details = settings.ClinicDetails(
        hospital="Ziekenhuis Oudeterp", department="Osteoporosepolikliniek", street="Postbus 1",
        postcode_town="8598 ZZ Oudeterp", phone="0513 200000", phone_hours="werkdagen 8.30–12.00 uur", email="",
        mailbox="500000101",
        window_x_mm=empty.window_x_mm, window_y_mm=empty.window_y_mm, window_w_mm=empty.window_w_mm,
        window_h_mm=empty.window_h_mm, responsible_doctor_id=responsible,
    )  # fmt: skip
    settings.save(work, details, empty.version)
    settings.save_logo(work, LOGO, settings.current(work.session).version)


def book_of_gps(work: Work) -> Iterator[int]:
    """Practices with a GP each, by the GP's id; the last practice has no address."""
    for number, (name, agb, street, house, postcode, town, channel) in enumerate(PRACTICES):
        practice = practices.save(
            work,
            practices.PracticeDetails(
                name=name, agb=agb, street=street, house_number=house, postcode=postcode, town=town, channel=channel,
                phone=f"0513 2001{number:02}", mailbox=f"5000002{number:02}",
            ),
        )  # fmt: skip
        initials, prefix, family = GPS[number % len(GPS)]
        gp = practices.GpDetails(practice.id, "gp", family, initials, prefix, agb=f"019900{number:02}")
        yield practices.save_gp(work, gp).id


def batches(stage: Stage, gps: list[int], count: int) -> Iterator[list[int]]:
    """The patients with their stories, some at a time."""
    rng = random.Random(SEED)  # noqa: S311 - made-up people, the same each time
    common, weights = zip(*OFTEN, strict=True)
    bsns = test_bsns()
    batch: list[int] = []
    for number in range(count):
        who = person(rng, number, stage.today)
        details = described(who, number, next(bsns, None), rng.choice(gps[:4]), opened_on(stage.today))
        situation = ONCE[number] if number < len(ONCE) else rng.choices(common, weights)[0]
        height = (1720 if who.sex == "male" else 1620) + rng.randint(-80, 80)
        story = Story(stage, details, rng, height=height, weight=rng.randint(520, 880) * 100)
        situation(story)
        batch.append(story.tell())
        if len(batch) == BATCH or number == count - 1:
            yield batch
            batch = []


def described(who: Person, number: int, bsn: str | None, gp_id: int, registered_on: date) -> PatientDetails:
    """A made-up person as the secretary types her in."""
    return PatientDetails(
        number=f"{7000001 + number}", bsn=bsn, no_bsn_because=None if bsn else "Testnummers op",
        initials=who.initials, own_prefix=who.own_prefix, own_name=who.own_name,
        partner_prefix=who.partner_prefix, partner_name=who.partner_name, name_order=who.name_order,
        birth_date=who.birth_date, sex=Sex(who.sex), street=who.street, house_number=who.house_number,
        postcode=who.postcode, town=who.town, phone=who.phone, gp_id=gp_id, needs_wheelchair=number % 37 == 5,
        hard_of_hearing=number % 29 == 3, needs_interpreter="Turks" if who.own_name == "Yıldız" else None,
        registered_on=registered_on,
    )  # fmt: skip


def bring_up_to(session: Session, patient_ids: list[int], today: date) -> None:
    """What is due today: each story ended on the day of its last act, and archived letters asked for no rebuild."""
    items.rebuild(session, list(session.scalars(select(Patient).where(Patient.id.in_(patient_ids)))), today)


def sign_ins() -> str:
    """How to sign in to the demo, and that these accounts are for the demo alone."""
    lines = [f"  {role.value:<16} {username:<10} {password}" for role, username, password, _ in DEMO_SIGN_INS]
    return "\n".join(["Sign-ins of the demo clinic, made up and for the demo alone:", *lines])
