"""The first page of each role: counts that are links to their lists, the day, alarms, and who waits longest."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from clinic.security.audit import Action
from clinic.security.guard import signed_in
from clinic.security.permissions import May, Role, allows
from clinic.services import copy_failures, corrections, decision_changes, letter_lists, paper, restrictions, worklists
from clinic.services.letter_failures import DID_NOT_ARRIVE
from clinic.services.log import midnight
from clinic.services.work import Work, local_time
from clinic.services.worklists import Ask
from clinic.store import day_facts
from clinic.web import absences, alarm_rows, breaches, day_view, figures, language, officer, proposals, reported
from clinic.web.days import draft_row
from clinic.web.language import gettext as _
from clinic.web.presenters import count_text
from clinic.web.units import reading
from clinic.web.worklist_rows import list_labels, row_of

bp = Blueprint("home", __name__)
TALLY = {
    Role.NURSE: ("late", "to-call", "to-plan", "alarms", "drafts"),
    Role.DOCTOR: ("my-reviews", "reviews", "alarms", "late"),
    Role.SECRETARY: ("to-book", "to-call", "awaited", "late"),
}
LETTERS = {
    Role.NURSE: ("returned",),
    Role.DOCTOR: ("to_authorise",),
    Role.SECRETARY: ("authorised", "failed", "returned_by_post"),
}
WHEN_ANY = ("returned_by_post",)
SHOWN = 5


@bp.get("/")
@signed_in
def index() -> ResponseReturnValue:
    """Today; who has no clinical work sees no patients."""
    if not allows(current_user.role, May.READ_LISTS):
        return render_template(
            "home/index.html", tally=[], rows=[], alarms=[], paper=paper_state(), breaches=open_breaches(),
            figures=kept_figures(), officer=officer.waiting(), emergencies=emergencies(), **alarms_without_names(),
        )  # fmt: skip
    lang = language.current()
    with reading() as work:
        names = TALLY[work.actor.role]
        tally = tallied(work, names) + letters(work) + copies(work) + reported.tally(work) + changed(work)
        rows = first_rows(work, names[0], lang)
        alarms = first_rows(work, "alarms", lang)
        day = day_view.of_today(work, lang, asked())
        urgent = alarm_rows.panel(work, lang) or {}
        proposed = proposals.to_do(work, lang)
        stands_in = absences.stood_in_for(work)
        kept = figures.on_first_page(work, lang)
        drafts = unfinished(work, lang) if allows(work.actor.role, May.RECORD_CONTROL) else []
    first = {"first": names[0], "name": list_labels()[names[0]], "week": work.today.isocalendar().week}
    return render_template(
        "home/index.html", tally=tally, rows=rows, alarms=alarms, day=day, proposed=proposed,
        drafts=drafts, here=here(), stands_in=stands_in, figures=kept, **first, **urgent,
    )  # fmt: skip


def alarms_without_names() -> dict[str, Any]:
    """An alarm symptom that no doctor looked at for an hour stands on every first page, here without a name."""
    with reading() as work:
        return alarm_rows.panel(work, language.current()) or {}


def kept_figures() -> dict[str, Any] | None:
    """How the clinic does, for the manager: numbers without names."""
    with reading() as work:
        return figures.on_first_page(work, language.current())


def open_breaches() -> list[dict[str, Any]]:
    """What the privacy officer has to look at within 72 hours."""
    if not allows(current_user.role, May.READ_LOG):
        return []
    with reading() as work:
        return [breaches.in_words(row, work, language.current()) for row in corrections.open_tasks(work)]


def emergencies() -> int:
    """How many restricted records were opened in an emergency that the privacy officer did not look at yet."""
    if not allows(current_user.role, May.RESTRICT_RECORD):
        return 0
    with reading() as work:
        return restrictions.waiting(work)


def paper_state() -> dict[str, Any] | None:
    """For who keeps the settings: when the emergency list was last written, and whether that is too long ago."""
    if not allows(current_user.role, May.EDIT_SETTINGS):
        return None
    with reading() as work:
        at = paper.last_written(work.session)
        late = at is None or work.now - at > paper.TOO_OLD
        return {"at": at and local_time(at).strftime("%d-%m-%Y %H:%M"), "late": late}


def here() -> str:
    """This page with its filter, to come back to."""
    return request.full_path.rstrip("?")


def unfinished(work: Work, lang: str) -> list[dict[str, Any]]:
    """Controls of before today that nobody finished; whom they name is written down."""
    found = day_facts.unfinished_before(work.session, midnight(work.today))
    if found:
        work.note(Action.PATIENT_LISTED, subject="list:drafts_of_before", shown=[row.patient_id for row in found])
    return [draft_row(row, work, lang) for row in found]


def asked() -> day_view.Where:
    """Which part of the day the address asks for."""
    return day_view.Where(request.args.get("place", ""), request.args.get("staff", ""))


def first_rows(work: Work, name: str, lang: str) -> list[dict[str, Any]]:
    """Who stands first on a list."""
    return [row_of(name, line, work.today, lang) for line in worklists.show(work, Ask(name), most=SHOWN).lines]


def tallied(work: Work, names: tuple[str, ...]) -> list[dict[str, str]]:
    """The role's lists with their counts, each leading to the list it counts."""
    words = list_labels()
    counts = worklists.count(work, [Ask(name) for name in names])
    return [
        {"href": list_url(name), "label": words[name], "count": count_text(count),
         "kind": "late" if name in ("late", "alarms") and count else ""}
        for name, count in zip(names, counts, strict=True)
    ]  # fmt: skip


def changed(work: Work) -> list[dict[str, str]]:
    """Of a doctor the decisions that rest on a value corrected since, when there are any."""
    count = decision_changes.count(work) if work.actor.role is Role.DOCTOR else 0
    href, words = url_for("review_queue.index", _anchor="h-changed"), _("Changed since your decision")
    return [{"href": href, "label": words, "count": count_text(count), "kind": "soon"}] if count else []


def list_url(name: str) -> str:
    """Where a list is worked through."""
    return url_for("calls.index") if name == "to-call" else url_for("worklists.index", list=name)


def letters(work: Work) -> list[dict[str, str]]:
    """The letters that wait for this role."""
    words = {"returned": _("Letters returned"), "to_authorise": _("Letters to authorise"),
             "authorised": _("Letters to send"), "failed": _("Letters not delivered"),
             "returned_by_post": _("Letters that came back by post")}  # fmt: skip
    counts, _overdue = letter_lists.counts(work)
    return [
        {"href": url_for("letters.index", state=state), "label": words[state], "count": count_text(counts[state]),
         "kind": "late" if state in DID_NOT_ARRIVE and counts[state] else ""}
        for state in LETTERS[work.actor.role] if counts[state] or state not in WHEN_ANY
    ]  # fmt: skip


def copies(work: Work) -> list[dict[str, str]]:
    """Of the secretary the copies that did not arrive, when there are any."""
    count = copy_failures.count(work) if work.actor.role is Role.SECRETARY else 0
    href, words = url_for("letter_copies.index"), _("Copies not delivered")
    return [{"href": href, "label": words, "count": count_text(count), "kind": "late"}] if count else []
