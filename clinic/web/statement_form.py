"""The form of what a patient wants to stand in her record in her own words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from clinic.web.fields import DateField


class StatementForm(FlaskForm):
    """Her words, of which day; why, when they replace others."""

    on_date = DateField(_l("Date of the statement"), validators=[InputRequired(_l("Fill in the date."))])
    text = TextAreaField(
        _l("Her words"),
        validators=[InputRequired(_l("Write down her words.")), Length(max=4000)],
        render_kw={"rows": 4},
    )
    reason = StringField(_l("Reason for the change"), validators=[Length(max=200)])
