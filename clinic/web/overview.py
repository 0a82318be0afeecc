"""Who looked, for the patient: by day and person with the reason, opened and shown on a list apart; page and PDF."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm

from clinic.domain.errors import RuleBroken
from clinic.letters.render import sheets_pdf
from clinic.security.guard import needs
from clinic.security.permissions import May, allows
from clinic.services import looks
from clinic.services.looks import Overview, Reason, Visit, Why
from clinic.services.work import Work, local_time
from clinic.store.base import Json
from clinic.store.patients import Patient
from clinic.web import language, who
from clinic.web.errors import show_on_form
from clinic.web.fields import DateField
from clinic.web.language import gettext as _
from clinic.web.log_rows import lists
from clinic.web.presenters import born, day, display_name
from clinic.web.units import reading
from clinic.wording import log as words
from clinic.wording.agenda import kind_label
from clinic.wording.people import role_label

Row = dict[str, Any]


class PeriodForm(FlaskForm):
    """Which days; asked by address, so that it can be kept and reloaded."""

    class Meta:
        csrf = False

    first = DateField(_l("From"))
    last = DateField(_l("Until and including"))


@needs(May.READ_PATIENT_LOG)
def show(patient_id: int) -> ResponseReturnValue:
    """The overview as staff see it before they hand it over: with names."""
    return answered(patient_id, page)


@needs(May.READ_PATIENT_LOG)
def printed(patient_id: int) -> ResponseReturnValue:
    """The same for her: functions in words, a number for each person so that she can ask on."""
    return answered(patient_id, pdf)


def answered(patient_id: int, answer: Any) -> ResponseReturnValue:
    """The period that was asked for, or what is wrong with it."""
    form = PeriodForm(formdata=request.args)
    with reading() as work:
        patient = who.numbered(work, patient_id)
        if form.validate():
            try:
                found = looks.overview(work, patient_id, form.first.data, form.last.data, printed=answer is pdf)
                made: ResponseReturnValue = answer(work, patient, form, found)
                return made
            except RuleBroken as broken:
                show_on_form(form, broken)
        return page(work, patient, form, None), 422


def page(work: Work, patient: Patient, form: PeriodForm, found: Overview | None) -> str:
    """The form, and when it can be answered both tables."""
    lang = language.current()
    if found:
        form.first.raw_data = form.last.raw_data = None
        form.first.data, form.last.data = found.first, found.last
    band = who.band(patient) if allows(work.actor.role, May.READ_PATIENT) else None
    period: dict[str, Any] = {"first": found.first, "last": found.last} if found else {}
    return render_template(
        "log/overview.html", form=form, band=band, number=patient.number, found=found, patient_id=patient.id,
        opened=[row_of(visit, patient.id, lang) for visit in found.opened] if found else [],
        shown=[row_of(visit, patient.id, lang) for visit in found.shown] if found else [],
        pdf_url=url_for("patients.looks_pdf", patient_id=patient.id, **period),
    )  # fmt: skip


def row_of(visit: Visit, patient_id: int, lang: str) -> Row:
    """One person on one day in words; for whoever works here a reason leads to what it is about."""
    return {
        "day": day(visit.day),
        "hours": hours(visit),
        "name": visit.name or _("the program"),
        "function": function(visit, lang),
        "did": [did(action, count, lang) for action, count in visit.did],
        "reasons": [{"text": reason_words(one, lang), "href": leads_to(one, patient_id)} for one in visit.reasons],
        "refused": visit.refused,
        "none": unexplained(visit),
    }


def unexplained(visit: Visit) -> bool:
    """Whether a person, and not the program, was at the record and the register knows no reason."""
    return not visit.reasons and visit.actor_id is not None and not visit.refused


def hours(visit: Visit) -> str:
    """From when to when."""
    first, last = (at.strftime("%H:%M") for at in (visit.first, visit.last))
    return first if first == last else f"{first}–{last}"


def function(visit: Visit, lang: str) -> str:
    """What the person is in words; the role of that moment when her account has no function."""
    return visit.function or role_label(visit.role, lang) or str(_("the program"))


def did(action: str, count: int, lang: str) -> str:
    """An action, with how often when that was more than once."""
    said = words.said(words.ACTIONS, action, lang)
    return said if count == 1 else f"{said} ({count}×)"


def reason_words(reason: Reason, lang: str) -> str:
    """A reason in words."""
    if reason.why is Why.APPOINTMENT:
        return str(_("appointment: %(kind)s", kind=kind_label(reason.told, lang)))
    if reason.why is Why.LETTER:
        return str(_("letter %(reference)s", reference=reason.told) if reason.told else _("letter in the making"))
    if reason.why is Why.RECORDED:
        return words.said(words.ACTIONS, reason.told, lang)
    if reason.why is Why.ON_A_LIST:
        named = lists().get(reason.told)
        return str(_("list: %(name)s", name=named) if named else _("found by searching, or on a list"))
    return str({Why.CALL: _("phone call"), Why.EMERGENCY: _("emergency access, with a reason")}[reason.why])


def leads_to(reason: Reason, patient_id: int) -> str | None:
    """The page of an appointment, a letter or the calls, for who may open it."""
    if reason.why is Why.APPOINTMENT:
        return url_for("appointments.settle", patient_id=patient_id, appointment_id=reason.key)
    if reason.why is Why.CALL:
        return url_for("patients.record", patient_id=patient_id, show="calls", _anchor="history")
    if reason.why is Why.LETTER:
        return url_for("letters.show", letter_id=reason.key)
    return None


def pdf(work: Work, patient: Patient, _form: PeriodForm, found: Overview) -> Response:
    """The file for her, in her language."""
    lang = patient.language or "nl"
    with language.spoken(lang):
        made = sheets_pdf(sheet(work, patient, found, lang), work.now)
        name = f"{_('who-looked')}-{day(found.first)}-{day(found.last)}.pdf"
    return Response(made, mimetype="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'})


def sheet(work: Work, patient: Patient, found: Overview, lang: str) -> Json:
    """Both tables as the template of lists takes them."""
    numbered = people([*found.opened, *found.shown])
    whose = f"{display_name(patient, lang)}, {born(patient, lang)}, {patient.number}"
    title = str(_("Who looked in your record"))
    made = _("made %(at)s", at=local_time(work.now).strftime("%d-%m-%Y %H:%M"))
    about = _(
        "%(who)s. From %(first)s up to and including %(last)s. Lines of one person on one day are taken together. Each "
        "person has a number, with which you can ask the clinic who it was.",
        who=whose, first=day(found.first), last=day(found.last),
    )  # fmt: skip
    sections = [
        section(_("In your record"), _("Nobody was in your record in this period."), found.opened, numbered, lang),
        section(_("On a list, apart from your record"), _("You stood on no list in this period."), found.shown,
                numbered, lang),
    ]  # fmt: skip
    return {"lang": lang, "title": title, "about": about, "sections": sections, "footer": f"{title} · {made}",
            "page": _("page")}  # fmt: skip


def people(visits: Sequence[Visit]) -> dict[int | None, int]:
    """A number for each person of an overview, in the order in which they came."""
    in_order = sorted(visits, key=lambda visit: visit.first)
    return {key: place for place, key in enumerate(dict.fromkeys(visit.actor_id for visit in in_order), start=1)}


def section(heading: str, none: str, visits: Sequence[Visit], numbered: dict[int | None, int], lang: str) -> Json:
    """One table: when, which function, what, why."""
    heads = ((_("When"), 34), (_("Who"), 68), (_("What"), None), (_("Why"), 84))
    columns = [{"name": name, "mm": mm, "strong": False} for name, mm in heads]
    return {"heading": heading, "none": none, "columns": columns,
            "rows": [cells(visit, numbered, lang) for visit in visits]}  # fmt: skip


def cells(visit: Visit, numbered: dict[int | None, int], lang: str) -> list[list[str]]:
    """One person on one day, her name left out (CJEU C-579/21: functions, unless a name is needed)."""
    person = str(_("person %(number)s", number=numbered[visit.actor_id])) if visit.actor_id else ""
    what = [did(action, count, lang) for action, count in visit.did]
    told = [reason_words(one, lang) for one in visit.reasons]
    if unexplained(visit):
        told = [str(_("no appointment, letter or phone call of this day is known"))]
    if visit.refused:
        told = [str(_("was refused"))]
    return [[day(visit.day), hours(visit)], [line for line in (function(visit, lang), person) if line], what, told]
