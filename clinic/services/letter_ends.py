"""How a letter ends that will not be sent: withdrawn, or marked as overtaken while it lies on the printer."""

from __future__ import annotations

from clinic.security.audit import Action
from clinic.services.work import Work
from clinic.store import corrections, print_runs
from clinic.store.letters import Letter


def take_out(work: Work, letter: Letter, remark: str | None = None) -> bool:
    """Withdraw a letter that no longer holds, and say whether anything was done.

    One that lies on the printer may be in the post: it is marked as overtaken, and ends when it was not printed.
    """
    lies = print_runs.lying(work.session, letter.id) if letter.state == "authorised" else None
    if lies is None:
        withdraw(work, letter, remark)
        return True
    if lies.overtaken_at is not None:
        return False
    lies.overtaken_at = work.now
    work.note(Action.LETTER_EDITED, letter.patient_id, f"letter:{letter.id}", {"overtaken": True})
    return True


def withdraw(work: Work, letter: Letter, remark: str | None = None) -> None:
    """End a letter that will not be sent."""
    leave_corrections(work, letter)
    letter.state = "withdrawn"
    letter.remark = remark
    work.note(Action.LETTER_EDITED, letter.patient_id, f"letter:{letter.id}", {"state": "withdrawn"})


def leave_corrections(work: Work, letter: Letter) -> None:
    """The corrections that a letter was to tell of are left for the patient's next one."""
    for notice in corrections.told_in(work.session, letter.id):
        notice.told_in = None
