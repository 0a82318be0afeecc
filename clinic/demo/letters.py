"""A letter in each state a letter can have."""

from __future__ import annotations

from datetime import timedelta

from clinic.demo.situations import Situation, in_step
from clinic.demo.story import Story


def last_control(state: str, days: int) -> Situation:
    """A patient in step whose last control was so many days ago and whose letter is in that state."""

    def story(s: Story) -> None:
        start = s.ago(24, days)
        s.course("alendronic_acid", start, "5", schedule="1× per week", dose="70 mg")
        s.yearly(start, s.ago(11))
        s.control(s.today - timedelta(days=days), letter=state)

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


STATES: tuple[Situation, ...] = (
    last_control("draft", 1),
    last_control("to_authorise", 3),
    last_control("to_authorise", 12),
    last_control("returned", 4),
    last_control("authorised", 5),
    last_control("authorised", 6),
    last_control("queued", 6),
    last_control("failed", 9),
    last_control("sent", 15),
    last_control("withdrawn", 8),
    no_letter_address,
    scan_not_told,
    review_not_told,
)
