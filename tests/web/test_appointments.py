"""The pages of appointments: from a due item to a booking, and what became of it."""

import re
from datetime import date, time
from html import unescape

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.services import appointments, items
from clinic.services.appointment_checks import ItemKey, Slot
from clinic.services.appointments import Book, Move, Of
from clinic.store.appointments import Appointment
from clinic.store.patients import Patient
from clinic.web.back import is_local
from tests.factories import make_control, make_course, make_patient

TODAY = date(2026, 11, 23)
EPOCH = date(1970, 1, 1)
GOOD = {
    "form_token": "one", "item": "control.yearly~1970-01-01", "kind": "control", "on": "01-12-2026", "at": "9.20",
    "place": "Route 42",
}  # fmt: skip


@pytest.fixture
def patient_id(work, clock):
    """Her yearly control was due on 10 March 2026."""
    nurse = work("nurse")
    patient = make_patient(nurse, needs_interpreter="Turks")
    make_course(nurse, patient, started_on=date(2024, 1, 8))
    make_control(nurse, patient, date(2025, 3, 10))
    items.refresh(nurse, patient)
    nurse.session.commit()
    return patient.id


@pytest.fixture
def booked(work, patient_id):
    """`booked(day)`: an appointment for her yearly control."""

    def book(on=TODAY, token="before"):
        slot = Slot("control", on, time(9, 20), "Route 42")
        command = Book(patient_id, slot, token, ItemKey("control.yearly", EPOCH), (f"after_late={on}",))
        return appointments.book(work("secretary"), command)

    return book


def test_for_whom_is_no_longer_followed_no_appointment_is_offered(app, sign_in, patient_id):
    new = f"/patients/{patient_id}/appointments/new"
    secretary = sign_in("secretary")
    assert f'href="{new}"' in secretary.get(f"/patients/{patient_id}").text
    with Session(app.extensions["engine"]) as session:
        patient = session.get_one(Patient, patient_id)
        patient.status, patient.status_on = "deceased", TODAY
        session.commit()
    page = secretary.get(new).text
    assert "er kan niets worden ingepland" in page
    assert 'name="on"' not in page
    assert f'href="{new}"' not in page + secretary.get(f"/patients/{patient_id}").text
    refused = secretary.post(f"/patients/{patient_id}/appointments", data=GOOD)
    assert refused.status_code == 422
    assert "er kan niets worden ingepland" in refused.text


def test_after_a_booking_from_the_record_the_list_it_was_opened_from_is_one_step_away(sign_in, patient_id):
    secretary = sign_in("secretary")
    page = secretary.get(f"/patients/{patient_id}?back=/worklist?list%3Dlate%26drug%3Dalendronic_acid").text
    links = [unescape(link) for link in re.findall(r'href="([^"]*appointments/new[^"]*)"', page)]
    assert len(links) > 1
    for link in links:
        back = re.search(r'name="back" value="([^"]*)"', secretary.get(link).text)[1]
        again = secretary.get(unescape(back)).text
        assert 'href="/worklist?list=late&amp;drug=alendronic_acid"' in again


def all_of(app, patient_id):
    with Session(app.extensions["engine"]) as session:
        return session.scalars(select(Appointment).where(Appointment.patient_id == patient_id).order_by("id")).all()


def test_the_form_shows_the_item_its_dates_and_why(sign_in, patient_id):
    page = sign_in("secretary").get(
        f"/patients/{patient_id}/appointments/new?item=control.yearly&subject=1970-01-01&back=/worklist?list=late"
    )
    for text in ("10-03-2026", "12 maanden na de controle van 10-03-2025", 'value="/worklist?list=late"'):
        assert text in page.text
    assert re.search(r"<input[^>]*checked[^>]*value=\"control\"", page.text)


