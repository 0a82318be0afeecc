"""How a letter writes dates, numbers, drugs and places: Dutch, in the clinic's words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from clinic.domain.vocabulary import Drug
from clinic.store.base import Json
from clinic.wording.labels import label

MONTHS = (
    "januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november",
    "december",
)  # fmt: skip
SHORTENED = {"enz.", "etc.", "dgn.", "wkn.", "mnd."}
SIDE_EFFECTS = {
    "none": "geen",
    "abdominal_pain": "buikpijn", "nausea": "misselijkheid", "diarrhoea": "diarree", "cramps": "darmkrampen",
    "constipation": "moeizame stoelgang", "headache": "hoofdpijn", "bone_pain": "bot- of spierpijn",
    "rash": "huiduitslag", "dizziness": "duizeligheid",
}  # fmt: skip
SEVERITY = {"mild": "licht", "moderate": "matig", "severe": "ernstig"}
SIDES = {"left": "links", "right": "rechts", "both": "beiderzijds"}
NOT_AS_PRESCRIBED = {
    "fasting": "niet nuchter", "water": "niet met een glas water", "wait": "geen half uur gewacht met eten of drinken",
    "upright": "niet een half uur rechtop", "fixed_day": "niet op een vaste dag",
    "calcium_apart": "calcium op hetzelfde moment",
}  # fmt: skip
AN_HOUR = {"wait": "geen uur gewacht met eten of drinken", "upright": "niet een uur rechtop"}
"""Of the tablet of ibandronic acid (ui/wording.md)."""
BLOOD = {
    "creatinine_umol_l": ("creatinine", "µmol/l"), "egfr": ("eGFR", "ml/min"),
    "calcium_mmol_l": ("calcium", "mmol/l"), "vitamin_d_nmol_l": ("25-OH-vitamine D", "nmol/l"),
    "pth_pmol_l": ("PTH", "pmol/l"),
}  # fmt: skip
PRESCRIBERS = ("huisarts", "polikliniek", "ander ziekenhuis")
"""What the pages offer for who prescribes: the first is asked to go on (`asked.gp_prescribes`), the others are not."""
VERDICTS = {
    "within": "binnen LSC", "gain": "toegenomen, meer dan LSC", "loss": "afgenomen, meer dan LSC",
}  # fmt: skip
TECHNIQUES = {"vfa": "VFA", "x_ray": "Wervelfoto", "ct": "CT wervelkolom", "mri": "MRI wervelkolom"}


def day(iso: str) -> str:
    """23-11-2026."""
    return date.fromisoformat(iso).strftime("%d-%m-%Y")


def day_in_words(iso: str) -> str:
    """23 november 2026."""
    on = date.fromisoformat(iso)
    return f"{on.day} {MONTHS[on.month - 1]} {on.year}"


def month(iso: str) -> str:
    """November 2027, without a capital."""
    on = date.fromisoformat(iso)
    return f"{MONTHS[on.month - 1]} {on.year}"


def as_known(iso: str, precision: str) -> str:
    """A date no more exact than it was recorded."""
    return {"year": iso[:4], "month": month(iso)}.get(precision) or day(iso)


def since_about(iso: str, precision: str) -> str:
    """On a day, or about a month or a year when no more is known."""
    return f"op {day(iso)}" if precision == "day" else f"omstreeks {as_known(iso, precision)}"


def used_for(drug: str, days: int) -> str:
    """A drug and the years of its use, as protocol C4 counts them."""
    return f"{drug_name(drug)} {number(Decimal(days) / Decimal('365.25'))} jaar"


def number(value: Decimal | str, places: int = 1) -> str:
    """With a comma and a real minus."""
    return f"{Decimal(value):.{places}f}".replace("-", "−").replace(".", ",")


def signed(value: str) -> str:
    """With its sign, also when it is positive, in as many places as it has; one at least."""
    written = number(value, max(1, len(value.partition(".")[2])))
    return f"+{written}" if Decimal(value) > 0 else written


def trimmed(value: str) -> str:
    """A decimal as it was written down, with a comma."""
    return value.replace(".", ",")


def listed(parts: Iterable[str]) -> str:
    """A, b en c."""
    *first, last = list(parts)
    return f"{', '.join(first)} en {last}" if first else last


def sentence(text: str) -> str:
    """With a capital and one full stop."""
    text = text.strip()
    return text and text[:1].upper() + text[1:] + ("" if text[-1] in ".!?" else ".")


def within(text: str | None) -> str | None:
    """Somebody's words for within a sentence, which has a full stop of its own; that of an abbreviation stays."""
    last = (text or "").split()[-1:]
    ends = [word for word in last if word.endswith(".") and "." not in word[:-1] and word.lower() not in SHORTENED]
    return text.rstrip().removesuffix(".") if text and ends else text


def drug_name(drug: str) -> str:
    """What the drug is called."""
    return label(Drug(drug), "nl")


def prescription(course: Json) -> str:
    """Alendroninezuur 70 mg, 1× per week; what is not recorded is left out."""
    what = " ".join(part for part in (drug_name(course["drug"]), course["dose"]) if part)
    return ", ".join(part for part in (what, course["schedule"]) if part)
