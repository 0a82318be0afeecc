"""Says whom to call when a letter left with what was voided since."""

from __future__ import annotations

from flask import flash

from clinic.services import still_has
from clinic.services.still_has import Has
from clinic.services.work import Work
from clinic.web.language import gettext as _
from clinic.web.presenters import day, phone


def warn(work: Work, patient_id: int) -> None:
    """On the page after a void: who still has a letter that told of it."""
    for has in still_has.found_now(work, patient_id):
        flash(in_words(has), "late")


def in_words(has: Has) -> str:
    """Who has which letter, and her number."""
    number = phone(has.phone) or _("the practice (its number is not recorded)")
    return _("%(gp)s (%(practice)s) still has letter %(letter)s of %(day)s, which does not hold: call %(phone)s.",
             gp=has.gp, practice=has.practice, letter=has.reference, day=day(has.on), phone=number)  # fmt: skip
