"""The history of a record: what happened, by year, latest first, each with a short content."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import groupby

from flask import url_for

from clinic.domain.vocabulary import CallOutcome, ControlKind, Drug, FractureSite, ScanSite, StartPrecision, StopReason
from clinic.services.record import WholeRecord
from clinic.services.work import local_day
from clinic.store.base import Fact
from clinic.store.controls import Control
from clinic.store.imports import EarlierLetter
from clinic.store.scans import Fracture, Lab, Scan, SpineImage
from clinic.store.treatments import Course, CourseStop, Dose, Pause
from clinic.web import to_patient
from clinic.web.language import gettext as _
from clinic.web.patient_history import change_lines
from clinic.web.presenters import as_known, cm, day, kg, number, signed
from clinic.web.record_page import LogEntry, LogYear
from clinic.web.signed_history import signed_lines
from clinic.wording.labels import label

Line = tuple[date, str, LogEntry]  # day, kind for the filter, what is shown


def history(found: WholeRecord, lang: str, show: str) -> tuple[LogYear, ...]:
    """The lines of the kind asked for, by year."""
    lines = [line for line in lines_of(found, lang) if not show or line[1] == show]
    lines.sort(key=lambda line: line[0], reverse=True)
    return tuple(
        LogYear(str(year), tuple(entry for _on, _kind, entry in group))
        for year, group in groupby(lines, key=lambda line: line[0].year)
    )


def entry(
    on: date, kind: str, icon: str, what: str, summary: str = "", voided: str | None = None, href: str | None = None,
    known: str = StartPrecision.DAY,
) -> Line:  # fmt: skip
    """One line; the year stands above it, so it shows day and month, or as much as is known."""
    shown = on.strftime("%d-%m") if known == StartPrecision.DAY else as_known(on, known)
    return on, kind, LogEntry(shown, icon, what, summary, href, voided or "")


def lines_of(found: WholeRecord, lang: str) -> Iterator[Line]:
    """Every line of the history."""
    yield from treatment_lines(found, lang)
    yield from result_lines(found, lang)
    yield from (entry(*line) for line in signed_lines(found, lang))
    yield from (entry(*line) for line in change_lines(found, lang))
    for row in found.rows[Control]:
        height = f"{cm(row.height_mm)} cm" if row.height_mm else ""
        measures = [height, f"{kg(row.weight_g)} kg" if row.weight_g else ""]
        by = found.users.get(row.recorded_by, "")
        summary = ", ".join(text for text in (*measures, by) if text)
        here = url_for("controls.show", patient_id=row.patient_id, control_id=row.id)
        what = f"{_('Control')}, {label(ControlKind(row.kind), lang).lower()}"
        yield entry(row.on_date, "controls", "clipboard2-pulse", what, summary, row.void_reason, here)
    for call in found.calls:
        back = f"{day(call.call_back_on)}" if call.call_back_on else ""
        said = " ".join(part for part in (label(CallOutcome(call.outcome), lang), back) if part)
        summary = ", ".join(text for text in (said, call.note, found.users.get(call.by, "")) if text)
        yield entry(local_day(call.at), "calls", "telephone", _("Call"), summary)
    for before in found.rows[EarlierLetter]:
        what, when = _("GP letter"), _("sent before the register was")
        yield entry(before.sent_on, "letters", "envelope", what, when, before.void_reason)
    states, names = letter_states(), to_patient.names()
    for letter in found.letters:
        on = letter.sent_on or letter.drafted_at.date()
        here = url_for("letters.show", letter_id=letter.id)
        what, where = _("GP letter"), states[letter.state]
        if letter.hers:
            what, where = names[letter.to_patient], f"{_('to the patient')}, {where}"
        yield entry(on, "letters", "envelope", what, where, href=here)
    for hers in found.letters_to_her:
        here = url_for("to_patient.show", patient_id=hers.patient_id, letter_id=hers.id)
        summary = ", ".join(text for text in (_("to the patient"), found.users.get(hers.made_by, "")) if text)
        yield entry(local_day(hers.made_at), "letters", "envelope", names[hers.kind], summary, href=here)


def letter_states() -> dict[str, str]:
    """Where a letter can stand, in words."""
    return {
        "draft": _("draft"), "waits": _("waits"), "to_authorise": _("to authorise"), "returned": _("returned"),
        "authorised": _("authorised"), "queued": _("queued"), "sent": _("sent"), "failed": _("failed"),
        "withdrawn": _("withdrawn"), "delivered": _("delivered"), "returned_by_post": _("came back by post"),
        "replaced": _("CANCELLED, replaced by a later letter"),
    }  # fmt: skip


def treatment_lines(found: WholeRecord, lang: str) -> Iterator[Line]:
    """Starts, stops, pauses, decisions."""
    drugs = {row.id: label(Drug(row.drug), lang) for row in found.rows[Course]}
    here = url_for("courses.index", patient_id=found.patient.id)
    for row in found.rows[Course]:
        summary = " ".join(text for text in (row.dose, row.schedule) if text)
        yield entry(row.started_on, "treatment", "capsule", _("Start: %(drug)s", drug=drugs[row.id]), summary,
                    row.void_reason, here, row.start_precision)  # fmt: skip
    for row in found.rows[CourseStop]:
        what = _("Stop: %(drug)s", drug=drugs.get(row.course_id, ""))
        yield entry(row.stopped_on, "treatment", "stop-circle", what, label(StopReason(row.reason), lang),
                    row.void_reason, here, row.stop_precision)  # fmt: skip
    for row in found.rows[Pause]:
        until = _("until %(day)s", day=day(row.until_on)) if row.until_on else _("still open")
        summary = ", ".join(text for text in (until, row.reason) if text)
        yield entry(row.from_on, "treatment", "pause-circle-fill", _("Pause"), summary, row.void_reason, here)
    for row in found.rows[Dose]:
        what = _("Dose: %(drug)s", drug=drugs.get(row.course_id, ""))
        told = _("confirmed %(day)s by %(who)s", day=day(row.confirmed_on), who=row.confirmed_by)
        parts = (row.place, row.given_by, row.reaction, told if row.confirmed_on else "")
        summary = ", ".join(text for text in parts if text)
        yield entry(row.on_date, "treatment", "droplet", what, summary, row.void_reason, here)


def page(kind: str, row: Fact) -> str:
    """Where a result is read with its versions."""
    return url_for(f"{kind}.show", patient_id=row.patient_id, result_id=row.id)


def result_lines(found: WholeRecord, lang: str) -> Iterator[Line]:
    """Scans, images, fractures, laboratory values."""
    for row in found.rows[Scan]:
        on = row.made_on or row.booked_on or row.requested_on
        scored = [value for value in row.sites if value.t_score is not None]
        scores = ", ".join(f"{label(ScanSite(value.site), lang)} {signed(value.t_score)}" for value in scored)
        awaited = _("result not in yet") if row.made_on else _("requested")
        summary = scores or ("" if row.received_on else awaited)
        yield entry(on, "results", "person-bounding-box", "DXA", summary, row.void_reason, page("scans", row))
    for row in found.rows[SpineImage]:
        seen = {True: _("new vertebral fracture"), False: _("no new fracture"), None: ""}[row.new_fracture]
        on, said = (row.on_date, seen) if row.on_date else (row.requested_on, _("requested"))
        yield entry(on, "results", "image", _("Spine image"), said, row.void_reason, page("spine_images", row))
    for row in found.rows[Fracture]:
        what = _("Fracture: %(site)s", site=label(FractureSite(row.site), lang))
        yield entry(row.on_date, "results", "bandaid", what, row.level or "", row.void_reason, page("fractures", row),
                    row.precision)  # fmt: skip
    for row in found.rows[Lab]:
        values = (
            ("calcium", row.calcium_mmol_l, 2),
            ("25-OH-D", row.vitamin_d_nmol_l, 0),
            ("creatinine", row.creatinine_umol_l, 0),
            ("eGFR", row.egfr, 0),
            ("PTH", row.pth_pmol_l, 1),
        )
        summary = ", ".join(f"{name} {number(value, n)}" for name, value, n in values if value is not None)
        yield entry(row.on_date, "results", "droplet", _("Lab"), summary, row.void_reason, page("labs", row))
