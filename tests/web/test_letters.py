"""Letters in the browser: read as text and as page, authorised, checked and sent; refused and overtaken in words."""

from __future__ import annotations

import re
from datetime import date, datetime
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.vocabulary import LetterAbout
from clinic.security.permissions import Role
from clinic.services import controls, letters
from clinic.services.work import Actor, Work
from clinic.store.appointments import Appointment
from clinic.store.audit import AuditEntry
from clinic.store.controls import Control
from clinic.store.letters import STATES, Letter
from clinic.store.patients import Patient
from clinic.store.practices import Gp, Practice
from clinic.store.treatments import Course
from clinic.web import letter_rows, record_history
from tests.conftest import account
from tests.factories import make_control, make_course, make_patient

TODAY = date(2026, 11, 23)
ADDRESS = {"street": "Terpwei", "house_number": "7", "postcode": "8598 AB", "town": "Oudeterp"}
ADDRESS |= {"mailbox": "500000201", "agb": "01951000"}


@pytest.fixture
def drafted(app):
    """`drafted(channel="post")`: the number of a letter about today's control, GP and all."""

    def make(name="Jansen", **practice):
        with Session(app.extensions["engine"]) as session:
            nurse = account(session, Role.NURSE)
            actor = Actor(nurse.id, nurse.name, nurse.function, Role.NURSE)
            work = Work(session, actor, datetime(2026, 11, 23, 9), TODAY)  # noqa: DTZ001 - as the store keeps it
            where = Practice(**{"name": "De Terp", "channel": "post"} | ADDRESS | practice)
            session.add(where)
            session.flush()
            gp = Gp(practice_id=where.id, initials="S.", family_name="Hoekstra", kind="gp")
            session.add(gp)
            session.flush()
            patient = make_patient(work, own_name=name, gp_id=gp.id, bsn=None, prescriber="huisarts")
            make_course(work, patient, dose="70 mg")
            control = make_control(work, patient, TODAY, height_mm=1587, weight_g=58300)
            session.flush()
            letter_id = letters.draft_for(work, patient, LetterAbout.CONTROL, TODAY, control.id)
            work.commit()
            return letter_id

    return make


def stored(app, letter_id):
    """The letter as it is kept."""
    with Session(app.extensions["engine"]) as session:
        return session.get(Letter, letter_id)


def fields(page, *names):
    """What stands in the hidden fields of a page."""
    return {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in names}


def authorise(client, letter_id):
    """Read the letter and authorise it."""
    page = client.get(f"/letters/{letter_id}").text
    return client.post(f"/letters/{letter_id}/authorise", data=fields(page, "version", "seen"))


def send(client, *letter_ids):
    """Check the letters and send those that can leave."""
    page = client.get("/letters/check", query_string={"letter": letter_ids}).text
    seals = dict(re.findall(r'name="(seal-\d+)" value="(\w+)"', page))
    said = {"letter": list(letter_ids), "printed": "y"}
    return client.post("/letters/send", data=said | seals, follow_redirects=True)


def test_a_letter_by_post_is_not_sent_before_somebody_says_that_it_is_printed(app, sign_in, drafted):
    paper, mail = drafted(), drafted("Mulder", channel="secure_mail", mailbox="post@praktijk.example")
    doctor, secretary = sign_in("doctor"), sign_in("secretary")
    for letter in (paper, mail):
        authorise(doctor, letter)
    page = secretary.get("/letters/check", query_string={"letter": [paper, mail]}).text
    assert "De aangevinkte brieven per post zijn afgedrukt en gaan vandaag op de post" in page
    seals = dict(re.findall(r'name="(seal-\d+)" value="(\w+)"', page))
    answer = secretary.post("/letters/send", data={"letter": [paper, mail]} | seals)
    assert answer.location == f"/letters/check?letter={paper}&unsaid=y"
    again = secretary.get(answer.location).text
    assert "1 brief per post is niet verzonden: druk hem eerst af" in again
    assert 'name="printed" value="y" aria-invalid="true"' in again
    assert (stored(app, paper).state, stored(app, mail).state) == ("authorised", "sent")
    assert "1 brief verzonden." in send(secretary, paper).text


