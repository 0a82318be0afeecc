"""Appointments: book for a due item or for a patient, move, and say what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import PatientStatus
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import appointments, same_day
from clinic.services.appointment_checks import ItemKey, doses_owed
from clinic.services.work import Stale, Work
from clinic.store import agenda
from clinic.store.appointments import Appointment
from clinic.store.due import DueItem
from clinic.store.patients import Patient
from clinic.web import language, who
from clinic.web.agenda_view import panel
from clinic.web.appointment_form import BookForm, SettleForm, SlotForm, item_key, item_text
from clinic.web.appointment_words import item_label
from clinic.web.back import back_or, back_path
from clinic.web.errors import show_on_form
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.presenters import day, display_name
from clinic.web.units import reading, writing
from clinic.wording import why

bp = Blueprint("appointments", __name__, url_prefix="/patients/<int:patient_id>/appointments")
ONE = "/<int:appointment_id>"

SENTENCES |= {
    "appointment_not_followed": lambda: _("This patient is no longer followed here; nothing can be booked."),
    "appointment_in_past": lambda: _("This day has passed."),
    "appointment_length": lambda: _("An appointment takes %(low)s to %(high)s minutes."),
    "appointment_nowhere": lambda: _("Fill in the place, or choose with whom."),
    "appointment_staff_gone": lambda: _("This person can no longer be chosen."),
    "appointment_reason_missing": lambda: _("Say why it is cancelled."),
    "appointment_not_yet": lambda: _("The day of this appointment has not come yet."),
    "appointment_has_control": lambda: _("A control was recorded for this appointment; correct that control instead."),
    "same_day_overlap": lambda: _("The two overlap; the patient cannot be at both."),
    "attempts_fewer": lambda: _("There were %(before)s attempts before; the number cannot go down."),
    "item_booked": lambda: _("This is booked already, for %(day)s. Move that appointment instead."),
    "item_booked_again": lambda: _("Another appointment was booked for the same meanwhile."),
    "item_gone": lambda: _("This is no longer due. Choose something else, or nothing that is due."),
    "look_again": lambda: _("Look once more at the date, the time and the person."),
}


@bp.get("/new")
@needs(May.PLAN_APPOINTMENT)
def book(patient_id: int) -> ResponseReturnValue:
    """The empty form; an item that was pressed comes along with its kind."""
    with reading() as work:
        patient = who.found(work, patient_id)
        work.note(Action.PATIENT_OPENED, patient_id)
        form = BookForm(formdata=None)
        text = f"{request.args['item']}~{request.args.get('subject', '')}" if request.args.get("item") else ""
        form.propose(item_key(text))
        return book_page(work, patient, form)


@bp.post("")
@needs(May.PLAN_APPOINTMENT)
def save(patient_id: int) -> ResponseReturnValue:
    """Keep the booking and go back to the list it came from, or to the record."""
    with writing() as work:
        patient = who.found(work, patient_id)
        form = BookForm()
        furnish(work, form, patient_id)
        before = None
        if form.validate_on_submit():
            try:
                keep(work, form, patient_id)
            except LookupError:
                abort(404)
            except RuleBroken as broken:
                form.tell(broken)
            except Stale as known:
                before = known.args[0]
                form.renew()
            else:
                name = display_name(patient, language.current())
                flash(_("Booked: %(name)s, %(day)s.", name=name, day=day(form.on.data)), "ok")
                return leave(patient_id)
        work.session.rollback()
        return book_page(work, who.found(work, patient_id), form, before), 422


def keep(work: Work, form: BookForm, patient_id: int) -> None:
    """One booking, or two on one day."""
    one, other = form.book(patient_id), form.also(patient_id)
    if other is None:
        appointments.book(work, one)
    else:
        same_day.book_both(work, one, other)


@bp.get(f"{ONE}/move")
@needs(May.PLAN_APPOINTMENT)
def move(patient_id: int, appointment_id: int) -> ResponseReturnValue:
    """The form with the appointment as it stands; what is settled is shown instead."""
    with reading() as work:
        patient, row = one(work, patient_id, appointment_id)
        work.note(Action.PATIENT_OPENED, patient_id)
        form = SlotForm(formdata=None)
        form.load(row)
        return move_page(work, patient, row, form)


@bp.post(f"{ONE}/move")
@needs(May.PLAN_APPOINTMENT)
def save_move(patient_id: int, appointment_id: int) -> ResponseReturnValue:
    """Keep the new day; somebody else's change, or what this form did before, is shown beside what was typed."""
    with writing() as work:
        patient, row = one(work, patient_id, appointment_id)
        form = SlotForm()
        form.prepare(staff_for(work, row))
        stands = None
        if form.validate_on_submit():
            try:
                moved = appointments.move(work, form.move(patient_id, appointment_id))
            except LookupError:
                abort(404)
            except RuleBroken as broken:
                form.tell(broken)
            except Stale as known:
                stands = known.args[0]
                form.renew()
            else:
                name = display_name(patient, language.current())
                flash(_("Moved: %(name)s, %(day)s.", name=name, day=day(form.on.data)), "ok")
                if row.item_code and one(work, patient_id, moved)[1].item_code is None:
                    what = item_label(row.item_code, language.current())
                    flash(_("This appointment was for: %(what)s. Book that anew.", what=what), "soon")
                return leave(patient_id)
        work.session.rollback()
        patient, row = one(work, patient_id, stands or appointment_id)
        again = row.id != appointment_id
        return move_page(work, patient, row, form, stale=stands is not None, again=again), 422


