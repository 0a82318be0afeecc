"""The form of a review: no outcome is preselected, and every outcome asks for the same reason."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from clinic.domain.decision import Decision, misfits
from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import Drug, MissingFact, ReviewOutcome, ReviewReason, StopKind
from clinic.services.reviews import SignReview
from clinic.store.reviews import Review
from clinic.web.control_form import ChipsField
from clinic.web.course_form import plain, typed
from clinic.web.errors import show_on_form
from clinic.web.fields import DateField, NumberField, iso_day
from clinic.web.keys import key_or
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.presenters import day, number
from clinic.wording.labels import label

CHOSEN = ("outcome", "until_offered", "stop_kind", "next_drug")  # no decision can be read from what is not offered

SENTENCES |= {
    "outcome_not_now": lambda: _("This decision cannot be taken now: look at what runs and what was stopped."),
    "decided_today": lambda: _(
        "A decision was signed today already. This page is now its correction, with what you typed: say why it becomes"
        " another, and sign."
    ),
    "nothing_to_postpone": lambda: _("No review is near enough to be put off, or it was put off as far as it can be."),
    "no_treatment_break": lambda: _("The rules know a treatment break after a bisphosphonate only."),
    "detail_not_asked": lambda: _("This does not belong to the decision that was chosen; make it empty."),
    "follow_on_missing": lambda: _(
        "By the clinic's rules this drug is not stopped without a next one: choose the switch, with the drug and the"
        " day."
    ),
    "stop_kind_missing": lambda: _("Say whether a treatment break begins or the treatment ends."),
    "break_not_now": lambda: _(
        "The rules know a treatment break when a bisphosphonate that runs is stopped; a break that runs goes on by its"
        " own decision."
    ),
    "until_missing": lambda: _("Fill in until when."),
    "effective_on_missing": lambda: _("Fill in from when."),
    "next_drug_missing": lambda: _("Choose the drug."),
    "next_years_missing": lambda: _("Fill in the number of years."),
    "day_between": lambda: _("Must lie between %(low)s and %(high)s."),
    "switch_same_drug": lambda: _("This drug is used already; choose another, or continue."),
    "missing_open": lambda: _("Say that this suffices, or request it and put the decision off."),
    "review_reason_missing": lambda: _("Give the reason."),
    "undo_correction": lambda: _("A correction is not undone: correct the decision once more."),
    "undo_too_late": lambda: _("It is too late to undo this, or its letter left: decide anew, or void it."),
    "review_prescriber_missing": lambda: _("Say who prescribes."),
}


class ReviewForm(FlaskForm):
    """Outcome, reason, what was agreed; `answers` are those of the criteria as the page showed them."""

    form_token = HiddenField()
    version = HiddenField()
    protocol = HiddenField()
    answers = HiddenField()
    suffices_dxa = BooleanField()
    suffices_spine_image = BooleanField()
    suffices_height = BooleanField()
    suffices_weight = BooleanField()
    suffices_adherence = BooleanField()
    suffices_creatinine = BooleanField()
    outcome = RadioField(_l("Decision"), validators=[InputRequired(_l("Choose a decision."))])
    until_offered = RadioField(_l("Durations of the protocol"), validators=[Optional()])
    until = DateField(_l("Until when"))
    stop_kind = RadioField(_l("What begins with the stop"), validators=[Optional()])
    effective_on = DateField(_l("From"))
    next_drug = SelectField(_l("Next drug"), validators=[Optional()])
    next_years = NumberField(_l("Planned for, years"))
    because = ChipsField(_l("Reason"))
    reason = TextAreaField(_l("In words"), validators=[Length(max=2000)])
    next_control = DateField(_l("Next control"), validators=[InputRequired(_l("Fill in the date."))])
    next_dxa = DateField(_l("Next DXA"), validators=[InputRequired(_l("Fill in the date."))])
    prescriber = StringField(
        _l("Who prescribes"), validators=[InputRequired(_l("Say who prescribes.")), Length(max=120)],
        render_kw={"list": "prescribers"},
    )  # fmt: skip
    seen = HiddenField()
    password = PasswordField(_l("Your password"), render_kw={"autocomplete": "current-password"})
    change_reason = StringField(_l("Reason for the change"), validators=[Length(max=200)])

    def prepare(
        self, outcomes: tuple[ReviewOutcome, ...], running: Drug | None, missing: tuple[MissingFact, ...], lang: str
    ) -> None:
        """The outcomes and drugs that can be chosen now, what is missing, and a token: a double click is one review."""
        self.missing = missing
        self.stop_kind.choices = [SelectChoice(kind.value, label(kind, lang)) for kind in StopKind]
        self.outcome.choices = [SelectChoice(outcome.value, label(outcome, lang)) for outcome in outcomes]
        self.because.choices = [SelectChoice(reason.value, label(reason, lang)) for reason in ReviewReason]
        drugs = [SelectChoice(drug.value, label(drug, lang)) for drug in Drug if drug is not running]
        self.next_drug.choices = [SelectChoice("", _("Choose a drug")), *drugs]
        for fact in MissingFact:
            what = label(fact, lang)
            self[f"suffices_{fact}"].label.text = _("%(fact)s: this suffices", fact=what[:1].upper() + what[1:])
        if not self.form_token.data:
            self.renew()

    def renew(self) -> None:
        """What is signed from here on is another act."""
        self.form_token.data = secrets.token_urlsafe(16)

    def offer(self, ends: Sequence[tuple[Decimal, date]]) -> None:
        """The durations of the protocol as one press each; without any the field is left out."""
        if not ends:
            del self.until_offered
            return
        self.until_offered.choices = [
            SelectChoice(end.isoformat(), _("%(years)s years: %(day)s", years=number(years, 0), day=day(end)))
            for years, end in ends
        ]

    def load(self, review: Review, control: object, dxa: object) -> None:
        """What was signed."""
        self.outcome.data = review.outcome
        self.until.data, self.effective_on.data = review.until_on, review.effective_on
        self.next_drug.data, self.next_years.data = review.next_drug or "", review.next_years
        self.stop_kind.data = review.stop_kind
        self.reason.data, self.prescriber.data = review.reason, review.prescriber
        self.next_control.data, self.next_dxa.data = control, dxa
        for fact, sufficed in review.seen.get("missing", {}).items():
            self[f"suffices_{MissingFact(fact)}"].data = sufficed

    def command(self, patient_id: int) -> SignReview:
        """The form as the service takes it."""
        return SignReview(
            patient_id=patient_id,
            form_token=self.form_token.data,
            version=key_or(self.version.data, -1),
            protocol=self.protocol.data or "",
            decision=self.decision(),
            reason=self.whole_reason(),
            next_control=typed(self.next_control),
            next_dxa=typed(self.next_dxa),
            prescriber=plain(self.prescriber),
            suffices=frozenset(fact for fact in MissingFact if self[f"suffices_{fact}"].data),
        )

    def decision(self) -> Decision:
        """The outcome that was chosen, with its details."""
        outcome = ReviewOutcome(self.outcome.data)
        stops = outcome is ReviewOutcome.STOP and self.stop_kind.data
        return Decision(
            outcome=outcome,
            until=self.until.data or self.pressed(outcome),
            effective_on=self.effective_on.data,
            next_drug=Drug(self.next_drug.data) if self.next_drug.data else None,
            next_years=self.next_years.data,
            stop_kind=StopKind(self.stop_kind.data) if stops else None,
        )

    def pressed(self, outcome: ReviewOutcome) -> date | None:
        """The end of the duration that was pressed, where the decision is to continue."""
        text = self.until_offered.data if "until_offered" in self else None
        return iso_day(text) if text and outcome is ReviewOutcome.CONTINUE else None

    def lacking(self) -> list[RuleBroken]:
        """What the outcome that was chosen still needs, and what belongs to another: all of it at once."""
        if any(self[name].errors for name in CHOSEN if name in self):
            return []
        lacks = list(misfits(self.decision()))
        if self.outcome.data != ReviewOutcome.POSTPONE:
            names = [f"suffices_{fact}" for fact in self.missing]
            lacks += [RuleBroken(name, "missing_open") for name in names if not self[name].data]
        return lacks if self.whole_reason() else [*lacks, RuleBroken("reason", "review_reason_missing")]

    def validate(self, extra_validators: Any = None) -> bool:
        """Nothing is missing; a duration that was pressed and a date that was typed say the same."""
        right = bool(super().validate(extra_validators))
        for broken in self.lacking():
            if not self[broken.field].errors:
                show_on_form(self, broken)
                right = False
        pressed = self.until_offered.data if "until_offered" in self else None
        end = self.until.data if self.outcome.data == ReviewOutcome.CONTINUE and pressed else None
        if right and end is not None and end.isoformat() != pressed:
            self.until.errors = [_("Another date than the duration that is chosen above: make one of them empty.")]
            return False
        return right

    def whole_reason(self) -> str:
        """What was ticked and what was written, in Dutch as the letter is."""
        ticked = "; ".join(label(ReviewReason(code), "nl") for code in self.because.data or ())
        return ". ".join(part for part in (ticked[:1].upper() + ticked[1:], plain(self.reason)) if part)

    def mark(self, command: SignReview) -> str:
        """What the doctor was shown the consequences of, in short; anything typed since makes another."""
        told = replace(command, form_token="", suffices=frozenset())
        said = repr((told, sorted(command.suffices), self.change_reason.data if "change_reason" in self else ""))
        return hashlib.sha256(said.encode()).hexdigest()[:16]