def test_many_letters_by_post_that_nobody_printed_are_told_of_once(sign_in, drafted):
    ids = [drafted(), drafted("Mulder"), drafted("Visser")]
    doctor, secretary = sign_in("doctor"), sign_in("secretary")
    for letter in ids:
        authorise(doctor, letter)
    page = secretary.post("/letters/send", data={"letter": ids}, follow_redirects=True).text
    assert page.count("niet verzonden") == 1
    assert "3 brieven per post zijn niet verzonden" in page


def test_what_failed_before_is_printed_from_its_own_page_and_printing_is_loud_only_when_it_is_offered(
    app, sign_in, drafted
):
    first, fell = drafted(), drafted("Mulder")
    doctor, secretary = sign_in("doctor"), sign_in("secretary")
    for letter in (first, fell):
        authorise(doctor, letter)
    with Session(app.extensions["engine"]) as session:
        letter = session.get_one(Letter, fell)
        letter.state, letter.envelope, letter.channel, letter.failure = "failed", {"gp_id": 0}, "post", "Kwam terug."
        session.commit()
    both = secretary.get(f"/letters/check?letter={first}&letter={fell}").text
    assert both.count(f'<a href="/letters/{fell}">Afdrukken vanaf de eigen pagina') == 1
    assert f'<a href="/letters/{first}">Afdrukken' not in both
    assert "1 brief gaat per post: druk hem eerst af." in both
    assert re.search(r'class="btn btn-primary" name="ticked"', both)
    assert '<button class="btn">' in both
    alone = secretary.get(f"/letters/check?letter={fell}").text
    assert 'name="ticked"' not in alone
    assert '<button class="btn btn-primary">' in alone


def test_a_letter_goes_from_draft_to_sent(app, sign_in, drafted):
    letter = drafted()
    nurse, doctor, secretary = (sign_in(role) for role in ("nurse", "doctor", "secretary"))
    page = nurse.get(f"/letters/{letter}").text
    assert "Zoals de huisarts het ziet" in page
    assert "Behandeling: alendroninezuur 70 mg" in page.replace("\n", " ")
    assert "Deze brief autoriseren" not in page
    nurse.post(f"/letters/{letter}/offer", data=fields(page, "version"))
    assert authorise(doctor, letter).status_code == 303
    assert "1 brief verzonden." in send(secretary, letter).text
    assert stored(app, letter).state == "sent"


def test_each_role_begins_at_its_own_list_and_the_counts_are_those_of_the_lists(sign_in, drafted):
    drafted("Bakker")
    letter = drafted("Mulder")
    authorise(sign_in("doctor"), letter)
    page = sign_in("secretary").get("/letters").text
    assert "Mulder" in page
    assert "Bakker" not in page
    assert re.search(r'aria-current="page">Klaar voor verzending <span class="n">1<', page)
    assert "Bakker" in sign_in("nurse").get("/letters").text


def test_a_letter_that_should_have_left_stands_first_and_says_how_late(app, sign_in, drafted):
    drafted("Bakker")
    late = drafted("Mulder")
    with Session(app.extensions["engine"]) as session:
        session.get(Letter, late).due_on = date(2026, 11, 19)
        session.commit()
    page = sign_in("nurse").get("/letters").text
    assert page.index("Mulder") < page.index("Bakker")
    assert "2 werkdagen te laat" in page
    assert "1 brief te laat" in page


