"""The forms of a practice and of a GP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, StringField, SubmitField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, Regexp

from clinic.services import practices
from clinic.services.practices import GpDetails, PracticeDetails
from clinic.services.work import Work
from clinic.store.practices import Gp, Practice
from clinic.web.fields import DateField, PhoneField, PostcodeField
from clinic.web.keys import keys
from clinic.web.language import gettext as _
from clinic.web.patient_form import clean, gp_line, text

AGB = Regexp(r"[0-9]{8}\Z", message=_l("An AGB code has eight digits, zeros in front included."))


def channel_words() -> dict[str, str]:
    """How letters can travel."""
    return {"post": _("Post"), "secure_mail": "ZorgMail", "edifact": "EDIFACT", "none": _("no letters")}


def charset_words() -> dict[str, str]:
    """With what signs a message can be written."""
    return {"latin_1": _("with accents (Latin-1)"), "ascii": _("without accents (ASCII)")}


def kind_words() -> dict[str, str]:
    """What a recipient is."""
    return {"gp": _("GP"), "elderly_care": _("specialist in elderly care"), "other": _("other recipient")}


def options(words: dict[str, str]) -> list[SelectChoice]:
    """A closed list as a choice."""
    return [SelectChoice(code, said) for code, said in words.items()]


class PracticeForm(FlaskForm):
    """A practice."""

    seen = HiddenField()
    name = text(_l("Name of the practice"), InputRequired(_l("Fill in the name.")))
    agb = StringField(_l("AGB code"), validators=[Optional(), AGB], render_kw={"inputmode": "numeric"})
    street = text(_l("Street"))
    house_number = text(_l("House number"), longest=20)
    postcode = PostcodeField(_l("Postcode"))
    town = text(_l("Town"))
    phone = PhoneField(_l("Phone"))
    channel = SelectField(_l("Letters travel by"), validators=[InputRequired(_l("Choose how letters travel."))])
    mailbox = text(_l("Mailbox"))
    charset = SelectField(_l("Signs in EDIFACT"), default="")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.channel.choices = [SelectChoice("", "–"), *options(channel_words())]
        self.charset.choices = [SelectChoice("", _("as the hospital sends them")), *options(charset_words())]

    def details(self) -> PracticeDetails:
        """What was typed."""
        texts = {name: clean(self[name]) for name in ("agb", "street", "house_number", "town", "mailbox")}
        return PracticeDetails(
            (self.name.data or "").strip(), self.channel.data, postcode=self.postcode.data, phone=self.phone.data,
            charset=self.charset.data or None, **texts,
        )  # fmt: skip


class GpForm(FlaskForm):
    """A GP, or another recipient, at a practice."""

    seen = HiddenField()
    kind = SelectField(_l("Kind of recipient"))
    initials = text(_l("Initials"), longest=20)
    prefix = text(_l("Prefix"), longest=20)
    family_name = text(_l("Surname"), InputRequired(_l("Fill in the surname.")))
    sex = SelectField(_l("Addressed as"))
    agb = StringField(_l("AGB code"), validators=[Optional(), AGB], render_kw={"inputmode": "numeric"})
    stopped_on = DateField(_l("Stopped on"))
    gp_q = StringField(_l("Find a successor by name, practice, town or AGB code"), validators=[Length(max=80)])
    successor_id = RadioField(_l("Successor"), coerce=int)
    look = SubmitField(_l("Find"))

    def __init__(self, work: Work, practice: Practice, gp: Gp | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind.choices = options(kind_words())
        self.sex.choices = options({"": _("not known"), "female": _("Mrs"), "male": _("Mr")})
        found = practices.find_gps(work, self.gp_q.data or "")
        near = [other for other, _count in practices.gps_of(work, practice.id) if other.stopped_on is None]
        has = work.session.get(Gp, gp.successor_id) if gp and gp.successor_id else None
        typed = [work.session.get(Gp, number) for number in keys(self.successor_id.raw_data)]
        self.successor_id.choices = successors([has, *typed, *near, *found], gp)

    def details(self, practice_id: int) -> GpDetails:
        """What was typed."""
        return GpDetails(
            practice_id, self.kind.data, (self.family_name.data or "").strip(), clean(self.initials),
            clean(self.prefix), self.sex.data or None, clean(self.agb), self.stopped_on.data,
            self.successor_id.data or None,
        )  # fmt: skip


def successors(people: Sequence[Gp | None], but: Gp | None) -> list[SelectChoice]:
    """Nobody, or one of these."""
    shown = {gp.id: gp_line(gp) for gp in people if gp is not None and (but is None or gp.id != but.id)}
    return [SelectChoice(0, _("nobody known")), *(SelectChoice(*pair) for pair in shown.items())]
