"""The whole record on paper, in Dutch and English: what each table and each column is called, and what is not said.

One word for a column of any table; where that would be the wrong word, the table stands before it.
"""

from __future__ import annotations

from clinic.wording.dossier_facts import FACTS
from clinic.wording.dossier_letters import LETTERS

Pair = tuple[str, str]  # Dutch, English

TABLES: dict[str, Pair] = {
    # in this order they stand on paper
    "patients": ("Uw gegevens", "Your data"),
    "contact_persons": ("Contactpersonen", "Contact persons"),
    "patient_changes": ("Wijzigingen in uw gegevens", "Changes of your data"),
    "merges": ("Samengevoegde patiëntnummers", "Merged patient numbers"),
    "statements": ("Uw verklaring", "Your statement"),
    "rights_requests": ("Uw verzoeken", "Your requests"),
    "courses": ("Behandelingen", "Courses"),
    "pauses": ("Onderbrekingen", "Pauses"),
    "doses": ("Toedieningen", "Doses"),
    "course_stops": ("Einde van een behandeling", "Ends of a course"),
    "proposals": ("Voorstellen aan de arts", "Proposals to the doctor"),
    "glucocorticoids": ("Glucocorticoïden", "Glucocorticoids"),
    "controls": ("Controles", "Controls"),
    "agreements": ("Wat is afgesproken", "What was agreed"),
    "control_drafts": ("Controles die nog niet af zijn", "Controls that are not finished"),
    "scans": ("DXA", "DXA"),
    "scan_values": ("Waarden", "Values"),
    "spine_images": ("Wervelfoto's", "Spine images"),
    "fractures": ("Fracturen", "Fractures"),
    "labs": ("Laboratoriumuitslagen", "Lab results"),
    "reviews": ("Besluiten", "Reviews"),
    "review_drafts": ("Beoordelingen die nog niet af zijn", "Reviews that are not finished"),
    "review_skips": ("Beoordelingen, overgeslagen voor een dag", "Reviews passed over for a day"),
    "decision_changes": ("Besluiten, na een correctie opnieuw bekeken", "Decisions looked at after a correction"),
    "due_items": ("Acties die het protocol noemt", "What the protocol says is due"),
    "overrides": ("Verplaatste streefdata", "Moved due dates"),
    "waivers": ("Niet nodig verklaard", "Waivers"),
    "alerts": ("Signalen", "Alerts"),
    "alert_notes": ("Wat de arts bij een signaal noteerde", "What the doctor noted on an alert"),
    "appointments": ("Afspraken", "Appointments"),
    "calls": ("Telefoongesprekken", "Calls"),
    "calling": ("Bellijst", "Call list"),
    "letters": ("Brieven", "Letters"),
    "letter_subjects": ("Vertelt van", "Tells of"),
    "standing_copies": ("Vaste afschriften", "Standing copies"),
    "letter_copies": ("Afschriften", "Copies"),
    "patient_letters": ("Eerdere brieven aan u", "Earlier letters to you"),
    "earlier_letters": ("Brieven van vóór het register", "Letters of before the register"),
    "correction_notices": ("Hoe een correctie is gemeld", "How a correction was told"),
    "breach_tasks": ("Brieven met onjuiste gegevens", "Letters with wrong data"),
    "form_drafts": ("Teksten die nog niet verstuurd zijn", "Texts that were not sent yet"),
    "reported_deaths": ("Meldingen van overlijden", "Reports of a death"),
    "restrictions": ("Afscherming van het dossier", "Restriction of the record"),
    "restriction_admitted": ("Heeft toegang", "Has access"),
    "emergency_openings": ("Geopend met noodtoegang", "Opened in an emergency"),
}

NOT_ON_PAPER: dict[str, str] = {
    "id": "a number; what refers to a row names the row itself",
    "patient_id": "hers, whose number and name stand on top",
    "sort_key": "by which lists order her name, which is there",
    "template": "the look of a page, which is a file beside",
    "text_sha256": "seals the words, which are there",
    "pdf_sha256": "seals the page, a file beside",
    "envelope_sha256": "seals the envelope, which is there",
    "facts": "of what a letter was composed: its words are there, and so are the facts themselves",
    "facts_version": "how many facts there are, so that a decision knows them all",
    "refresh_on": "when the program looks again at what stands here",
    "has_copies": "whether there are standing copies, which are there",
    "nothing_planned": "whether nothing is due: what is due is there",
    "tries": "how often the program tried to hand a letter over; what came of it is there",
    "next_try_at": "when it tries again",
    "came_back": "under which name a letter leaves again; that it came back is there",
    "letter_subjects.number": "which of two of one day",
    "letter_subjects.fact_id": "a number; kind and day of the fact are there",
    "form_drafts.number": "whose words it changes; the words are there",
    "due_items.number": "which of two of one day",
    "appointments.external_number": "the number of the booking in the hospital's agenda",
    "appointments.agenda_said": "the booking as that agenda sent it, which is there in words",
}
"""What the data hold and the paper does not, and why; a law of the tests lets nothing else be left out."""

SOURCE: Pair = ("Dit alles staat ook als gegevens in record.json.", "All of this stands as data in record.json too.")
NO_LONGER: Pair = ("geldt niet meer", "no longer stands")
NAMES: dict[str, Pair] = FACTS | LETTERS


def said(pair: Pair, lang: str) -> str:
    """The Dutch or the English of a pair."""
    return pair[0 if lang == "nl" else 1]


def table_name(table: str, lang: str) -> str:
    """What a table is called."""
    return said(TABLES[table], lang)


def column_name(table: str, column: str, lang: str) -> str:
    """What a column of a table is called."""
    return said(NAMES.get(f"{table}.{column}") or NAMES[column], lang)


def on_paper(table: str, column: str) -> bool:
    """Whether a column is told; the law sees to it that each one that is not has a reason."""
    return column not in NOT_ON_PAPER and f"{table}.{column}" not in NOT_ON_PAPER
