"""What lies side by side on the page of a review: what is missing, the clinic's criteria, what each outcome asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time

from clinic.domain import decision, review
from clinic.domain.facts import Facts
from clinic.domain.items import DueItem
from clinic.domain.protocol import FOLLOW_ON, Protocol
from clinic.domain.vocabulary import DueCode, MissingFact, ReviewOutcome
from clinic.services.items import NO_SUBJECT
from clinic.services.record import PatientRecord
from clinic.services.reviews import Consequences
from clinic.services.worklists import REVIEWS
from clinic.web import review_facts
from clinic.web.course_pages import told
from clinic.web.language import gettext as _
from clinic.web.presenters import day
from clinic.web.record_page import TimelinePanel, TreatmentPanel
from clinic.web.record_timeline import timeline, treatment
from clinic.web.review_density import Density, density
from clinic.web.review_line import Panel
from clinic.web.worklist_rows import booked
from clinic.wording import why as words
from clinic.wording.labels import due_label, label

SIGN = {True: ("yes", "plus-circle-fill"), False: ("no", "dash-circle"), None: ("unknown", "question-circle-fill")}
MARK = {True: "1", False: "0", None: "x"}
REQUEST = {
    MissingFact.DXA: "scans.new",
    MissingFact.SPINE_IMAGE: "spine_images.new",
    MissingFact.HEIGHT: "controls.new",
    MissingFact.WEIGHT: "controls.new",
    MissingFact.ADHERENCE: "controls.new",
    MissingFact.CREATININE: "labs.new",
}
Appointments = Mapping[tuple[str, date], tuple[date, time | None]]
"""When a due item is booked."""
MAY_LAPSE = frozenset(REVIEWS) - {DueCode.COURSE_CLOSE}  # a stop that was signed is carried out, or decided anew


@dataclass(frozen=True, slots=True)
class Owed:
    """A due item that may lapse: what and when, and by which words the page names it."""

    what: str
    when: str
    key: str


@dataclass(frozen=True, slots=True)
class Lacking:
    """A fact that a review needs: what, by which word it is requested, the field that says it suffices.

    `item` is its due item, if it stands on the list by itself.
    """

    title: str
    name: str
    field: str
    item: Owed | None = None


@dataclass(frozen=True, slots=True)
class Weighed:
    """A criterion with its answer, why, and the panel with its facts; `was` is what an earlier page answered."""

    css: str
    icon: str
    why: str
    source: str
    shown_at: str
    was: str = ""


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """Everything beside the form."""

    asked: tuple[tuple[str, str, str], ...]
    owed: tuple[Owed, ...]
    missing: tuple[Lacking, ...]
    fresh_months: int
    criteria: tuple[Weighed, ...]
    counts: str
    answers: str
    hints: dict[str, str]
    no_stop: str
    planned: dict[str, str]
    treatment: TreatmentPanel | None
    timeline: TimelinePanel | None
    density: Density
    panels: tuple[Panel, ...]


def build(
    found: PatientRecord, facts: Facts, lang: str, appointments: Appointments, shown_before: str = ""
) -> ReviewPage:
    """The page in the reader's language; `shown_before` are the answers of a page that has been overtaken."""
    criteria = review.from_facts(facts, found.protocol)
    possible = decision.possible(facts, found.protocol)
    answers = [criterion.met for criterion in criteria]
    return ReviewPage(
        asked=tuple(
            (
                asked(item, lang),
                words.whence(item.code, found.protocol.name, lang),
                booked(*appointments.get((item.code, item.subject or NO_SUBJECT), (None, None))),
            )
            for item in found.items
            if item.code in REVIEWS
        ),
        owed=tuple(owed(item, lang) for item in found.items if item.code in MAY_LAPSE),
        missing=tuple(lacking(fact, found.items, lang) for fact in review.missing_of(facts, found.protocol)),
        fresh_months=found.protocol.review_fresh_months,
        criteria=tuple(
            weighed(criterion, shown_before[number : number + 1], lang) for number, criterion in enumerate(criteria)
        ),
        counts=str(
            _(
                "%(met)s met, %(not_met)s not met, %(unknown)s unknown",
                met=answers.count(True),
                not_met=answers.count(False),
                unknown=answers.count(None),
            )
        ),
        answers="".join(MARK[met] for met in answers),
        hints={str(outcome): hint(facts, outcome, found.protocol) for outcome in possible},
        no_stop=no_stop(facts),
        planned={"next_control": standing(found, "control"), "next_dxa": standing(found, "dxa")},
        treatment=treatment(found, lang, facts.on),
        timeline=timeline(found, lang, facts.on),
        density=density(found, lang),
        panels=review_facts.panels(found, lang),
    )


