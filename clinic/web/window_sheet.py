"""A sheet to hold against the clinic's envelope: the window where the settings have it, with rulers."""

from __future__ import annotations

from flask import Response
from flask.typing import ResponseReturnValue

from clinic.letters.render import sheets_pdf
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import settings
from clinic.store.base import Json
from clinic.store.settings import ClinicSettings
from clinic.web import language
from clinic.web.language import gettext as _
from clinic.web.units import reading

LONGEST = (  # as long as an address gets: what does not fit here, does not fit on a letter
    "Gezondheidscentrum De Oude Zuivelfabriek", "De heer J.P.M. van der Meulen-Ouwerkerk, huisarts",
    "Burgemeester Van Wijngaardenstraat 1124-B", "1234 AB  'S-HERTOGENBOSCH",
)  # fmt: skip


@needs(May.EDIT_SETTINGS)
def window() -> ResponseReturnValue:
    """The sheet to print."""
    with reading() as work:
        made = sheets_pdf(told(settings.current(work.session)), work.now, "sheets/window-1")
    headers = {"Content-Disposition": f'inline; filename="{_("test-print")}.pdf"'}
    return Response(made, mimetype="application/pdf", headers=headers)


def told(row: ClinicSettings) -> Json:
    """What stands on it."""
    mm = [getattr(row, name) for name in settings.WINDOW]
    left, top, width, height = mm
    return {
        "lang": language.current(),
        "title": _("Test print for the window of the envelope"),
        "about": _("Print this sheet at 100 %, without fitting it to the page."),
        "steps": [
            _("Fold it at the marks at the left edge and put it in an envelope."),
            _("The whole address shows in the window, also when the sheet slides, and nothing else does."),
            _("If not: read on the rulers where the window is, and type those numbers in the settings."),
        ],
        "numbers": _("Set now: %(left)s mm from the left, %(top)s from the top, %(width)s wide, %(height)s high.",
                     left=left, top=top, width=width, height=height),
        "window": mm,
        "address": LONGEST,
    }  # fmt: skip
