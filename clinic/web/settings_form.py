"""The forms of the settings: the clinic and its letter window, the logo, a doctor as letters name her."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import HiddenField, SelectField, StringField, SubmitField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, Regexp

from clinic.services import settings
from clinic.services.work import Stale
from clinic.store.users import User
from clinic.web import presenters
from clinic.web.fields import PhoneField, WholeField
from clinic.web.language import gettext as _
from clinic.web.practice_form import charset_words, options

LONGEST = 120
TEXTS = ("hospital", "department", "street", "postcode_town", "phone_hours", "email", "mailbox", "charset")


def text(label: Any, *checks: Any, **kwargs: Any) -> StringField:
    """A short text."""
    return StringField(label, validators=[*checks, Length(max=LONGEST)], **kwargs)


def millimetres(label: Any) -> WholeField:
    """A whole number of mm."""
    return WholeField(label, validators=[InputRequired(_l("Fill in a number of millimetres."))])


class ClinicForm(FlaskForm):
    """How letters name the clinic, and where the address stands."""

    version = HiddenField()
    hospital = text(_l("Hospital"), InputRequired(_l("Fill in the name of the hospital.")))
    department = text(_l("Department"))
    street = text(_l("Street or PO box"))
    postcode_town = text(_l("Postcode and town"))
    phone = PhoneField(_l("Phone"))
    phone_hours = text(_l("Phone hours"))
    email = text(
        _l("E-mail"), Optional(), Regexp(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z", message=_l("This is no e-mail address."))
    )
    mailbox = text(_l("Mailbox for EDIFACT"), Optional(), Regexp(r"[A-Za-z0-9]{1,14}\Z", message=_l(
        "A mailbox has at most 14 letters and digits.")))  # fmt: skip
    charset = SelectField(_l("Signs in EDIFACT"), default="latin_1")
    responsible_doctor_id = SelectField(_l("Responsible doctor"), coerce=int)
    window_x_mm = millimetres(_l("Window from the left"))
    window_y_mm = millimetres(_l("Window from the top"))
    window_w_mm = millimetres(_l("Width of the window"))
    window_h_mm = millimetres(_l("Height of the window"))
    preview = SubmitField(_l("Show on the drawing"))

    def __init__(self, *args: Any, doctors: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.charset.choices = options(charset_words())
        named = [SelectChoice(doctor.id, f"{doctor.name}, {doctor.function}") for doctor in doctors]
        self.responsible_doctor_id.choices = [SelectChoice(0, _("nobody chosen")), *named]

    def details(self) -> settings.ClinicDetails:
        """What was typed."""
        typed: dict[str, Any] = {name: (getattr(self, name).data or "").strip() for name in TEXTS}
        typed |= {name: getattr(self, name).data for name in settings.WINDOW}
        typed |= {"phone": presenters.phone(self.phone.data)}
        return settings.ClinicDetails(**typed, responsible_doctor_id=self.responsible_doctor_id.data or None)


class LogoForm(FlaskForm):
    """A drawing."""

    version = HiddenField()
    logo = FileField(_l("Logo (SVG)"))


class DoctorForm(FlaskForm):
    """A doctor as letters name her."""

    seen = HiddenField()
    name = text(_l("Name"), InputRequired(_l("Fill in the name.")))
    function = text(_l("Function"), InputRequired(_l("Fill in the function.")))


def said(stale: Stale) -> str:
    """Who was first."""
    sentence = _(
        "%(name)s changed the settings meanwhile. Save once more to put yours in their place.", name=str(stale)
    )
    return str(sentence)


def tabs(current: str) -> list[dict[str, Any]]:
    """The pages of the settings."""
    names = {"settings.index": _("Clinic and letter"), "settings.logo": _("Logo"), "settings.doctors": _("Doctors"),
             "settings.closures": _("Closing days"), "settings.duties": _("On duty"),
             "absences.index": _("Absence"), "settings.mandates": _("Mandate"),
             "text_blocks.index": _("Text in letters"),
             "protocol.index": _("Protocol")}  # fmt: skip
    return [{"href": url_for(name), "label": said, "current": name == current} for name, said in names.items()]
