"""Every closed list in Dutch and English; `ui/wording` of the clinic decides the Dutch."""

from __future__ import annotations

from enum import StrEnum

from clinic.domain import vocabulary as v

Pair = tuple[str, str]  # Dutch, English

LABELS: tuple[tuple[StrEnum, Pair], ...] = (
    # pairs, not a dict: members of two lists that share a string would be one key
    (v.Drug.ALENDRONIC_ACID, ("alendroninezuur", "alendronic acid")),
    (v.Drug.RISEDRONIC_ACID, ("risedroninezuur", "risedronic acid")),
    (v.Drug.IBANDRONIC_ACID_ORAL, ("ibandroninezuur (tablet)", "ibandronic acid (tablet)")),
    (v.Drug.IBANDRONIC_ACID_IV, ("ibandroninezuur (injectie)", "ibandronic acid (injection)")),
    (v.Drug.ZOLEDRONIC_ACID, ("zoledroninezuur", "zoledronic acid")),
    (v.Drug.DENOSUMAB, ("denosumab", "denosumab")),
    (v.Drug.TERIPARATIDE, ("teriparatide", "teriparatide")),
    (v.Drug.ROMOSOZUMAB, ("romosozumab", "romosozumab")),
    (v.Sex.FEMALE, ("vrouw", "female")),
    (v.Sex.MALE, ("man", "male")),
    (v.PatientStatus.ACTIVE, ("Actief", "Active")),
    (v.PatientStatus.DECEASED, ("Overleden", "Deceased")),
    (v.PatientStatus.MOVED, ("Verhuisd, controle elders", "Moved, followed elsewhere")),
    (
        v.PatientStatus.TRANSFERRED,
        (
            "Overgedragen aan huisarts of ander ziekenhuis",
            "Transferred to GP or another hospital",
        ),
    ),
    (v.PatientStatus.DECLINED, ("Ziet af van controle", "Declines follow-up")),
    (v.StartPrecision.DAY, ("op de dag bekend", "known to the day")),
    (v.StartPrecision.MONTH, ("alleen maand bekend", "month only")),
    (v.StartPrecision.YEAR, ("alleen jaar bekend", "year only")),
    (v.ControlKind.CLINIC, ("Poli", "Clinic")),
    (v.ControlKind.PHONE, ("Telefonisch", "Phone")),
    (v.ControlKind.INTERIM, ("Tussentijds", "Interim")),
    (v.ControlsBy.CLINIC, ("controles door de poli", "controls by the clinic")),
    (v.ControlsBy.GP, ("controles door de huisarts", "controls by the GP")),
    (v.StopReason.PLANNED_BREAK, ("Behandelpauze (drug holiday)", "Treatment break")),
    (v.StopReason.SWITCH, ("Overgang op ander middel", "Switch to another drug")),
    (v.StopReason.SIDE_EFFECTS, ("Bijwerkingen", "Side effects")),
    (v.StopReason.CONTRAINDICATION, ("Contra-indicatie", "Contraindication")),
    (v.StopReason.PATIENT_WISH, ("Wens van de patiënt", "Patient's wish")),
    (v.StopReason.OTHER, ("Anders", "Other")),
    (v.ProposalState.WAITING, ("Te bevestigen", "To confirm")),
    (v.ProposalState.CONFIRMED, ("Bevestigd", "Confirmed")),
    (v.ProposalState.RETURNED, ("Teruggestuurd", "Sent back")),
    (v.ScanSite.LUMBAR_SPINE, ("LWK (L1–L4)", "Lumbar spine (L1–L4)")),
    (v.ScanSite.TOTAL_HIP, ("Totale heup", "Total hip")),
    (v.ScanSite.FEMORAL_NECK, ("Femurhals", "Femoral neck")),
    (v.FractureSite.VERTEBRA, ("wervel", "vertebra")),
    (v.FractureSite.HIP, ("heup", "hip")),
    (v.FractureSite.PELVIS, ("bekken", "pelvis")),
    (v.FractureSite.HUMERUS, ("bovenarm", "humerus")),
    (v.FractureSite.WRIST, ("pols", "wrist")),
    (v.FractureSite.OTHER_MAJOR, ("andere grote fractuur", "other major fracture")),
    (v.FractureSite.OTHER, ("andere plaats", "other site")),
    (v.FractureSite.FINGER, ("vinger", "finger")),
    (v.FractureSite.TOE, ("teen", "toe")),
    (v.FractureSite.FACE, ("aangezicht", "face")),
    (v.FractureSite.SKULL, ("schedel", "skull")),
    (v.FractureSite.CERVICAL_SPINE, ("halswervel", "cervical spine")),
    (v.ReviewOutcome.CONTINUE, ("Doorgaan", "Continue")),
    (v.ReviewOutcome.STOP, ("Stoppen", "Stop")),
    (v.ReviewOutcome.SWITCH, ("Overgaan op ander middel", "Switch")),
    (v.ReviewOutcome.POSTPONE, ("Besluit uitstellen", "Postpone")),
    (v.ReviewOutcome.BREAK_ON, ("Behandelpauze voortzetten", "Break goes on")),
    (v.ReviewOutcome.RESTART, ("Opnieuw starten", "Restart")),
    (v.AlarmOutcome.SEEN_NO_ACTION, ("gezien, geen actie nodig", "seen, no action")),
    (v.AlarmOutcome.INTERRUPT_TODAY, ("behandeling vandaag onderbreken", "interrupt the treatment today")),
    (v.AlarmOutcome.REFERRED, ("naar tandarts of chirurg, terug op", "to dentist or surgeon, back on")),
    (v.AgreementWhat.CONTROL, ("controle", "control")),
    (v.AgreementWhat.DXA, ("DXA", "DXA")),
    (v.AgreementWhat.LAB, ("laboratoriumonderzoek", "lab")),
    (v.AgreementWhat.CALL, ("telefonisch contact", "call")),
    (v.AgreementWhat.REVIEW, ("beoordeling", "review")),
    (v.LetterAbout.CONTROL, ("controle", "control")),
    (v.LetterAbout.DXA, ("DXA-uitslag", "DXA result")),
    (v.LetterAbout.REVIEW, ("besluit", "decision")),
    (v.LetterAbout.END, ("einde controle", "end of follow-up")),
    (v.Symptom.THIGH_OR_GROIN_PAIN, ("Pijn in bovenbeen, heup of lies", "Pain in thigh, hip or groin")),
    (v.Symptom.JAW_OR_MOUTH, ("Klachten van kaak of mond", "Jaw or mouth complaints")),
    (
        v.Symptom.SWALLOWING_OR_RETROSTERNAL,
        (
            "Pijn achter het borstbeen of bij slikken",
            "Pain behind the breastbone or on swallowing",
        ),
    ),
    (v.Symptom.EAR_PAIN, ("Oorpijn", "Ear pain")),
    (v.Symptom.CRAMPS_OR_TINGLING, ("Krampen of tintelingen", "Cramps or tingling")),
    (v.Symptom.SUDDEN_BACK_PAIN, ("Plotselinge rugpijn", "Sudden back pain")),
    (v.Symptom.RED_PAINFUL_EYE, ("Rood, pijnlijk oog", "Red, painful eye")),
    (v.AlertLevel.RED, ("rood", "red")),
    (v.AlertLevel.AMBER, ("oranje", "amber")),
    (v.ItemStatus.VERY_LATE, ("ruim te laat", "very late")),
    (v.ItemStatus.LATE, ("te laat", "late")),
    (v.ItemStatus.OPEN, ("nu plannen", "open")),
    (v.ItemStatus.UPCOMING, ("later", "upcoming")),
    (v.AlertCode.HEIGHT_LOSS_MEASURED, ("Lengteverlies, gemeten", "Height loss, measured")),
    (v.AlertCode.HEIGHT_LOSS_RECALLED, ("Lengteverlies t.o.v. vroeger", "Height loss since youth")),
    (v.AlertCode.HEIGHT_GAIN, ("Lengte toegenomen", "Height gain")),
    (v.AlertCode.WEIGHT_LOSS, ("Gewichtsverlies", "Weight loss")),
    (v.AlertCode.LOW_BMI, ("Lage BMI", "Low BMI")),
    (v.AlertCode.BMD_LOSS, ("BMD afgenomen, meer dan LSC", "BMD loss beyond LSC")),
    (v.AlertCode.FRACTURE_ON_TREATMENT, ("Fractuur tijdens behandeling", "Fracture on treatment")),
    (v.AlertCode.FRACTURE_EARLY, ("Fractuur in het eerste jaar", "Fracture in the first year")),
    (v.AlertCode.RENAL_LIMIT, ("Nierfunctie onder grens", "Kidney function below limit")),
    (v.AlertCode.ADHERENCE_LOW, ("Lage therapietrouw", "Low adherence")),
    (v.AlertCode.INTAKE_CONFLICT, ("Inname niet volgens voorschrift", "Intake not as prescribed")),
    (v.AlertCode.DOSE_VERY_LATE, ("Denosumab ruim te laat", "Denosumab very late")),
    (v.DueCode.CONTROL_EARLY, ("Eerste controle", "First control")),
    (v.DueCode.CONTROL_YEARLY, ("Jaarcontrole", "Yearly control")),
    (v.DueCode.CONTROL_BREAK_YEARLY, ("Jaarcontrole in behandelpauze", "Yearly control in a treatment break")),
    (v.DueCode.CONTROL_AFTER_PAUSE, ("Controle na onderbreking", "Control after a pause")),
    (v.DueCode.PAUSE_CHECK, ("Onderbreking: hervatten of stoppen?", "Pause: resume or stop?")),
    (v.DueCode.REVIEW_END_OF_COURSE, ("Besluit einde behandelduur", "Review at the end of the course")),
    (v.DueCode.REVIEW_STANDARD, ("Besluit na standaardduur", "Review after the standard duration")),
    (v.DueCode.REVIEW_CLASS_LIMIT, ("Besluit na 5 jaar bisfosfonaten", "Review after 5 years of bisphosphonates")),
    (v.DueCode.REVIEW_LONG_PAUSE, ("Besluit lange onderbreking", "Review of a long pause")),
    (v.DueCode.REVIEW_AFTER_FRACTURE, ("Besluit na fractuur", "Review after a fracture")),
    (v.DueCode.REVIEW_UNTREATED, ("Besluit: geen behandeling", "Review: no treatment")),
    (v.DueCode.REASSESS_BREAK, ("Herbeoordeling behandelpauze", "Reassessment of the treatment break")),
    (v.DueCode.COURSE_CLOSE, ("Besluit uitvoeren: middel beëindigen", "Carry out the decision: close the course")),
    (v.DueCode.DXA_BEFORE_REVIEW, ("DXA vóór besluit", "DXA before the review")),
    (v.DueCode.DXA_AFTER_FRACTURE, ("DXA na fractuur", "DXA after a fracture")),
    (v.DueCode.DXA_MID_COURSE, ("DXA halverwege", "DXA mid-course")),
    (v.DueCode.SPINE_IMAGE_BEFORE_REVIEW, ("Wervelfoto of VFA vóór besluit", "Spine image before the review")),
    (v.DueCode.SPINE_IMAGE_AFTER_FRACTURE, ("Wervelfoto of VFA na fractuur", "Spine image after a fracture")),
    (v.DueCode.DOSE_ZOLEDRONIC_ACID, ("Infuus zoledroninezuur", "Zoledronic acid infusion")),
    (v.DueCode.DOSE_IBANDRONIC_ACID_IV, ("Injectie ibandroninezuur", "Ibandronic acid injection")),
    (v.DueCode.DOSE_DENOSUMAB, ("Injectie denosumab", "Denosumab injection")),
    (v.DueCode.LAB_BEFORE_INFUSION, ("Creatinine vóór infuus", "Creatinine before the infusion")),
    (v.DueCode.AGREED_CONTROL, ("Afgesproken controle", "Agreed control")),
    (v.DueCode.AGREED_DXA, ("Afgesproken DXA", "Agreed DXA")),
    (v.DueCode.AGREED_LAB, ("Afgesproken laboratoriumonderzoek", "Agreed lab")),
    (v.DueCode.AGREED_CALL, ("Afgesproken telefonisch contact", "Agreed call")),
    (v.DueCode.AGREED_REVIEW, ("Afgesproken beoordeling", "Agreed review")),
    (v.DueCode.LETTER_AFTER_CONTROL, ("Huisartsbrief na controle", "GP letter after the control")),
    (v.DueCode.LETTER_AFTER_DXA, ("Huisartsbrief na DXA-uitslag", "GP letter after the DXA result")),
    (v.DueCode.LETTER_AFTER_REVIEW, ("Huisartsbrief na besluit", "GP letter after the decision")),
    (v.DueCode.LETTER_AFTER_END, ("Huisartsbrief einde controle", "GP letter at the end of follow-up")),
    (v.CriterionCode.HIP_T, ("T-score heup −2,5 of lager", "Hip T-score −2.5 or lower")),
    (v.CriterionCode.VERTEBRAL_OR_HIP, ("Ooit wervel- of heupfractuur", "Vertebral or hip fracture ever")),
    (v.CriterionCode.MAJOR_IN_COURSE, ("Grote fractuur tijdens behandeling", "Major fracture during the course")),
    (
        v.CriterionCode.GLUCOCORTICOID,
        ("Glucocorticoïden 7,5 mg per dag of meer", "Glucocorticoids 7.5 mg a day or more"),
    ),
    (
        v.CriterionCode.AGE_75,
        ("75 jaar of ouder en T-score −2,0 of lager", "Aged 75 or over and T-score −2.0 or lower"),
    ),
    (
        v.CriterionCode.NEW_FRACTURE_ADHERENT,
        ("Nieuwe fractuur na 12 maanden, therapietrouw", "New fracture after 12 months, adherent"),
    ),
    (v.CriterionCode.BMD_LOSS_ADHERENT, ("BMD afgenomen meer dan LSC, therapietrouw", "BMD loss beyond LSC, adherent")),
    (
        v.CriterionCode.INTOLERANCE_OR_RENAL,
        ("Onverdraagzaamheid of nierfunctie onder grens", "Intolerance or kidney function below limit"),
    ),
    (v.CriterionCode.ADHERENCE_BELOW_80, ("Therapietrouw onder 80 %", "Adherence below 80 %")),
    (v.CriterionCode.AFP_OR_ONJ, ("Klachten van bovenbeen of kaak gemeld", "Thigh or jaw complaints reported")),
    (v.MissingFact.DXA, ("DXA van het laatste jaar", "DXA of the last year")),
    (v.MissingFact.SPINE_IMAGE, ("wervelfoto of VFA van het laatste jaar", "spine image of the last year")),
    (v.MissingFact.HEIGHT, ("lengte van het laatste jaar", "height of the last year")),
    (v.MissingFact.WEIGHT, ("gewicht van het laatste jaar", "weight of the last year")),
    (v.MissingFact.ADHERENCE, ("therapietrouw", "adherence")),
    (v.MissingFact.CREATININE, ("creatinine van het laatste jaar", "creatinine of the last year")),
)
BY_KIND = {(type(member), member.value): pair for member, pair in LABELS}


def label(member: StrEnum, lang: str) -> str:
    """The word for a member; an alarm symptom as an alert is called as the symptom."""
    pair = BY_KIND.get((type(member), member.value)) or BY_KIND[v.Symptom, member.value]
    return pair[0 if lang == "nl" else 1]


def due_label(code: str, lang: str) -> str:
    """What a due item is called."""
    return label(v.DueCode(code), lang)


def alert_label(code: str, lang: str) -> str:
    """What an alert is called."""
    return label(v.AlertCode(code), lang)
