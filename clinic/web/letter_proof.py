"""The proof that the GP was told in time: the share by kind and month, the letters behind it, and what left."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from clinic.domain.calendar import add_days, add_months
from clinic.domain.vocabulary import LetterAbout
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import letter_proof
from clinic.services.letter_proof import Month, Sent, Told
from clinic.services.work import Work
from clinic.store.letter_proof import MEASURED, STATES, Place
from clinic.web import language, letter_rows, spreadsheet
from clinic.web.fields import iso_day
from clinic.web.language import gettext as _
from clinic.web.presenters import day, display_name, months, number
from clinic.web.spreadsheet import Cell
from clinic.web.units import reading
from clinic.wording.labels import label

bp = Blueprint("letter_proof", __name__, url_prefix="/letters/proof")


def state_words() -> dict[str, str]:
    """What came of the letter about a fact."""
    return {
        "in_time": _("in time"),
        "late": _("too late"),
        "missing": _("not told"),
        "open": _("still in time"),
        "waived": _("lapsed by a doctor"),
    }


@bp.get("")
@needs(May.READ_LISTS)
def index() -> ResponseReturnValue:
    """By kind and month: how many left within five working days, each number leading to its letters."""
    with reading() as work:
        found = letter_proof.shares(work)
        days = work.protocol.letter_days
    lang = language.current()
    rows = [{"kind": heading(about, lang), "cells": [cell_of(about, month) for month in told]}
            for about, told in found.items()]  # fmt: skip
    heads = [{"words": months(month.first), "href": files_of(month.first)} for month in found[LetterAbout.CONTROL]]
    return render_template("letters/proof.html", rows=rows, heads=heads, days=days)


def files_of(first: date) -> list[str]:
    """What left in a month, as each kind of file."""
    return [url_for("letter_proof.sent", kind=kind, month=month_in(first)) for kind in spreadsheet.KINDS]


def heading(about: LetterAbout, lang: str) -> str:
    """A kind at the head of its row."""
    words = label(about, lang)
    return words[:1].upper() + words[1:]


def month_in(first: date) -> str:
    """A month in an address."""
    return f"{first:%Y-%m}"


def cell_of(about: LetterAbout, month: Month) -> dict[str, Any]:
    """One kind in one month: the share, and each number with its list."""
    here: dict[str, Any] = {"about": about.value, "month": month_in(month.first)}
    return {
        "share": share(month),
        "numbers": [
            {"words": words, "n": month.counts[state], "late": state in ("late", "missing"),
             "href": url_for("letter_proof.behind", state=state, **here)}
            for state, words in state_words().items() if month.counts[state]
        ],
    }  # fmt: skip


def share(month: Month) -> str:
    """92,3 %; nothing when no letter had to leave."""
    return f"{number(round(Decimal(month.counts['in_time'] * 100) / month.due, 1))} %" if month.due else ""


def asked() -> tuple[LetterAbout, date, str]:
    """Which number; 404 for an address that names none."""
    about, state = request.args.get("about", ""), request.args.get("state", "")
    if about not in {kind.value for kind in MEASURED} or state not in STATES:
        abort(404)
    return LetterAbout(about), month_asked(), state


def month_asked() -> date:
    """The first day of the month in the address, or 404."""
    try:
        return iso_day(f"{request.args.get('month', '')}-01")
    except ValueError:
        abort(404)


@bp.get("/letters")
@needs(May.READ_LISTS)
def behind() -> ResponseReturnValue:
    """The letters behind a number."""
    about, month, state = asked()
    lang = language.current()
    with reading() as work:
        found = letter_proof.behind(work, about, month, state, letter_rows.place(request.args.get("after", "")))
    shown = found[: letter_proof.PAGE]
    last: Place | None = (shown[-1].clock, shown[-1].patient_id) if len(found) > len(shown) else None
    here: dict[str, Any] = {"about": about.value, "month": month_in(month), "state": state}
    more = url_for("letter_proof.behind", **here, after=f"{last[0]}~{last[1]}") if last else None
    return render_template(
        "letters/proof_behind.html", name=heading(about, lang), state=state_words()[state], month=months(month),
        more=more, rows=[row_of(row, lang) for row in shown],
    )  # fmt: skip


def row_of(row: Any, lang: str) -> dict[str, str]:
    """A fact, when the GP should have heard of it, and when a letter left."""
    return {
        "name": display_name(row.Patient, lang), "number": row.Patient.number,
        "href": url_for("patient_letters.index", patient_id=row.patient_id),
        "on": day(row.fact_on), "due": day(row.due_on), "sent": day(row.sent_on),
    }  # fmt: skip


@bp.get("/sent/<any(csv, xlsx):kind>")
@needs(May.READ_LISTS)
def sent(kind: str) -> ResponseReturnValue:
    """Everything that left in a month, letters and copies, by patient number alone."""
    month, lang = month_asked(), language.current()
    with reading() as work:
        found = letter_proof.sent(work, month, add_days(add_months(month, 1), -1))
    heads = [_("Reference"), _("Number"), _("Letter"), _("Copy"), _("Due date"), _("Sent on"), _("In time"),
             _("To"), _("Practice"), _("Channel"), _("SHA-256 of the text"), _("SHA-256 of the envelope")]  # fmt: skip
    name = f"{_('letters-sent')}-{month_in(month)}"
    return spreadsheet.answer(kind, name, heads, [cells_of(one, lang) for one in found])


def cells_of(one: Sent, lang: str) -> list[Cell]:
    """A letter or copy that left, as cells."""
    letter, what = one.letter, one.what
    envelope = what.envelope or {}
    in_time = what.sent_on is not None and what.sent_on <= letter.due_on
    return [
        letter.reference, one.number, letter_rows.about_line(one.about, lang), "" if what is letter else _("copy"),
        letter.due_on, what.sent_on, _("yes") if in_time else _("no"),
        _("the patient") if one.to_herself else envelope.get("name"), envelope.get("practice"),
        letter_rows.channel_label(what.channel), letter.text_sha256, what.envelope_sha256,
    ]  # fmt: skip


def of_patient(work: Work, patient_id: int) -> list[dict[str, Any]]:
    """What the GP was told of one patient, the gaps in red."""
    return [in_words(one, language.current()) for one in letter_proof.of_patient(work, patient_id)]


def in_words(one: Told, lang: str) -> dict[str, Any]:
    """One fact that the GP knows of, or does not."""
    if one.sent_on is not None:
        kind, words = "ok", _("told on %(day)s", day=day(one.sent_on))
    elif one.waived:
        kind, words = "plan", _("lapsed by a doctor")
    elif one.gap:
        kind, words = "late", _("not told, due %(day)s", day=day(one.due_on))
    else:
        kind, words = "plan", _("due %(day)s", day=day(one.due_on))
    return {"what": heading(one.about, lang), "on": day(one.fact_on), "kind": kind, "words": words}
