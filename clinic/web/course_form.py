"""The forms of a treatment: start, stop, switch, pause, dose; nothing preset, each drug with its own choices."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from clinic.domain.protocol import Protocol
from clinic.domain.regimens import REGIMENS, Regimen
from clinic.domain.vocabulary import ControlsBy, Drug, StartPrecision, StopReason
from clinic.interop.values import Unreadable, partly_known
from clinic.services.doses import GiveDose
from clinic.services.pauses import PauseCourse
from clinic.services.treatments import StartCourse, StopCourse
from clinic.store.treatments import Course, CourseStop, Dose, Pause
from clinic.store.users import User
from clinic.web.fields import DateField, NumberField, TypedField
from clinic.web.language import gettext as _
from clinic.web.presenters import as_known, number
from clinic.wording.labels import label

OTHER, UNKNOWN = "other", "unknown"
SHORT = Length(max=200)
Start = tuple[date, StartPrecision]


def shown_stop(stop: CourseStop) -> str:
    """An end as well as it is known."""
    return as_known(stop.stopped_on, stop.stop_precision)


class StartField(TypedField):
    """A start as far as it is known: 12-11-2020, 11-2020, najaar 2020 or 2020."""

    def read(self, text: str) -> Start:
        """The first day of what was typed, and how well it is known (protocol D3)."""
        try:
            return partly_known(text)
        except Unreadable:
            raise ValueError(_("Type a day, a month or a year, for example 12-11-2020, 11-2020 or 2020.")) from None

    def show(self, value: Start) -> str:
        """In the shape that keeps how well it is known."""
        return as_known(*value)


class DecidedForm(FlaskForm):
    """What is decided by a doctor: somebody else names her; what was recorded changes with a reason."""

    doctor_id = SelectField(_l("On behalf of doctor"), validators=[Optional()])
    seen = HiddenField()
    reason = StringField(_l("Reason for the change"), validators=[SHORT])

    def decided_by(self, doctors: list[User] | None) -> None:
        """Offer the doctors; None when the person decides herself."""
        if doctors is None:
            del self.doctor_id
        else:
            names = [SelectChoice(str(doctor.id), f"{doctor.name}, {doctor.function}") for doctor in doctors]
            self.doctor_id.choices = [SelectChoice("", _("Choose a doctor")), *names]

    def doctor(self) -> int | None:
        """The doctor who was named."""
        text = self.doctor_id.data if "doctor_id" in self else None
        return int(text) if text else None


def plain(field: Any) -> str:
    """What was typed, without the spaces around it."""
    return str(field.data or "").strip()


def typed(field: Any) -> Any:
    """What a field that must be filled in holds, once the form was found right."""
    if field.data is None:
        raise ValueError("the form was not validated")
    return field.data


class CourseForm(DecidedForm):
    """One drug: since when, how, how long, why, and whose the controls are."""

    drug = HiddenField()
    started_on = StartField(_l("Start"), validators=[InputRequired(_l("Fill in the start."))])
    start_source = StringField(_l("Known from"), validators=[SHORT])
    regimen = RadioField(_l("Dose"), validators=[InputRequired(_l("Choose the dose."))])
    dose_other = StringField(_l("Other dose"), validators=[Length(max=60)])
    schedule_other = StringField(_l("How often"), validators=[Length(max=60)])
    years = RadioField(_l("Planned for"), validators=[InputRequired(_l("Choose how long it is planned for."))])
    years_other = NumberField(_l("Other number of years"))
    planned_years_reason = StringField(_l("Reason for another duration"), validators=[SHORT])
    indication = StringField(_l("Indication"), validators=[SHORT])
    controls_by = RadioField(_l("Controls"), validators=[InputRequired(_l("Choose whose the controls are."))])

    def prepare(self, drug: Drug, protocol: Protocol, lang: str, doctors: list[User] | None) -> None:
        """The choices of this drug."""
        self.offered = protocol.durations[drug]
        self.drug.data = drug.value
        ways = [SelectChoice(way_key(way), f"{way.dose}, {way.schedule}") for way in REGIMENS[drug]]
        last = [SelectChoice(OTHER, _("otherwise")), SelectChoice(UNKNOWN, _("not recorded"))]
        self.regimen.choices = [*ways, *last]
        lengths = [SelectChoice(str(n), _("%(years)s years", years=number(n, 0))) for n in self.offered]
        self.years.choices = [
            *lengths,
            SelectChoice(OTHER, _("otherwise")),
            SelectChoice(UNKNOWN, _("not recorded before referral")),
        ]
        self.controls_by.choices = [SelectChoice(by.value, label(by, lang)) for by in ControlsBy]
        self.decided_by(doctors)

    def fill(self, course: Course) -> None:
        """What is recorded now."""
        self.started_on.data = (course.started_on, StartPrecision(course.start_precision))
        self.start_source.data = course.start_source
        way = Regimen(course.dose or "", course.schedule or "")
        self.regimen.data = way_key(way) if way in REGIMENS[Drug(course.drug)] else OTHER if any(way) else UNKNOWN
        if self.regimen.data == OTHER:
            self.dose_other.data, self.schedule_other.data = way
        years = course.planned_years
        offered = next((n for n in self.offered if n == years), None)
        self.years.data = UNKNOWN if years is None else str(offered) if offered else OTHER
        if self.years.data == OTHER:
            self.years_other.data = years
        self.planned_years_reason.data = course.planned_years_reason
        self.indication.data = course.indication
        self.controls_by.data = course.controls_by

    def validate(self, extra_validators: Any = None) -> bool:
        """What "otherwise" leaves open is filled in."""
        right = bool(super().validate(extra_validators))
        for choice, field, told in (
            (self.regimen, self.dose_other, _("Fill in the dose.")),
            (self.years, self.years_other, _("Fill in the number of years.")),
        ):
            if choice.data == OTHER and not field.data and not field.errors:
                field.errors = [told]
                right = False
        return right

    def planned(self) -> Decimal | None:
        """The planned number of years."""
        if self.years.data == UNKNOWN:
            return None
        return self.years_other.data if self.years.data == OTHER else Decimal(self.years.data)

    def way(self) -> Regimen:
        """Dose and schedule as they will stand on the record."""
        if self.regimen.data == OTHER:
            return Regimen(plain(self.dose_other), plain(self.schedule_other))
        ways = {way_key(way): way for way in REGIMENS[Drug(self.drug.data)]}
        return ways.get(self.regimen.data, Regimen("", ""))

    def command(self, patient_id: int) -> StartCourse:
        """The form as the service takes it."""
        started_on, precision = typed(self.started_on)
        return StartCourse(
            patient_id=patient_id,
            drug=Drug(self.drug.data),
            started_on=started_on,
            start_precision=precision,
            start_source=plain(self.start_source),
            dose=self.way().dose,
            schedule=self.way().schedule,
            planned_years=self.planned(),
            planned_years_reason=plain(self.planned_years_reason) if self.years.data == OTHER else "",
            indication=plain(self.indication),
            controls_by=ControlsBy(self.controls_by.data),
            doctor_id=self.doctor(),
        )


def way_key(way: Regimen) -> str:
    """A regimen as the value of a choice."""
    return f"{way.dose}|{way.schedule}"


class SwitchForm(CourseForm):
    """The end of one drug and the start of the next, on one page."""

    stopped_on = DateField(_l("Last day of the old drug"), validators=[InputRequired(_l("Fill in the date."))])
    explanation = StringField(_l("Why the switch"), validators=[SHORT])

    def ending(self, patient_id: int, course_id: int) -> StopCourse:
        """The old course's end as the service takes it."""
        return StopCourse(
            patient_id, course_id, typed(self.stopped_on), StopReason.SWITCH, plain(self.explanation), self.doctor()
        )


