"""Up to fifteen letters under each other, read and authorised with one confirmation."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from clinic.domain.errors import RuleBroken
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import letter_series
from clinic.services.letter_series import Waiting
from clinic.services.work import Work
from clinic.web import language, letter_needs, letter_rows
from clinic.web.keys import key
from clinic.web.language import gettext as _
from clinic.web.letters import overtaken
from clinic.web.messages import sentence
from clinic.web.presenters import day, display_name, identity
from clinic.web.units import reading, writing

bp = Blueprint("letter_series", __name__, url_prefix="/letters/series")


@bp.get("")
@needs(May.AUTHORISE_LETTER)
def index() -> ResponseReturnValue:
    """The letters that wait for this person, what alarms and what changed first."""
    with reading() as work:
        return page_of(work, {}, None)


def page_of(work: Work, kept: dict[int, str], ticked: list[int] | None) -> str:
    """The series, each letter with what kept it a moment ago; what somebody left out a moment ago stays left out."""
    found = letter_series.series(work)
    rows = [row_of(one, kept.get(one.view.letter.id, ""), ticked) for one in found.shown]
    return render_template("letters/series.html", rows=rows, more=found.more, for_others=found.for_others,
                           own=found.own)  # fmt: skip


def row_of(one: Waiting, kept: str, ticked: list[int] | None) -> dict[str, Any]:
    """A letter as the page shows it."""
    letter, patient, lang = one.view.letter, one.view.patient, language.current()
    return {
        "id": letter.id,
        "version": letter.version,
        "seen": one.view.seen,
        "name": display_name(patient, lang),
        "about": identity(patient, lang),
        "what": letter_rows.about_line(one.view.about, lang),
        "drafter": one.view.drafter,
        "text": one.view.text,
        "signs": signs(one),
        "since": day(one.since),
        "waits": ngettext("waits %(num)d working day", "waits %(num)d working days", one.waits),
        "ready": one.ready,
        "ticked": not kept and (one.ordinary if ticked is None else letter.id in ticked),
        "blocked": blocked(one),
        "missing": letter_needs.lines(one.view),
        "kept": kept,
        "theirs": one.theirs,
    }


def blocked(one: Waiting) -> str:
    """Why a letter cannot be authorised here and now."""
    code = one.view.problem or ("letter_words_outdated" if one.view.outdated else None)
    return sentence(RuleBroken("state", code)) if code else ""


def signs(one: Waiting) -> list[tuple[str, str]]:
    """What makes somebody look twice."""
    told = [(one.alarming, "flag", _("alarm symptom")),
            (bool(one.view.facts.get("replaces")), "soon", _("corrects a letter that left")),
            (one.changed and not one.view.facts.get("replaces"), "soon", _("the record changed since it was drafted")),
            (bool(one.view.letter.added_text), "plan", _("with words of one's own"))]  # fmt: skip
    return [(kind, words) for holds, kind, words in told if holds]


@bp.post("")
@needs(May.AUTHORISE_LETTER)
def authorise() -> ResponseReturnValue:
    """Authorise those that were ticked, and show what remains."""
    ticked = request.form.getlist("letter", type=key)[: letter_series.SERIES]
    seen = {number: (request.form.get(f"version-{number}", -1, type=key), request.form.get(f"seen-{number}", ""))
            for number in ticked}  # fmt: skip
    with writing() as work:
        done, kept = letter_series.authorise_all(work, seen)
        if done:
            flash(ngettext("%(num)d letter authorised.", "%(num)d letters authorised.", done), "ok")
        if kept or not seen:
            words = {number: sentence(why) if isinstance(why, RuleBroken) else overtaken()
                     for number, why in kept.items()}  # fmt: skip
            if not seen:
                flash(_("No letter was ticked."), "late")
            page = page_of(work, words, ticked)
            if work.entries:
                work.commit()  # what it shows was looked at
            return page, 422
    return redirect(url_for("letter_series.index"), 303)
