"""The registers that are measured: made-up patients in bulk, and three whose histories have a known length."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from clinic.demo import large
from clinic.demo.stage import Cast, Stage, one_transaction
from clinic.demo.story import Story
from clinic.domain.vocabulary import Sex
from clinic.security.permissions import Role
from clinic.services import items
from clinic.services.patients import PatientDetails
from clinic.services.work import Actor
from clinic.store.base import make_engine
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.practices import Gp
from clinic.store.schema import migrate
from clinic.store.users import User
from clinic.web.units import now

STORIES, SEEN = 300, 200


@dataclass(frozen=True)
class Register:
    """A database file and whom to open in it."""

    path: Path
    patients: int
    ten_years: int
    one_control: int
    many_controls: int
    seen: tuple[int, ...]
    """Patients with a control, a letter and a running course, for whom another control is saved."""

    @property
    def url(self) -> str:
        """Where the program finds it."""
        return f"sqlite:///{self.path}"


def build(folder: Path, patients: int) -> Register:
    """Make a register of this size."""
    path = folder / f"bench-{patients}.db"
    for old in folder.glob(f"{path.name}*"):
        old.unlink()
    migrate(f"sqlite:///{path}")
    engine = make_engine(f"sqlite:///{path}")
    large.load(engine, patients - 3, stories=STORIES)
    told = specials(engine)
    with engine.connect() as connection:
        wanted = select(Letter.patient_id).where(Letter.patient_id > STORIES).distinct().limit(SEEN)
        seen = tuple(connection.scalars(wanted))
        connection.exec_driver_sql("ANALYZE")
        connection.rollback()
    engine.dispose()
    return Register(path, patients, *told, seen)


def specials(engine: Engine) -> list[int]:
    """Ten years of facts; one control; two hundred controls."""
    with one_transaction(engine) as session:
        cast = Cast(*(actor(session, role) for role in (Role.NURSE, Role.DOCTOR, Role.SECRETARY)))
        stage = Stage.at(session, cast, now())
        gp = session.scalars(select(Gp).limit(1)).one()
        patients = []
        for number, controls in enumerate((11, 1, 200)):
            details = PatientDetails(
                number=f"BENCH{number}", own_name=f"Benchmark{number}", sex=Sex.FEMALE, gp_id=gp.id,
                birth_date=stage.today - timedelta(days=75 * 365), registered_on=stage.today - timedelta(days=3700),
            )  # fmt: skip
            story = Story(stage, details, random.Random(number))
            tell(story, controls)
            patients.append(story.tell())
        items.rebuild(session, session.scalars(select(Patient).where(Patient.id.in_(patients))).all(), stage.today)
        session.commit()
        return patients


def tell(story: Story, controls: int) -> None:
    """A course of ten years with so many controls spread over it, a DXA every other year, blood, a review."""
    story.course("alendronic_acid", story.ago(118), "10")
    for number in range(controls):
        story.control(story.today - timedelta(days=30 + number * 3500 // max(controls, 1)))
    for months in (100, 76, 58, 28):
        story.scan(story.ago(months), "-2.6")
        story.lab(story.ago(months))
    story.image(story.ago(58))
    story.review(story.ago(57), "continue", until=story.ago(-2))


def actor(session: Session, role: Role) -> Actor:
    """The demo's account of this role."""
    user = session.scalars(select(User).where(User.role == role.value).order_by(User.id).limit(1)).one()
    return Actor(user.id, user.name, user.function, role, user.may_authorise)