class StopForm(DecidedForm):
    """When a course ended and why."""

    stopped_on = StartField(_l("Stopped on"), validators=[InputRequired(_l("Fill in the date."))])
    stop_reason = RadioField(_l("Why it was stopped"), validators=[InputRequired(_l("Choose why."))])
    explanation = StringField(_l("Explanation"), validators=[SHORT])

    def prepare(self, lang: str, doctors: list[User] | None, by_switch: bool = False) -> None:
        """The closed list; a switch has a page of its own, and the end it made keeps its reason."""
        reasons = [reason for reason in StopReason if (reason is StopReason.SWITCH) == by_switch]
        self.stop_reason.choices = [SelectChoice(reason.value, label(reason, lang)) for reason in reasons]
        self.decided_by(doctors)

    def fill(self, stop: CourseStop) -> None:
        """What is recorded now."""
        self.stopped_on.data = (stop.stopped_on, StartPrecision(stop.stop_precision))
        self.stop_reason.data, self.explanation.data = stop.reason, stop.explanation

    def command(self, patient_id: int, course_id: int) -> StopCourse:
        """The form as the service takes it."""
        why, (stopped_on, precision) = StopReason(self.stop_reason.data), typed(self.stopped_on)
        return StopCourse(patient_id, course_id, stopped_on, why, plain(self.explanation), self.doctor(), precision)