def test_the_page_is_a_tagged_pdf_that_says_what_the_text_says_and_stays_the_same(sign_in, drafted):
    letter = drafted()
    doctor = sign_in("doctor")
    authorise(doctor, letter)
    page = doctor.get(f"/letters/{letter}/page.pdf")
    assert page.mimetype == "application/pdf"
    assert page.data == doctor.get(f"/letters/{letter}/page.pdf").data
    read = PdfReader(BytesIO(page.data))
    assert read.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert "Geachte collega," in read.pages[0].extract_text()
    assert read.trailer["/Root"]["/Lang"].startswith("nl")


def test_a_page_opened_before_the_letter_changed_authorises_nothing(app, sign_in, drafted):
    letter = drafted()
    doctor = sign_in("doctor")
    old = fields(doctor.get(f"/letters/{letter}").text, "version", "seen")
    sign_in("nurse").post(f"/letters/{letter}/text", data=old | {"added": "De tandarts is geweest."})
    answer = doctor.post(f"/letters/{letter}/authorise", data=old)
    assert answer.status_code == 422
    assert "Lees de brief nog eens" in answer.text
    assert "De tandarts is geweest." in answer.text
    assert stored(app, letter).state == "draft"


def test_what_was_typed_into_a_letter_that_moved_on_is_kept_on_the_page(sign_in, drafted):
    letter = drafted()
    nurse = sign_in("nurse")
    old = fields(nurse.get(f"/letters/{letter}").text, "version", "seen")
    nurse.post(f"/letters/{letter}/text", data=old | {"added": "eerste"})
    answer = nurse.post(f"/letters/{letter}/text", data=old | {"added": "tweede", "findings": "derde"})
    assert answer.status_code == 422
    assert "tweede</textarea>" in answer.text
    assert "derde</textarea>" in answer.text


def test_what_changed_in_the_record_stands_on_the_draft_and_is_taken_over_by_one_key(app, sign_in, drafted):
    letter = drafted()
    nurse, at = sign_in("nurse"), f"/letters/{letter}"
    nurse.post(f"{at}/text", data=fields(nurse.get(at).text, "version", "seen") | {"findings": "Gewicht nu 58,3 kg."})
    with Session(app.extensions["engine"]) as session:
        session.scalars(select(Control)).one().weight_g = 62600
        session.commit()
    page = nurse.get(at).text
    assert "<b>Bevindingen</b>" in page
    assert "<del>58,3</del>" in page
    assert "<ins>62,6</ins>" in page
    assert 'data-key="n"' in page
    page = nurse.post(f"{at}/take-over", data=fields(page, "version"), follow_redirects=True).text
    assert "Gewijzigd in het dossier sinds dit concept" not in page
    assert "Gewicht nu 62,6 kg.</textarea>" in page
    assert "Lees haar na en sla haar op" in page, "her BMI changed too, of which her own words say nothing"
    assert f"{at}/authorise" not in sign_in("doctor").get(at).text


def test_a_nurse_without_mandate_is_told_who_authorises(app, sign_in, drafted):
    letter = drafted()
    nurse = sign_in("nurse")
    version = fields(nurse.get(f"/letters/{letter}").text, "version")
    answer = nurse.post(f"/letters/{letter}/authorise", data=version | {"seen": "x"})
    assert answer.status_code == 422
    assert "mandaat" in answer.text
    assert stored(app, letter).state == "draft"


def test_without_a_gp_the_letter_says_what_to_put_right(app, sign_in, drafted):
    letter = drafted()
    with Session(app.extensions["engine"]) as session:
        session.get(Patient, session.get(Letter, letter).patient_id).gp_id = None
        session.commit()
    page = sign_in("doctor").get(f"/letters/{letter}").text
    assert "geen huisarts bekend; de brief kan niet weg" in page
    assert "Deze brief autoriseren" not in page


