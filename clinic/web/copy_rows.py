"""Copies of letters in words: for whom each was, what became of it, and where what keeps one is put right."""

from __future__ import annotations

from typing import Any

from flask import url_for

from clinic.domain.errors import RuleBroken
from clinic.security.permissions import May
from clinic.services import copy_failures
from clinic.services.copy_failures import CopyFailure
from clinic.services.letter_facts import stopped
from clinic.services.work import Work
from clinic.store.copies import COPY_OUT, LetterCopy, of_letter
from clinic.store.letters import OUT, Letter
from clinic.web import language, letter_rows, letter_words
from clinic.web.causes import why
from clinic.web.language import gettext as _
from clinic.web.letter_words import Remedy
from clinic.web.messages import sentence
from clinic.web.page import may
from clinic.web.presenters import born_cell, display_name, identity
from clinic.web.spreadsheet import Cell


def to_whom(copy: LetterCopy) -> str:
    """The recipient and the practice, as on the envelope."""
    return ", ".join(part for part in (copy.envelope.get("name"), copy.envelope.get("practice")) if part)


def failed_row(work: Work, one: CopyFailure) -> dict[str, Any]:
    """A copy that did not arrive, on a list."""
    return {
        "name": display_name(one.patient, language.current()),
        "about": identity(one.patient, language.current()),
        "reference": one.letter.reference or "",
        "to": to_whom(one.copy),
        "why": why(one.copy.failure),
        "href": page_of(one),
        "remedies": remedies(work, one),
    }


def cells_of(work: Work, one: CopyFailure) -> list[Cell]:
    """The same as cells of a file."""
    row = failed_row(work, one)
    return [
        one.patient.number, row["name"], born_cell(one.patient), row["reference"], one.letter.sent_on, row["to"],
        letter_rows.channel_label(one.copy.channel), row["why"], ", ".join(remedy.words for remedy in row["remedies"]),
    ]  # fmt: skip


def page_of(one: CopyFailure) -> str:
    """Where it is sent again or ended."""
    return url_for("letters.show", letter_id=one.letter.id, _anchor=f"copy-{one.copy.standing_copy_id}")


def remedies(work: Work, one: CopyFailure) -> list[Remedy]:
    """The recipient who moved or stopped, as long as nothing was put right; else simply once more."""
    if one.problem in ("copy_ended", "copy_lapsed"):
        return [Remedy(str(_("End this copy")), page_of(one))]
    if one.problem or (one.copy.came_back and not one.mended):
        return [*mending(work, one), Remedy(str(_("Send once more or end")), page_of(one))]
    return [Remedy(str(_("Try once more")), page_of(one))]


def mending(work: Work, one: CopyFailure) -> list[Remedy]:
    """Where the address and the mailbox of its recipient are, for who may change them and where that would mend it."""
    if one.problem == "copy_lapsed":
        return []
    if one.gp is None:
        href = url_for("patients.edit", patient_id=one.patient.id, _anchor="street")
        return [Remedy(str(_("Put the address right")), href)] if may(May.EDIT_PATIENT) else []
    if stopped(one.gp, work.today):
        href = url_for("patients.copies", patient_id=one.patient.id)
        return [Remedy(str(_("This recipient has stopped: choose who receives the copies")), href)]
    if not may(May.EDIT_PRACTICE):
        return []
    practice = one.gp.practice_id
    return [
        Remedy(str(_("Put the recipient right")), url_for("practices.edit_gp", practice_id=practice, gp_id=one.gp.id)),
        Remedy(str(_("Put the practice right")), url_for("practices.edit", practice_id=practice)),
    ]


def rows(work: Work, letter: Letter) -> list[dict[str, Any]]:
    """The copies of one letter, each with what may be done about it."""
    signs = letter_words.copy_signs()
    return [
        {
            "kept": copy, "to": to_whom(copy), "lines": ", ".join(copy.envelope.get("lines", [])),
            "sign": signs[copy.state], "seen": copy_failures.mark(copy, copy.envelope_sha256),
            "tried": letter_words.tried(copy),
            "out": copy.state in COPY_OUT and may(May.SEND_LETTER),
            "failed": failed(work, copy, letter) if copy.state == "failed" and may(May.SEND_LETTER) else None,
        }
        for copy in of_letter(work.session, letter.id)
    ]  # fmt: skip


def failed(work: Work, copy: LetterCopy, letter: Letter) -> dict[str, Any]:
    """The envelope that a copy would get now, or what keeps it; one whose letter is not out goes along with that."""
    one = copy_failures.of_copy(work, copy, letter)
    channel = one.envelope.get("channel")
    return {
        "lines": ", ".join(one.envelope.get("lines", [])),
        "channel": letter_rows.channel_label(channel),
        "post": channel == "post",
        "problem": sentence(RuleBroken("state", one.problem)) if one.problem else "",
        "along": letter.state not in OUT,
        "mend": mending(work, one),
        "seen": one.seen,
    }
