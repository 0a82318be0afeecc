"""A letter in each state a letter can have."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from clinic.demo import post
from clinic.demo.situations import Situation, in_step
from clinic.demo.stage import surely
from clinic.demo.story import INTAKE, Story
from clinic.domain.vocabulary import ControlKind
from clinic.services import controls, copies, to_patient
from clinic.services.controls import ALWAYS_ASKED, SaveControl
from clinic.services.copies import AddCopy
from clinic.services.work import Work
from clinic.store.controls import Control
from clinic.store.letters import Letter
from clinic.store.practices import Gp, Practice


def last_control(state: str, days: int, colleague: bool = False) -> Situation:
    """Somebody in step: her last control, perhaps a colleague's, was so many days ago, its letter is in that state."""

    def story(s: Story) -> None:
        start = s.ago(24, days)
        s.course("alendronic_acid", start, "5", schedule="1× per week", dose="70 mg")
        s.yearly(start, s.ago(11))
        s.control(s.today - timedelta(days=days), letter=state, by=s.stage.cast.colleague if colleague else None)

    return story


def no_letter_address(s: Story) -> None:
    """Seen last week; her GP stopped and nobody knows the new one."""
    in_step(s)
    s.redescribe(s.ago(1), gp_id=None)
    s.control(s.today - timedelta(days=5), letter="draft")


def scan_not_told(s: Story) -> None:
    """The result of a DXA came in this week; the letter is a draft."""
    in_step(s)
    s.scan(s.ago(0, 12), "-2.3", letter="draft")


def review_not_told(s: Story) -> None:
    """Continued the day before yesterday; the letter waits for the doctor."""
    start = s.ago(58)
    s.course("alendronic_acid", start, "5", schedule="1× per week", dose="70 mg")
    s.yearly(start)
    s.review(s.ago(0, 2), "continue", "Wervelfractuur; verdraagt de tabletten goed.", "to_authorise", until=s.ago(-36))


def came_back_by_post(s: Story) -> None:
    """Her practice takes letters by post; the last one came back."""
    by_post = select(Gp.id).join(Practice, Practice.id == Gp.practice_id).where(Practice.channel == "post")
    s.describe(gp_id=s.stage.work.session.scalars(by_post.order_by(Gp.id)).first())
    last_control("returned_by_post", 16)(s)


def copy_came_back(s: Story) -> None:
    """Her letter left; the copy for who treats her too came back, for that mailbox is no more."""
    other = select(Gp.id).join(Practice, Practice.id == Gp.practice_id)
    other = other.where(Practice.channel.in_(("secure_mail", "edifact")), Gp.id != s.details.gp_id).order_by(Gp.id)

    def also(work: Work) -> None:
        copies.add(work, AddCopy(s.patient_id, work.session.scalars(other).first(), "medebehandelaar"))

    s.act(s.ago(1), s.stage.cast.secretary, also)
    last_control("copy_failed", 10)(s)


def corrected_after_sending(s: Story) -> None:
    """Her weight was corrected after the letter had left: a second letter took the place of the first."""
    start, seen, found_out = s.ago(24, 20), s.today - timedelta(days=20), s.today - timedelta(days=12)
    answers: dict[str, Any] = {
        "kind": ControlKind.CLINIC, "heights_mm": (s.height,) * 3, "doubts": False, "intake": INTAKE, "missed_doses": 0,
        "symptoms": dict.fromkeys(ALWAYS_ASKED, False),
    }  # fmt: skip
    s.course("alendronic_acid", start, "5", schedule="1× per week", dose="70 mg")
    s.yearly(start, s.ago(11))
    s.saved(seen, "sent", answers | {"weight_g": 66200, "form_token": s.token()})

    def correct(work: Work) -> None:
        wrong = select(Control.id).where(Control.patient_id == s.patient_id, Control.on_date == seen)
        command = SaveControl(
            s.patient_id, seen, **answers, weight_g=62600, form_token=s.token(), tell=("letter", ""),
            corrects=work.session.scalars(wrong).one(), reason="Gewicht verkeerd overgenomen.",
        )  # fmt: skip
        surely(controls.save, work, command)
        post.write(s.stage, s.patient_id, found_out, "sent")

    s.act(found_out, s.stage.cast.nurse, correct)


def written_to(s: Story) -> None:
    """She has her treatment sheet since the last control."""
    start = s.ago(14)
    s.course("alendronic_acid", start, "5", schedule="1× per week", dose="70 mg")
    s.yearly(start)

    def sheet(work: Work) -> None:
        letter_id = to_patient.make(work, s.patient_id, "treatment")
        post.take_on(s.stage, s.ago(1), work.session.get_one(Letter, letter_id), "sent")

    s.act(s.ago(1), s.stage.cast.nurse, sheet)


STATES: tuple[Situation, ...] = (
    last_control("draft", 1, colleague=True),
    last_control("waits", 2),
    last_control("to_authorise", 3, colleague=True),
    last_control("to_authorise", 12),
    last_control("returned", 4),
    last_control("authorised", 5),
    last_control("authorised", 6),
    last_control("queued", 6),
    last_control("failed", 9),
    last_control("sent", 15),
    last_control("delivered", 13),
    came_back_by_post,
    corrected_after_sending,
    written_to,
    copy_came_back,
    last_control("withdrawn", 8),
    no_letter_address,
    scan_not_told,
    review_not_told,
)