def test_one_letter_that_cannot_leave_does_not_hold_up_the_others(app, sign_in, drafted):
    good, moved = drafted("Bakker"), drafted("Mulder")
    doctor, secretary = sign_in("doctor"), sign_in("secretary")
    authorise(doctor, good)
    authorise(doctor, moved)
    with Session(app.extensions["engine"]) as session:
        patient = session.get(Patient, session.get(Letter, moved).patient_id)
        patient.gp.practice.street = "Nieuwe Weg"
        session.commit()
    answer = send(secretary, good, moved)
    assert "1 brief verzonden." in answer.text
    assert "na het autoriseren veranderd" in answer.text
    assert [stored(app, letter).state for letter in (good, moved)] == ["sent", "authorised"]


def test_sending_twice_sends_once(app, sign_in, drafted):
    letter = drafted()
    authorise(sign_in("doctor"), letter)
    secretary = sign_in("secretary")
    page = secretary.get(f"/letters/check?letter={letter}").text
    seals = dict(re.findall(r'name="(seal-\d+)" value="(\w+)"', page))
    for _ in range(2):
        answer = secretary.post("/letters/send", data={"letter": letter, "printed": "y"} | seals, follow_redirects=True)
    assert "is intussen verder" in answer.text
    with Session(app.extensions["engine"]) as session:
        sent = select(AuditEntry).where(AuditEntry.action == "letter.sent", AuditEntry.subject == f"letter:{letter}")
        assert [entry.details["state"] for entry in session.scalars(sent)] == ["queued", "sent"]


def test_electronic_letters_stand_in_the_outbox_as_text_and_page(app, sign_in, drafted, tmp_path):
    letter = drafted(channel="secure_mail")
    authorise(sign_in("doctor"), letter)
    send(sign_in("secretary"), letter)
    name = stored(app, letter).reference
    outbox = tmp_path / "outbox"
    left = sorted(path.name for path in (outbox / "secure_mail" / name).iterdir())
    assert left == [f"{name}.eml", f"{name}.pdf", "manifest.json"]
    assert sorted(path.name for path in (outbox / "epd" / name).iterdir()) == [f"{name}.csv", f"{name}.pdf"]


@pytest.mark.parametrize(
    ("role", "act"),
    [
        ("secretary", "authorise"),
        ("secretary", "text"),
        ("nurse", "finish"),
        ("manager", "offer"),
        ("nurse", "redraft"),
    ],
)
def test_what_a_role_may_not_is_refused(app, sign_in, drafted, role, act):
    letter = drafted()
    assert sign_in(role).post(f"/letters/{letter}/{act}", data={"version": 1}).status_code == 403
    assert stored(app, letter).state == "draft"


def test_a_letter_that_is_not_there_is_not_found(sign_in):
    doctor = sign_in("doctor")
    assert doctor.get("/letters/999").status_code == 404
    assert doctor.get("/letters/999/page.pdf").status_code == 404
    assert doctor.post("/letters/999/authorise", data={"version": 1}).status_code == 404
    assert doctor.post("/letters/999/withdraw", data={"version": 1}).status_code == 404  # without a reason, too
    assert doctor.get("/letters?state=nonsense").status_code == 404


def test_a_sign_that_no_page_can_show_is_named_before_anybody_signs(app, sign_in, drafted):
    letter = drafted()
    doctor = sign_in("doctor")
    old = fields(doctor.get(f"/letters/{letter}").text, "version", "seen")
    doctor.post(f"/letters/{letter}/text", data=old | {"added": "Het gaat goed 😀."})
    assert doctor.get(f"/letters/{letter}/page.pdf").status_code == 200
    refused = authorise(doctor, letter)
    assert refused.status_code == 422
    assert "Deze tekens kunnen niet op de brief staan: 😀" in refused.text
    assert stored(app, letter).state == "draft"


def test_an_opened_letter_is_written_down(app, sign_in, drafted):
    letter = drafted()
    sign_in("doctor").get(f"/letters/{letter}")
    with Session(app.extensions["engine"]) as session:
        opened = session.scalars(select(AuditEntry).where(AuditEntry.action == "letter.opened")).all()
    assert [entry.subject for entry in opened] == [f"letter:{letter}"]


