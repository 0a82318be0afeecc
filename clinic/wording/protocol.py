"""What the numbers in the tables of a protocol are called and move, and why a number is refused."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from clinic.domain.numbers import ALL, Value, Wrong
from clinic.domain.settings import BY_NAME, Setting
from clinic.domain.vocabulary import AlertCode, Drug, DueCode, ScanSite
from clinic.wording import settings
from clinic.wording.labels import Pair, alert_label, due_label, label

UNITS: Mapping[str, Pair] = {**settings.UNITS, "years": ("jaar", "years"), "ml_min": ("ml/min", "ml/min")}
GROUPS: tuple[tuple[str, Pair], ...] = (
    # the first part of a key, what its table is called
    ("", ("Termijnen en grenzen", "Intervals and limits")),
    ("durations", ("Behandelduur", "Durations")),
    ("dose_months", ("Infusen en injecties", "Infusions and injections")),
    ("break_months", ("Herbeoordeling na stoppen", "Reassessment after a stop")),
    ("renal", ("Nierfunctie", "Kidney function")),
    ("lsc_percent", ("LSC", "LSC")),
    ("windows", ("Wanneer iets op de lijst komt en te laat is", "When something opens and is late")),
)
TABLES: Mapping[str, tuple[Pair, Pair]] = {
    # name, what it moves
    "dose_months": (
        ("Tussen twee giften: {of}", "Between two doses: {of}"),
        ("Verschuift de volgende gift.", "Moves the next dose."),
    ),
    "durations.first": (
        ("Duur van {of}", "Duration of {of}"),
        (
            "Verschuift het geplande einde als geen duur is vastgelegd.",
            "Moves the planned end where none was recorded.",
        ),
    ),
    "durations.long": (
        ("Lange duur van {of}", "Long duration of {of}"),
        ("De tweede duur die bij de start wordt aangeboden.", "The second duration that is offered at the start."),
    ),
    "break_months": (
        ("Herbeoordeling na stoppen met {of}", "Reassessment after stopping {of}"),
        ("Verschuift de herbeoordeling van de behandelpauze.", "Moves the reassessment of the treatment break."),
    ),
    "renal.amber": (
        ("Nierfunctie, oranje onder: {of}", "Kidney function, amber below: {of}"),
        ("Bepaalt wie oranje in het dossier staat.", "Decides who is amber on the record."),
    ),
    "renal.red": (
        ("Nierfunctie, rood onder: {of}", "Kidney function, red below: {of}"),
        ("Bepaalt wie rood op de werklijst staat.", "Decides who is red on the worklist."),
    ),
    "lsc_percent": (
        ("LSC: {of}", "LSC: {of}"),
        ("Kleiner BMD-verlies geeft geen signaal.", "A smaller loss of BMD raises no alert."),
    ),
    "windows.opens": (
        ("{of}: op de lijst, vóór de streefdatum", "{of}: opens, before due"),
        ("Vanaf dan staat het als nu plannen op de lijst.", "From then it is open on the list."),
    ),
    "windows.late": (
        ("{of}: te laat, na de streefdatum", "{of}: late, after due"),
        ("Daarna staat het als te laat op de lijst.", "After that it is late on the list."),
    ),
    "windows.very_late": (
        ("{of}: ruim te laat, na de streefdatum", "{of}: very late, after due"),
        ("Daarna staat het als ruim te laat op de lijst.", "After that it is very late on the list."),
    ),
}
KNOWN = {str(code) for code in AlertCode}
AGREED: Pair = ("Afspraak met de patiënt", "Agreed with the patient")

EFFECTS: Mapping[str, Pair] = {
    "late": ("wordt te laat", "becomes late"),
    "open": ("komt nu op de lijst", "becomes due now"),
    "not_yet": ("hoeft nu nog niet", "no longer due now"),
    "new": ("komt erbij, later", "comes, later"),
    "moved": ("verschuift", "moves"),
    "gone": ("vervalt", "falls away"),
    "reason": ("datum blijft, uitleg anders", "same date, other reason"),
    "alert_new": ("nieuw signaal", "new alert"),
    "alert_gone": ("signaal vervalt", "alert falls away"),
}

WRONG: Mapping[str, Pair] = {
    "setting_missing": ("vul een getal in", "fill in a number"),
    "setting_whole": ("vul een heel getal in", "fill in a whole number"),
    "setting_half_years": ("hele of halve jaren", "whole or half years"),
    "setting_credit": ("0, 50 of 100", "0, 50 or 100"),
    "setting_bounds": ("moet tussen {low} en {high} liggen", "must lie between {low} and {high}"),
    "setting_unknown": ("kan hier niet worden ingesteld", "cannot be set here"),
    "setting_order": ("moet kleiner zijn dan “{other}”", "must be less than “{other}”"),
    "setting_most": ("mag niet meer zijn dan “{other}”", "must not be more than “{other}”"),
}


def title(setting: Setting, lang: str) -> str:
    """What a number is called."""
    if setting.name in BY_NAME:
        return settings.setting_title(setting.name, lang)
    table, of = table_of(setting.name, lang)
    return capital(pick(TABLES[table][0], lang).format(of=of))


def moves(setting: Setting, lang: str) -> str:
    """What moves when it is changed."""
    if setting.name in BY_NAME:
        return settings.setting_moves(setting.name, lang)
    return pick(TABLES[table_of(setting.name, lang)[0]][1], lang)


def table_of(key: str, lang: str) -> tuple[str, str]:
    """The table of a setting and the row in it, in words."""
    table, _, rest = key.partition(".")
    if table == "windows":
        code, _, part = rest.rpartition(".")
        of = pick(AGREED, lang) if code == "agreed" else label(DueCode(code), lang)
        return f"windows.{part.removesuffix('_days').removesuffix('_months')}", of
    if table == "lsc_percent":
        return table, label(ScanSite(rest), lang)
    drug, _, part = rest.partition(".")
    return f"{table}.{part}" if part else table, label(Drug(drug), lang)


def unit(setting: Setting, lang: str) -> str:
    """What it counts."""
    return pick(UNITS[setting.unit], lang)


def number(value: Value, lang: str) -> str:
    """A number as it is read; none is a dash."""
    if value is None:
        return "–"
    text = f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
    return (text.replace(".", ",") if lang == "nl" else text).replace("-", "−")


def effect_label(effect: str, lang: str) -> str:
    """What would become of an item or alert."""
    return pick(EFFECTS[effect], lang)


def item_label(code: str, lang: str) -> str:
    """What an item or alert is called."""
    return due_label(code, lang) if code in set(DueCode) else alert_label(code, lang) if code in KNOWN else code


def wrong(found: Wrong, lang: str) -> str:
    """Why a number is refused."""
    said = {
        key: title(ALL[value], lang) if key == "other" else number(value, lang) for key, value in found.params.items()
    }
    return pick(WRONG[found.code], lang).format(**said)


def pick(pair: Pair, lang: str) -> str:
    """The word of a language."""
    return pair[0 if lang == "nl" else 1]


def capital(text: str) -> str:
    """The text with its first letter a capital."""
    return text[:1].upper() + text[1:]
