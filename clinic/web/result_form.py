"""What the form of every result has: sent once, asked about once, corrected with a reason."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional

from clinic.domain.errors import RuleBroken
from clinic.services.results import Result
from clinic.store.base import Fact
from clinic.web.errors import show_on_form
from clinic.web.language import gettext as _
from clinic.web.messages import unusual

NOT_CHOSEN = SelectChoice("", "–")
LONGEST = 2000


class ResultForm(FlaskForm):
    """A form that becomes one version of one result."""

    form_token = HiddenField()
    confirmed = HiddenField()
    confirm = BooleanField(_l("These values are right; keep them as they are"))
    reason = StringField(_l("Reason for the change"), validators=[Length(max=200)])

    def prepare(self, lang: str) -> None:
        """A token so that a double click is one result; the words of closed lists."""
        if not self.form_token.data:
            self.form_token.data = secrets.token_urlsafe(16)

    def renew(self) -> None:
        """What is saved from here on is another act."""
        self.form_token.data = secrets.token_urlsafe(16)

    def load(self, row: Fact) -> None:
        """Show what a version says."""
        raise NotImplementedError

    def command(self, common: dict[str, Any], old: Fact | None) -> Result:
        """What the service takes."""
        raise NotImplementedError

    def common(self, patient_id: int, corrects: int | None) -> dict[str, Any]:
        """What any result comes with."""
        confirmed = (self.confirmed.data or "").split(",") if self.confirm.data else []
        return {
            "patient_id": patient_id,
            "form_token": self.form_token.data,
            "corrects": corrects,
            "reason": self.reason.data or "",
            "confirmed": tuple(confirmed),
        }

    def tell(self, broken: RuleBroken) -> None:
        """Put a broken rule at its field; questions at theirs, with one box that answers them all."""
        for wrong in (broken, *broken.others):
            show_on_form(self, wrong)
        if broken.code != "confirm":
            return
        questions = broken.params["questions"]
        self.confirmed.data, self.confirm.data = ",".join(questions), False
        for question in questions:
            field = self._fields[question.split(":")[0]]
            field.errors = [*field.errors, asked(question)]


def asked(question: str) -> str:
    """A question of the service in words: "total_hip_bmd:total_hip=399"."""
    name, value = question.split(":")[1].split("=")
    if name == "known":
        return str(_("This fracture of this day is recorded already."))
    if name == "scan_known":
        return str(_("A DXA of this day is recorded already: is this another one?"))
    if name == "score" and not value.startswith("-"):
        return str(_("The score is positive: is the sign right?"))
    return unusual(name)


def note_field() -> TextAreaField:
    """A remark for the record."""
    return TextAreaField(_l("Note"), validators=[Length(max=LONGEST)])


def text_of(field: Any) -> str:
    """What was typed in a plain field."""
    return (field.data or "").strip()


def needed(field: Any) -> Any:
    """The value of a field that validation made sure of."""
    if field.data is None:
        raise ValueError("the form was not validated")
    return field.data


def choice(text: Any, values: Sequence[tuple[str, Any]]) -> SelectField:
    """One of these or none."""
    choices = [NOT_CHOSEN, *(SelectChoice(*pair) for pair in values)]
    return SelectField(text, choices=choices, validators=[Optional()])
