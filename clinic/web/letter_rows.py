"""Letters on a list in words: what about, to whom and how, until when."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from flask import url_for
from flask_babel import ngettext

from clinic.domain.calendar import working_days_between
from clinic.domain.errors import RuleBroken
from clinic.domain.protocol import Protocol
from clinic.domain.vocabulary import LetterAbout
from clinic.security.permissions import May, Role
from clinic.services.copies import Going
from clinic.services.letter_lists import Line
from clinic.services.letter_sending import Parcel
from clinic.services.work import Work
from clinic.store.letter_lists import Place
from clinic.store.letters import GP, OUT, TO_PATIENT, Letter
from clinic.store.patients import Patient
from clinic.web import language, letter_words, to_patient
from clinic.web.causes import why
from clinic.web.fields import iso_day
from clinic.web.keys import key
from clinic.web.language import gettext as _
from clinic.web.messages import sentence
from clinic.web.page import has_endpoint, may
from clinic.web.presenters import count_text, day, display_name, identity
from clinic.wording.labels import label

FIRST = {Role.NURSE: "draft", Role.DOCTOR: "to_authorise", Role.SECRETARY: "authorised"}
ORDER = (
    "failed", "returned_by_post", "draft", "waits", "returned", "to_authorise", "authorised", "queued", "sent",
    "delivered", "replaced", "withdrawn",
)  # fmt: skip
OF_THE_PRACTICE = ("letter_no_address", "letter_no_channel", "letter_no_mailbox", "letter_no_agb")
COPIES = "copies"  # no state of a letter: the list of its copies that did not arrive
ALWAYS = ("draft", "to_authorise", "authorised", "sent", "withdrawn")
GONE = (*OUT, "withdrawn")
ICONS = {"post": "mailbox", "secure_mail": "envelope-at", "edifact": "envelope-at", "none": "envelope-x"}


def state_labels() -> dict[str, str]:
    """What each state is called."""
    return {
        "draft": _("Draft"),
        "waits": _("Waits"),
        "to_authorise": _("To authorise"),
        "returned": _("Returned"),
        "authorised": _("Ready to send"),
        "queued": _("On its way"),
        "sent": _("Sent"),
        "delivered": _("Delivered"),
        "failed": _("Failed"),
        "returned_by_post": _("Came back by post"),
        "replaced": _("CANCELLED"),
        "withdrawn": _("Withdrawn"),
    }


def channel_label(channel: str | None) -> str:
    """How a practice takes its letters."""
    words: dict[str, str] = {"post": _("Post"), "secure_mail": "ZorgMail", "edifact": "EDIFACT"}
    return words.get(channel or "", str(_("no channel")))


def tabs(counted: dict[str, int], state: str, copies: int) -> list[dict[str, Any]]:
    """A tab for each state, and the copies that did not arrive; what is there when something went wrong hides else."""
    names = state_labels()
    shown = [name for name in ORDER if counted[name] or name in ALWAYS or name == state]
    made = [
        {"href": url_for("letters.index", state=name), "label": names[name], "count": count_text(counted[name]),
         "current": name == state}
        for name in shown
    ]  # fmt: skip
    if copies or state == COPIES:
        made.append({"href": url_for("letter_copies.index"), "label": _("Copies not arrived"),
                     "count": count_text(copies), "current": state == COPIES})  # fmt: skip
    return made


def place(text: str) -> Place | None:
    """Where the page before ended; nonsense is the first page."""
    try:
        due_on, letter_id = text.split("~")
        return iso_day(due_on), key(letter_id)
    except ValueError:
        return None


def next_url(state: str, after: Place | None, own: str | None = None) -> str | None:
    """The page that follows."""
    return list_url(state, own, f"{after[0]}~{after[1]}") if after else None


def list_url(state: str, own: str | None, after: str | None = None) -> str:
    """The letters in a state; of those to authorise, with `own` the ones that she wrote herself."""
    return url_for("letters.index", state=state, own=own, after=after)


def row_of(line: Line, today: date, lang: str, state: str, protocol: Protocol) -> dict[str, Any]:
    """A letter's row."""
    row = line.row
    gp = row.gp_name
    channel = row.sent_by or ("post" if row.kind != GP else row.channel)
    return {
        "id": row.id,
        "name": display_name(cast(Patient, row), lang),
        "about": identity(row, lang),
        "what": about_line(line.about, lang),
        "drafter": row.drafter,
        "gp": to_whom(row),
        "hers": row.kind != GP,
        "channel": channel_label(channel) if gp or row.kind != GP else "",
        "icon": ICONS.get(channel or "", "envelope-x"),
        "due": day(row.sent_on or row.due_on),
        "kind": "" if state in GONE else kind(row.due_on, today, protocol),
        "left": "" if state in GONE else left(row.due_on, today, protocol),
        "remark": why(row.failure) or " · ".join(filter(None, (letter_words.waits(row, state), said(line)))),
        "closed": line.closed,
    }


