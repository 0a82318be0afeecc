"""The forms of an appointment: what is agreed, for which due item, and what became of it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, time
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from clinic.domain.errors import RuleBroken
from clinic.interop.values import Unreadable, clock
from clinic.services.agenda_fit import kind_of
from clinic.services.appointment_checks import ItemKey, Slot
from clinic.services.appointments import Book, Move, Of, second_token
from clinic.store.appointments import KINDS, Appointment
from clinic.web.appointment_words import kind_labels, question_text
from clinic.web.errors import show_on_form
from clinic.web.fields import DateField, TypedField, WholeField, iso_day
from clinic.web.keys import KeyField
from clinic.web.language import gettext as _


class TimeField(TypedField):
    """9:20, 09.20 or 0920."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["render_kw"] = {"inputmode": "numeric", "autocomplete": "off", "size": 6}
        super().__init__(*args, **kwargs)

    def read(self, text: str) -> time:
        """Hours and minutes."""
        try:
            return clock(text)
        except Unreadable as problem:
            raise ValueError(_("Type the time as hours and minutes, for example 09:20.")) from problem

    def show(self, value: time) -> str:
        """Always five signs."""
        return value.strftime("%H:%M")


class SlotForm(FlaskForm):
    """When, where, with whom; moving an appointment asks no more than this."""

    form_token = HiddenField()
    confirmed = HiddenField()
    confirm = BooleanField(_l("I have looked; book it like this"))
    version = KeyField(validators=[Optional()])
    kind = RadioField(_l("Kind"), validators=[InputRequired(_l("Choose the kind of appointment."))])
    on = DateField(_l("Date"), validators=[InputRequired(_l("Fill in the date."))])
    at = TimeField(_l("Time"))
    minutes = WholeField(_l("Length in minutes"))
    place = StringField(_l("Place"), validators=[Length(max=100)], render_kw={"list": "places"})
    staff = SelectField(_l("With whom"), validators=[Optional()])
    reason = StringField(_l("Why it moves"), validators=[Length(max=200)])

    def prepare(self, staff: Sequence[tuple[int, str]]) -> None:
        """A token so that a double click is one booking; who can be chosen."""
        if not self.form_token.data:
            self.form_token.data = secrets.token_urlsafe(16)
        self.kind.choices = [SelectChoice(kind, text) for kind, text in kind_labels().items() if kind in KINDS]
        self.staff.choices = [SelectChoice("", "–"), *(SelectChoice(str(number), name) for number, name in staff)]

    def renew(self) -> None:
        """What is saved from here on is another act."""
        self.form_token.data = secrets.token_urlsafe(16)

    def load(self, row: Appointment) -> None:
        """Show an appointment as it stands."""
        self.version.data, self.kind.data, self.on.data, self.at.data = row.version, row.kind, row.on_date, row.at_time
        self.minutes.data = row.minutes
        self.place.data, self.staff.data = row.place or "", str(row.staff_id or "")

    def slot(self) -> Slot:
        """What is agreed."""
        if self.on.data is None:
            raise ValueError("the form was not validated")
        staff = int(self.staff.data) if self.staff.data else None
        return Slot(self.kind.data, self.on.data, self.at.data, self.place.data or "", staff, self.minutes.data)

    def answers(self) -> tuple[str, ...]:
        """The questions that the box answers."""
        return tuple((self.confirmed.data or "").split(",")) if self.confirm.data else ()

    def move(self, patient_id: int, appointment_id: int) -> Move:
        """What the service takes."""
        of = Of(patient_id, appointment_id, self.version.data or 0)
        return Move(of, self.slot(), self.form_token.data or "", self.reason.data or "", self.answers())

    def tell(self, broken: RuleBroken) -> None:
        """Put a broken rule at its field; questions at theirs, with one box that answers them all."""
        show_on_form(self, broken)
        if broken.code != "look_again":
            return
        questions = broken.params["questions"]
        answered = [*self.answers(), *(question.token for question in questions)]
        self.confirmed.data, self.confirm.data = ",".join(answered), False
        for question in questions:
            field = self[question.field]
            field.errors = [*field.errors, question_text(question)]


class BookForm(SlotForm):
    """A booking for one of the due items or for none."""

    item = SelectField(_l("For"), validators=[Optional()], validate_choice=False)
    together = BooleanField()
    also_item = HiddenField()
    also_at = TimeField(_l("Time of the second"))
    also_place = StringField(_l("Place of the second"), validators=[Length(max=100)], render_kw={"list": "places"})

    def validate_together(self, field: BooleanField) -> None:
        """A time or place without the tick would be lost unseen."""
        if not field.data and (self.also_at.data or (self.also_place.data or "").strip()):
            raise ValidationError(_("Tick this to book both, or empty the time and place of the second."))

    def offer(self, items: Sequence[tuple[ItemKey, str]]) -> None:
        """The items of the patient."""
        found = [SelectChoice(item_text(key), text) for key, text in items]
        self.item.choices = [SelectChoice("", _("nothing that is due")), *found]

    def propose(self, key: ItemKey | None) -> None:
        """The item that was pressed, and what it is mostly booked as."""
        if key is not None:
            self.item.data = item_text(key)
            self.kind.data = kind_of(key.code)

    def book(self, patient_id: int) -> Book:
        """What the service takes."""
        key = item_key(self.item.data)
        return Book(patient_id, self.slot(), self.form_token.data or "", key, self.answers())

    def also(self, patient_id: int) -> Book | None:
        """The booking that goes along on the same day, when it was asked for."""
        key, kind = item_key(self.also_item.data), None
        if key is not None and self.together.data:
            kind = kind_of(key.code)
        if kind is None or self.on.data is None:
            return None
        slot = Slot(kind, self.on.data, self.also_at.data, self.also_place.data or "")
        return Book(patient_id, slot, second_token(self.form_token.data or ""), key, self.answers())


class SettleForm(FlaskForm):
    """What became of an appointment; each button takes what it needs."""

    version = KeyField(validators=[Optional()])
    reason = StringField(_l("Why it is cancelled"), validators=[Length(max=200)])
    attempts = WholeField(_l("Attempts to reach the patient"))
    note = StringField(_l("What came of it"), validators=[Length(max=200)])

    def of(self, patient_id: int, appointment_id: int) -> Of:
        """The appointment as the page showed it."""
        return Of(patient_id, appointment_id, self.version.data or 0)


def item_text(key: ItemKey) -> str:
    """An item's key in an address or a field."""
    return f"{key.code}~{key.subject}"


def item_key(text: str | None) -> ItemKey | None:
    """The key in a field; nonsense is an item that is not there."""
    if not text:
        return None
    code, _sign, subject = text.partition("~")
    try:
        return ItemKey(code, iso_day(subject))
    except ValueError:
        return ItemKey(text, date.min)
