"""A doctor moves one item to another day, with a reason; the computed date stays beside it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from clinic.domain.errors import RuleBroken
from clinic.domain.items import DueItem
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import overrides
from clinic.services.overrides import MoveItem
from clinic.services.work import Work
from clinic.store.reviews import Override
from clinic.web import language, presenters, signed, who
from clinic.web.course_form import typed
from clinic.web.errors import show_on_form
from clinic.web.fields import DateField, iso_day
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.signed import Line, Signed
from clinic.web.units import reading, writing
from clinic.wording.labels import due_label

bp = Blueprint("overrides", __name__, url_prefix="/patients/<int:patient_id>/overrides")

SENTENCES |= {"override_same_day": lambda: _("This is the computed date already.")}


class OverrideForm(FlaskForm):
    """Which item, to which day, and why."""

    item = RadioField(_l("Which item"), validators=[InputRequired(_l("Choose the item."))], validate_choice=False)
    chosen_on = DateField(_l("New date"), validators=[InputRequired(_l("Fill in the date."))])
    reason = TextAreaField(_l("Reason"), validators=[Length(max=2000)])

    def prepare(self, work: Work, patient_id: int, lang: str) -> None:
        """Her items on the days that are computed, in working order."""
        self.item.choices = [
            SelectChoice(key(item), f"{due_label(item.code, lang)}, {presenters.day(item.due_on)}")
            for item in overrides.movable(work, patient_id)
        ]

    def command(self, patient_id: int) -> MoveItem:
        """The form as the service takes it."""
        code, subject, computed = [*str(self.item.data).split(" "), "", ""][:3]
        try:
            about = iso_day(subject) if subject != "-" else None
            on = iso_day(computed)
        except ValueError:
            raise RuleBroken("item", "item_gone") from None
        return MoveItem(patient_id, code, about, on, typed(self.chosen_on), self.reason.data or "")


def key(item: DueItem) -> str:
    """By which the form names an item."""
    return f"{item.code} {item.subject or '-'} {item.due_on}"


@bp.get("/new")
@needs(May.MOVE_ITEM)
def new(patient_id: int) -> ResponseReturnValue:
    """Her items, none chosen."""
    with reading() as work:
        who.found(work, patient_id)
        work.note(Action.PATIENT_OPENED, patient_id)
        return page(work, patient_id, OverrideForm(formdata=None))


@bp.post("")
@needs(May.MOVE_ITEM)
def move(patient_id: int) -> ResponseReturnValue:
    """Sign that the item is due on another day."""
    form = OverrideForm()
    with writing() as work:
        who.found(work, patient_id)
        form.prepare(work, patient_id, language.current())
        if form.validate_on_submit():
            try:
                overrides.move(work, form.command(patient_id))
            except RuleBroken as broken:
                show_on_form(form, broken)
            else:
                flash(_("The date is moved; the computed one stays beside it."), "ok")
                return redirect(url_for("patients.record", patient_id=patient_id), 303)
        work.session.rollback()
        return page(work, patient_id, form), 422


def page(work: Work, patient_id: int, form: OverrideForm) -> str:
    """The items, the day and the reason."""
    form.prepare(work, patient_id, language.current())
    return render_template(
        "alerts/override.html", form=form, band=who.band(who.found(work, patient_id)), patient_id=patient_id
    )


@bp.get("/<int:fact_id>/edit")
@needs(May.MOVE_ITEM)
def edit(patient_id: int, fact_id: int) -> ResponseReturnValue:
    """Another day is chosen on the page on which all are."""
    with reading() as work:
        who.found(work, patient_id)
        signed.own(KIND, work, patient_id, fact_id)
    return redirect(url_for("overrides.new", patient_id=patient_id))


def lines(_work: Work, row: Override, lang: str) -> list[Line]:
    """What was signed, as it is read."""
    return [
        (str(_("Which item")), due_label(row.code, lang)),
        (str(_("Computed date")), presenters.day(row.computed_on)),
        (str(_("New date")), presenters.day(row.chosen_on)),
        (str(_("Signed on")), presenters.day(row.on_date)),
        (str(_("Reason")), row.reason),
    ]


KIND = Signed(
    name="overrides",
    title=_l("Moved due date"),
    table=Override,
    act=May.MOVE_ITEM,
    read=May.READ_NOTES,
    lines=lines,
    void=overrides.void_override,
)
signed.ways(bp, KIND)
