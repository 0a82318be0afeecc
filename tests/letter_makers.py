"""Letters on their way: drafted with a control, signed by a doctor, sent to the GP."""

from dataclasses import replace
from datetime import date

from sqlalchemy import select

from clinic.domain.vocabulary import LetterAbout
from clinic.services import items, letter_sending, letter_states, letters
from clinic.services.addressed import facts_of
from clinic.services.facts import correct, void
from clinic.store.controls import Control
from clinic.store.letters import Letter
from clinic.store.practices import Gp, Practice
from clinic.store.users import User
from tests.factories import make_control, make_patient

TODAY = date(2026, 11, 23)


def mandated(begun):
    """The same unit of work of a nurse who has the mandate on her account."""
    return replace(begun, actor=replace(begun.actor, may_authorise=True))


def colleague(work):
    """A unit of work of a second nurse, with the mandate too."""
    begun = work("nurse")
    user = User(username="mulder", name="M. Mulder", function="verpleegkundige", role="nurse", may_authorise=True,
                created_at=begun.now, density="comfortable", single_keys=True, active=True)  # fmt: skip
    begun.session.add(user)
    begun.session.commit()
    return mandated(replace(begun, actor=replace(begun.actor, id=user.id, name=user.name)))


def seen(work, patient, on=TODAY, **given):
    """A control with its letter."""
    control = make_control(work, patient, on, **given)
    work.session.flush()
    return letters.draft_for(work, patient, LetterAbout.CONTROL, on, control.id)


def seen_anew(work, patient, on=TODAY, **given):
    """The same control, corrected."""
    control = correct(work, last_control(work, patient, on), make_control(work, patient, on, **given), "typefout")
    work.session.flush()
    return letters.draft_for(work, patient, LetterAbout.CONTROL, on, control.id)


def voided(work, patient, on):
    """It was another patient's."""
    control = last_control(work, patient, on)
    void(work, control, "verkeerde patiënt")
    letters.withdraw_for(work, patient, LetterAbout.CONTROL, on, control.id)


def last_control(work, patient, on):
    """What stands of a day."""
    query = select(Control).where(Control.patient_id == patient.id, Control.on_date == on, Control.stands.is_(True))
    return work.session.scalars(query).one()


def with_gp(work, **practice):
    """A patient whose GP has an address."""
    mailed = {"mailbox": "500000201", "agb": "01951000"}
    told = mailed | {
        "name": "De Terp",
        "street": "Terpwei",
        "house_number": "7",
        "postcode": "8598 AB",
        "town": "Oudeterp",
    }
    where = Practice(**told | {"channel": "post"} | practice)
    work.session.add(where)
    work.session.flush()
    gp = Gp(practice_id=where.id, initials="S.", family_name="Hoekstra", sex="female", kind="gp")
    work.session.add(gp)
    work.session.flush()
    patient = make_patient(work, gp_id=gp.id)
    items.refresh(work, patient)
    return patient


def drafted(work, **practice):
    """A letter about today's control."""
    patient = with_gp(work, **practice)
    letter = work.session.get(Letter, seen(work, patient))
    items.refresh(work, patient)
    work.commit()
    return letter


def sign(work, letter):
    """Authorise what is on the screen now."""
    letter_states.authorise(work, letter.id, letter.version, letter_states.digest(facts_of(work, letter)))
    return letter


def sent(work, letter, tmp_path):
    """Send it to the address it would get now."""
    [going] = letter_sending.parcels(work, [letter.id])
    outcome = letter_sending.send(work, letter.id, going.seal, tmp_path / "outbox")
    work.session.commit()  # SQLite has one writer: whoever comes next may write
    return outcome
