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
