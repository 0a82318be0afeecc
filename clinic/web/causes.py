"""Why something did not leave, in the reader's language; words that somebody or a gateway said stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from clinic.letters import cause
from clinic.web.language import gettext as _

CAUSES: Mapping[str, Callable[[], str]] = MappingProxyType({
    "outbox_unwritable": lambda: _("The folder for outgoing mail cannot be written (%(error)s)."),
    "journal_unwritable": lambda: _("The record of letters that were sent cannot be written (%(error)s)."),
    "page_damaged": lambda: _("The frozen letter is missing or damaged."),
    "letter_closed": lambda: _("The record is restricted: somebody who may open it sends the letter."),
    "copy_closed": lambda: _("The record is restricted: somebody who may open it sends the copy."),
    "copy_stopped": lambda: _("The copy was ended before it left."),
    "copy_lapsed": lambda: _("Not sent: another letter came in the place of this one before the copy arrived."),
    "readdressed": lambda: _("The GP or the practice's mailbox changed while this letter waited in the queue."),
    "left_already": lambda: _("The letter has left; only writing that down is still to follow. %(why)s"),
    "unforeseen": lambda: _("An unforeseen fault (%(fault)s): the administrator finds it in the technical log."),
    "overtaken": lambda: _("Held back before it left: what it tells has changed since."),
    "page_unset": lambda: _("The page cannot be set. The typesetter says: %(error)s"),
    "page_signs": lambda: _("These signs cannot stand on the page: %(signs)s."),
    "message_sign": lambda: _("The sign %(sign)s cannot stand in an EDIFACT message."),
    "message_torn": lambda: _("The EDIFACT message does not end with a whole segment."),
    "message_otherwise": lambda: _("The EDIFACT message does not read back as it was written."),
    "message_unknown": lambda: _("MEDSPE has no segment %(segment)s."),
    "message_order": lambda: _("The segment %(segment)s of the EDIFACT message is not in its place."),
    "message_times": lambda: _("The segment %(segment)s stands in the EDIFACT message %(times)s times."),
    "message_lacks": lambda: _("The EDIFACT message lacks %(segment)s element %(place)s."),
    "message_own_mailbox": lambda: _("The clinic's own mailbox is missing (Settings)."),
    "message_mailbox": lambda: _("The mailbox of the practice is missing."),
    "message_agb": lambda: _("The AGB code of the GP or the practice is missing."),
    "message_department": lambda: _("The name of the department is missing (Settings)."),
    "message_long": lambda: _("%(segment)s element %(place)s of the EDIFACT message is too long."),
    "message_segments": lambda: _("UNT counts %(said)s segments in the EDIFACT message; there are %(found)s."),
    "message_messages": lambda: _("UNZ counts the EDIFACT messages wrongly."),
    "message_control": lambda: _("The control references at the two ends of the EDIFACT message differ."),
    "run_page_damaged": lambda: _("The page of letter %(reference)s is missing or damaged."),
    "run_copy": lambda: _("A copy with letter %(reference)s cannot be set."),
    "run_page_foreign": lambda: _("A page with letter %(reference)s is not of that letter."),
    "run_pages_more": lambda: _("The file has more pages than the letters."),
})  # fmt: skip


def why(text: str | None) -> str:
    """A cause as the reader says it, else the words that were kept."""
    found = cause.read(text or "")
    if found is None or found.code not in CAUSES:
        return text or ""
    told = {name: why(value) for name, value in found.told.items()}
    words = CAUSES[found.code]()
    try:
        return words % told
    except KeyError:  # somebody typed what looks like a cause
        return text or ""
