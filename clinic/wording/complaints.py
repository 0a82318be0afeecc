"""What an import complains of, in words, in Dutch and English."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from clinic.domain.vocabulary import Sex
from clinic.wording import feeds, past
from clinic.wording.dossier_facts import FACTS
from clinic.wording.labels import due_label, label
from clinic.wording.log import CHANGED

SAY: dict[str, tuple[str, str]] = {
    "file_empty": (
        "Het bestand is leeg. Van een Excel-bestand wordt alleen het eerste blad gelezen.",
        "The file is empty. Only the first sheet of an Excel file is read.",
    ),
    "quote_open": (
        "In rij {row} begint een cel met een aanhalingsteken dat nergens sluit. Haal het weg of sluit het.",
        "In row {row} a cell begins with a quotation mark that closes nowhere. Remove it or close it.",
    ),
    "quote_within": (
        "In rij {row} begint een cel met een aanhalingsteken, en achter het volgende staat nog iets. Haal ze weg.",
        "In row {row} a cell begins with a quotation mark, and something follows the next one. Remove them.",
    ),
    "return_within": (
        "In rij {row} begint midden in een cel een nieuwe regel. Haal die weg, of sla het bestand opnieuw op als CSV.",
        "In row {row} a new line begins within a cell. Remove it, or save the file as CSV anew.",
    ),
    "cell_endless": (
        "In rij {row} is een cel langer dan 131.072 tekens. Kort haar in, of sluit het aanhalingsteken vóór de tekst.",
        "In row {row} a cell is longer than 131,072 characters. Shorten it, or close the quotation mark before it.",
    ),
    "cell_without_outcome": (
        "is een formule zonder uitkomst of met een fout; verbeter de cel",
        "is a formula without an outcome or with an error; correct the cell",
    ),
    "number_without_outcome": (
        "In rij {row} is {column} een formule zonder uitkomst of met een fout. Verbeter de cel in Excel.",
        "In row {row} {column} is a formula without an outcome or with an error. Correct the cell in Excel.",
    ),
    "file_no_table": (
        "Dit is geen tabel. Lever CSV of Excel (.xlsx) aan.", "This is no table. Use CSV or Excel (.xlsx).",
    ),
    "file_swells": (
        "Uitgepakt is dit bestand te groot (meer dan {most} MB, of een cel zonder eind). Lever alleen de lijst aan.",
        "Unpacked this file is too large (over {most} MB, or a cell without end). Send the list alone.",
    ),
    "too_many_rows": ("Meer dan {most} rijen; splits het bestand.", "More than {most} rows; split the file."),
    "column_twice": ("De kolom {column} komt twee keer voor.", "The column {column} occurs twice."),
    "column_missing": (
        "De koppeling noemt de kolommen {missing}; het bestand heeft die niet. Bovenaan staat: {columns}.",
        "The mapping names the columns {missing}; the file does not have them. The header row has: {columns}.",
    ),
    "mapping_unreadable": ("De koppeling is niet te lezen: {why}", "The mapping cannot be read: {why}"),
    "mapping_kind": (
        "De koppeling noemt geen bekend soort bestand of een ander soort ({typed}).",
        "The mapping names no known kind of file, or another kind ({typed}).",
    ),
    "mapping_field": (
        "De koppeling vult het veld {field}; het register heeft dat niet.",
        "The mapping fills the field {field}; the register does not have it.",
    ),
    "empty": ("is leeg en moet gevuld zijn", "is empty and has to be filled"),
    "key_twice": ("komt eerder in het bestand al voor", "occurs earlier in the file already"),
    "row_again": (
        "is dezelfde als rij {first} en gaat daarin op", "is the same as row {first} and goes with it",
    ),
    "row_again_differs": (
        "is dezelfde als rij {first} en gaat daarin op; anders is {columns}, en rij {first} telt",
        "is the same as row {first} and goes with it; {columns} differs, and row {first} counts",
    ),
    "date_unreadable": (
        "'{typed}' is geen datum; schrijf bijvoorbeeld 12-11-2020",
        "'{typed}' is no date; write for example 12-11-2020",
    ),
    "date_as_number": (
        "'{typed}' is een getal; Excel bedoelt er {meant} mee. Geef de kolom de opmaak Datum, of verbeter de cel",
        "'{typed}' is a number; Excel means {meant} by it. Format the column as a date, or correct the cell",
    ),
    "day_missing": ("'{typed}' mist de dag of de maand", "'{typed}' lacks the day or the month"),
    "number_unreadable": ("'{typed}' is geen getal", "'{typed}' is no number"),
    "drug_unknown": ("'{typed}' is geen middel van het protocol", "'{typed}' is no drug of the protocol"),
    "drug_several": (
        "'{typed}' noemt meer dan één middel; geef elke behandeling een eigen rij met eigen start",
        "'{typed}' names more than one drug; give each course a row and a start of its own",
    ),
    "sex_unknown": ("'{typed}': vul v of m in", "'{typed}': fill in f or m"),
    "stop_reason_unknown": ("'{typed}' is geen reden van stoppen", "'{typed}' is no reason to stop"),
    "channel_unknown": (
        "'{typed}': kies post, secure_mail, edifact of none", "'{typed}': choose post, secure_mail, edifact or none",
    ),
    "charset_unknown": ("'{typed}': kies latin_1 of ascii", "'{typed}': choose latin_1 or ascii"),
    "agb_form": ("'{typed}' is geen AGB-code van 8 cijfers", "'{typed}' is no AGB code of 8 digits"),
    "agb_taken": ("deze AGB-code hoort al bij een andere huisarts", "another GP has this AGB code already"),
    "mailbox_missing": ("wat per mail gaat, heeft een postbus nodig", "what is mailed needs a mailbox"),
    "practice_not_here": (
        "AGB-code {typed} staat bij geen praktijk in het register", "AGB code {typed} is no registered practice's",
    ),
    "phone_form": ("'{typed}' is geen telefoonnummer; kijk het na", "'{typed}' is no phone number; please check"),
    "postcode_form": ("'{typed}' is geen postcode; kijk het na", "'{typed}' is no postcode; please check"),
    "email_form": ("'{typed}' is geen e-mailadres; kijk het na", "'{typed}' is no e-mail address; please check"),
    "no_address": (
        "geen adres: een brief per post kan niet weg", "no address: a letter by post cannot leave",
    ),
    "prefix_without_name": (
        "er is geen achternaam van de partner bij dit voorvoegsel", "there is no partner's surname with this prefix",
    ),
    "age_impossible": ("een leeftijd van {typed} kan niet", "an age of {typed} cannot be"),
    "measurement_impossible": ("{typed} kan niet (mag {low} tot {high} zijn)", "{typed} cannot be ({low} to {high})"),
    "measurement_unusual": (
        "{typed} valt buiten {low} tot {high}; kijk het na", "{typed} lies outside {low} to {high}; please check",
    ),
    "bmi_unusual": (
        "BMI {bmi} valt buiten {low} tot {high}; kijk lengte en gewicht na",
        "BMI {bmi} lies outside {low} to {high}; please check height and weight",
    ),
    "years_not_offered": (
        "{typed} jaar: gebruik hele of halve jaren van 0,5 tot 10",
        "{typed} years: use whole or half years from 0.5 to 10",
    ),
    "stop_without_reason": ("gestopt zonder reden; ingevoerd als 'anders'", "stopped without reason; kept as 'other'"),
    "before_start": ("ligt vóór de start van de behandeling", "lies before the start of the course"),
    "pause_ends_before": ("de onderbreking eindigt vóór zij begint", "the pause ends before it begins"),
    "pause_after_stop": (
        "de onderbreking begint na het einde van de behandeling", "the interruption begins after the course ended",
    ),
    "no_treatment_break": (
        "een behandelpauze kan alleen na een bisfosfonaat", "a treatment break follows a bisphosphonate only",
    ),
    "number_taken": ("een andere patiënt heeft dit nummer al", "another patient has this number already"),
    "number_destroyed": (
        "dossier op {typed} vernietigd; de functionaris gegevensbescherming kan het nummer vrijgeven",
        "its record was destroyed on {typed}; the privacy officer can release the number",
    ),
    "gp_unknown": (
        "huisarts {typed} staat niet in het register; de patiënt komt zonder huisarts binnen",
        "GP {typed} is not in the register; the patient comes in without a GP",
    ),
    "patient_unknown": (
        "patiënt {typed} kwam niet met een import binnen", "patient {typed} did not come with an import",
    ),
    "courses_overlap": (
        "overlapt met een behandeling die er al is; er loopt er één tegelijk",
        "overlaps a course that is there already; one runs at a time",
    ),
    "years_differ": (
        "{typed} jaar, maar het register heeft een andere duur; wijzig die bij de patiënt",
        "{typed} years, but the register has another duration; change it on the record",
    ),
    "person_wrote": (
        "{typed}, maar iemand heeft dit hier gewijzigd en dat blijft staan; wijzig het bij de patiënt",
        "{typed}, but somebody changed this here and that stands; change it on the record",
    ),
    "person_wrote_practice": (
        "{typed}, maar iemand heeft dit hier gewijzigd en dat blijft staan; wijzig het bij de praktijk",
        "{typed}, but somebody changed this here and that stands; change it at the practice",
    ),
    "stop_differs": (
        "{typed}, maar het register heeft een andere stopdatum; wijzig die bij de patiënt",
        "{typed}, but the register has another end; change it on the record",
    ),
    "taken_down": (
        "dit van {typed} is hier verbeterd of vervallen verklaard; niet overgenomen",
        "this of {typed} was corrected or voided here; not taken over",
    ),
    "pauses_overlap": (
        "overlapt met een onderbreking die er al is; niet overgenomen",
        "overlaps an interruption that is there already; not taken over",
    ),
    "stop_before_event": (
        "{typed}, maar het register heeft daarna nog een toediening of onderbreking; niet overgenomen",
        "{typed}, but the register has a dose or an interruption after it; not taken over",
    ),
    "pause_after_end": (
        "{typed}, maar de behandeling was toen volgens het register gestopt; niet overgenomen",
        "{typed}, but by the register the course had ended by then; not taken over",
    ),
    **feeds.SAY,
    **past.SAY,
}  # fmt: skip


DECIMAL = re.compile(r"-?\d+\.\d+")


def say(code: str, params: Mapping[str, Any], lang: str) -> str:
    """The sentence of a complaint; `lang` nl (decimal comma) or en."""
    told = with_sex(params, lang)
    if lang != "nl":
        return SAY[code][1].format(**told)
    return SAY[code][0].format(**{name: dutch(value) for name, value in told.items()})


def tell(code: str, params: Mapping[str, Any], lang: str) -> str:
    """What an import does to one patient; an item and a field are named as everywhere."""
    item = due_label(params["item"], lang) if "item" in params else feeds.NO_ITEM[lang]
    told = {**params, "item": item}
    if "field" in params:
        names = CHANGED if code.startswith("gp_") else FACTS
        told = with_sex(told, lang) | {"field": field_name(params["field"], names, lang)}
    return (feeds.TELL | past.TELL)[code][lang != "nl"].format(**told)


def field_name(field: str, names: Mapping[str, tuple[str, str]], lang: str) -> str:
    """A field of a patient or GP; of a destroyed record nothing is left to name."""
    name = {"number": "patients.number"}.get(field, field)
    return names[name][lang != "nl"] if name in names else name


def with_sex(params: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """What is told, with a word for the sex when that is the field it is about."""
    sexes = {str(sex): label(sex, lang) for sex in Sex} if params.get("field") == "sex" else {}
    return {name: sexes.get(str(value), value) for name, value in params.items()}


def dutch(value: Any) -> Any:
    """A number with its decimal comma; anything else as it is."""
    return value.replace(".", ",") if isinstance(value, str) and DECIMAL.fullmatch(value) else value
