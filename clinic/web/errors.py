"""Error pages that say what to do and keep what was typed, and broken rules put at their field."""

from __future__ import annotations

from flask import Flask, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import HTTPException

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action, purpose
from clinic.services.work import Merged, NotAllowed, by
from clinic.store.audit import AuditEntry
from clinic.web import faults, merge_view, who
from clinic.web.kept_typed import NOTHING, Kept, kept_typed, typed_in
from clinic.web.messages import sentence
from clinic.web.units import actor, keep, now, reading

TOO_LARGE = 413
NEVER_KEPT = {"csrf_token", "password", "current_password", "code", "passkey"}
NOT_CARRIED = {
    "auth.sign_in_post", "auth.sign_out", "auth.code_post", "second_factor.show", "second_factor.set_up",
    "locks.unlock", "locks.ask", "locks.unlock_by_passkey", "locks.still_here", "passkeys.ask", "passkeys.sign_in",
    "passkeys.ask_half_way", "passkeys.second_step", "provider.kept",
}  # fmt: skip
"""Steps of signing in and out: nothing that was typed there is saved afterwards."""


def show_on_form(form: FlaskForm, broken: RuleBroken) -> None:
    """Put a broken rule's sentence at its field, or on top of the form when it has none there."""
    field = form._fields.get(broken.field)
    if field is None:
        form.form_errors.append(sentence(broken))
    else:
        field.errors = [*field.errors, sentence(broken)]


def ask(form: FlaskForm, broken: RuleBroken) -> None:
    """Put what is asked about a value beside the tick that answers it: of another value it is asked anew."""
    if "asked" in broken.params:
        form[f"{broken.field}_of"].data, form[broken.field].data = broken.params["asked"], False


def typed() -> list[tuple[str, str]]:
    """What the person typed on the page that could not be saved, less secrets."""
    return [(name, value) for name, values in request.form.lists() if name not in NEVER_KEPT for value in values]


def sign_in_again() -> ResponseReturnValue:
    """The lock or the sign-in page; a post that met a closed session brings its fields along."""
    from clinic.web import locks
    from clinic.web.auth import SignInForm

    kept = carried()
    page = locks.page(kept) or render_template("auth/sign_in.html", form=SignInForm(formdata=None), kept=kept)
    return page, 401


def carried() -> Kept:
    """What was typed: on this page, or before it and carried along by a step of signing in that came too late."""
    if request.method != "POST":
        return NOTHING
    if request.endpoint in NOT_CARRIED:
        return kept_typed()
    return typed_in(str(session.get("_user_id", "")), tuple(typed()), request.full_path)


def problem(status: int) -> ResponseReturnValue:
    """The page of an error, with what was typed; of what is too large to be read nothing is."""
    kept = typed() if request.method == "POST" and status != TOO_LARGE else []
    return render_template("errors/page.html", code=status, kept=kept, again=request.full_path), status


def merged_number(merged: Merged) -> ResponseReturnValue:
    """A number that is no longer used says where she goes on; what was typed for it is shown, and not saved."""
    if request.method != "POST":
        return redirect(url_for("merges.merged", patient_id=merged.args[0]))
    with reading() as work:
        said = merge_view.told(work, who.numbered(work, merged.args[0]))
        return render_template("merges/merged.html", typed=typed(), **said), 409


def write_down_refusal(patient_id: int | None = None, subject: str | None = None) -> None:
    """Who wanted what and was refused; a look of its own, kept before the page says so."""
    who = actor()
    entry = AuditEntry(
        at=now(),
        action=Action.REFUSED,
        **by(who),
        patient_id=patient_id or (request.view_args or {}).get("patient_id"),
        subject=subject or f"page:{request.endpoint}",
        address=who.address,
        purpose=purpose(Action.REFUSED, who.role),
        trace=who.trace,
        outcome="refused",
    )
    keep([entry])


def register(app: Flask) -> None:
    """Every error the app can meet, in one place."""
    pages = {400, 403, 404, 405, 409, TOO_LARGE, 429, 500, 503}

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> ResponseReturnValue:
        if error.code == 401 or (isinstance(error, CSRFError) and not current_user.is_authenticated):
            return sign_in_again()
        if error.code is None or error.code < 400:
            return error
        if error.code == 403:
            write_down_refusal()
        return problem(error.code if error.code in pages else 500 if error.code >= 500 else 400)

    @app.errorhandler(NotAllowed)
    def not_allowed(_error: NotAllowed) -> ResponseReturnValue:
        write_down_refusal()
        return problem(403)

    app.register_error_handler(Merged, merged_number)

    @app.errorhandler(IntegrityError)
    def sent_before(error: IntegrityError) -> ResponseReturnValue:
        """One form is one act: its token stands for something else already, or was saved at this very moment."""
        if "form_token" not in str(error.orig):
            raise error
        return problem(409)

    faults.register(app, lambda: problem(503))
