"""What each figure is called and how it is counted, and those that cannot be had with why, in Dutch and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from clinic.domain.figures import CaseState, Figure
from clinic.domain.protocol import Protocol

Pair = tuple[str, str]  # Dutch, English


class Words(NamedTuple):
    """A figure's name, and of what it counts how much; in braces what a version of the protocol decides."""

    name: Pair
    counts: Pair


FIGURES: Mapping[Figure, Words] = {
    Figure.LETTER: Words(
        ("Brief op tijd", "Letter on time"),
        ("Controles in de periode waarover de huisarts binnen {letter} bericht kreeg.",
         "Controls of the period of which the GP heard within {letter}."),
    ),
    Figure.YEARLY: Words(
        ("Jaarcontrole op tijd", "Yearly control on time"),
        ("Jaarcontroles met een streefdatum in de periode, gedaan tot en met {yearly} erna.",
         "Yearly controls due in the period, done until {yearly} after."),
    ),
    Figure.DECISION: Words(
        ("Besluit op tijd", "Decision on time"),
        ("Beoordelingen van de behandelduur met een streefdatum in de periode, getekend op of voor die datum. Wat op"
         " tijd is uitgesteld, telt op de nieuwe datum.",
         "Reviews of treatment duration due in the period, signed on or before that date. What was postponed in time"
         " counts on its new date."),
    ),
    Figure.INJECTION: Words(
        ("Injectie op tijd", "Injection on time"),
        ("Injecties denosumab met een streefdatum in de periode, gegeven tot en met {injection} erna.",
         "Denosumab injections due in the period, given until {injection} after."),
    ),
    Figure.INFUSION: Words(
        ("Infuus op tijd", "Infusion on time"),
        ("Infusen met een streefdatum in de periode, gegeven voordat ze te laat waren (zoledroninezuur {zoledronic},"
         " ibandroninezuur {ibandronic} erna).",
         "Infusions due in the period, given before they were late (zoledronic acid {zoledronic}, ibandronic acid"
         " {ibandronic} after)."),
    ),
    Figure.FIRST: Words(
        ("Eerste controle op tijd", "First control on time"),
        ("Gestarte behandelingen met een controle 11 tot en met 17 weken na de start; telt op de dag dat die 17 weken"
         " om zijn.",
         "Courses started with a control 11 to 17 weeks after the start; counts on the day those 17 weeks are over."),
    ),
    Figure.PERSISTENCE: Words(
        ("Na 12 maanden nog behandeld", "Still treated after 12 months"),
        ("Gestarte behandelingen die na 365 dagen doorlopen, ook met een ander middel, zonder onderbreking van meer dan"
         " 60 dagen; telt op dag 365.",
         "Courses started that go on after 365 days, also with another drug, without a gap of more than 60 days; counts"
         " on day 365."),
    ),
    Figure.MEASURED: Words(
        ("Lengte en gewicht gemeten", "Height and weight measured"),
        ("Controles op de poli waarbij beide zijn gemeten.", "Controls at the clinic at which both were measured."),
    ),
    Figure.HEIGHT: Words(
        ("Lengteverlies opgevolgd", "Height loss followed up"),
        ("Rode signalen lengteverlies met binnen 6 weken een wervelfoto of een notitie van een arts.",
         "Red height loss alerts with a spine image or a doctor's note within 6 weeks."),
    ),
    Figure.PREPARED: Words(
        ("DXA en wervelfoto bij besluit", "DXA and spine image at a decision"),
        ("Besluiten (voortzetten, stoppen, wisselen) met een DXA en een wervelfoto van hoogstens 6 maanden oud.",
         "Decisions (continue, stop, switch) with a DXA and a spine image of at most 6 months old."),
    ),
    Figure.OVERRUN: Words(
        ("Langer dan gepland zonder besluit", "Past the planned end without a decision"),
        ("Patiënten in controle op de dag van berekening die langer dan 90 dagen na het geplande einde een bisfosfonaat"
         " gebruiken zonder besluit. Ook de achterstand bij start.",
         "Patients followed on the day of computing who use a bisphosphonate more than 90 days past the planned end"
         " without a decision. The backlog at the start included."),
    ),
    Figure.LOST: Words(
        ("Uit beeld", "Lost to follow-up"),
        ("Patiënten in controle op de dag van berekening, 6 maanden of langer na de streefdatum van hun controle zonder"
         " controle of contact sindsdien. Ook de achterstand bij start.",
         "Patients followed on the day of computing, 6 months or more past the date of their control without a control"
         " or contact since. The backlog at the start included."),
    ),
}  # fmt: skip

