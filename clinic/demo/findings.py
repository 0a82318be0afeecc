"""The situations of the record: what was measured, reported, seen on images and agreed."""

from __future__ import annotations

from datetime import timedelta

from clinic.demo.situations import Situation, denosumab_open, five_years_up, in_step
from clinic.demo.story import INTAKE, Story
from clinic.domain.calendar import add_months
from clinic.domain.vocabulary import Symptom
from clinic.services.controls import ALWAYS_ASKED


def shrunk(s: Story) -> None:
    """Two centimetres shorter than a year ago: red."""
    start = s.ago(29)
    s.course("alendronic_acid", start, "5", schedule="1× per week", dose="70 mg")
    s.yearly(start, s.ago(15))
    s.height -= 21
    s.control(s.ago(0, 6), letter="to_authorise")


def recalled_height(s: Story) -> None:
    """Once four and a half centimetres taller."""
    s.describe(recalled_max_height_mm=s.height + 45, recalled_max_height_source="Paspoort 1985")
    start = s.ago(4)
    s.course("alendronic_acid", start, "5", schedule="1× per week", dose="70 mg")
    s.control(s.ago(0, 20))


def grew(s: Story) -> None:
    """Twelve millimetres taller than last year: one of the two was measured wrong."""
    start = s.ago(28)
    s.course("alendronic_acid", start, "5", schedule="1× per week", dose="70 mg")
    s.yearly(start, s.ago(14))
    s.height += 12
    s.control(s.ago(3, 8))


def thin(s: Story) -> None:
    """A BMI below 18.5."""
    s.height, s.weight = 1660, 48000
    start = s.ago(15)
    s.course("risedronic_acid", start, "5", schedule="1× per week", dose="35 mg")
    s.yearly(start)


def lost_weight(s: Story) -> None:
    """Six per cent lighter."""
    start = s.ago(26)
    s.course("alendronic_acid", start, "5", schedule="1× per week", dose="70 mg")
    s.yearly(start, s.ago(13))
    s.weight = s.weight * 93 // 100
    s.control(s.ago(1, 12))


def thigh_pain(s: Story) -> None:
    """Pain in the thigh, reported and not yet judged."""
    start = s.ago(52)
    s.course("alendronic_acid", start, "10", schedule="1× per week", dose="70 mg")
    s.yearly(start, s.ago(14))
    s.control(
        s.ago(0, 4), letter="to_authorise",
        symptoms=dict.fromkeys(ALWAYS_ASKED, False) | {Symptom.THIGH_OR_GROIN_PAIN: True},
        symptom_details={Symptom.THIGH_OR_GROIN_PAIN: {"side": "left", "weeks": 5}},
    )  # fmt: skip


def reports(symptom: Symptom, days: int) -> Situation:
    """A patient in step who told of an alarm symptom so many days ago; a doctor looked and has not judged it yet."""

    def story(s: Story) -> None:
        start = s.ago(17)
        s.course("risedronic_acid", start, "5", schedule="1× per week", dose="35 mg")
        s.yearly(start, s.ago(12))
        s.control(s.ago(0, days), symptoms=dict.fromkeys(ALWAYS_ASKED, False) | {symptom: True})
        s.looked_at(s.ago(0, days - 1))

    return story


OTHER_SYMPTOMS: tuple[Situation, ...] = tuple(
    reports(symptom, 5 + 4 * number)
    for number, symptom in enumerate(Symptom)
    if symptom not in (Symptom.THIGH_OR_GROIN_PAIN, Symptom.JAW_OR_MOUTH)
)


def jaw(s: Story) -> None:
    """A sore in the mouth, judged by the doctor."""
    start = s.ago(28)
    s.course("zoledronic_acid", start, "3", schedule="1× per jaar", dose="5 mg")
    s.dose(start)
    s.dose(s.ago(16))
    s.dose(s.ago(4))
    s.yearly(start, s.ago(13))
    s.control(
        s.ago(3), symptoms=dict.fromkeys(ALWAYS_ASKED, False) | {Symptom.JAW_OR_MOUTH: True},
        symptom_details={Symptom.JAW_OR_MOUTH: {"side": None, "weeks": 2}},
    )  # fmt: skip
    s.note(Symptom.JAW_OR_MOUTH, s.ago(2, 20), "Beoordeeld door de kaakchirurg: geen osteonecrose.")


def forgets_tablets(s: Story) -> None:
    """Missed five of the last twelve tablets."""
    start = s.ago(27)
    s.course("alendronic_acid", start, "5", schedule="1× per week", dose="70 mg")
    s.yearly(start, s.ago(14))
    s.control(s.ago(2), missed_doses=5, doubts=True, intake=INTAKE | {"fasting": False})


