"""What each setting of the protocol is called and what it moves, in Dutch and English."""

from __future__ import annotations

from collections.abc import Mapping

Pair = tuple[str, str]

UNITS: Mapping[str, Pair] = {
    "days": ("dagen", "days"),
    "months": ("maanden", "months"),
    "mm": ("mm", "mm"),
    "percent": ("%", "%"),
    "working_days": ("werkdagen", "working days"),
    "kg_m2": ("kg/m²", "kg/m²"),
    "sd": ("SD", "SD"),
    "age": ("jaar oud", "years of age"),
    "mg_a_day": ("mg per dag", "mg a day"),
}

SETTING_WORDS: Mapping[str, tuple[Pair, Pair]] = {
    "pause_days": (
        ("Onderbreking telt vanaf", "A pause counts from"),
        ("Een langere onderbreking verschuift het geplande einde.", "A longer pause moves the planned end."),
    ),
    "ten_years_days": (
        ("Tien jaar gebruik", "Ten years of use"),
        ("Wanneer dossier en beoordeling zeggen dat 10 jaar is bereikt.", "When record and review say ten years."),
    ),
    "chain_months": (
        ("Aaneengesloten kuren", "Courses in one chain"),
        ("Hoe lang tussen twee kuren mag zitten om samen te tellen.", "How far apart courses may be to count as one."),
    ),
    "class_limit_days": (
        ("Grens voor alle bisfosfonaten samen", "Limit of all bisphosphonates together"),
        ("Het besluit na een overstap.", "The review after a switch."),
    ),
    "credit_percent": (
        ("Eerdere kuren tellen voor", "Earlier courses count for"),
        ("Het besluit na een overstap.", "The review after a switch."),
    ),
    "early_months": (
        ("Eerste controle na de start", "First control after the start"),
        ("De eerste controle.", "The first control."),
    ),
    "early_from_days": (
        ("Eerste controle telt vanaf", "First control counts from"),
        ("Welke controle de eerste voldoet.", "Which control satisfies the first."),
    ),
    "yearly_months": (
        ("Jaarcontrole na de vorige", "Yearly control after the last"),
        ("Elke jaarcontrole.", "Every yearly control."),
    ),
    "yearly_from_months": (
        ("Jaarcontrole telt vanaf", "Yearly control counts from"),
        ("Welke controle als jaarcontrole telt.", "Which control counts as yearly."),
    ),
    "yearly_gap_months": (
        ("Minste tijd na een vroege controle", "Least time after an early control"),
        ("De eerste jaarcontrole.", "The first yearly control."),
    ),
    "registered_grace_days": (
        ("Respijt bij inschrijving", "Grace at registration"),
        ("Of bij een lopende kuur nog een eerste controle nodig is.", "Whether a running course still owes a first."),
    ),
    "after_pause_months": (
        ("Controle na een onderbreking", "Control after a pause"),
        ("De controle na een onderbreking.", "The control after a pause."),
    ),
    "after_pause_from_days": (
        ("Controle na onderbreking telt vanaf", "Control after a pause counts from"),
        ("Welke controle daarvoor telt.", "Which control counts for it."),
    ),
    "long_pause_months": (
        ("Besluit bij een lange onderbreking", "Review of a long pause"),
        ("Het besluit over een open onderbreking.", "The review of an open pause."),
    ),
    "long_pause_from_months": (
        ("Dat besluit telt vanaf", "That review counts from"),
        ("Welk besluit daarvoor telt.", "Which review counts for it."),
    ),
    "break_review_from_months": (
        ("Herbeoordeling telt vanaf, vóór de datum", "Reassessment counts from, before its date"),
        ("Welk besluit een behandelpauze herbeoordeelt.", "Which review reassesses a break."),
    ),
    "before_review_days": (
        ("DXA en wervelfoto vóór het besluit", "DXA and spine image before the review"),
        ("De streefdatum van beide.", "The due date of both."),
    ),
    "before_review_within_months": (
        ("Die mogen zo oud zijn", "They may be this old"),
        ("Of een eerdere DXA volstaat.", "Whether an earlier DXA suffices."),
    ),
    "before_review_opens_months": (
        ("Die kunnen gepland worden vanaf", "They can be planned from"),
        ("Wanneer zij op de lijst komen.", "When they come on the list."),
    ),
    "mid_course_months": (
        ("DXA halverwege", "DXA in mid-course"),
        ("Een extra DXA; uit is geen.", "An extra DXA; off is none."),
    ),
    "mid_course_from_months": (
        ("Die telt vanaf, vóór de datum", "It counts from, before its date"),
        ("Welke DXA daarvoor telt.", "Which DXA counts for it."),
    ),
    "fracture_days": (
        ("Onderzoek en besluit na een fractuur", "Images and review after a fracture"),
        ("De drie punten na een fractuur.", "The three items after a fracture."),
    ),
    "fracture_after_months": (
        ("Fractuur telt vanaf", "A fracture counts from"),
        ("Welke fractuur tijdens behandeling telt.", "Which fracture on treatment counts."),
    ),
    "review_from_months": (
        ("Besluit telt vanaf, vóór de datum", "A review counts from, before its date"),
        ("Welk besluit het einde voldoet.", "Which review satisfies the end."),
    ),
    "postpone_months": (
        ("Langste uitstel van een besluit", "Longest postponement"),
        ("Tot wanneer een arts kan uitstellen.", "Until when a doctor can postpone."),
    ),
    "last_dose_before_end_days": (
        ("Laatste gift vóór het einde", "Last dose before the end"),
        ("Of vlak voor het einde nog een gift komt.", "Whether a dose still comes near the end."),
    ),
    "lab_before_days": (
        ("Bloedonderzoek vóór een infuus", "Laboratory before an infusion"),
        ("De streefdatum van het onderzoek.", "Its due date."),
    ),
    "lab_within_days": (
        ("Dat mag zo oud zijn", "It may be this old"),
        ("Of een eerdere uitslag volstaat.", "Whether an earlier result suffices."),
    ),
    "lab_late_before_days": (
        ("Te laat, dagen vóór het infuus", "Late, days before the infusion"),
        ("Wanneer het onderzoek te laat is.", "When it is late."),
    ),
    "letter_days": (
        ("Brief aan de huisarts binnen", "Letter to the GP within"),
        ("Wanneer een brief te laat is.", "When a letter is late."),
    ),
    "untreated_days": (
        ("Besluit als geen kuur loopt", "Review when no course runs"),
        ("Het besluit na een stop.", "The review after a stop."),
    ),
    "height_red_mm": (
        ("Lengteverlies, rood vanaf", "Height loss, red from"),
        ("De rode melding lengteverlies.", "The red alert on height loss."),
    ),
    "height_amber_mm": (
        ("Lengteverlies, oranje vanaf", "Height loss, amber from"),
        ("De oranje melding lengteverlies.", "The amber alert on height loss."),
    ),
    "height_reset_days": (
        ("Nieuwe referentie na wervelfoto", "New reference after a spine image"),
        ("Met welke lengte wordt vergeleken.", "Which height is compared with."),
    ),
    "height_months": (
        ("Hoogste lengte van de laatste", "Highest height of the last"),
        ("Met welke lengte wordt vergeleken.", "Which height is compared with."),
    ),
    "height_recalled_mm": (
        ("Verlies t.o.v. vroeger, rood boven", "Loss against recalled height, red above"),
        ("De melding t.o.v. vroeger.", "The alert against recalled height."),
    ),
    "height_gain_mm": (
        ("Lengtetoename, oranje boven", "Height gain, amber above"),
        ("De melding van een meetfout.", "The alert on a wrong measurement."),
    ),
    "weight_days": (
        ("Gewicht vergeleken over", "Weight compared over"),
        ("De melding gewichtsverlies.", "The alert on weight loss."),
    ),
    "weight_amber_percent": (
        ("Gewichtsverlies, oranje vanaf", "Weight loss, amber from"),
        ("De oranje melding.", "The amber alert."),
    ),
    "weight_red_percent": (
        ("Gewichtsverlies, rood vanaf", "Weight loss, red from"),
        ("De rode melding.", "The red alert."),
    ),
    "low_bmi": (("Lage BMI onder", "Low BMI below"), ("De melding lage BMI.", "The alert on low BMI.")),
    "renal_months": (
        ("Creatinine mag zo oud zijn", "Creatinine may be this old"),
        ("De melding nierfunctie.", "The alert on kidney function."),
    ),
    "adherence_amber_percent": (
        ("Therapietrouw, oranje onder", "Adherence, amber below"),
        ("De oranje melding.", "The amber alert."),
    ),
    "adherence_red_percent": (
        ("Therapietrouw, rood onder", "Adherence, red below"),
        ("De rode melding.", "The red alert."),
    ),
    "criterion_hip_t": (
        ("Criterium T-score heup, vanaf", "Criterion hip T-score, at or below"),
        ("Of dit criterium bij een besluit vervuld is; geen datum.", "Whether it is met at a review; no date."),
    ),
    "criterion_age_years": (
        ("Criterium leeftijd, vanaf", "Criterion age, from"),
        ("Of leeftijd met T-score vervuld is; geen datum.", "Whether age with T-score is met; no date."),
    ),
    "criterion_age_t": (
        ("Criterium T-score bij die leeftijd, vanaf", "Criterion T-score at that age, at or below"),
        ("Of leeftijd met T-score vervuld is; geen datum.", "Whether age with T-score is met; no date."),
    ),
    "criterion_glucocorticoid_mg": (
        ("Criterium glucocorticoïden, vanaf", "Criterion glucocorticoids, from"),
        ("Of dit criterium bij een besluit vervuld is; geen datum.", "Whether it is met at a review; no date."),
    ),
    "criterion_fracture_months": (
        ("Criterium nieuwe fractuur telt vanaf", "Criterion new fracture counts from"),
        ("Welke fractuur daar na de start meetelt; geen datum.", "Which fracture after the start counts; no date."),
    ),
    "criterion_adherence_percent": (
        ("Criteria therapietrouw, grens", "Criteria adherence, limit"),
        ("De drie criteria met therapietrouw; geen datum.", "The three criteria with adherence; no date."),
    ),
    "review_fresh_months": (
        ("Feiten voor een besluit mogen zo oud zijn", "Facts for a review may be this old"),
        ("Wat bij een besluit als ontbrekend telt; geen datum.", "What is missing at a review; no date."),
    ),
}


def setting_title(name: str, lang: str) -> str:
    """What a setting is called."""
    return SETTING_WORDS[name][0][lang != "nl"]


def setting_moves(name: str, lang: str) -> str:
    """What a setting moves."""
    return SETTING_WORDS[name][1][lang != "nl"]


def unit(name: str, lang: str) -> str:
    """A unit in words."""
    return UNITS[name][lang != "nl"]
