"""What is typed and not finished, kept by the page itself (js/draft.js) or by a button: how the page hears of it."""

from __future__ import annotations

from datetime import datetime

from flask import abort, flash, redirect, request
from flask.typing import ResponseReturnValue

from clinic.domain.errors import RuleBroken
from clinic.services import form_drafts
from clinic.services.form_drafts import Form, Typed
from clinic.services.work import Work
from clinic.web.errors import NEVER_KEPT
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES, sentence
from clinic.web.results import local

SENTENCES |= {
    "form_went_on": lambda: _(
        "This was saved or changed meanwhile. What you type here now is not kept; press save to see what stands."
    ),
}


def quiet() -> bool:
    """Whether the page keeps it by itself and takes a sentence; a button takes the next page."""
    return request.headers.get("Accept") == "*/*"  # of a fetch; a browser that goes on asks for a page


def kept_at(at: datetime) -> str:
    """What the page then shows."""
    return str(_("draft kept %(time)s", time=local(at)[-5:]))


def typed() -> Typed:
    """What stands in the form, less secrets."""
    return {name: given for name, given in request.form.to_dict(flat=False).items() if name not in NEVER_KEPT}


def keep(work: Work, form: Form, here: str) -> ResponseReturnValue:
    """Keep what stands in a form; the page at `here` shows it again. What is not kept is not said to be."""
    try:
        form_drafts.keep(work, form, typed())
    except RuleBroken as broken:
        return (sentence(broken), 409) if quiet() else abort(409)
    return kept_at(work.now) if quiet() else redirect(here, 303)


def discard(work: Work, form: Form, here: str) -> ResponseReturnValue:
    """Throw it away."""
    form_drafts.discard(work, form)
    flash(_("The draft is thrown away."), "ok")
    return redirect(here, 303)


def when(work: Work, form: Form) -> tuple[Typed, str]:
    """What was typed in a form and not sent, and when; nothing and an empty text when there is nothing."""
    draft = form_drafts.of(work, form)
    return (draft.typed, local(draft.saved_at)) if draft is not None else ({}, "")