def test_a_letter_that_waits_says_until_when_and_is_held_back(app, sign_in, drafted, tmp_path):
    letter = drafted(channel="secure_mail")
    authorise(sign_in("doctor"), letter)
    secretary = sign_in("secretary")
    (tmp_path / "outbox").write_text("a file where the folder should be")
    assert "niet te beschrijven" in send(secretary, letter).text
    page = secretary.get(f"/letters/{letter}").text
    assert "Poging 1 van 6 is mislukt" in page
    assert secretary.post(f"/letters/{letter}/cancel", data=fields(page, "version")).status_code == 303
    assert stored(app, letter).state == "authorised"


def test_a_letter_whose_facts_changed_is_not_said_to_be_ready_again(app, sign_in, drafted, work, tmp_path):
    letter = drafted(channel="secure_mail")
    authorise(sign_in("doctor"), letter)
    secretary = sign_in("secretary")
    (tmp_path / "outbox").write_text("a file where the folder should be")
    send(secretary, letter)
    nurse = work(Role.NURSE)
    control = nurse.session.scalars(select(Control)).one()
    controls.void_control(nurse, control.patient_id, control.id, "andere patiënt")
    page = secretary.get(f"/letters/{letter}").text
    answer = secretary.post(f"/letters/{letter}/cancel", data=fields(page, "version"), follow_redirects=True)
    assert "wat erin staat, is gewijzigd" in answer.text
    assert stored(app, letter).state == "withdrawn"


def test_a_letter_that_was_printed_is_not_offered_to_be_held_back(app, sign_in, drafted, tmp_path):
    letter = drafted()
    authorise(sign_in("doctor"), letter)
    secretary = sign_in("secretary")
    (tmp_path / "outbox").write_text("a file where the folder should be")
    send(secretary, letter)
    page = secretary.get(f"/letters/{letter}").text
    assert "alleen het vastleggen volgt nog" in page
    assert f"/letters/{letter}/finish" in page
    assert f"/letters/{letter}/cancel" not in page
    pressed = {"version": stored(app, letter).version}  # on a page from before
    refused = secretary.post(f"/letters/{letter}/cancel", data=pressed)
    assert "niet meer tegen te houden" in refused.text
    assert stored(app, letter).state == "queued"


def test_a_letter_that_bounced_counts_the_patients_of_that_gp_and_leads_to_the_succession(app, sign_in, drafted):
    letter = drafted(channel="secure_mail")
    authorise(sign_in("doctor"), letter)
    secretary = sign_in("secretary")
    send(secretary, letter)
    page = secretary.get(f"/letters/{letter}").text
    refused = secretary.post(f"/letters/{letter}/came-back", data=fields(page, "version") | {"reason": ""})
    assert refused.status_code == 422
    secretary.post(f"/letters/{letter}/came-back", data=fields(page, "version") | {"reason": "Postbus weg."})
    for address in (f"/letters/{letter}", "/letters", "/letters/morning"):
        found = secretary.get(address).text
        assert "Postbus weg." in found
        assert re.search(r'href="/practices/1/gps/1">1 patiënt heeft deze huisarts: vul de opvolger in', found)
    assert "Postbus weg." not in sign_in("nurse").get("/letters").text
    with Session(app.extensions["engine"]) as session:
        young = Gp(practice_id=1, family_name="Smit", kind="gp")
        session.add(young)
        session.flush()
        old = session.get_one(Gp, 1)
        old.stopped_on, old.successor_id = TODAY, young.id
        session.commit()
    found = secretary.get("/letters").text
    leads_to = re.search(r'href="(/practices/1/gps/1/patients)">1 patiënt heeft deze huisarts: kies', found)[1]
    assert "Smit" in secretary.get(leads_to).text


