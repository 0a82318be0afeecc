"""The form of a patient's own data: who she is, how to reach her, what to know to plan, who looks after her."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    SubmitField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, Regexp, ValidationError

from clinic.domain.vocabulary import Sex
from clinic.security.permissions import Role
from clinic.services import patients
from clinic.services.patients import Contact, PatientDetails
from clinic.services.practices import find_gps
from clinic.services.work import Work
from clinic.store import users
from clinic.store.patients import NAME_ORDERS, Patient
from clinic.store.practices import Gp
from clinic.store.users import User
from clinic.web.fields import BirthField, BsnField, CentimetreField, DateField, PhoneField, PostcodeField
from clinic.web.keys import keys
from clinic.web.language import gettext as _
from clinic.wording.labels import label

LONGEST = 120
TEXTS = (
    "number", "initials", "own_prefix", "own_name", "partner_prefix", "partner_name", "street", "house_number",
    "town", "email", "needs_interpreter", "comes_with", "planning_note", "recalled_max_height_source", "prescriber",
    "no_bsn_because",
)  # fmt: skip
VALUES = (
    "registered_on", "postcode", "phone", "phone_other", "needs_wheelchair", "hard_of_hearing",
    "recalled_max_height_mm", "name_order", "bsn",
)  # fmt: skip
EMAIL = Regexp(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z", message=_l("This is no e-mail address."))
PRIVATE = {"autocomplete": "off"}


def text(said: Any, *checks: Any, longest: int = LONGEST, **kwargs: Any) -> StringField:
    """A short text."""
    render = {**PRIVATE, **kwargs.pop("render_kw", {})}
    return StringField(said, validators=[*checks, Length(max=longest)], render_kw=render, **kwargs)


class ContactForm(Form):
    """Somebody to call; without a name the line is empty."""

    name = text(_l("Name"))
    relation = text(_l("Relation"))
    phone = PhoneField(_l("Phone"))
    ends = BooleanField(_l("No longer a contact person"))

    def validate_name(self, field: Any) -> None:
        """A phone number has an owner."""
        if not (field.data or "").strip() and (self.phone.data or (self.relation.data or "").strip()):
            raise ValidationError(_("Fill in whose number this is."))

    def contact(self) -> Contact | None:
        """What was typed; None for an empty line and for who is no longer one."""
        name = (self.name.data or "").strip()
        return None if self.ends.data or not name else Contact(name, clean(self.relation), self.phone.data)


class PatientForm(FlaskForm):
    """Every field the clinic keeps of a patient herself."""

    seen = HiddenField()
    number = text(_l("Patient number"), InputRequired(_l("Fill in the patient number.")), longest=20)
    bsn = BsnField("BSN", render_kw={"inputmode": "numeric", **PRIVATE})
    drop_bsn = BooleanField(_l("This BSN is wrong: remove it"))
    no_bsn_because = text(_l("No BSN, because"))
    registered_on = DateField(_l("Followed here since"), validators=[InputRequired(_l("Fill in the date."))])
    initials = text(_l("Initials"), longest=20)
    own_prefix = text(_l("Prefix of own name"), longest=20)
    own_name = text(_l("Own surname"), InputRequired(_l("Fill in the surname.")))
    partner_prefix = text(_l("Prefix of partner's name"), longest=20)
    partner_name = text(_l("Partner's surname"))
    name_order = SelectField(_l("Name in use"))
    birth_date = BirthField(_l("Date of birth"), validators=[InputRequired(_l("Fill in the date of birth."))])
    sex = RadioField(_l("Sex"), validators=[InputRequired(_l("Choose what the hospital's register says."))])
    street = text(_l("Street"))
    house_number = text(_l("House number"), longest=20)
    postcode = PostcodeField(_l("Postcode"), render_kw=PRIVATE)
    town = text(_l("Town"))
    phone = PhoneField(_l("Phone"), render_kw=PRIVATE)
    phone_other = PhoneField(_l("Other phone"), render_kw=PRIVATE)
    email = text(_l("E-mail"), Optional(), EMAIL)
    language = SelectField(_l("Preferred language"))
    contacts = FieldList(FormField(ContactForm), _l("Contact persons"), max_entries=10)
    needs_interpreter = text(_l("Interpreter, for which language"))
    needs_wheelchair = BooleanField(_l("Comes in a wheelchair"))
    hard_of_hearing = BooleanField(_l("Hard of hearing"))
    comes_with = text(_l("Comes with"))
    planning_note = TextAreaField(_l("To know when planning"), validators=[Length(max=500)])
    recalled_max_height_mm = CentimetreField(_l("Tallest height remembered"))
    height_sure = BooleanField(_l("This height is right; keep it as it is"))
    height_sure_of = HiddenField()
    recalled_max_height_source = text(_l("Source of that height"))
    prescriber = text(_l("Prescriber"), render_kw={"list": "prescribers"})
    regular_nurse_id = SelectField(_l("Regular nurse"), coerce=int)
    regular_doctor_id = SelectField(_l("Regular doctor"), coerce=int)
    gp_q = text(_l("Find a GP by name, practice, town or AGB code"))
    gp_id = RadioField(_l("GP or other recipient"), coerce=int)
    anyway = BooleanField(_l("I compared them: this is somebody else, register anyway"))
    look = SubmitField(_l("Show the name"))

    def __init__(self, work: Work, lang: str, patient: Patient | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.found_gps = find_gps(work, self.gp_q.data or "")
        self.sex.choices = [SelectChoice(sex.value, label(sex, lang)) for sex in Sex]
        self.name_order.choices = [SelectChoice(order, said()) for order, said in order_words().items()]
        self.language.choices = [SelectChoice("", "–"), SelectChoice("nl", "Nederlands"), SelectChoice("en", "English")]
        has = (patient.regular_nurse_id, patient.regular_doctor_id) if patient else (None, None)
        self.regular_nurse_id.choices = staff_choices(work, Role.NURSE, has[0])
        self.regular_doctor_id.choices = staff_choices(work, Role.DOCTOR, has[1])
        self.gp_id.choices = gp_choices(work, self, patient)

    def fill(self, patient: Patient, contacts: list[Contact], seen: str) -> None:
        """Show what stands; the BSN is never sent to the page."""
        for name in (*TEXTS, *VALUES, "sex"):
            self[name].data = getattr(patient, name)
        self.birth_date.data, self.bsn.data = (patient.birth_date, patient.birth_precision), None
        self.language.data = patient.language or ""
        for name in ("regular_nurse_id", "regular_doctor_id", "gp_id"):
            self[name].data = getattr(patient, name) or 0
        self.seen.data = seen
        for who in contacts:
            self.contacts.append_entry({"name": who.name, "relation": who.relation, "phone": who.phone})

    def spare_line(self) -> None:
        """An empty line for one contact person more."""
        if len(self.contacts) < 10 and (not len(self.contacts) or self.contacts[-1].form.contact()):
            self.contacts.append_entry()

    def details(self) -> PatientDetails:
        """What was typed."""
        typed: dict[str, Any] = {name: clean(self[name]) for name in TEXTS}
        typed |= {name: self[name].data for name in VALUES}
        born: Any = self.birth_date.data
        return PatientDetails(
            **typed, birth_date=born[0], birth_precision=born[1], sex=Sex(self.sex.data),
            language=self.language.data or None,
            regular_nurse_id=self.regular_nurse_id.data or None, gp_id=self.gp_id.data or None,
            regular_doctor_id=self.regular_doctor_id.data or None,
        )  # fmt: skip

    def sure_of_height(self) -> str:
        """Which question about her height was answered with "it is right"."""
        return (self.height_sure_of.data or "") if self.height_sure.data else ""

    def contact_list(self) -> tuple[Contact, ...]:
        """The contact persons that are left."""
        return tuple(who for line in self.contacts if (who := line.form.contact()) is not None)

    def named(self) -> Patient | None:
        """Somebody with the name that was typed, to show how it will be written."""
        if not clean(self.own_name):
            return None
        partner = clean(self.partner_name)
        typed: dict[str, Any] = {name: clean(self[name]) for name in ("initials", "own_prefix", "own_name")}
        prefix = clean(self.partner_prefix) if partner else None
        order = self.name_order.data if partner and self.name_order.data in NAME_ORDERS else "own"
        return Patient(**typed, partner_name=partner, partner_prefix=prefix, name_order=order)


def clean(field: Any) -> str | None:
    """What was typed, without space around it; None for nothing."""
    return (field.data or "").strip() or None


def order_words() -> dict[str, Any]:
    """The ways to use two names."""
    return {
        "own": lambda: _("own name"),
        "partner": lambda: _("partner's name"),
        "partner_own": lambda: _("partner's name – own name"),
        "own_partner": lambda: _("own name – partner's name"),
    }


def staff_choices(work: Work, role: Role, has_id: int | None) -> list[SelectChoice]:
    """Who is at work with this role, and the one she has."""
    at_work = dict(users.at_work(work.session, role))
    has = work.session.get(User, has_id) if has_id else None
    if has is not None:
        at_work.setdefault(has.id, has.name)
    return [SelectChoice(0, _("nobody in particular")), *(SelectChoice(*pair) for pair in at_work.items())]


def gp_choices(work: Work, form: PatientForm, patient: Patient | None) -> list[SelectChoice]:
    """Nobody, the one she has, the one that was chosen, and who was found."""
    ids = dict.fromkeys([patient.gp_id if patient else None, *keys(form.gp_id.raw_data)])
    known = [gp for gp_id in ids if gp_id and (gp := work.session.get(Gp, gp_id)) is not None]
    shown = {gp.id: gp_line(gp) for gp in (*known, *form.found_gps)}
    return [SelectChoice(0, _("no GP known")), *(SelectChoice(*pair) for pair in shown.items())]


def gp_line(gp: Gp) -> str:
    """A GP with the practice and, when that is so, that she stopped."""
    stopped = str(_("stopped on %(day)s", day=gp.stopped_on.strftime("%d-%m-%Y"))) if gp.stopped_on else ""
    return ", ".join(part for part in (patients.gp_words(gp), stopped) if part)