@bp.get(ONE)
@needs(May.PLAN_APPOINTMENT)
def settle(patient_id: int, appointment_id: int) -> ResponseReturnValue:
    """One appointment and what can be said of it."""
    with reading() as work:
        patient, row = one(work, patient_id, appointment_id)
        work.note(Action.PATIENT_OPENED, patient_id)
        form = SettleForm(formdata=None)
        form.attempts.data = row.attempts or None
        form.note.data = row.reason if row.state == "no_show" else ""
        return settle_page(work, patient, row, form)


@bp.post(f"{ONE}/<any(arrived, cancelled, missed, came, attended, reopened):act>")
@needs(May.PLAN_APPOINTMENT)
def say(patient_id: int, appointment_id: int, act: str) -> ResponseReturnValue:
    """Say what became of an appointment."""
    with writing() as work:
        patient, row = one(work, patient_id, appointment_id)
        form = SettleForm()
        stale = False
        if form.validate_on_submit():
            try:
                ACTS[act](work, form, patient_id, appointment_id)
            except RuleBroken as broken:
                show_on_form(form, broken)
            except Stale:
                stale = True
            else:
                flash(said(act), "ok")
                return leave(patient_id)
        work.session.rollback()
        patient, row = one(work, patient_id, appointment_id)
        return settle_page(work, patient, row, form, stale), 422


ACTS: dict[str, Callable[[Work, SettleForm, int, int], None]] = {
    "arrived": lambda work, form, *ids: appointments.arrive(work, form.of(*ids)),
    "cancelled": lambda work, form, *ids: appointments.cancel(work, form.of(*ids), form.reason.data or ""),
    "missed": lambda work, form, *ids: appointments.missed(
        work, form.of(*ids), form.attempts.data or 0, form.note.data or ""
    ),
    "came": lambda work, form, *ids: appointments.came(work, form.of(*ids)),
    "attended": lambda work, form, *ids: appointments.attend(work, form.of(*ids)),
    "reopened": lambda work, form, *ids: appointments.reopen(work, form.of(*ids)),
}


def said(act: str) -> str:
    """What was done, for the person who did it."""
    words = {
        "arrived": _("The patient is here."),
        "cancelled": _("The appointment is cancelled."),
        "missed": _("It is recorded that the patient did not come."),
        "came": _("The patient is here after all."),
        "attended": _("It is recorded that the patient has been."),
        "reopened": _("The appointment stands again."),
    }
    return str(words[act])


def leave(patient_id: int) -> ResponseReturnValue:
    """To the list the work came from, or to the record."""
    return redirect(back_or(url_for("patients.record", patient_id=patient_id)), 303)


def one(work: Work, patient_id: int, appointment_id: int) -> tuple[Patient, Appointment]:
    """The patient and her appointment, or 404."""
    patient = who.found(work, patient_id)
    try:
        return patient, appointments.find(work, patient_id, appointment_id)
    except LookupError:
        abort(404)


