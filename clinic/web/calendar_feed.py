"""One's own calendar as a feed: its address is shown once and can be revoked; the feed names no patient."""

from __future__ import annotations

import hmac
import re
import secrets
from datetime import UTC, date, datetime

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.routing import BaseConverter

from clinic.interop.icalendar import Event, calendar
from clinic.security.guard import needs, public
from clinic.security.permissions import May
from clinic.services import calendar_feed
from clinic.services.work import AMSTERDAM
from clinic.store.appointments import Appointment
from clinic.web.language import gettext as _
from clinic.web.units import engine, reading, writing
from clinic.wording.agenda import kind_label

bp = Blueprint("calendar_feed", __name__)
FORM_TOKEN = re.compile(r"[0-9a-f]{32}\Z")
FELL_THROUGH = ("cancelled", "moved")


class FeedTokenConverter(BaseConverter):
    """The secret part of a feed's address; anything else is an address that does not exist."""

    regex = r"[0-9a-f]{64}"


def new_form_token() -> str:
    """What one showing of the account page hands out."""
    return secrets.token_hex(16)


def token_of(form_token: str) -> str:
    """The secret that belongs to one showing of a page: who posts it twice gets one address."""
    key = str(current_app.secret_key).encode()
    return hmac.new(key, f"calendar feed {form_token}".encode(), "sha256").hexdigest()


@bp.post("/account/calendar")
@needs(May.READ_LISTS)
def make() -> ResponseReturnValue:
    """Make the feed and show its address, once."""
    form_token = request.form.get("form_token", "")
    if FORM_TOKEN.match(form_token) is None:
        abort(400)
    token = token_of(form_token)
    with writing() as work:
        calendar_feed.make(work, token)
    return render_template("account/calendar.html", address=url_for("calendar_feed.feed", token=token, _external=True))


@bp.post("/account/calendar/revoke")
@needs(May.READ_LISTS)
def revoke() -> ResponseReturnValue:
    """The address answers no more."""
    with writing() as work:
        calendar_feed.revoke(work)
    flash(_("The address of your calendar no longer works."), "ok")
    return redirect(url_for("account.index"), 303)


@bp.get("/calendar/<feed_token:token>.ics")
@public
def feed(token: str) -> ResponseReturnValue:
    """The calendar. Public because a calendar program cannot sign in: the address itself is the key, 256 bits of it,
    so that counting wrong tries would only shut out colleagues behind the same address."""
    try:
        owner, chosen = calendar_feed.owner(engine(), token, request.remote_addr)
    except LookupError:
        abort(404)
    with reading(owner) as work:
        events = [event(row, chosen or "nl") for row in calendar_feed.read(work)]
    headers = {"Content-Disposition": 'inline; filename="botwacht.ics"'}
    return Response(calendar("Botwacht", events), mimetype="text/calendar", headers=headers)


def event(row: Appointment, lang: str) -> Event:
    """An appointment as an entry: what kind, when and where; for whom stands in Botwacht alone."""
    return Event(
        uid=f"appointment-{row.id}@botwacht",
        title=kind_label(row.kind, lang),
        place=row.place or "",
        starts=starts(row),
        minutes=row.minutes,
        changed=row.settled_at or row.booked_at,
        revision=row.version - 1,
        cancelled=row.state in FELL_THROUGH,
    )


def starts(row: Appointment) -> date | datetime:
    """The hour in UTC without a zone, or the day when no hour was agreed."""
    if row.at_time is None:
        return row.on_date
    return datetime.combine(row.on_date, row.at_time, AMSTERDAM).astimezone(UTC).replace(tzinfo=None)