def asked(item: DueItem, lang: str) -> str:
    """Which decision is due, when and why."""
    title, why = due_label(item.code, lang), words.sentence(item.why.code, item.why.params, lang)
    opens, last = day(item.opens_on), day(item.late_after)
    return str(
        _("%(what)s: from %(opens)s, at the latest %(last)s. %(why)s", what=title, opens=opens, last=last, why=why)
    )


def owed(item: DueItem, lang: str) -> Owed:
    """A due item that may lapse."""
    return Owed(due_label(item.code, lang), day(item.due_on), f"{item.code} {item.due_on}")


def lacking(fact: MissingFact, items: Sequence[DueItem], lang: str) -> Lacking:
    """One missing fact."""
    title, kind = label(fact, lang), review.MADE_BEFORE.get(fact)
    item = next((one for one in items if kind and one.code.startswith(kind)), None)
    return Lacking(
        title[:1].upper() + title[1:], fact.value, f"suffices_{fact}", owed(item, lang) if item is not None else None
    )


def weighed(criterion: review.Criterion, before: str, lang: str) -> Weighed:
    """One criterion in words."""
    css, icon = SIGN[criterion.met]
    was = {"1": _("met"), "0": _("not met"), "x": _("unknown")}.get(before, "") if before != MARK[criterion.met] else ""
    why = words.sentence(criterion.why.code, criterion.why.params, lang)
    shown_at = review_facts.SHOWN_AT[criterion.code]
    return Weighed(css, icon, why, words.source(criterion.source, lang), shown_at, str(was))


def no_stop(facts: Facts) -> str:
    """That a drug after which another must follow is not stopped here (S10); empty for any other."""
    if facts.last is None or facts.last.drug not in FOLLOW_ON:
        return ""
    return str(_("By the clinic's rules another drug follows this one: a stop is a switch, with the drug and the day."))


def hint(facts: Facts, outcome: ReviewOutcome, protocol: Protocol) -> str:
    """What an outcome asks and what the clinic's rules make of it; the same kind of words for each."""
    limits = decision.postponable(facts, protocol) if outcome is ReviewOutcome.POSTPONE else None
    if limits:
        return str(_("until when: at the latest %(last)s", last=day(limits[1])))
    return {
        ReviewOutcome.CONTINUE: str(_("until when: that becomes the planned end")),
        ReviewOutcome.STOP: str(_("a treatment break or the end, from when")),
        ReviewOutcome.SWITCH: str(_("which drug, from when, for how many years")),
        ReviewOutcome.BREAK_ON: str(_("until when: that becomes the next reassessment")),
        ReviewOutcome.RESTART: str(_("which drug, from when, for how many years")),
    }.get(outcome, "")


def standing(found: PatientRecord, what: str) -> str:
    """The date that stands as an item now."""
    dates: list[date] = [item.due_on for item in found.items if what in item.code.split(".")]
    return str(_("due now: %(day)s", day=day(min(dates)))) if dates else ""


@dataclass(frozen=True, slots=True)
class Follows:
    """What would follow, in words: which dates move, appear, vanish and stay, and the letter."""

    changes: tuple[tuple[str, str, list[dict[str, str]]], ...]
    letter: str


def in_words(found: Consequences, lang: str) -> Follows:
    """Each item once: one that goes from one date and comes on another has moved."""
    effects = found.effects
    was = {item.code: item for item in effects.go}
    came = {item.code for item in effects.appear}
    moved = [told(item, lang) | {"was": day(was[item.code].due_on)} for item in effects.appear if item.code in was]
    kinds = (
        (_("Moves"), "arrow-left-right", moved),
        (_("Comes on the list"), "plus-lg", [told(item, lang) for item in effects.appear if item.code not in was]),
        (_("Goes from the list"), "dash-circle", [told(item, lang) for item in effects.go if item.code not in came]),
        (_("Stays on the list"), "calendar-check", [told(item, lang) for item in effects.stay]),
    )
    return Follows(tuple((str(title), icon, lines) for title, icon, lines in kinds if lines), found.letter)