class PauseForm(FlaskForm):
    """From when, why, when to look again; and, once known, until when."""

    from_on = DateField(_l("Interrupted from"), validators=[InputRequired(_l("Fill in the date."))])
    why = StringField(_l("Why it is interrupted"), validators=[SHORT])
    check_on = DateField(_l("Look again on"))
    until_on = DateField(_l("Taken up again on"))
    counts = RadioField(_l("Days of the pause"), validators=[Optional()])
    reason = StringField(_l("Reason for the change"), validators=[SHORT])

    def prepare(self, decides: bool) -> None:
        """Whether the days count is a doctor's choice."""
        self.counts.choices = [SelectChoice("no", _("do not count")), SelectChoice("yes", _("count as treated"))]
        if not decides:
            del self.counts

    def fill(self, pause: Pause) -> None:
        """What is recorded now."""
        self.from_on.data, self.until_on.data, self.check_on.data = pause.from_on, pause.until_on, pause.check_on
        self.why.data = pause.reason
        if "counts" in self:
            self.counts.data = "yes" if pause.counts else "no"

    def command(self, patient_id: int, course_id: int) -> PauseCourse:
        """The form as the service takes it."""
        counts = {"yes": True, "no": False}.get(self.counts.data or "") if "counts" in self else None
        first, until, check = typed(self.from_on), self.until_on.data, self.check_on.data
        return PauseCourse(patient_id, course_id, first, until, check, plain(self.why), counts)


class DoseForm(FlaskForm):
    """What was given, where, by whom."""

    on = DateField(_l("Given on"), validators=[InputRequired(_l("Fill in the date."))])
    given_where = StringField(_l("Place"), validators=[SHORT])
    given_by = StringField(_l("Given by"), validators=[SHORT])
    reaction = StringField(_l("Reaction"), validators=[SHORT])
    confirmed_on = DateField(_l("Given elsewhere: confirmed on"))
    confirmed_by = StringField(_l("Confirmed by"), validators=[SHORT])
    reason = StringField(_l("Reason for the change"), validators=[SHORT])

    def fill(self, dose: Dose) -> None:
        """What is recorded now."""
        self.on.data, self.given_where.data = dose.on_date, dose.place
        self.given_by.data, self.reaction.data = dose.given_by, dose.reaction
        self.confirmed_on.data, self.confirmed_by.data = dose.confirmed_on, dose.confirmed_by

    def command(self, patient_id: int, course_id: int) -> GiveDose:
        """The form as the service takes it."""
        texts = plain(self.given_where), plain(self.given_by), plain(self.reaction)
        confirmed = self.confirmed_on.data, plain(self.confirmed_by)
        return GiveDose(patient_id, course_id, typed(self.on), *texts, *confirmed)


class VoidForm(FlaskForm):
    """A fact that should not have been here."""

    void_reason = StringField(
        _l("Why it does not count"), validators=[InputRequired(_l("Say why it does not count.")), SHORT]
    )
