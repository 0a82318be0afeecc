"""What the log says, in Dutch and English: each action, what it was about, which columns changed."""

from __future__ import annotations

from clinic.wording.people import ROLES

Pair = tuple[str, str]  # Dutch, English

ACTIONS: dict[str, Pair] = {
    "session.signed_in": ("Ingelogd", "Signed in"),
    "session.sign_in_failed": ("Inloggen mislukt", "Sign-in failed"),
    "session.signed_out": ("Uitgelogd", "Signed out"),
    "session.ended": ("Sessie beëindigd", "Session ended"),
    "access.refused": ("Toegang geweigerd", "Access refused"),
    "patient.opened": ("Dossier geopend", "Record opened"),
    "patient.listed": ("Op een lijst getoond", "Shown on a list"),
    "patient.searched": ("Patiënt gezocht", "Patient searched"),
    "patient.bsn_shown": ("BSN getoond", "BSN shown"),
    "patient.registered": ("Patiënt ingeschreven", "Patient registered"),
    "patient.changed": ("Gegevens gewijzigd", "Details changed"),
    "patient.status_changed": ("Status gewijzigd", "Status changed"),
    "practice.saved": ("Praktijk of huisarts opgeslagen", "Practice or GP saved"),
    "course.saved": ("Behandeling opgeslagen", "Course saved"),
    "course.stopped": ("Behandeling gestopt", "Course stopped"),
    "course.switched": ("Ander middel gestart", "Switched to another drug"),
    "pause.saved": ("Onderbreking opgeslagen", "Pause saved"),
    "dose.saved": ("Toediening opgeslagen", "Dose saved"),
    "control.saved": ("Controle opgeslagen", "Control saved"),
    "control.corrected": ("Controle gecorrigeerd", "Control corrected"),
    "control.draft_saved": ("Concept opgeslagen", "Draft saved"),
    "fact.saved": ("Gegeven opgeslagen", "Fact saved"),
    "fact.corrected": ("Gegeven gecorrigeerd", "Fact corrected"),
    "fact.voided": ("Gegeven ongeldig gemaakt", "Fact voided"),
    "review.signed": ("Besluit ondertekend", "Review signed"),
    "alert.noted": ("Signaal afgehandeld", "Alert noted"),
    "item.waived": ("Actie niet nodig verklaard", "Item waived"),
    "appointment.booked": ("Afspraak gemaakt", "Appointment booked"),
    "appointment.moved": ("Afspraak verzet", "Appointment moved"),
    "appointment.settled": ("Afspraak afgehandeld", "Appointment settled"),
    "letter.drafted": ("Brief klaargezet", "Letter drafted"),
    "letter.edited": ("Brief gewijzigd", "Letter edited"),
    "letter.authorised": ("Brief geautoriseerd", "Letter authorised"),
    "letter.returned": ("Brief teruggestuurd", "Letter returned"),
    "letter.sent": ("Brief verzonden", "Letter sent"),
    "letter.failed": ("Verzenden mislukt", "Sending failed"),
    "letter.opened": ("Brief geopend", "Letter opened"),
    "list.exported": ("Lijst geëxporteerd", "List exported"),
    "import.run": ("Bestand geïmporteerd", "File imported"),
    "settings.changed": ("Instellingen gewijzigd", "Settings changed"),
    "account.changed": ("Account gewijzigd", "Account changed"),
    "log.read": ("Logboek gelezen", "Log read"),
    "due.rebuilt": ("Acties opnieuw berekend", "Due items rebuilt"),
}
SUBJECTS: dict[str, Pair] = {
    "account": ("account", "account"),
    "agreement": ("afspraak in controle", "agreement"),
    "alert": ("signaal", "alert"),
    "alert_note": ("signaal", "alert"),
    "appointment": ("afspraak", "appointment"),
    "contact_person": ("contactpersoon", "contact person"),
    "control": ("controle", "control"),
    "control_draft": ("concept", "draft"),
    "course": ("behandeling", "course"),
    "course_stop": ("einde behandeling", "end of a course"),
    "dose": ("toediening", "dose"),
    "draft": ("concept", "draft"),
    "dxa": ("DXA", "DXA"),
    "fracture": ("fractuur", "fracture"),
    "glucocorticoid": ("glucocorticoïden", "glucocorticoids"),
    "gp": ("huisarts", "GP"),
    "import": ("import", "import"),
    "item": ("actie", "item"),
    "lab": ("laboratoriumuitslag", "lab result"),
    "letter": ("brief", "letter"),
    "list": ("lijst", "list"),
    "page": ("pagina", "page"),
    "patient": ("patiënt", "patient"),
    "pause": ("onderbreking", "pause"),
    "practice": ("praktijk", "practice"),
    "review": ("besluit", "review"),
    "scan": ("DXA", "DXA"),
    "settings": ("instellingen", "settings"),
    "spine_image": ("wervelfoto", "spine image"),
    "user": ("account", "account"),
    "waiver": ("niet nodig verklaard", "waiver"),
}
CHANGED: dict[str, Pair] = {
    "account": ("gebruikersnaam", "user name"),
    "active": ("actief", "active"),
    "department": ("afdeling", "department"),
    "email": ("e-mail", "e-mail"),
    "function": ("functie", "function"),
    "hospital": ("ziekenhuis", "hospital"),
    "logo": ("logo", "logo"),
    "may_authorise": ("autoriseert brieven", "authorises letters"),
    "name": ("naam", "name"),
    "password": ("wachtwoord", "password"),
    "phone": ("telefoon", "phone"),
    "phone_hours": ("telefonisch bereikbaar", "phone hours"),
    "postcode_town": ("postcode en plaats", "postcode and town"),
    "responsible_doctor_id": ("verantwoordelijk arts", "responsible doctor"),
    "role": ("rol", "role"),
    "sign_in": ("inloggen", "signing in"),
    "street": ("straat of postbus", "street or PO box"),
    "window_h_mm": ("hoogte venster", "window height"),
    "window_w_mm": ("breedte venster", "window width"),
    "window_x_mm": ("venster vanaf links", "window from the left"),
    "window_y_mm": ("venster vanaf boven", "window from the top"),
}
VALUES: dict[str, Pair] = {
    "True": ("ja", "yes"),
    "False": ("nee", "no"),
    "one-time code": ("eenmalige code", "one-time code"),
    "chosen": ("zelf gekozen", "chosen by its owner"),
    "waiting": ("moest wachten", "had to wait"),
    "unlocked": ("mag weer proberen", "may try again"),
} | ROLES


def said(words: dict[str, Pair], code: str, lang: str) -> str:
    """The word for a code; a code of a newer or older version is shown as it is."""
    pair = words.get(code)
    return pair[0 if lang == "nl" else 1] if pair else code


def subject(kind: str, lang: str) -> str:
    """What a line is about; facts are named after their table, one or many."""
    return said(SUBJECTS, kind if kind in SUBJECTS else kind.removesuffix("s"), lang)
