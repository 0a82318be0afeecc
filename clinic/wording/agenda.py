"""The agenda in Dutch and English: the kinds of appointment, and the lists that go on paper."""

from __future__ import annotations

from typing import Any

Pair = tuple[str, str]  # Dutch, English

KINDS: dict[str, Pair] = {
    "control": ("Controle op de poli", "Control at the clinic"),
    "phone": ("Telefonisch", "Phone call"),
    "dxa": ("DXA", "DXA"),
    "review": ("Beoordeling door de arts", "Review with the doctor"),
    "infusion": ("Infuus of injectie", "Infusion or injection"),
}
STATES: dict[str, Pair] = {
    "attended": ("geweest", "has been"),
    "no_show": ("niet verschenen", "did not come"),
    "missing": ("niet meer in de agenda van het ziekenhuis", "no longer in the hospital's agenda"),
}
PAPER: dict[str, Pair] = {
    "day": ("Daglijst", "Day list"),
    "ahead": ("Noodlijst", "Emergency list"),
    "until": ("{first} tot en met {last}", "{first} up to and including {last}"),
    "made": ("Botwacht · stand van {at}", "Botwacht · as of {at}"),
    "keep": ("Bevat patiëntgegevens: na gebruik vernietigen.", "Holds patients' data: destroy after use."),
    "page": ("pagina", "page"),
    "hour": ("Tijd", "Time"),
    "patient": ("Patiënt", "Patient"),
    "why": ("Waarvoor en waarom", "What for and why"),
    "phone": ("Telefoon", "Phone"),
    "where": ("Plaats, bij wie", "Place, with whom"),
    "notes": ("Aantekening", "Note"),
    "nobody": ("Geen afspraken.", "No appointments."),
    "doses": ("Injecties en infusen, te geven tot en met {last}", "Injections and infusions due until {last}"),
    "no_doses": ("Geen injecties of infusen.", "No injections or infusions."),
    "what": ("Wat", "What"),
    "due": ("Streefdatum", "Due date"),
    "booked": ("Afspraak", "Appointment"),
    "last": ("Laatst gegeven", "Last given"),
    "duties": ("Dienstdoende arts", "Doctor on duty"),
    "no_duties": ("Niet ingevuld.", "Not filled in."),
    "days": ("Dagen", "Days"),
    "doctor": ("Arts", "Doctor"),
    "no_phone": ("geen nummer bekend", "no number known"),
}


def kind_label(kind: str, lang: str) -> str:
    """What a kind of appointment is called."""
    return one_of(KINDS[kind], lang)


def paper(code: str, lang: str, **params: Any) -> str:
    """A heading or sentence of a list on paper."""
    return one_of(PAPER[code], lang).format(**params)


def one_of(pair: Pair, lang: str) -> str:
    """The Dutch or the English of a pair."""
    return pair[0 if lang == "nl" else 1]
