"""What a control's page says of letters that left: that one did, and what was chosen when it was corrected."""

from __future__ import annotations

from clinic.domain.vocabulary import TellChoice
from clinic.services import corrections
from clinic.services.work import Work
from clinic.store.controls import Control
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.presenters import day
from clinic.wording.labels import label

SENTENCES |= {
    "tell_unchosen": lambda: _("A letter about this control has left: choose how the GP hears of the correction."),
    "tell_because": lambda: _("Say why the GP is not told."),
}


def left(work: Work, row: Control) -> str:
    """The day on which the last letter left that told of this control; empty when none did."""
    found = corrections.letters_about(work, row)
    return day(found[0].sent_on) if found else ""


def told(work: Work, row: Control, lang: str) -> str:
    """What was chosen when this version came after a letter had left."""
    found = corrections.told_of(work, row.id)
    if found is None:
        return ""
    notice, letter = found
    choice = label(TellChoice(notice.choice), lang)
    said = _("after the letter of %(day)s: %(choice)s", day=day(letter.sent_on), choice=choice)
    return " ".join(part for part in (said, notice.because) if part)