def furnish(work: Work, form: BookForm, patient_id: int) -> list[DueItem]:
    """The choices of the form: who, and for which due item."""
    items = agenda.due_items(work.session, patient_id)
    form.prepare(agenda.staff(work.session))
    lang = language.current()
    form.offer([
        (ItemKey(item.code, item.subject),
         _("%(what)s, due date %(day)s", what=item_label(item.code, lang), day=day(item.due_on)))
        for item in items
    ])  # fmt: skip
    return items


def staff_for(work: Work, row: Appointment) -> list[tuple[int, str]]:
    """Who can be chosen, and who it is now even when that account is closed."""
    known = agenda.staff(work.session)
    now = agenda.name_of(work.session, row.staff_id)
    return known if now is None or now in known else [*known, now]


def book_page(work: Work, patient: Patient, form: BookForm, before: int | None = None) -> str:
    """The form beside the item it is for and the patient's other appointments; `before` is what it became already."""
    items = furnish(work, form, patient.id)
    key = item_key(form.item.data)
    chosen = next((item for item in items if key == (item.code, item.subject)), None)
    booked = agenda.booked_for(work.session, patient.id, *key, work.today) if key else None
    pair = same_day.proposed(work, patient.id, chosen, items) if chosen and not booked else None
    form.also_item.data = item_text(ItemKey(pair.item.code, pair.item.subject)) if pair else ""
    lines = around(work, patient)
    row = this(lines, work.session.get_one(Appointment, before)) if before else None
    bookable = lines["followed"] or bool(doses_owed(work, patient))
    return render_template(
        "appointments/book.html", form=form, bookable=bookable, gone=bool(key and not chosen and not booked),
        item=item_shown(chosen) if chosen else None, booked=booked, pair=pair_shown(pair), row=row, stale=bool(row),
        again=bool(row), **lines,
    )  # fmt: skip


def move_page(
    work: Work, patient: Patient, row: Appointment, form: SlotForm, *, stale: bool = False, again: bool = False
) -> str:
    """The form beside the appointment as it stands now; typed text is kept, the next press is on this version.

    `again` is whether this form was sent before: the next press moves what it became.
    """
    form.prepare(staff_for(work, row))
    form.version.raw_data, form.version.data = None, row.version
    lines = around(work, patient)
    return render_template("appointments/move.html", form=form, stale=stale, again=again, row=this(lines, row), **lines)


def settle_page(work: Work, patient: Patient, row: Appointment, form: SettleForm, stale: bool = False) -> str:
    """The appointment, the ones it was moved from, and the buttons that fit its state."""
    form.version.raw_data, form.version.data = None, row.version
    lines = around(work, patient)
    return render_template(
        "appointments/settle.html", form=form, stale=stale, row=this(lines, row), state=row.state,
        arrived=row.arrived_at is not None, is_control=row.kind in ("control", "phone"), came=row.on_date <= work.today,
        has_control=row.control_id is not None, **lines,
    )  # fmt: skip


def around(work: Work, patient: Patient) -> dict[str, Any]:
    """What every page of appointments shows."""
    lang = language.current()
    return {
        "band": who.band(patient),
        "patient_id": patient.id,
        "followed": patient.status == PatientStatus.ACTIVE,
        "appointments": panel(work, patient.id, lang),
        "places": agenda.places(work.session),
        "back": back_path(),
        "returns": back_path(),
    }


def this(lines: dict[str, Any], row: Appointment) -> dict[str, Any]:
    """The line of one appointment among the patient's."""
    return next(shown for shown in lines["appointments"] if shown["id"] == row.id)


def item_shown(item: DueItem) -> dict[str, str]:
    """The due item a booking is for: its dates and why."""
    lang = language.current()
    return {
        "what": item_label(item.code, lang),
        "due": day(item.due_on),
        "opens": day(item.opens_on),
        "late": day(item.late_after),
        "why": why.sentence(item.why["code"], item.why["params"], lang),
    }


def pair_shown(pair: same_day.Pair | None) -> dict[str, str] | None:
    """What can be done on the same day, and between which days."""
    if pair is None:
        return None
    first, last = day(pair.days.first), pair.days.last
    days = _("window %(opens)s to %(late)s", opens=first, late=day(last)) if last else _("from %(day)s", day=first)
    return {"what": item_label(pair.item.code, language.current()), "days": str(days)}
