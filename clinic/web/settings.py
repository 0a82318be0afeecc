"""The manager's settings pages: the clinic and its letter window, the logo, the doctors as letters name them."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from clinic.domain.errors import RuleBroken
from clinic.security.guard import needs, signed_in
from clinic.security.permissions import May
from clinic.services import accounts, letter_logo, settings
from clinic.services.logo import MOST_BYTES
from clinic.services.work import Stale, Work
from clinic.store.settings import ClinicSettings
from clinic.store.users import User
from clinic.web import closures, duties, mandates, planning_export, window_sheet
from clinic.web.errors import show_on_form
from clinic.web.keys import key_or
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.practice_form import charset_words
from clinic.web.settings_form import TEXTS, ClinicForm, DoctorForm, LogoForm, said, tabs
from clinic.web.sheet import sheet
from clinic.web.units import reading, writing

bp = Blueprint("settings", __name__, url_prefix="/settings")
bp.add_url_rule("/window.pdf", "window", window_sheet.window)
bp.add_url_rule("/duties", "duties", duties.index)
bp.add_url_rule("/duties", "put_duty", duties.put, methods=["POST"])
bp.add_url_rule("/mandates", "mandates", mandates.index)
bp.add_url_rule("/mandates", "give_mandate", mandates.give, methods=["POST"])
bp.add_url_rule("/mandates/<int:mandate_id>/withdraw", "withdraw_mandate", mandates.withdraw, methods=["POST"])
bp.add_url_rule("/mandates/own", "let_own", mandates.let_own, methods=["POST"])
bp.add_url_rule("/duties/<int:duty_id>/withdraw", "withdraw_duty", duties.withdraw, methods=["POST"])
bp.add_url_rule("/closures", "closures", closures.index)
bp.add_url_rule("/closures", "close", closures.close, methods=["POST"])
bp.add_url_rule("/closures/<int:closure_id>/withdraw", "withdraw_closure", closures.withdraw, methods=["POST"])
bp.add_url_rule("/closures/export/<any(csv, xlsx):kind>", "closures_export", planning_export.closed)
bp.add_url_rule("/duties/export/<any(csv, xlsx):kind>", "duties_export", planning_export.on_duty)
bp.add_url_rule("/mandates/export/<any(csv, xlsx):kind>", "mandates_export", planning_export.mandated)

SENTENCES |= {
    "doctor_unknown": lambda: _("Choose a doctor from the list."),
    "window_limits": lambda: _("Must lie between %(low)s and %(high)s mm."),
    "window_off_paper": lambda: _("The window ends beyond %(most)s mm from the left: it runs off the paper."),
    "window_over_fold": lambda: _("The window ends below %(most)s mm, where the paper is folded."),
    "logo_no_svg": lambda: _("This is not an SVG drawing in UTF-8."),
    "logo_not_on_page": lambda: _("This drawing cannot be set on a letter."),
    "logo_no_size": lambda: _("The drawing says no size: it needs a viewBox."),
    "logo_too_large": lambda: _("The file is larger than %(most)s kB."),
    "logo_too_complex": lambda: _("The drawing has too many parts."),
    "logo_forbidden": lambda: _("The drawing holds %(what)s. Save it as a plain SVG with shapes only."),
    "logo_external": lambda: _("The drawing refers to something outside itself (%(what)s)."),
}
LOGO_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


@bp.get("")
@needs(May.EDIT_SETTINGS)
def index() -> ResponseReturnValue:
    """What stands."""
    with reading() as work:
        row = settings.current(work.session)
        names = [*settings.WINDOW, *TEXTS, "phone", "version"]
        stands = {name: getattr(row, name) for name in names}
        stands["responsible_doctor_id"] = row.responsible_doctor_id or 0
        form = ClinicForm(formdata=None, doctors=settings.doctors(work.session), **stands)
        return page(form, row)


def page(form: ClinicForm, row: ClinicSettings, stands: dict[str, str] | None = None, drawn_only: bool = False) -> str:
    """The form with the sheet drawn as typed, or as stored while what was typed cannot be drawn."""
    typed = [getattr(form, name).data for name in settings.WINDOW]
    stored = [getattr(row, name) for name in settings.WINDOW]
    left, top, width, height = typed if all(isinstance(mm, int) for mm in typed) else stored
    address = [_("Name of the practice"), _("Attn. the GP"), _("Street and number"), _("1234 AB Town")]
    drawn = sheet((left, top, width, height), address, _("The letter, with the window of the envelope"))
    return render_template(
        "settings/index.html", form=form, tabs=tabs("settings.index"), drawn=drawn, limits=settings.WINDOW,
        stands=stands or {}, drawn_only=drawn_only,
    )  # fmt: skip


@bp.post("")
@needs(May.EDIT_SETTINGS)
def save() -> ResponseReturnValue:
    """Keep what was typed, or draw it."""
    with writing() as work:
        form = ClinicForm(doctors=settings.doctors(work.session))
        if not form.validate_on_submit():
            return page(form, settings.current(work.session)), 422
        try:
            if form.preview.data:
                settings.check_window(form.details())
                return page(form, settings.current(work.session), drawn_only=True)
            settings.save(work, form.details(), number(form.version.data))
        except RuleBroken as broken:
            show_on_form(form, broken)
            return page(form, settings.current(work.session)), 422
        except Stale as stale:
            return overtaken(work, form, stale)
    flash(_("The settings are saved."), "ok")
    return redirect(url_for("settings.index"), 303)


def number(version: str | None) -> int:
    """The version that a page showed; what is no number is no version."""
    return key_or(version, -1)


def overtaken(work: Work, form: ClinicForm, stale: Stale) -> ResponseReturnValue:
    """Both versions: what was typed in the fields, what stands now beside them."""
    work.session.rollback()
    row = settings.current(work.session)
    stands = {name: charset_words().get(getattr(row, name)) or str(getattr(row, name))
              for name, typed in form.details().values().items()
              if getattr(row, name) != typed and name in form._fields and name != "responsible_doctor_id"}  # fmt: skip
    form.form_errors.append(said(stale))
    form.version.data = row.version
    return page(form, row, stands), 422


@bp.get("/logo")
@needs(May.EDIT_SETTINGS)
def logo() -> ResponseReturnValue:
    """The logo, and the field for another."""
    with reading() as work:
        row = settings.current(work.session)
        return logo_page(LogoForm(formdata=None, version=row.version), row)


def logo_page(form: LogoForm, row: ClinicSettings) -> str:
    """The page of the logo."""
    return render_template(
        "settings/logo.html", form=form, tabs=tabs("settings.logo"), most=MOST_BYTES // 1000,
        shown=letter_logo.fingerprint(row.logo_svg),
    )  # fmt: skip


@bp.post("/logo")
@needs(May.EDIT_SETTINGS)
def save_logo() -> ResponseReturnValue:
    """Another logo; without a file there is none to save."""
    form = LogoForm()
    if not (form.validate_on_submit() and form.logo.data):
        form.logo.errors = [*form.logo.errors, _("Choose a file.")]
        with reading() as work:
            return logo_page(form, settings.current(work.session)), 422
    return change_logo(form, form.logo.data.read(MOST_BYTES + 1), _("The logo is saved."))


@bp.post("/logo/remove")
@needs(May.EDIT_SETTINGS)
def remove_logo() -> ResponseReturnValue:
    """No logo."""
    return change_logo(LogoForm(), None, _("The logo is removed."))


def change_logo(form: LogoForm, content: bytes | None, done: str) -> ResponseReturnValue:
    """Keep or drop the logo; what is in the way is said at the field."""
    with writing() as work:
        try:
            settings.save_logo(work, content, number(form.version.data))
        except RuleBroken as broken:
            show_on_form(form, broken)
            return logo_page(form, settings.current(work.session)), 422
        except Stale as stale:
            work.session.rollback()
            row = settings.current(work.session)
            form.form_errors.append(said(stale))
            form.version.data = row.version
            return logo_page(form, row), 422
    flash(done, "ok")
    return redirect(url_for("settings.logo"), 303)


@bp.get("/logo.svg")
@signed_in
def logo_file() -> ResponseReturnValue:
    """The drawing itself, under a policy of its own: nothing runs, nothing loads."""
    with reading() as work:
        drawing = settings.current(work.session).logo_svg
    if drawing is None:
        abort(404)
    return Response(drawing, mimetype="image/svg+xml", headers={"Content-Security-Policy": LOGO_POLICY})


@bp.get("/doctors")
@needs(May.EDIT_SETTINGS)
def doctors() -> ResponseReturnValue:
    """The doctors, each with a form."""
    with reading() as work:
        return doctors_page(work)


def doctors_page(work: Work, tried: tuple[int, DoctorForm] | None = None) -> str:
    """Every active doctor; of one, what was typed and why it was not kept."""
    forms = {doctor.id: as_stored(doctor) for doctor in settings.doctors(work.session)}
    if tried is not None:
        forms[tried[0]] = tried[1]
    wrong = tried[1] if tried else None
    return render_template("settings/doctors.html", forms=forms, wrong=wrong, tabs=tabs("settings.doctors"))


def as_stored(doctor: User) -> DoctorForm:
    """The form with what stands; its fields are told apart by the doctor's number."""
    return DoctorForm(
        formdata=None, prefix=f"d{doctor.id}", name=doctor.name, function=doctor.function,
        seen=accounts.fingerprint(doctor),
    )  # fmt: skip


@bp.post("/doctors/<int:user_id>")
@needs(May.EDIT_SETTINGS)
def save_doctor(user_id: int) -> ResponseReturnValue:
    """Another name or function."""
    form = DoctorForm(prefix=f"d{user_id}")
    with writing() as work:
        if user_id not in {doctor.id for doctor in settings.doctors(work.session)}:
            abort(404)
        if not form.validate_on_submit():
            return doctors_page(work, (user_id, form)), 422
        try:
            accounts.rename(work, user_id, form.name.data.strip(), form.function.data.strip(), form.seen.data)
        except Stale:
            work.session.rollback()
            now = work.session.get_one(User, user_id)
            form.form_errors.append(
                _("Somebody else changed this doctor meanwhile to: %(name)s, %(function)s. Save once more to put yours "
                  "in its place.", name=now.name, function=now.function)
            )  # fmt: skip
            form.seen.data = accounts.fingerprint(now)
            return doctors_page(work, (user_id, form)), 422
    flash(_("The doctor is saved."), "ok")
    return redirect(url_for("settings.doctors"), 303)
