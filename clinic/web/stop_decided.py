"""What a doctor signed about the end of a course, as it stands above the form that carries it out."""

from __future__ import annotations

from clinic.domain.vocabulary import Drug, ReviewOutcome, StopKind
from clinic.services.stop_decisions import signed_end
from clinic.services.work import Work
from clinic.store.reviews import Review
from clinic.store.treatments import Course
from clinic.store.users import User
from clinic.web import language
from clinic.web.language import gettext as _
from clinic.web.presenters import day, plain
from clinic.web.signed import signer
from clinic.wording.labels import label


def in_words(work: Work, course: Course) -> str:
    """Its day, who signed, what was decided and from when; nothing when no end was signed."""
    row = signed_end(work, course)
    if row is None:
        return ""
    name = signer(row, work.session.get_one(User, row.recorded_by).name)
    what = ", ".join(part for part in told(row, language.current()) if part)
    return str(_("Decision of %(day)s, signed by %(name)s: %(what)s.", day=day(row.on_date), name=name, what=what))


def told(row: Review, lang: str) -> tuple[str, ...]:
    """The outcome, whether a break begins, the next drug and its years, the day on which it takes effect."""
    return (
        label(ReviewOutcome(row.outcome), lang),
        label(StopKind(row.stop_kind), lang) if row.stop_kind else "",
        label(Drug(row.next_drug), lang) if row.next_drug else "",
        str(_("for %(years)s years", years=plain(row.next_years))) if row.next_years else "",
        str(_("from %(day)s", day=day(row.effective_on))),
    )
