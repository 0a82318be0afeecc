"""The letters about one patient: those there are, and those that a person can begin."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import letter_begin
from clinic.services import to_patient as writing_to
from clinic.services.letter_begin import Begin
from clinic.services.letter_lists import Line
from clinic.store.appointments import Appointment
from clinic.store.treatments import CourseStop
from clinic.web import language, letter_proof, letter_rows, to_patient, who
from clinic.web.keys import key
from clinic.web.language import gettext as _
from clinic.web.messages import sentence
from clinic.web.presenters import day
from clinic.web.record_page import Act
from clinic.web.units import reading, writing
from clinic.wording.agenda import kind_label

bp = Blueprint("patient_letters", __name__, url_prefix="/patients/<int:patient_id>/letters")


@bp.get("")
@needs(May.READ_PATIENT)
def index(patient_id: int) -> ResponseReturnValue:
    """Every letter about her, and what can be begun."""
    with reading() as work:
        patient = who.found(work, patient_id)
        work.note(Action.PATIENT_OPENED, patient_id)
        lines = letter_begin.letters_of(work, patient_id)
        rows, hers = ([row_of(line) for line in lines if line.row.hers is to_her] for to_her in (False, True))
        return render_template(
            "letters/patient.html", band=who.band(patient), patient_id=patient_id, rows=rows,
            told=letter_proof.of_patient(work, patient_id),
            begins=[in_words(found) for found in letter_begin.offered(work, patient)], hers_names=to_patient.names(),
            holds=writing_to.holds(work, patient_id),
            hers=hers, printed=writing_to.of_patient(work, patient_id), offers=writing_to.offered(work, patient),
        )  # fmt: skip


def row_of(line: Line) -> dict[str, Any]:
    """A letter on the list."""
    letter = line.row
    return {
        "id": letter.id,
        "what": letter_rows.about_line(line.about, language.current()),
        "state": letter_rows.state_labels()[letter.state],
        "on": letter.sent_on or letter.due_on,
        "sent": letter.sent_on is not None,
        "reference": letter.reference or "",
    }


def in_words(found: Begin) -> dict[str, str]:
    """A letter that can be begun."""
    fact, on = found.fact, day(letter_begin.day_of(found.fact))
    if isinstance(fact, Appointment):
        what = kind_label(fact.kind, language.current())
        words = _("Write to the GP that she did not come on %(day)s (%(what)s)", day=on, what=what)
    elif isinstance(fact, CourseStop):
        words = _("Write to the GP that the treatment ended on %(day)s", day=on)
    else:
        words = _("Write to the GP of the start on %(day)s", day=on)
    return {"about": str(found.about), "fact": str(fact.id), "label": str(words)}


@bp.post("")
@needs(May.WRITE_LETTER)
def begin(patient_id: int) -> ResponseReturnValue:
    """Draft one and lead to it."""
    with writing() as work:
        who.found(work, patient_id)
        try:
            fact_id = request.form.get("fact", type=key)
            letter_id = letter_begin.begin(work, patient_id, request.form.get("about", ""), fact_id)
        except RuleBroken as broken:
            flash(sentence(broken), "late")
            return redirect(url_for("patient_letters.index", patient_id=patient_id), 303)
    return redirect(url_for("letters.show", letter_id=letter_id), 303)


def acts(patient_id: int) -> tuple[Act, ...]:
    """The way to them from her record."""
    return (Act(_("Letters"), url_for("patient_letters.index", patient_id=patient_id), "envelope", key="b"),)
