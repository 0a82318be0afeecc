"""What the files of the hospital's own systems change and complain of, in words, in Dutch and English."""

from __future__ import annotations

Pair = tuple[str, str]
NO_ITEM = {"nl": "niets dat aan de beurt is", "en": "nothing that is due"}

TELL: dict[str, Pair] = {
    "agenda_new": ("nieuwe afspraak op {when}, voor {item}", "new appointment on {when}, for {item}"),
    "agenda_moved": (
        "afspraak van {was} staat nu op {when}, voor {item}", "appointment of {was} is now on {when}, for {item}",
    ),
    "agenda_matched": (
        "afspraak op {when} hoort bij de agenda, voor {item}",
        "appointment on {when} belongs to the agenda, for {item}",
    ),
    "agenda_cancelled": (
        "afspraak op {when} is in de agenda afgezegd; staat hier tot iemand haar afzegt",
        "appointment on {when} is cancelled in the agenda; it stands here until somebody cancels it",
    ),
    "agenda_vanished": (
        "afspraak op {when} staat niet meer in de agenda; staat hier tot iemand haar afzegt",
        "appointment on {when} is no longer in the agenda; it stands here until somebody cancels it",
    ),
    "address_becomes": ("adres wordt {address}; de status blijft", "address becomes {address}; the status stays"),
    "gp_becomes": ("huisarts wordt {gp}", "GP becomes {gp}"),
    "moves_post": (
        "huisarts {gp} gaat van {was} naar {now}; brieven per post",
        "GP {gp} goes from {was} to {now}; letters by post",
    ),
    "moves_secure_mail": (
        "huisarts {gp} gaat van {was} naar {now}; brieven per ZorgMail",
        "GP {gp} goes from {was} to {now}; letters by ZorgMail",
    ),
    "moves_edifact": (
        "huisarts {gp} gaat van {was} naar {now}; brieven per EDIFACT",
        "GP {gp} goes from {was} to {now}; letters by EDIFACT",
    ),
    "moves_none": (
        "huisarts {gp} gaat van {was} naar {now}; daar is geen verzendwijze: brieven blijven liggen",
        "GP {gp} goes from {was} to {now}; it has no channel: letters stay behind",
    ),
    "channel_post": ("brieven gaan voortaan per post", "letters go by post from now on"),
    "channel_secure_mail": (
        "brieven gaan voortaan per ZorgMail, postbus {mailbox}",
        "letters go by ZorgMail from now on, mailbox {mailbox}",
    ),
    "channel_edifact": (
        "brieven gaan voortaan per EDIFACT, postbus {mailbox}", "letters go by EDIFACT from now on, mailbox {mailbox}",
    ),
    "channel_none": ("er is geen verzendwijze meer: brieven blijven liggen", "no channel is left: letters stay behind"),
    "death_proposed": (
        "overlijden op {when} gemeld; de status verandert pas als iemand dat vastlegt",
        "death on {when} reported; the status changes only when somebody records it",
    ),
}  # fmt: skip

SAY: dict[str, Pair] = {
    "time_unreadable": ("'{typed}' is geen tijd", "'{typed}' is no time"),
    "appointment_kind_unknown": (
        "'{typed}' is geen bekend soort afspraak; voeg de code toe aan de koppeling",
        "'{typed}' is no known kind of appointment; add the code to the mapping",
    ),
    "appointment_state_unknown": ("'{typed}': gebruik booked of cancelled", "'{typed}': use booked or cancelled"),
    "appointment_length": ("'{typed}': een afspraak duurt {low} tot {high} minuten",
                           "'{typed}': an appointment takes {low} to {high} minutes"),
    "number_unknown": ("patiëntnummer {typed} staat niet in het register", "patient number {typed} is not registered"),
    "patient_not_followed": (
        "de patiënt wordt hier niet meer gevolgd; afspraak {typed} niet overgenomen",
        "the patient is no longer followed here; appointment {typed} not taken over",
    ),
    "booking_of_another": (
        "afspraaknummer {typed} hoort hier bij een andere patiënt", "appointment {typed} is another patient's here",
    ),
    "moved_here": (
        "hier verzet naar {now}; de agenda zegt nog {typed}. Pas de agenda aan",
        "moved here to {now}; the agenda still says {typed}. Change the agenda",
    ),
    "booking_cancelled": (
        "deze afspraak is hier afgezegd; {typed} niet overgenomen",
        "this appointment was cancelled here; {typed} not taken over",
    ),
    "booking_no_show": (
        "de patiënt kwam hier niet op deze afspraak; {typed} niet overgenomen",
        "the patient did not come to this appointment; {typed} not taken over",
    ),
    "booking_attended": (
        "deze afspraak is hier al geweest; {typed} niet overgenomen",
        "this appointment has been already; {typed} not taken over",
    ),
    "booking_arrived": (
        "de patiënt is al aangekomen; {typed} niet overgenomen", "the patient has arrived; {typed} not taken over",
    ),
    "day_passed": ("{typed} is voorbij; niet overgenomen", "{typed} has passed; not taken over"),
    "staff_unknown": (
        "{typed} heeft hier geen account; de afspraak komt zonder naam binnen",
        "{typed} has no account here; the appointment comes in without a name",
    ),
    "items_several": (
        "past bij {most} acties; kies bij de patiënt voor welke", "fits {most} items; choose one on the record",
    ),
    "postcode_unreadable": ("'{typed}' is geen postcode", "'{typed}' is no postcode"),
    "address_incomplete": (
        "het adres mist straat, postcode of plaats; niets overgenomen",
        "the address lacks street, postcode or town; nothing taken over",
    ),
    "birth_differs": (
        "geboortedatum {typed} is hier een andere; niets overgenomen",
        "date of birth {typed} is another one here; nothing taken over",
    ),
    "gp_not_here": (
        "huisarts {typed} staat niet in het register; de huisarts blijft",
        "GP {typed} is not in the register; the GP stays",
    ),
    "gp_stopped": (
        "huisarts {typed} is gestopt; de huisarts blijft", "GP {typed} has stopped; the GP stays",
    ),
    "gp_several": (
        "huisarts {typed} komt vaker voor; geef de AGB-code", "GP {typed} occurs more than once; give the AGB code",
    ),
    "death_impossible": (
        "{typed} ligt vóór de geboorte of na vandaag", "{typed} lies before the birth or after today",
    ),
    "death_differs": (
        "{typed}, maar hier staat een andere overlijdensdatum", "{typed}, but another day of death is recorded here",
    ),
    "death_rejected": (
        "het overlijden op {typed} is hier eerder afgewezen; kijk het na",
        "the death on {typed} was rejected here before; please check",
    ),
}  # fmt: skip
