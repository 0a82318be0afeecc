"""The situations of the protocol, one short story each; dates count back from today."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from clinic.demo.story import Story
from clinic.domain.vocabulary import StopKind

Situation = Callable[[Story], None]


def just_started(s: Story) -> None:
    """Started last month: the early control is to come."""
    s.course("alendronic_acid", s.ago(1, s.rng.randint(0, 12)), "5", schedule="1× per week", dose="70 mg")


def just_proposed(s: Story) -> None:
    """A nurse entered yesterday's agreement in the doctor's name: it waits to be confirmed."""
    s.course("risedronic_acid", s.ago(0, 1), "5", schedule="1× per week", dose="35 mg", proposed=True)


def early_control_due(s: Story) -> None:
    """Started three months ago: the early control is open."""
    s.course("alendronic_acid", s.ago(3, s.rng.randint(-10, 10)), "5", schedule="1× per week", dose="70 mg")


def early_control_late(s: Story) -> None:
    """Five months on the tablets and never seen: late."""
    s.course("risedronic_acid", s.ago(5, s.rng.randint(0, 15)), "5", schedule="1× per week", dose="35 mg")


def in_step(s: Story) -> None:
    """Two years on, every control on time."""
    start = s.ago(12 * s.rng.randint(1, 3) + s.rng.randint(4, 8))
    s.scan(start - timedelta(days=20), "-2.6")
    s.course("alendronic_acid", start, "5", schedule="1× per week", dose="70 mg")
    s.yearly(start)


def yearly_open(s: Story) -> None:
    """The yearly control falls about now."""
    start = s.ago(24, s.rng.randint(-30, 30))
    s.course("alendronic_acid", start, "5", schedule="1× per week", dose="70 mg")
    s.yearly(start, s.ago(8))


def yearly_late(s: Story) -> None:
    """Last seen fourteen to fifteen months ago: late, not yet very late."""
    start = s.ago(38, s.rng.randint(-20, 0))
    s.course("risedronic_acid", start, "5", schedule="1× per week", dose="35 mg")
    s.yearly(start, s.ago(13))


def yearly_very_late(s: Story) -> None:
    """Nobody has seen her for more than a year and a half."""
    start = s.ago(44, s.rng.randint(0, 40))
    s.course("alendronic_acid", start, "5", schedule="1× per week", dose="70 mg")
    s.yearly(start, s.ago(19))


def five_years_up(s: Story) -> None:
    """Five years are nearly over: review, DXA and spine image."""
    start = s.ago(59, s.rng.randint(-20, 20))
    s.scan(start - timedelta(days=30), "-2.8")
    s.course("alendronic_acid", start, "5", schedule="1× per week", dose="70 mg", indication="T-score −2,8")
    s.yearly(start)


def review_ready(s: Story) -> None:
    """Five years over, DXA and spine image are in: the doctor can decide."""
    start = s.ago(60, s.rng.randint(0, 25))
    s.scan(start - timedelta(days=30), "-2.9")
    s.course("alendronic_acid", start, "5", schedule="1× per week", dose="70 mg", indication="wervelfractuur")
    s.fracture(start - timedelta(days=200), "vertebra", known=start)
    s.yearly(start)
    s.scan(s.ago(1, 10), "-2.4")
    s.image(s.ago(1, 10))
    s.lab(s.ago(1, 12))


def ten_years_halfway(s: Story) -> None:
    """Planned for ten years, continued at five."""
    start = s.ago(84, s.rng.randint(0, 60))
    s.scan(start - timedelta(days=30), "-3.2")
    s.course("alendronic_acid", start, "10", schedule="1× per week", dose="70 mg")
    s.yearly(start)
    day = s.ago(25)
    s.scan(day - timedelta(days=40), "-2.6")
    s.image(day - timedelta(days=40))
    s.review(day, "continue", until=s.ago(-36), reason="Heup nog onder −2,5; verdraagt de tabletten goed.")


def postponed(s: Story) -> None:
    """The review waits for the DXA."""
    start = s.ago(61)
    s.course("risedronic_acid", start, "5", schedule="1× per week", dose="35 mg")
    s.yearly(start)
    s.review(s.ago(1), "postpone", until=s.ago(-2), reason="Eerst de DXA afwachten.")


def treatment_break(s: Story) -> None:
    """In a treatment break since a year and a half."""
    start = s.ago(80)
    s.course("alendronic_acid", start, "5", schedule="1× per week", dose="70 mg")
    s.yearly(start, s.ago(20))
    s.review(
        s.ago(18),
        "stop",
        stop_kind=StopKind.BREAK,
        effective_on=s.ago(18),
        reason="Vijf jaar behandeld, T-score heup −2,1.",
    )
    s.stop(s.ago(18), "planned_break")
    s.control(s.ago(6, 10))


def break_over(s: Story) -> None:
    """Two years of break are over: reassessment."""
    start = s.ago(88)
    s.course("alendronic_acid", start, "5", schedule="1× per week", dose="70 mg")
    s.yearly(start, s.ago(26))
    s.review(s.ago(24, 12), "stop", stop_kind=StopKind.BREAK, effective_on=s.ago(24, 12), reason="Vijf jaar behandeld.")
    s.stop(s.ago(24, 12), "planned_break")
    s.control(s.ago(12, 4))


def stop_not_carried_out(s: Story) -> None:
    """Decided to stop, the course still runs."""
    start = s.ago(62)
    s.course("alendronic_acid", start, "5", schedule="1× per week", dose="70 mg")
    s.yearly(start)
    s.review(
        s.ago(0, 20), "stop", stop_kind=StopKind.BREAK, effective_on=s.ago(0, 5), reason="Behandelpauze afgesproken."
    )


def denosumab_in_step(s: Story) -> None:
    """An injection every six months, the next in two."""
    start = s.ago(16)
    s.course("denosumab", start, "3", schedule="1× per 6 maanden", dose="60 mg")
    for months in (16, 10, 4):
        s.dose(s.ago(months), "Thuis")
    s.yearly(start)


def denosumab_open(s: Story) -> None:
    """The next injection falls this month."""
    start = s.ago(18, -12)
    s.course("denosumab", start, "3", schedule="1× per 6 maanden", dose="60 mg")
    for months in (18, 12, 6):
        s.dose(s.ago(months, -12), "Huisartsenpraktijk")
    s.yearly(start)


def denosumab_late(s: Story) -> None:
    """The injection is more than a month late: red."""
    start = s.ago(19, 15)
    s.course("denosumab", start, "3", schedule="1× per 6 maanden", dose="60 mg")
    for months in (19, 13, 7):
        s.dose(s.ago(months, 15), "Huisartsenpraktijk")
    s.yearly(start)


def zoledronic(s: Story) -> None:
    """The yearly infusion is near; creatinine before it."""
    start = s.ago(23, 20)
    s.course("zoledronic_acid", start, "3", schedule="1× per jaar", dose="5 mg")
    s.dose(start)
    s.dose(s.ago(11, 20))
    s.yearly(start)
    s.lab(s.ago(12), 82)


def zoledronic_low_clearance(s: Story) -> None:
    """A creatinine that touches the limit of the infusion."""
    zoledronic(s)
    s.lab(s.ago(0, 9), 128)


def ibandronic_infusion(s: Story) -> None:
    """An infusion every three months."""
    start = s.ago(14)
    s.course("ibandronic_acid_iv", start, "5", schedule="1× per 3 maanden", dose="3 mg")
    for months in (14, 11, 8, 5, 2):
        s.dose(s.ago(months))
    s.yearly(start)


def teriparatide(s: Story) -> None:
    """Two years of daily injections are nearly up."""
    start = s.ago(21)
    s.course("teriparatide", start, "2", schedule="1× per dag", dose="20 µg")
    s.yearly(start)


def romosozumab(s: Story) -> None:
    """A year of monthly injections."""
    start = s.ago(7)
    s.course("romosozumab", start, "1", schedule="1× per maand", dose="210 mg")
    s.yearly(start)


def switched(s: Story) -> None:
    """From tablets to infusions after complaints of the stomach: the class limit counts on."""
    start = s.ago(50)
    s.course("alendronic_acid", start, "5", schedule="1× per week", dose="70 mg")
    s.yearly(start, s.ago(16))
    s.stop(s.ago(14), "switch")
    s.course("zoledronic_acid", s.ago(13), "3", schedule="1× per jaar", dose="5 mg")
    s.dose(s.ago(13))
    s.control(s.ago(10))
    s.control(s.ago(1))


def open_pause(s: Story) -> None:
    """Interrupted for the dentist and not yet resumed."""
    start = s.ago(29)
    s.course("risedronic_acid", start, "5", schedule="1× per week", dose="35 mg")
    s.yearly(start)
    s.pause(s.ago(3), None, "Kaakchirurgie")


def after_pause(s: Story) -> None:
    """Resumed two months ago: a control after the pause."""
    start = s.ago(33)
    s.course("alendronic_acid", start, "5", schedule="1× per week", dose="70 mg")
    s.yearly(start, s.ago(9))
    s.pause(s.ago(7), s.ago(2, 20), "Maagklachten")


def stopped_untreated(s: Story) -> None:
    """Stopped for side effects, nothing instead."""
    start = s.ago(20)
    s.course("alendronic_acid", start, "5", schedule="1× per week", dose="70 mg")
    s.yearly(start, s.ago(8))
    s.stop(s.ago(2), "side_effects")


def denosumab_stopped(s: Story) -> None:
    """Denosumab stopped at her own wish: the rebound asks for somebody."""
    start = s.ago(31)
    s.course("denosumab", start, "3", schedule="1× per 6 maanden", dose="60 mg")
    for months in (31, 25, 19, 13, 7):
        s.dose(s.ago(months))
    s.yearly(start)
    s.stop(s.ago(1), "patient_wish")