def test_a_booking_says_so_on_the_record_and_the_list_and_stays_late(app, sign_in, patient_id):
    secretary = sign_in("secretary")
    typed = {**GOOD, "back": "/worklist?list=to-book&drug=alendronic_acid"}
    asked = secretary.post(f"/patients/{patient_id}/appointments", data=typed)
    assert asked.status_code == 422
    assert "blijft dit te laat op de lijst" in asked.text
    assert 'value="9.20"' in asked.text
    answer = secretary.post(
        f"/patients/{patient_id}/appointments", data={**typed, "confirmed": "after_late=2026-12-01", "confirm": "y"}
    )
    assert (answer.status_code, answer.location) == (303, typed["back"])
    assert "01-12-2026" in secretary.get(f"/patients/{patient_id}").text
    assert "01-12-2026" in secretary.get("/worklist?list=late").text
    assert f"/patients/{patient_id}?" not in secretary.get("/worklist?list=to-book").text


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"on": "31-02-2026"}, "31-02-2026 is geen"),
        ({"on": ""}, "Vul de datum in"),
        ({"on": "20-11-2026"}, "Deze dag is voorbij."),
        ({"at": "25:00"}, "Typ de tijd"),
        ({"kind": ""}, "Kies het soort afspraak."),
        ({"place": ""}, "Vul de plaats in"),
        ({"item": "control.early~1970-01-01"}, "staat niet meer open"),
        ({"item": "nonsense"}, "staat niet meer open"),
        ({"item": "", "on": "28-11-2026"}, "valt in het weekend"),
        ({"item": "", "on": "25-12-2026"}, "is een feestdag"),
    ],
)
def test_what_is_wrong_or_unusual_is_said_at_its_field_and_the_rest_is_kept(app, sign_in, patient_id, typed, told):
    answer = sign_in("secretary").post(f"/patients/{patient_id}/appointments", data={**GOOD, "place": "Zuid", **typed})
    assert answer.status_code == 422
    assert told in answer.text
    assert all(value in answer.text for value in (typed.get("on", "01-12-2026"), typed.get("place", "Zuid")))
    assert all_of(app, patient_id) == []


def test_a_second_booking_for_one_item_is_refused_and_leads_to_the_first(app, sign_in, patient_id, booked):
    first = booked()
    secretary = sign_in("secretary")
    answer = secretary.post(f"/patients/{patient_id}/appointments", data=GOOD)
    assert answer.status_code == 422
    assert f"/patients/{patient_id}/appointments/{first}/move" in answer.text
    assert len(all_of(app, patient_id)) == 1


def test_the_button_pressed_twice_is_one_appointment(app, sign_in, patient_id):
    secretary = sign_in("secretary")
    typed = {**GOOD, "item": ""}
    for _press in range(2):
        assert secretary.post(f"/patients/{patient_id}/appointments", data=typed).status_code == 303
    assert len(all_of(app, patient_id)) == 1


def test_a_booking_sent_again_for_another_day_shows_what_stands_and_keeps_what_was_typed(app, sign_in, patient_id):
    secretary, url = sign_in("secretary"), f"/patients/{patient_id}/appointments"
    typed = {**GOOD, "item": ""}
    secretary.post(url, data=typed)
    answer = secretary.post(url, data={**typed, "on": "02-12-2026"})
    assert answer.status_code == 422
    for text in ("Niet opgeslagen: dit formulier is al eerder opgeslagen", "01-12-2026, 09:20", 'value="02-12-2026"'):
        assert text in answer.text
    [row] = all_of(app, patient_id)
    assert (row.on_date, f'href="{url}/{row.id}"' in answer.text) == (date(2026, 12, 1), True)
    [token] = re.findall(r'name="form_token"[^>]*value="([^"]+)"', answer.text)
    assert secretary.post(url, data={**typed, "on": "02-12-2026", "form_token": token}).status_code == 303
    assert len(all_of(app, patient_id)) == 2


def test_a_move_sent_again_for_another_day_moves_what_it_became(app, sign_in, patient_id, booked):
    secretary, url = sign_in("secretary"), f"/patients/{patient_id}/appointments"
    typed = {"form_token": "two", "version": "1", "kind": "phone", "on": "24-11-2026", "at": "10:00", "place": "Zuid",
             "confirmed": "after_late=2026-11-24,after_late=2026-11-25", "confirm": "y"}  # fmt: skip
    first = f"{url}/{booked()}/move"
    assert secretary.post(first, data=typed).status_code == 303
    answer = secretary.post(first, data={**typed, "on": "25-11-2026"})
    assert answer.status_code == 422
    for text in ("Niet opgeslagen: dit formulier is al eerder opgeslagen", "24-11-2026, 10:00", 'value="25-11-2026"'):
        assert text in answer.text
    assert [row.on_date for row in all_of(app, patient_id)] == [TODAY, date(2026, 11, 24)]
    [there] = re.findall(r'action="([^"]*/move)"', answer.text)
    found = {
        name: re.search(rf'name="{name}"[^>]*value="([^"]+)"', answer.text)[1] for name in ("form_token", "version")
    }
    assert secretary.post(there, data={**typed, "on": "25-11-2026", **found}).status_code == 303
    assert all_of(app, patient_id)[-1].on_date == date(2026, 11, 25)