def test_what_did_not_arrive_stands_on_top_by_name_with_what_mends_it(app, sign_in, drafted):
    once_more, no_gp, back = drafted("Bakker", channel="secure_mail"), drafted("Mulder"), drafted("Visser")
    stuck, waits = drafted("Smit"), drafted("Kok")
    doctor = sign_in("doctor")
    for letter in (once_more, no_gp, back, stuck, waits):
        authorise(doctor, letter)
    with Session(app.extensions["engine"]) as session:
        for letter_id, failure in ((stuck, "De brief is al weg; alleen het vastleggen volgt nog."), (waits, None)):
            letter = session.get_one(Letter, letter_id)
            letter.state, letter.envelope, letter.channel, letter.failure = "queued", {}, "secure_mail", failure
        for letter_id, state in ((once_more, "failed"), (no_gp, "failed"), (back, "returned_by_post")):
            letter = session.get_one(Letter, letter_id)
            letter.state, letter.envelope, letter.channel, letter.failure = state, {"gp_id": 0}, "post", "Kwam terug."
        session.get_one(Letter, back).came_back = 1
        session.get_one(Patient, session.get_one(Letter, no_gp).patient_id).gp_id = None
        patient_id = session.get_one(Letter, no_gp).patient_id
        session.commit()
    page = sign_in("secretary").get("/letters").text
    section = page[page.index("Niet aangekomen") : page.index('aria-label="Status van brieven"')]
    for name, words, address in (
        ("Bakker", "Opnieuw proberen", f"/letters/check?letter={once_more}"),
        ("Mulder", "Aanpassen", f"/patients/{patient_id}/edit"),
        ("Visser", "Deze brief opnieuw opstellen", f"/letters/{back}"),
        ("Smit", "Bekijken en de verzending afronden", f"/letters/{stuck}"),
    ):
        assert re.search(rf'{name}.*?href="{re.escape(address)}">{words}', section, re.DOTALL), name
    assert "Kok" not in section


def test_a_letter_is_marked_as_delivered(app, sign_in, drafted):
    letter = drafted()
    authorise(sign_in("doctor"), letter)
    secretary = sign_in("secretary")
    send(secretary, letter)
    page = secretary.get(f"/letters/{letter}").text
    secretary.post(f"/letters/{letter}/delivered", data=fields(page, "version"))
    assert "Bezorgd" in secretary.get(f"/letters/{letter}").text


def test_a_withdrawn_letter_says_that_its_authorisation_lapsed(sign_in, drafted):
    letter = drafted()
    authorise(sign_in("doctor"), letter)
    secretary = sign_in("secretary")
    page = secretary.get(f"/letters/{letter}").text
    secretary.post(f"/letters/{letter}/redraft", data=fields(page, "version") | {"reason": "adres"})
    assert "die autorisatie is vervallen" in secretary.get(f"/letters/{letter}").text


def test_what_a_letter_lacks_is_said_with_the_field_that_puts_it_right(app, sign_in, drafted):
    letter = drafted()
    with Session(app.extensions["engine"]) as session:
        patient = session.get(Patient, session.get(Letter, letter).patient_id)
        course = session.scalars(select(Course).where(Course.patient_id == patient.id)).one()
        patient.prescriber = course.dose = course.planned_years = None
        at, edit = f"/patients/{patient.id}", f"/patients/{patient.id}/courses/{course.id}/edit"
        session.commit()
    nurse = sign_in("nurse")
    nurse.post(f"{at}/letters", data={"about": "start"})
    page = nurse.get(f"/letters/{letter}").text
    assert f'<a href="{at}/edit#prescriber">Wie voorschrijft is niet vastgelegd.</a>' in page
    assert f'<a href="{edit}#regimen">Dosering en schema' in page
    assert f'<a href="{edit}#years">Het geplande einde' in page
    assert f"/letters/{letter}/authorise" not in page


