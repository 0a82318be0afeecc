"""What comes along when two numbers are merged, in Dutch and English, by table."""

from __future__ import annotations

Pair = tuple[str, str]  # Dutch, English

KINDS: dict[str, Pair] = {
    "courses": ("behandeling", "course"),
    "course_stops": ("einde behandeling", "end of a course"),
    "pauses": ("onderbreking", "pause"),
    "doses": ("toediening", "dose"),
    "controls": ("controle of contact", "control or contact"),
    "agreements": ("gemaakte afspraak", "agreement"),
    "scans": ("DXA", "DXA"),
    "spine_images": ("wervelfoto", "spine image"),
    "fractures": ("fractuur", "fracture"),
    "labs": ("laboratoriumuitslag", "lab result"),
    "glucocorticoids": ("glucocorticoïden", "glucocorticoids"),
    "reviews": ("beoordeling", "review"),
    "decision_changes": ("besluit op gewijzigde gegevens", "decision on changed facts"),
    "waivers": ("niet nodig verklaard", "waiver"),
    "alert_notes": ("notitie bij signaal", "note on an alert"),
    "overrides": ("verzette datum", "date that was moved"),
    "earlier_letters": ("brief van vroeger", "letter of before"),
    "appointments": ("geboekte afspraak", "appointment"),
    "letters": ("brief", "letter"),
    "patient_letters": ("brief aan de patiënt", "letter to the patient"),
    "statements": ("verklaring van de patiënt", "statement of the patient"),
    "standing_copies": ("afschrift van brieven", "standing copy of letters"),
    "calls": ("belpoging", "call"),
    "proposals": ("voorstel", "proposal"),
    "correction_notices": ("correctie naar buiten", "correction told outside"),
    "breach_tasks": ("mogelijk datalek", "possible data breach"),
    "restrictions": ("afscherming van het dossier", "restriction of the record"),
    "emergency_openings": ("noodtoegang", "emergency opening"),
}


def kind_word(kind: str, lang: str) -> str:
    """What a row is, by its table."""
    return KINDS[kind][0 if lang == "nl" else 1]