STATES: Mapping[CaseState, Pair] = {
    CaseState.MET: ("op tijd", "on time"),
    CaseState.MISSED: ("niet op tijd", "not on time"),
    CaseState.OPEN: ("termijn loopt nog", "still within its window"),
    CaseState.LEFT_OUT: ("niet meegeteld", "left out"),
}
DAYS = (("dag", "day"), ("dagen", "days"))
WEEKS = (("week", "week"), ("weken", "weeks"))
WORKING_DAYS = (("werkdag", "working day"), ("werkdagen", "working days"))
ON_A_BREAK: Pair = ("{treated} (in een behandelpauze {on_break})", "{treated} (in a treatment break {on_break})")
YES_NO: Mapping[CaseState, Pair] = {CaseState.MET: ("ja", "yes"), CaseState.MISSED: ("nee", "no")}
WITHIN_A_TERM = frozenset(
    (Figure.LETTER, Figure.YEARLY, Figure.DECISION, Figure.INJECTION, Figure.INFUSION, Figure.FIRST, Figure.HEIGHT)
)

NOT_TO_BE_HAD: tuple[tuple[Pair, Pair], ...] = (
    (
        ("Therapietrouw: minstens 80 % van de dagen gedekt (PDC)", "Adherence: at least 80 % of days covered (PDC)"),
        ("Daarvoor zijn afleveringen van de apotheek nodig; het register kent alleen de gemiste doses die een patiënt"
         " noemt.",
         "This needs what the pharmacy dispensed; the register only knows the missed doses a patient tells of."),
    ),
    (
        ("Patiënten gevonden na een fractuur (IOF 1–2, FLS-DB 2–3)",
         "Patients found after a fracture (IOF 1–2, FLS-DB 2–3)"),
        ("Het verwachte aantal fracturen in het verzorgingsgebied staat niet in het register.",
         "The expected number of fractures in the catchment area is not in the register."),
    ),
    (
        ("Onderzoek of DXA binnen 12 weken na de fractuur (IOF 3–4, FLS-DB 4–5, ZIN 1A)",
         "Assessment or DXA within 12 weeks of the fracture (IOF 3–4, FLS-DB 4–5, ZIN 1A)"),
        ("Wie met een fractuur kwam en niet werd behandeld, staat niet in het register: de noemer ontbreekt.",
         "Who came with a fracture and was not treated is not in the register: there is no denominator."),
    ),
    (
        ("Valrisico beoordeeld, oefentherapie gestart (IOF 5, 7, FLS-DB 6, 8)",
         "Falls risk assessed, exercise started (IOF 5, 7, FLS-DB 6, 8)"),
        ("Het register telt gevallen keren; een beoordeling van valrisico of verwijzing voor oefentherapie wordt niet"
         " vastgelegd.",
         "The register counts falls; an assessment of falls risk or a referral for exercise is not recorded."),
    ),
    (
        ("Middel geadviseerd en gestart binnen 16 weken (IOF 6, 8–10, FLS-DB 7, 9–11)",
         "Drug recommended and started within 16 weeks (IOF 6, 8–10, FLS-DB 7, 9–11)"),
        ("Een advies dat niet tot een behandeling leidde, wordt niet vastgelegd.",
         "A recommendation that led to no treatment is not recorded."),
    ),
)  # fmt: skip


def pick(pair: Pair, lang: str) -> str:
    """One of the two languages."""
    return pair[0 if lang == "nl" else 1]


def name(figure: Figure, lang: str) -> str:
    """What a figure is called."""
    return pick(FIGURES[figure].name, lang)


def counts(figure: Figure, lang: str, protocol: Protocol) -> str:
    """How a figure is counted, with the terms of the version by which it was."""
    windows = protocol.windows
    injection = windows["dose.denosumab"]
    return pick(FIGURES[figure].counts, lang).format(
        letter=span(protocol.letter_days, WORKING_DAYS, lang),
        yearly=of_yearly(windows["control.yearly"].late_days, windows["control.break_yearly"].late_days, lang),
        injection=span(injection.very_late_days or injection.late_days, DAYS, lang),
        zoledronic=span(windows["dose.zoledronic_acid"].late_days, DAYS, lang),
        ibandronic=span(windows["dose.ibandronic_acid_iv"].late_days, DAYS, lang),
    )


def of_yearly(treated: int, on_break: int, lang: str) -> str:
    """When a yearly control is late, and in a treatment break where that is another term."""
    if treated == on_break:
        return weeks(treated, lang)
    return pick(ON_A_BREAK, lang).format(treated=weeks(treated, lang), on_break=weeks(on_break, lang))


def weeks(days: int, lang: str) -> str:
    """Whole weeks as weeks, anything else in days."""
    return span(days, DAYS, lang) if days % 7 else span(days // 7, WEEKS, lang)


def span(number: int, units: tuple[Pair, Pair], lang: str) -> str:
    """So many of a unit, one of it by its single word."""
    return f"{number} {pick(units[0 if number == 1 else 1], lang)}"


def state(figure: Figure, ended: CaseState, lang: str) -> str:
    """How a case ended: on time or not where there is a term, else yes or no."""
    yes_no = None if figure in WITHIN_A_TERM else YES_NO.get(ended)
    return pick(yes_no or STATES[ended], lang)