def name_of(work: Work, letter_id: int) -> str:
    """Mw. A. de Vries (B2026-000184): what a message calls a letter; the key of its row says nobody anything."""
    letter = work.session.get_one(Letter, letter_id)
    name = display_name(work.session.get_one(Patient, letter.patient_id), language.current())
    return f"{name} ({letter.reference})" if letter.reference else name


def to_whom(row: Any) -> str:
    """Who reads a letter: the patient herself, or her GP at the practice."""
    if row.kind != GP:
        return str(_("to the patient"))
    gp = " ".join(part for part in (row.gp_initials, row.gp_prefix, row.gp_name) if part)
    return ", ".join(part for part in (gp, row.practice, row.practice_town) if part) or str(_("no GP known"))


def said(line: Line) -> str:
    """What somebody remarked on a letter."""
    return "" if line.closed else why(line.row.remark)


def parcel_row(parcel: Parcel, lang: str) -> dict[str, Any]:
    """A letter about to leave: to whom, where, how; or why it cannot, with the page on which that is put right."""
    letter, channel = parcel.letter, parcel.envelope.get("channel")
    return {
        "id": letter.id,
        "patient_id": parcel.patient.id,
        "name": display_name(parcel.patient, lang),
        "about": identity(parcel.patient, lang),
        "reference": letter.reference or "",
        "lines": parcel.envelope.get("lines", []),
        "channel": channel_label(channel),
        "icon": ICONS.get(channel or "", "envelope-x"),
        "post": channel == "post",
        "seal": parcel.confirmed,
        "copies": [copy_row(copy) for copy in parcel.copies],
        "version": letter.version,
        "problem": sentence(RuleBroken("state", parcel.problem)) if parcel.problem else "",
        "prints": letter.state == "authorised",
        "stale": parcel.problem in ("letter_gp_changed", "letter_record_changed", "copy_ended"),
        "way_out": way_out(parcel.problem, parcel.patient.id),
        "run_id": parcel.run_id,
    }


def copy_row(copy: Going) -> dict[str, Any]:
    """A copy that leaves with a letter: for whom, where, how."""
    channel = copy.envelope.get("channel")
    return {"name": copy.name, "lines": ", ".join(copy.envelope.get("lines", [])), "channel": channel_label(channel),
            "post": channel == "post"}  # fmt: skip


def way_out(problem: str | None, patient_id: int) -> str | None:
    """Where what keeps a letter is put right, when the program serves that page."""
    if problem in ("letter_no_gp", "letter_gp_stopped", "to_patient_address") and has_endpoint("patients.edit"):
        return url_for("patients.edit", patient_id=patient_id)
    if problem == "to_patient_phone" and may(May.EDIT_SETTINGS):
        return url_for("settings.index")
    if problem == "letter_restricted":
        return url_for("patients.record", patient_id=patient_id)
    if problem in ("copy_no_address", "copy_sign"):
        return url_for("patients.copies", patient_id=patient_id)
    if problem in OF_THE_PRACTICE and has_endpoint("practices.index"):
        return url_for("practices.index")
    return None


def about_line(about: list[str], lang: str) -> str:
    """Controle en besluit; of a letter to the patient, which it is."""
    hers = {f"{TO_PATIENT}{kind}": words for kind, words in to_patient.names().items()}
    words = [hers.get(name) or label(LetterAbout(name), lang) for name in dict.fromkeys(about)]
    text = " + ".join(words)
    return text[:1].upper() + text[1:]


def kind(due_on: date, today: date, protocol: Protocol) -> str:
    """How pressing it is: late, tomorrow at the latest, or later."""
    days = working_days(due_on, today, protocol)
    return "late" if due_on < today else "soon" if days <= 1 else "plan"


def working_days(due_on: date, today: date, protocol: Protocol) -> int:
    """Working days until it is due; for what is past, since."""
    first, last = sorted((today, due_on))
    return working_days_between(first, last, protocol.extra_holidays)


def left(due_on: date, today: date, protocol: Protocol) -> str:
    """2 werkdagen te laat, vandaag, nog 5 werkdagen."""
    days = working_days(due_on, today, protocol)
    if due_on < today:
        return str(ngettext("%(num)d working day late", "%(num)d working days late", max(days, 1)))
    if days == 0:
        return str(_("today"))
    return str(ngettext("%(num)d working day left", "%(num)d working days left", days))
