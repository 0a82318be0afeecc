"""From a patient's record to the record page: cards, alerts, controls, history; words at the edge."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from flask import url_for
from flask_babel import ngettext

from clinic.domain import bone, due
from clinic.domain.alerts import Alert
from clinic.domain.items import DueItem
from clinic.domain.vocabulary import AlertLevel, ControlKind, ItemStatus
from clinic.security.permissions import May
from clinic.services.record import WholeRecord
from clinic.store.controls import Control
from clinic.web import language, unplanned
from clinic.web.appointment_acts import book_acts, booking
from clinic.web.control_text import side_effects
from clinic.web.course_acts import item_acts
from clinic.web.decision_acts import alert_act, review_acts
from clinic.web.language import gettext as _
from clinic.web.page import may
from clinic.web.presenters import cm, day, idband, kg, number, since
from clinic.web.record_history import history
from clinic.web.record_page import Act, AlertLine, Choice, ControlRow, DueCard, RecordPage
from clinic.web.record_timeline import timeline, treatment
from clinic.wording import why as words
from clinic.wording.labels import alert_label, due_label, label
from clinic.wording.people import to_receive

KINDS = {
    ItemStatus.VERY_LATE: "late",
    ItemStatus.LATE: "late",
    ItemStatus.OPEN: "soon",
    ItemStatus.UPCOMING: "plan",
}
ICONS = {
    "control": "clipboard2-pulse", "agreed": "calendar-check", "review": "hourglass-split",
    "reassess": "hourglass-split",
    "course": "stop-circle", "pause": "pause-circle-fill", "dxa": "person-bounding-box", "spine_image": "image",
    "dose": "capsule", "lab": "droplet", "letter": "envelope",
}  # fmt: skip


def build(found: WholeRecord, lang: str, on: date, gp_line: str, show: str) -> RecordPage:
    """The page in the reader's language on a day; `show` filters the history."""
    patient_id = found.patient.id
    here = url_for("patients.record", patient_id=patient_id)
    return RecordPage(
        idband=replace(
            idband(found.patient, lang, on, gp_line),
            bsn_url=url_for("patients.show_bsn", patient_id=patient_id) if found.patient.bsn else None,
        ),
        acts=acts(patient_id, found.facts.active),
        on_no_list=on_no_list(found),
        particulars=particulars(found),
        treatment=treatment(found, lang, on),
        starts=day(unplanned.starts_on(found.facts)),
        due=tuple(card(found, item, lang, on) for item in found.items),
        alerts=tuple(alert_line(found, alert, lang) for alert in (*found.left, *found.alerts)),
        timeline=timeline(found, lang, on),
        controls=control_rows(found, lang),
        filters=tuple(
            Choice(text, f"{here}?show={name}#history" if name else here, show == name)
            for name, text in (
                ("", _("All")),
                ("controls", _("Controls")),
                ("treatment", _("Treatment")),
                ("calls", _("Calls")),
                ("results", _("Results")),
                ("letters", _("Letters")),
            )
        ),
        log=history(found, lang, show),
        looks_url=url_for("patients.looked", patient_id=patient_id) if may(May.READ_PATIENT_LOG) else None,
    )


def alert_line(found: WholeRecord, alert: Alert, lang: str) -> AlertLine:
    """One alert with its reason and, for a doctor, what ends it."""
    return AlertLine(
        kind="flag" if alert.level == AlertLevel.RED else "soon",
        title=alert_label(alert.code, lang),
        since=day(alert.since),
        why=words.sentence(alert.why.code, alert.why.params, lang),
        whence=words.alert_whence(alert.code, found.protocol.name, alert.source, lang),
        act=alert_act(found.patient.id, alert),
    )


def acts(patient_id: int, followed: bool) -> tuple[Act, ...]:
    """The next act of this reader; the one loud button, but not at who is no longer followed."""
    if not may(May.RECORD_CONTROL):
        return ()
    return (
        Act(_("New control"), url_for("controls.new", patient_id=patient_id), "clipboard2-pulse", followed, key="n"),
    )


def on_no_list(found: WholeRecord) -> str:
    """Why she stands on no list; empty when she does (S12), and when she waits for no more than a letter."""
    if not found.facts.active and not found.items:
        return str(_("No longer followed: %(status)s.", status=since(found.patient, language.current())))
    if not due.nothing_planned(found.facts, found.items):
        return ""
    facts = found.facts
    return unplanned.because(bool(facts.record.courses), facts.current is not None, unplanned.starts_on(facts))


def particulars(found: WholeRecord) -> tuple[str, ...]:
    """What one has to know to plan and to receive her."""
    patient = found.patient
    told = (
        *to_receive(patient, language.current()),
        _("comes with %(who)s", who=patient.comes_with) if patient.comes_with else "",
        _("no GP known: letters cannot be sent") if patient.gp is None else "",
    )
    return tuple(text for text in told if text)


def card(found: WholeRecord, item: DueItem, lang: str, on: date) -> DueCard:
    """One due item with its reason, its state and its booking."""
    status = due.status(item, on)
    return DueCard(
        kind=KINDS[status],
        icon=ICONS[item.code.split(".")[0]],
        title=due_label(item.code, lang),
        state=label(status, lang),
        when=day(item.due_on),
        rel=distance((item.due_on - on).days),
        why=words.sentence(item.why.code, item.why.params, lang),
        whence=words.whence(item.code, found.protocol.name, lang),
        code=item.code,
        window=_("opens %(opens)s, late after %(late)s", opens=day(item.opens_on), late=day(item.late_after)),
        booked=booking(found, item),
        backlog=item.backlog and status in (ItemStatus.LATE, ItemStatus.VERY_LATE),
        acts=(*book_acts(found, item), *item_acts(found, item.code), *review_acts(found.patient.id, item)),
    )


def distance(days: int) -> str:
    """How far off a date is, in words."""
    if days == 0:
        return str(_("today"))
    if days > 0:
        return str(ngettext("in %(num)d day", "in %(num)d days", days))
    return str(ngettext("%(num)d day ago", "%(num)d days ago", -days))


def control_rows(found: WholeRecord, lang: str) -> tuple[ControlRow, ...]:
    """Every control, latest first."""
    rows = sorted(found.rows[Control], key=lambda c: (c.on_date, c.id), reverse=True)
    return tuple(control_row(found, row, lang) for row in rows)


def control_row(found: WholeRecord, row: Control, lang: str) -> ControlRow:
    """One line of the table of controls; what was not recorded stays empty."""
    answers = [row.intake_fasting, row.intake_water, row.intake_wait, row.intake_upright, row.intake_calcium_apart]
    given = [answer for answer in answers if answer is not None]
    return ControlRow(
        on=day(row.on_date),
        href=url_for("controls.show", patient_id=row.patient_id, control_id=row.id),
        kind=label(ControlKind(row.kind), lang),
        height=cm(row.height_mm),
        weight=kg(row.weight_g),
        bmi=number(bone.bmi(row.weight_g, row.height_mm)) if row.weight_g and row.height_mm else "",
        intake=_("%(yes)s of %(asked)s", yes=sum(given), asked=len(given)) if given else "",
        missed="" if row.missed_doses is None else str(row.missed_doses),
        side_effects=side_effects(row),
        by=found.users.get(row.recorded_by, ""),
        voided=row.void_reason or "",
    )