@pytest.mark.parametrize("act", ["moved", "cancelled"])
@pytest.mark.parametrize("page", ["book", "move"])
def test_a_form_sent_again_unchanged_says_that_what_it_became_no_longer_stands(
    work, sign_in, patient_id, booked, page, act
):
    secretary, url = sign_in("secretary"), f"/patients/{patient_id}/appointments"
    typed = {**GOOD, "item": "", "version": "1", "on": "24-11-2026", "confirm": "y"}
    there = url if page == "book" else f"{url}/{booked()}/move"
    typed["confirmed"] = "after_late=2026-11-24"
    assert secretary.post(there, data=typed).status_code == 303
    with_it = work("secretary")
    row = with_it.session.scalars(select(Appointment).order_by(Appointment.id.desc())).first()
    of = Of(patient_id, row.id, row.version)
    if act == "cancelled":
        appointments.cancel(with_it, of, "ziek")
    else:
        slot, confirmed = Slot("control", date(2026, 11, 25), time(9, 20), "Route 42"), ("after_late=2026-11-25",)
        appointments.move(with_it, Move(of, slot, "later", confirmed=confirmed))
    answer = secretary.post(there, data=typed)
    assert answer.status_code == 422
    assert "al eerder opgeslagen; die afspraak staat niet meer" in answer.text
    assert "zegt nu iets anders" not in answer.text
    assert "24-11-2026, 09:20" in answer.text


def test_a_move_keeps_the_old_one_readable(app, sign_in, patient_id, booked):
    number = booked()
    typed = {"form_token": "two", "version": "1", "kind": "phone", "on": "24-11-2026", "at": "10:00", "place": "Zuid",
             "reason": "vakantie", "confirmed": "after_late=2026-11-24", "confirm": "y"}  # fmt: skip
    secretary = sign_in("secretary")
    answer = secretary.post(f"/patients/{patient_id}/appointments/{number}/move", data=typed)
    assert (answer.status_code, answer.location) == (303, f"/patients/{patient_id}")
    old, new = all_of(app, patient_id)
    assert (old.state, new.moved_from_id, new.kind) == ("moved", old.id, "phone")
    page = secretary.get(f"/patients/{patient_id}/appointments/{new.id}").text
    assert "vakantie" in page
    assert "verzet" in page


@pytest.mark.parametrize(("kind", "told"), [("phone", False), ("review", True)])
def test_who_makes_it_another_kind_of_visit_reads_what_is_to_be_booked_anew(sign_in, patient_id, booked, kind, told):
    typed = {"form_token": "two", "version": "1", "kind": kind, "on": "24-11-2026", "at": "10:00", "place": "Zuid",
             "confirmed": "after_late=2026-11-24", "confirm": "y"}  # fmt: skip
    secretary = sign_in("secretary")
    number = booked()
    page = secretary.post(f"/patients/{patient_id}/appointments/{number}/move", data=typed, follow_redirects=True).text
    assert ("Plan die actie opnieuw in." in page) is told


def test_who_moves_what_somebody_else_moved_sees_both(app, work, sign_in, patient_id, booked):
    number = booked()
    appointments.move(work("nurse"), Move(Of(patient_id, number, 1), Slot("control", date(2026, 11, 26), None, "Oost"),
                                          "two", "", ("after_late=2026-11-26",)))  # fmt: skip
    typed = {"form_token": "three", "version": "1", "kind": "control", "on": "27-11-2026", "place": "West"}
    answer = sign_in("secretary").post(f"/patients/{patient_id}/appointments/{number}/move", data=typed)
    assert answer.status_code == 422
    assert "Niet opgeslagen" in answer.text
    assert "26-11-2026" in answer.text
    assert 'value="West"' in answer.text
    assert len(all_of(app, patient_id)) == 2


