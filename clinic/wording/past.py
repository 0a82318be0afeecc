"""What an import of the past complains of, in words, in Dutch and English."""

from __future__ import annotations

TELL: dict[str, tuple[str, str]] = {
    "field_becomes": ("{field} wordt {now}", "{field} becomes {now}"),
    "gp_field_becomes": ("huisarts {gp}: {field} wordt {now}", "GP {gp}: {field} becomes {now}"),
    "gp_field_emptied": ("huisarts {gp}: {field} wordt leeggemaakt", "GP {gp}: {field} is emptied"),
    "field_emptied": ("{field} wordt leeggemaakt", "{field} is emptied"),
    "gp_matched": (
        "huisarts '{typed}' wordt {gp} ({patients} patiënten)", "GP '{typed}' becomes {gp} ({patients} patients)",
    ),
}  # fmt: skip

SAY: dict[str, tuple[str, str]] = {
    "scores_unreadable": (
        "'{typed}': schrijf per plaats één T-score, bijvoorbeeld LWK -2,8 / heup -2,1",
        "'{typed}': write one T-score per site, for example LWK -2.8 / heup -2.1",
    ),
    "score_twice": (
        "{typed}, maar een andere kolom geeft voor deze plaats een andere T-score",
        "{typed}, but another column has another T-score for this site",
    ),
    "score_one_decimal": ("{typed}: een T- of Z-score heeft één decimaal", "{typed}: a score has one decimal"),
    "score_above_zero": (
        "{typed} ligt boven 0; kijk na of er een min hoort", "{typed} lies above 0; check whether a minus is missing",
    ),
    "first_of_month": ("dag onbekend; 1 {typed} genomen", "day not known; taken as the first of {typed}"),
    "received_before_made": ("de uitslag kwam vóór de meting", "the result came before the scan"),
    "rounded": ("{typed} wordt {kept}", "{typed} becomes {kept}"),
    "lab_without_values": ("een dag zonder waarden; niet overgenomen", "a day without values; not taken over"),
    "yes_or_no": ("'{typed}': vul ja of nee in", "'{typed}': fill in ja or nee"),
    "fracture_site_unknown": ("'{typed}' is geen bekende plaats", "'{typed}' is no known site"),
    "technique_unknown": ("'{typed}': gebruik VFA, röntgen, CT of MRI", "'{typed}': use VFA, X-ray, CT or MRI"),
    "outcome_unknown": ("'{typed}' is geen bekende uitkomst", "'{typed}' is no known outcome"),
    "agreed_unknown": (
        "'{typed}': gebruik controle, DXA, lab, bellen of beoordeling",
        "'{typed}': use control, dxa, lab, call or review",
    ),
    "about_unknown": ("'{typed}': gebruik control, dxa, review of end", "'{typed}': use control, dxa, review or end"),
    "control_kind_unknown": ("'{typed}': gebruik poli of telefonisch", "'{typed}': use clinic or phone"),
    "genant_grade": ("'{typed}': een graad is 1, 2 of 3", "'{typed}': a grade is 1, 2 or 3"),
    "perhaps_same": (
        "dezelfde naam en, voor zover bekend, geboortedatum als patiënt {typed}; is het één patiënt, dan voegt het "
        "secretariaat de nummers samen",
        "the same name and, as far as it is known, birth date as patient {typed}; if they are one patient, the "
        "secretary merges the numbers",
    ),
    "number_merged": (
        "dit nummer is samengevoegd met {typed}; wijzig de gegevens daar",
        "this number was merged into {typed}; change the details there",
    ),
    "gp_not_one": (
        "huisarts '{typed}' past niet bij precies één huisarts; {patients} patiënten komen zonder huisarts binnen",
        "GP '{typed}' does not fit exactly one GP; {patients} patients come in without a GP",
    ),
    "no_column": (
        "geen kolom {column}; het bestand heeft de kolommen {columns}",
        "no column {column}; the file has the columns {columns}",
    ),
    "another_birth_date": (
        "patiënt {typed} heeft hier een andere geboortedatum; kijk het nummer na",
        "patient {typed} has another birth date here; check the number",
    ),
    "in_future": ("{typed} moet nog komen", "{typed} is still to come"),
    "review_day": (
        "{typed} kan niet bij deze beoordeling (mag {low} tot {high} zijn)",
        "{typed} cannot be with this review ({low} to {high})",
    ),
    "agreed_far_ahead": ("{typed} ligt meer dan vijf jaar vooruit", "{typed} lies more than five years ahead"),
    "date_far_ahead": ("{typed} ligt meer dan een jaar vooruit", "{typed} lies more than a year ahead"),
    "before_birth": ("{typed} ligt vóór de geboorte", "{typed} lies before the birth"),
    "dose_without_course": (
        "geen behandeling met dit middel op {typed}; voer eerst de behandelingen in",
        "no course of this drug on {typed}; bring the courses in first",
    ),
    "fact_differs": (
        "het register zegt over {typed} iets anders; wijzig dat bij de patiënt",
        "the register says otherwise of {typed}; change it on the record",
    ),
    "agreed_since": (
        "{typed}, maar in het register is sindsdien iets anders afgesproken; niet overgenomen",
        "{typed}, but the register has another agreement made since; not taken over",
    ),
    "agreed_by_list": (
        "{typed}, maar een eerdere lijst sprak {there} af, op dezelfde dag of later; niet overgenomen: draai die "
        "import terug, of spreek het bij de patiënt opnieuw af",
        "{typed}, but an earlier list agreed {there}, on the same day or later; not taken over: take that import back, "
        "or agree it anew on the record",
    ),
    "fact_voided": (
        "dit van {typed} is hier vervallen verklaard; niet overgenomen",
        "this of {typed} was voided here; not taken over",
    ),
}  # fmt: skip
