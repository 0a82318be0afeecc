"""A line of the log in words; values of facts, reasons and what was searched for stay out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import ngettext

from clinic.security.audit import Action
from clinic.services.work import local_time
from clinic.store.audit import AuditEntry
from clinic.store.log import Line
from clinic.web.language import gettext as _
from clinic.web.worklist_rows import list_labels
from clinic.wording import log as words
from clinic.wording.people import role_label

TOLD_WHOLE = {
    Action.SETTINGS_CHANGED,
    Action.PROTOCOL_CHANGED,
    Action.ACCOUNT_CHANGED,
}  # old and new too: nothing of a patient is in them
CODED = {
    "role", "may_authorise", "active", "password", "sign_in", "calendar_feed", "second_factor", "recovery_codes",
    "sessions", "authorise_own",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One line as the page and the file show it."""

    when: str
    who: str
    function: str
    what: str
    about: str
    number: str
    patient_id: int | None
    refused: bool
    address: str


def row_of(line: Line, names: Mapping[int, str], lang: str) -> Row:
    """In words."""
    entry = line.entry
    return Row(
        when=local_time(entry.at).strftime("%d-%m-%Y %H:%M:%S"),
        who=who(line),
        function=function(entry, lang),
        what=words.said(words.ACTIONS, entry.action, lang),
        about=about(line, names, lang),
        number=line.number or "",
        patient_id=entry.patient_id,
        refused=entry.outcome != "done" or entry.action == Action.SIGN_IN_FAILED,
        address=entry.address or "",
    )


def who(line: Line) -> str:
    """What she was called then; of before that was kept what the account is called, or why there is none."""
    entry = line.entry
    if kept := entry.actor_name or line.name:
        return kept
    if (entry.details or {}).get("by") == "command line":
        return str(_("command line"))
    return str(_("nobody known") if entry.action == Action.SIGN_IN_FAILED else _("the program"))


def function(entry: AuditEntry, lang: str) -> str:
    """What she was then, in words; who typed a command is known to the operating system alone."""
    if entry.actor_name and entry.role is None:
        return str(_("command line"))
    return entry.actor_function or role_label(entry.role, lang)


def about(line: Line, names: Mapping[int, str], lang: str) -> str:
    """What it was about, how many patients, which settings from what to what."""
    entry = line.entry
    parts = [subject(entry.subject, names, lang)] if entry.subject else []
    details: dict[str, Any] = entry.details or {}
    count = len(entry.shown) if entry.shown is not None else details.get("patients")
    if isinstance(count, int):
        parts.append(ngettext("%(num)d patient", "%(num)d patients", count))
    if (because := details.get("because")) in words.BECAUSE:
        parts.append(words.said(words.BECAUSE, because, lang))
    if entry.action in TOLD_WHOLE:
        parts += [change(name, old, new, names, lang) for name, (old, new) in details.get("changes", {}).items()]
    return " · ".join(parts)


def subject(text: str, names: Mapping[int, str], lang: str) -> str:
    """kind:id in words."""
    kind, _colon, key = text.partition(":")
    if kind in ("user", "account"):
        key = names.get(int(key), key) if key.isdecimal() else key
    if kind == "list":
        key = lists().get(key, key)
    return " ".join(part for part in (words.subject(kind, lang), key if kind != "settings" else "") if part)


def lists() -> dict[str, str]:
    """What each list is called, those without a tab of their own included."""
    return {
        **list_labels(),
        "alarms": _("Red alerts"),
        "log": _("log"),
        "looks": _("who looked"),
        "requests": _("Requests of patients"),
        "past_term": _("Records of twenty years ago"),
        "accounts": _("accounts"),
        "practices": _("practices"),
        "breaches": _("data breaches"),
        "restricted": _("Restricted records"),
        "emergencies": _("Opened in an emergency"),
        "log_review": _("monthly review of the log"),
        "day": _("day list"),
        "ahead": _("emergency list"),
        "compare": _("Compare with a list"),
    }


def change(name: str, old: Any, new: Any, names: Mapping[int, str], lang: str) -> str:
    """Old and new of one column."""
    told = [value(name, side, names, lang) for side in (old, new)]
    return f"{words.said(words.CHANGED, name, lang)}: {told[0]} → {told[1]}"


def value(name: str, held: Any, names: Mapping[int, str], lang: str) -> str:
    """A value as a person reads it."""
    if held is None or held == "":
        return "–"
    if name == "responsible_doctor_id":
        return names.get(held, str(held))
    return words.said(words.VALUES, str(held), lang) if name in CODED else str(held)