def test_who_did_not_come_is_recorded_with_the_attempts(app, sign_in, patient_id, booked):
    number = booked()
    secretary = sign_in("secretary")
    page = f"/patients/{patient_id}/appointments/{number}"
    assert secretary.post(f"{page}/missed", data={"version": "1", "attempts": "veel"}).status_code == 422
    data = {"version": "1", "attempts": "1", "note": "voicemail"}
    assert secretary.post(f"{page}/missed", data=data).status_code == 303
    assert secretary.post(f"{page}/missed", data={**data, "version": "2", "attempts": "2"}).status_code == 303
    (row,) = all_of(app, patient_id)
    assert (row.state, row.attempts, row.reason) == ("no_show", 2, "voicemail")
    assert "niet verschenen, 2 pogingen" in secretary.get(f"/patients/{patient_id}").text
    assert f"/patients/{patient_id}?" in secretary.get("/worklist?list=to-book").text


def test_a_cancelled_appointment_asks_why(app, sign_in, patient_id, booked):
    number = booked()
    secretary = sign_in("secretary")
    page = f"/patients/{patient_id}/appointments/{number}/cancelled"
    answer = secretary.post(page, data={"version": "1", "reason": " "})
    assert (answer.status_code, "Vul in waarom" in answer.text) == (422, True)
    assert secretary.post(page, data={"version": "1", "reason": "ziek"}).status_code == 303
    assert all_of(app, patient_id)[0].state == "cancelled"


def test_the_day_leads_who_arrived_into_the_control(app, sign_in, patient_id, booked):
    number = booked()
    nurse = sign_in("nurse")
    page = nurse.get("/").text
    assert "tolk: Turks" in page
    assert "09:20" in page
    arrived = nurse.post(f"/patients/{patient_id}/appointments/{number}/arrived", data={"version": "1", "back": "/"})
    assert (arrived.status_code, arrived.location) == (303, "/")
    page = nurse.get("/").text
    assert "aanwezig sinds 10:0" in page
    assert f"/patients/{patient_id}/controls/new?appointment={number}" in page
    assert "controls/new?appointment" not in sign_in("secretary").get("/").text


def test_a_settled_appointment_can_stand_again(app, sign_in, patient_id, booked):
    number = booked()
    secretary = sign_in("secretary")
    page = f"/patients/{patient_id}/appointments/{number}"
    assert secretary.post(f"{page}/attended", data={"version": "1"}).status_code == 303
    assert "Afspraak weer laten staan" in secretary.get(page).text
    stale = secretary.post(f"{page}/reopened", data={"version": "1"})
    assert (stale.status_code, "Niet opgeslagen" in stale.text) == (422, True)
    assert secretary.post(f"{page}/reopened", data={"version": "2"}).status_code == 303
    assert all_of(app, patient_id)[0].state == "booked"


@pytest.mark.parametrize("path", ["", "/move", "/arrived"])
def test_another_patients_appointment_is_not_found(work, sign_in, patient_id, booked, path):
    number = booked()
    other = make_patient(work("nurse"))
    work("nurse").session.commit()
    secretary = sign_in("secretary")
    ask = secretary.post if path == "/arrived" else secretary.get
    assert ask(f"/patients/{other.id}/appointments/{number}{path}").status_code == 404


@pytest.mark.parametrize("role", ["manager", "privacy_officer"])
def test_who_does_no_care_books_nothing(app, sign_in, patient_id, role):
    assert sign_in(role).post(f"/patients/{patient_id}/appointments", data=GOOD).status_code == 403
    assert all_of(app, patient_id) == []


@pytest.mark.parametrize(
    "path", ["/", "/worklist?list=late&drug=denosumab&after=2~2026-01-01~x~1", "/patients/1#history"]
)
def test_a_path_of_this_clinic_leads_back(path):
    assert is_local(path)


@pytest.mark.parametrize(
    "path",
    ["", "worklist", "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "javascript:x",
     "/\t/evil.example", " //evil.example", "/a\nb", "///evil.example", "/" + "a" * 2000],
)  # fmt: skip
def test_nothing_else_does(path):
    assert not is_local(path)


def test_a_booking_from_another_sites_link_goes_to_the_record(sign_in, patient_id):
    typed = {**GOOD, "item": "", "back": "//evil.example"}
    answer = sign_in("secretary").post(f"/patients/{patient_id}/appointments", data=typed)
    assert answer.location == f"/patients/{patient_id}"
