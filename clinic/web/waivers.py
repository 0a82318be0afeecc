"""A doctor lets one item lapse, with a reason; nothing else takes its place."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from clinic.domain import due
from clinic.domain.errors import RuleBroken
from clinic.domain.items import DueItem
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import notes
from clinic.services.notes import WaiveItem
from clinic.services.work import Work
from clinic.store.reviews import Waiver
from clinic.web import language, presenters, signed, who
from clinic.web.errors import show_on_form
from clinic.web.fields import iso_day
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.signed import Line, Signed
from clinic.web.units import reading, writing
from clinic.wording.labels import due_label

bp = Blueprint("waivers", __name__, url_prefix="/patients/<int:patient_id>/waivers")

SENTENCES |= {"item_gone": lambda: _("This item is not due any more; look at the record again.")}


class WaiverForm(FlaskForm):
    """Which item, and why it may lapse."""

    item = RadioField(_l("Which item"), validators=[InputRequired(_l("Choose the item."))], validate_choice=False)
    reason = TextAreaField(_l("Why it is not needed"), validators=[Length(max=2000)])

    def prepare(self, work: Work, patient_id: int, lang: str) -> None:
        """Her items, in working order."""
        items = due.from_facts(notes.facts_of(work, who.found(work, patient_id)), work.protocol)
        self.item.choices = [
            SelectChoice(key(item), f"{due_label(item.code, lang)}, {presenters.day(item.due_on)}")
            for item in due.working_order(items, work.today)
        ]

    def command(self, patient_id: int) -> WaiveItem:
        """The form as the service takes it."""
        code, _sign, on = str(self.item.data).partition(" ")
        try:
            return WaiveItem(patient_id, code, iso_day(on), self.reason.data or "")
        except ValueError:
            raise RuleBroken("item", "item_gone") from None


def key(item: DueItem) -> str:
    """By which the form names an item."""
    return f"{item.code} {item.due_on}"


@bp.get("/new")
@needs(May.WAIVE_ITEM)
def new(patient_id: int) -> ResponseReturnValue:
    """Her items, none chosen."""
    with reading() as work:
        who.found(work, patient_id)
        work.note(Action.PATIENT_OPENED, patient_id)
        return page(work, patient_id, WaiverForm(formdata=None))


@bp.post("")
@needs(May.WAIVE_ITEM)
def waive(patient_id: int) -> ResponseReturnValue:
    """Sign that the item may lapse."""
    form = WaiverForm()
    with writing() as work:
        who.found(work, patient_id)
        form.prepare(work, patient_id, language.current())
        if form.validate_on_submit():
            try:
                notes.waive(work, form.command(patient_id))
            except RuleBroken as broken:
                show_on_form(form, broken)
            else:
                flash(_("The item lapses. What is due next stands below."), "ok")
                return redirect(url_for("patients.record", patient_id=patient_id), 303)
        work.session.rollback()
        return page(work, patient_id, form), 422


def page(work: Work, patient_id: int, form: WaiverForm) -> str:
    """The items and the reason."""
    form.prepare(work, patient_id, language.current())
    return render_template(
        "alerts/waiver.html", form=form, band=who.band(who.found(work, patient_id)), patient_id=patient_id
    )


def lines(_work: Work, row: Waiver, lang: str) -> list[Line]:
    """What was signed, as it is read."""
    return [
        (str(_("Which item")), f"{due_label(row.code, lang)}, {presenters.day(row.due_on)}"),
        (str(_("Signed on")), presenters.day(row.on_date)),
        (str(_("Why it is not needed")), row.reason),
    ]


def void(work: Work, patient_id: int, fact_id: int, reason: str) -> None:
    """Let a waiver count nowhere: its item comes back."""
    notes.void_words(work, Waiver, patient_id, fact_id, reason)


KIND = Signed(
    name="waivers",
    title=_l("Item that may lapse"),
    table=Waiver,
    act=May.WAIVE_ITEM,
    read=May.READ_NOTES,
    lines=lines,
    void=void,
    words=_l("Why it is not needed"),
)
signed.ways(bp, KIND)