def test_a_nurse_begins_the_letter_about_a_start_from_the_page_of_her_letters(app, sign_in, drafted):
    letter = drafted()
    patient_id = stored(app, letter).patient_id
    nurse, url = sign_in("nurse"), f"/patients/{patient_id}/letters"
    assert "Huisarts berichten over de start op 10-03-2025" in nurse.get(url).text
    assert nurse.post(url, data={"about": "start"}).location == f"/letters/{letter}"
    assert "Start behandeling + controle" in nurse.get(url).text
    again = nurse.post(url, data={"about": "no_show"}, follow_redirects=True)
    assert "Van wat deze brief meldde geldt niets meer" in again.text
    assert sign_in("manager").get(url).status_code == 403


def test_a_control_and_a_dxa_missed_on_one_day_are_each_a_button_that_says_which(app, sign_in, drafted):
    letter = drafted()
    patient_id = stored(app, letter).patient_id
    with Session(app.extensions["engine"]) as session:
        nurse, at = account(session, Role.NURSE), datetime(2026, 11, 16, 9)  # noqa: DTZ001 - as the store keeps it
        for kind in ("control", "dxa"):
            session.add(Appointment(
                patient_id=patient_id, kind=kind, on_date=date(2026, 11, 16), state="no_show", attempts=2,
                form_token=kind, settled_at=at, booked_at=at, booked_by=nurse.id,
            ))  # fmt: skip
        session.commit()
    nurse, url = sign_in("nurse"), f"/patients/{patient_id}/letters"
    form = r'name="about" value="no_show"><input type="hidden" name="fact" value="(\d+)">.*?</svg>([^<]*)</button>'
    offered = re.findall(form, nurse.get(url).text, re.DOTALL)
    said = "Huisarts berichten dat patiënt niet verscheen op 16-11-2026"
    assert [label for _fact, label in offered] == [f"{said} (DXA)", f"{said} (Controle op de poli)"]
    for fact, _label in offered:
        assert nurse.post(url, data={"about": "no_show", "fact": fact}).location == f"/letters/{letter}"
    assert said not in nurse.get(url).text
    for fact in ("nonsense", "999"):
        again = nurse.post(url, data={"about": "start", "fact": fact}, follow_redirects=True)
        assert ("Van wat deze brief meldde geldt niets meer" in again.text) == (fact == "999")


def test_a_letter_that_waits_says_for_what_and_leads_there(app, sign_in, drafted):
    letter = drafted()
    nurse, at = sign_in("nurse"), f"/letters/{letter}"
    assert "Deze brief laten wachten" in nurse.get(f"{at}/wait").text
    form = fields(nurse.get(at).text, "version")
    refused = nurse.post(f"{at}/wait", data=form | {"what": "decision", "until": "23-11-2026", "why": "samen"})
    assert refused.status_code == 422
    assert "hooguit 6 weken vooruit" in refused.text
    assert 'value="samen"' in refused.text
    page = nurse.post(f"{at}/wait", data=form | {"what": "decision", "until": "30-11-2026"}, follow_redirects=True).text
    review = f"/patients/{stored(app, letter).patient_id}/reviews/new"
    waits = "Wacht op het besluit behandelduur, uiterlijk tot 30-11-2026."
    assert f'<a href="{review}">{waits}</a>' in sign_in("doctor").get(at).text
    assert f"<p>{waits}</p>" in page  # a nurse may not open the review
    assert "Wacht op het besluit" in nurse.get("/letters?state=waits").text
    overtaken = nurse.post(f"{at}/wait", data=form | {"what": "dxa", "until": "30-11-2026"})
    assert overtaken.status_code == 422
    assert re.search(r'name="version"[^>]* value="(\d+)"', overtaken.text)[1] == fields(page, "version")["version"]
    nurse.post(f"{at}/resume", data=fields(page, "version"))
    assert stored(app, letter).state == "draft"


def test_every_state_of_a_letter_has_its_words_on_lists_and_in_the_record(app):
    with app.test_request_context():
        assert set(letter_rows.state_labels()) == set(letter_rows.ORDER) == set(STATES)
        assert set(record_history.letter_states()) == set(STATES)