def fracture_on_treatment(s: Story) -> None:
    """A wrist fracture in the third year."""
    start = s.ago(32)
    s.course("risedronic_acid", start, "5", schedule="1× per week", dose="35 mg")
    s.yearly(start)
    s.fracture(s.ago(0, 25), "wrist", known=s.ago(0, 18))


def fracture_early(s: Story) -> None:
    """A hip fracture in the first year of treatment."""
    start = s.ago(11)
    s.course("alendronic_acid", start, "5", schedule="1× per week", dose="70 mg")
    s.yearly(start)
    s.fracture(s.ago(2), "hip", known=s.ago(1, 20))


def bone_lost(s: Story) -> None:
    """BMD fell by more than the least significant change on the same device."""
    start = s.ago(30)
    s.scan(start - timedelta(days=20), "-2.2")
    s.course("alendronic_acid", start, "5", schedule="1× per week", dose="70 mg")
    s.yearly(start)
    s.scan(s.ago(0, 21), "-2.7")


def other_device(s: Story) -> None:
    """Two scans on two devices: not comparable."""
    start = s.ago(31)
    s.scan(start - timedelta(days=20), "-2.5", device="Lunar iDXA")
    s.course("alendronic_acid", start, "5", schedule="1× per week", dose="70 mg")
    s.yearly(start)
    s.scan(s.ago(2), "-2.7")


def result_missing(s: Story) -> None:
    """A DXA made three weeks ago, no result yet."""
    five_years_up(s)
    s.scan(s.ago(0, 24), "0", received=None)


def began_before_referral(s: Story) -> None:
    """Seven years on the tablets when the GP referred her."""
    s.describe(registered_on=s.ago(1))
    s.course(
        "alendronic_acid", s.ago(86).replace(day=1), None, schedule="1× per week", dose="70 mg",
        start_precision="month", start_source="Huisarts",
    )  # fmt: skip


def gp_controls(s: Story) -> None:
    """The GP does the controls."""
    start = s.ago(40)
    s.course("alendronic_acid", start, "5", schedule="1× per week", dose="70 mg", controls_by="gp")


def agreed_call(s: Story) -> None:
    """A call was agreed for this week."""
    in_step(s)
    s.agree("call", s.today + timedelta(days=2), s.ago(1), "Maagklachten na verhoging")


def agreed_blood(s: Story) -> None:
    """Blood was agreed for next week, because the calcium was low."""
    in_step(s)
    s.agree("lab", s.today + timedelta(days=7), s.ago(2), "Calcium herhalen")


def agreed_review(s: Story) -> None:
    """The doctor wants to see her in three weeks."""
    in_step(s)
    s.agree("review", s.today + timedelta(days=21), s.ago(1), "Twijfelt over doorgaan")


def agreed_control(s: Story) -> None:
    """A control earlier than the protocol's."""
    start = s.ago(18)
    s.course("alendronic_acid", start, "5", schedule="1× per week", dose="70 mg")
    s.yearly(start)
    s.agree("control", s.ago(-1), s.ago(5), "Na de tandarts")


def on_prednisone(s: Story) -> None:
    """Ten milligrams of prednisone a day."""
    in_step(s)
    s.prednisone(s.ago(10), "10")


def waived(s: Story) -> None:
    """The DXA before the review was let lapse."""
    start = s.ago(58)
    s.course("alendronic_acid", start, "5", schedule="1× per week", dose="70 mg")
    s.yearly(start)
    due = add_months(start, 60) - timedelta(days=14)
    s.waive("dxa.before_review", due, s.ago(0, 10), "Bedlegerig; een DXA is niet meer mogelijk.")


def moved_date(s: Story) -> None:
    """The yearly control comes after her journey: the doctor chose the day, the computed one stays beside it."""
    start = s.ago(23)
    s.course("alendronic_acid", start, "5", schedule="1× per week", dose="70 mg")
    s.yearly(start, s.ago(9))
    s.move("control.yearly", s.ago(0, 9), s.ago(-2), "Twee maanden bij haar dochter in Canada.")


def nothing_planned(s: Story) -> None:
    """Referred and never treated: on the list of those with nothing planned."""
    s.control(s.ago(3))


def deceased(s: Story) -> None:
    """Died last month; the last letter is sent."""
    in_step(s)
    s.leave("deceased", s.ago(1), "Familie belde")


def moved(s: Story) -> None:
    """Moved away on denosumab: somebody has to give the next injection."""
    denosumab_open(s)
    s.leave("moved", s.ago(0, 12), letter="sent")


def declined(s: Story) -> None:
    """Does not want to be followed any more."""
    in_step(s)
    s.leave("declined", s.ago(2), letter="sent")


def transferred(s: Story) -> None:
    """Handed over to the GP; the letter about that is still to be sent."""
    in_step(s)
    s.leave("transferred", s.ago(0, 3))
